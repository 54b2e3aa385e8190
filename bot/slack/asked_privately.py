"""What a message shortcut asks: somebody's question about a message, to be answered to them alone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.model import Accepted, private_question_key
from bot.slack.inbound import Identity, clean


@dataclass(frozen=True, slots=True)
class AboutMessage:
    """The message that somebody asks about, and the thread that it stands in or would begin."""

    channel: str
    ts: str
    in_thread: str | None  # None: it is no reply, so it is seen in the channel, where its thread may not be open
    author: str

    @property
    def thread_ts(self) -> str:
        return self.in_thread or self.ts

    @classmethod
    def of(cls, item: Accepted) -> "AboutMessage":
        told = {name: str(item.payload.get(name) or "") for name in ("channel", "message_ts", "in_thread", "author")}
        return cls(told["channel"], told["message_ts"], told["in_thread"] or None, told["author"])


def message_of(body: Mapping[str, Any]) -> AboutMessage:
    """Of a message_action payload."""
    message = body.get("message") or {}
    ts, thread_ts = str(message.get("ts") or body.get("message_ts") or ""), str(message.get("thread_ts") or "")
    return AboutMessage(
        channel=str((body.get("channel") or {}).get("id") or ""),
        ts=ts,
        in_thread=thread_ts if thread_ts not in ("", ts) else None,
        author=str(message.get("user") or ""),
    )


def text_of(body: Mapping[str, Any], me: Identity) -> str:
    return clean(str((body.get("message") or {}).get("text") or ""), me)


def asked(body: Mapping[str, Any], me: Identity, now: datetime) -> Accepted:
    """As the inbox holds it. Its channel is the asker: nothing of it belongs to the channel of the message, where it
    would join what others said. Delivered twice it is one question, asked again it is another."""
    about, user, ts = message_of(body), str(body["user"]["id"]), str(body["action_ts"])
    payload = {
        "type": "message_action",
        "channel": about.channel,
        "message_ts": about.ts,
        "in_thread": about.in_thread,
        "author": about.author,
        "files": (body.get("message") or {}).get("files") or [],
    }
    key = private_question_key(user, me.team, ts)
    return Accepted(key, me.team, user, ts, user, "dm", text_of(body, me), payload, now)
