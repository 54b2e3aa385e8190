"""Whose turn it is, and when: the statements of the fair queue and of its limits. Built once: composing them takes
longer than running them, and every question waits for both."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.model import Allowance, LimitName
from bot.store.tables import inbox

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
LATELY = _MINUTE  # so long what an asker and a channel had counts against their next turn
# So many of the oldest are looked at, and of the latest that ended: to rank them all would take longer the more there
# are, and every answer waits for it. Limits see to it that nobody has all of these.
_SEEN = 400
_NOBODY_HAS_IT = or_(inbox.c.lease_until.is_(None), inbox.c.lease_until < bindparam("now"))
_DUE = and_(inbox.c.outcome.is_(None), not_(inbox.c.refused), inbox.c.due_at <= bindparam("now"))


def _rows(thread: ColumnElement[str], waits: ColumnElement[int]) -> Select[Any]:
    of = (inbox.c.key, inbox.c.team, inbox.c.channel, inbox.c.user_id, inbox.c.received_at, inbox.c.ts)
    return select(*of, thread.label("thread"), waits.label("waits")).limit(_SEEN)


_open = (
    _rows(func.coalesce(inbox.c.thread_ts, inbox.c.ts), case((_NOBODY_HAS_IT, 1), else_=0))
    .where(_DUE)
    .order_by(inbox.c.due_at)
    .subquery()
)
_ended = (
    _rows(inbox.c.key, literal_column("0"))  # nothing in its thread waits for it
    .where(inbox.c.finished_at > bindparam("lately"))
    .order_by(inbox.c.finished_at.desc())
    .subquery()
)
_due = union_all(select(_open), select(_ended)).subquery()


def _rank(rows: Subquery, *within: ColumnElement[Any]) -> ColumnElement[int]:
    """1 for the first of a group; what ended lately or is being answered goes before what waits."""
    order = (rows.c.waits, rows.c.received_at, rows.c.ts)
    return func.row_number().over(partition_by=(rows.c.team, *within), order_by=order)


_asked = select(
    _due,
    _rank(_due, _due.c.user_id).label("of_asker"),
    _rank(_due, _due.c.channel, _due.c.thread).label("of_thread"),
).subquery()
_turns = select(_asked, _rank(_asked, _asked.c.channel, _asked.c.of_asker).label("of_channel")).subquery()
# As CTEs: Postgres may run a subquery again for each row, and then takes more than the limit.
_NEXT = (
    select(inbox.c.key)
    .join(_turns, _turns.c.key == inbox.c.key)
    # Said again: a row that somebody has claimed since is looked at anew, the ranks are not.
    .where(_DUE, _NOBODY_HAS_IT, _turns.c.of_thread == 1)
    .order_by(_turns.c.of_asker, _turns.c.of_channel, inbox.c.received_at, inbox.c.ts)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=inbox)
    .cte("next")
)
_STUCK = (
    select(inbox.c.key)
    .where(
        inbox.c.outcome.is_(None),
        _NOBODY_HAS_IT,
        case((inbox.c.refused, inbox.c.received_at), else_=inbox.c.due_at) < bindparam("before"),
    )
    .order_by(inbox.c.received_at, inbox.c.ts)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("stuck")
)
_TAKEN: Mapping[str, BindParameter[Any]] = {"lease_until": bindparam("until"), "claimed_by": bindparam("holder")}
CLAIM = (
    update(inbox)
    .where(inbox.c.key.in_(select(_NEXT.c.key)))
    .values(attempts=inbox.c.attempts + 1, **_TAKEN)
    .returning(*inbox.c)
)
CLAIM_STUCK = update(inbox).where(inbox.c.key.in_(select(_STUCK.c.key))).values(_TAKEN).returning(*inbox.c)


def _nth_last(whose: ColumnElement[str], name: str, count: str) -> ScalarSelect[datetime]:
    """When the last question but so many of an asker, or of a channel, was or will be due."""
    mine = (inbox.c.team == bindparam("team"), whose == bindparam(name), not_(inbox.c.refused))
    due = select(inbox.c.due_at).where(*mine, inbox.c.due_at.is_not(None)).order_by(inbox.c.due_at.desc())
    return due.limit(1).offset(bindparam(count)).scalar_subquery()


_BEFORE = select(
    _nth_last(inbox.c.user_id, "user", "user_count"),
    _nth_last(inbox.c.user_id, "user", "day_count"),
    _nth_last(inbox.c.channel, "channel", "channel_count"),
)


async def admitted(connection: AsyncConnection, row: Mapping[str, Any], allowance: Allowance) -> Mapping[str, Any]:
    """The columns that say when this question may be worked on, by what was accepted before it. What replicas accept
    at the same moment does not count yet, so a limit may be overrun by as much."""
    counts = {
        "user_count": allowance.user_per_minute - 1,
        "day_count": allowance.user_per_day - 1,
        "channel_count": allowance.channel_per_minute - 1,
    }
    whose = {"team": row["team"], "user": row["user_id"], "channel": row["channel"]}
    minute, day, channel = (await connection.execute(_BEFORE, counts | whose)).one()
    now: datetime = row["due_at"]
    windows: tuple[tuple[LimitName, datetime | None, timedelta], ...] = (
        ("user", minute, _MINUTE),
        ("channel", channel, _MINUTE),
        ("day", day, _DAY),
    )
    again = {name: last + window for name, last, window in windows if last and last + window > now}
    if not again:
        return {}
    by = max(again, key=again.__getitem__)
    return {"due_at": again[by], "limited": by, "refused": again[by] - now > allowance.longest_delay}
