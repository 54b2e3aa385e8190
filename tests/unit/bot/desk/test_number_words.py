"""Numbers in words, each with its value."""

import re
from decimal import Decimal

import pytest

from bot.desk.number_words import NUMBER, value_of

WORDS = {
    "zero": "0", "nineteen": "19", "forty": "40", "forty-two": "42", "forty two": "42", "hundred": "100",
    "a hundred": "100", "one hundred and one": "101", "five hundred twenty": "520", "a thousand": "1000",
    "twelve hundred": "1200", "two thousand five hundred and ten": "2510", "one hundred thousand": "100000",
    "three million": "3000000", "a dozen": "12", "two dozen": "24", "two and a half": "2.5",
}  # fmt: skip


@pytest.mark.parametrize(("words", "value"), WORDS.items())
def test_a_number_is_read_as_a_whole(words: str, value: str) -> None:
    assert re.fullmatch(NUMBER, words)
    assert value_of(words) == Decimal(value)


@pytest.mark.parametrize("words", ["three and five", "one hundred and two hundred", "sevenths", "two three"])
def test_two_numbers_are_not_one(words: str) -> None:
    assert not re.fullmatch(NUMBER, words)
