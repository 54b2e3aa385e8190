"""What is due of escalations, as rows: planned in the transaction of each move, claimed by one process at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, not_, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.due import Due, DueKey, DueKind, Plan, Planned
from bot.desk.human_path import OVER, Escalation, Transition
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.escalations import IS_OVER, escalation_of, transition_of
from bot.store.tables import due, escalation_events, escalations

_KEY = (due.c.escalation_id, due.c.kind, due.c.round)
_OPEN = due.c.done_at.is_(None)
_FREE = or_(due.c.lease_until.is_(None), due.c.lease_until <= bindparam("now"))
# As a CTE: Postgres may run a subquery again for each row, and then takes more than the limit.
_NEXT = (
    select(*_KEY)
    .where(_OPEN, _FREE, due.c.at <= bindparam("now"))
    .order_by(due.c.at, *_KEY)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next")
)
_CLAIM = (
    update(due)
    .where(tuple_(*_KEY).in_(select(*_NEXT.c)))
    .values(attempts=due.c.attempts + 1, fence=due.c.fence + 1, lease_until=bindparam("lease"))
    .returning(*due.c)
)


def nothing_is_due(*_: object) -> Sequence[Planned]:
    """The plan of a process that moves nothing."""
    return ()


class SqlDue:
    """bot.desk.due.DueRows over SQL. Whoever plans holds the escalation's row, so that no plan is of an earlier move
    than the one that is stored."""

    def __init__(self, database: Database, clock: Clock, plan: Plan) -> None:
        self._database = database
        self._clock = clock
        self._plan = plan

    async def record(self, connection: AsyncConnection, escalation: Escalation, transition: Transition) -> None:
        """Plan what the move makes due, and drop what it makes needless, in its own transaction."""
        await self._set(connection, escalation)

    async def claim(self, limit: int, lease_s: float) -> list[Due]:
        now = self._clock()
        values = {"most": limit, "now": now, "lease": now + timedelta(seconds=lease_s)}
        async with self._database.transaction() as connection:
            claimed = [_due(row) for row in await connection.execute(_CLAIM, values)]
        return sorted(claimed, key=lambda one: (one.at, one.escalation_id, one.key))

    async def renew(self, one: Due, lease_s: float) -> bool:
        return await self._hold(one, self._clock() + timedelta(seconds=lease_s))

    async def put_off(self, one: Due, until: datetime) -> None:
        await self._hold(one, until)

    async def _hold(self, one: Due, until: datetime) -> bool:
        held = update(due).where(*_still(one)).values(lease_until=until)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(held)).rowcount)

    async def complete(self, one: Due) -> None:
        done = update(due).where(*_still(one)).values(done_at=self._clock(), lease_until=None)
        async with self._database.transaction(durable=True) as connection:
            escalation = await _locked(connection, one.escalation_id)
            if escalation is None:  # forgotten, or too old to be kept
                await connection.execute(delete(due).where(due.c.escalation_id == one.escalation_id))
            elif (await connection.execute(done)).rowcount:
                await self._set(connection, escalation)

    async def set_severity(self, escalation_id: str, severity: int) -> None:
        other = escalations.c.severity.is_distinct_from(severity)
        known = update(escalations).where(escalations.c.id == escalation_id, other).values(severity=severity)
        async with self._database.transaction() as connection:
            row = (await connection.execute(known.returning(*escalations.c))).one_or_none()
            if row is not None:
                await self._set(connection, escalation_of(row))

    async def plan_all(self) -> None:
        async with self._database.transaction() as connection:
            going_on = (await connection.scalars(select(escalations.c.id).where(not_(IS_OVER)))).all()
        for escalation_id in going_on:
            async with self._database.transaction() as connection:
                escalation = await _locked(connection, escalation_id)
                if escalation is not None:
                    await self._set(connection, escalation)

    async def _set(self, connection: AsyncConnection, escalation: Escalation) -> None:
        mine = due.c.escalation_id == escalation.id
        if escalation.state in OVER:
            await connection.execute(delete(due).where(mine))
            return
        of_it = select(escalation_events).where(escalation_events.c.escalation_id == escalation.id)
        moves = (await connection.execute(of_it.order_by(escalation_events.c.number))).all()
        rows = {_key(row): row for row in await connection.execute(select(due).where(mine))}
        done = {key: row.done_at for key, row in rows.items() if row.done_at is not None}
        wanted = self._plan(escalation, [transition_of(row) for row in moves], done)
        if needless := rows.keys() - done.keys() - {one.key for one in wanted}:
            gone = tuple_(due.c.kind, due.c.round).in_([(key.kind.value, key.round) for key in needless])
            await connection.execute(delete(due).where(mine, gone))
        for one in wanted:
            row = rows.get(one.key)
            if row is None or (row.done_at is None and (row.at, row.until) != (one.at, one.until)):
                await _put(connection, escalation.id, one)


async def _put(connection: AsyncConnection, escalation_id: str, one: Planned) -> None:
    """Where it is there already, at another time: whoever has claimed it for the time before finds that it has not."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    key = {"escalation_id": escalation_id, "kind": one.key.kind.value, "round": one.key.round}
    moved = {"at": one.at, "until": one.until}
    anew = {"lease_until": None, "fence": due.c.fence + 1}
    statement = insert(due).values(key | moved)
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=moved | anew))


async def _locked(connection: AsyncConnection, escalation_id: str) -> Escalation | None:
    """As it stands, and stays while the transaction lasts."""
    row = (
        await connection.execute(select(escalations).where(escalations.c.id == escalation_id).with_for_update())
    ).one_or_none()
    return escalation_of(row) if row else None


def _still(one: Due) -> tuple[ColumnElement[bool], ...]:
    """It is to be done, and this claim of it is the latest."""
    key = (due.c.kind == one.key.kind.value, due.c.round == one.key.round)
    return due.c.escalation_id == one.escalation_id, *key, due.c.fence == one.fence, _OPEN


def _key(row: Row[Any]) -> DueKey:
    return DueKey(DueKind(row.kind), row.round)


def _due(row: Row[Any]) -> Due:
    return Due(row.escalation_id, _key(row), row.at, row.until, row.attempts, row.fence)
