"""Requests for a human, each move of theirs, and how far each was shown."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, insert, literal, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.human_path import (
    HELPING,
    OVER,
    Escalation,
    EscalationState,
    HandoverReason,
    Move,
    Transition,
    called,
)
from bot.store.database import Database
from bot.store.leases import SqlLeases
from bot.store.records import put
from bot.store.tables import escalation_events, escalations

# What else is stored of a move, in its own transaction: both or neither.
Recorder = Callable[[AsyncConnection, Escalation, Transition], Awaitable[None]]
_SHOWING_S = 60.0
IS_OVER = escalations.c.state.in_([state.value for state in OVER])


class SqlEscalations:
    """bot.desk.human_path.Escalations over SQL. Who is first is decided by the number of the last event and by the
    unique index on threads, not by this code."""

    def __init__(self, database: Database, leases: SqlLeases, recorders: Sequence[Recorder] = ()) -> None:
        self._database = database
        self._leases = leases
        self._recorders = recorders

    async def create(self, escalation: Escalation) -> Escalation:
        async with self._database.transaction(durable=True) as connection:
            if await put(connection, escalations, _row(escalation), replace=False):
                await self._record(connection, escalation, called(escalation))
                return escalation
        existing = await self.of_thread(escalation.team, escalation.channel, escalation.thread_ts)
        return existing or escalation

    async def get(self, escalation_id: str) -> Escalation | None:
        return await self._one(escalations.c.id == escalation_id)

    async def of_thread(self, team: str, channel: str, thread_ts: str) -> Escalation | None:
        return await self._one(_in_thread(team, channel, thread_ts), not_(IS_OVER))

    async def latest_of_thread(self, team: str, channel: str, thread_ts: str) -> Escalation | None:
        return await self._one(_in_thread(team, channel, thread_ts))

    async def of_question(self, key: str) -> Escalation | None:
        return await self._one(escalations.c.answer_key == key)

    async def _one(self, *conditions: ColumnElement[bool]) -> Escalation | None:
        # Of a thread's the one that is not over is the latest, if there is one: it keeps others from being made.
        latest = select(escalations).where(*conditions).order_by(IS_OVER, escalations.c.created_at.desc()).limit(1)
        async with self._database.transaction() as connection:
            row = (await connection.execute(latest)).one_or_none()
        return escalation_of(row) if row else None

    async def move(self, transition: Transition) -> Escalation | None:
        to = {"state": transition.after.value, "owner": transition.owner, "changed_at": transition.at}
        moved = (
            update(escalations)
            .where(*_stands_before(transition))
            .values(number=transition.number, snoozed_until=transition.snoozed_until, **to)
            .returning(*escalations.c)
        )
        async with self._database.transaction(durable=True) as connection:
            row = (await connection.execute(moved)).one_or_none()
            if row is None:
                return None
            await self._record(connection, escalation_of(row), transition)
        return escalation_of(row)

    async def _record(self, connection: AsyncConnection, escalation: Escalation, transition: Transition) -> None:
        await connection.execute(insert(escalation_events).values(_row(transition)))
        for record in self._recorders:
            await record(connection, escalation, transition)

    async def transitions(self, escalation_id: str) -> Sequence[Transition]:
        of_it = select(escalation_events).where(escalation_events.c.escalation_id == escalation_id)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(of_it.order_by(escalation_events.c.number))).all()
        return [transition_of(row) for row in rows]

    async def set_brief(self, escalation_id: str, channel: str, ts: str) -> None:
        where_it_is = update(escalations).where(escalations.c.id == escalation_id)
        async with self._database.transaction() as connection:
            await connection.execute(where_it_is.values(brief_channel=channel, brief_ts=ts))

    async def set_announced(self, escalation_id: str, number: int) -> None:
        told = update(escalations).where(escalations.c.id == escalation_id, escalations.c.announced < number)
        async with self._database.transaction() as connection:
            await connection.execute(told.values(announced=number))

    async def unresolved(self, team: str, limit: int, asker: str | None = None) -> Sequence[Escalation]:
        whose = () if asker is None else (escalations.c.asker == asker,)
        known = select(escalations).where(escalations.c.team == team, is_helping(), *whose)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(known.order_by(escalations.c.created_at).limit(limit))).all()
        return [escalation_of(row) for row in rows]

    async def begin_showing(self, escalation_id: str) -> bool:
        return await self._leases.take(f"show {escalation_id}", _SHOWING_S)

    async def end_showing(self, escalation_id: str) -> None:
        await self._leases.give_back(f"show {escalation_id}")

    async def unannounced(self) -> list[Escalation]:
        pending = select(escalations).where(
            or_(
                escalations.c.announced < escalations.c.number,
                and_(escalations.c.brief_ts.is_(None), not_(IS_OVER)),
            )
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(pending.order_by(escalations.c.created_at))).all()
        return [escalation_of(row) for row in rows]


def is_helping() -> ColumnElement[bool]:
    """Somebody is to help with it."""
    return escalations.c.state.in_([state.value for state in HELPING])


def _in_thread(team: str, channel: str, thread_ts: str) -> ColumnElement[bool]:
    of = escalations.c
    return and_(of.team == team, of.channel == channel, of.thread_ts == thread_ts)


def _stands_before(transition: Transition) -> list[ColumnElement[bool]]:
    before = None if transition.before is None else transition.before.value
    stands = [
        escalations.c.id == transition.escalation_id,
        escalations.c.state == before,
        escalations.c.number == transition.number - 1,
    ]
    if transition.before in OVER and transition.after not in OVER:
        other = escalations.alias("other")
        same = (other.c[name] == escalations.c[name] for name in ("team", "channel", "thread_ts"))
        is_over = other.c.state.in_([state.value for state in OVER])
        stands.append(not_(exists(select(literal(1)).where(*same, not_(is_over)))))
    return stands


def _row(record: Escalation | Transition) -> dict[str, Any]:
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in asdict(record).items()}


def escalation_of(row: Row[Any]) -> Escalation:
    """A row of escalations."""
    words = {"state": EscalationState(row.state), "reason": HandoverReason(row.reason)}
    return Escalation(**(dict(row._mapping) | words))


def transition_of(row: Row[Any]) -> Transition:
    """A row of escalation_events."""
    before = None if row.before is None else EscalationState(row.before)
    words = {"before": before, "after": EscalationState(row.after), "move": Move(row.move)}
    return Transition(**(dict(row._mapping) | words))
