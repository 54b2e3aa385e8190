"""Which questions wait for triage, and the records that were made."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.human_path import HELPING, Escalation, Move, Transition
from bot.desk.model import Outcome
from bot.desk.ports import Clock
from bot.desk.triage import LONGEST, ToTriage, Triage, TriageRecord
from bot.store.database import Database
from bot.store.escalations import IS_OVER
from bot.store.records import put
from bot.store.tables import UtcDateTime, answers, escalations, inbox, metadata

SAID = 8  # messages of a thread that an escalation's triage is made from

_OPEN = text("done_at IS NULL")
triages = Table(
    "triages",
    metadata,
    Column("key", String(120), primary_key=True),  # of the question
    Column("wanted_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("summary", Text, nullable=False, server_default=""),  # for the brief, of all that the asker wrote
    # None, all of them: it is no complaint, or nobody has looked yet.
    Column("complaint", Text),
    Column("category", String(60)),
    Column("severity", Integer),
    Column("requires_escalation", Boolean),
    Column("language", String(40)),
    Column("order_number", String(80)),
    Column("product", String(120)),
    Column("confidence", Float),
    Column("made_by", String(120)),
    Index("ix_triages_open", "wanted_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

_CALLED = exists().where(escalations.c.answer_key == triages.c.key)
_FREE = or_(triages.c.lease_until.is_(None), triages.c.lease_until <= bindparam("now"))
_NEXT = (
    select(triages.c.key)
    .where(triages.c.done_at.is_(None), _FREE)
    .order_by(_CALLED.desc(), triages.c.wanted_at, triages.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next")
)
_CLAIM = (
    update(triages)
    .where(triages.c.key.in_(select(_NEXT.c.key)))
    .values(lease_until=bindparam("lease"), fence=triages.c.fence + 1)
    .returning(triages.c.key)
)


class WantTriage:
    """bot.store.escalations.Recorder: each escalation of these desks gets a record."""

    def __init__(self, desks: Collection[str], clock: Clock) -> None:
        self._desks = desks
        self._clock = clock

    async def __call__(self, connection: AsyncConnection, escalation: Escalation, transition: Transition) -> None:
        key = escalation.answer_key
        if transition.move is not Move.CALL or escalation.desk not in self._desks or key is None:
            return
        if not await put(connection, triages, {"key": key, "wanted_at": self._clock()}, replace=False):
            # Whoever looks at it now does not know of the human; a record that is there stays.
            anew = update(triages).where(triages.c.key == key)
            await connection.execute(anew.values(done_at=None, lease_until=None, fence=triages.c.fence + 1))


class SqlTriages:
    """bot.desk.triage.TriageRows and bot.desk.human_path.Triages over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def want(self, key: str) -> None:
        async with self._database.transaction() as connection:
            await put(connection, triages, {"key": key, "wanted_at": self._clock()}, replace=False)

    async def claim(self, limit: int, lease_s: float) -> Sequence[ToTriage]:
        now = self._clock()
        values = {"most": limit, "now": now, "lease": now + timedelta(seconds=lease_s)}
        async with self._database.transaction() as connection:
            keys = (await connection.scalars(_CLAIM, values)).all()
            return [await _to_triage(connection, key) for key in keys]

    async def keep(self, one: ToTriage, record: TriageRecord) -> bool:
        beside = {"language": record.language, "order_number": record.order, "product": record.product}
        made = {"confidence": record.confidence, "made_by": record.made_by}
        return await self._settle(one, {**record.triage.model_dump(), **beside, **made})

    async def summarise(self, one: ToTriage, summary: str) -> bool:
        return await self._settle(one, {"summary": summary})

    async def summary(self, question_key: str) -> str:
        made = select(triages.c.summary).where(triages.c.key == question_key)
        async with self._database.transaction() as connection:
            return str(await connection.scalar(made) or "")

    async def done(self, one: ToTriage) -> None:
        await self._settle(one, {"done_at": self._clock(), "lease_until": None})

    async def _settle(self, one: ToTriage, values: Mapping[str, Any]) -> bool:
        mine = update(triages).where(triages.c.key == one.key, triages.c.fence == one.fence)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(mine.values(**values))).rowcount)

    async def of_thread(self, team: str, channel: str, thread_ts: str) -> TriageRecord | None:
        known = (
            select(triages)
            .join(answers, answers.c.key == triages.c.key)
            .where(answers.c.team == team, answers.c.channel == channel, answers.c.thread_ts == thread_ts)
            .where(triages.c.severity.is_not(None))
            .order_by(triages.c.severity.desc(), triages.c.wanted_at.desc())
            .limit(1)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(known)).one_or_none()
        return record_of(row) if row else None


async def _to_triage(connection: AsyncConnection, key: str) -> ToTriage:
    row = (await connection.execute(select(triages).where(triages.c.key == key))).one()
    asked = (await connection.execute(select(answers).where(answers.c.key == key))).one_or_none()
    if asked is None:  # forgotten meanwhile: there is nothing to triage
        return ToTriage(key, "", "", "", "", "", "", None, False, None, row.fence)
    thread = [escalations.c[name] == getattr(asked, name) for name in ("team", "channel", "thread_ts")]
    # Where humans are at work, nobody else is called; nor to what they were called to and have done with.
    mine = escalations.c.answer_key == key
    of_thread = (
        select(escalations.c.id, escalations.c.answer_key)
        .where(*thread, or_(escalations.c.state.in_(HELPING), mine))
        .order_by(mine.desc(), IS_OVER, escalations.c.created_at.desc())
        .limit(1)
    )
    one = (await connection.execute(of_thread)).one_or_none()
    called = one is not None and one.answer_key == key
    said = await _said(connection, asked) if called else asked.question
    place = (asked.desk, asked.team, asked.channel, asked.thread_ts, asked.asker)
    return ToTriage(key, *place, said, one.id if one else None, called, _triage(row), row.fence, row.summary)


async def _said(connection: AsyncConnection, asked: Row[tuple[str, ...]]) -> str:
    """What the asker wrote in the thread up to this question: "a human, please" alone says nothing."""
    ts = select(inbox.c.ts).where(inbox.c.key == asked.key).scalar_subquery()
    theirs = (
        select(inbox.c.text)
        .where(inbox.c.team == asked.team, inbox.c.channel == asked.channel, inbox.c.user_id == asked.asker)
        .where(or_(inbox.c.thread_ts == asked.thread_ts, inbox.c.ts == asked.thread_ts), inbox.c.ts <= ts)
        # What was deleted is not said any more; earlier versions kept its text.
        .where(inbox.c.text != "", func.coalesce(inbox.c.outcome, "") != Outcome.WITHDRAWN.value)
        .order_by(inbox.c.ts.desc())
        .limit(SAID)
    )
    texts = (await connection.scalars(theirs)).all()
    return "\n".join(reversed(texts))[-LONGEST:] or asked.question


def record_of(row: Row[Any]) -> TriageRecord | None:
    triage = _triage(row)
    beside = (row.language or "", row.order_number, row.product, row.confidence or 0.0, row.made_by or "")
    return TriageRecord(triage, *beside) if triage else None


def _triage(row: Row[tuple[object, ...]]) -> Triage | None:
    if row.category is None:
        return None
    return Triage(
        complaint=row.complaint,
        category=row.category,
        severity=row.severity,
        requires_escalation=row.requires_escalation,
    )
