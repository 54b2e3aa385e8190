"""Escalations with all their moves, for whoever looks at them from outside."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, not_, or_, select, true

from bot.desk.human_path import Escalation, Transition
from bot.desk.triage import TriageRecord
from bot.store.database import Database
from bot.store.escalations import IS_OVER, escalation_of, transition_of
from bot.store.tables import answers, escalation_events, escalations
from bot.store.triages import record_of, triages

_PAGE = 200  # escalations of a transaction: a running `serve` stores questions in between


class Logged(NamedTuple):
    """`triage`: of the complaints in its thread the gravest."""

    escalation: Escalation
    moves: tuple[Transition, ...]
    triage: TriageRecord | None = None


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
            triaged = {row.escalation_id: record_of(row) for row in await connection.execute(_triages_of(rows))}
        return [Logged(escalation_of(row), tuple(moves.get(row.id, ())), triaged.get(row.id)) for row in rows]


def _triages_of(rows: Sequence[Row[Any]]) -> Select[Any]:
    """The gravest of each last, and of those the latest."""
    same = and_(*(answers.c[name] == escalations.c[name] for name in ("team", "channel", "thread_ts")))
    return (
        select(escalations.c.id.label("escalation_id"), triages)
        .join(answers, same)
        .join(triages, triages.c.key == answers.c.key)
        .where(escalations.c.id.in_([row.id for row in rows]), triages.c.severity.is_not(None))
        .order_by(triages.c.severity, triages.c.wanted_at)
    )
