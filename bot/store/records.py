"""What the desk remembers besides the inbox: answers, posts, threads, feedback, escalations."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Executable, Row, Table, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.audience import OWNER
from bot.desk.courtesy import NOTED, courtesy
from bot.desk.model import (
    Answer,
    Citation,
    Outcome,
    Passage,
    Posted,
    Question,
    StoredAnswer,
    Turn,
    Verdict,
    is_private,
)
from bot.desk.ports import Clock
from bot.store.conversation import as_turns, said_before
from bot.store.database import Database
from bot.store.spending import spending
from bot.store.tables import answers, escalations, feedback, inbox, posts, presence

_MOMENTS = ("changed_at", "verified_at")  # of a citation, which is stored as JSON
_LOOKED_BACK = 8  # answers of a thread among which is what a human is called about
# Of the answers of a channel or thread, those to what was asked in it, and not in private about a message of it.
ASKED_THERE = answers.c.key.startswith(answers.c.team + ":" + answers.c.channel + ":")
_BEGUN = (Turn("asker", ""),)  # in a running conversation a short message is no riddle


async def put(connection: AsyncConnection, table: Table, row: dict[str, Any], *, replace: bool) -> bool:
    """Insert; where the primary key is there already, replace the row or leave it. Tells whether a row was written."""
    statement = _insert(connection.dialect.name, table, tuple(row), replace)
    return (await connection.execute(statement, row)).first() is not None


@cache
def _insert(dialect: str, table: Table, names: tuple[str, ...], replace: bool) -> Executable:
    """Built once: that takes longer than to run it."""
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    if replace:
        others = {name: insert.excluded[name] for name in names if name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=others)
    else:
        insert = insert.on_conflict_do_nothing()
    return insert.returning(*table.primary_key)


class SqlAnswers:
    """bot.desk.ports.Answers and Conversations: each answer with all that is needed to replay it (rule 10)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(self, question: Question, desk: str, answer: Answer) -> None:
        row = {
            "key": question.key,
            "team": question.place.team,
            "channel": question.place.channel,
            "thread_ts": question.thread_ts,
            "desk": desk,
            "asker": question.asker.user_id,
            "question": question.text,
            "searched": answer.searched,
            "outcome": answer.outcome.value,
            "text": answer.text,
            "notice": answer.notice,
            "citations": [_citation_row(citation) for citation in answer.citations],
            "chunks": [_chunk_row(passage) for passage in (answer.passages or answer.nearest)],
            "rejected": list(answer.rejected),
            "private": answer.private,
            "prompt_name": answer.prompt.name if answer.prompt else None,
            "prompt_version": answer.prompt.version if answer.prompt else None,
            "prompt_sha256": answer.prompt.sha256 if answer.prompt else None,
            "model": answer.model,
            "index_version": answer.index_version,
            "usage": asdict(answer.usage) if answer.usage else None,
            "cost_usd": answer.cost_usd,
            "timings_ms": dict(answer.timings_ms),
            "incident": answer.incident,
            "created_at": answer.answered_at or self._clock(),
            "sentences": [sentence.text for sentence in answer.sentences],
            "readable": answer.readable if answer.readable is None else list(answer.readable),
        }
        async with self._database.transaction() as connection:
            if await _is_wanted(connection, question.key):
                await put(connection, answers, row, replace=True)

    async def get(self, key: str) -> StoredAnswer | None:
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(answers).where(answers.c.key == key))).one_or_none()
        return stored_answer(row) if row else None

    async def subject(self, key: str) -> StoredAnswer | None:
        answer = await self.get(key)
        if answer is None or answer.outcome is not Outcome.ESCALATED:
            return answer
        call = answers.alias("call")
        place = [answers.c[name] == call.c[name] for name in ("team", "channel", "thread_ts", "asker")]
        before = (
            select(answers)
            .join(call, and_(call.c.key == key, answers.c.created_at < call.c.created_at, *place))
            .where(answers.c.outcome != Outcome.ESCALATED.value, answers.c.text != "")
            # What its asker was told in private, beside the thread, is nothing for the humans' channel (rule 6).
            .where(ASKED_THERE)
            .order_by(answers.c.created_at.desc())
            .limit(_LOOKED_BACK)
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(before)).all()
        return next((stored_answer(row) for row in rows if not _is_courtesy(row)), answer)

    async def asked_before(self, key: str) -> Sequence[str]:
        this = answers.alias("this")
        place = [answers.c[name] == this.c[name] for name in ("team", "channel", "thread_ts", "asker")]
        before = (
            select(answers.c.question)
            .join(this, and_(this.c.key == key, answers.c.created_at < this.c.created_at, *place))
            .where(ASKED_THERE)
            .order_by(answers.c.created_at.desc())
            .limit(_LOOKED_BACK)
        )
        async with self._database.transaction() as connection:
            return list(await connection.scalars(before))[::-1]

    async def outcomes(self, question: Question, limit: int) -> Sequence[Outcome]:
        moved = func.coalesce(escalations.c.changed_at, escalations.c.created_at)
        dealt_with = select(escalations.c.id).where(*_in_thread(escalations, question), moved >= answers.c.created_at)
        ended = (
            select(answers.c.outcome)
            .where(*_in_thread(answers, question), answers.c.key != question.key, answers.c.text != "", ASKED_THERE)
            .where(~dealt_with.correlate(answers).exists())
            .order_by(answers.c.created_at.desc())
            .limit(limit)
        )
        async with self._database.transaction() as connection:
            return [Outcome(outcome) for outcome in await connection.scalars(ended)]

    async def spent_since(self, at: datetime) -> float:
        """Dollars, of the answers and other calls whose price is known."""
        by_answers = select(func.coalesce(func.sum(answers.c.cost_usd), 0.0)).where(answers.c.created_at >= at)
        beside = select(func.coalesce(func.sum(spending.c.cost_usd), 0.0)).where(spending.c.at >= at)
        async with self._database.transaction() as connection:
            spent = await connection.scalar(select(by_answers.scalar_subquery() + beside.scalar_subquery()))
        return float(spent or 0.0)

    async def turns(self, question: Question) -> Sequence[Turn]:
        before = said_before(question)
        if before is None:
            return ()
        async with self._database.transaction() as connection:
            return as_turns((await connection.execute(before)).all())


def _is_courtesy(row: Row[Any]) -> bool:
    """Nobody is called about thanks or a greeting."""
    asked = row.outcome == Outcome.ASKED.value
    return asked and (row.text == NOTED or courtesy(row.question, len(row.question), _BEGUN) is not None)


async def _is_wanted(connection: AsyncConnection, key: str) -> bool:
    """Whether an answer is kept: its question was not withdrawn, nor forgotten. Its row is held until the answer is
    stored, so that neither happens in between."""
    asked = select(inbox.c.outcome).where(inbox.c.key == key).with_for_update()
    row = (await connection.execute(asked)).one_or_none()
    if row is None:  # of a question at the terminal there never was one
        return not is_private(key)
    return bool(row.outcome != Outcome.WITHDRAWN.value)


def _chunk_row(passage: Passage) -> dict[str, Any]:
    joined, audience = list(passage.joined), [OWNER] if passage.kind == "order" else list(passage.audience)
    return {
        "id": passage.chunk_id,
        "joined": joined,
        "score": passage.score,
        "audience": audience,
        "title": passage.title,
        "section": passage.section,
        "similarity": passage.similarity,
    }


def _in_thread(table: Table, question: Question) -> tuple[ColumnElement[bool], ...]:
    place = question.place
    return table.c.team == place.team, table.c.channel == place.channel, table.c.thread_ts == question.thread_ts


def _citation_row(citation: Citation) -> dict[str, Any]:
    moments = {name: moment.isoformat() for name in _MOMENTS if (moment := getattr(citation, name))}
    return asdict(citation) | moments


def _citation(row: dict[str, Any]) -> Citation:
    """Answers of earlier versions lack the newer fields."""
    return Citation(**(row | {name: datetime.fromisoformat(row[name]) for name in _MOMENTS if row.get(name)}))


def stored_answer(row: Row[Any]) -> StoredAnswer:
    citations = tuple(_citation(one) for one in row.citations)
    return StoredAnswer(
        key=row.key,
        desk=row.desk,
        question=row.question,
        asker=row.asker,
        outcome=Outcome(row.outcome),
        text=row.text,
        citations=citations,
        created_at=row.created_at,
        notice=row.notice,
        private=row.private,
        # Earlier versions knew one audience only.
        audiences=tuple(sorted({tuple(one.get("audience", ("everyone",))) for one in row.chunks})),
    )


class SqlPosts:
    """bot.desk.ports.Posts over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def started(self, key: str, channel: str, kind: Literal["stream", "message"]) -> None:
        row = {"key": key, "channel": channel, "kind": kind, "ts": None, "final": False, "started_at": self._clock()}
        async with self._database.transaction() as connection:
            await put(connection, posts, row, replace=True)

    async def posted(self, key: str, ts: str, *, final: bool) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(posts).where(posts.c.key == key).values(ts=ts, final=final))

    async def of(self, key: str) -> Posted | None:
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(posts).where(posts.c.key == key))).one_or_none()
        return Posted(row.key, row.channel, row.ts, row.kind, row.final) if row else None


class SqlPresence:
    """bot.desk.ports.Presence over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heard_until(self, team: str) -> datetime | None:
        async with self._database.transaction() as connection:
            at: datetime | None = await connection.scalar(select(presence.c.heard_until).where(presence.c.team == team))
        return at

    async def set_heard_until(self, team: str, at: datetime) -> None:
        async with self._database.transaction() as connection:
            await put(connection, presence, {"team": team, "heard_until": at}, replace=True)


class SqlFeedback:
    """bot.desk.ports.Feedback over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(self, answer_key: str, user: str, verdict: Verdict) -> None:
        row = {"answer_key": answer_key, "user_id": user, "at": self._clock(), **asdict(verdict)}
        async with self._database.transaction(durable=True) as connection:
            await put(connection, feedback, row, replace=True)

    async def of(self, answer_key: str, user: str) -> Verdict | None:
        mine = select(feedback.c.verdict, feedback.c.reason, feedback.c.comment).where(
            feedback.c.answer_key == answer_key, feedback.c.user_id == user
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(mine)).one_or_none()
        return Verdict(*row) if row else None
