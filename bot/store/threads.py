"""Threads: in which the desk takes part, and in which it is to be quiet."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Table, and_, exists, func, not_, or_, select, update

from bot.desk.desk_settings import RecentThread
from bot.desk.human_path import HELPING, QUIET
from bot.desk.model import Exchange, Outcome, ThreadState
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.escalations import is_helping
from bot.store.records import ASKED_THERE, put
from bot.store.tables import answers, escalation_events, escalations, hushed, inbox, threads

_SAID = (Outcome.ANSWERED.value, Outcome.ESCALATED.value)


def _same_place(one: Table, other: Table = threads) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in ("team", "channel", "thread_ts")))


class SqlThreads:
    """bot.desk.ports.Threads over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def join(self, team: str, channel: str, thread_ts: str, desk: str) -> None:
        row = {"team": team, "channel": channel, "thread_ts": thread_ts, "desk": desk, "joined_at": self._clock()}
        async with self._database.transaction() as connection:
            await put(connection, threads, row, replace=False)

    async def state(self, team: str, channel: str, thread_ts: str) -> ThreadState:
        same_thread = and_(
            escalations.c.team == threads.c.team,
            escalations.c.channel == threads.c.channel,
            escalations.c.thread_ts == threads.c.thread_ts,
            is_helping(),
        )
        known = (
            select(threads.c.desk, escalations.c.id, escalations.c.state, hushed.c.at)
            .outerjoin(escalations, same_thread)
            .outerjoin(hushed, and_(_same_place(hushed), hushed.c.until.is_(None)))
            .where(threads.c.team == team, threads.c.channel == channel, threads.c.thread_ts == thread_ts)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(known)).one_or_none()
        if row is None:
            return ThreadState()
        quiet = row.state in [state.value for state in QUIET]
        return ThreadState(True, row.desk, row.id, quiet=quiet, hushed=row.at is not None)

    async def exchange(self, team: str, channel: str, thread_ts: str, user: str, ts: str) -> Exchange | None:
        here = (inbox.c.team == team, inbox.c.channel == channel, inbox.c.user_id == user, inbox.c.ts < ts)
        put_to_us = or_(not_(inbox.c.unasked), inbox.c.outcome.in_(_SAID), inbox.c.ts == thread_ts)
        in_thread = and_(threads.c.team == team, threads.c.channel == channel, threads.c.thread_ts == thread_ts)
        last = (
            select(answers.c.text, (threads.c.people_ts > inbox.c.ts).label("people_since"))
            .select_from(inbox)
            .outerjoin(answers, answers.c.key == inbox.c.key)
            .outerjoin(threads, in_thread)
            .where(*here, put_to_us, or_(inbox.c.thread_ts == thread_ts, inbox.c.ts == thread_ts))
            .order_by(inbox.c.ts.desc())
            .limit(1)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(last)).one_or_none()
        return None if row is None else Exchange(row.text or "", bool(row.people_since))

    async def people_spoke(self, team: str, channel: str, thread_ts: str, ts: str) -> None:
        in_thread = and_(threads.c.team == team, threads.c.channel == channel, threads.c.thread_ts == thread_ts)
        later = in_thread, func.coalesce(threads.c.people_ts, "") < ts
        async with self._database.transaction() as connection:
            await connection.execute(update(threads).where(*later).values(people_ts=ts))

    async def hush(self, team: str, channel: str, thread_ts: str, by: str) -> None:
        row = {"team": team, "channel": channel, "thread_ts": thread_ts, "by": by, "at": self._clock(), "until": None}
        async with self._database.transaction(durable=True) as connection:
            await put(connection, hushed, row, replace=True)

    async def wake(self, team: str, channel: str, thread_ts: str, at: datetime) -> bool:
        here = (hushed.c.team == team, hushed.c.channel == channel, hushed.c.thread_ts == thread_ts)
        silent = and_(*here, hushed.c.at <= at, hushed.c.until.is_(None))
        async with self._database.transaction() as connection:
            return bool((await connection.execute(update(hushed).where(silent).values(until=at))).rowcount)

    async def recent(self, team: str, channel: str, since: datetime, limit: int) -> Sequence[RecentThread]:
        here = and_(answers.c.team == team, answers.c.channel == channel, answers.c.created_at >= since, ASKED_THERE)
        latest = (
            select(answers.c.thread_ts, func.max(answers.c.created_at).label("at"))
            .where(here, answers.c.text != "")
            .group_by(answers.c.thread_ts)
            .subquery()
        )
        awake = (
            select(answers.c.thread_ts, answers.c.question, answers.c.created_at)
            .join(latest, and_(answers.c.thread_ts == latest.c.thread_ts, answers.c.created_at == latest.c.at))
            .outerjoin(hushed, and_(_same_place(hushed, answers), hushed.c.until.is_(None)))
            .where(here, hushed.c.at.is_(None))
            .order_by(answers.c.created_at.desc())
            .limit(limit)
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(awake)).all()
        return [RecentThread(row.thread_ts, row.question, row.created_at) for row in rows]

    async def took_part(self, team: str, channel: str, thread_ts: str, ts: str) -> bool:
        at = datetime.fromtimestamp(float(ts), UTC)
        # What nobody put to the desk counts once it has said something.
        put_to_us = or_(not_(inbox.c.unasked), inbox.c.outcome.in_(_SAID))
        here = (inbox.c.team == team, inbox.c.channel == channel, inbox.c.ts < ts, put_to_us)
        asked = exists().where(*here, (inbox.c.thread_ts == thread_ts) | (inbox.c.ts == thread_ts))
        helped = _was_helped(team, channel, thread_ts, at)
        silent = exists().where(
            hushed.c.team == team,
            hushed.c.channel == channel,
            hushed.c.thread_ts == thread_ts,
            hushed.c.at <= at,
            or_(hushed.c.until.is_(None), hushed.c.until > at),
        )
        async with self._database.transaction() as connection:
            return bool(await connection.scalar(select(and_(asked, not_(helped), not_(silent)))))


def _was_helped(team: str, channel: str, thread_ts: str, at: datetime) -> ColumnElement[bool]:
    """Whether a human had been asked for in the thread at that time, and has done with it since."""
    last, later = escalation_events.alias("last"), escalation_events.alias("later")
    same = later.c.escalation_id == last.c.escalation_id
    return (
        exists()
        .where(escalations.c.team == team, escalations.c.channel == channel, escalations.c.thread_ts == thread_ts)
        .where(not_(is_helping()), last.c.escalation_id == escalations.c.id, last.c.at <= at)
        .where(last.c.after.in_([state.value for state in HELPING]))
        # At the very moment of the move that ended it, it still was one.
        .where(not_(exists().where(same, later.c.number > last.c.number, later.c.at < at)))
    )
