"""response_url: where an app answers a command or a click, up to five times in half an hour."""

from dataclasses import dataclass

from ops.workspace.posting import change_message, check_content, content, new_message, publish, take_back
from ops.workspace.rules import Refused
from ops.workspace.state import SLACKBOT, Channel, Json, User
from ops.workspace.web_api import WebApi

RESPONSE_USES, RESPONSE_SECONDS = 5, 1800
_FLAGS = frozenset({"response_type", "replace_original", "delete_original"})
_CONTENT = frozenset(
    {
        "text",
        "blocks",
        "attachments",
        "mrkdwn",
        "thread_ts",
        "metadata",
        "unfurl_links",
        "unfurl_media",
        "markdown_text",
    }
)


@dataclass
class _Response:
    key: str
    url: str
    user: User
    channel: Channel
    message: Json | None  # that was clicked
    began: float
    uses: int = 0


class Responses:
    """The URLs that were given out. An answer by one reaches channels that the bot is not in, too."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._given: dict[str, _Response] = {}

    def new(self, user: User, channel: Channel, message: Json | None = None) -> _Response:
        key = self._api.state.number("r")
        url = f"{self._api.base_url()}/response/{key}"
        self._given[key] = _Response(key, url, user, channel, message, self._api.state.clock())
        return self._given[key]

    def use(self, key: str, body: Json, *, counted: bool = True) -> None:
        """Take what was sent to a URL (or with the ack of a command). Raises Refused."""
        held = self._given.get(key)
        if held is None or self._api.state.clock() - held.began > RESPONSE_SECONDS:
            rule = f"response_url.within_{RESPONSE_SECONDS}_seconds"
            raise Refused("expired_url", rule, "this response_url is not valid any more", status=404)
        if counted and held.uses >= RESPONSE_USES:
            rule = f"response_url.at_most_{RESPONSE_USES}_uses"
            raise Refused("used_url", rule, f"this response_url was used {RESPONSE_USES} times", status=404)
        self._check(body)
        self._act(held, body)
        held.uses += counted

    def _check(self, body: Json) -> None:
        for name in body:
            if name not in _FLAGS | _CONTENT:
                rule = f"response_url.unknown_field.{name}"
                raise Refused("invalid_payload", rule, f"no more properties allowed: {name}", status=400)
        if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            raise Refused("invalid_payload", "response_url.response_type.one_of", status=400)
        if not body.get("delete_original"):
            check_content(body)

    def _act(self, held: _Response, body: Json) -> None:
        if body.get("delete_original"):
            self._forget(held)
        elif body.get("replace_original") and held.message is not None:
            self._replace(held, body)
        else:
            self._say(held, body)

    def _replace(self, held: _Response, body: Json) -> None:
        message, state = held.message, self._api.state
        if message is None:
            return
        if not message.get("ephemeral"):
            change_message(self._api, held.channel, state.message(held.channel.id, message["ts"]), body)
            return
        message.pop("blocks", None)
        message |= {"text": body.get("text", "")} | content(state, body)
        if message in state.ephemerals[held.user.id]:
            state.ephemerals[held.user.id].remove(message)
        state.whisper(held.user.id, message)

    def _say(self, held: _Response, body: Json) -> None:
        thread = {"thread_ts": held.message["thread_ts"]} if held.message and "thread_ts" in held.message else {}
        message = new_message(self._api, held.channel, {**thread, **body})
        if body.get("response_type") == "in_channel":
            publish(self._api, message)
        else:
            self._api.state.whisper(held.user.id, message)

    def _forget(self, held: _Response) -> None:
        message, state = held.message, self._api.state
        if message is None:
            return
        if message.get("ephemeral"):
            self.dismiss(held.user.id, message)
        elif message["ts"] in state.messages[held.channel.id]:
            take_back(self._api, held.channel, message)

    def dismiss(self, user: str, message: Json) -> None:
        held = self._api.state.ephemerals[user]
        if message in held:
            held.remove(message)
            gone = {"type": "ephemeral_removed", "channel": message["channel"], "ts": message["ts"]}
            self._api.state.publish(gone, [user])

    def notice(self, user: User, channel: Channel, text: str) -> None:
        """What Slack itself says to one person."""
        state = self._api.state
        message = {"type": "message", "ts": state.now_ts(), "channel": channel.id, "user": SLACKBOT, "text": text}
        state.whisper(user.id, message)
