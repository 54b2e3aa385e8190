"""Questions that were not done justice to, and how a week went, read from what the store keeps anyway."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, not_, or_, select

from bot.desk.audience import EVERYONE
from bot.desk.gaps import RATED, CitedDocument, Unmet, WeekNumbers, Why
from bot.desk.human_path import HandoverReason
from bot.desk.model import Outcome, is_private
from bot.store.database import Database
from bot.store.tables import answers, escalations, feedback, inbox

# A rule of the desk calls a human beside a good answer: that is no sign of a lack.
_LACKING = tuple(
    reason.value for reason in (HandoverReason.ASKED, HandoverReason.ABSTAINED_TWICE, HandoverReason.FEEDBACK)
)
_TERMINAL = "cli"  # a question there was asked by an operator: nobody's secret


class SqlGaps:
    """bot.desk.gaps.UnmetQuestions over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unmet(self, begin: datetime, end: datetime, desk: str | None = None) -> list[Unmet]:
        found: dict[str, Row[Any]] = {}
        why: dict[str, set[Why]] = defaultdict(set)
        ratings: dict[str, list[str]] = defaultdict(list)
        async with self._database.transaction() as connection:
            for row in await connection.execute(_asked(begin, end, desk).where(_ABSTAINED)):
                found[row.key] = row
                why[row.key].add("abstained")
            for row in await connection.execute(_handed_over(begin, end, desk)):
                found[row.key] = row
                why[row.key].add("handed over")
            for row in await connection.execute(_rated(begin, end, desk)):
                found[row.key] = row
                why[row.key].add("rated")
                ratings[row.key] += [row.reason] if row.reason in RATED else []
        told = [_unmet(row, why[key], ratings[key]) for key, row in found.items()]
        return sorted(told, key=lambda one: (one.at, one.key))

    async def numbers(self, begin: datetime, end: datetime) -> WeekNumbers:
        received = and_(inbox.c.received_at >= begin, inbox.c.received_at < end)
        # What was answered though nobody asked the desk counts; what it passed over in silence does not.
        meant = or_(not_(inbox.c.unasked), inbox.c.outcome == Outcome.ANSWERED.value)
        counts = select(inbox.c.outcome, func.count()).where(received, meant).group_by(inbox.c.outcome)
        called = select(func.count()).where(escalations.c.created_at >= begin, escalations.c.created_at < end)
        verdicts = (
            select(feedback.c.verdict, func.count().label("times"))
            .where(feedback.c.at >= begin, feedback.c.at < end)
            .group_by(feedback.c.verdict)
        )
        async with self._database.transaction() as connection:
            outcomes = {outcome or "open": count for outcome, count in (await connection.execute(counts)).all()}
            handed_over = int(await connection.scalar(called) or 0)
            rated = {row.verdict: row.times for row in await connection.execute(verdicts)}
        outcomes.pop(Outcome.WITHDRAWN.value, None)
        return WeekNumbers(sum(outcomes.values()), outcomes, handed_over, rated.get("up", 0), rated.get("down", 0))


_ABSTAINED = answers.c.outcome == Outcome.ABSTAINED.value
_COLUMNS = (
    answers.c.key,
    answers.c.desk,
    answers.c.channel,
    answers.c.searched,
    answers.c.question,
    answers.c.asker,
    answers.c.created_at,
    answers.c.citations,
    answers.c.chunks,
    answers.c.readable,
    inbox.c.kind,
)


def _asked(begin: datetime, end: datetime, desk: str | None) -> Select[Any]:
    """Answers to what was searched for. With no text: it kept silent, where nobody had asked it."""
    found = (
        select(*_COLUMNS)
        .outerjoin(inbox, inbox.c.key == answers.c.key)
        .where(answers.c.created_at >= begin, answers.c.created_at < end)
        .where(answers.c.searched != "", answers.c.text != "", answers.c.outcome != Outcome.FAILED.value)
    )
    return found.where(answers.c.desk == desk) if desk else found


def _handed_over(begin: datetime, end: datetime, desk: str | None) -> Select[Any]:
    """Of each request for a human the last question in its thread before it: the request itself asks nothing."""
    later = answers.alias("later")
    same = (
        escalations.c.team == answers.c.team,
        escalations.c.channel == answers.c.channel,
        escalations.c.thread_ts == answers.c.thread_ts,
        escalations.c.created_at >= answers.c.created_at,
    )
    between = (
        select(later.c.key)
        .where(
            later.c.team == answers.c.team,
            later.c.channel == answers.c.channel,
            later.c.thread_ts == answers.c.thread_ts,
            later.c.created_at > answers.c.created_at,
            later.c.created_at <= escalations.c.created_at,
            later.c.searched != "",
            later.c.text != "",
        )
        .correlate(answers, escalations)
    )
    asked = _asked(begin, end, desk).join(escalations, and_(*same, escalations.c.reason.in_(_LACKING)))
    return asked.where(not_(between.exists()))


def _rated(begin: datetime, end: datetime, desk: str | None) -> Select[Any]:
    of_it = and_(feedback.c.answer_key == answers.c.key, feedback.c.verdict == "down")
    return _asked(begin, end, desk).join(feedback, of_it).add_columns(feedback.c.reason)


def _unmet(row: Row[Any], why: Iterable[Why], ratings: Iterable[str]) -> Unmet:
    return Unmet(
        key=row.key,
        desk=row.desk,
        text=row.searched,
        asker=row.asker,
        at=row.created_at,
        open=_is_open(row),
        why=frozenset(why),
        asked=row.question,
        cited=tuple(dict.fromkeys(_cited(row))),
        ratings=tuple(ratings),
    )


def _cited(row: Row[Any]) -> Iterator[CitedDocument]:
    """Each with the audience of the chunk that was quoted; where that was not kept, nobody's."""
    for one in row.citations:
        if one.get("title"):
            kept = row.chunks[one["passage"] : one["passage"] + 1]
            yield CitedDocument(str(one["title"]), tuple(kept[0].get("audience", ())) if kept else ())


def _is_open(row: Row[Any]) -> bool:
    """Whether everybody of the workspace could read it. A mention does not say whether its channel is private; what it
    was searched with does."""
    if row.channel == _TERMINAL:
        return True
    readable = row.readable or ()
    everybody = EVERYONE in readable and f"channel:{row.channel}" not in readable
    return row.kind == "channel" and everybody and not is_private(row.key)
