"""Does what is due of escalations, each thing once among all processes, also when it was missed: reminders, re-routing,
and the moves that time makes."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta

from bot.desk.due import Due, DueKind, DueRows, Reminder, Reminders
from bot.desk.errors import DeskError, TransitionRefused
from bot.desk.human_path import Escalation, Escalations, EscalationState, Humans, Move
from bot.desk.ports import Clock
from bot.escalation.timetable import Timetables

log = logging.getLogger(__name__)

EVERY_S = 5.0
_AT_ONCE = 5  # a post to a channel takes a second: those that wait behind it keep their lease
_LEASE_S = 60.0
_DRAIN_S = 5.0  # a stop has other things to wait for
_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)
_MOVES = {DueKind.WAKE: Move.WAKE, DueKind.EXPIRE: Move.EXPIRE, DueKind.CLOSE: Move.CLOSE}


class Timekeeper:
    """start() returns at once. What fails is tried again, after a pause that grows, by whichever process is there."""

    def __init__(
        self,
        rows: DueRows,
        escalations: Escalations,
        humans: Humans,
        reminders: Reminders,
        timetables: Timetables,
        clock: Clock,
        every_s: float = EVERY_S,
    ) -> None:
        self._rows = rows
        self._escalations = escalations
        self._humans = humans
        self._reminders = reminders
        self._timetables = timetables
        self._clock = clock
        self._every_s = every_s
        self._planned = False
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._loop = asyncio.create_task(self._watch())

    async def stop(self, drain_s: float) -> None:
        """What is being done may end within `drain_s` seconds. What was claimed and is not done is done by whoever
        claims it once its lease has ended."""
        if self._loop is not None:
            self._stopping.set()
            await asyncio.wait([self._loop], timeout=min(drain_s, _DRAIN_S))
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.tick()
            except DeskError as error:
                log.error("what is due is looked at again in a moment: %s", error)
            except Exception:
                log.exception("what is due could not be looked at, and is in a moment")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every_s)

    async def tick(self) -> int:
        """Do what is due now; how much it was. Raises StoreUnavailable."""
        if not self._planned:
            await self._rows.plan_all()
            self._planned = True
        done = 0
        while not self._stopping.is_set() and (claimed := await self._rows.claim(_AT_ONCE, _LEASE_S)):
            for one in claimed:
                await self._do(one)
            done += len(claimed)
        return done

    async def _do(self, due: Due) -> None:
        try:
            one = await self._escalations.get(due.escalation_id)
            # After it was read: where it has moved since, this is not ours any more, or the move is refused.
            if not await self._rows.renew(due, _LEASE_S):
                return
            if one is not None:
                await self._act(one, due)
            await self._rows.complete(due)
        except Exception as error:
            pause = min(_PAUSE * 2 ** min(due.attempts, 10), _LONGEST_PAUSE)
            known = isinstance(error, DeskError)
            log.log(
                logging.INFO if isinstance(error, TransitionRefused) else logging.ERROR,
                "%s of %s is tried again in %d s: %s",
                due.key.kind.value,
                due.escalation_id,
                pause.total_seconds(),
                error,
                exc_info=None if known else error,
            )
            await self._rows.put_off(due, self._clock() + pause)

    async def _act(self, one: Escalation, due: Due) -> None:
        if move := _MOVES.get(due.key.kind):
            moved = await self._humans.timer(one, move, _reason(one, move))
            log.info("%s is %s: %s", one.id, moved.state.value, move.value)
        elif not _too_late(due, self._clock()):
            sla = self._timetables.of(one.desk).sla
            group = sla.reroute_group if due.key.kind is DueKind.RESPONSE else None
            lead = sla.lead if due.key.kind is DueKind.LEAD else None
            await self._reminders.remind(Reminder(one, due, group, lead), again=due.attempts > 1)
            log.info("reminded of %s: %s", one.id, due.key.kind.value)


def _too_late(due: Due, now: datetime) -> bool:
    """Nobody was there when half of the time had passed, and all of it has by now: the next one says that."""
    return due.key.kind is DueKind.HALF and due.until is not None and due.until <= now


def _reason(one: Escalation, move: Move) -> str:
    if move is Move.CLOSE:
        return "no word from the asker" if one.state is EscalationState.ANSWERED else "it is solved"
    return ""
