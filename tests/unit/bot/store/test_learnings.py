"""What was learnt, in the store: wanted with the move that resolves, decided on once, good until it ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.human_path import DESK, TIMER, Escalation, Move
from bot.desk.learning import Draft, Learning, LearningState, ReadThread, Saved
from bot.store import Store, open_store
from bot.store.learnings import WantLearning
from tests.fakes.moves import moved, transition

from .conftest import START, Clock
from .test_store import escalation

S = LearningState
DRAFT = Draft("Does it charge?", "From 30 W upwards.", "UALEX", START)
THREAD = ReadThread((), (), ("members", "channel:C1"), "https://slack.example/archives/C1/p10")
YEAR = timedelta(days=365)


def saved(**changed: object) -> Saved:
    return replace(Saved("Does it?", "From 30 W.", ("everyone",), "UALEX", START + YEAR), **changed)  # type: ignore[arg-type]


@pytest.fixture
async def learning(url: str, clock: Clock) -> AsyncIterator[Store]:
    """A store whose support desk learns."""
    store = await open_store(url, clock, recorders=(WantLearning(("support",)),))
    yield store
    await store.close()


async def resolved(store: Store, by: str = "UALEX", claimed_by: str = "UALEX", **changed: str) -> Escalation:
    one = replace(escalation(), **changed)  # type: ignore[arg-type]
    await store.escalations.create(one)
    await moved(store.escalations, one.id, Move.CLAIM, claimed_by, START)
    closed = await moved(store.escalations, one.id, Move.CLOSE, by, START)
    assert closed is not None
    return closed


async def offered(store: Store) -> Learning:
    await resolved(store)
    [one] = await store.learnings.to_do()
    drafted = await store.learnings.draft(one.id, DRAFT, THREAD)
    assert drafted is not None
    return drafted


@pytest.mark.parametrize(("by", "asked"), [("UALEX", "UALEX"), ("UPRIYA", "UPRIYA"), ("U1", "UALEX"), (TIMER, "UALEX")])
async def test_who_resolved_it_is_asked(learning: Store, by: str, asked: str) -> None:
    """The human who did, or who had it where its asker or time closed it."""
    await resolved(learning, by=by)
    [one] = await learning.learnings.to_do()
    assert (one.state, one.offered_to, one.escalation_id) == (S.WANTED, asked, "E1")


async def test_what_nobody_helped_with_or_another_desk_teaches_nothing(learning: Store) -> None:
    await learning.escalations.create(escalation())
    await moved(learning.escalations, "E1", Move.CLOSE, "U1", START)
    await resolved(learning, id="E2", desk="people", thread_ts="2.0")
    assert await learning.learnings.to_do() == []


async def test_a_thread_that_goes_on_outdates_its_draft(learning: Store) -> None:
    """Resolved anew it is drafted anew; a move that is not stored wants nothing."""
    first = await offered(learning)
    one = await moved(learning.escalations, "E1", Move.REOPEN, "U1", START)
    assert one is not None
    assert await learning.learnings.approve(first.id, saved(), "UALEX", ()) is None
    assert await learning.escalations.move(replace(transition(one, Move.CLOSE, "UALEX", START), number=9)) is None
    assert await learning.learnings.to_do() == []
    await moved(learning.escalations, "E1", Move.CLAIM, "UALEX", START)
    await moved(learning.escalations, "E1", Move.CLOSE, "UALEX", START)
    [second] = await learning.learnings.to_do()
    assert (second.state, second.id != first.id) == (S.WANTED, True)
    outdated = await learning.learnings.get(first.id)
    assert outdated is not None
    assert (outdated.state, outdated.decided_by) == (S.DISCARDED, DESK)


async def test_it_is_decided_once(learning: Store) -> None:
    """Of many presses at once one counts; its golden case is there once."""
    one = await offered(learning)
    by = ("UALEX", "UPRIYA")
    decided = await asyncio.gather(
        *(learning.learnings.approve(one.id, saved(owner=user), user, ("30",)) for user in by),
        *(learning.learnings.discard(one.id, user) for user in by),
    )
    assert len([each for each in decided if each]) == 1
    stored = await learning.learnings.get(one.id)
    assert stored == next(each for each in decided if each)
    assert len(await learning.learnings.golden()) == (stored is not None and stored.state is S.APPROVED)


async def test_what_is_approved_is_good_until_it_ends(learning: Store, clock: Clock) -> None:
    one = await offered(learning)
    approved = await learning.learnings.approve(one.id, saved(), "UALEX", ("30 W",))
    assert approved is not None
    assert (approved.answer, approved.audience, approved.thread_audience) == (
        "From 30 W.",
        ("everyone",),
        ("members", "channel:C1"),
    )
    assert await learning.learnings.good("support") == [approved]
    assert await learning.learnings.good("people") == []
    [case] = await learning.learnings.golden("support")
    assert (case.question, case.must_say, case.cites) == ("Does it?", ("30 W",), THREAD.url)
    clock.now += YEAR - timedelta(days=6)
    assert await learning.learnings.expiring(clock.now + timedelta(days=7)) == [approved]
    clock.now += timedelta(days=7)
    assert await learning.learnings.good("support") == []
    assert await learning.learnings.golden() == []
    assert await learning.learnings.expiring(clock.now + timedelta(days=7)) == [], "it is over"


async def test_renewed_and_retired(learning: Store) -> None:
    one = await offered(learning)
    await learning.learnings.approve(one.id, saved(), "UALEX", ())
    ends = START + 2 * YEAR
    renewals = await asyncio.gather(*(learning.learnings.renew(one.id, ends, START + YEAR) for _ in range(3)))
    assert len([each for each in renewals if each]) == 1
    retired = await learning.learnings.retire(one.id, "UPRIYA")
    assert retired is not None
    assert (retired.state, retired.decided_by, retired.ready) == (S.RETIRED, "UPRIYA", False)
    assert await learning.learnings.good("support") == []
    assert await learning.learnings.golden() == []
    assert await learning.learnings.retire(one.id, "UALEX") is None


async def test_what_changed_while_it_was_indexed_is_indexed_again(learning: Store) -> None:
    one = await offered(learning)
    await learning.learnings.set_offer(one.id, "D1", "1.0")
    approved = await learning.learnings.approve(one.id, saved(), "UALEX", ())
    assert approved is not None
    await learning.learnings.retire(one.id, "UALEX")
    await learning.learnings.set_ready([approved])
    [waits] = await learning.learnings.to_do()
    assert (waits.state, waits.ready) == (S.RETIRED, False)
    await learning.learnings.set_ready([waits])
    assert await learning.learnings.to_do() == []


async def test_a_person_is_forgotten_and_what_was_learnt_stays(learning: Store) -> None:
    """A draft of their request goes; what was approved names nobody any more."""
    kept = await offered(learning)
    await learning.learnings.approve(kept.id, saved(), "UALEX", ())
    await resolved(learning, id="E2", thread_ts="2.0", asker="U2")
    assert (await learning.forgetting.forget(["U2"]))["learnt"] == 1
    assert (await learning.forgetting.forget(["UALEX"]))["learnt"] == 4
    [left] = await learning.learnings.good("support")
    assert (left.answer, left.owner, left.offered_to, left.answered_by, left.decided_by) == (
        "From 30 W.",
        "",
        "",
        "",
        "",
    )


async def test_what_is_good_outlives_the_retention(learning: Store, clock: Clock) -> None:
    good = await offered(learning)
    await learning.learnings.approve(good.id, saved(expires_at=None), "UALEX", ("30",))
    await resolved(learning, id="E2", thread_ts="2.0")
    clock.now += timedelta(days=31)
    deleted = await learning.retention.run_if_due(30)
    assert deleted is not None
    assert (deleted["learnings"], deleted["golden_cases"]) == (1, 0)
    assert [one.id for one in await learning.learnings.good("support")] == [good.id]
    assert len(await learning.learnings.golden()) == 1
