"""Which questions were not done justice to, and how a week went, on SQLite and on Postgres."""

from datetime import datetime, timedelta

import pytest

from bot.desk.gaps import CitedDocument
from bot.desk.human_path import Escalation, EscalationState, HandoverReason
from bot.desk.model import (
    Accepted,
    Answer,
    Citation,
    Outcome,
    Passage,
    Person,
    Place,
    PlaceKind,
    Question,
    Verdict,
    question_key,
)
from bot.store import Store

from .conftest import START

DAY = timedelta(days=1)
EVERYBODY = ("everyone", "public")


def cites(title: str) -> Citation:
    return Citation(0, "Within 30 days.", title, "https://docs.example.com", "", START)


async def ended(
    store: Store,
    ts: str,
    outcome: Outcome,
    *,
    text: str = "Said.",
    searched: str = "Do you wrap gifts?",
    channel: str = "C1",
    kind: PlaceKind = "channel",
    thread: str | None = None,
    desk: str = "support",
    readable: tuple[str, ...] = EVERYBODY,
    cited: str = "",
    at: datetime | None = None,
) -> str:
    """A question that so many minutes after the start was dealt with like that; its key."""
    key, at = question_key("T1", channel, ts), at or START + timedelta(minutes=float(ts))
    await store.inbox.accept(Accepted(key, "T1", channel, ts, "U1", kind, searched, {}, at, thread))
    question = Question(key, searched, Person("U1"), Place("T1", channel, kind, thread), ts, at)
    citations = (cites(cited),) if cited else ()
    passages = (Passage("c1", "d1", "docs", cited, "", "", "", START, 0, 1.0, audience=("group:S1",)),) if cited else ()
    answer = Answer(
        outcome, text, citations=citations, passages=passages, searched=searched, answered_at=at, readable=readable
    )
    await store.answers.save(question, desk, answer)
    await store.inbox.finish(key, outcome)
    return key


async def called(store: Store, minute: float, thread: str, reason: HandoverReason) -> None:
    at = START + timedelta(minutes=minute)
    state = EscalationState.OPEN
    await store.escalations.create(
        Escalation(f"E{minute}", "support", "T1", "C1", thread, "U1", "A human please", None, state, at, reason=reason)
    )


async def unmet(store: Store, desk: str | None = None) -> list[tuple[str, set[str]]]:
    found = await store.gaps.unmet(START, START + DAY, desk)
    return [(one.key.rpartition(":")[2], set(one.why)) for one in found]


async def test_what_had_no_answer_counts_and_what_was_passed_over_in_silence_does_not(store: Store) -> None:
    await ended(store, "1.0", Outcome.ABSTAINED)
    await ended(store, "2.0", Outcome.ABSTAINED, text="")
    await ended(store, "3.0", Outcome.ANSWERED)
    await ended(store, "4.0", Outcome.FAILED)
    await ended(store, "5.0", Outcome.ABSTAINED, desk="people")
    await ended(store, "6.0", Outcome.ABSTAINED, at=START - DAY)
    await ended(store, "7.0", Outcome.ABSTAINED, at=START + DAY)
    assert await unmet(store) == [("1.0", {"abstained"}), ("5.0", {"abstained"})]
    assert await unmet(store, "people") == [("5.0", {"abstained"})]


async def test_a_bad_rating_tells_of_the_documents_that_were_cited(store: Store) -> None:
    """One that says that something else was asked is no word against a document."""
    outdated = await ended(store, "1.0", Outcome.ANSWERED, cited="Warranty terms")
    await store.feedback.save(outdated, "U1", Verdict("down", "outdated", "It is two years now"))
    await store.feedback.save(outdated, "U2", Verdict("down", "not_asked"))
    liked = await ended(store, "2.0", Outcome.ANSWERED, cited="Warranty terms")
    await store.feedback.save(liked, "U1", Verdict("up"))
    [one] = await store.gaps.unmet(START, START + DAY)
    assert (one.key, one.why, one.ratings) == (outdated, {"rated"}, ("outdated",))
    assert one.asked == "Do you wrap gifts?"
    assert one.cited == (CitedDocument("Warranty terms", ("group:S1",)),)


async def test_a_request_for_a_human_is_about_the_last_question_before_it(store: Store) -> None:
    await ended(store, "1.0", Outcome.ANSWERED)
    await ended(store, "2.0", Outcome.ANSWERED, thread="1.0", searched="Do you wrap large gifts?")
    await ended(store, "3.0", Outcome.ESCALATED, thread="1.0", searched="")
    await called(store, 3.0, "1.0", HandoverReason.ASKED)
    await ended(store, "4.0", Outcome.ANSWERED, thread="1.0")
    assert await unmet(store) == [("2.0", {"handed over"})]


async def test_a_rule_of_the_desk_that_calls_a_human_is_no_sign_of_a_lack(store: Store) -> None:
    await ended(store, "1.0", Outcome.ANSWERED)
    await called(store, 2.0, "1.0", HandoverReason.POLICY)
    assert await unmet(store) == []


@pytest.mark.parametrize(
    ("channel", "kind", "readable", "is_open"),
    [
        ("C1", "channel", EVERYBODY, True),
        ("C1", "channel", (*EVERYBODY, "channel:C1"), False),  # a mention, whose event does not tell it is private
        ("C1", "channel", ("public",), False),  # shared with others, or nobody knows
        ("C1", "private", EVERYBODY, False),
        ("D1", "dm", EVERYBODY, False),
        ("U1", "channel", EVERYBODY, False),  # asked for themselves alone
    ],
)
async def test_only_what_everybody_could_read_is_open(
    store: Store, channel: str, kind: PlaceKind, readable: tuple[str, ...], is_open: bool
) -> None:
    await ended(store, "1.0", Outcome.ABSTAINED, channel=channel, kind=kind, readable=readable)
    [one] = await store.gaps.unmet(START, START + DAY)
    assert one.open is is_open


async def test_the_numbers_of_a_week(store: Store) -> None:
    rated = await ended(store, "1.0", Outcome.ANSWERED)
    await ended(store, "2.0", Outcome.ABSTAINED)
    await ended(store, "3.0", Outcome.WITHDRAWN)
    await ended(store, "4.0", Outcome.ANSWERED, at=START - DAY)
    await store.feedback.save(rated, "U1", Verdict("down", "wrong"))
    await called(store, 5.0, "1.0", HandoverReason.POLICY)
    numbers = await store.gaps.numbers(START - timedelta(minutes=1), START + DAY)
    assert (numbers.asked, numbers.outcomes) == (2, {"answered": 1, "abstained": 1})
    assert (numbers.handed_over, numbers.up, numbers.down) == (1, 0, 1)
