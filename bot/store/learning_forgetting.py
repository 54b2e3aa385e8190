"""What a person's deletion and the retention leave of what was learnt: the text, which names nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, delete, exists, func, not_, or_, select, update

from bot.desk.learning import LearningState
from bot.store.learning_tables import golden_cases, learnings
from bot.store.tables import escalations

PERSONAL = {"learnings": {"offered_to", "answered_by", "owner", "decided_by"}}
_UNDECIDED = (LearningState.WANTED.value, LearningState.OFFERED.value)


def of_learnings(asked: ColumnElement[bool], identities: Collection[str]) -> list[tuple[str, Delete | Update]]:
    """Before the escalations that they `asked` for go: drafts of those go too. What was approved stays, without who had
    to do with it."""
    theirs = learnings.c.escalation_id.in_(select(escalations.c.id).where(asked))
    columns = [learnings.c[name] for name in sorted(PERSONAL["learnings"])]
    return [
        ("learnt", delete(learnings).where(theirs, learnings.c.state.in_(_UNDECIDED))),
        *(("learnt", update(learnings).where(one.in_(identities)).values({one: ""})) for one in columns),
    ]


def old_learnings(before: datetime) -> list[tuple[Table, Select[tuple[object, ...]]]]:
    """Primary keys of what goes: what is answered from stays until it ends, however old."""
    of = learnings.c
    decided = or_(of.state != LearningState.APPROVED.value, of.expires_at < before)
    since = func.coalesce(of.decided_at, of.created_at)
    kept = exists().where(learnings.c.id == golden_cases.c.id)
    return [
        (learnings, select(of.id).where(decided, since < before)),
        (golden_cases, select(golden_cases.c.id).where(golden_cases.c.created_at < before, not_(kept))),
    ]
