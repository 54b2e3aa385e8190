"""The admins hear of a source once, and once that it is well again: over restarts, lost replies and outages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.desk.errors import Unavailable
from bot.desk.model import AdminNotice, SourceNotice
from ingest.ledger import Ledger
from ops.notices import GRACE, Notices, troubles
from ops.reports import SourceState

START = datetime(2026, 3, 12, tzinfo=UTC)
GOOD = SourceState(
    source="docs", documents=3, failed=0, last_sync=START, verified_at=START, state="success", stale=False, held=0,
    next_due=None, syncing=False, problem="", failures=(),
)  # fmt: skip


def state(**more: Any) -> SourceState:
    return GOOD.model_copy(update=more)


STALE = state(stale=True, state="failed", last_sync=START + timedelta(hours=1), problem="The folder is gone.")
HELD = state(state="partial", held=12)


@dataclass
class Channel:
    """bot.desk.ports.AdminChannel that keeps what it is told. `down` refuses; `lost` takes it and fails."""

    heard: list[SourceNotice] = field(default_factory=list)
    down: bool = False
    lost: bool = False

    async def tell(self, notice: AdminNotice) -> None:
        assert isinstance(notice, SourceNotice)
        if self.down:
            raise Unavailable("Slack is away")
        self.heard.append(notice)
        if self.lost:
            raise Unavailable("no reply came")

    async def told(self, notice: AdminNotice) -> bool:
        if self.down:
            raise Unavailable("Slack is away")
        return notice.key in [one.key for one in self.heard]

    @property
    def said(self) -> list[tuple[str, bool]]:
        return [(one.kind, one.over) for one in self.heard]


@dataclass
class World:
    """Notices over a ledger that stays while they are made anew."""

    ledger: Ledger
    channel: Channel | None
    now: datetime = START
    states: tuple[SourceState, ...] = (GOOD,)
    notices: Notices = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.notices = Notices(lambda: self.states, self.ledger, self.channel, lambda: self.now)

    async def sees(self, *states: SourceState) -> None:
        self.states, self.now = states, self.now + timedelta(minutes=1)
        await self.notices.check()


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def world(tmp_path: Path, channel: Channel) -> Iterator[World]:
    with Ledger(tmp_path / "ledger.sqlite3", "memory") as ledger:
        yield World(ledger, channel)


@pytest.mark.parametrize(("wrong", "kind"), [(STALE, "stale"), (HELD, "held")])
async def test_once_and_once_again_when_it_is_well(
    world: World, channel: Channel, wrong: SourceState, kind: str
) -> None:
    """However often it is looked at, and though the process is another one by then."""
    await world.sees(GOOD)
    assert channel.said == []
    for _ in range(3):
        await world.sees(wrong)
    world.restart()
    await world.sees(wrong)
    assert channel.said == [(kind, False)]
    world.restart()
    for _ in range(3):
        await world.sees(GOOD)
    assert channel.said == [(kind, False), (kind, True)]
    await world.sees(wrong)
    assert channel.said[2:] == [(kind, False)]
    assert len({one.key for one in channel.heard}) == 3


@pytest.mark.parametrize("lost", [False, True])
async def test_an_outage_of_slack_delays_and_never_doubles(world: World, channel: Channel, lost: bool) -> None:
    """Refused, it is told by the next check; where only the reply was lost, it is found."""
    channel.down, channel.lost = not lost, lost
    await world.sees(HELD)
    world.restart()
    channel.down = channel.lost = False
    await world.sees(HELD)
    assert channel.said == [("held", False)]
    channel.down, channel.lost = not lost, lost
    await world.sees(GOOD)
    channel.down = channel.lost = False
    await world.sees(GOOD)
    assert channel.said == [("held", False), ("held", True)]
    assert world.ledger.notices() == []


async def test_what_passed_before_it_could_be_told_is_not_told(world: World, channel: Channel) -> None:
    channel.down = True
    await world.sees(HELD)
    await world.sees(GOOD)
    channel.down = False
    await world.sees(GOOD)
    assert channel.said == []
    assert world.ledger.notices() == []


@pytest.mark.parametrize("lost", [False, True])
async def test_wrong_again_before_its_end_was_told(world: World, channel: Channel, lost: bool) -> None:
    """Nothing is said where the end was never heard; where it may have been, the new beginning is."""
    await world.sees(HELD)
    channel.down, channel.lost = not lost, lost
    await world.sees(GOOD)
    channel.down = channel.lost = False
    await world.sees(HELD)
    await world.sees(HELD)
    ends_heard = [("held", True), ("held", False)] if lost else []
    assert channel.said == [("held", False), *ends_heard]


async def test_each_source_has_its_own_and_a_removed_one_is_forgotten(world: World, channel: Channel) -> None:
    await world.sees(HELD, state(source="faq", state="partial", held=1))
    await world.sees(HELD)
    assert [one.source for one in channel.heard] == ["docs", "faq"]
    assert [one.source for one in world.ledger.notices()] == ["docs"]


async def test_without_a_channel_it_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Ledger(tmp_path / "ledger.sqlite3", "memory") as ledger:
        world = World(ledger, None)
        for _ in range(3):
            await world.sees(HELD)
        assert caplog.text.count("removals wait for approval") == 1
        assert ledger.notices() == []


LATER = START + GRACE


@pytest.mark.parametrize(
    ("one", "now", "stale", "held"),
    [
        (GOOD, START, False, False),
        (state(state="failed", problem="x"), LATER, False, None),  # a failure now and then
        (state(stale=True, last_sync=START - GRACE), START, None, False),  # nobody served; a sync is about to begin
        (state(stale=True, last_sync=START - GRACE), LATER, True, False),  # and did not, or hangs
        (STALE, START, True, None),
        (state(verified_at=None, state=None, last_sync=None), START, False, None),
        (state(verified_at=None, state="failed", problem="x"), START, True, None),
        (state(state="partial", problem="half of it could not be listed"), START, False, None),
        (HELD, START, False, True),
    ],
)
def test_what_is_trouble(one: SourceState, now: datetime, stale: bool | None, held: bool | None) -> None:
    assert troubles(one, START, now) == {"stale": stale, "held": held}
