"""Which messages of a channel the desk may answer unasked, and which answers it then gives."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.model import Answer, Citation, Outcome, Passage
from bot.desk.unasked import asks_everybody, worth_saying

WHEN = datetime(2026, 3, 12, tzinfo=UTC)
PASSAGE = Passage("c", "d", "docs", "Returns", "", "30 days.", "https://x.example", WHEN, 0, 1.0, similarity=0.7)
CITED = Citation(0, "30 days.", "Returns", "https://x.example", "", WHEN)
SAID = Answer(Outcome.ANSWERED, "30 days. [1]", citations=(CITED,), passages=(PASSAGE,))


@pytest.mark.parametrize(
    "text",
    [
        "Can I return opened earbuds?",
        "Hi all, does anyone know how long shipping takes",
        "What is the warranty on the dock",
        "I wonder if gift cards expire",
        "Kann ich das zurückgeben, wenn es offen ist?",
        "@here where's the price match policy",
        "Looking for the parental leave policy",
        "The router blinks red since the update. How do I reset it to factory settings?",
        "VX-TB4-DOCK?",
        "I want to talk to a human",
    ],
)
def test_questions_that_documents_could_answer(text: str) -> None:
    assert asks_everybody(text, 8_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks!",
        "We shipped 3.4 today.",
        "right?",
        "really??",
        "ok?",
        "Is it broken?",
        "Who wants coffee?",
        "how was your weekend?",
        "Any thoughts on the new returns policy?",
        "Are you all coming to the meeting on returns?",
        "See https://x.example/?a=b for the release",
        ":tada: done :tada:",
        "How do I return " + "this and that " * 1000,
    ],
)
def test_what_is_for_the_people_of_a_channel(text: str) -> None:
    assert not asks_everybody(text, 8_000)


def test_only_what_is_near_is_said_unasked() -> None:
    """By the passages that the answer cites, not by others that were found."""
    near, far = PASSAGE, replace(PASSAGE, similarity=0.5)
    assert worth_saying(SAID, 0.57)
    assert not worth_saying(replace(SAID, passages=(far, near)), 0.57)
    assert not worth_saying(replace(SAID, passages=(replace(PASSAGE, similarity=None),)), 0.57)
    assert not worth_saying(replace(SAID, citations=()), 0.57)


@pytest.mark.parametrize("outcome", [Outcome.ABSTAINED, Outcome.ASKED, Outcome.FAILED])
def test_no_other_outcome_is_told_to_who_did_not_ask(outcome: Outcome) -> None:
    assert not worth_saying(replace(SAID, outcome=outcome), 0.57)


def test_a_call_for_a_human_and_an_asker_s_own_order_are_answered() -> None:
    called = Answer(Outcome.ESCALATED, "I'm passing this on to a human.")
    assert worth_saying(called, 0.57)
    assert not worth_saying(called, 0.57, in_thread=True)
    assert worth_saying(Answer(Outcome.ANSWERED, "I sent it to you.", private="Your order has arrived."), 0.57)
