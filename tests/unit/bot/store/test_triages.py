"""The questions that wait for triage, and their records, on SQLite and on Postgres."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.desk.human_path import Move
from bot.desk.model import Answer, Outcome
from bot.desk.triage import Triage, TriageRecord
from bot.store import Store, open_store
from bot.store.tables import inbox
from bot.store.triages import WantTriage
from tests.fakes.moves import moved

from .conftest import START, Clock
from .test_store import escalation, item, question

MADE = Triage(complaint="It smokes.", category="SAFETY_HAZARD", severity=5, requires_escalation=True)
RECORD = TriageRecord(MADE, "English", "EM-118402", None, 0.9, "classifier")


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(url, clock, recorders=(WantTriage(["support"], clock),))
    yield store
    await store.close()


async def answered(store: Store, ts: str, text: str, thread_ts: str | None = None) -> str:
    await store.inbox.accept(item(ts, thread_ts, text))
    asked = replace(question(ts, thread_ts), text=text)
    await store.answers.save(asked, "support", Answer(Outcome.ANSWERED, "So."))
    return asked.key


async def test_what_waits_is_claimed_once_until_its_lease_ends(store: Store, other: Store, clock: Clock) -> None:
    key = await answered(store, "1.0", "It smokes.")
    await store.triages.want(key)
    await store.triages.want(key)
    [one] = await store.triages.claim(5, 60)
    assert (one.key, one.desk, one.text, one.asker) == (key, "support", "It smokes.", "U1")
    assert (one.thread_ts, one.escalation_id, one.triaged) == ("1.0", None, None)
    assert await other.triages.claim(5, 60) == []
    assert await store.triages.keep(one, RECORD)
    clock.now += timedelta(seconds=61)
    [again] = await other.triages.claim(5, 60)
    assert again.triaged == MADE
    await store.triages.done(one)  # too late
    await other.triages.done(again)
    clock.now += timedelta(seconds=61)
    assert await store.triages.claim(5, 60) == []
    assert await store.triages.of_thread("T1", "C1", "1.0") == RECORD
    assert await store.triages.of_thread("T1", "C1", "2.0") is None


async def test_an_escalation_comes_first_with_all_that_its_asker_wrote(store: Store) -> None:
    waits = await answered(store, "0.5", "And the fridge?")
    await answered(store, "1.0", "My parcel is gone.")
    await store.inbox.accept(replace(item("1.5", "1.0", "Mine too!"), user="U2"))
    key = await answered(store, "2.0", "A human, please.", "1.0")
    await answered(store, "3.0", "Hello?", "1.0")
    await store.triages.want(waits)
    await store.escalations.create(replace(escalation(), answer_key=key))
    [first] = await store.triages.claim(1, 60)
    assert (first.key, first.escalation_id) == (key, "E1")
    assert first.text == "My parcel is gone.\nA human, please."
    [second] = await store.triages.claim(1, 60)
    assert second.key == waits


@pytest.mark.parametrize("when", ["open", "answered", "by an earlier version"])
async def test_what_was_deleted_is_not_triaged(store: Store, when: str) -> None:
    """Whether it was answered by then or not, and where an earlier version kept its text."""
    await answered(store, "1.0", "My parcel is gone.")
    gone = await answered(store, "1.5", "My card is 4111 1111 1111 1111.", "1.0")
    if when == "answered":
        await store.inbox.finish(gone, Outcome.ANSWERED)
    if when == "by an earlier version":
        async with store.database.transaction() as connection:
            await connection.execute(update(inbox).where(inbox.c.key == gone).values(outcome="withdrawn"))
    else:
        await store.inbox.withdraw(gone)
    key = await answered(store, "2.0", "A human, please.", "1.0")
    await store.escalations.create(replace(escalation(), answer_key=key))
    [one] = await store.triages.claim(1, 60)
    assert one.text == "My parcel is gone.\nA human, please."


async def test_what_was_no_complaint_is_looked_at_again_when_a_human_is_called(store: Store) -> None:
    """Not for each move, and not for another desk."""
    key = await answered(store, "1.0", "Do you ship to Alaska?")
    await store.triages.want(key)
    [before] = await store.triages.claim(5, 60)
    assert (before.escalation_id, before.called) == (None, False)
    await store.triages.done(before)
    assert await store.triages.claim(5, 60) == []
    await store.escalations.create(replace(escalation(), answer_key=key))
    [one] = await store.triages.claim(5, 60)
    assert (one.escalation_id, one.called) == ("E1", True)
    await store.triages.done(one)
    await moved(store.escalations, "E1", Move.CLAIM, "U9", START)
    await store.escalations.create(replace(escalation("E2"), desk="people", thread_ts="7.0", answer_key="T1:C1:7.0"))
    assert await store.triages.claim(5, 60) == []


async def test_a_human_who_is_called_while_somebody_looks_at_it_is_not_overlooked(store: Store) -> None:
    key = await answered(store, "1.0", "Do you ship to Alaska?")
    await store.triages.want(key)
    [before] = await store.triages.claim(5, 60)
    await store.escalations.create(replace(escalation(), answer_key=key))
    assert not await store.triages.keep(before, RECORD)
    await store.triages.done(before)
    [one] = await store.triages.claim(5, 60)
    assert (one.escalation_id, one.called, one.triaged) == ("E1", True, None)


async def test_the_gravest_of_a_thread_counts_and_its_escalation_hears_of_each(store: Store) -> None:
    first = await answered(store, "1.0", "My parcel is gone.")
    await store.escalations.create(replace(escalation(), answer_key=first))
    second = await answered(store, "2.0", "It burns!", "1.0")
    await store.triages.want(second)
    mild = TriageRecord(MADE.model_copy(update={"severity": 2}), "English", None, None, 0.9, "classifier")
    claimed = {one.key: one for one in await store.triages.claim(5, 60)}
    assert [(one.escalation_id, one.called) for one in claimed.values()] == [("E1", True), ("E1", False)]
    await store.triages.keep(claimed[second], RECORD)
    await store.triages.keep(claimed[first], mild)
    assert await store.triages.of_thread("T1", "C1", "1.0") == RECORD


async def test_of_a_forgotten_question_nothing_is_left_to_triage(store: Store, clock: Clock) -> None:
    key = await answered(store, "1.0", "It smokes.")
    await store.triages.want(key)
    await store.forgetting.forget(["U1"])
    assert await store.triages.claim(5, 60) == []
    await store.triages.want(key)  # by a worker that had it in its hands
    [one] = await store.triages.claim(5, 60)
    assert (one.text, one.asker) == ("", "")


async def test_what_humans_have_done_with_calls_nobody_again(store: Store) -> None:
    """Resolved before anybody looked at it: its record is of that request, and no new one."""
    key = await answered(store, "1.0", "It smokes. A human, please.")
    await store.escalations.create(replace(escalation(), answer_key=key))
    await moved(store.escalations, "E1", Move.CLAIM, "U9", START)
    await moved(store.escalations, "E1", Move.CLOSE, "U9", START)
    later = await answered(store, "2.0", "It smokes again.", "1.0")
    await store.triages.want(later)
    first, second = await store.triages.claim(5, 60)
    assert (first.key, first.escalation_id, first.called) == (key, "E1", True)
    assert (second.key, second.escalation_id, second.called) == (later, None, False)


async def test_a_later_request_takes_nothing_from_an_earlier_ones_record(store: Store) -> None:
    """Each counts as called, though the first was resolved before anybody looked at it."""
    keys = []
    for number in (1, 2):
        keys.append(await answered(store, f"{number}.0", "A human, please.", "1.0" if number > 1 else None))
        await store.escalations.create(replace(escalation(f"E{number}"), answer_key=keys[-1]))
        if number == 1:
            await moved(store.escalations, "E1", Move.CLOSE, "U9", START)
    claimed = {one.key: (one.escalation_id, one.called) for one in await store.triages.claim(5, 60)}
    assert claimed == {keys[0]: ("E1", True), keys[1]: ("E2", True)}


async def test_a_request_that_is_solved_keeps_nobody_from_being_called(store: Store) -> None:
    """Nobody is at work on it any more; what is asked after it may be grave."""
    key = await answered(store, "1.0", "A human, please.")
    await store.escalations.create(replace(escalation(), answer_key=key))
    for move, by in ((Move.CLAIM, "U9"), (Move.REPLY, "U9"), (Move.CONFIRM, "U1")):
        await moved(store.escalations, "E1", move, by, START)
    later = await answered(store, "2.0", "It smokes now.", "1.0")
    await store.triages.want(later)
    of_each = {one.key: one.escalation_id for one in await store.triages.claim(5, 60)}
    assert of_each == {key: "E1", later: None}
