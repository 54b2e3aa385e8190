"""What runs when: with a clock that the test moves, and for the ticks with the real one."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, select

from ingest.ledger import Ledger
from ingest.model import SyncStopped
from ingest.schedule import Leases, SyncScheduler, next_due
from ingest.tables import schedules

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(ledger: Ledger, clock: Clock) -> Leases:
    return Leases(ledger, clock, jitter=0)


@pytest.fixture
def ledger_place(each_ledger_place: Path | str) -> Path | str:
    return each_ledger_place


@pytest.fixture
def other_process(ledger_place: Path | str, ledger: Ledger, clock: Clock) -> Iterator[Leases]:
    with Ledger(ledger_place, "memory") as second:
        yield Leases(second, clock, jitter=0)


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        ("1h", START, START + HOUR),
        ("1h", START + 3 * HOUR, START + 3 * HOUR),
        ("0 6 * * *", START, datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("0 6 * * 0", START, datetime(2026, 11, 29, 6, tzinfo=UTC)),  # Sunday
        ("0 6 * * 7", START, datetime(2026, 11, 29, 6, tzinfo=UTC)),
        ("0 6 * * 2-4", START, datetime(2026, 11, 24, 6, tzinfo=UTC)),  # Tuesday
        ("0 6 * * 6-1", START, datetime(2026, 11, 28, 6, tzinfo=UTC)),  # Saturday to Monday
        ("0 6 * * */3", START, datetime(2026, 11, 25, 6, tzinfo=UTC)),  # Sunday, Wednesday, Saturday
        ("0 6 * * FRI,sat", START, datetime(2026, 11, 27, 6, tzinfo=UTC)),
        ("*/10 * 1 1 *", START, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_next_due(schedule: str, now: datetime, due: datetime) -> None:
    """Intervals count from the start of the last sync; cron expressions mean the days that cron means, in UTC."""
    assert next_due(schedule, START, now) == due


def test_a_source_that_never_ran_is_due_at_once_and_then_by_its_schedule(leases: Leases, clock: Clock) -> None:
    """And a restart neither repeats nor postpones it."""
    leases.plan({"a": "1h"})
    assert leases.due() == ["a"]
    with leases.hold("a"):
        pass
    assert leases.due() == []
    clock.now += HOUR / 2
    leases.plan({"a": "1h"})
    assert leases.due() == []
    clock.now += HOUR / 2
    assert leases.due() == ["a"]


def test_sources_with_one_schedule_are_not_due_in_the_same_moment(ledger: Ledger, clock: Clock) -> None:
    """Up to a tenth of the interval later, and at most a minute."""
    leases = Leases(ledger, clock)
    sources = {f"s{number}": "5m" for number in range(20)} | {f"d{number}": "1d" for number in range(20)}
    leases.plan(sources)
    for name in sources:
        with leases.hold(name):
            pass
    with ledger.reading() as connection:
        rows = connection.execute(select(schedules.c.source, schedules.c.next_due)).all()
    late = {
        name: due - START - (timedelta(days=1) if name.startswith("d") else timedelta(minutes=5)) for name, due in rows
    }
    assert len(set(late.values())) > 20
    assert min(late.values()) >= timedelta(0)
    assert max(late[name] for name in late if name.startswith("s")) <= timedelta(seconds=30)
    assert max(late.values()) <= timedelta(minutes=1)


def test_a_missed_time_is_told(leases: Leases, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """It runs once somebody is back, and the log says what was missed; a sync in time says nothing."""
    leases.plan({"a": "1h"})
    with leases.hold("a", only_if_due=True):
        pass
    clock.now += HOUR + timedelta(seconds=5)
    with leases.hold("a", only_if_due=True):
        pass
    assert "missed" not in caplog.text
    clock.now += 5 * HOUR
    with leases.hold("a", only_if_due=True):
        pass
    assert "the sync of a was due at" in caplog.text


def test_missed_times_run_once(leases: Leases, clock: Clock) -> None:
    """Away for three days of a daily schedule: one sync, then the next day's."""
    leases.plan({"a": "0 6 * * *"})
    with leases.hold("a"):
        pass
    clock.now += timedelta(days=3)
    assert leases.due() == ["a"]
    with leases.hold("a", only_if_due=True):
        pass
    assert leases.due() == []
    clock.now = datetime(2026, 11, 27, 6, tzinfo=UTC)
    assert leases.due() == ["a"]


def test_one_sync_of_a_source_at_a_time(leases: Leases, other_process: Leases) -> None:
    """By hand or by schedule, here or in another process; other sources are free."""
    leases.plan({"a": "1h", "b": "1h"})
    with leases.hold("a") as fence:
        for contender in (leases, other_process):
            with pytest.raises(SyncStopped, match="already"), contender.hold("a"):
                pytest.fail("held twice")
        assert other_process.due() == ["b"]
        with other_process.hold("b"):
            pass
    with other_process.hold("a") as later:
        assert later > fence


def test_what_another_process_just_did_is_not_done_again(leases: Leases, other_process: Leases) -> None:
    """Both saw it due; the second finds that it is no more."""
    leases.plan({"a": "1h"})
    assert leases.due() == other_process.due() == ["a"]
    with leases.hold("a", only_if_due=True):
        pass
    with pytest.raises(SyncStopped), other_process.hold("a", only_if_due=True):
        pytest.fail("ran twice")


def test_the_lease_of_a_killed_process_ends(leases: Leases, other_process: Leases, clock: Clock) -> None:
    """And when that one was only stalled, what it gives back later is not the new holder's lease."""
    leases.plan({"a": "1h"})
    stalled = leases.hold("a")
    stalled.__enter__()
    assert other_process.due() == []
    clock.now += timedelta(seconds=61)
    assert other_process.due() == ["a"]
    with other_process.hold("a"):
        stalled.__exit__(None, None, None)
        with pytest.raises(SyncStopped), leases.hold("a"):
            pytest.fail("held twice")


def test_a_lease_is_renewed_while_it_is_held(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync longer than the lease keeps it."""
    leases = Leases(ledger, lease=timedelta(milliseconds=150))
    leases.plan({"a": "1h"})
    renewed = Event()
    write = ledger.writing

    def counted() -> AbstractContextManager[Connection]:
        renewed.set()
        return write()

    with leases.hold("a"):
        monkeypatch.setattr(ledger, "writing", counted)
        assert renewed.wait(10)


def test_a_changed_schedule_is_taken_over_and_a_removed_source_forgotten(leases: Leases, clock: Clock) -> None:
    """From daily to hourly: due in an hour."""
    leases.plan({"a": "1d", "b": "1d"})
    for source in ("a", "b"):
        with leases.hold(source):
            pass
    leases.plan({"a": "1h"})
    assert leases.due() == []
    clock.now += HOUR
    assert leases.due() == ["a"]
    clock.now += 48 * HOUR
    assert leases.due() == ["a"]


def test_a_sync_by_hand_needs_no_schedule(leases: Leases) -> None:
    """`frontdesk sync` before the first `serve`: counted as having run."""
    with leases.hold("a"):
        pass
    leases.plan({"a": "1h"})
    assert leases.due() == []


async def test_due_sources_run_in_turn_and_a_failing_one_waits_for_its_next_time(leases: Leases, clock: Clock) -> None:
    """One that raises does not stop the others, nor come again at once."""
    ran: list[str] = []

    async def run(source: str) -> None:
        ran.append(source)
        with pytest.raises(SyncStopped), leases.hold(source):
            pytest.fail("ran without its lease")
        if source == "a":
            raise RuntimeError("broken")

    scheduler = SyncScheduler(leases, {"a": "1h", "b": "2h"}, run)
    leases.plan({"a": "1h", "b": "2h"})
    await scheduler.run_due()
    await scheduler.run_due()
    assert ran == ["a", "b"]
    clock.now += HOUR
    await scheduler.run_due()
    assert ran == ["a", "b", "a"]


async def test_the_scheduler_ticks_and_stops_after_the_running_sync(ledger: Ledger) -> None:
    """Started, it runs what is due without being asked; stop waits for the sync that runs."""
    began, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(_: str) -> None:
        began.set()
        await may_end.wait()
        ended.set()

    scheduler = SyncScheduler(Leases(ledger), {"a": "1h"}, run, every=timedelta(milliseconds=20))
    async with asyncio.timeout(10):
        await scheduler.start()
        await began.wait()
        stopping = asyncio.create_task(scheduler.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        may_end.set()
        await stopping
    assert ended.is_set()
    assert Leases(ledger).due() == []
