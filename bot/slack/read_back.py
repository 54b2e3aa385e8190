"""Reads back what was said while the bot was away, and has it heard like everything else (rule 1)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from bot.desk.errors import Unavailable
from bot.desk.model import Accepted
from bot.desk.ports import Clock
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.listeners.messages import Messages
from bot.slack.mrkdwn import moment

log = logging.getLogger(__name__)
T = TypeVar("T")

# A dead connection looks alive until its pings have failed for a while. What was heard twice is one question.
_OVERLAP = timedelta(minutes=2)
# Whoever asked yesterday may still wait; an answer to something older would come as a surprise.
_ANSWERED = timedelta(hours=24)
# A channel's history has no replies, only their roots: so far back a thread is seen to have new ones.
_THREADS = timedelta(days=14)
_FURTHEST = timedelta(days=30)
_PAGE = 200
_AT_ONCE, _PAUSE_S = 20, 1.5  # of Slack's 50 calls a minute some stay for those who are waiting
_AGAIN_S, _AGAIN_MOST_S = 5.0, 600.0
_MENTIONED = 10
_EVENT_TYPE = "frontdesk_away"

# users.conversations' types, and what the events of such a conversation say. One call each: a scope may be missing.
_KINDS = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}


@dataclass(frozen=True, slots=True)
class _Place:
    channel: str
    channel_type: str


@dataclass(frozen=True, slots=True)
class _Gap:
    """Away from `since` to `until`."""

    since: datetime
    until: datetime

    @property
    def oldest(self) -> float:
        return (max(self.since, self.until - _FURTHEST) - _OVERLAP).timestamp()


class ReadBack:
    """Called with the time until which everything was heard; returns when nothing is left to be read."""

    def __init__(self, clients: SlackClients, messages: Messages, clock: Clock) -> None:
        self._clients = clients
        self._messages = messages
        self._clock = clock
        self._calls = 0

    async def __call__(self, since: datetime) -> None:
        """Of each DM and channel that the bot is in. What Slack or the store does not do now is tried again; what
        Slack will never do is logged. Nothing here stops the others."""
        gap, self._calls = _Gap(since, self._clock()), 0
        places: list[_Place] = []
        await self._each(tuple(_KINDS), partial(self._list, places))
        await self._each(places, partial(self._read, gap))
        log.info("read back %d conversations since %s", len(places), since.isoformat())

    async def _each(self, left: Sequence[T], do: Callable[[T], Awaitable[None]]) -> None:
        pause = _AGAIN_S
        while left:
            left = [one for one in left if not await self._done(one, do)]
            if left:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _AGAIN_MOST_S)

    async def _done(self, one: T, do: Callable[[T], Awaitable[None]]) -> bool:
        try:
            await do(one)
        except Unavailable as error:
            log.warning("%s can't be read back now, trying again: %s", one, error)
            return False
        except SlackRefused as error:
            log.error("%s can't be read back: %s", one, error)
            return not error.passing
        except Exception:
            log.exception("%s can't be read back", one)
        return True

    async def _list(self, places: list[_Place], kind: str) -> None:
        call = partial(self._clients.web.users_conversations, types=kind, exclude_archived=True)
        places += [_Place(str(one["id"]), _KINDS[kind]) async for one in self._all("channels", call)]

    async def _read(self, gap: _Gap, place: _Place) -> None:
        found = await self._found(gap, place)
        late: list[Accepted] = []
        for message in found:
            event = {**message, "type": "message", "channel": place.channel, "channel_type": place.channel_type}
            item = await self._messages.take_missed(event, gap.until - _ANSWERED)
            late += [item] if item else []
        if late and not any(_is_notice(message, gap) for message in found):
            await self._tell(place, gap, late)

    async def _found(self, gap: _Gap, place: _Place) -> list[Mapping[str, Any]]:
        """All that was written in the gap, oldest first: a follow-up comes after what it follows."""
        web, oldest = self._clients.web, f"{gap.oldest:.6f}"
        roots = f"{gap.oldest - _THREADS.total_seconds():.6f}"
        history = partial(web.conversations_history, channel=place.channel, oldest=roots, include_all_metadata=True)
        found: dict[str, Mapping[str, Any]] = {}
        threads: list[str] = []
        async for root in self._all("messages", history):
            if float(root["ts"]) > gap.oldest:
                found[str(root["ts"])] = root
            if float(root.get("latest_reply") or 0) > gap.oldest:
                threads.append(str(root["ts"]))
        for ts in threads:
            replies = partial(web.conversations_replies, channel=place.channel, ts=ts, oldest=oldest)
            async for reply in self._all("messages", replies):
                if float(reply["ts"]) > gap.oldest:
                    found.setdefault(str(reply["ts"]), reply)
        return [found[ts] for ts in sorted(found, key=float)]

    async def _all(self, key: str, call: Callable[..., Awaitable[Any]]) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            self._calls += 1
            if self._calls > _AT_ONCE:
                await asyncio.sleep(_PAUSE_S)
            with slack_errors():
                page = await call(limit=_PAGE, cursor=cursor or None)
            for one in page.get(key) or []:
                yield one
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _tell(self, place: _Place, gap: _Gap, late: Sequence[Accepted]) -> None:
        """Once a conversation: those who asked too long ago are told that nobody will answer."""
        with slack_errors():
            await self._clients.poster.chat_postMessage(
                channel=place.channel,
                text=notice(gap.since, gap.until, [] if place.channel_type == "im" else [one.user for one in late]),
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"since": gap.since.timestamp()}},
                unfurl_links=False,
                unfurl_media=False,
            )


def _is_notice(message: Mapping[str, Any], gap: _Gap) -> bool:
    """Whether an earlier try, which was killed, has told them of this gap."""
    metadata = message.get("metadata") or {}
    since = (metadata.get("event_payload") or {}).get("since", 0)
    return metadata.get("event_type") == _EVENT_TYPE and float(since) >= gap.since.timestamp()


def notice(since: datetime, until: datetime, askers: Sequence[str]) -> str:
    """That the bot was away, as mrkdwn. `askers` are mentioned, a few of them: else they would not see it."""
    users = list(dict.fromkeys(askers))
    names = " ".join(f"<@{user}>" for user in users[:_MENTIONED])
    names += " and others, please" if len(users) > _MENTIONED else " please" if users else "Please"
    return (
        f"I was away from {moment(since)} to {moment(until)} and missed what was written to me here. What is more than"
        f" a day old I have not answered. {names} ask again if you still need it."
    )
