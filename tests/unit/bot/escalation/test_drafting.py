"""What is drafted from a thread: the question, the last answer of use, nobody's name."""

from datetime import timedelta

import pytest

from bot.desk.human_path import Escalation, EscalationState, Move, Transition
from bot.desk.learning import ReadThread, Said, Written
from bot.desk.order_numbers import OrderNumbers
from bot.escalation.drafting import Talk, by_model, by_rules, must_say, talk_of
from bot.redaction import Redactor
from tests.unit.bot.store.conftest import START

S = EscalationState
REDACTOR = Redactor(OrderNumbers(("EM-######",)))
ASKED = "Does the Nimbra Air 13 charge from a 30 W charger?"


def talk(*lines: tuple[str, str], question: str = ASKED, passed_on: str = "") -> Talk:
    one = Escalation("E-1", "support", "T1", "C1", "1.0", "UDANA", question, None, S.CLOSED, START, owner="UALEX")
    messages = tuple(Said(user, text, START + timedelta(minutes=at)) for at, (user, text) in enumerate(lines, 1))
    moves = [Transition("E-1", 2, S.OPEN, S.CLAIMED, Move.CLAIM, "UALEX", "UALEX", "", START)]
    if passed_on:
        late = START + timedelta(hours=1)
        moves.append(Transition("E-1", 3, S.CLAIMED, S.ANSWERED, Move.REPLY, "UALEX", "UALEX", "", late, passed_on))
    thread = ReadThread(messages, ("Dana Whitfield", "Alex Moreno"), ("members",))
    return talk_of(one, moves, thread, REDACTOR)


ANSWER = "It does, with 30 W or more. With less it only keeps its level."


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([("UALEX", ANSWER)], ANSWER),
        ([("UALEX", f"Hi Dana,\n{ANSWER}\nBest,\nAlex")], ANSWER),
        ([("UALEX", f"Hello @U0DANA! {ANSWER}")], ANSWER),
        ([("UALEX", "Let me check with the warehouse."), ("UALEX", ANSWER), ("UALEX", "You're welcome!")], ANSWER),
        ([("UALEX", ANSWER), ("UALEX", "Does that help you?"), ("UDANA", "Yes, thanks a lot Alex!")], ANSWER),
        ([("UALEX", ANSWER), ("USAM", "I think that it needs 65 W, mine does.")], ANSWER),
        ([("UALEX", "It can't."), ("UALEX", ANSWER)], ANSWER),
    ],
)
def test_the_last_answer_of_use_is_the_answer(lines: list[tuple[str, str]], answer: str) -> None:
    """No greeting, no thanks, no putting off, nothing of a bystander's."""
    draft = by_rules(talk(*lines))
    assert draft is not None
    assert (draft.question, draft.answer, draft.answered_by) == (ASKED, answer, "UALEX")


@pytest.mark.parametrize(
    "lines",
    [[], [("UDANA", "Hello? Is anybody there at all today?")], [("UALEX", "I'll look into it.")], [("UALEX", "Done!")]],
)
def test_a_thread_without_an_answer_teaches_nothing(lines: list[tuple[str, str]]) -> None:
    assert by_rules(talk(*lines)) is None


def test_what_was_passed_on_by_the_desk_is_an_answer() -> None:
    draft = by_rules(talk(("UALEX", "It needs 65 W I believe, not sure."), passed_on=ANSWER))
    assert draft is not None
    assert draft.answer == ANSWER


def test_a_call_for_a_human_is_not_the_question() -> None:
    lines = (("UDANA", "My order EM-104233 came without the plug. Can you send one?"), ("UALEX", ANSWER))
    draft = by_rules(talk(*lines, question="can I talk to a human please"))
    assert draft is not None
    assert draft.question == "My order [order number] came without the plug. Can you send one?"


def test_nobody_is_named_in_what_a_model_or_a_human_reads() -> None:
    lines = (
        ("UDANA", "I am Dana Whitfield, 42 Maple Avenue, Portland, OR 97205, dana@customers.example"),
        ("UALEX", "Dana, your order EM-104233 is replaced; write to me at alex@electromart.example. Alex"),
    )
    given = talk(*lines)
    text = " ".join(line for _, line in given.for_model)
    draft = by_rules(given)
    assert draft is not None
    for secret in ("Dana", "Whitfield", "Maple", "104233", "alex@", "Alex"):
        assert secret not in text
        assert secret not in draft.answer


def test_a_model_may_word_it_and_may_not_add_a_number() -> None:
    given = talk(("UALEX", ANSWER))
    worded = by_model(Written(ASKED, "Yes: 30 W or more charge it."), given)
    assert worded is not None
    assert (worded.answer, worded.by_model, worded.answered_by) == ("Yes: 30 W or more charge it.", True, "UALEX")
    assert by_model(Written(ASKED, "Yes, and 65 W charge it in 2 hours."), given) is None
    assert by_model(Written("", ANSWER), given) is None
    named = by_model(Written(ASKED, "Dana Whitfield needs 30 W."), given)
    assert named is not None
    assert named.answer == "[name] needs 30 W."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("You have 30 days, and it costs $4.99.", ("30", "$4.99")),
        ("Unplug it and wait. Then plug it in again.", ("Unplug it and wait",)),
        ("Hold the power button until the light on its front goes out.", ("Hold the power button until the",)),
    ],
)
def test_what_a_golden_case_is_to_say(answer: str, said: tuple[str, ...]) -> None:
    assert must_say(answer) == said


@pytest.mark.parametrize(
    ("first", "question", "drafted"),
    [
        (
            "@frontdesk can I return earbuds?",
            "And if the seal is broken but I just dont like the sound??",
            "Can I return earbuds? And if the seal is broken but I just dont like the sound??",
        ),
        ("[name] hi can I return earbuds?", "and if it is open?", "Can I return earbuds? and if it is open?"),
        ("I bought earbuds", "and if the seal is broken?", "I bought earbuds. and if the seal is broken?"),
        ("can I return earbuds?", ASKED, ASKED),
    ],
)
def test_a_follow_up_is_drafted_with_what_it_goes_on_from(first: str, question: str, drafted: str) -> None:
    later = "and what about the case?"
    lines = (("UDANA", first), ("UDANA", question), ("UALEX", ANSWER), ("UDANA", later))
    draft = by_rules(talk(*lines, question=question))
    assert draft is not None
    assert draft.question == drafted
