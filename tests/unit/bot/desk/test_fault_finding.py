"""Who says that an answer was wrong or no help, and who asks about something that is."""

from dataclasses import replace

import pytest

from bot.desk.fault_finding import apology, finds_fault, sounds_unhappy
from bot.desk.model import Desk, Outcome, Turn
from bot.handover_settings import HandoverSettings

DESK = Desk("support", "support-agent", escalation_channel="C9")
ANSWERED = (Turn("asker", "How long can I return it?"), Turn("desk", "Within 30 days [1]."))


@pytest.mark.parametrize(
    "text",
    [
        "this did not help at all",
        "your last answer was wrong",
        "that was not correct",
        "you are useless",
        "that's incorrect",
        "That’s incorrect.",
        "no, that is wrong",
        "No that's wrong!!",
        "not what I asked",
        "that's not what I asked for",
        "that doesn't answer my question",
        "wrong answer",
        "Wrong.",
        "it didn't help me",
        "You didn't answer my question",
        "you got that wrong",
        "this is completely useless",
        "sorry, but that isn't right",
        "the answer above is not very helpful",
        "That is wrong. I asked about the earbuds.",
        "no that is wrong, it's 14 days",
        "I didn't ask about that",
        "no help at all",
        "what you told me is wrong",
        "that was not an answer",
        "thanks for nothing",
        "this bot is a joke",
        "what a terrible bot",
        "I'm very disappointed with this answer",
    ],
)
def test_an_answer_was_wrong(text: str) -> None:
    assert finds_fault(text)


@pytest.mark.parametrize(
    "text",
    [
        "what if my order is wrong?",
        "the wrong item arrived",
        "my charger did not help",
        "my order is wrong",
        "is that wrong?",
        "That's not what I asked, how long is it for earbuds?",
        "That is wrong. How long do I have for earbuds?",
        "it doesn't work",
        "this is not what I ordered",
        "it did not help with the noise of my washer",
        "what should I do if the information on my invoice is wrong",
        "the information on my invoice is wrong",
        "that helped, thanks",
        "you are right",
        "that was not delivered",
        "wrong size",
        "I asked in the store. They said it fits. Wrong. Two trips for that.",
        "I'm disappointed with this TV",
        "I entered the wrong address",
        "",
    ],
)
def test_something_else_was_wrong_or_it_is_asked(text: str) -> None:
    assert not finds_fault(text)


@pytest.mark.parametrize(
    ("text", "unhappy"),
    [
        ("well that went badly", True),
        ("this isn't what we hoped for", True),
        ("you made my day", False),
        ("not bad!", False),
        ("my bad", False),
        ("oops sorry, wrong chat", False),
    ],
)
def test_what_a_cheerful_reply_would_mock(text: str, unhappy: bool) -> None:
    assert sounds_unhappy(text) is unhappy


def test_where_the_desk_answered_its_policy_calls_a_human() -> None:
    assert apology(DESK, ANSWERED, in_thread=True).outcome is Outcome.ESCALATED


@pytest.mark.parametrize(
    ("desk", "turns", "in_thread"),
    [
        (DESK, (), False),
        (DESK, ANSWERED, False),
        (DESK, ANSWERED[:1], True),
        (replace(DESK, handover=HandoverSettings(feedback_wrong=False)), ANSWERED, True),
    ],
)
def test_elsewhere_the_human_is_offered(desk: Desk, turns: tuple[Turn, ...], in_thread: bool) -> None:
    said = apology(desk, turns, in_thread=in_thread)
    assert said.outcome is Outcome.ASKED
    assert said.text.startswith("I'm sorry. Tell me what was wrong, or press")
    assert "Talk to a human" in said.text


def test_where_there_are_no_humans_none_is_offered() -> None:
    said = apology(replace(DESK, escalation_channel=None), ANSWERED, in_thread=True)
    assert (said.outcome, said.text) == (Outcome.ASKED, "I'm sorry. Tell me what was wrong.")
