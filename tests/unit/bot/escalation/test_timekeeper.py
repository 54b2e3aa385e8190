"""What is due is done once, and what fails is done later, over the real store with reminders in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bot.desk.due import Reminder
from bot.desk.errors import Unavailable
from bot.desk.human_path import Move
from bot.escalation.timekeeper import Timekeeper
from bot.escalation.timetable import Timetable, Timetables
from bot.human_time_settings import SlaSettings
from bot.store import Store, open_store
from bot.store.tables import due, escalations
from tests.fakes.moves import moved

from .test_escalate import NOW, QUESTION, THREAD, Room, escalate

TIMES = Timetables({"support": Timetable(sla=SlaSettings(lead="U0LEAD", reroute_group="S0GROUP"))})
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Reminded:
    """Reminders: their kinds, whom they call in, and whether an earlier post was looked for."""

    given: list[tuple[str, str | None, bool]] = field(default_factory=list)
    error: Exception | None = None

    async def remind(self, reminder: Reminder, *, again: bool) -> None:
        self.given.append((reminder.due.key.kind.value, reminder.group or reminder.lead, again))
        if self.error:
            raise self.error


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def store(tmp_path: Path, clock: Time) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", clock, plan=TIMES)
    yield store
    await store.close()


async def called(store: Store, clock: Time, reminded: Reminded) -> tuple[str, Timekeeper]:
    humans = escalate(store, Room())
    made = await humans.call(*THREAD, "U1", QUESTION.key)
    assert made.escalation is not None
    return made.escalation.id, Timekeeper(store.due, store.escalations, humans, reminded, TIMES, clock)


async def test_each_step_calls_in_whom_it_is_for(store: Store, clock: Time) -> None:
    reminded = Reminded()
    _, keeper = await called(store, clock, reminded)
    for _ in range(6):
        await keeper.tick()
        clock.now += HOUR
    assert reminded.given == [("half", None, False), ("response", "S0GROUP", False), ("lead", "U0LEAD", False)]


async def test_what_was_missed_is_done_once_and_half_of_a_time_that_is_over_is_not_told(
    store: Store, clock: Time
) -> None:
    reminded = Reminded()
    _, keeper = await called(store, clock, reminded)
    clock.now += 30 * HOUR
    assert await keeper.tick() == 3
    assert [kind for kind, _, _ in reminded.given] == ["response", "lead"]
    assert await keeper.tick() == 0


@pytest.mark.parametrize("error", [Unavailable("Slack is away"), ValueError("a mistake of ours")])
async def test_what_fails_is_tried_again_later_and_looked_for_first(
    store: Store, clock: Time, error: Exception
) -> None:
    """The pause grows, and one that fails keeps nothing from the others."""
    reminded = Reminded(error=error)
    _, keeper = await called(store, clock, reminded)
    clock.now += HOUR
    await keeper.tick()
    clock.now += timedelta(seconds=29)
    await keeper.tick()
    assert len(reminded.given) == 1
    clock.now += timedelta(seconds=1)
    await keeper.tick()
    clock.now += timedelta(seconds=59)
    await keeper.tick()
    reminded.error = None
    assert len(reminded.given) == 2
    clock.now += timedelta(seconds=1)
    await keeper.tick()
    assert [again for _, _, again in reminded.given] == [False, True, True]
    assert await keeper.tick() == 0


async def test_a_move_that_came_first_is_not_made_by_time(store: Store, clock: Time) -> None:
    """The agent snoozes it again in the moment in which its snooze ends: it stays snoozed."""
    reminded = Reminded()
    one, keeper = await called(store, clock, reminded)
    humans = escalate(store, Room(), clock.now)
    await humans.claim(one, "U2")
    await humans.snooze(one, "U2", clock.now + HOUR)
    clock.now += HOUR
    real = store.due.renew

    async def snoozed_meanwhile(*given: object) -> bool:
        held = await real(*given)  # type: ignore[arg-type]
        await humans.snooze(one, "U2", clock.now + 5 * HOUR)
        return held

    keeper._rows = Racing(store.due, snoozed_meanwhile)  # type: ignore[assignment]
    await keeper.tick()
    stored = await store.escalations.get(one)
    assert stored is not None
    assert stored.snoozed_until == clock.now + 5 * HOUR
    assert [move.move for move in await store.escalations.transitions(one)].count(Move.WAKE) == 0
    keeper._rows = store.due
    clock.now += 5 * HOUR
    await keeper.tick()
    assert (await store.escalations.transitions(one))[-1].move is Move.WAKE


class Racing:
    def __init__(self, inner: object, renew: object) -> None:
        self._inner, self.renew = inner, renew

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


async def test_an_escalation_that_is_gone_is_done_with(store: Store, clock: Time) -> None:
    reminded = Reminded()
    one, keeper = await called(store, clock, reminded)
    await moved(store.escalations, one, Move.CLAIM, "U2", clock.now)
    async with store.database.transaction() as connection:
        await connection.execute(delete(escalations))
    clock.now += HOUR
    await keeper.tick()
    assert reminded.given == []
    async with store.database.transaction() as connection:
        assert (await connection.execute(select(due))).all() == []
