"""The weekly digest among replicas on one database, SQLite and Postgres."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.desk.gaps import Gaps, GapsNotice
from bot.desk.model import Outcome
from bot.gaps.digest import WeeklyDigest
from bot.store import Store
from bot.store.tables import inbox

from .conftest import START, Clock
from .test_gaps import ended


class Channel:
    """bot.desk.ports.AdminChannel whose messages take as long as the other replica needs to try."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def tell(self, notice: GapsNotice) -> None:
        await asyncio.sleep(0)
        self.heard.append(notice.key)

    async def told(self, notice: GapsNotice) -> bool:
        return False  # nobody sees what the other is about to post


def digest(store: Store, channel: Channel, clock: Clock) -> WeeklyDigest:
    async def find(readers: object) -> Gaps:
        return Gaps(START, START, 4, ())

    async def readers() -> tuple[str, ...]:
        return ("everyone",)

    return WeeklyDigest(store.gaps, find, store.digests, channel, readers, "UTC", clock)  # type: ignore[arg-type]


@pytest.fixture
async def asked(store: Store) -> None:
    """In the week that ended on the Monday of START, an hour ago."""
    await ended(store, "1.0", Outcome.ABSTAINED)
    async with store.database.transaction() as connection:
        await connection.execute(update(inbox).values(received_at=START - timedelta(days=3)))


async def test_two_replicas_tell_it_once(store: Store, other: Store, clock: Clock, asked: None) -> None:
    channel = Channel()
    replicas = [digest(one, channel, clock) for one in (store, other, store, other)]
    await asyncio.gather(replicas[0].check(), replicas[1].check())
    for one in replicas:
        await one.check()
    assert channel.heard == ["gaps 2026-11-23"]


async def test_what_a_dead_process_began_another_tells(store: Store, other: Store, clock: Clock, asked: None) -> None:
    """Once the dead one's lease is over."""
    channel = Channel()
    assert await other.digests.begin("gaps 2026-11-23", START + timedelta(days=7))
    mine = digest(store, channel, clock)
    await mine.check()
    assert channel.heard == []
    clock.now += timedelta(minutes=11)
    await mine.check()
    await digest(other, channel, clock).check()
    assert channel.heard == ["gaps 2026-11-23"]
