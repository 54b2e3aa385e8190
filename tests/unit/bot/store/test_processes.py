"""Several processes on one database: who holds what, and what a dead one leaves to the others."""

import asyncio
from datetime import timedelta

from bot.desk.human_path import EscalationState
from bot.desk.model import Answer, Outcome
from bot.store import Store, open_store
from tests.postgres import Postgres

from .conftest import START, Clock
from .test_store import escalation, item, question


async def test_what_is_renewed_stays_with_its_process(store: Store, other: Store, clock: Clock) -> None:
    """While it lives; once it is dead its lease ends and another one has the question, which the first learns."""
    await store.inbox.accept(item())
    await store.inbox.claim(1, 20)
    for _ in range(5):
        clock.now += timedelta(seconds=15)
        assert await store.inbox.renew([item().key], 20) == {item().key}
        assert await other.inbox.claim(1, 20) == []
    clock.now += timedelta(seconds=21)
    [claimed] = await other.inbox.claim(1, 20)
    assert claimed.attempt == 2
    assert await store.inbox.renew([item().key], 20) == set()
    await store.inbox.release(item().key)
    assert await store.inbox.claim(1, 20) == [], "only its holder gives it back"


async def test_a_restart_takes_up_its_own_and_nobody_elses(store: Store, other: Store, url: str, clock: Clock) -> None:
    for ts in ("1.0", "2.0"):
        await store.inbox.accept(item(ts))
    await store.inbox.claim(1, 20)
    await other.inbox.claim(1, 20)
    again = await open_store(url, clock)
    await again.inbox.release_all()
    assert [one.item.ts for one in await again.inbox.claim(5, 20)] == ["1.0"]
    await again.close()


async def test_many_processes_claim_each_question_once(store: Store, other: Store) -> None:
    """And no more than they asked for."""
    await asyncio.gather(*((store, other)[n % 2].inbox.accept(item(f"{n}.0")) for n in range(40)))
    claims = await asyncio.gather(*((store, other)[n % 2].inbox.claim(3, 60) for n in range(20)))
    keys = [one.item.key for claim in claims for one in claim]
    assert (len(keys), len(set(keys)), max(map(len, claims))) == (40, 40, 3)


async def test_the_same_keys_at_once_from_two_processes_are_new_once(store: Store, other: Store) -> None:
    """In whatever order each of them stores its burst."""
    numbers = [f"{n}.0" for n in range(30)]
    first, second = await asyncio.gather(
        asyncio.gather(*(store.inbox.accept(item(ts)) for ts in numbers)),
        asyncio.gather(*(other.inbox.accept(item(ts)) for ts in reversed(numbers))),
    )
    assert [a + b for a, b in zip(first, reversed(second), strict=True)] == [1] * 30


async def test_a_follow_up_waits_for_the_process_that_answers_its_thread(store: Store, other: Store) -> None:
    await store.inbox.accept(item("1.0"))
    await store.inbox.claim(1, 60)
    await store.inbox.accept(item("2.0", "1.0"))
    assert await other.inbox.claim(5, 60) == []
    await store.inbox.finish(item("1.0").key, Outcome.ANSWERED)
    assert [one.item.ts for one in await other.inbox.claim(5, 60)] == ["2.0"]


async def test_a_brief_is_shown_by_one_process(store: Store, other: Store, clock: Clock) -> None:
    """Until it is done; what died while showing it is taken over after a minute."""
    await store.escalations.create(escalation())
    taken = await asyncio.gather(store.escalations.begin_showing("E1"), other.escalations.begin_showing("E1"))
    assert sorted(taken) == [False, True]
    holder, waiting = (store, other) if taken[0] else (other, store)
    await holder.escalations.end_showing("E1")
    assert await waiting.escalations.begin_showing("E1")
    assert not await holder.escalations.begin_showing("E1")
    clock.now += timedelta(seconds=61)
    assert await holder.escalations.begin_showing("E1")


async def test_an_answer_to_a_withdrawn_question_is_not_kept(store: Store, other: Store) -> None:
    """Withdrawn in another process, while this one was writing it."""
    await store.inbox.accept(item())
    await store.inbox.claim(1, 60)
    assert await other.inbox.withdraw(item().key)
    await store.answers.save(question("1.0"), "support", Answer(Outcome.ANSWERED, "x", answered_at=START))
    assert await store.answers.get(item().key) is None
    assert not await store.inbox.finish(item().key, Outcome.ANSWERED)


async def test_two_open_escalations_of_a_thread_from_two_processes_are_one(store: Store, other: Store) -> None:
    made = await asyncio.gather(store.escalations.create(escalation("E1")), other.escalations.create(escalation("E2")))
    assert made[0].id == made[1].id
    assert made[0].state is EscalationState.OPEN


async def test_processes_that_start_at_once_migrate_once(postgres: Postgres, clock: Clock) -> None:
    """On an empty Postgres, by its own kind of address."""
    url = postgres.database(empty=True).replace("postgresql://", "postgres://")
    stores = await asyncio.gather(*(open_store(url, clock, holder=str(n)) for n in range(4)))
    assert await stores[0].inbox.accept(item())
    assert await stores[3].inbox.depth() == 1
    for store in stores:
        await store.close()
