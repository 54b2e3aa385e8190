"""The outbox as an operator sees it: what waits, what was given up, and trying it again."""

from collections.abc import Collection, Mapping

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.outgoing import OutboxEntry, OutboxFigures, people_in, without
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.outbox import OPEN
from bot.store.tables import outbox

_GIVEN_UP = outbox.c.gave_up_at.is_not(None)
_FIGURES = (
    select(
        outbox.c.target,
        func.sum(case((OPEN, 1), else_=0)),
        func.min(case((OPEN, outbox.c.created_at))),
        func.sum(case((_GIVEN_UP, 1), else_=0)),
    )
    .where(outbox.c.delivered_at.is_(None))
    .group_by(outbox.c.target)
)
_LISTED = select(
    outbox.c.id,
    outbox.c.target,
    outbox.c.escalation_id,
    outbox.c.number,
    outbox.c.created_at,
    case((OPEN, outbox.c.due_at)),
    outbox.c.attempts,
    outbox.c.last_error,
).where(outbox.c.delivered_at.is_(None))


class SqlOutboxUpkeep:
    """Raises StoreUnavailable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def undelivered(self) -> list[OutboxEntry]:
        """Everything that waits or was given up, the oldest first."""
        order = outbox.c.created_at, outbox.c.escalation_id, outbox.c.number, outbox.c.id
        async with self._database.transaction() as connection:
            return [OutboxEntry(*row) for row in await connection.execute(_LISTED.order_by(*order))]

    async def retry(self, ids: Collection[str] | None) -> int:
        """Make these due now, and those that were given up wait anew; None: all that failed. How many there were."""
        which = or_(_GIVEN_UP, outbox.c.last_error != "") if ids is None else outbox.c.id.in_(ids)
        now = self._clock()
        again = update(outbox).where(outbox.c.delivered_at.is_(None), which)
        async with self._database.transaction(durable=True) as connection:
            found = await connection.execute(again.values(gave_up_at=None, since=now, due_at=now, attempts=0))
        return found.rowcount

    async def figures(self) -> Mapping[str, OutboxFigures]:
        async with self._database.transaction() as connection:
            return {target: OutboxFigures(*row) for target, *row in await connection.execute(_FIGURES)}


async def forget_in_outbox(connection: AsyncConnection, identities: Collection[str]) -> int:
    """What waits is told without this person. Who is just telling it may not say that it is done: it is told again."""
    known = frozenset(identities)
    waiting = select(outbox.c.id, outbox.c.payload).where(outbox.c.delivered_at.is_(None))
    mine = [row for row in await connection.execute(waiting) if known & people_in(row.payload)]
    for row in mine:
        emptied = update(outbox).where(outbox.c.id == row.id)
        await connection.execute(emptied.values(payload=without(row.payload, known), fence=outbox.c.fence + 1))
    return len(mine)
