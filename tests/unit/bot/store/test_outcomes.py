"""How a thread's questions ended, as the desk's policy counts them, on SQLite and on Postgres."""

from dataclasses import replace
from datetime import timedelta

from bot.desk.human_path import Move
from bot.desk.model import Answer, Outcome, private_question_key
from bot.store import Store
from tests.fakes.moves import moved

from .conftest import START
from .test_store import escalation, item, question

ABSTAINED, ANSWERED = Outcome.ABSTAINED, Outcome.ANSWERED


async def ended(store: Store, ts: str, outcome: Outcome, thread_ts: str | None = "1.0", text: str = "Said.") -> None:
    """The question at this ts, dealt with so many minutes after the start."""
    await store.inbox.accept(item(ts, thread_ts))
    at = START + timedelta(minutes=float(ts))
    await store.answers.save(question(ts, thread_ts), "support", Answer(outcome, text, answered_at=at))


async def test_the_latest_others_of_the_thread(store: Store) -> None:
    """Neither the question itself, nor another thread's, nor one at which the desk kept silent."""
    await ended(store, "1.0", ANSWERED, None)
    await ended(store, "2.0", ABSTAINED)
    await ended(store, "3.0", ANSWERED, None)
    await ended(store, "4.0", ABSTAINED, text="")
    await ended(store, "5.0", ABSTAINED)
    asked = question("5.0", "1.0")
    assert await store.answers.outcomes(asked, 5) == [ABSTAINED, ANSWERED]
    assert await store.answers.outcomes(asked, 1) == [ABSTAINED]
    assert await store.answers.outcomes(asked, 0) == []


async def test_what_was_asked_in_private_does_not_count(store: Store) -> None:
    """An abstention that only its asker saw: a second one would tell the thread of it."""
    key = private_question_key("U7", "T1", "2.0")
    asked = replace(item("2.0"), key=key, channel="U7", user="U7", kind="dm")
    await store.inbox.accept(asked)
    await store.answers.save(replace(question("2.0", "1.0"), key=key), "support", Answer(ABSTAINED, "Nothing."))
    assert await store.answers.get(key) is not None
    assert await store.answers.outcomes(question("5.0", "1.0"), 5) == []


async def test_what_a_human_dealt_with_does_not_count(store: Store) -> None:
    await ended(store, "1.0", ABSTAINED, None)
    await store.escalations.create(escalation())
    await ended(store, "2.0", ABSTAINED)
    await moved(store.escalations, "E1", Move.CLOSE, "U9", START + timedelta(minutes=3))
    asked = question("9.0", "1.0")
    assert await store.answers.outcomes(asked, 5) == []
    await ended(store, "4.0", ANSWERED)
    assert await store.answers.outcomes(asked, 5) == [ANSWERED]
