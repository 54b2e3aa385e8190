"""What stands in a thread, as Slack has it: what was said before a message, and whether somebody replied to it."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.desk.model import Accepted, Turn
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.inbound import Identity, clean

log = logging.getLogger(__name__)
_MOST_READ = 200  # messages of a thread


async def said_before(clients: SlackClients, me: Identity, channel: str, thread_ts: str, ts: str) -> tuple[Turn, ...]:
    """The thread up to the message at `ts`; nothing where the bot can't look. Raises SlackUnavailable."""
    found = await _read(partial(clients.web.conversations_replies, channel=channel, ts=thread_ts, latest=ts))
    return tuple(turn for one in found if float(one["ts"]) < float(ts) and (turn := _turn(one, me)))


async def somebody_replied(clients: SlackClients, me: Identity, item: Accepted) -> bool:
    """Whether another person has written below a question since. Raises SlackUnavailable."""
    root = item.thread_ts or item.ts
    found = await _read(partial(clients.web.conversations_replies, channel=item.channel, ts=root, oldest=item.ts))
    later = [one for one in found if float(one["ts"]) > float(item.ts)]
    return any(_is_person_s(one, me) and one.get("user") != item.user for one in later)


async def _read(replies: Callable[..., Awaitable[Any]]) -> Sequence[Mapping[str, Any]]:
    try:
        with slack_errors():
            response = await replies(limit=_MOST_READ)
    except SlackRefused as error:
        log.info("a thread can't be read: %s", error.code)
        return ()
    return response.get("messages") or ()


def _is_person_s(message: Mapping[str, Any], me: Identity) -> bool:
    ours = message.get("user") == me.user_id
    return not ours and not message.get("bot_id") and message.get("subtype") != "tombstone"


def _turn(message: Mapping[str, Any], me: Identity) -> Turn | None:
    """None: not a person's words, nor ours."""
    ours = message.get("user") == me.user_id
    if not ours and not _is_person_s(message, me):
        return None
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    return Turn("desk" if ours else "asker", clean(str(message.get("text") or ""), me), at)
