"""The outbox among processes, on SQLite and on a real Postgres: in order, by one at a time, and nothing is lost."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.desk.human_path import Escalation, EscalationState, Move
from bot.desk.outgoing import GivenUp, OutboxFigures
from bot.store import Store
from bot.store.tables import outbox
from tests.fakes.moves import moved

from .conftest import START, Clock, change


def ids(claimed: list[object]) -> list[str]:
    return [one.id for one in claimed]  # type: ignore[attr-defined]


async def test_an_event_is_stored_with_the_change_or_not_at_all(store: Store) -> None:
    with pytest.raises(RuntimeError):
        await change(store, fails=True)
    assert await store.outbox.due() == {}


async def test_the_next_of_an_escalation_waits_for_the_one_before(store: Store, clock: Clock) -> None:
    """Also while that one waits for its next try; other escalations go on."""
    for escalation, number in (("E-1", 1), ("E-1", 2), ("E-2", 1)):
        await change(store, escalation, number)
    assert await store.outbox.due() == {"helpdesk": 2}
    claimed = await store.outbox.claim("helpdesk", 10, 60)
    assert ids(claimed) == ["E-1.1.helpdesk", "E-2.1.helpdesk"]
    assert await store.outbox.claim("helpdesk", 10, 60) == []
    await store.outbox.failed(claimed[0], "it answered 500", clock.now + timedelta(minutes=1))
    await store.outbox.delivered(claimed[1])
    assert await store.outbox.due() == {}
    clock.later(minutes=1)
    [again] = await store.outbox.claim("helpdesk", 10, 60)
    assert (again.id, again.attempts, again.fence) == ("E-1.1.helpdesk", 2, 2)
    await store.outbox.delivered(again)
    assert ids(await store.outbox.claim("helpdesk", 10, 60)) == ["E-1.2.helpdesk"]


async def test_many_processes_claim_each_event_once(store: Store, other: Store) -> None:
    for number in range(40):
        await change(store, f"E-{number}")
    claims = await asyncio.gather(*((store, other)[n % 2].outbox.claim("helpdesk", 3, 60) for n in range(20)))
    claimed = [one.id for claim in claims for one in claim]
    assert (len(claimed), len(set(claimed)), max(map(len, claims))) == (40, 40, 3)


async def test_who_lost_its_lease_says_nothing_any_more(store: Store, other: Store, clock: Clock) -> None:
    """It was slow and another process has it: what comes of the first one's try changes nothing."""
    await change(store)
    [slow] = await store.outbox.claim("helpdesk", 1, 60)
    clock.later(seconds=59)
    assert await other.outbox.claim("helpdesk", 1, 60) == []
    clock.later(seconds=1)
    [quick] = await other.outbox.claim("helpdesk", 1, 60)
    for told in (store.outbox.delivered(slow), store.outbox.give_up(slow, "x"), store.outbox.release(slow)):
        assert not await told
    assert not await store.outbox.complete(slow, {"data": {}})
    assert await other.outbox.delivered(quick)
    assert await store.outbox_upkeep.undelivered() == []


async def test_what_was_delivered_is_not_kept(store: Store) -> None:
    await change(store)
    [one] = await store.outbox.claim("helpdesk", 1, 60)
    await store.outbox.delivered(one)
    async with store.database.transaction() as connection:
        row = (await connection.execute(select(outbox))).one()
    assert (row.payload, row.delivered_at) == ({}, START)


async def test_what_was_given_up_is_seen_and_lets_the_next_go(store: Store, clock: Clock) -> None:
    await change(store, number=1)
    await change(store, number=2)
    [first] = await store.outbox.claim("helpdesk", 1, 60)
    clock.later(days=3)
    await store.outbox.give_up(first, "it answered 410")
    assert await store.outbox.given_up(START) == [GivenUp("helpdesk", 1, clock.now, clock.now, "it answered 410")]
    assert await store.outbox.given_up(clock.now) == []
    entries = await store.outbox_upkeep.undelivered()
    assert [(one.id, one.due_at, one.last_error) for one in entries] == [
        ("E-1.1.helpdesk", None, "it answered 410"),
        ("E-1.2.helpdesk", START, ""),
    ]
    assert await store.outbox_upkeep.figures() == {"helpdesk": OutboxFigures(1, START, 1)}
    assert ids(await store.outbox.claim("helpdesk", 5, 60)) == ["E-1.2.helpdesk"]


async def test_what_was_given_up_and_is_tried_again_goes_before_what_still_waits(store: Store, clock: Clock) -> None:
    """What was told meanwhile it can't precede: the number in the event is what a receiver orders by."""
    for number in (1, 2, 3, 4):
        await change(store, "E-1", number)
    [given_up] = await store.outbox.claim("helpdesk", 5, 60)
    await store.outbox.give_up(given_up, "it answered 410")
    [later] = await store.outbox.claim("helpdesk", 5, 60)
    await store.outbox.delivered(later)
    [third] = await store.outbox.claim("helpdesk", 5, 60)
    await store.outbox.give_up(third, "it answered 410")
    assert await store.outbox_upkeep.retry(None) == 2
    told = [later.event["data"]["number"]]
    while claimed := await store.outbox.claim("helpdesk", 5, 60):
        [one] = claimed
        told.append(one.event["data"]["number"])
        await store.outbox.delivered(one)
    assert told == [2, 1, 3, 4]


async def test_a_retry_waits_anew(store: Store, clock: Clock) -> None:
    """All of what failed, or by id; what was delivered is not sent again."""
    for number in range(3):
        await change(store, f"E-{number}")
    given_up, failed, done = await store.outbox.claim("helpdesk", 3, 60)
    clock.later(days=4)
    await store.outbox.give_up(given_up, "no")
    await store.outbox.failed(failed, "later", clock.now + timedelta(hours=1))
    await store.outbox.delivered(done)
    assert await store.outbox_upkeep.retry([done.id, "E-9.1.helpdesk"]) == 0
    assert await store.outbox_upkeep.retry([given_up.id]) == 1
    [again] = await store.outbox.claim("helpdesk", 3, 60)
    assert (again.id, again.since, again.attempts) == (given_up.id, clock.now, 1)
    assert await store.outbox_upkeep.retry(None) == 2
    assert ids(await store.outbox.claim("helpdesk", 3, 60)) == [failed.id], "the other one is being delivered"


async def test_a_person_who_is_forgotten_is_not_told_of(store: Store) -> None:
    """And who is just telling it may not say that it is done: it is told again, without them."""
    await change(store, "E-1")
    await change(store, "E-2", asker="U7")
    [telling] = await store.outbox.claim("helpdesk", 1, 60)
    counts = await store.forgetting.forget(["U1", "dana@example.com"])
    assert counts["outgoing"] == 1
    assert not await store.outbox.delivered(telling)
    async with store.database.transaction() as connection:
        payloads = json.dumps([row.payload for row in await connection.execute(select(outbox))])
    assert "U1" not in payloads
    assert payloads.count("parcel") == 1
    assert (await store.forgetting.forget(["U1"]))["outgoing"] == 0


async def test_what_is_done_goes_when_it_is_old(store: Store, clock: Clock) -> None:
    """What still waits stays, however old."""
    for number in range(3):
        await change(store, f"E-{number}")
    delivered, given_up, _ = await store.outbox.claim("helpdesk", 3, 60)
    await store.outbox.delivered(delivered)
    await store.outbox.give_up(given_up, "no")
    clock.later(days=31)
    assert (await store.retention.run_if_due(30) or {})["outbox"] == 2
    assert [one.id for one in await store.outbox_upkeep.undelivered()] == ["E-2.1.helpdesk"]


async def test_a_request_for_a_human_records_each_of_its_changes_once(store: Store, other: Store) -> None:
    """Of two agents at once one has it, and one event says so; one that nobody claimed was open before."""
    for thread in ("1.0", "2.0"):
        one = Escalation(f"E-{thread}", "support", "T1", "C1", thread, "U1", "Help", None, EscalationState.OPEN, START)
        await store.escalations.create(one)
    await asyncio.gather(
        moved(store.escalations, "E-1.0", Move.CLAIM, "U2", START),
        moved(other.escalations, "E-1.0", Move.CLAIM, "U3", START),
    )
    await moved(store.escalations, "E-2.0", Move.CLOSE, "U2", START)
    async with store.database.transaction() as connection:
        rows = await connection.execute(select(outbox).order_by(outbox.c.escalation_id, outbox.c.number))
        told = [(row.id, row.payload["data"]["before"], row.payload["data"]["after"]) for row in rows]
    assert told == [
        ("E-1.0.1.helpdesk", None, "open"),
        ("E-1.0.2.helpdesk", "open", "claimed"),
        ("E-2.0.1.helpdesk", None, "open"),
        ("E-2.0.2.helpdesk", "open", "closed"),
    ]
