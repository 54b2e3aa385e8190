"""The admins hear once that something was given up, over restarts, replicas and lost replies."""

from dataclasses import dataclass, field

import pytest

from bot.desk.errors import Unavailable
from bot.desk.model import AdminNotice, OutboxNotice
from bot.outbox import GivenUpWarnings
from bot.slack.outbox_blocks import outbox_message
from bot.store import Store

from .conftest import START, Clock, change


@dataclass
class Channel:
    """bot.desk.ports.AdminChannel that keeps what it is told. `lost` takes it and fails."""

    heard: list[OutboxNotice] = field(default_factory=list)
    lost: bool = False

    async def tell(self, notice: AdminNotice) -> None:
        assert isinstance(notice, OutboxNotice)
        self.heard.append(notice)
        if self.lost:
            raise Unavailable("no reply came")

    async def told(self, notice: AdminNotice) -> bool:
        return notice.key in [one.key for one in self.heard]


async def give_up(store: Store, escalation: str, error: str = "it answered 500") -> None:
    await change(store, escalation)
    [one] = await store.outbox.claim("helpdesk", 1, 60)
    await store.outbox.give_up(one, error)


async def test_once_and_again_when_it_happens_a_day_later(store: Store, other: Store, clock: Clock) -> None:
    channel = Channel()
    one, two = (GivenUpWarnings(each.outbox, each.told, channel, clock) for each in (store, other))
    await one.check()
    assert channel.heard == []
    await give_up(store, "E-1")
    await one.check()
    await two.check()
    for hours in range(1, 20):
        clock.later(hours=1)
        await give_up(store, f"E-1{hours}")
        await one.check()
    clock.later(hours=23)
    await two.check()
    assert [notice.events for notice in channel.heard] == [1], "while it goes on it is the same thing"
    clock.later(hours=2)
    await one.check()
    await give_up(store, "E-2")
    await two.check()
    assert [notice.events for notice in channel.heard] == [1, 1]


async def test_a_lost_reply_is_found_in_the_channel(store: Store, clock: Clock) -> None:
    channel = Channel(lost=True)
    warnings = GivenUpWarnings(store.outbox, store.told, channel, clock)
    await give_up(store, "E-1")
    await warnings.check()
    channel.lost = False
    clock.later(minutes=1)
    await warnings.check()
    await warnings.check()
    assert len(channel.heard) == 1


async def test_without_a_channel_nothing_is_told(store: Store, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    await give_up(store, "E-1")
    await GivenUpWarnings(store.outbox, store.told, None, clock).check()
    assert not caplog.records


def test_what_the_channel_reads() -> None:
    message = outbox_message(OutboxNotice("k", "helpdesk", 3, "it answered 500", START))
    assert message.text.startswith("helpdesk is not told: 3 events for it could not be delivered")
    assert "frontdesk outbox retry --all" in str(message.blocks)
