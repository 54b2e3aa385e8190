"""What an event from Slack means for the desk. Pure: the thread's state is looked up by the caller."""

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.model import Accepted, PlaceKind, question_key

# People wrote these. Everything else that has a subtype is Slack's or an app's own.
_WRITTEN = ("file_share", "thread_broadcast", "me_message")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in a workspace, from auth.test; the app's id from bots.info."""

    team: str
    user_id: str
    bot_id: str = ""
    url: str = ""
    app_id: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody wrote something. Not `addressed`: it counts only in a thread where the desk takes part, or at the
    root of a channel whose questions it looks at. `aside`: a reply that mentions somebody else, so it is theirs."""

    item: Accepted
    addressed: bool
    mentioned: bool
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Deleted:
    key: str


@dataclass(frozen=True, slots=True)
class Ignored:
    reason: str


def read(
    event: Mapping[str, Any], me: Identity, now: datetime, bots: Collection[str] = ()
) -> Heard | Edited | Deleted | Ignored:
    """Read the `event` of an events_api payload. Whatever it holds, it gives one of the four and never raises. `bots`:
    ids of the bots, apps and bots' users that are listened to."""
    kind = event.get("type")
    if kind not in ("message", "app_mention"):
        return Ignored(f"event type {kind}")
    channel = event.get("channel")
    if not isinstance(channel, str) or not channel:
        return Ignored("no channel")
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _edited(event, channel, me)
    if subtype == "message_deleted":
        previous = _mapping(event.get("previous_message"))
        ts = str(event.get("deleted_ts") or previous.get("ts") or "")
        return Deleted(question_key(me.team, channel, ts)) if ts else Ignored("deletion without a ts")
    written = subtype is None or subtype in _WRITTEN or (subtype == "bot_message" and _is_listed(event, bots))
    if not written or event.get("hidden"):
        return Ignored(f"subtype {subtype}")
    return _heard(event, channel, me, now, bots)


def _edited(event: Mapping[str, Any], channel: str, me: Identity) -> Edited | Deleted | Ignored:
    message = _mapping(event.get("message"))
    if message.get("subtype") == "tombstone":  # the root of a thread was deleted and its replies were kept
        return Deleted(_key(me, channel, message)) if message.get("ts") else Ignored("tombstone")
    before = _mapping(event.get("previous_message")).get("text")
    if not message.get("ts") or message.get("text") == before:
        return Ignored("an edit that left the text as it was")
    if _is_ours(message, me):
        return Ignored("our own message")
    return Edited(_key(me, channel, message), clean(str(message.get("text") or ""), me))


def _key(me: Identity, channel: str, message: Mapping[str, Any]) -> str:
    return question_key(me.team, channel, str(message["ts"]))


def _author(event: Mapping[str, Any], me: Identity, bots: Collection[str]) -> tuple[str, bool] | Ignored:
    """Who wrote it, and whether that is a bot that is listened to."""
    if _is_ours(event, me):
        return Ignored("our own message")
    by_bot = _is_bots(event)
    if by_bot and not _is_listed(event, bots):
        return Ignored("another bot's message")
    user = event.get("user") or (event.get("bot_id") if by_bot else None)
    return (user, by_bot) if isinstance(user, str) and user else Ignored("no author")


def _heard(
    event: Mapping[str, Any], channel: str, me: Identity, now: datetime, bots: Collection[str]
) -> Heard | Ignored:
    author, ts = _author(event, me, bots), event.get("ts")
    if isinstance(author, Ignored):
        return author
    user, by_bot = author
    if not isinstance(ts, str) or not ts:
        return Ignored("no ts")
    raw = event.get("text")
    raw = raw if isinstance(raw, str) else ""
    place = _kind(channel, event.get("channel_type"))
    mentioned = event.get("type") == "app_mention" or _mention(me).search(raw) is not None
    thread_ts = event.get("thread_ts")
    thread_ts = thread_ts if isinstance(thread_ts, str) and thread_ts != ts else None
    addressed = mentioned or place == "dm"
    theirs = not addressed and re.search(r"<(?:@|!subteam)", raw) is not None
    if theirs and not thread_ts:
        return Ignored("for somebody else")
    if by_bot and (place == "dm" or not mentioned):  # so two desks in a thread do not answer each other
        return Ignored("a bot's message that does not mention the desk")
    item = Accepted(
        key=question_key(me.team, channel, ts),
        team=me.team,
        channel=channel,
        ts=ts,
        user=user,
        kind=place,
        text=clean(raw, me),
        payload=dict(event),
        received_at=now,
        thread_ts=thread_ts,
        by_bot=by_bot,
    )
    return Heard(item, addressed, mentioned, aside=theirs)


def _is_ours(message: Mapping[str, Any], me: Identity) -> bool:
    """Ours in any shape, or another Frontdesk's: posted by our bot, by our app through a webhook or a response_url, or
    copied with its metadata, as a workflow does that forwards messages."""
    if message.get("user") == me.user_id or (me.bot_id and message.get("bot_id") == me.bot_id):
        return True
    if me.app_id and me.app_id in (message.get("app_id"), _mapping(message.get("bot_profile")).get("app_id")):
        return True
    return str(_mapping(message.get("metadata")).get("event_type")).startswith("frontdesk_")


def _is_bots(message: Mapping[str, Any]) -> bool:
    app = message.get("bot_id") or message.get("bot_profile") or message.get("subtype") == "bot_message"
    return bool(app) or message.get("user") == "USLACKBOT"


def _is_listed(message: Mapping[str, Any], bots: Collection[str]) -> bool:
    """Whether its bot, its app or its bot's user is among them."""
    ids = (message.get("bot_id"), message.get("app_id"), message.get("user"))
    app = _mapping(message.get("bot_profile")).get("app_id")
    return any(isinstance(one, str) and one in bots for one in (*ids, app))


def _kind(channel: str, channel_type: object) -> PlaceKind:
    # app_mention has no channel_type: the id tells a DM, and the worker asks Slack about the rest.
    if channel_type == "im" or channel.startswith("D"):
        return "dm"
    return "private" if channel_type in ("group", "mpim") or channel.startswith("G") else "channel"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mention(me: Identity) -> re.Pattern[str]:
    return re.compile(rf"<@{re.escape(me.user_id)}(?:\|[^>]*)?>")


_TOKEN = re.compile(r"<([@#!][^<>]*|[a-z]+:[^<>]*)>")


def clean(text: str, me: Identity) -> str:
    """Slack's wire text as a person reads it: our mention gone, links, people and channels by name."""
    return readable(_mention(me).sub(" ", text))


def readable(text: str) -> str:
    """The same with every mention kept."""
    text = html.unescape(_TOKEN.sub(lambda match: _as_read(match[1]), text))
    return re.sub(r"[ \t]{2,}", " ", text.replace("\x00", "")).strip()


def _as_read(token: str) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or "@" + target[1:].split("^")[0]
    target = target.removeprefix("mailto:").removeprefix("tel:")
    return target if not label or label in target else f"{label} ({target})"
