"""The durable inbox: what was accepted, who works on it, how it ended (rules 1 to 3)."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.model import Accepted, Claimed, Outcome, incident_of
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.tables import inbox

_KNOWN = 5_000
_EVER = datetime(9000, 1, 1, tzinfo=UTC)
_OTHER = inbox.alias("other")
# A follow-up waits while another process answers its thread: in this process a lock does that.
_THREAD_TAKEN = exists().where(
    _OTHER.c.team == inbox.c.team,
    _OTHER.c.channel == inbox.c.channel,
    func.coalesce(_OTHER.c.thread_ts, _OTHER.c.ts) == func.coalesce(inbox.c.thread_ts, inbox.c.ts),
    _OTHER.c.outcome.is_(None),
    _OTHER.c.lease_until >= bindparam("now"),
    _OTHER.c.claimed_by != bindparam("holder"),
)
_FREE = (
    select(inbox.c.key)
    .where(
        inbox.c.outcome.is_(None),
        or_(inbox.c.lease_until.is_(None), inbox.c.lease_until < bindparam("now")),
        inbox.c.received_at < bindparam("before"),
        not_(_THREAD_TAKEN),
    )
    .order_by(inbox.c.received_at, inbox.c.ts)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("free")  # Postgres may run a subquery again for each row, and then takes more than the limit
)
# Built once: composing them takes longer than running them, and every question waits for both. What an insert returns
# says whether it was done: psycopg counts no rows of one.
_INSERT = {
    "sqlite": sqlite.insert(inbox).on_conflict_do_nothing().returning(inbox.c.key),
    "postgresql": postgresql.insert(inbox).on_conflict_do_nothing().returning(inbox.c.key),
}
_CLAIM = (
    update(inbox)
    .where(inbox.c.key.in_(select(_FREE.c.key)))
    .values(lease_until=bindparam("until"), claimed_by=bindparam("holder"), attempts=inbox.c.attempts + 1)
    .returning(*inbox.c)
)


class SqlInbox:
    """bot.desk.ports.Inbox over SQL. `holder`: who claims here; no two processes that run have the same."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[bool]]] = []
        self._storing: asyncio.Task[None] | None = None
        self._known: dict[
            str, None
        ] = {}  # keys that were stored, oldest first: they are not asked again, even once their rows are gone

    async def accept(self, item: Accepted) -> bool:
        """Those that come at once share a transaction, so a burst costs one flush of the disk."""
        if item.key in self._known:  # most messages come twice, as two event types
            return False
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((_row(item), stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_waiting())
        return await stored

    async def _store_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                new = await self._insert([row for row, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                for _, stored in batch:
                    if not stored.done():
                        stored.set_exception(error)
                continue
            self._known.update((row["key"], None) for row, _ in batch)
            while len(self._known) > _KNOWN:
                del self._known[next(iter(self._known))]
            for (_, stored), first in zip(batch, new, strict=True):
                if not stored.done():
                    stored.set_result(first)

    async def _insert(self, rows: list[dict[str, Any]]) -> list[bool]:
        new = [False] * len(rows)
        async with self._database.transaction(durable=True) as connection:
            insert = _INSERT[connection.dialect.name]
            # In one order everywhere: two processes that store the same keys would wait for each other.
            for place in sorted(range(len(rows)), key=lambda place: str(rows[place]["key"])):
                new[place] = await connection.scalar(insert, rows[place]) is not None
        return new

    async def claim(self, limit: int, lease_s: float, *, older_than: datetime | None = None) -> list[Claimed]:
        now = self._clock()
        until, before = now + timedelta(seconds=lease_s), older_than or _EVER
        values = {"now": now, "until": until, "before": before, "most": limit, "holder": self._holder}
        async with self._database.transaction() as connection:
            rows = (await connection.execute(_CLAIM, values)).all()
        claimed = [Claimed(_item(row), row.attempts, incident_of(row.key)) for row in rows]
        return sorted(claimed, key=lambda one: (one.item.received_at, one.item.ts))

    async def renew(self, keys: Collection[str], lease_s: float) -> set[str]:
        held = (
            update(inbox)
            .where(inbox.c.key.in_(keys), inbox.c.claimed_by == self._holder, inbox.c.outcome.is_(None))
            .values(lease_until=self._clock() + timedelta(seconds=lease_s))
            .returning(inbox.c.key)
        )
        async with self._database.transaction() as connection:
            return set((await connection.execute(held)).scalars())

    async def finish(self, key: str, outcome: Outcome) -> bool:
        return await self._close(key, outcome)

    async def withdraw(self, key: str) -> bool:
        return await self._close(key, Outcome.WITHDRAWN)

    async def _close(self, key: str, outcome: Outcome) -> bool:
        close = (
            update(inbox)
            .where(inbox.c.key == key, inbox.c.outcome.is_(None))
            .values(outcome=outcome.value, finished_at=self._clock(), lease_until=None)
        )
        async with self._database.transaction() as connection:
            return bool((await connection.execute(close)).rowcount)

    async def release(self, key: str) -> None:
        mine = update(inbox).where(inbox.c.key == key, inbox.c.claimed_by == self._holder)
        async with self._database.transaction() as connection:
            await connection.execute(mine.values(lease_until=None))

    async def release_all(self) -> None:
        mine = update(inbox).where(inbox.c.claimed_by == self._holder, inbox.c.outcome.is_(None))
        async with self._database.transaction() as connection:
            await connection.execute(mine.values(lease_until=None))

    async def amend(self, key: str, text: str) -> bool:
        amend = (
            update(inbox).where(inbox.c.key == key, inbox.c.outcome.is_(None), inbox.c.attempts == 0).values(text=text)
        )
        async with self._database.transaction() as connection:
            return bool((await connection.execute(amend)).rowcount)

    async def outcome(self, key: str) -> Outcome | None:
        async with self._database.transaction() as connection:
            value = await connection.scalar(select(inbox.c.outcome).where(inbox.c.key == key))
        return Outcome(value) if value else None

    async def has(self, key: str) -> bool:
        if key in self._known:
            return True
        async with self._database.transaction() as connection:
            return await connection.scalar(select(inbox.c.key).where(inbox.c.key == key)) is not None

    async def depth(self) -> int:
        """How many questions are not finished."""
        count = select(func.count()).select_from(inbox).where(inbox.c.outcome.is_(None))
        async with self._database.transaction() as connection:
            return int(await connection.scalar(count) or 0)


def _row(item: Accepted) -> dict[str, Any]:
    return {
        "key": item.key,
        "team": item.team,
        "channel": item.channel,
        "ts": item.ts,
        "thread_ts": item.thread_ts,
        "user_id": item.user,
        "kind": item.kind,
        "text": item.text,
        "payload": dict(item.payload),
        "received_at": item.received_at,
    }


def _item(row: Row[Any]) -> Accepted:
    return Accepted(
        key=row.key,
        team=row.team,
        channel=row.channel,
        ts=row.ts,
        thread_ts=row.thread_ts,
        user=row.user_id,
        kind=row.kind,
        text=row.text,
        payload=row.payload,
        received_at=row.received_at,
    )
