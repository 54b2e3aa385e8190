"""What resolved threads taught: wanted with the move that resolved them, drafted, decided on, indexed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.human_path import DESK, TIMER, Escalation, Move, Transition
from bot.desk.learning import Draft, GoldenRow, Learning, LearningState, ReadThread, Saved
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.learning_tables import golden_cases, learnings
from bot.store.records import put

S = LearningState
_UNDECIDED = (S.WANTED.value, S.OFFERED.value)
_DECIDED = (S.APPROVED.value, S.RETIRED.value)


class WantLearning:
    """bot.store.escalations.Recorder: a thread of one of these desks that a human has resolved is to be read."""

    def __init__(self, desks: Collection[str]) -> None:
        self._desks = desks

    async def __call__(self, connection: AsyncConnection, escalation: Escalation, transition: Transition) -> None:
        if escalation.desk not in self._desks or transition.move not in (Move.CLOSE, Move.REOPEN):
            return
        mine = learnings.c.escalation_id == escalation.id
        # It went on, or is resolved anew: what was drafted of it before is not the whole of it.
        outdated = update(learnings).where(mine, learnings.c.state.in_(_UNDECIDED))
        await connection.execute(outdated.values(state=S.DISCARDED.value, decided_by=DESK, decided_at=transition.at))
        resolver = _resolver(escalation, transition)
        if transition.move is Move.CLOSE and resolver is not None:
            row = {
                "id": f"L-{escalation.id.removeprefix('E-')}-{transition.number}",
                "escalation_id": escalation.id,
                "desk": escalation.desk,
                "team": escalation.team,
                "state": S.WANTED.value,
                "offered_to": resolver,
                "created_at": transition.at,
                "thread_audience": [],
                "audience": [],
            }
            await put(connection, learnings, row, replace=False)


def _resolver(escalation: Escalation, transition: Transition) -> str | None:
    """The human who resolved it, or who had it."""
    if transition.by in (DESK, TIMER, escalation.asker):
        return transition.owner if transition.owner != escalation.asker else None
    return transition.by


class SqlLearnings:
    """bot.desk.learning.Learnings over SQL. Who is first is decided by the state in the update's condition."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, learning_id: str) -> Learning | None:
        return next(iter(await self._found(learnings.c.id == learning_id)), None)

    async def to_do(self) -> Sequence[Learning]:
        unposted = and_(learnings.c.state == S.OFFERED.value, learnings.c.offer_ts == "")
        unindexed = and_(learnings.c.state.in_(_DECIDED), learnings.c.ready.is_(False))
        return await self._found(or_(learnings.c.state == S.WANTED.value, unposted, unindexed))

    async def draft(self, learning_id: str, draft: Draft, thread: ReadThread) -> Learning | None:
        values = {
            "state": S.OFFERED.value,
            "question": draft.question,
            "answer": draft.answer,
            "answered_by": draft.answered_by,
            "answered_at": draft.answered_at,
            "thread_audience": list(thread.audience),
            "thread_url": thread.url,
        }
        return await self._step(learning_id, S.WANTED, values)

    async def give_up(self, learning_id: str) -> None:
        await self._step(learning_id, S.WANTED, {"state": S.NOTHING.value, "decided_at": self._clock()})

    async def set_offer(self, learning_id: str, channel: str, ts: str) -> None:
        one = update(learnings).where(learnings.c.id == learning_id)
        async with self._database.transaction() as connection:
            await connection.execute(one.values(offer_channel=channel, offer_ts=ts))

    async def approve(self, learning_id: str, saved: Saved, by: str, must_say: Sequence[str]) -> Learning | None:
        values = {
            "state": S.APPROVED.value,
            "question": saved.question,
            "answer": saved.answer,
            "audience": list(saved.audience),
            "owner": saved.owner,
            "expires_at": saved.expires_at,
            **self._decided(by),
        }
        async with self._database.transaction(durable=True) as connection:
            one = await _changed(connection, learning_id, S.OFFERED, values)
            if one is not None:
                case = {
                    "id": one.id,
                    "desk": one.desk,
                    "question": one.question,
                    "must_say": list(must_say),
                    "cites": one.uri,
                    "created_at": self._clock(),
                }
                await put(connection, golden_cases, case, replace=True)
        return one

    async def discard(self, learning_id: str, by: str) -> Learning | None:
        return await self._step(learning_id, S.OFFERED, {"state": S.DISCARDED.value, **self._decided(by)})

    async def renew(self, learning_id: str, expires_at: datetime | None, known: datetime | None) -> Learning | None:
        unchanged = learnings.c.expires_at.is_(None) if known is None else learnings.c.expires_at == known
        return await self._step(learning_id, S.APPROVED, {"expires_at": expires_at}, unchanged)

    async def retire(self, learning_id: str, by: str) -> Learning | None:
        async with self._database.transaction(durable=True) as connection:
            retired = {"state": S.RETIRED.value, **self._decided(by)}
            one = await _changed(connection, learning_id, S.APPROVED, retired)
            if one is not None:
                await connection.execute(delete(golden_cases).where(golden_cases.c.id == one.id))
        return one

    async def set_ready(self, known: Sequence[Learning]) -> None:
        async with self._database.transaction() as connection:
            for one in known:
                same = (learnings.c.id == one.id, learnings.c.state == one.state.value)
                await connection.execute(update(learnings).where(*same).values(ready=True))

    async def expiring(self, before: datetime) -> Sequence[Learning]:
        ends = learnings.c.expires_at
        return await self._found(learnings.c.state == S.APPROVED.value, ends <= before, ends > self._clock())

    async def good(self, desk: str) -> Sequence[Learning]:
        return await self._found(learnings.c.desk == desk, *self._is_good())

    async def golden(self, desk: str | None = None) -> Sequence[GoldenRow]:
        of_desk = () if desk is None else (golden_cases.c.desk == desk,)
        cases = select(golden_cases).join(learnings, learnings.c.id == golden_cases.c.id)
        cases = cases.where(*self._is_good(), *of_desk).order_by(golden_cases.c.created_at, golden_cases.c.id)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(cases)).all()
        return [GoldenRow(**(dict(row._mapping) | {"must_say": tuple(row.must_say)})) for row in rows]

    def _is_good(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        ends = learnings.c.expires_at
        return learnings.c.state == S.APPROVED.value, or_(ends.is_(None), ends > self._clock())

    def _decided(self, by: str) -> dict[str, Any]:
        return {"decided_by": by, "decided_at": self._clock(), "ready": False}

    async def _found(self, *conditions: ColumnElement[bool]) -> list[Learning]:
        wanted = select(learnings).where(*conditions).order_by(learnings.c.created_at, learnings.c.id)
        async with self._database.transaction() as connection:
            return [_learning(row) for row in (await connection.execute(wanted)).all()]

    async def _step(
        self, learning_id: str, before: LearningState, values: Mapping[str, Any], *also: ColumnElement[bool]
    ) -> Learning | None:
        async with self._database.transaction(durable=True) as connection:
            return await _changed(connection, learning_id, before, values, *also)


async def _changed(
    connection: AsyncConnection,
    learning_id: str,
    before: LearningState,
    values: Mapping[str, Any],
    *also: ColumnElement[bool],
) -> Learning | None:
    stands = (learnings.c.id == learning_id, learnings.c.state == before.value, *also)
    step = update(learnings).where(*stands).values(**values).returning(*learnings.c)
    row = (await connection.execute(step)).one_or_none()
    return _learning(row) if row else None


def _learning(row: Row[Any]) -> Learning:
    words = {
        "state": LearningState(row.state),
        "thread_audience": tuple(row.thread_audience),
        "audience": tuple(row.audience),
    }
    return Learning(**(dict(row._mapping) | words))
