"""What a human is called about who is asked for in words, on SQLite and on Postgres."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.courtesy import NOTED
from bot.desk.model import Answer, Outcome, Person, private_question_key, question_key
from bot.store import Store

from .conftest import START
from .test_store import item, question

CALL = "I want to talk to a human"
RETURNS, SHIPPING = "Can I return it?", "How long does shipping take?"
Asked = tuple[str, Outcome, str, str]  # its words, how it ended, what was said, whose it was


async def ended(store: Store, minute: int, asked: Asked, *, private: bool = False) -> str:
    """A question of the thread that begins at 0.0, dealt with so many minutes after the start; its key."""
    text, outcome, said, user = asked
    ts, thread_ts = f"{minute}.0", "0.0" if minute else None
    key = private_question_key(user, "T1", ts) if private else question_key("T1", "C1", ts)
    await store.inbox.accept(replace(item(ts, thread_ts, text), key=key, user=user, channel=user if private else "C1"))
    put = replace(question(ts, thread_ts), key=key, text=text, asker=Person(user))
    at = START + timedelta(minutes=minute)
    await store.answers.save(put, "support", Answer(outcome, said, answered_at=at))
    return key


def told(text: str, user: str = "U1") -> Asked:
    return (text, Outcome.ANSWERED, "So.", user)


def courtesy(text: str, said: str) -> Asked:
    return (text, Outcome.ASKED, said, "U1")


CALLED: Asked = (CALL, Outcome.ESCALATED, "I'm passing this on.", "U1")


@pytest.mark.parametrize(
    ("before", "about"),
    [
        ([told(RETURNS)], RETURNS),
        ([told(RETURNS), told(SHIPPING)], SHIPPING),
        ([told(RETURNS), CALLED], RETURNS),
        ([told(RETURNS), told(SHIPPING, "U2")], RETURNS),
        ([told(RETURNS), courtesy("thanks", "You're welcome.")], RETURNS),
        ([told(RETURNS), courtesy("you made my day", NOTED)], RETURNS),
        ([told(RETURNS), courtesy("which colour?", "Of what?")], "which colour?"),
        ([told(RETURNS), (SHIPPING, Outcome.ABSTAINED, "", "U1")], RETURNS),  # it kept silent
        ([courtesy("hello", "Hello!")], CALL),
        ([told(RETURNS, "U2")], CALL),
        ([], CALL),
    ],
)
async def test_the_last_that_its_asker_asked_before(store: Store, before: list[Asked], about: str) -> None:
    for minute, asked in enumerate(before):
        await ended(store, minute, asked)
    key = await ended(store, len(before), CALLED)
    await ended(store, len(before) + 1, told("And later?"))
    found = await store.answers.subject(key)
    assert found is not None
    assert found.question == about


async def test_nothing_that_was_asked_in_private(store: Store) -> None:
    """It was answered to its asker alone, with what they alone may read."""
    await ended(store, 0, told(RETURNS))
    await ended(store, 1, told("Where is EM-104233?"), private=True)
    found = await store.answers.subject(await ended(store, 2, CALLED))
    assert found is not None
    assert found.question == RETURNS


async def test_what_is_no_call_is_its_own_subject(store: Store) -> None:
    await ended(store, 0, told(RETURNS))
    found = await store.answers.subject(await ended(store, 1, told(SHIPPING)))
    assert found is not None
    assert found.question == SHIPPING
    assert await store.answers.subject("T1:C1:9.0") is None


async def test_what_its_asker_had_asked_before(store: Store) -> None:
    """In that thread, in order; nothing of others, nothing in private, nothing later."""
    await ended(store, 0, told(RETURNS))
    await ended(store, 1, told("Is it open?", "U2"))
    await ended(store, 2, told("Where is EM-104233?"), private=True)
    await ended(store, 3, told(SHIPPING))
    key = await ended(store, 4, told("and to Canada?"))
    await ended(store, 5, told("And later?"))
    assert await store.answers.asked_before(key) == [RETURNS, SHIPPING]
