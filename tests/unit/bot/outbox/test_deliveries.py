"""Deliveries against a receiver of ours that fails in every way and comes back: nothing lost, in order, each told once
or told again under the same id."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.errors import StoreUnavailable
from bot.desk.outgoing import Delivery
from bot.outbox.deliveries import AT_ONCE, Deliveries
from bot.outbox.webhook import Webhook
from bot.outgoing_settings import WebhookSettings
from bot.store import Store
from tests.fakes.receivers import Mishap, Receiver, receiving

from .conftest import SECRET, START, Clock, Slack, change


@dataclass
class World:
    store: Store
    receiver: Receiver
    clock: Clock
    slack: Slack

    def deliveries(self, attempt_s: float = 5.0) -> Deliveries:
        """Of a process, which has its own."""
        settings = WebhookSettings(name="helpdesk", url=self.receiver.url, secret=SECRET)
        hook = Webhook(settings, lambda: datetime.now(UTC))  # the receiver looks at the time of what is signed
        targets = {"helpdesk": hook}
        return Deliveries(self.store.outbox, targets, self.slack, self.clock, attempt_s=attempt_s, jitter=lambda: 0.0)

    async def run(self, deliveries: Deliveries) -> int:
        """Until nothing is due."""
        begun = 0
        while more := await deliveries.begin():
            begun += more
            await deliveries.settled()
        return begun


@pytest.fixture
async def world(store: Store, clock: Clock) -> AsyncIterator[World]:
    async with receiving(SECRET) as receiver:
        yield World(store, receiver, clock, Slack())


@pytest.fixture
def url(tmp_path: object) -> str:
    """The claims are tried on Postgres too, in test_claiming.py."""
    return f"sqlite:///{tmp_path}/frontdesk.sqlite3"


async def test_what_a_receiver_is_told(world: World) -> None:
    await change(world.store, "E-1", 1)
    await change(world.store, "E-1", 2)
    deliveries = world.deliveries()
    await world.run(deliveries)
    await deliveries.stop(0)
    opened, claimed = world.receiver.taken
    assert opened.id == opened.headers["frontdesk-delivery"] == "E-1.1.helpdesk"
    assert claimed.body == {
        "version": 1,
        "type": "escalation.claim",
        "timestamp": START.isoformat(),
        "data": {
            "escalation": "E-1",
            "number": 2,
            "desk": "support",
            "before": "open",
            "after": "claimed",
            "move": "claim",
            "reason": "",
            "by": {"id": "U2", "name": "Alex Moreno"},
            "owner": {"id": "U2", "name": "Alex Moreno"},
            "asker": {"id": "U1", "name": "Dana Whitfield"},
            "question": "Where is\nmy parcel?",
            "thread": {"team": "T1", "channel": "C1", "ts": "1.0"},
            "links": {"thread": "https://slack.test/archives/C1/p1.0"},
        },
    }


@pytest.mark.parametrize("mishap", [500, 503, 404, 302, "cut", "stall"])
async def test_a_receiver_that_comes_back_is_told_everything_in_order(world: World, mishap: Mishap) -> None:
    """The same id and the same words at each try; what comes after waits."""
    world.receiver.script = [mishap, mishap]
    for number in (1, 2):
        await change(world.store, "E-1", number)
    deliveries = world.deliveries(attempt_s=0.05 if mishap == "stall" else 5.0)
    await world.run(deliveries)
    for wait in (5, 10):
        world.clock.later(seconds=wait - 0.001)
        assert await world.run(deliveries) == 0
        world.clock.later(seconds=0.001)
        await world.run(deliveries)
    await deliveries.stop(0)
    assert world.receiver.said == [("E-1", "open"), ("E-1", "claimed")]
    tries = [*world.receiver.refused, world.receiver.taken[0]]
    assert {one.id for one in tries} == {"E-1.1.helpdesk"}
    assert [one.headers["frontdesk-attempt"] for one in tries] == ["1", "2", "3"]
    assert all(one.body == tries[0].body for one in tries)
    assert world.slack.asked == 3, "names are looked up once an event"
    assert await world.store.outbox_upkeep.undelivered() == []


async def test_a_receiver_that_is_not_there(world: World) -> None:
    await change(world.store)
    url, world.receiver.url = world.receiver.url, "http://127.0.0.1:9/hook"
    deliveries = world.deliveries()
    await world.run(deliveries)
    await deliveries.stop(0)
    [waiting] = await world.store.outbox_upkeep.undelivered()
    assert "ConnectError" in waiting.last_error
    world.receiver.url = url
    world.clock.later(hours=1)
    await world.run(world.deliveries())
    assert world.receiver.said == [("E-1", "open")]


async def test_a_receiver_that_says_when_is_not_asked_before(world: World) -> None:
    world.receiver.script, world.receiver.headers = [429], {"Retry-After": "7200"}
    await change(world.store)
    deliveries = world.deliveries()
    await world.run(deliveries)
    [waiting] = await world.store.outbox_upkeep.undelivered()
    assert waiting.due_at == world.clock.now + timedelta(hours=2)
    world.clock.later(hours=2)
    await world.run(deliveries)
    assert world.receiver.said == [("E-1", "open")]
    await deliveries.stop(0)


async def test_given_up_after_three_days_and_at_once_where_nobody_wants_it(world: World) -> None:
    world.receiver.script = [500] * 3 + [410]
    for number in (1, 2):
        await change(world.store, "E-1", number)
    deliveries = world.deliveries()
    for wait in (0, 24, 47.9):
        world.clock.later(hours=wait)
        await world.run(deliveries)
    world.clock.later(hours=1)  # the fourth try of the first, and then its turn is over
    world.receiver.script = [500, 410]
    await world.run(deliveries)
    await deliveries.stop(0)
    entries = await world.store.outbox_upkeep.undelivered()
    assert [(one.number, one.due_at, one.attempts, one.last_error) for one in entries] == [
        (1, None, 4, "it answered 500"),
        (2, None, 1, "it answered 410"),
    ]
    assert world.receiver.taken == []


async def test_killed_between_the_sending_and_the_storing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process says it again, under the same id and with the same words, once the lease has ended."""
    await change(world.store)

    async def killed(delivery: Delivery) -> bool:
        raise StoreUnavailable("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(world.store.outbox, "delivered", killed)
        await world.run(world.deliveries())
    world.clock.later(seconds=89)
    assert await world.run(world.deliveries()) == 0
    world.clock.later(seconds=1)
    world.slack.names.clear()
    assert await world.run(world.deliveries()) == 1
    first, again = world.receiver.taken
    assert (first.id, first.body) == (again.id, again.body)


async def test_escalations_go_at_once_but_not_all_of_them(world: World) -> None:
    world.receiver.gate = asyncio.Event()
    for number in range(AT_ONCE + 3):
        await change(world.store, f"E-{number}")
    deliveries = world.deliveries()
    assert await deliveries.begin() == AT_ONCE
    assert await deliveries.begin() == 0
    world.receiver.gate.set()
    await deliveries.settled()
    assert await world.run(deliveries) == 3
    await deliveries.stop(0)
    assert world.receiver.most_at_once <= AT_ONCE
    assert len({one.id for one in world.receiver.taken}) == AT_ONCE + 3


async def test_what_a_stop_cuts_off_is_due_at_once(world: World) -> None:
    world.receiver.script = ["stall"]
    await change(world.store)
    deliveries = world.deliveries()
    deliveries.start()
    await world.receiver.until(lambda: world.receiver.refused)
    await deliveries.stop(0)
    assert await world.run(world.deliveries()) == 1
    assert world.receiver.said == [("E-1", "open")]


async def test_the_loop_delivers_one_after_the_other_without_waiting(world: World) -> None:
    for number in (1, 2, 3):
        await change(world.store, "E-1", number)
    deliveries = world.deliveries()
    async with asyncio.timeout(0.9):  # less than its pause
        deliveries.start()
        await world.receiver.until(lambda: len(world.receiver.taken) == 3)
    await deliveries.stop(1)


async def test_a_store_that_is_away_for_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("EVERY_S", "AFTER_TROUBLE_S"):
        monkeypatch.setattr(f"bot.outbox.deliveries.{name}", 0)
    troubles: list[Exception] = [RuntimeError("a bug"), StoreUnavailable("away")]
    due = world.store.outbox.due

    async def sometimes() -> Mapping[str, int]:
        if troubles:
            raise troubles.pop()
        return await due()

    monkeypatch.setattr(world.store.outbox, "due", sometimes)
    await change(world.store)
    deliveries = world.deliveries()
    deliveries.start()
    await asyncio.wait_for(world.receiver.until(lambda: world.receiver.taken), 5)
    await deliveries.stop(1)
    assert "the outbox is looked at again in a moment: away" in caplog.text


async def test_what_is_not_configured_any_more_is_told_so(world: World) -> None:
    await change(world.store)
    nobody = Deliveries(world.store.outbox, {}, world.slack, world.clock)
    await world.run(nobody)
    [waiting] = await world.store.outbox_upkeep.undelivered()
    assert waiting.last_error == "helpdesk is not configured any more"
    world.clock.later(days=3)
    await world.run(nobody)
    [given_up] = await world.store.outbox_upkeep.undelivered()
    assert given_up.due_at is None


async def test_slack_that_does_not_answer_delays_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.outbox.deliveries._SLACK_S", 0.01)

    async def never(*_: str) -> str:
        await asyncio.sleep(3600)
        return ""

    monkeypatch.setattr(world.slack, "name", never)
    await change(world.store)
    await world.run(world.deliveries())
    [told] = world.receiver.taken
    assert told.body["data"]["asker"] == {"id": "U1", "name": None}


async def test_no_secret_is_logged_or_kept(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.receiver.script = [500, "cut"]
    await change(world.store)
    deliveries = world.deliveries()
    for _ in range(3):
        await world.run(deliveries)
        world.clock.later(hours=1)
    assert "E-1.1.helpdesk was delivered at attempt 3" in caplog.text
    assert "E-1.1.helpdesk is tried again in 5 s, attempt 1: it answered 500" in caplog.text
    assert SECRET.removeprefix("whsec_") not in caplog.text
    ours = "".join(one.getMessage() for one in caplog.records if one.name.startswith("bot"))
    assert "parcel" not in ours
    assert "/hook" not in ours
