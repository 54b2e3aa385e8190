"""Follow-ups, what of a thread fits, and messages that ask nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.conversation import fit, followed, replaced, standalone
from bot.desk.courtesy import EMOJI, EMPTY, PRESS_FOR_HUMAN, WHICH, courtesy, wants_human
from bot.desk.model import Turn
from bot.desk.words import content_words

TURNS = st.lists(st.builds(Turn, st.sampled_from(["asker", "desk", "human"]), st.text(max_size=30)), max_size=8)


def thread(*texts: str) -> list[Turn]:
    """The asker's messages, each answered."""
    return [turn for text in texts for turn in (Turn("asker", text), Turn("desk", "Yes, 30 days. [1]"))]


@pytest.mark.parametrize(
    ("before", "question", "carried"),
    [
        (["How long can I return a laptop?"], "and for headphones?", "return headphones"),
        (["What does standard shipping cost?"], "what about express?", "shipping cost express"),
        (["What does standard shipping cost?"], "And how long does it take?", "standard shipping take"),
        (["Does the VX-TB4-DOCK charge a laptop?"], "how much is it?", "VX-TB4-DOCK"),
        (["Is there a restocking fee for drones?"], "why?", "restocking fee drones"),
        (["Is there a restocking fee for drones?"], "for lenses too?", "restocking fee lenses"),
        (["Is there a restocking fee for drones?", "what about lenses?"], "do they need a receipt?", "lenses receipt fee"),
        (["Is there a restocking fee for drones?", "thanks!"], "and cameras?", "restocking fee cameras"),
        (["How many vacation days do I have in Germany?"], "how many can I carry over?", "vacation days carry germany"),
        (["How many gift cards can I use at once?"], "And how many do they let me buy in a year?", "gift cards buy year"),
        (["Can I return the VX-TB4-DOCK?"], "and the VX-TB5-DOCK?", "return VX-TB5-DOCK"),
        (["What do two years of cover cost?"], "And for three?", "years cover cost three"),
        (["Do you replace a weak battery for free?"], "hmm it's fourteen months old though", "battery replace free"),
        (["Can I cancel my care plan?"], "more like five months ago...", "cancel care plan"),
        (["What does Plus cost?"], "is that going up in 2027?", "Plus cost"),
    ],
)  # fmt: skip
def test_a_follow_up_carries_what_it_follows(before: list[str], question: str, carried: str) -> None:
    """It begins with what was asked now, and has the words of what was asked first."""
    found = standalone(question, thread(*before))
    assert found.startswith(question)
    assert content_words(carried) <= content_words(found)


@pytest.mark.parametrize(
    "question",
    [
        "How long is the warranty on refurbished phones?",
        "Do you ship lithium batteries to Alaska?",
        "Is the VX-TB4-DOCK in stock?",
        "Can I cancel order EM-104233?",
        "How many gift cards can I use at once?",
        "How much does installing a dishwasher cost?",
        "I was told that gift cards never expire, so can I still use one from the year before last?",
        "my new kettle and the toaster were both delivered broken, the box too, take photos first",
    ],
)
def test_a_whole_question_stays_what_it_is(question: str) -> None:
    """A new subject in an old thread is not mixed with the old one."""
    assert standalone(question, thread("What does express shipping cost?")) == question


def test_another_number_takes_the_place_of_the_first_number_only() -> None:
    assert "two" not in standalone("And for three?", thread("What do two years of cover cost?"))


def test_another_product_takes_the_place_of_the_first() -> None:
    assert "TB4" not in standalone("and the VX-TB5-DOCK?", thread("Can I return the VX-TB4-DOCK?"))


@pytest.mark.parametrize(
    ("before", "question", "old", "kept"),
    [
        ("Can I return opened earbuds?", "what about laptops?", "earbuds", "return opened laptops"),
        ("Can I return opened earbuds?", "@frontdesk what about a fridge?", "earbuds", "return fridge"),
        ("Is there a restocking fee for drones?", "and lenses?", "drones", "restocking fee lenses"),
        ("What does standard shipping cost?", "how about express?", "standard", "shipping cost express"),
        ("How long does shipping to Alaska take?", "and to Hawaii?", "alaska", "shipping take hawaii"),
    ],
)
def test_another_subject_takes_the_place_of_the_first(before: str, question: str, old: str, kept: str) -> None:
    """What is asked stays; what it is asked about is the new thing alone."""
    found = content_words(standalone(question, thread(before)))
    assert content_words(kept) <= found
    assert replaced(question, thread(before)) == content_words(old)
    assert not found & content_words(old)


@pytest.mark.parametrize(
    "question", ["what about the warranty?", "and if they are broken?", "why?", "in Canada?", "what about it?"]
)
def test_another_aspect_keeps_the_subject(question: str) -> None:
    assert "earbuds" in standalone(question, thread("Can I return opened earbuds?"))


def test_without_a_thread_nothing_is_added() -> None:
    assert standalone("  and for headphones? ", []) == "and for headphones?"
    assert standalone("and for headphones?", [Turn("desk", "Hello!")]) == "and for headphones?"


@given(st.text(max_size=60), TURNS)
def test_any_thread_is_understood(question: str, turns: list[Turn]) -> None:
    assert standalone(question, turns).startswith(re.sub(r"^\s*@[\w.-]+[,:]?\s+", "", question).strip())


@given(TURNS, st.integers(1, 8), st.integers(0, 60))
def test_the_latest_turns_fit(turns: list[Turn], most: int, chars: int) -> None:
    """Within both budgets, in order, the asker's first, without citation marks and empty texts."""
    kept = fit(turns, most, chars)
    assert len(kept) <= most
    assert sum(len(turn.text) for turn in kept) <= chars
    assert not kept or kept[0].role == "asker"
    assert all(turn.text.strip() for turn in kept)


def test_marks_are_taken_out_of_what_the_desk_said() -> None:
    assert [turn.text for turn in fit(thread("How long?"), 9, 999)] == ["How long?", "Yes, 30 days."]


@pytest.mark.parametrize(("text", "reply"), [("operator", None), ("can i use it with my other one", WHICH)])
def test_a_call_in_one_word_is_not_asked_back_and_what_names_nothing_is(text: str, reply: str | None) -> None:
    assert courtesy(text, 8000) == reply


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("", EMPTY), ("  \n", EMPTY), ("...", EMPTY), ("👍", EMOJI), (":tada: :+1::skin-tone-3:", EMOJI), ("❤️ 🎉", EMOJI),
        ("thanks", "You're welcome"), ("Thank you so much!!", "You're welcome"), ("ok, thanks :smile:", "You're welcome"),
        ("Hi", "Hello"), ("hello there", "Hello"), ("Good morning!", "Hello"), ("bye", "Goodbye"), ("great", "Good"),
        ("help", "Sure"), ("never mind", "No problem"), ("x" * 8001, "That message is too long"),
    ],
)  # fmt: skip
def test_courtesies_have_a_reply_without_facts(text: str, begins: str) -> None:
    reply = courtesy(text, 8000)
    assert reply is not None
    assert reply.startswith(begins)
    assert "8,001" in reply or not any(character.isdigit() for character in reply)


@pytest.mark.parametrize(
    "text",
    ["thanks, but what about express?", "hi, where is my parcel?", "help me return a TV", "ok and drones?",
     "good headphones?", "do you say thanks?", "is it great"],
)  # fmt: skip
def test_a_question_is_no_courtesy(text: str) -> None:
    assert courtesy(text, 8000) is None


def test_yes_to_the_offer_of_a_human() -> None:
    """A bare yes after the desk offered a human says where the button is; after anything else it is looked up."""
    offered = [Turn("asker", "x"), Turn("desk", "I couldn't find that. Would you like me to connect you to a human?")]
    assert courtesy("yes please", 8000, offered) == PRESS_FOR_HUMAN
    assert courtesy("yes please", 8000, thread("x")) is None


@pytest.mark.parametrize(
    "text",
    ["talk to a human", "I want to talk to a human", "human please", "Can I speak with a real person?", "agent!",
     "connect me to an agent", "Could you get me a human", "please transfer me to a manager", "escalate to a human"],
)  # fmt: skip
def test_a_call_for_a_human(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize(
    "text",
    ["", "can a person return two items?", "someone stole my parcel", "is the assistant a human?", "what does an agent do",
     "who is the manager of the Denver store", "human body scale HB-200"],
)  # fmt: skip
def test_a_question_about_people_is_no_call(text: str) -> None:
    assert not wants_human(text)


@pytest.mark.parametrize(
    ("before", "question", "goes_on_from"),
    [
        (["@frontdesk Can I return earbuds?"], "And if the seal is broken but I just dont like the sound??", 0),
        (["Can I return earbuds?", "and headphones?"], "how long do I have for it?", 0),
        (["Can I return earbuds?", "I want to talk to a human"], "and if the seal is broken?", 0),
        (["Can I return earbuds?"], "What does express shipping to Canada cost?", None),
        ([], "and if the seal is broken?", None),
    ],
)
def test_what_a_follow_up_goes_on_from(before: list[str], question: str, goes_on_from: int | None) -> None:
    expected = "" if goes_on_from is None else before[goes_on_from].removeprefix("@frontdesk ")
    assert followed(question, thread(*before)) == expected


def test_a_call_for_a_human_is_not_searched_for_with_a_follow_up() -> None:
    turns = thread("Is there a restocking fee for drones?", "I want to speak to a person please")
    searched = standalone("it is the Halden Book 14 btw", turns)
    assert not {"speak", "person"} & set(searched.split())
    assert standalone("is it there?", turns[2:]) == "is it there?"
