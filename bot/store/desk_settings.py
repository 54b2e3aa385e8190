"""What admins set in Slack, and what App Home counts, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from sqlalchemy import and_, case, delete, func, not_, or_, select

from bot.desk.desk_settings import ChannelSetting, DayNumbers, Mode, Pause, SetInSlack
from bot.desk.model import Outcome
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.records import put
from bot.store.spending import spending
from bot.store.tables import answers, channel_settings, inbox, pauses


class SqlDeskSettings:
    """bot.desk.ports.DeskSettings over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, team: str) -> SetInSlack:
        async with self._database.transaction() as connection:
            rows = (await connection.execute(select(channel_settings).where(channel_settings.c.team == team))).all()
            paused = (await connection.execute(select(pauses).where(pauses.c.team == team))).one_or_none()
        channels = {
            row.channel: ChannelSetting(row.channel, Mode(row.mode), row.desk, row.changed_by, row.changed_at)
            for row in rows
        }
        return SetInSlack(channels, Pause(paused.since, paused.by) if paused else None)

    async def set_channel(self, team: str, setting: ChannelSetting) -> None:
        row = {
            "team": team,
            "channel": setting.channel,
            "mode": setting.mode.value,
            "desk": setting.desk,
            "changed_by": setting.changed_by,
            "changed_at": setting.changed_at,
        }
        async with self._database.transaction(durable=True) as connection:
            await put(connection, channel_settings, row, replace=True)

    async def pause(self, team: str, by: str) -> None:
        row = {"team": team, "since": self._clock(), "by": by}
        async with self._database.transaction(durable=True) as connection:
            await put(connection, pauses, row, replace=False)  # since the first press

    async def resume(self, team: str) -> None:
        async with self._database.transaction(durable=True) as connection:
            await connection.execute(delete(pauses).where(pauses.c.team == team))

    async def paused(self) -> Sequence[Pause]:
        """Of every workspace."""
        async with self._database.transaction() as connection:
            rows = (await connection.execute(select(pauses))).all()
        return [Pause(row.since, row.by) for row in rows]


class SqlNumbers:
    """bot.desk.ports.Numbers over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def between(self, team: str, begin: datetime, end: datetime) -> DayNumbers:
        said = inbox.c.outcome.in_([Outcome.ANSWERED.value, Outcome.ESCALATED.value])
        of_day = and_(
            inbox.c.team == team,
            inbox.c.received_at >= begin,
            inbox.c.received_at < end,
            or_(not_(inbox.c.unasked), said),  # of what nobody asked the desk the rest was left unsaid
        )
        counts = select(inbox.c.outcome, func.count()).where(of_day).group_by(inbox.c.outcome)
        took = select(inbox.c.received_at, inbox.c.finished_at).where(
            of_day, inbox.c.outcome == Outcome.ANSWERED.value, inbox.c.finished_at.is_not(None)
        )
        unpriced = case((and_(answers.c.cost_usd.is_(None), answers.c.model.is_not(None)), 1), else_=0)
        by_answers = select(func.sum(answers.c.cost_usd), func.sum(unpriced)).where(
            answers.c.team == team, answers.c.created_at >= begin, answers.c.created_at < end
        )
        unknown = case((spending.c.cost_usd.is_(None), 1), else_=0)
        beside = select(func.sum(spending.c.cost_usd), func.sum(unknown)).where(
            spending.c.at >= begin, spending.c.at < end
        )
        async with self._database.transaction() as connection:
            outcomes = {outcome or "open": count for outcome, count in (await connection.execute(counts)).all()}
            seconds = [(end - begin).total_seconds() for begin, end in (await connection.execute(took)).all()]
            spent = [(await connection.execute(one)).one() for one in (by_answers, beside)]
        middle = median(seconds) if seconds else None
        known = [dollars for dollars, _ in spent if dollars is not None]
        without_price = sum(int(count or 0) for _, count in spent)
        return DayNumbers(sum(outcomes.values()), outcomes, middle, sum(known) if known else None, without_price)
