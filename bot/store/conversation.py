"""What was said before a question: its thread's rows as turns."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, not_, or_, select

from bot.desk.model import ORDER_ID, Question, Turn
from bot.store.tables import answers, inbox

_RUNS_ON = timedelta(minutes=30)  # so long a conversation at the root of a direct message does


def said_before(question: Question) -> Select[Any] | None:
    """The rows of its conversation, oldest first; None: it begins one. What others asked each other in the thread, and
    the desk left unsaid, is none of it. At the root of a direct message it is what stood there shortly before, unless
    that has a thread of its own."""
    earlier, thread_ts = inbox.c.ts < question.ts, question.place.thread_ts
    if thread_ts is not None:
        heard = or_(not_(inbox.c.unasked), answers.c.text != "", inbox.c.user_id == question.asker.user_id)
        return _rows(question, earlier, or_(inbox.c.ts == thread_ts, and_(inbox.c.thread_ts == thread_ts, heard)))
    if question.place.kind != "dm":
        return None
    reply = inbox.alias("reply")
    replies = exists().where(reply.c.channel == inbox.c.channel, reply.c.thread_ts == inbox.c.ts).correlate(inbox)
    lately = inbox.c.received_at > question.asked_at - _RUNS_ON
    return _rows(question, earlier, inbox.c.thread_ts.is_(None), lately, not_(replies))


def _rows(question: Question, *which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(inbox.c.text, inbox.c.received_at, answers.c.text, answers.c.created_at, answers.c.chunks)
        .outerjoin(answers, answers.c.key == inbox.c.key)
        .where(inbox.c.team == question.place.team, inbox.c.channel == question.place.channel, *which)
        .order_by(inbox.c.ts)
    )


def as_turns(rows: Iterable[Row[Any]]) -> list[Turn]:
    turns: list[Turn] = []
    for row in rows:
        text, received_at, answer, answered_at, chunks = tuple(row)
        turns.append(Turn("asker", text, received_at))
        if answer:
            ids = [str(chunk["id"]) for chunk in chunks]
            orders = tuple(one.removeprefix(ORDER_ID) for one in ids if one.startswith(ORDER_ID))
            turns.append(Turn("desk", answer, answered_at, orders))
    return turns
