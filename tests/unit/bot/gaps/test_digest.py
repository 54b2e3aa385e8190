"""When the weekly digest is due, and that it comes once, whatever is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.desk.errors import RetrievalUnavailable, StoreUnavailable, Unavailable
from bot.desk.gaps import Gap, Gaps, GapsNotice, WeekNumbers
from bot.gaps.digest import WeeklyDigest, last_due

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 30, 8, 0, tzinfo=UTC), "2026-11-30 09:00 +0100"),
        (datetime(2026, 11, 30, 7, 59, tzinfo=UTC), "2026-11-23 09:00 +0100"),
        (datetime(2026, 12, 6, 22, 59, tzinfo=UTC), "2026-11-30 09:00 +0100"),
        (datetime(2026, 10, 26, 7, 59, tzinfo=UTC), "2026-10-19 09:00 +0200"),  # the clocks went back the day before
        (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), "2026-10-26 09:00 +0100"),
    ],
)
def test_it_is_due_on_mondays_at_nine_where_the_desk_is(now: datetime, due: str) -> None:
    assert f"{last_due(now, BERLIN):%Y-%m-%d %H:%M %z}" == due


def gap(number: int) -> Gap:
    return Gap("support", f"gap {number}", "", 9 - number, 1, 1.0, 0.0, 1)


@dataclass
class World:
    """The store, the index and the admins' channel, as far as a digest asks them."""

    now: datetime = MONDAY
    asked: int = 12
    gaps: int = 7
    store_down: bool = False
    index_down: bool = False
    channel_down: bool = False
    reply_lost: bool = False
    told_until: dict[str, datetime] = field(default_factory=dict)
    heard: list[GapsNotice] = field(default_factory=list)
    weeks: list[tuple[datetime, datetime]] = field(default_factory=list)
    readers: list[Sequence[str]] = field(default_factory=list)

    async def numbers(self, begin: datetime, end: datetime) -> WeekNumbers:
        if self.store_down:
            raise StoreUnavailable("down")
        self.weeks.append((begin, end))
        return WeekNumbers(self.asked, {"answered": self.asked})

    async def unmet(self, *given: Any) -> Any:
        raise NotImplementedError

    async def find(self, readers: Sequence[str]) -> Gaps:
        if self.index_down:
            raise RetrievalUnavailable("down")
        self.readers.append(readers)
        return Gaps(self.now - timedelta(weeks=4), self.now, 4, tuple(map(gap, range(self.gaps))))

    async def begin(self, key: str, until: datetime) -> bool:
        assert until > self.now
        return self.told_until.get(key, self.now) <= self.now

    async def done(self, key: str, until: datetime) -> None:
        self.told_until[key] = until

    async def told(self, notice: GapsNotice) -> bool:
        return any(one.key == notice.key for one in self.heard)

    async def tell(self, notice: GapsNotice) -> None:
        if self.channel_down:
            raise Unavailable("Slack is away")
        self.heard.append(notice)
        if self.reply_lost:
            self.reply_lost = False
            raise Unavailable("The reply was lost")

    def digest(self) -> WeeklyDigest:
        """As each process makes it."""

        async def readers() -> Sequence[str]:
            return ("everyone",)

        return WeeklyDigest(
            self,
            self.find,  # type: ignore[arg-type]
            self,
            self,  # type: ignore[arg-type]
            readers,
            "Europe/Berlin",
            lambda: self.now,
        )


async def test_the_week_before_and_the_five_dearest_gaps() -> None:
    world = World(now=MONDAY + timedelta(minutes=3))
    await world.digest().check()
    [notice] = world.heard
    assert notice.key == "gaps 2026-11-30"
    assert world.weeks == [(MONDAY - timedelta(days=7), MONDAY)]
    assert [one.name for one in notice.gaps] == [f"gap {number}" for number in range(5)]
    assert (notice.more, notice.weeks, notice.since) == (2, 4, MONDAY)
    assert world.readers == [("everyone",)]


async def test_once_a_week_over_checks_and_restarts() -> None:
    world = World()
    digest = world.digest()
    for hours in (0, 1, 100, 167):
        world.now = MONDAY + timedelta(hours=hours)
        await digest.check()
        await world.digest().check()
    assert len(world.heard) == 1
    world.now = MONDAY + timedelta(days=7)
    await digest.check()
    assert [one.key for one in world.heard] == ["gaps 2026-11-30", "gaps 2026-12-07"]


async def test_weeks_that_were_missed_are_one_digest() -> None:
    world = World()
    await world.digest().check()
    world.now = MONDAY + timedelta(days=23)
    await world.digest().check()
    assert [one.key for one in world.heard] == ["gaps 2026-11-30", "gaps 2026-12-21"]


async def test_a_week_without_a_question_is_passed_over() -> None:
    """So a desk that was set up today tells nothing of the week before."""
    world = World(asked=0)
    digest = world.digest()
    await digest.check()
    world.asked = 5
    await digest.check()
    await world.digest().check()
    assert world.heard == []


@pytest.mark.parametrize("trouble", ["store_down", "index_down", "channel_down"])
async def test_what_is_in_the_way_puts_it_off(trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    world = World(**{trouble: True})  # type: ignore[arg-type]
    digest = world.digest()
    await digest.check()
    assert (world.heard, world.told_until) == ([], {})
    assert "the weekly digest was not told, trying again" in caplog.text
    setattr(world, trouble, False)
    await digest.check()
    assert len(world.heard) == 1


async def test_it_is_made_once_however_often_it_is_tried() -> None:
    """To name gaps may cost calls of a model."""
    world = World(channel_down=True)
    digest = world.digest()
    for _ in range(3):
        await digest.check()
    world.channel_down = False
    await digest.check()
    assert (len(world.readers), len(world.heard)) == (1, 1)


async def test_one_whose_reply_was_lost_is_looked_for() -> None:
    world = World(reply_lost=True)
    for _ in range(3):
        await world.digest().check()
    assert len(world.heard) == 1
    assert world.told_until
