"""Until when everything was heard: what is read back, and what goes into the record meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.errors import StoreUnavailable
from bot.slack.attendance import Attendance

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@dataclass
class World:
    """A clock, a store, a door and what was read back, for one Attendance."""

    now: datetime = START
    hearing: bool = True
    down: bool = False
    record: datetime | None = None
    since: list[datetime] = field(default_factory=list)

    async def hears(self) -> bool:
        return self.hearing

    async def read_back(self, since: datetime) -> None:
        self.since.append(since)

    async def heard_until(self, team: str) -> datetime | None:
        self._answer()
        return self.record

    async def set_heard_until(self, team: str, at: datetime) -> None:
        self._answer()
        self.record = at

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailable("the store is down")

    async def passes(self, step: timedelta) -> None:
        """So much time, in which the attendance looks around some times."""
        for _ in range(20):
            self.now += step / 20
            await asyncio.sleep(0)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def attendance(world: World) -> AsyncIterator[Attendance]:
    attendance = Attendance(world.read_back, world, "T1", lambda: world.now, 0.0)
    yield attendance
    await attendance.stop()


async def test_what_could_not_be_stored_is_read_back_when_the_store_is_there(
    world: World, attendance: Attendance
) -> None:
    """Not before: that would fail, and try again later and later. Since the first that was lost, and once."""
    attendance.start(None, world.hears)
    await world.passes(MINUTE)
    world.down = True
    lost = world.now
    attendance.missed()
    await world.passes(MINUTE)
    attendance.missed()
    await world.passes(10 * MINUTE)
    assert world.since == []
    assert world.record is not None
    assert world.record <= lost
    world.down = False
    await world.passes(SECOND)
    [since] = world.since
    assert lost - MINUTE < since < lost
    await world.passes(MINUTE)
    assert world.record > lost


async def test_what_slack_signed_by_another_clock_is_read_back_since_then(world: World, attendance: Attendance) -> None:
    """Since it was sent by Slack's clock, where ours is ahead; of a day at most, whoever sends it again."""
    attendance.start(None, world.hears)
    attendance.missed((START - 6 * MINUTE).timestamp())
    await world.passes(SECOND)
    attendance.missed(0.0)
    await world.passes(SECOND)
    attendance.missed(999_999_999_999.0)
    await world.passes(SECOND)
    ahead, old, coming = world.since
    assert START - 7 * MINUTE < ahead < START - 6 * MINUTE
    assert START - DAY <= old <= START - DAY + MINUTE
    assert START - MINUTE < coming < world.now


async def test_the_record_stands_still_while_nothing_is_taken(world: World, attendance: Attendance) -> None:
    """So that who starts again with the right secret reads it back; and so does this run when it hears again."""
    attendance.start(None, world.hears)
    await world.passes(MINUTE)
    world.hearing, since = False, world.now
    await world.passes(10 * MINUTE)
    assert world.record is not None
    assert world.record <= since
    assert world.since == []
    world.hearing = True
    await world.passes(SECOND)
    assert world.since == [since]


@pytest.mark.parametrize(
    ("record", "since"),
    [
        (None, []),
        (START - MINUTE, [START - MINUTE]),
        (START + SECOND, [START + SECOND]),  # another replica's clock, a little ahead
        (START + 6 * MINUTE, [START - DAY]),
    ],
)
async def test_a_record_of_the_future_says_nothing(
    world: World, attendance: Attendance, record: datetime | None, since: list[datetime]
) -> None:
    """It was written by a clock that was ahead: all that may still be answered is read again."""
    attendance.start(record, world.hears)
    await world.passes(SECOND)
    assert world.since == since


async def test_what_was_missed_before_the_start_counts(world: World, attendance: Attendance) -> None:
    """The door is open a moment before; the earlier of the two is read from."""
    attendance.missed()
    attendance.start(START - MINUTE, world.hears)
    await world.passes(SECOND)
    assert world.since == [START - MINUTE]
