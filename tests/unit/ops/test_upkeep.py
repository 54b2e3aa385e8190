"""What `serve` does now and then."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from bot.desk.errors import StoreUnavailable
from ops import upkeep
from ops.upkeep import keep_up


class Knowledge:
    followed = 0

    def follow(self) -> None:
        self.followed += 1


class Retention:
    """Away at first; `done` once it was asked again."""

    def __init__(self) -> None:
        self.days: list[int] = []
        self.done = asyncio.Event()

    async def run_if_due(self, days: int) -> Mapping[str, int] | None:
        self.days.append(days)
        if len(self.days) == 1:
            raise StoreUnavailable("away")
        self.done.set()
        return {"answers": 3, "posts": 0}


async def test_a_store_that_is_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And what was deleted is told in the log."""
    monkeypatch.setattr(upkeep, "EVERY_S", 0)
    caplog.set_level("INFO")
    knowledge, retention = Knowledge(), Retention()
    task = asyncio.create_task(keep_up(knowledge, retention, 30))  # type: ignore[arg-type]
    await asyncio.wait_for(retention.done.wait(), 5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert retention.days == [30, 30]
    assert knowledge.followed >= 12, "twelve times as often"
    assert "older than 30 days, and deleted: 3 of answers" in caplog.text
