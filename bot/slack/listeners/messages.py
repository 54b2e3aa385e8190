"""Mentions, direct messages and replies: stored before they are acked, then left to the workers."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.desk.desk_settings import Mode
from bot.desk.handover import handover
from bot.desk.model import Accepted, Exchange, Outcome
from bot.desk.replies import Meant, joins_in, meant_for_the_desk
from bot.desk.unasked import asks_everybody
from bot.slack.edits import EDIT_S
from bot.slack.inbound import Deleted, Edited, Heard, Identity, Ignored, read
from bot.slack.intake import Intake
from bot.slack.manners import BOTS_S, Manners
from bot.slack.offers import Offers
from bot.slack.work import Work
from bot.slack.worker import Workers

log = logging.getLogger(__name__)
_RECENT = 5_000


class Messages:
    """What happens to a `message` or `app_mention` event."""

    def __init__(
        self, work: Work, workers: Workers, intake: Intake, me: Identity, offers: Offers, manners: Manners
    ) -> None:
        self._intake = intake
        self._inbox = work.inbox
        self._threads = work.threads
        self._humans = work.humans
        self._desks = work.desks
        self._clock = work.clock
        self._longest = work.settings.max_question_chars
        self._workers = workers
        self._me = me
        self._offers = offers
        self._manners = manners
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
                await self._inbox.amend(key, text, self._clock() - timedelta(seconds=EDIT_S))
            case Heard():
                await self._hear(meaning)

    async def take_missed(self, message: Mapping[str, Any], oldest: datetime) -> Accepted | None:
        """Hear a message that is read back later, as an event, by the rules of the time when it was written.

        One from before `oldest` is not stored: it is returned where it was for the desk and nobody has taken it up.
        Raises StoreUnavailable.
        """
        heard = read(message, self._me, self._clock(), self._manners.bots)
        if not isinstance(heard, Heard):
            return None
        item = heard.item
        if _is_unasked(heard):
            if float(item.ts) >= oldest.timestamp() and not message.get("reply_count"):
                await self._overhear(item, late=True)
            return None
        place = (self._me.team, item.channel, item.thread_ts or item.ts)
        if not heard.addressed and not await self._threads.took_part(*place, item.ts):
            return None
        if float(item.ts) >= oldest.timestamp():
            await self._hear(heard, limited=False)  # limits: what was written over hours is not a burst
            return None
        if not heard.addressed and ((meant := await self._meant(heard)) is None or meant.unasked):
            return None
        state = await self._threads.state(*place)
        return None if state.quiet or state.hushed or await self._inbox.has(item.key) else item

    async def _hear(self, heard: Heard, *, limited: bool = True) -> None:
        item = heard.item
        if _is_unasked(heard):
            await self._overhear(item)
            return
        if not heard.addressed:
            meant = await self._meant(heard)
            if meant is not None and meant.unasked:
                await self._intake.take(meant, limited=limited)
            elif meant is not None:
                await self._accept(meant, limited=limited)
            return
        if item.thread_ts and await self._stays_hushed(heard, item.thread_ts):
            return
        if not item.by_bot:
            await self._accept(item, limited=limited)
            return
        async with self._bots:  # each counts those before it
            if not await self._goes_round(item):
                await self._accept(item, limited=False)

    async def _accept(self, item: Accepted, *, limited: bool) -> None:
        self._recent[item.channel, item.thread_ts or item.ts] = None
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        await self._intake.take(item, limited=limited)

    async def _overhear(self, item: Accepted, *, late: bool = False) -> None:
        """A message at the root of a channel, to its people. What is ignored takes no key (rule 3). `late`: it is read
        back; to offer an answer to it would come as a surprise."""
        mode = self._desks.mode(item.channel)
        if mode is Mode.MENTIONS or self._desks.pause or not asks_everybody(item.text, self._longest):
            return
        if mode is Mode.OFFER:
            if not late:
                self._offers.make(item)
        else:
            await self._intake.take(replace(item, unasked=True), limited=not late)

    async def _stays_hushed(self, heard: Heard, thread_ts: str) -> bool:
        """Whether somebody told the desk to be silent in the thread. A mention since then wakes it."""
        place = (self._me.team, heard.item.channel, thread_ts)
        if heard.mentioned:
            await self._threads.wake(*place, datetime.fromtimestamp(float(heard.item.ts), UTC))
            return False
        return (await self._threads.state(*place)).hushed

    async def _goes_round(self, item: Accepted) -> bool:
        """Whether bots had all the answers that they get without a person in between. One that answers answers, such as
        another Frontdesk, would go on for ever."""
        lately = await self._inbox.by_bots_lately(item, self._clock() - timedelta(seconds=BOTS_S))
        if lately < self._manners.limits.bot_answers or await self._inbox.has(item.key):
            return False
        log.warning("%s is left out: %d of bots were answered and nobody wrote between", item.key, lately)
        return True

    async def _meant(self, heard: Heard) -> Accepted | None:
        """A reply that addresses nobody, as a question; None where it is for the people of the thread."""
        item = heard.item
        if not await self._takes_part(item):
            return None
        place = (self._me.team, item.channel, str(item.thread_ts))
        exchange = await self._threads.exchange(*place, item.user, item.ts)
        meant = None if heard.aside else self._meaning(item, exchange)
        # Said to a third person it leaves those alone who talk to the desk.
        to_asker = not heard.aside or f"<@{item.payload.get('parent_user_id')}" in _raw(item)
        if exchange is None and to_asker and joins_in(item.text, self._longest):
            await self._threads.people_spoke(*place, item.ts)
        return None if meant is None else replace(item, unasked=meant == "unasked")

    def _meaning(self, item: Accepted, exchange: Exchange | None) -> Meant | None:
        policy = self._desks.of(item.channel).handover
        urgent = handover(item.text, [Outcome.ASKED], policy) is not None
        files = bool(item.payload.get("files"))
        return meant_for_the_desk(item.text, exchange, self._longest, files=files, urgent=urgent)

    async def _takes_part(self, item: Accepted) -> bool:
        """Whether a reply that addresses nobody is for the desk. One that is for a human is noted."""
        thread_ts = str(item.thread_ts)
        state = await self._threads.state(self._me.team, item.channel, thread_ts)
        if state.quiet:  # it may be what a human asked for
            await self._humans.asker_wrote(item)
            return False
        # Once a human was asked for, what others write there is the help. Slack tells who began the thread.
        if state.hushed or (state.escalation_id and item.payload.get("parent_user_id") != item.user):
            return False
        if state.participates or (item.channel, thread_ts) in self._recent:
            return True
        # Another process may be about to answer the thread's first question.
        return await self._threads.took_part(self._me.team, item.channel, thread_ts, item.ts)


def _raw(item: Accepted) -> str:
    return str(item.payload.get("text") or "")


def _is_unasked(heard: Heard) -> bool:
    return not heard.addressed and heard.item.thread_ts is None
