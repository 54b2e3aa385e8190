"""How answers were made, read back to be explained, and what of them was shared."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.model import AnswerRecord, Citation, PromptRef, Usage, UsedPassage
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.records import stored_answer
from bot.store.tables import answers, shares

_ABANDONED = timedelta(seconds=60)  # a post takes no longer: who began it and did not say how it ended is dead


class SqlAnswerRecords:
    """bot.desk.ports.AnswerRecords over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, key: str) -> AnswerRecord | None:
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(answers).where(answers.c.key == key))).one_or_none()
        return _record(row) if row else None


def _record(row: Row[Any]) -> AnswerRecord:
    answer = stored_answer(row)
    return AnswerRecord(
        answer=answer,
        channel=row.channel,
        thread_ts=row.thread_ts,
        searched=row.searched,
        sentences=tuple(row.sentences or ()),
        passages=tuple(_passage(chunk, at, answer.citations) for at, chunk in enumerate(row.chunks)),
        readable=None if row.readable is None else tuple(row.readable),
        prompt=PromptRef(row.prompt_name, row.prompt_version, row.prompt_sha256) if row.prompt_name else None,
        model=row.model,
        index_version=row.index_version,
        usage=Usage(**row.usage) if row.usage else None,
        cost_usd=row.cost_usd,
        timings_ms=row.timings_ms,
    )


def _passage(chunk: Mapping[str, Any], at: int, citations: Sequence[Citation]) -> UsedPassage:
    """The chunk at that place. Earlier versions kept no titles: then the citation tells, if there is one."""
    numbers = tuple(number for number, one in enumerate(citations, 1) if one.passage == at)
    known = citations[numbers[0] - 1] if numbers else None
    return UsedPassage(
        chunk_id=chunk["id"],
        title=chunk.get("title") or (known.title if known else ""),
        section=chunk.get("section") or (known.section if known else ""),
        score=chunk["score"],
        similarity=chunk.get("similarity"),
        audience=tuple(chunk.get("audience", ("everyone",))),
        cited=numbers,
    )


class SqlShares:
    """bot.desk.ports.Shares over SQL: the row's primary key decides races, also among replicas."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, key: str, channel: str, user: str) -> bool:
        now = self._clock()
        async with self._database.transaction(durable=True) as connection:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            row = {"key": key, "channel": channel, "user_id": user, "at": now, "ts": None}
            abandoned = shares.c.ts.is_(None) & (shares.c.at < now - _ABANDONED)
            claim = insert(shares).values(row)
            claim = claim.on_conflict_do_update(
                index_elements=["key"], set_={"at": now, "user_id": user}, where=abandoned
            )
            # The row itself, and not how many there were: psycopg does not tell that of every insert.
            return (await connection.execute(claim.returning(shares.c.key))).one_or_none() is not None

    async def done(self, key: str, ts: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(shares).where(shares.c.key == key).values(ts=ts))

    async def give_back(self, key: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(delete(shares).where(shares.c.key == key, shares.c.ts.is_(None)))

    async def shared_in(self, key: str) -> str | None:
        posted = select(shares.c.channel).where(shares.c.key == key, shares.c.ts.is_not(None))
        async with self._database.transaction() as connection:
            channel: str | None = await connection.scalar(posted)
        return channel
