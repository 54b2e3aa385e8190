"""Mentions, direct messages and replies: stored before they are acked, then left to the workers."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.desk.model import Accepted, Allowance
from bot.desk.ports import Clock, Inbox, Threads
from bot.slack.inbound import Deleted, Edited, Heard, Identity, Ignored, read
from bot.slack.manners import BOTS_S, Manners
from bot.slack.worker import Workers

log = logging.getLogger(__name__)
_RECENT = 5_000


class Messages:
    """What happens to a `message` or `app_mention` event."""

    def __init__(
        self, inbox: Inbox, threads: Threads, workers: Workers, me: Identity, clock: Clock, manners: Manners
    ) -> None:
        self._manners = manners
        self._inbox = inbox
        self._threads = threads
        self._workers = workers
        self._me = me
        self._clock = clock
        self._bots = asyncio.Lock()
        # Threads of questions that were just accepted: their worker has perhaps not joined them in the store yet.
        self._recent: dict[tuple[str, str], None] = {}

    async def take(self, event: Mapping[str, Any]) -> None:
        """Store what the event means. Raises StoreUnavailable: then it must not be acked, and Slack sends it again."""
        meaning = read(event, self._me, self._clock(), self._manners.bots)
        match meaning:
            case Ignored(reason):
                log.debug("ignored: %s", reason)
            case Deleted(key):
                await self._workers.withdraw(key)
            case Edited(key, text):
                await self._inbox.amend(key, text)
            case Heard():
                await self._hear(meaning, self._manners.allowance(meaning.item))

    async def take_missed(self, message: Mapping[str, Any], oldest: datetime) -> Accepted | None:
        """Hear a message that is read back later, as an event, by the rules of the time when it was written.

        One from before `oldest` is not stored: it is returned where it was for the desk and nobody has taken it up.
        Raises StoreUnavailable.
        """
        heard = read(message, self._me, self._clock(), self._manners.bots)
        if not isinstance(heard, Heard):
            return None
        item = heard.item
        place = (self._me.team, item.channel, item.thread_ts or item.ts)
        if not heard.addressed and not await self._threads.took_part(*place, item.ts):
            return None
        if float(item.ts) >= oldest.timestamp():
            await self._hear(heard)  # without limits: what was written over hours is not a burst
            return None
        if not heard.addressed and not await self._takes_part(item):
            return None
        return None if (await self._threads.state(*place)).quiet or await self._inbox.has(item.key) else item

    async def _hear(self, heard: Heard, allowance: Allowance | None = None) -> None:
        item = heard.item
        if not heard.addressed and not await self._takes_part(item):
            return
        if not item.by_bot:
            await self._accept(item, allowance)
            return
        async with self._bots:  # each counts those before it
            if not await self._goes_round(item):
                await self._accept(item, None)

    async def _accept(self, item: Accepted, allowance: Allowance | None) -> None:
        self._recent[item.channel, item.thread_ts or item.ts] = None
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        if await self._inbox.accept(item, allowance):
            log.info("accepted %s", item.key)
            self._workers.wake()

    async def _goes_round(self, item: Accepted) -> bool:
        """Whether bots had all the answers that they get without a person in between. One that answers answers, such as
        another Frontdesk, would go on for ever."""
        lately = await self._inbox.by_bots_lately(item, self._clock() - timedelta(seconds=BOTS_S))
        if lately < self._manners.limits.bot_answers or await self._inbox.has(item.key):
            return False
        log.warning("%s is left out: %d of bots were answered and nobody wrote between", item.key, lately)
        return True

    async def _takes_part(self, item: Accepted) -> bool:
        """Whether a reply that addresses nobody is for the desk."""
        thread_ts = str(item.thread_ts)
        state = await self._threads.state(self._me.team, item.channel, thread_ts)
        # Once a human was asked for, what others write there is the help. Slack tells who began the thread.
        if state.quiet or (state.escalation_id and item.payload.get("parent_user_id") != item.user):
            return False
        return state.participates or (item.channel, thread_ts) in self._recent
