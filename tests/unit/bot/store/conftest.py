"""A store on each database that it knows, with a clock that the test moves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import Store, open_store
from tests.postgres import Postgres

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database()
    return f"sqlite:///{tmp_path}/frontdesk.sqlite3"


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(url, clock)
    yield store
    await store.close()


@pytest.fixture
async def other(url: str, clock: Clock) -> AsyncIterator[Store]:
    """Another process's."""
    store = await open_store(url, clock, holder="other")
    yield store
    await store.close()
