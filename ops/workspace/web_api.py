"""Answers Web API calls as Slack does: tokens and scopes here; the methods in directory, posting, streaming and views.

Source: Slack's reference of each method, and the bodies that slack-sdk sends (form fields with JSON inside, or JSON).
"""

from collections.abc import Callable, Sequence

from ops.workspace.events import Events
from ops.workspace.methods import METHODS, Method, arguments_of
from ops.workspace.rules import Refused
from ops.workspace.socket_mode import Sockets
from ops.workspace.state import BOT, Channel, Json, State, User

BOT_TOKEN, APP_TOKEN = "xoxb-local-workspace", "xapp-local-workspace"
SCOPE_OF_KIND = {"channel": "channels", "private": "groups", "dm": "im", "mpim": "mpim"}
STREAM_SECONDS = 300


class WebApi:
    """Answers calls against the state. `scopes` are the bot token's."""

    def __init__(
        self, state: State, sockets: Sockets, events: Events, base_url: Callable[[], str], scopes: Sequence[str] = ()
    ) -> None:
        self.state, self.sockets, self.events, self.base_url = state, sockets, events, base_url
        self.scopes = tuple(scopes) or every_scope()
        self.streaming = True
        self.streams: dict[tuple[str, str], float] = {}  # (channel, ts) -> when it began
        self.triggers: dict[str, float] = {}  # trigger_id -> when it was given out; < 0: used

    def call(self, name: str, arguments: Json, token: str = BOT_TOKEN) -> Json:
        """The method's answer without "ok". Raises Refused."""
        known = METHODS.get(name)
        if known is None or (not self.streaming and name.endswith("Stream")):
            raise Refused("unknown_method", "methods.known", f"{name} is not offered")
        self._check_token(known, token)
        given = dict(arguments)
        if given.pop("team_id", self.state.team.id) != self.state.team.id:  # bolt's client sends it with every call
            raise Refused("team_access_not_granted", "team_id.of_this_workspace")
        if not known.scope.startswith("@"):
            self.need(known.scope)
        return known.handler(self, arguments_of(known, given))

    def _check_token(self, known: Method, token: str) -> None:
        if not token:
            raise Refused("not_authed", "token.present", "no token was sent")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise Refused("invalid_auth", "token.valid", "this workspace has not given out this token")
        if known.by not in ("any", "app" if token == APP_TOKEN else "bot"):
            rule = f"{known.name}.{known.by}_token"
            raise Refused("not_allowed_token_type", rule, f"{known.name} takes the {known.by} token")

    def need(self, scope: str) -> None:
        """Raise Refused when the app was not granted this scope."""
        if scope and scope not in self.scopes:
            provided = ",".join(self.scopes)
            rule = f"scopes.{scope}"
            raise Refused("missing_scope", rule, f"needs the scope {scope}", needed=scope, provided=provided)

    def end_stale_stream(self, message: Json) -> None:
        """Slack ends a stream by itself, some minutes after it began."""
        key = (message["channel"], message["ts"])
        began = self.streams.get(key)
        if message.get("streaming") and (began is None or self.state.clock() - began > STREAM_SECONDS):
            self.streams.pop(key, None)
            message["streaming"] = False
            message.pop("stream", None)
            self.state.told("message_changed", message)

    # Looking things up

    def user(self, identifier: str) -> User:
        try:
            return self.state.team.users[identifier]
        except KeyError:
            raise Refused("user_not_found", "users.exist", f"there is no user {identifier}") from None

    def seen(self, identifier: str, scope: str = "") -> Channel:
        """A channel that the bot can see; `scope` "read" or "history": and may look into."""
        channel = self.state.team.channels.get(identifier)
        if channel is None or (channel.kind != "channel" and BOT not in channel.members):
            raise Refused("channel_not_found", "channels.visible_to_the_bot", f"the bot sees no channel {identifier}")
        if scope:
            self.need(f"{SCOPE_OF_KIND[channel.kind]}:{scope}")
        return channel

    def joined(self, identifier: str, scope: str = "") -> Channel:
        """A channel that the bot is in. A user's id is the conversation with them."""
        if identifier in self.state.team.users:
            return self.state.dm(identifier, BOT)
        channel = self.seen(identifier, scope)
        if BOT not in channel.members:
            raise Refused("not_in_channel", "channels.bot_is_member", f"the bot is not in #{channel.name}")
        return channel


def every_scope() -> tuple[str, ...]:
    """What the methods could ask for: the grant of an app without a manifest."""
    by_kind = {f"{kind}:{what}" for kind in SCOPE_OF_KIND.values() for what in ("read", "history")}
    named = {known.scope for known in METHODS.values() if known.scope and not known.scope.startswith("@")}
    return tuple(sorted(by_kind | named | {"app_mentions:read", "commands", "users:read.email"}))
