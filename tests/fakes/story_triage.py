"""The triage of the stories in interleavings: questions that are answered and wait for a record, a small triager, and
what must hold of the records at the end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.desk.handover import calls
from bot.desk.human_path import Escalation, HandoverReason
from bot.desk.model import Accepted, Answer, Desk, Outcome, Person, Place, Question, question_key
from bot.desk.triage import ToTriage, Triage, TriageRecord
from bot.store import Store
from bot.store.triages import triages

SUPPORT = Desk("support", "electromart", escalation_channel="C9", triage=True)
GRAVE, LATE, PLAIN = "smoke comes out of it", "EM-100001 is late again", "how long is the warranty?"


@dataclass
class Asked:
    """What was asked in one thread, and what was kept of it. `wrong`: what must not be."""

    thread: tuple[str, str, str]
    keys: list[str] = field(default_factory=list)
    kept: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # what is triaged slowly waits for it
    going_on: int = 0
    slow: list[asyncio.Task[Any]] = field(default_factory=list)

    async def ask(self, store: Store, asker: str, text: str, now: datetime) -> None:
        """A question of the thread, answered at once, that waits for triage since."""
        team, channel, thread_ts = self.thread
        ts = f"{thread_ts.removesuffix('.0')}.{len(self.keys):06}" if self.keys else thread_ts
        key, begun = question_key(team, channel, ts), thread_ts if self.keys else None
        self.keys.append(key)
        await store.inbox.accept(Accepted(key, team, channel, ts, asker, "channel", text, {}, now, begun))
        question = Question(key, text, Person(asker), Place(team, channel, "channel", begun), ts, now)
        await store.answers.save(question, SUPPORT.name, Answer(Outcome.ANSWERED, "So.", answered_at=now))
        await store.triages.want(key)

    async def go_on(self) -> None:
        """What was triaged slowly is done, or its process is dead."""
        self.going_on += 1
        self.gate.set()
        while self.slow:
            await self.slow.pop()
        self.going_on -= 1
        if not self.going_on:
            self.gate.clear()


@dataclass(frozen=True)
class Reader:
    """bot.desk.triage.Triager by a word. `slow`: it takes until the gate opens."""

    asked: Asked
    slow: bool

    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord | None:
        if self.slow:
            await self.asked.gate.wait()
        if text == PLAIN and not escalated:
            return None
        severity = 5 if GRAVE in text else 2
        triage = Triage(complaint=text, category="SAFETY_HAZARD", severity=severity, requires_escalation=severity > 4)
        return TriageRecord(triage, "English", None, None, 0.9, "reader")


@dataclass(frozen=True)
class Records:
    """bot.desk.triage.TriageRows over the store's, seen to from outside."""

    store: Store
    asked: Asked

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return getattr(self.store.triages, name)  # type: ignore[no-any-return]

    async def keep(self, one: ToTriage, record: TriageRecord) -> bool:
        [newest] = [row.fence for row in await _rows(self.store, [one.key])]
        kept = await self.store.triages.keep(one, record)
        if kept and one.fence < newest:
            self.asked.wrong.append(f"{one.key} was triaged under the stale fence {one.fence}")
        self.asked.kept[one.key] += kept
        return kept


async def check_records(store: Store, asked: Asked, every: Sequence[Escalation]) -> Counter[str]:
    """What became of the questions. `every` escalation of the thread."""
    rows = {row.key: row for row in await _rows(store, asked.keys)}
    assert asked.wrong == []
    assert rows.keys() == set(asked.keys), "a question is not looked at"
    assert [row.key for row in rows.values() if row.done_at is None] == [], "something waits for ever"
    assert max(asked.kept.values(), default=1) <= 1, "two records of one question"
    for one in every:
        assert rows[one.answer_key or ""].category is not None, "an escalation without a record"
    by_key = Counter(one.answer_key for one in every if one.reason is HandoverReason.TRIAGE)
    assert max(by_key.values(), default=1) == 1, "a human was called twice by one record"
    grave = [row for row in rows.values() if row.category is not None and calls(_triage(row), SUPPORT.handover)]
    assert by_key.total() <= len(grave), "a human was called more often than there were grave records"
    called = {one.answer_key for one in every}
    assert not grave or called, "nobody was called to a danger"
    return Counter({"triaged": sum(row.category is not None for row in rows.values()), "by triage": by_key.total()})


async def _rows(store: Store, keys: Sequence[str]) -> Sequence[Any]:
    async with store.database.transaction() as connection:
        return (await connection.execute(select(triages).where(triages.c.key.in_(keys)))).all()


def _triage(row: Any) -> Triage:
    return Triage(
        complaint=row.complaint,
        category=row.category,
        severity=row.severity,
        requires_escalation=row.requires_escalation,
    )
