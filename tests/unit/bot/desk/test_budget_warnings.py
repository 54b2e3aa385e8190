"""What the admins hear of the day's budget when something is in the way."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.desk.budget import Budget
from bot.desk.budget_warnings import BudgetWarnings
from bot.desk.errors import StoreUnavailable, Unavailable
from bot.desk.model import AdminNotice

NOW = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


@dataclass
class World:
    """The store, as far as it is asked, and the admins' channel."""

    dollars: float = 0.0
    store_down: bool = False
    channel_down: bool = False
    begun: dict[str, datetime] = field(default_factory=dict)
    heard: list[AdminNotice] = field(default_factory=list)

    async def spent_since(self, at: datetime) -> float:
        assert at == datetime(2026, 11, 23, tzinfo=UTC)
        if self.store_down:
            raise StoreUnavailable("down")
        return self.dollars

    async def begin(self, key: str, until: datetime) -> bool:
        assert until == datetime(2026, 11, 24, tzinfo=UTC)
        return key not in self.begun

    async def done(self, key: str, until: datetime) -> None:
        self.begun[key] = NOW

    async def tell(self, notice: AdminNotice) -> None:
        if self.channel_down:
            raise Unavailable("Slack is away")
        self.heard.append(notice)

    async def told(self, notice: AdminNotice) -> bool:
        return notice in self.heard

    def warnings(self, dollars: float = 5.0, *, channel: bool = True) -> BudgetWarnings:
        return BudgetWarnings(Budget(self, dollars, lambda: NOW), self, self if channel else None)  # type: ignore[arg-type]


async def test_what_could_not_be_told_is_told_later() -> None:
    """Neither an outage of the store nor one of Slack ends the watch, and neither makes it count as told."""
    world = World(dollars=4.2, store_down=True, channel_down=True)
    warnings = world.warnings()
    await warnings.check()
    world.store_down = False
    await warnings.check()
    assert (world.heard, world.begun) == ([], {})
    world.channel_down = False
    await warnings.check()
    assert [one.kind for one in world.heard] == ["near"]


async def test_all_spent_at_once_is_told_as_such() -> None:
    """And not that most of it is; a budget that is raised is warned of anew."""
    world = World(dollars=5.5)
    await world.warnings().check()
    await world.warnings(6.0).check()
    assert [(one.kind, one.key) for one in world.heard] == [
        ("spent", "budget 2026-11-23 5 spent"),
        ("near", "budget 2026-11-23 6 near"),
    ]


async def test_without_a_channel_the_log_has_it_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World(dollars=4.2)
    with caplog.at_level(logging.WARNING, logger="bot.desk.budget_warnings"):
        for _ in range(2):
            await world.warnings(channel=False).check()
    assert caplog.text.count("$4.20 of today's $5.00 are spent") == 1
