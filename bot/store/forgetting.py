"""Forgets a person: what the store holds of them is deleted, or kept without them where others need it.

`PERSONAL` names every column that says who somebody is; a test compares it with the tables.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, Table, Update, delete, not_, or_, select, update

from bot.desk.human_path import Move
from bot.desk.model import Outcome
from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.escalations import is_helping
from bot.store.learning_forgetting import PERSONAL as PERSONAL_OF_LEARNINGS
from bot.store.learning_forgetting import of_learnings
from bot.store.outbox_upkeep import forget_in_outbox
from bot.store.tables import (
    answers,
    channel_settings,
    escalation_events,
    escalations,
    feedback,
    hushed,
    inbox,
    leases,
    pauses,
    posts,
    shares,
    threads,
)
from bot.store.triages import triages

PERSONAL = {
    "inbox": {"user_id"},
    "answers": {"asker"},
    "feedback": {"user_id"},
    "escalations": {"asker", "owner"},
    "escalation_events": {"by", "owner", "cause"},  # a press names whose it was
    "posts": {"channel"},  # of a private note: its reader
    "shares": {"user_id"},
    "channel_settings": {"changed_by"},
    "pauses": {"by"},
    "hushed": {"by"},
    "leases": {"name"},  # of what somebody is told once
    **PERSONAL_OF_LEARNINGS,
}
NOBODY = ""


class SqlForgetting:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget(self, identities: Collection[str]) -> Mapping[str, int]:
        """What was deleted or emptied, by what it is. `identities`: the ids and addresses of one person. All of it or
        nothing; again it finds nothing. Raises StoreUnavailable.

        A question's row stays, emptied, because its key keeps a redelivery from being a new question; that of a private
        one goes, because its key names the person; an open one is withdrawn. An escalation that nobody has resolved
        stays without its asker and question.
        """
        mine = select(inbox.c.key).where(inbox.c.user_id.in_(identities))
        asked = or_(answers.c.asker.in_(identities), answers.c.key.in_(mine))
        async with self._database.transaction(durable=True) as connection:
            # First of all: whoever stores an answer to one of them now waits, and then finds it withdrawn.
            withdraw = update(inbox).where(inbox.c.user_id.in_(identities), inbox.c.outcome.is_(None))
            closed = withdraw.values(outcome=Outcome.WITHDRAWN.value, finished_at=self._clock(), lease_until=None)
            withdrawn = (await connection.execute(closed)).rowcount
            keys = set((await connection.execute(mine)).scalars())
            keys |= set((await connection.execute(select(answers.c.key).where(asked))).scalars())
            counts = Counter(dict.fromkeys(KINDS, 0) | {"questions_withdrawn": withdrawn})
            for part in _parts(sorted(keys)):
                for kind, statement in _of_questions(part, identities):
                    counts[kind] += (await connection.execute(statement)).rowcount
            for kind, statement in _of_person(identities):
                counts[kind] += (await connection.execute(statement)).rowcount
            counts["outgoing"] += await forget_in_outbox(connection, identities)
        return counts


KINDS = (
    "questions",
    "questions_withdrawn",
    "answers",
    "triages",
    "feedback",
    "posts",
    "threads",
    "shares",
    "notes",
    "settings",
    "moves",
    "learnt",
    "escalations",
    "escalations_kept",
    "outgoing",
)
_PART = 200


def _parts(keys: list[str]) -> list[list[str]]:
    return [keys[first : first + _PART] for first in range(0, len(keys), _PART)]


def _of_questions(keys: Collection[str], identities: Collection[str]) -> list[tuple[str, Delete | Update]]:
    """What belongs to these questions, whoever wrote it."""
    private = [f"{key}:private" for key in keys]
    dms = select(inbox.c.channel).where(inbox.c.key.in_(keys), inbox.c.channel.startswith("D"))
    emptied: dict[str, Any] = {"user_id": NOBODY, "text": "", "payload": {}}
    called = update(escalations).where(escalations.c.answer_key.in_(keys), escalations.c.asker.not_in(identities))
    return [
        ("feedback", delete(feedback).where(feedback.c.answer_key.in_(keys))),
        ("posts", delete(posts).where(posts.c.key.in_([*keys, *private]))),
        ("answers", delete(answers).where(answers.c.key.in_(keys))),
        ("triages", delete(triages).where(triages.c.key.in_(keys))),
        ("threads", delete(threads).where(threads.c.channel.in_(dms))),
        ("threads", delete(hushed).where(hushed.c.channel.in_(dms))),
        ("escalations_kept", called.values(question="", answer_key=None)),
        ("questions", delete(inbox).where(inbox.c.key.in_(keys), inbox.c.channel.in_(identities))),
        ("questions", update(inbox).where(inbox.c.key.in_(keys), inbox.c.user_id.in_(identities)).values(emptied)),
    ]


def _of_person(identities: Collection[str]) -> list[tuple[str, Delete | Update]]:
    asked: ColumnElement[bool] = escalations.c.asker.in_(identities)
    resolved = not_(is_helping())
    notes = or_(*(leases.c.name.endswith(f":{one}", autoescape=True) for one in identities))
    kept, claimed = update(escalations).where(asked), update(escalations).where(escalations.c.owner.in_(identities))
    return [
        ("feedback", delete(feedback).where(feedback.c.user_id.in_(identities))),
        ("posts", delete(posts).where(posts.c.channel.in_(identities))),
        ("shares", delete(shares).where(shares.c.user_id.in_(identities))),
        (
            "notes",
            delete(leases).where(notes),
        ),
        ("settings", _without(channel_settings, channel_settings.c.changed_by, identities)),
        ("settings", _without(pauses, pauses.c.by, identities)),
        ("settings", _without(hushed, hushed.c.by, identities)),
        *_of_moves(asked, identities),
        *of_learnings(asked, identities),
        ("escalations", delete(escalations).where(asked, resolved)),
        ("escalations_kept", kept.values(asker=NOBODY, question="", answer_key=None)),
        ("escalations_kept", claimed.values(owner=None)),
    ]


def _of_moves(asked: ColumnElement[bool], identities: Collection[str]) -> list[tuple[str, Delete | Update]]:
    """What was written to an asker is about them, as what they wrote is."""
    moves = escalation_events.c
    theirs = moves.escalation_id.in_(select(escalations.c.id).where(asked))
    gone = moves.escalation_id.in_(select(escalations.c.id).where(asked, not_(is_helping())))
    owned = update(escalation_events).where(moves.owner.in_(identities))
    pressed = or_(*(moves.cause.startswith(f"{one} ", autoescape=True) for one in identities))
    return [
        ("moves", delete(escalation_events).where(gone)),
        ("moves", update(escalation_events).where(theirs, moves.move != Move.CALL.value).values(text="", reason="")),
        ("moves", update(escalation_events).where(pressed).values(cause="")),
        ("moves", _without(escalation_events, moves.by, identities)),
        ("moves", owned.values(owner=None)),
    ]


def _without(table: Table, who: Column[str], identities: Collection[str]) -> Update:
    """What they set holds; that it was them is not kept."""
    return update(table).where(who.in_(identities)).values({who: NOBODY})
