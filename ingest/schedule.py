"""When each source is synced. What is due is a row in the ledger, claimed under a lease, so that among processes it
runs once, and a time that was missed runs once when somebody is back. APScheduler only ticks.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import NamedTuple

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import ColumnElement, delete, insert, or_, select, true, update

from ingest.ledger import Ledger, LedgerError
from ingest.model import SyncStopped
from ingest.settings import interval_of
from ingest.tables import schedules

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a killed process keeps its sources from others no longer than this
JITTER = 0.1  # of an interval, and at most a minute: sources with one schedule are not all due in the same moment
LATE = timedelta(minutes=5)  # a sync that begins later than this after it was due was missed
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Planned(NamedTuple):
    """`next_due`: None where no schedule was taken over. `syncing`: somebody holds the source now."""

    next_due: datetime | None
    syncing: bool


def next_due(schedule: str, started: datetime, now: datetime) -> datetime:
    """When a source is due after a sync that began at `started`; times that passed meanwhile are not made up for.

    Cron expressions are in UTC, with Sunday as day 0, as cron has it (APScheduler's 0 is Monday).
    """
    interval = interval_of(schedule)
    if interval is not None:
        return max(started + interval, now)
    minute, hour, day, month, weekday = schedule.split()
    trigger = CronTrigger(None, month, day, None, _weekdays(weekday), hour, minute, timezone=UTC)
    due = trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    return due if due is not None else datetime(9000, 1, 1, tzinfo=UTC)


def _weekdays(field: str) -> str:
    """Cron's days of the week by name, because in numbers APScheduler means others."""
    if field == "*":
        return field
    days = set[int]()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        low, high = _day(first), _day(last or ("6" if step else first))
        days.update(range(low, high + 1 if high >= low else high + 8, int(step or 1)))
    return ",".join(_DAYS[day] for day in sorted({day % 7 for day in days}))


def _day(name: str) -> int:
    return int(name) if name.isdigit() else _DAYS.index(name)


class Leases:
    """Who may sync which source now. The rows outlive the process."""

    def __init__(
        self, ledger: Ledger, clock: Clock = utc_now, lease: timedelta = LEASE, jitter: float = JITTER
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lease = lease
        self._jitter = jitter

    def plan(self, wanted: Mapping[str, str]) -> None:
        """Take over the configured schedules (source -> schedule). A source that never ran is due at once; one whose
        schedule changed is due by the new one; one that is no longer configured is forgotten."""
        now = self._clock()
        with self._ledger.writing() as connection:
            known = {row.source: row.schedule for row in connection.execute(select(schedules))}
            connection.execute(delete(schedules).where(schedules.c.source.not_in(wanted)))
            for source, schedule in wanted.items():
                if source not in known:
                    row = {"source": source, "schedule": schedule, "next_due": now, "fence": 0}
                    connection.execute(insert(schedules).values(row))
                elif known[source] != schedule:
                    due = next_due(schedule, now, now)
                    changed = update(schedules).where(schedules.c.source == source)
                    connection.execute(changed.values(schedule=schedule, next_due=due))

    def due(self) -> list[str]:
        """The sources whose time has come and that nobody syncs, the longest overdue first."""
        now = self._clock()
        query = select(schedules.c.source).where(schedules.c.next_due <= now, _free(now))
        with self._ledger.reading() as connection:
            return list(connection.execute(query.order_by(schedules.c.next_due, schedules.c.source)).scalars())

    def planned(self) -> dict[str, Planned]:
        """What is known of each source's next sync."""
        now = self._clock()
        with self._ledger.reading() as connection:
            return {
                row.source: Planned(
                    row.next_due if row.schedule else None, bool(row.lease_until and row.lease_until > now)
                )
                for row in connection.execute(select(schedules))
            }

    @contextmanager
    def hold(self, source: str, *, only_if_due: bool = False) -> Iterator[int]:
        """Sync `source` inside this block: nobody else does meanwhile. Gives the fencing number.

        Raises SyncStopped when somebody else holds it, or when `only_if_due` and it is not due any more.
        """
        started = self._clock()
        fence = self._claim(source, started, only_if_due)
        ended = Event()
        renewal = Thread(target=self._renew_until, args=(source, fence, ended), daemon=True, name=f"lease of {source}")
        renewal.start()
        try:
            yield fence
        finally:
            ended.set()
            renewal.join()
            self._release(source, fence, started)

    def _claim(self, source: str, now: datetime, only_if_due: bool) -> int:
        mine = schedules.c.source == source
        with self._ledger.writing() as connection:
            row = connection.execute(select(schedules).where(mine)).first()
            if only_if_due and row is not None and now - row.next_due > LATE:
                log.warning("the sync of %s was due at %s and was missed; it runs now", source, row.next_due)
            if row is None:
                # A sync by hand before any schedule was taken over; `plan` finds it there.
                connection.execute(insert(schedules).values(source=source, schedule="", next_due=now, fence=0))
            claim = update(schedules).where(mine, _free(now), schedules.c.next_due <= now if only_if_due else true())
            claimed = connection.execute(
                claim.values(lease_until=now + self._lease, fence=schedules.c.fence + 1).returning(schedules.c.fence)
            ).scalar()
        if claimed is None:
            raise SyncStopped(f'"{source}" is being synced already, or was just now; this sync did not start.')
        return int(claimed)

    def _renew_until(self, source: str, fence: int, ended: Event) -> None:
        held = update(schedules).where(schedules.c.source == source, schedules.c.fence == fence)
        while not ended.wait(self._lease.total_seconds() / 3):
            try:
                with self._ledger.writing() as connection:
                    connection.execute(held.values(lease_until=self._clock() + self._lease))
            except LedgerError:
                log.warning("the lease of %s was not renewed", source, exc_info=True)

    def _release(self, source: str, fence: int, started: datetime) -> None:
        held = schedules.c.source == source, schedules.c.fence == fence
        try:
            with self._ledger.writing() as connection:
                schedule = connection.execute(select(schedules.c.schedule).where(*held)).scalar()
                if schedule is not None:
                    due = next_due(schedule, started, self._clock()) + self._spread(schedule) if schedule else started
                    connection.execute(update(schedules).where(*held).values(lease_until=None, next_due=due))
        except LedgerError:
            log.warning("the lease of %s was not given back; it ends by itself", source, exc_info=True)

    def _spread(self, schedule: str) -> timedelta:
        longest = min(interval_of(schedule) or timedelta(days=1), timedelta(minutes=10))
        return random.uniform(0, self._jitter) * longest  # noqa: S311 - not a secret


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(schedules.c.lease_until.is_(None), schedules.c.lease_until <= now)


class SyncScheduler:
    """Runs what is due, one source at a time: a sync uses all cores, and two would only take turns."""

    def __init__(
        self,
        leases: Leases,
        wanted: Mapping[str, str],
        run: Callable[[str], Awaitable[object]],
        every: timedelta = timedelta(seconds=5),
    ) -> None:
        """`wanted`: source -> schedule. `run` syncs one source, its lease held; what it raises is logged."""
        self._leases = leases
        self._wanted = wanted
        self._run = run
        self._every = every
        self._clockwork: AsyncIOScheduler | None = None
        self._work: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take over the schedules and begin to tick. Raises LedgerError."""
        await asyncio.to_thread(self._leases.plan, self._wanted)
        self._clockwork = AsyncIOScheduler(timezone=UTC)
        seconds = self._every.total_seconds()
        first = datetime.now(UTC)
        self._clockwork.add_job(
            self._tick, "interval", seconds=seconds, next_run_time=first, misfire_grace_time=None, coalesce=True
        )
        self._clockwork.start()

    async def stop(self) -> None:
        """Start nothing more and wait for the sync that runs; tell it to stop first (see OnProgress)."""
        if self._clockwork is not None:
            self._clockwork.shutdown(wait=False)
            self._clockwork = None
        if self._work is not None:
            await self._work

    async def run_due(self) -> None:
        """Sync all that is due, one after the other. What somebody else took first is left to them."""
        for source in await asyncio.to_thread(self._leases.due):
            if source not in self._wanted:
                continue
            with ExitStack() as held:
                try:
                    await asyncio.to_thread(held.enter_context, self._leases.hold(source, only_if_due=True))
                except SyncStopped:
                    continue
                try:
                    await self._run(source)
                except Exception:
                    log.exception("the sync of %s failed", source)
                await asyncio.to_thread(held.close)

    async def _tick(self) -> None:
        # A task of its own: APScheduler cancels the jobs that run when it is shut down.
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._logged())

    async def _logged(self) -> None:
        try:
            await self.run_due()
        except LedgerError:
            log.warning("what is due could not be read; the next tick tries again", exc_info=True)
