"""Escalations with all their moves, for whoever looks at them from outside."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, not_, or_, select, true

from bot.desk.human_path import Escalation, Transition
from bot.store.database import Database
from bot.store.escalations import IS_OVER, escalation_of, transition_of
from bot.store.tables import escalation_events, escalations

_PAGE = 200  # escalations of a transaction: a running `serve` stores questions in between


class Logged(NamedTuple):
    escalation: Escalation
    moves: tuple[Transition, ...]


class SqlEscalationLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, *, over: bool, since: datetime | None = None) -> AsyncIterator[Logged]:
        """The oldest first; `over`: also what is over; `since`: only what was called then or later. What moves while it
        is read is as it was, or as it is. Raises StoreUnavailable."""
        recent = true() if since is None else escalations.c.created_at >= since
        wanted = and_(true() if over else not_(IS_OVER), recent)
        after: tuple[datetime, str] | None = None
        while page := await self._page(wanted, after):
            for one in page:
                yield one
            last = page[-1].escalation
            after = (last.created_at, last.id)

    async def _page(self, wanted: ColumnElement[bool], after: tuple[datetime, str] | None) -> list[Logged]:
        at, its_id = escalations.c.created_at, escalations.c.id
        later = true() if after is None else or_(at > after[0], and_(at == after[0], its_id > after[1]))
        some = select(escalations).where(wanted, later).order_by(at, its_id).limit(_PAGE)
        moves: dict[str, list[Transition]] = {}
        async with self._database.transaction() as connection:
            rows = (await connection.execute(some)).all()
            of_them = escalation_events.c.escalation_id.in_([row.id for row in rows])
            events = select(escalation_events).where(of_them).order_by(escalation_events.c.number)
            for move in map(transition_of, await connection.execute(events)):
                moves.setdefault(move.escalation_id, []).append(move)
        return [Logged(escalation_of(row), tuple(moves.get(row.id, ()))) for row in rows]
