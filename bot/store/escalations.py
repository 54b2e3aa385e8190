"""Requests for a human, and how far each was shown."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.human_path import Move, Transition
from bot.desk.model import Escalation, EscalationState
from bot.store.database import Database
from bot.store.leases import SqlLeases
from bot.store.records import put
from bot.store.tables import escalations

_SHOWING_S = 60.0

Recorder = Callable[[AsyncConnection, Escalation, Transition], Awaitable[None]]
# Each state is reached once, so it says which step of the escalation it is.
_STEPS = {
    EscalationState.OPEN: (1, Move.CALL),
    EscalationState.CLAIMED: (2, Move.CLAIM),
    EscalationState.RESOLVED: (3, Move.CLOSE),
}


class SqlEscalations:
    """bot.desk.ports.Escalations over SQL. The unique index on open threads decides races, not this code."""

    def __init__(self, database: Database, leases: SqlLeases, recorders: Sequence[Recorder] = ()) -> None:
        self._database = database
        self._leases = leases
        self._recorders = recorders

    async def create(self, escalation: Escalation) -> Escalation:
        row = asdict(escalation) | {"state": escalation.state.value}
        async with self._database.transaction(durable=True) as connection:
            if await put(connection, escalations, row, replace=False):
                await self._record(connection, escalation)
                return escalation
        existing = await self.of_thread(escalation.team, escalation.channel, escalation.thread_ts)
        return existing or escalation

    async def get(self, escalation_id: str) -> Escalation | None:
        return await self._one(escalations.c.id == escalation_id)

    async def of_thread(self, team: str, channel: str, thread_ts: str) -> Escalation | None:
        return await self._one(
            and_(
                escalations.c.team == team,
                escalations.c.channel == channel,
                escalations.c.thread_ts == thread_ts,
                escalations.c.state != EscalationState.RESOLVED.value,
            )
        )

    async def _one(self, condition: Any) -> Escalation | None:
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(escalations).where(condition))).one_or_none()
        return _escalation(row) if row else None

    async def transition(
        self,
        escalation_id: str,
        expected: Sequence[EscalationState],
        new: EscalationState,
        owner: str | None,
        at: datetime,
    ) -> Escalation | None:
        move = (
            update(escalations)
            .where(escalations.c.id == escalation_id, escalations.c.state.in_([state.value for state in expected]))
            .values(state=new.value, owner=owner, changed_at=at)
            .returning(*escalations.c)
        )
        async with self._database.transaction(durable=True) as connection:
            locked = select(escalations.c.state).where(escalations.c.id == escalation_id).with_for_update()
            before = await connection.scalar(locked)
            row = (await connection.execute(move)).one_or_none()
            moved = _escalation(row) if row else None
            if moved is not None and before is not None:
                await self._record(connection, moved, EscalationState(before))
        return moved

    async def _record(
        self, connection: AsyncConnection, one: Escalation, before: EscalationState | None = None
    ) -> None:
        number, move = _STEPS[one.state]
        by, at = one.owner or one.asker, one.changed_at or one.created_at
        step = Transition(one.id, number, before, one.state, move, by, one.owner, "", at)
        for record in self._recorders:
            await record(connection, one, step)

    async def set_brief(self, escalation_id: str, channel: str, ts: str) -> None:
        where_it_is = update(escalations).where(escalations.c.id == escalation_id)
        async with self._database.transaction() as connection:
            await connection.execute(where_it_is.values(brief_channel=channel, brief_ts=ts))

    async def set_announced(self, escalation_id: str, state: EscalationState) -> None:
        told = update(escalations).where(escalations.c.id == escalation_id).values(announced_state=state.value)
        async with self._database.transaction() as connection:
            await connection.execute(told)

    async def unresolved(self, team: str, limit: int, asker: str | None = None) -> Sequence[Escalation]:
        whose = () if asker is None else (escalations.c.asker == asker,)
        known = select(escalations).where(
            escalations.c.team == team, escalations.c.state != EscalationState.RESOLVED.value, *whose
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(known.order_by(escalations.c.created_at.desc()).limit(limit))).all()
        return [_escalation(row) for row in rows]

    async def begin_showing(self, escalation_id: str) -> bool:
        return await self._leases.take(f"show {escalation_id}", _SHOWING_S)

    async def end_showing(self, escalation_id: str) -> None:
        await self._leases.give_back(f"show {escalation_id}")

    async def unannounced(self) -> list[Escalation]:
        pending = select(escalations).where(
            or_(
                escalations.c.announced_state.is_(None),
                escalations.c.announced_state != escalations.c.state,
                and_(escalations.c.brief_ts.is_(None), escalations.c.state != EscalationState.RESOLVED.value),
            )
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(pending.order_by(escalations.c.created_at))).all()
        return [_escalation(row) for row in rows]


def _escalation(row: Row[Any]) -> Escalation:
    told = EscalationState(row.announced_state) if row.announced_state else None
    return Escalation(**(dict(row._mapping) | {"state": EscalationState(row.state), "announced_state": told}))
