"""The outbox: what is to be told outside, claimed one at a time and in order by whichever process is there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.human_path import Escalation, Transition
from bot.desk.outgoing import Delivery, Event, GivenUp, Subscription, delivery_id, event_of
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.tables import outbox

_NOW: BindParameter[datetime] = bindparam("now")
_earlier = outbox.alias("earlier")
OPEN = and_(outbox.c.delivered_at.is_(None), outbox.c.gave_up_at.is_(None))
_FREE = and_(outbox.c.due_at <= _NOW, or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= _NOW))
_ITS_TURN = ~exists().where(
    _earlier.c.target == outbox.c.target,
    _earlier.c.recipient == outbox.c.recipient,
    _earlier.c.escalation_id == outbox.c.escalation_id,
    _earlier.c.number < outbox.c.number,
    _earlier.c.delivered_at.is_(None),
    _earlier.c.gave_up_at.is_(None),
)
_DUE = select(outbox.c.target, func.count()).where(OPEN, _FREE, _ITS_TURN).group_by(outbox.c.target)
# As a CTE: Postgres may run a subquery again for each row, and then takes more than the limit.
_NEXT = (
    select(outbox.c.id)
    .where(outbox.c.target == bindparam("of_target"), OPEN, _FREE, _ITS_TURN)
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
    .cte("next")
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.id.in_(select(_NEXT.c.id)))
    .values(attempts=outbox.c.attempts + 1, fence=outbox.c.fence + 1, lease_until=bindparam("until"))
    .returning(*outbox.c)
)


class SqlOutbox:
    """bot.desk.outgoing.Outbox over SQL. `subscriptions` say for whom an event is written."""

    def __init__(self, database: Database, clock: Clock, subscriptions: Sequence[Subscription] = ()) -> None:
        self._database = database
        self._clock = clock
        self._subscriptions = subscriptions

    async def record(self, connection: AsyncConnection, escalation: Escalation, transition: Transition) -> None:
        """Write a change of state to everybody who wants it, in the transaction that makes it."""
        now, event = self._clock(), event_of(escalation, transition)
        rows = [
            {
                "id": delivery_id(transition, one),
                "target": one.target,
                "recipient": one.recipient,
                "escalation_id": transition.escalation_id,
                "number": transition.number,
                "payload": event,
                "created_at": now,
                "since": now,
                "due_at": now,
            }
            for one in self._subscriptions
            if one.wants(escalation.desk, transition.move.value)
        ]
        if rows:
            await connection.execute(insert(outbox), rows)

    async def due(self) -> Mapping[str, int]:
        async with self._database.transaction() as connection:
            found = await connection.execute(_DUE, {"now": self._clock()})
            return {row[0]: row[1] for row in found}

    async def claim(self, target: str, limit: int, lease_s: float) -> list[Delivery]:
        now = self._clock()
        values = {"of_target": target, "most": limit, "now": now, "until": now + timedelta(seconds=lease_s)}
        async with self._database.transaction() as connection:
            return [_delivery(row) for row in await connection.execute(_CLAIM, values)]

    async def complete(self, delivery: Delivery, event: Event) -> bool:
        return await self._settle(delivery, payload=event)

    async def delivered(self, delivery: Delivery) -> bool:
        """What it said is not needed any more, and so not kept."""
        return await self._settle(delivery, delivered_at=self._clock(), payload={}, lease_until=None, last_error="")

    async def failed(self, delivery: Delivery, error: str, due_at: datetime) -> bool:
        return await self._settle(delivery, last_error=error, due_at=due_at, lease_until=None)

    async def give_up(self, delivery: Delivery, error: str) -> bool:
        return await self._settle(delivery, last_error=error, gave_up_at=self._clock(), lease_until=None)

    async def release(self, delivery: Delivery) -> bool:
        return await self._settle(delivery, lease_until=None)

    async def _settle(self, delivery: Delivery, **values: Any) -> bool:
        mine = outbox.c.id == delivery.id, outbox.c.fence == delivery.fence, OPEN
        async with self._database.transaction() as connection:
            return bool((await connection.execute(update(outbox).where(*mine).values(values))).rowcount)

    async def given_up(self, since: datetime) -> list[GivenUp]:
        at = outbox.c.gave_up_at
        found = (
            select(outbox.c.target, func.count(), func.min(at), func.max(at), func.max(outbox.c.last_error))
            .where(at > since)
            .group_by(outbox.c.target)
            .order_by(outbox.c.target)
        )
        async with self._database.transaction() as connection:
            return [GivenUp(*row) for row in await connection.execute(found)]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        target=row.target,
        recipient=row.recipient,
        escalation_id=row.escalation_id,
        number=row.number,
        event=row.payload,
        attempts=row.attempts,
        fence=row.fence,
        since=row.since,
    )
