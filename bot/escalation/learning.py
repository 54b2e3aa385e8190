"""From a resolved thread to a document: drafted, offered to who resolved it, decided on, indexed, ended in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from bot.desk.errors import DeskError, SyncRefused, TransitionRefused, Unavailable
from bot.desk.human_path import DESK, Escalation, Escalations
from bot.desk.learning import (
    Edited,
    Learning,
    LearningDesk,
    Learnings,
    LearningState,
    Saved,
    learnt_source,
)
from bot.desk.ports import Clock, SyncDesk, Told
from bot.escalation.drafter import Drafting
from bot.escalation.drafting import must_say

log = logging.getLogger(__name__)

WARNED = timedelta(days=7)  # before the end its owner hears of it
TICK_S = 1.0
_WARN_EVERY = timedelta(hours=1)
_DAY = timedelta(days=1)
_AFTER_FAILURE = timedelta(seconds=15)
S = LearningState


class Learn:
    """bot.desk.learning.LearnFrom. `is_agent` says who may take a desk's requests. What waits is done by work(),
    which every process may call."""

    def __init__(
        self,
        learnings: Learnings,
        escalations: Escalations,
        desk: LearningDesk,
        drafting: Drafting,
        sync_desk: SyncDesk,
        told: Told,
        clock: Clock,
        *,
        is_agent: Callable[[Escalation, str], Awaitable[bool]],
        admins: Collection[str] = (),
        months: int = 12,
    ) -> None:
        self._learnings = learnings
        self._escalations = escalations
        self._desk = desk
        self._drafting = drafting
        self._sync_desk = sync_desk
        self._told = told
        self._clock = clock
        self._is_agent = is_agent
        self._admins = admins
        self.months = months
        self._wake = asyncio.Event()
        self._warned: datetime | None = None
        self._failed: dict[str, datetime] = {}  # source -> when its sync did

    # What people decide

    async def shown(self, learning_id: str, user: str) -> Learning:
        one = await self._of(learning_id, user)
        if one.state is not S.OFFERED:
            raise TransitionRefused(_decided(one, user))
        return one

    async def approve(self, learning_id: str, user: str, edited: Edited | None = None) -> Learning:
        one = await self.shown(learning_id, user)
        wanted = edited or Edited(one.question, one.answer, None, self.months, user)
        audience = one.thread_audience if wanted.audience is None else (wanted.audience,)
        ends = later(self._clock(), wanted.months)
        saved = Saved(wanted.question, wanted.answer, audience, wanted.owner or user, ends)
        approved = await self._learnings.approve(one.id, saved, user, must_say(saved.answer))
        return await self._made(learning_id, user, approved)

    async def discard(self, learning_id: str, user: str) -> Learning:
        await self.shown(learning_id, user)
        return await self._made(learning_id, user, await self._learnings.discard(learning_id, user))

    async def renew(self, learning_id: str, user: str) -> Learning:
        one = await self._approved(learning_id, user)
        ends = later(max(self._clock(), one.expires_at or self._clock()), self.months)
        return await self._made(learning_id, user, await self._learnings.renew(one.id, ends, one.expires_at))

    async def retire(self, learning_id: str, user: str) -> Learning:
        one = await self._approved(learning_id, user)
        return await self._made(learning_id, user, await self._learnings.retire(one.id, user))

    async def refresh(self, one: Learning) -> None:
        """Best effort: what was decided is stored, whatever its offer says."""
        try:
            await self._desk.update(one)
        except DeskError as error:
            log.warning("the offer of %s does not show that it is %s: %s", one.id, one.state.value, error)

    async def _of(self, learning_id: str, user: str) -> Learning:
        one = await self._learnings.get(learning_id)
        if one is None:
            raise TransitionRefused("This draft is not known any more.")
        if user not in (one.offered_to, one.owner) and user not in self._admins:
            escalation = await self._escalations.get(one.escalation_id)
            if escalation is None or not await self._is_agent(escalation, user):
                raise TransitionRefused("Only this desk's agents can decide on that.")
        return one

    async def _approved(self, learning_id: str, user: str) -> Learning:
        one = await self._of(learning_id, user)
        if one.state is not S.APPROVED:
            raise TransitionRefused(_decided(one, user))
        return one

    async def _made(self, learning_id: str, user: str, one: Learning | None) -> Learning:
        if one is None:  # somebody was faster
            known = await self._learnings.get(learning_id)
            raise TransitionRefused(_decided(known, user) if known else "This draft is not known any more.")
        self._wake.set()
        return one

    # What has to be done

    async def watch(self) -> None:
        """Until it is cancelled. What can't be done now is tried again."""
        while True:
            self._wake.clear()
            try:
                await self.work()
            except Unavailable as error:
                log.error("what was learnt is looked at again later: %s", error)
            except Exception:
                log.exception("the learning stumbled and is tried again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)

    async def work(self) -> None:
        """Draft, offer, index, warn: all that waits now. Raises StoreUnavailable."""
        waiting = await self._learnings.to_do()
        for one in waiting:
            if one.state in (S.WANTED, S.OFFERED):
                await self._offer(one)
        await self._index([one for one in waiting if one.state in (S.APPROVED, S.RETIRED)])
        if self._warned is None or self._clock() - self._warned >= _WARN_EVERY:
            await self._warn()
            self._warned = self._clock()

    async def _offer(self, one: Learning) -> None:
        """A process that dies at it leaves it to the others, who look first whether it was offered."""
        key, again = f"learn {one.id}", one.state is S.OFFERED
        if await self._told.begin(key, self._clock() + _DAY) is not True:
            return
        try:
            drafted = one if again else await self._drafted(one)
            if drafted is not None and await self._told.begin(key, self._clock() + _DAY):
                await self._learnings.set_offer(one.id, *await self._desk.offer(drafted, again=again))
        except Unavailable as error:
            log.error("what %s taught is offered later: %s", one.escalation_id, error)
            return
        except DeskError as error:
            log.error("what %s taught can't be offered to %s: %s", one.escalation_id, one.offered_to, error)
            await self._learnings.give_up(one.id)
            await self._learnings.discard(one.id, DESK)
        await self._told.done(key, self._clock() + _DAY)

    async def _drafted(self, one: Learning) -> Learning | None:
        escalation = await self._escalations.get(one.escalation_id)
        if escalation is not None:
            thread = await self._desk.read(escalation)
            draft = await self._drafting.draft(escalation, self._escalations, thread)
            if draft is not None:
                return await self._learnings.draft(one.id, draft, thread)
        await self._learnings.give_up(one.id)
        return None

    async def _index(self, changed: Sequence[Learning]) -> None:
        """The source of each is synced at once; what a running sync has not seen is in the next one."""
        for desk in sorted({one.desk for one in changed}):
            mine, source = [one for one in changed if one.desk == desk], learnt_source(desk)
            if source in self._sync_desk.sources and not await self._is_synced(source):
                continue
            await self._learnings.set_ready(mine)
            for one in mine:
                known = await self._learnings.get(one.id)
                if known is not None and known.ready:
                    await self.refresh(known)

    async def _is_synced(self, source: str) -> bool:
        failed = self._failed.get(source)
        if failed is not None and self._clock() - failed < _AFTER_FAILURE:
            return False
        try:
            result = await self._sync_desk.sync(source, lambda _: None)
        except SyncRefused as error:
            log.info("%s is synced in a moment: %s", source, error)
            return False
        if result.state == "failed":
            log.error("%s is not indexed yet: %s", source, result.problem)
            self._failed[source] = self._clock()
        return result.state != "failed"

    async def _warn(self) -> None:
        for one in await self._learnings.expiring(self._clock() + WARNED):
            if not one.owner or one.expires_at is None:
                continue
            key, until = f"learn ends {one.id} {one.expires_at:%Y-%m-%d}", one.expires_at + _DAY
            if await self._told.begin(key, until) is not True:
                continue
            try:
                await self._desk.warn(one)
            except Unavailable as error:
                log.error("the owner of %s hears later that it ends: %s", one.id, error)
                continue
            except DeskError as error:
                log.error("the owner of %s can't be told that it ends: %s", one.id, error)
            await self._told.done(key, until)


def later(at: datetime, months: int) -> datetime | None:
    """None: never. At the end of a shorter month where it has no such day."""
    if not months:
        return None
    year, month = divmod(at.month - 1 + months, 12)
    for day in range(at.day, 0, -1):
        with suppress(ValueError):
            return at.replace(year=at.year + year, month=month + 1, day=day)
    return None


def _decided(one: Learning, user: str) -> str:
    who = "You have" if user == one.decided_by else "A colleague has"
    match one.state:
        case S.APPROVED:
            return f"{who} approved this already."
        case S.RETIRED:
            return f"{who} retired this already: nothing is answered from it any more."
        case S.DISCARDED if one.decided_by == DESK:
            return "The thread went on after that, so this draft is outdated."
        case S.DISCARDED:
            return f"{who} discarded this already."
        case _:
            return "This draft is not ready yet."
