"""Two processes deliver while changes happen, targets fail, and either process is cut off anywhere: everything arrives,
in order, and never two events of an escalation at once."""

import asyncio
import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.desk.errors import DeliveryFailed
from bot.desk.outgoing import Delivery
from bot.outbox.deliveries import Deliveries
from bot.store import Store

from .conftest import Clock, Slack, change

ESCALATIONS, EVENTS = 5, 4


@dataclass
class Moody:
    """bot.desk.outgoing.Target that takes what it is told, or fails before or after it has taken it."""

    chance: random.Random
    arrived: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    telling: set[str] = field(default_factory=set)
    calm: bool = False
    give_up_after: timedelta = timedelta(days=30)

    async def send(self, delivery: Delivery) -> None:
        assert delivery.escalation_id not in self.telling, "two at once"
        self.telling.add(delivery.escalation_id)
        try:
            for _ in range(self.chance.randrange(4)):
                await asyncio.sleep(0)
            mood = 1.0 if self.calm else self.chance.random()
            if mood < 0.3:
                raise DeliveryFailed("it answered 500", retry_after_s=self.chance.choice((0, 600)))
            self.arrived[delivery.escalation_id].append(delivery.number)
            if mood < 0.5:
                raise DeliveryFailed("the connection was cut")
        finally:
            self.telling.discard(delivery.escalation_id)

    async def close(self) -> None: ...


async def happen(stores: tuple[Store, Store], chance: random.Random) -> None:
    """Changes of several escalations, each in its own order."""
    numbers = dict.fromkeys((f"E-{n}" for n in range(ESCALATIONS)), 0)
    while waiting := [one for one, number in numbers.items() if number < EVENTS]:
        one = chance.choice(waiting)
        numbers[one] += 1
        await change(chance.choice(stores), one, numbers[one])


@pytest.mark.parametrize("seed", range(6))
async def test_everything_arrives_in_order(store: Store, other: Store, clock: Clock, seed: int) -> None:
    chance = random.Random(seed)
    target = Moody(chance)

    def started(one: Store) -> Deliveries:
        return Deliveries(one.outbox, {"helpdesk": target}, Slack(), clock, jitter=chance.random)

    changing = asyncio.create_task(happen((store, other), chance))
    processes = [started(store), started(other)]
    for turn in range(25):
        target.calm = turn > 20 and changing.done()
        for n, one in enumerate(processes):
            cut_off = asyncio.create_task(one.begin())
            if chance.random() < 0.15:
                await asyncio.sleep(0)
                cut_off.cancel()  # as a kill: what it had claimed is under its lease
            with suppress(asyncio.CancelledError):
                await cut_off
            if chance.random() < 0.2:
                await one.stop(0)
                processes[n] = started((store, other)[n])
        await asyncio.gather(*(one.settled() for one in processes))
        clock.later(seconds=chance.choice((1, 30, 4000)))
    await changing
    target.calm = True
    while await store.outbox_upkeep.undelivered():
        for one in processes:
            await one.begin()
            await one.settled()
        clock.later(hours=2)
    for escalation, arrived in target.arrived.items():
        assert list(dict.fromkeys(arrived)) == list(range(1, EVENTS + 1)), escalation
        assert arrived == sorted(arrived), "a repeat comes before the next"
    assert len(target.arrived) == ESCALATIONS
