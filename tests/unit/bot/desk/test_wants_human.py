"""Who asks for a human in words, and who only mentions one."""

import pytest

from bot.desk.courtesy import wants_human


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a manager NOW this is ridiculous",
        "please let me talk to a real person about my order",
        "can I speak with someone?",
        "human please",
        "I need to talk to your supervisor!",
    ],
)
def test_a_call_for_a_human_is_heard(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I return it to a store manager?",
        "how do I talk to a human?",
        "can a person return two items?",
        "does the repair agent speak to customers?",
        "I talked to an agent yesterday, when does my refund come?",
    ],
)
def test_a_question_that_mentions_one_stays_a_question(text: str) -> None:
    assert not wants_human(text)
