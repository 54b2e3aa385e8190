"""What triage says of an escalation, before it is called or after, decides when it is due."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.escalation.timetable import Timetable, Timetables
from bot.human_time_settings import SlaSettings
from bot.store import Store, open_store
from bot.store.tables import due

from .test_escalate import NOW, QUESTION, THREAD, Found, Room, Triages, escalate

TIMES = Timetables({"support": Timetable(sla=SlaSettings())})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", lambda: NOW, plan=TIMES)
    yield store
    await store.close()


async def response_at(store: Store) -> datetime | None:
    at = select(due.c.at).where(due.c.kind == "response")
    async with store.database.transaction() as connection:
        found: datetime | None = await connection.scalar(at)
    return found


async def test_what_triage_knew_before_the_call_counts_from_the_call(store: Store) -> None:
    triages = Triages({QUESTION.thread_ts: Found("SAFETY", 5, True)})
    called = await escalate(store, Room(), triages=triages, due=store.due).call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    assert called.escalation.severity == 5
    assert await response_at(store) == NOW + timedelta(minutes=15)


async def test_what_triage_finds_later_moves_what_is_due(store: Store) -> None:
    triages = Triages()
    humans = escalate(store, Room(), triages=triages, due=store.due)
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    assert await response_at(store) == NOW + timedelta(hours=2)
    triages.found[QUESTION.thread_ts] = Found("DAMAGED", 4, True)
    await humans.refresh(called.escalation.id)
    assert await response_at(store) == NOW + timedelta(minutes=30)
    await humans.refresh("nobody's")
