"""Gaps named by their words: what most ask, and nothing that one person wrote privately."""

import pytest

from bot.desk.gaps import PRIVATE
from bot.gaps.naming import LONGEST, Asked, names_of


def asked(*texts: str, open: bool = True) -> list[Asked]:
    return [Asked(text, f"U{number}", open) for number, text in enumerate(texts)]


def name_of(group: list[Asked], others: list[Asked]) -> str:
    return names_of([group, *([one] for one in others)])[0]


BATTERY = (
    "What is a battery replacement out of warranty?",
    "price of battery replacement, out of warranty",
    "my warranty is over, battery replacement?",
)
OTHERS = asked("Do you wrap gifts?", "What is the price of the TFG-200?", "is gift wrapping free?")


def test_what_most_of_them_say_and_others_do_not() -> None:
    assert name_of(asked(*BATTERY), OTHERS) == "battery replacement · out of warranty"


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("is there a TPM in the TFG-200?", "TFG-200 TPM chip?"), "TPM · TFG-200"),
        (("Can I bring my dog?", "dogs in the office?", "are dogs allowed"), "dogs"),
        (("Whom do I ask?",), "Whom do I ask?"),
    ],
)
def test_codes_keep_their_capitals_and_words_that_only_ask_are_left_out(texts: tuple[str, ...], name: str) -> None:
    assert name_of(asked(*texts), asked("do you wrap gifts", "opening hours")).startswith(name)


def test_what_one_person_wrote_privately_is_not_in_it() -> None:
    """Unless it is said openly elsewhere, or two people said it."""
    one = asked("What does Joost Hagendoorn earn?", open=False)
    assert name_of(one, []) == PRIVATE
    assert name_of(one, asked("What do engineers earn?")) == "earn"
    two = [Asked("Joost's salary band?", "U1", False), Asked("what is my salary band", "U2", False)]
    assert name_of(two, []) == "salary band"
    again = [Asked("Joost's salary band?", "U1", False), Asked("salary band of Joost", "U1", False)]
    assert name_of(again, []) == PRIVATE


def test_a_name_is_short() -> None:
    assert len(name_of(asked("thermodynamically " * 3 + "electromagnetically" * 4), [])) <= LONGEST
