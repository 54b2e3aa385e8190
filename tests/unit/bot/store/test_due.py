"""What is due, as rows, on SQLite and on Postgres: planned with each move, claimed by one of several processes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.desk.due import Due, DueKey, DueKind
from bot.desk.human_path import Move
from bot.escalation.timetable import Timetable, Timetables
from bot.human_time_settings import SlaSettings
from bot.store import Store, open_store
from bot.store.tables import due
from tests.fakes.moves import moved, transition

from .conftest import START, Clock
from .test_store import escalation

TIMES = Timetables({"support": Timetable(sla=SlaSettings(lead="U0LEAD"))})
HOUR = timedelta(hours=1)
K, M = DueKind, Move


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(url, clock, plan=TIMES)
    yield store
    await store.close()


@pytest.fixture
async def other(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(url, clock, holder="other", plan=TIMES)
    yield store
    await store.close()


async def rows(store: Store, escalation_id: str = "E1") -> list[tuple[DueKey, datetime, bool]]:
    """Key, when, and whether it was done."""
    of_it = select(due).where(due.c.escalation_id == escalation_id).order_by(due.c.at)
    async with store.database.transaction() as connection:
        found = (await connection.execute(of_it)).all()
    return [(DueKey(K(row.kind), row.round), row.at, row.done_at is not None) for row in found]


async def claimed(store: Store) -> list[tuple[str, DueKind]]:
    return [(one.escalation_id, one.key.kind) for one in await store.due.claim(10, 60)]


async def test_a_move_plans_what_it_makes_due_and_drops_what_it_makes_needless(store: Store) -> None:
    await store.escalations.create(escalation())
    waits = [(DueKey(kind, 1), START + n * HOUR, False) for kind, n in ((K.HALF, 1), (K.RESPONSE, 2), (K.LEAD, 4))]
    assert await rows(store) == waits
    await moved(store.escalations, "E1", M.CLAIM, "U9", START + HOUR / 2)
    assert await rows(store) == waits, "who takes it over changes nothing"
    await moved(store.escalations, "E1", M.REPLY, "U9", START + HOUR)
    assert await rows(store) == [(DueKey(K.CLOSE, 3), START + HOUR + timedelta(days=3), False)]
    await moved(store.escalations, "E1", M.CLOSE, "U9", START + 2 * HOUR)
    assert await rows(store) == []


async def test_what_was_done_is_not_due_again_in_its_round(store: Store, clock: Clock) -> None:
    """Half of the time passed while nobody had it; whoever claims it then is not reminded of that half."""
    await store.escalations.create(escalation())
    clock.now = START + HOUR
    [half] = await store.due.claim(10, 60)
    await store.due.complete(half)
    await moved(store.escalations, "E1", M.CLAIM, "U9", clock.now)
    assert (DueKey(K.HALF, 1), START + HOUR, True) in await rows(store)
    clock.now += timedelta(minutes=10)
    assert await claimed(store) == []
    await moved(store.escalations, "E1", M.REPLY, "U9", clock.now)
    await moved(store.escalations, "E1", M.ASKER_WROTE, "U1", clock.now)
    assert (DueKey(K.HALF, 4), clock.now + HOUR, False) in await rows(store), "another round is due anew"


async def test_two_processes_claim_what_is_due_once(store: Store, other: Store, clock: Clock) -> None:
    """The oldest first, no more than they asked for, and nothing before its time; also what was missed by days."""
    for number in range(12):
        await store.escalations.create(replace(escalation(f"E{number}"), thread_ts=f"{number}.0"))
    assert await store.due.claim(10, 60) == []
    clock.now = START + timedelta(days=2)
    first = await store.due.claim(3, 60)  # of those that claim at once nobody knows who is first
    claims = [first, *await asyncio.gather(*((store, other)[n % 2].due.claim(3, 60) for n in range(1, 14)))]
    keys = [(one.escalation_id, one.key) for claim in claims for one in claim]
    assert (len(keys), len(set(keys)), max(map(len, claims))) == (36, 36, 3)
    assert {key.kind for _, key in keys[:3]} == {K.HALF}
    assert {(one.attempts, one.fence) for claim in claims for one in claim} == {(1, 1)}


async def test_a_dead_ones_claim_is_taken_over_and_its_own_word_counts_no_more(
    store: Store, other: Store, clock: Clock
) -> None:
    await store.escalations.create(escalation())
    clock.now = START + HOUR
    [first] = await store.due.claim(10, 60)
    assert await other.due.claim(10, 60) == []
    clock.now += timedelta(seconds=30)
    assert await store.due.renew(first, 60)
    clock.now += timedelta(seconds=59)
    assert await other.due.claim(10, 60) == []
    clock.now += timedelta(seconds=1)
    [second] = await other.due.claim(10, 60)
    assert (second.attempts, second.fence) == (2, 2)
    assert not await store.due.renew(first, 60)
    await store.due.complete(first)
    assert (DueKey(K.HALF, 1), START + HOUR, False) in await rows(store), "it stood still and knows nothing"
    assert await other.due.renew(second, 60)
    await other.due.complete(second)
    assert (DueKey(K.HALF, 1), START + HOUR, True) in await rows(store)


async def test_what_failed_is_not_claimed_before_its_pause_ends(store: Store, other: Store, clock: Clock) -> None:
    await store.escalations.create(escalation())
    clock.now = START + HOUR
    [half] = await store.due.claim(10, 60)
    await store.due.put_off(half, clock.now + timedelta(minutes=5))
    clock.now += timedelta(minutes=4)
    assert await claimed(other) == []
    clock.now += timedelta(minutes=1)
    assert await claimed(other) == [("E1", K.HALF)]


async def test_what_a_move_has_made_needless_is_not_done_by_who_has_claimed_it(store: Store, clock: Clock) -> None:
    await store.escalations.create(escalation())
    clock.now = START + HOUR
    [half] = await store.due.claim(10, 60)
    await moved(store.escalations, "E1", M.REPLY, "U9", clock.now)
    assert not await store.due.renew(half, 60)
    await store.due.complete(half)
    assert [key.kind for key, _, _ in await rows(store)] == [K.CLOSE]


async def test_a_reminder_that_was_given_makes_the_end_due(store: Store, clock: Clock) -> None:
    """And what was due is as it was in the transaction that says so."""
    await store.escalations.create(escalation())
    await moved(store.escalations, "E1", M.WAIT, "U9", START)
    clock.now = START + timedelta(days=4)
    [asker] = await store.due.claim(10, 60)
    await store.due.complete(asker)
    assert await rows(store) == [
        (DueKey(K.ASKER, 2), START + timedelta(days=2), True),
        (DueKey(K.EXPIRE, 2), START + timedelta(days=7), False),
    ]


async def test_a_severity_that_becomes_known_moves_what_is_due(store: Store, clock: Clock) -> None:
    """Also from under a claim for the time before; said again it changes nothing."""
    await store.escalations.create(escalation())
    clock.now = START + HOUR
    [half] = await store.due.claim(10, 60)
    await store.due.set_severity("E1", 1)
    assert (DueKey(K.HALF, 1), START + 4 * HOUR, False) in await rows(store)
    assert not await store.due.renew(half, 60)
    await store.due.set_severity("E1", 5)
    assert [one.key.kind for one in await store.due.claim(10, 60)] == [K.HALF, K.RESPONSE, K.LEAD]
    await store.due.set_severity("E1", 5)
    assert await claimed(store) == [], "they are claimed still"
    one = await store.escalations.get("E1")
    assert one is not None
    assert one.severity == 5
    await store.due.set_severity("nobody's", 3)


async def test_what_an_earlier_version_left_is_planned_and_other_settings_hold(
    store: Store, url: str, clock: Clock
) -> None:
    without = await open_store(url, clock)
    await without.escalations.create(escalation())
    await without.close()
    assert await rows(store) == []
    await store.due.plan_all()
    assert [key.kind for key, _, _ in await rows(store)] == [K.HALF, K.RESPONSE, K.LEAD]
    slower = SlaSettings.model_validate({"first_response": {"3": "6h"}})
    again = await open_store(url, clock, plan=Timetables({"support": Timetable(sla=slower)}))
    await again.due.plan_all()
    assert [(key.kind, at) for key, at, _ in await rows(again)] == [
        (K.HALF, START + 3 * HOUR),
        (K.RESPONSE, START + 6 * HOUR),
    ]
    await again.close()


async def test_a_plan_is_never_of_an_earlier_move_than_the_one_that_is_stored(store: Store, other: Store) -> None:
    """While one process replies, another one plans all anew, time and again."""
    for number in range(8):
        await store.escalations.create(replace(escalation(f"E{number}"), thread_ts=f"{number}.0"))
    ids = [f"E{number}" for number in range(8)]
    ones = [await store.escalations.get(each) for each in ids]
    replies = [store.escalations.move(transition(one, M.REPLY, "U9", START)) for one in ones if one]
    await asyncio.gather(*replies, *(other.due.plan_all() for _ in range(3)))
    for each in ids:
        assert [key for key, _, _ in await rows(store, each)] == [DueKey(K.CLOSE, 2)]


async def test_what_is_gone_is_done_with(store: Store, clock: Clock) -> None:
    await store.due.complete(Due("nobody's", DueKey(K.HALF, 1), START, None, 1, 1))
    assert await claimed(store) == []
