"""Whose turn it is, what waits, and what is told once: on each database."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from bot.desk.model import Accepted, Allowance, Outcome, question_key
from bot.store import Store, open_store
from bot.store.tables import leases

from .conftest import START, Clock

MINUTE = timedelta(minutes=1)
ALLOWANCE = Allowance(2, 100, 100, 5 * MINUTE)
_numbers = count(1)


class Asking:
    """People who ask in a store, one after the other."""

    def __init__(self, store: Store, clock: Clock, allowance: Allowance | None = None) -> None:
        self.store, self.clock, self.allowance = store, clock, allowance

    async def __call__(
        self, user: str, channel: str = "C1", thread_ts: str | None = None, *, by_bot: bool = False
    ) -> Accepted:
        ts = f"{next(_numbers):010d}.0"
        item = Accepted(
            key=question_key("T1", channel, ts), team="T1", channel=channel, ts=ts, user=user, kind="channel",
            text=f"{user} asks", payload={}, received_at=self.clock(), thread_ts=thread_ts, by_bot=by_bot,
        )  # fmt: skip
        self.clock.now += timedelta(milliseconds=1)
        assert await self.store.inbox.accept(item, self.allowance)
        return item

    async def served(self, workers: int = 1) -> list[str]:
        """Who asked, in the order in which so many workers answer them all."""
        order: list[str] = []
        while claimed := await self.store.inbox.claim(workers, 60):
            order += [one.item.user for one in claimed]
            for one in claimed:
                await self.store.inbox.finish(one.item.key, Outcome.ANSWERED)
        return order


async def test_a_burst_starves_nobody(store: Store, clock: Clock) -> None:
    """Fifty of one asker, then three of a second and one of a third: these wait for one answer each at most."""
    ask = Asking(store, clock)
    for _ in range(50):
        await ask("dana")
    for user in ("sam", "sam", "sam", "alex"):
        await ask(user)
    order = await ask.served()
    assert order[:8] == ["dana", "sam", "alex", "dana", "sam", "dana", "sam", "dana"]
    assert order.count("dana") == 50


async def test_what_is_being_answered_counts(store: Store, clock: Clock) -> None:
    """Somebody whose questions hold the workers is behind everybody who waits for a first answer."""
    ask = Asking(store, clock)
    for _ in range(10):
        await ask("dana")
    assert len(await store.inbox.claim(4, 60)) == 4
    for _ in range(3):
        await ask("sam")
    assert [one.item.user for one in await store.inbox.claim(3, 60)] == ["sam", "sam", "sam"]


async def test_a_crowded_channel_starves_no_other(store: Store, clock: Clock) -> None:
    """Thirty people in one channel, then one person in each of two others."""
    ask = Asking(store, clock)
    for number in range(30):
        await ask(f"U{number}", "C1")
    await ask("sam", "C2")
    await ask("alex", "C3")
    assert (await ask.served())[:4] == ["U0", "sam", "alex", "U1"]


async def test_of_a_thread_one_at_a_time(store: Store, clock: Clock) -> None:
    """Those after it would only wait for it, with a worker each."""
    ask = Asking(store, clock)
    root = await ask("dana")
    for user in ("dana", "sam", "alex"):
        await ask(user, thread_ts=root.ts)
    await ask("priya", "C1")
    assert [one.item.user for one in await store.inbox.claim(8, 60)] == ["dana", "priya"]
    assert await store.inbox.claim(8, 60) == []
    await store.inbox.finish(root.key, Outcome.ANSWERED)
    assert [one.item.user for one in await store.inbox.claim(8, 60)] == ["dana"]


async def test_over_the_limit_a_question_waits(store: Store, clock: Clock, url: str) -> None:
    """The third within a minute is due a minute after the first, the fifth after the third; a restart forgets nothing,
    and what waits is not stuck."""
    ask = Asking(store, clock, ALLOWANCE)
    asked = [await ask("dana") for _ in range(5)]
    assert [(one.item.key, one.by, one.refused) for one in await store.inbox.limited()] == [
        (one.key, "user", False) for one in asked[2:]
    ]
    assert (await store.inbox.limited())[2].due_at == asked[0].received_at + 2 * MINUTE
    assert await ask.served(8) == ["dana", "dana"]
    again = await open_store(url, clock)
    clock.now = START + MINUTE - timedelta(seconds=1)
    assert await again.inbox.claim(8, 60) == []
    clock.now = START + 1.5 * MINUTE
    assert await again.inbox.claim_stuck(8, 60, clock() - MINUTE) == []
    assert [one.item.key for one in await again.inbox.claim(8, 60)] == [one.key for one in asked[2:4]]
    await again.close()


async def test_beyond_the_longest_delay_it_is_refused(store: Store, clock: Clock) -> None:
    """It is never claimed, does not use up the limit, and is stuck when nobody tells its asker."""
    ask = Asking(store, clock, ALLOWANCE)
    asked = [await ask("dana") for _ in range(15)]
    refused = [one for one in await store.inbox.limited() if one.refused]
    assert [one.item.key for one in refused] == [one.key for one in asked[12:]]
    assert {one.due_at - clock.now > 5 * MINUTE for one in refused} == {True}
    assert [one.due_at for one in refused] == [refused[0].due_at] * 3
    clock.now = START + timedelta(hours=1)
    assert len(await ask.served(50)) == 12
    assert {one.key for one in await store.inbox.claim_stuck(8, 60, clock())} == {one.item.key for one in refused}


@pytest.mark.parametrize(
    ("allowance", "by"),
    [(Allowance(100, 100, 3, 5 * MINUTE), "channel"), (Allowance(100, 3, 100, 5 * MINUTE), "day")],
)
async def test_a_channel_and_a_day_have_limits_too(store: Store, clock: Clock, allowance: Allowance, by: str) -> None:
    """A day's limit is longer than anybody would wait, so it refuses; other channels are not meant by a channel's."""
    ask = Asking(store, clock, allowance)
    for user in ("dana", "dana", "dana", "sam" if by == "channel" else "dana"):
        await ask(user)
    [limited] = await store.inbox.limited()
    assert (limited.by, limited.refused) == (by, by == "day")
    await ask("sam", "C2")
    assert len(await store.inbox.limited()) == 1


async def test_what_is_stuck_is_taken_out_of_turn_unless_somebody_has_it(store: Store, clock: Clock) -> None:
    """What the watchdog gives up on is answered by nobody at the same moment, and it is no attempt."""
    ask = Asking(store, clock)
    first, second = await ask("dana"), await ask("sam")
    assert [one.item.key for one in await store.inbox.claim(1, 60)] == [first.key]
    assert [one.key for one in await store.inbox.claim_stuck(8, 60, clock())] == [second.key]
    assert await store.inbox.claim(8, 60) == []
    assert await store.inbox.claim_stuck(8, 60, clock()) == []
    await store.inbox.release(second.key)
    assert [one.attempt for one in await store.inbox.claim(8, 60)] == [1]
    await store.inbox.finish(second.key, Outcome.FAILED)
    clock.now += timedelta(minutes=2)
    assert [one.key for one in await store.inbox.claim_stuck(8, 60, clock())] == [first.key]


async def test_bots_are_counted_until_a_person_writes(store: Store, clock: Clock) -> None:
    """In a thread whichever bot it is and however slow; in a channel one bot within the time."""
    ask = Asking(store, clock)
    root = await ask("dana")
    for bot in ("B1", "B2", "B1"):
        latest = await ask(bot, thread_ts=root.ts, by_bot=True)
        clock.now += 10 * MINUTE
    assert await store.inbox.by_bots_lately(latest, clock() - MINUTE) == 3
    await ask("dana", thread_ts=root.ts)
    assert await store.inbox.by_bots_lately(latest, clock() - MINUTE) == 3  # as when it is heard after her
    later = await ask("B1", thread_ts=root.ts, by_bot=True)
    assert await store.inbox.by_bots_lately(later, clock() - MINUTE) == 1
    for _ in range(2):
        elsewhere = await ask("B1", "C2", by_bot=True)
    assert await store.inbox.by_bots_lately(elsewhere, clock() - MINUTE) == 2
    assert await store.inbox.by_bots_lately(elsewhere, clock() + MINUTE) == 1  # its own thread


async def test_a_thing_is_told_once_while_it_lasts(store: Store, other: Store, clock: Clock) -> None:
    """Whoever begins it tells it; when they died it is told after all; the same thing again makes it last longer."""
    assert await store.told.begin("a", START + 3 * MINUTE) is True
    assert await other.told.begin("a", START + 3 * MINUTE) is None
    clock.now += timedelta(seconds=31)
    assert await other.told.begin("a", START + 3 * MINUTE) is True
    await other.told.done("a", START + 3 * MINUTE)
    assert await store.told.begin("a", START + 5 * MINUTE) is False
    assert await store.told.begin("b", START + 5 * MINUTE) is True
    clock.now = START + 4 * MINUTE
    assert await store.told.begin("a", START + 4 * MINUTE) is False
    clock.now = START + 6 * MINUTE
    assert await store.told.begin("a", START + 9 * MINUTE) is True


async def test_what_may_be_told_again_leaves_nothing_behind(store: Store, clock: Clock) -> None:
    for name in ("a", "b"):
        assert await store.told.begin(name, clock() + MINUTE)
        await store.told.done(name, clock() + MINUTE)
        clock.now += 2 * MINUTE
    async with store.database.transaction() as connection:
        assert list((await connection.execute(select(leases.c.name))).scalars()) == ["b"]
