"""What Slack tells the app: messages, mentions, edits, reactions, opened homes."""

from collections.abc import Sequence
from typing import Any, Protocol

from ops.workspace.state import APP, BOT, REPLIES, Channel, Json, State, User, on_wire

EVENTS = (
    "app_mention", "message.channels", "message.groups", "message.im", "message.mpim", "app_home_opened",
    "app_context_changed", "reaction_added",
)  # fmt: skip
_SUBSCRIPTIONS = {
    "channel": "message.channels",
    "private": "message.groups",
    "dm": "message.im",
    "mpim": "message.mpim",
}
Ack = Json  # what came with an ack: {"payload": ...} if the app answered more
_CHANNEL_TYPES = {"channel": "channel", "private": "group", "dm": "im", "mpim": "mpim"}
_NOT_IN_EVENTS = (*REPLIES, "metadata", "reactions", "edited")


class App(Protocol):
    """The way to the app: its sockets or its request URL."""

    async def ask(self, kind: str, payload: Json) -> Ack | None:
        """A slash command or an interaction: delivered once. None: no ack in time."""
        ...

    def tell(self, payload: Json) -> None:
        """An event: delivered until it is acked, as often as Slack does."""
        ...


class Events:
    """Tells the app what it is subscribed to, of the channels that its bot is in."""

    def __init__(self, state: State, app: App, subscribed: Sequence[str] = EVENTS) -> None:
        self.state, self.app = state, app
        self.subscribed = frozenset(subscribed)

    def tell(self, event: Json, event_id: str | None = None) -> None:
        """Any event, in Slack's wrapper, whether the app is subscribed or not."""
        channel = self.state.team.channels.get(str(event.get("channel")))
        self.app.tell(
            {
                "token": "local-verification-token",
                "team_id": self.state.team.id,
                "context_team_id": self.state.team.id,
                "api_app_id": APP,
                "event": event,
                "type": "event_callback",
                "event_id": event_id or self.state.number("Ev0"),
                "event_time": int(self.state.clock()),
                "authorizations": [
                    {"team_id": self.state.team.id, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
                ],
                "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
            }
        )

    def message(self, message: Json) -> None:
        """A new message: as such, and once more as a mention of the bot."""
        channel = self.state.team.channels[message["channel"]]
        event = on_wire({key: value for key, value in message.items() if key not in _NOT_IN_EVENTS})
        event |= {"channel": channel.id, "event_ts": message["ts"]}
        if channel.kind == "dm" and BOT in channel.members:
            event["app_context"] = self._context(str(message.get("user")))
        self._of(channel, _SUBSCRIPTIONS[channel.kind], event | {"channel_type": _CHANNEL_TYPES[channel.kind]})
        if f"<@{BOT}" in message["text"] and message.get("user") != BOT and channel.kind != "dm":
            mention = {key: value for key, value in event.items() if key not in ("subtype", "files", "parent_user_id")}
            self._of(channel, "app_mention", mention | {"type": "app_mention"})

    def changed(self, channel: Channel, message: Json, previous: Json) -> None:
        self._hidden(channel, "message_changed", message=on_wire(message), previous_message=previous)

    def deleted(self, channel: Channel, message: Json) -> None:
        self._hidden(channel, "message_deleted", deleted_ts=message["ts"], previous_message=on_wire(message))

    def _hidden(self, channel: Channel, subtype: str, **parts: Any) -> None:
        ts, kind = self.state.now_ts(), _CHANNEL_TYPES[channel.kind]
        event = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts, **parts}
        self._of(channel, _SUBSCRIPTIONS[channel.kind], event | {"channel": channel.id, "channel_type": kind})

    def reacted(self, kind: str, user: User, message: Json, name: str) -> None:
        channel = self.state.team.channels[message["channel"]]
        item = {"type": "message", "channel": channel.id, "ts": message["ts"]}
        event = {"type": kind, "user": user.id, "reaction": name, "item": item, "item_user": message.get("user", "")}
        self._of(channel, kind, event | {"event_ts": self.state.now_ts()})

    def joined(self, user: User, channel: Channel) -> None:
        kind = "G" if channel.kind == "private" else "C"
        event = {"type": "member_joined_channel", "user": user.id, "channel": channel.id, "channel_type": kind}
        event |= {"team": self.state.team.id, "event_ts": self.state.now_ts()}
        self._of(channel, "member_joined_channel", event)

    def shared(self, channel: Channel) -> None:
        kind = "channel_shared" if channel.is_ext_shared else "channel_unshared"
        event = {"type": kind, "channel": channel.id, "event_ts": self.state.now_ts()}
        self._of(channel, kind, event | ({"connected_team_id": "T0PARTNER"} if channel.is_ext_shared else {}))

    def home_opened(self, user: User, tab: str) -> None:
        channel = self.state.dm(user.id, BOT)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
        event["context"] = self._context(user.id)
        if tab == "home" and user.id in self.state.homes:
            event["view"] = self.state.homes[user.id]
        self._of(channel, "app_home_opened", event | {"event_ts": self.state.now_ts()})

    def context_changed(self, user: User) -> None:
        channel = self.state.dm(user.id, BOT)
        event: Json = {"type": "app_context_changed", "user": user.id, "channel": channel.id}
        event |= {"context": self._context(user.id), "event_ts": self.state.now_ts()}
        self._of(channel, "app_context_changed", event)

    def _context(self, user: str) -> Json:
        """What somebody looks at beside the app, as agent apps are told; empty where it is no channel."""
        viewed = self.state.viewing.get(user)
        entity = {"type": "slack#/types/channel_id", "value": viewed, "team_id": self.state.team.id}
        return {"entities": [entity]} if viewed else {}

    def _of(self, channel: Channel, subscription: str, event: Json) -> None:
        if BOT in channel.members and subscription in self.subscribed:
            self.tell(event)
