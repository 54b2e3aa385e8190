"""Deletes what is older than `retention_days`, once a day and by one process, a few hundred rows at a time."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Table, delete, exists, func, literal, not_, select, tuple_

from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.escalations import is_helping
from bot.store.learning_forgetting import old_learnings
from bot.store.leases import SqlLeases
from bot.store.spending import spending
from bot.store.tables import answers, escalation_events, escalations, feedback, inbox, outbox, posts, shares
from bot.store.triages import triages

log = logging.getLogger(__name__)
BATCH = 500  # rows of a transaction: questions are stored in between
EVERY = timedelta(days=1)
_NAME, _LEASE_S = "retention", 120.0
_PRIVATE = ":private"  # what stands after a question's key where its private part is recorded


class SqlRetention:
    """An escalation that is not resolved keeps its question and its answer, however old."""

    def __init__(self, database: Database, leases: SqlLeases, clock: Clock) -> None:
        self._database = database
        self._leases = leases
        self._clock = clock

    async def run_if_due(self, days: int) -> Mapping[str, int] | None:
        """Rows that were deleted, by table; None: it was done within a day, or another process does it now. Raises
        StoreUnavailable: what was deleted stays so, and the rest is when it is called again."""
        if not await self._leases.take(_NAME, _LEASE_S):
            return None
        began = self._clock()
        deleted: dict[str, int] = {}
        for table, old in _old(began - timedelta(days=days)):
            deleted[table.name] = 0
            while count := await self._delete(table, old):
                deleted[table.name] += count
                if not await self._leases.renew(_NAME, _LEASE_S):
                    log.warning("another process deletes what is old; this one leaves it to that")
                    return deleted
        await self._leases.give_back(_NAME, began + EVERY)
        return deleted

    async def _delete(self, table: Table, old: Select[tuple[object, ...]]) -> int:
        some = old.limit(BATCH).cte("some")
        async with self._database.transaction() as connection:
            keys = tuple_(*table.primary_key)
            # Counted by what it returns: SQLite counts no rows of a statement that begins with WITH.
            gone = delete(table).where(keys.in_(select(*some.c))).returning(*table.primary_key)
            return len((await connection.execute(gone)).all())


def _old(before: datetime) -> list[tuple[Table, Select[tuple[object, ...]]]]:
    """Each table with the primary keys of what goes, in the order in which it goes: what is of an answer, then it."""
    return [
        (feedback, _keys(feedback).where(feedback.c.at < before, _unwanted(feedback.c.answer_key))),
        (posts, _keys(posts).where(posts.c.started_at < before, _closed(posts.c.key), _unwanted(posts.c.key))),
        (triages, _keys(triages).where(triages.c.wanted_at < before, _unwanted(triages.c.key))),
        (shares, _keys(shares).where(shares.c.at < before)),
        (
            answers,
            _keys(answers).where(answers.c.created_at < before, _closed(answers.c.key), _unwanted(answers.c.key)),
        ),
        (
            inbox,
            _keys(inbox).where(inbox.c.received_at < before, inbox.c.outcome.is_not(None), _unwanted(inbox.c.key)),
        ),
        (outbox, _keys(outbox).where(func.coalesce(outbox.c.delivered_at, outbox.c.gave_up_at) < before)),
        (
            escalation_events,
            _keys(escalation_events).where(
                exists().where(escalations.c.id == escalation_events.c.escalation_id, *_settled(before))
            ),
        ),
        (escalations, _keys(escalations).where(*_settled(before))),
        (spending, _keys(spending).where(spending.c.at < before)),
        *old_learnings(before),
    ]


def _keys(table: Table) -> Select[tuple[object, ...]]:
    return select(*table.primary_key)


def _settled(before: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return not_(is_helping()), func.coalesce(escalations.c.changed_at, escalations.c.created_at) < before


def _unwanted(key: ColumnElement[str]) -> ColumnElement[bool]:
    """No human is still at work on it."""
    open_one = exists().where(escalations.c.answer_key == key, is_helping())
    return not_(open_one)


def _closed(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Nobody will look for it to finish an answer; `key` may be that of its private part."""
    question = inbox.alias("question")
    asked = (question.c.key == key) | (question.c.key + literal(_PRIVATE) == key)
    return not_(exists().where(asked, question.c.outcome.is_(None)))
