"""Mentions, direct messages and replies: stored before they are acked, then left to the workers."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.desk.model import Accepted
from bot.desk.ports import Clock, Inbox, Threads
from bot.slack.inbound import Deleted, Edited, Heard, Identity, Ignored, read
from bot.slack.worker import Workers

log = logging.getLogger(__name__)
_RECENT = 5_000


class Messages:
    """What happens to a `message` or `app_mention` event."""

    def __init__(self, inbox: Inbox, threads: Threads, workers: Workers, me: Identity, clock: Clock) -> None:
        self._inbox = inbox
        self._threads = threads
        self._workers = workers
        self._me = me
        self._clock = clock
        # Threads of questions that were just accepted: their worker has perhaps not joined them in the store yet.
        self._recent: dict[tuple[str, str], None] = {}

    async def take(self, event: Mapping[str, Any]) -> None:
        """Store what the event means. Raises StoreUnavailable: then it must not be acked, and Slack sends it again."""
        meaning = read(event, self._me, self._clock())
        match meaning:
            case Ignored(reason):
                log.debug("ignored: %s", reason)
            case Deleted(key):
                await self._workers.withdraw(key)
            case Edited(key, text):
                await self._inbox.amend(key, text)
            case Heard():
                await self._hear(meaning)

    async def take_missed(self, message: Mapping[str, Any], oldest: datetime) -> Accepted | None:
        """Hear a message that is read back later, as an event, by the rules of the time when it was written.

        One from before `oldest` is not stored: it is returned where it was for the desk and nobody has taken it up.
        Raises StoreUnavailable.
        """
        heard = read(message, self._me, self._clock())
        if not isinstance(heard, Heard):
            return None
        item = heard.item
        place = (self._me.team, item.channel, item.thread_ts or item.ts)
        if not heard.addressed and not await self._threads.took_part(*place, item.ts):
            return None
        if float(item.ts) >= oldest.timestamp():
            await self._hear(heard)
            return None
        if not heard.addressed and not await self._takes_part(item):
            return None
        return None if (await self._threads.state(*place)).quiet or await self._inbox.has(item.key) else item

    async def _hear(self, heard: Heard) -> None:
        item = heard.item
        if not heard.addressed and not await self._takes_part(item):
            return
        self._recent[item.channel, item.thread_ts or item.ts] = None
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        if await self._inbox.accept(item):
            log.info("accepted %s", item.key)
            self._workers.wake()

    async def _takes_part(self, item: Accepted) -> bool:
        """Whether a reply that addresses nobody is for the desk."""
        thread_ts = str(item.thread_ts)
        state = await self._threads.state(self._me.team, item.channel, thread_ts)
        # Once a human was asked for, what others write there is the help. Slack tells who began the thread.
        if state.quiet or (state.escalation_id and item.payload.get("parent_user_id") != item.user):
            return False
        if state.participates or (item.channel, thread_ts) in self._recent:
            return True
        # Another process may be about to answer the thread's first question.
        return await self._threads.took_part(self._me.team, item.channel, thread_ts, item.ts)
