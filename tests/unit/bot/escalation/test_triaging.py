"""The summary of a brief: made once, shown until it is seen, and never with a figure that nobody wrote."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.desk.human_path import Escalation, EscalationState
from bot.desk.model import Answer, Outcome, Person, Place, Question
from bot.desk.triage import Triage, TriageRecord
from bot.escalation.triaging import TRIES, Triaging
from bot.store import Store, open_store
from bot.store.triages import WantTriage

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKED = Question("T1:C1:1.0", "My TV is dead.", Person("U1", "Dana"), Place("T1", "C1", "channel"), "1.0", START)
MADE = Triage(complaint="My TV is dead.", category="DEFECTIVE_PRODUCT", severity=2, requires_escalation=True)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Model:
    """A Triager and a Summarizer, which count what they are asked."""

    says: str = "Their TV is dead."
    triaged: int = 0
    summed_up: int = 0

    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord:
        self.triaged += 1
        return TriageRecord(MADE, "English", None, None, 0.9, "scripted")

    async def summary(self, wrote: str) -> str:
        self.summed_up += 1
        return self.says


@dataclass
class Briefs:
    """What a refresh showed: the summary as it was then. `away`: how many that want to show one fail."""

    store: Store
    away: int = 0
    shown: list[str] = field(default_factory=list)

    async def refresh(self, escalation_id: str) -> bool:
        summary = await self.store.triages.summary(ASKED.key)
        if summary and self.away:
            self.away -= 1
            return False
        self.shown.append(summary)
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", clock, recorders=(WantTriage(["support"], clock),))
    await store.answers.save(ASKED, "support", Answer(Outcome.ANSWERED, "So."))
    one = Escalation("E1", "support", "T1", "C1", "1.0", "U1", ASKED.text, ASKED.key, EscalationState.OPEN, START)
    await store.escalations.create(one)
    yield store
    await store.close()


async def settled(store: Store, clock: Clock, model: Model, briefs: Any) -> int:
    """How many runs it took, a lease apart."""
    triaging = Triaging(store.triages, model, briefs, {}, model)
    runs = 0
    while await triaging.work():
        runs += 1
        clock.now += timedelta(seconds=61)
    return runs


async def test_a_summary_that_could_not_be_shown_is_shown_later(store: Store, clock: Clock) -> None:
    """Slack was away, or another process at the brief: no move is waited for, and the model is not asked again."""
    model, briefs = Model(), Briefs(store, away=3)
    assert await settled(store, clock, model, briefs) == 4
    assert briefs.shown[-1] == "Their TV is dead."
    assert (model.triaged, model.summed_up) == (1, 1)


async def test_it_is_not_tried_for_ever(store: Store, clock: Clock) -> None:
    model, briefs = Model(), Briefs(store, away=1_000)
    assert await settled(store, clock, model, briefs) == TRIES
    assert briefs.shown == [""], "its triage alone"


async def test_a_summary_with_a_figure_that_nobody_wrote_is_dropped(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    model, briefs = Model("Their TV, EM-104250, is dead."), Briefs(store)
    with caplog.at_level(logging.WARNING):
        assert await settled(store, clock, model, briefs) == 1
    assert briefs.shown == [""]
    assert await store.triages.summary(ASKED.key) == ""
    assert "the brief of E1 has no summary: nobody wrote 'EM-104250'" in caplog.text
