"""Turns on a shared connection: one at a time, acks first, nobody lost."""

import asyncio

import pytest

from bot.store.turns import Turns


class Line:
    """People who take a turn, and note when it came."""

    def __init__(self) -> None:
        self.turns, self.order, self.within = Turns(), list[str](), 0

    async def take(self, name: str, *, urgent: bool = False, until: asyncio.Event | None = None) -> None:
        async with self.turns.turn(urgent=urgent, patience_s=5):
            self.within += 1
            assert self.within == 1
            self.order.append(name)
            if until is not None:
                await until.wait()
            self.within -= 1

    def begin(self, name: str, *, urgent: bool = False, until: asyncio.Event | None = None) -> asyncio.Task[None]:
        return asyncio.create_task(self.take(name, urgent=urgent, until=until))


async def turn_round(times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_the_urgent_go_first_and_the_others_in_their_order() -> None:
    line, gate = Line(), asyncio.Event()
    tasks = [line.begin("first", until=gate), line.begin("a"), line.begin("b"), line.begin("ack", urgent=True)]
    tasks.append(line.begin("second ack", urgent=True))
    await turn_round()
    gate.set()
    await asyncio.gather(*tasks)
    assert line.order == ["first", "ack", "second ack", "a", "b"]


@pytest.mark.parametrize("as_it_comes", [False, True])
async def test_who_is_cancelled_holds_nobody_up(as_it_comes: bool) -> None:
    """While they wait, or at the very moment when their turn comes."""
    line, gate = Line(), asyncio.Event()
    first, gone, last = line.begin("first", until=gate), line.begin("gone"), line.begin("last")
    await turn_round()
    gate.set()
    if as_it_comes:
        await asyncio.sleep(0)  # the turn has been passed on, and is not taken yet
    gone.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(first, last)
    await line.take("later")
    assert line.order == ["first", "last", "later"]


async def test_a_turn_that_does_not_come_is_a_timeout() -> None:
    """And leaves the line."""
    line, gate = Line(), asyncio.Event()
    first = line.begin("first", until=gate)
    await turn_round()
    with pytest.raises(TimeoutError):
        async with line.turns.turn(urgent=False, patience_s=0.01):
            pass
    gate.set()
    await first
    await line.take("later")
    assert line.order == ["first", "later"]
