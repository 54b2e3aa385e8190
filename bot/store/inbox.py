"""The durable inbox: what was accepted, who works on it, how it ended (rules 1 to 3)."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningUpdate

from bot.desk.model import Accepted, Allowance, Claimed, Limited, Outcome, incident_of
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.queueing import CLAIM, CLAIM_STUCK, LATELY, admitted
from bot.store.tables import answers, inbox

Conditions = tuple[ColumnElement[bool], ...]
_KNOWN = 5_000
_UNSAID = (Outcome.ABSTAINED.value, Outcome.ASKED.value, Outcome.FAILED.value)
# What an insert returns says whether it was done: psycopg counts no rows of one.
_INSERT = {
    "sqlite": sqlite.insert(inbox).on_conflict_do_nothing().returning(inbox.c.key),
    "postgresql": postgresql.insert(inbox).on_conflict_do_nothing().returning(inbox.c.key),
}


class SqlInbox:
    """bot.desk.ports.Inbox over SQL. `holder`: who claims here; no two processes that run have the same."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        self._waiting: list[tuple[dict[str, Any], Allowance | None, asyncio.Future[bool]]] = []
        self._arriving: dict[str, asyncio.Future[bool]] = {}
        self._storing: asyncio.Task[None] | None = None
        # Keys that were stored, oldest first, and whether unasked: they are not asked again, even once their rows are
        # gone.
        self._known: dict[str, bool] = {}

    async def accept(self, item: Accepted, allowance: Allowance | None = None) -> bool:
        """Those that come at once share a transaction, so a burst costs one flush of the disk."""
        known_unasked = self._known.get(item.key)
        if known_unasked is False or (known_unasked and item.unasked):  # most messages come twice, as two event types
            return False
        if (first := self._arriving.get(item.key)) is not None:  # and most of these at once
            await asyncio.shield(first)
            return False
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._arriving[item.key] = stored
        self._waiting.append((_row(item, self._clock()), allowance, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_waiting())
        try:
            return await asyncio.shield(stored)  # others may wait for it, too
        finally:
            self._arriving.pop(item.key, None)

    async def _store_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                new = await self._insert([(row, allowance) for row, allowance, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                for _, _, stored in batch:
                    if not stored.done():
                        stored.set_exception(error)
                continue
            self._known.update((row["key"], row["unasked"]) for row, _, _ in batch)
            while len(self._known) > _KNOWN:
                del self._known[next(iter(self._known))]
            for (_, _, stored), first in zip(batch, new, strict=True):
                if not stored.done():
                    stored.set_result(first)

    async def _insert(self, rows: list[tuple[dict[str, Any], Allowance | None]]) -> list[bool]:
        new = [False] * len(rows)
        async with self._database.transaction(durable=True) as connection:
            insert = _INSERT[connection.dialect.name]
            # In one order everywhere: two processes that store the same keys would wait for each other.
            for place in sorted(range(len(rows)), key=lambda place: str(rows[place][0]["key"])):
                row, allowance = rows[place]
                held = await admitted(connection, row, allowance) if allowance else {}
                new[place] = await connection.scalar(insert, {**row, **held}) is not None
                if not (new[place] or row["unasked"]):
                    new[place] = await connection.scalar(_reopened({**row, **held})) is not None
        return new

    async def claim(self, limit: int, lease_s: float, *, older_than: datetime | None = None) -> list[Claimed]:
        now = self._clock()
        until, lately = now + timedelta(seconds=lease_s), now - LATELY
        values = {"now": now, "lately": lately, "until": until, "most": limit, "holder": self._holder}
        async with self._database.transaction() as connection:
            rows = (await connection.execute(CLAIM, values)).all()
        claimed = [Claimed(_item(row), row.attempts, incident_of(row.key)) for row in rows]
        return sorted(claimed, key=lambda one: (one.item.received_at, one.item.ts))

    async def claim_stuck(self, limit: int, lease_s: float, before: datetime) -> list[Accepted]:
        now = self._clock()
        until = now + timedelta(seconds=lease_s)
        values = {"now": now, "before": before, "until": until, "most": limit, "holder": self._holder}
        async with self._database.transaction() as connection:
            rows = (await connection.execute(CLAIM_STUCK, values)).all()
        return sorted((_item(row) for row in rows), key=lambda one: (one.received_at, one.ts))

    async def limited(self) -> list[Limited]:
        waiting = select(inbox).where(inbox.c.limited.is_not(None), inbox.c.outcome.is_(None))
        async with self._database.transaction() as connection:
            rows = (await connection.execute(waiting.order_by(inbox.c.received_at, inbox.c.ts))).all()
        return [Limited(_item(row), row.limited, row.due_at, row.refused) for row in rows]

    async def limit_told(self, key: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(inbox).where(inbox.c.key == key).values(limited=None))

    async def by_bots_lately(self, item: Accepted, since: datetime) -> int:
        channel = (inbox.c.team == item.team, inbox.c.channel == item.channel)
        root = item.thread_ts or item.ts
        thread = (*channel, or_(inbox.c.thread_ts == root, inbox.c.ts == root))
        own = (*channel, inbox.c.user_id == item.user, inbox.c.received_at >= since)
        async with self._database.transaction() as connection:
            in_thread = await connection.scalar(_bots_between(thread, thread, item.ts))
            in_channel = await connection.scalar(_bots_between(own, channel, item.ts))
        return max(int(in_thread or 0), int(in_channel or 0))

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
            closed = bool((await connection.execute(close)).rowcount)
            if outcome is Outcome.WITHDRAWN:  # what its writer took back is kept nowhere, answered or not
                await connection.execute(update(inbox).where(inbox.c.key == key).values(text="", payload={}))
                asked = update(answers).where(answers.c.key == key)
                await connection.execute(asked.values(question="", searched=""))
        return closed

    async def release(self, key: str, *, outage: bool = False) -> None:
        mine = update(inbox).where(inbox.c.key == key, inbox.c.claimed_by == self._holder)
        if outage:
            mine = mine.values(attempts=case((inbox.c.attempts > 1, inbox.c.attempts - 1), else_=inbox.c.attempts))
        async with self._database.transaction() as connection:
            await connection.execute(mine.values(lease_until=None))

    async def release_all(self) -> None:
        mine = update(inbox).where(inbox.c.claimed_by == self._holder, inbox.c.outcome.is_(None))
        async with self._database.transaction() as connection:
            await connection.execute(mine.values(lease_until=None))

    async def amend(self, key: str, text: str, since: datetime) -> bool:
        in_time = or_(inbox.c.attempts == 0, inbox.c.received_at > since)
        amend = update(inbox).where(inbox.c.key == key, inbox.c.outcome.is_(None), in_time).values(text=text)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(amend)).rowcount)

    async def text(self, key: str) -> str | None:
        kept = select(inbox.c.text).where(
            inbox.c.key == key, func.coalesce(inbox.c.outcome, "") != Outcome.WITHDRAWN.value
        )
        async with self._database.transaction() as connection:
            value: str | None = await connection.scalar(kept)
        return value

    async def unasked(self, key: str) -> bool:
        async with self._database.transaction() as connection:
            return bool(await connection.scalar(select(inbox.c.unasked).where(inbox.c.key == key)))

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


def _reopened(row: dict[str, Any]) -> ReturningUpdate[Any]:
    """The row of a question that was left unsaid, or may yet be, because nobody had put it to the desk: now somebody
    does, by an edit. Whoever works on it keeps it and learns of that before they leave it."""
    left = or_(inbox.c.outcome.is_(None), inbox.c.outcome.in_(_UNSAID))
    asked = {name: row[name] for name in ("text", "payload", "received_at", "due_at", "limited", "refused")}
    attempts = case((inbox.c.outcome.is_(None), inbox.c.attempts), else_=0)
    afresh = {"unasked": False, "outcome": None, "finished_at": None, "attempts": attempts}
    return (
        update(inbox)
        .where(inbox.c.key == row["key"], inbox.c.unasked, left)
        .values(**asked, **afresh)
        .returning(inbox.c.key)
    )


def _bots_between(bots: Conditions, people: Conditions, ts: str) -> Select[Any]:
    """How many bots' questions, since a person's last one before that time until a person's next one: in whatever order
    they are accepted, the count is the same."""
    by_person = select(inbox.c.ts).where(*people, not_(inbox.c.by_bot))
    later = by_person.where(inbox.c.ts > ts).order_by(inbox.c.ts).limit(1).scalar_subquery()
    earlier = by_person.where(inbox.c.ts < ts).order_by(inbox.c.ts.desc()).limit(1).scalar_subquery()
    between = (inbox.c.ts > func.coalesce(earlier, ""), or_(later.is_(None), inbox.c.ts < later))
    return select(func.count()).select_from(inbox).where(*bots, inbox.c.by_bot, *between)


def _row(item: Accepted, now: datetime) -> dict[str, Any]:
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
        "unasked": item.unasked,
        "received_at": item.received_at,
        "by_bot": item.by_bot,
        "due_at": min(item.received_at, now),
        "limited": None,
        "refused": False,
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
        unasked=row.unasked,
        by_bot=row.by_bot,
    )
