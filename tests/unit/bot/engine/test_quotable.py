"""A table's cell is quoted under the heading of its own column, an FAQ's sentence under its question."""

from datetime import UTC, datetime

import pytest

from bot.desk.model import Passage
from bot.engine.quotable import units_of
from ingest.parsing.parsed import as_table


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["Plan", "Price"], ["The basic one", "$96 a year"]], ["The basic one: $96 a year"]),
        ([["", "2 years", "3 years"], ["Laptop", "$96", "$144"]], ["Laptop – 2 years: $96; 3 years: $144"]),
        ([["", "Basic", "Plus"], ["Express", "$14.99", ""]], ["Express – Basic: $14.99"]),
        ([["Who", "Then", "Now"], ["All", "", "10 days"]], ["All – Now: 10 days"]),
    ],
)
def test_each_cell_has_its_own_columns_heading(rows: list[list[str]], said: list[str]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    passage = Passage("c", "d", "docs", "Plans", "", as_table(rows), "https://d/1", at, 0, 1.0)
    assert [unit.text for unit in units_of(0, passage)] == said


@pytest.mark.parametrize(
    "text",
    [
        "Is a repair guaranteed?\nYes, it is guaranteed. The part is covered for 90 days.\nCall us about TVs, please.",
        "Is a repair guaranteed?: Yes, it is guaranteed. The part is covered for 90 days.\nCall us about TVs, please.",
    ],
)
def test_a_sentence_of_an_answer_stands_under_its_question(text: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    units = units_of(0, Passage("c", "d", "docs", "Bench", "", text, "https://d/1", at, 0, 1.0))
    assert [(unit.heading, unit.quote) for unit in units] == [
        ("Bench > Is a repair guaranteed?", "Yes, it is guaranteed."),
        ("Bench > Is a repair guaranteed?", "The part is covered for 90 days."),
        ("Bench", "Call us about TVs, please."),
    ]
