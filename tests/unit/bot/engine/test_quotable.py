"""A table's cell is quoted under the heading of its own column, an FAQ's sentence under its question, and an exclusion
under what says that it is one."""

from datetime import UTC, datetime

import pytest

from bot.desk.model import Passage
from bot.engine.quotable import about_itself, units_of
from ingest.parsing.parsed import as_table

AT = datetime(2026, 1, 1, tzinfo=UTC)


def passage(text: str, section: str = "", title: str = "Plans") -> Passage:
    return Passage("c", "d", "docs", title, section, text, "https://d/1", AT, 0, 1.0)


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
    assert [unit.text for unit in units_of(0, passage(as_table(rows)))] == said


@pytest.mark.parametrize(
    "text",
    [
        "Is a repair guaranteed?\nYes, it is guaranteed. The part is covered for 90 days.\nCall us about TVs, please.",
        "Is a repair guaranteed?: Yes, it is guaranteed. The part is covered for 90 days.\nCall us about TVs, please.",
    ],
)
def test_a_sentence_of_an_answer_stands_under_its_question(text: str) -> None:
    units = units_of(0, passage(text, title="Bench"))
    assert [(unit.heading, unit.quote) for unit in units] == [
        ("Bench > Is a repair guaranteed?", "Yes, it is guaranteed."),
        ("Bench > Is a repair guaranteed?", "The part is covered for 90 days."),
        ("Bench", "Call us about TVs, please."),
    ]


@pytest.mark.parametrize(
    ("section", "text", "under"),
    [
        ("4. What is not covered", "- Loss, theft and intent", ["4. What is not covered"]),
        ("Bin", "Not accepted:\n\n- Lamps\n- Paint you opened", ["Not accepted:", "Not accepted:"]),
        ("NOT IN THE STORE", "Fridges and freezers. You can ask your city.\nAnything that leaks", ["NOT IN THE STORE", "",
         "NOT IN THE STORE"]),
        ("Not included", "We never charge for the drill.", [""]),
        ("Included", "- Two screws and a drill", [""]),
        ("Not included", "Included all the same:\n\n- the drill and its case", ["Included all the same:"]),
        ("The lamp does not light", "1. Switch it off and on.", [""]),
        ("What works and what does not", "- Lamps of any make and age", [""]),
        ("What we need", "- the receipt,\n- your name and address", ["What we need", "What we need"]),
        ("Lost", "Please check:\n\n1. the porch,\n2. the shed.\n\nThen call us about it.", ["Please check:",
         "Please check:", ""]),
    ],
)  # fmt: skip
def test_what_would_say_something_else_alone_is_known_by_what_it_stands_under(
    section: str, text: str, under: list[str]
) -> None:
    """The nearest line or heading that excludes it, or that a sentence begins with; a whole sentence needs neither, nor
    does an instruction."""
    assert [unit.under for unit in units_of(0, passage(text, section))] == under


@pytest.mark.parametrize(
    ("text", "itself"),
    [
        ("Version 2.3, effective 1 September 2026.", True),
        ("Customer Finance, reviewed 1 March 2026", True),
        ("Last updated 3 November 2026, for the plans of today", False),
        ("Guide reviewed in November 2026", True),
        ("Owner: Talent Acquisition and Finance", True),
        ("Replaces v1.4 of 2023.", True),
        ("Version 3 costs $79 a month.", False),
        ("Valid from March 2026 in all 14 stores.", False),
        ("Payload 2 MB (v3: 6 MB).", False),
        ("The price list is reviewed every year.", False),
    ],
)
def test_a_line_about_the_document_itself_is_known(text: str, itself: bool) -> None:
    [unit] = units_of(0, passage(text))
    assert about_itself(unit) == itself


def test_a_record_is_not_told_by_its_own_name() -> None:
    record = passage("code: E-7\ntitle: E-7 too_hot\nmeaning: It is too hot.", title="E-7 too_hot")
    assert [unit.text for unit in units_of(0, record) if not about_itself(unit)] == [
        "code: E-7",
        "meaning: It is too hot.",
    ]


def test_a_table_drawn_with_spaces_has_rows() -> None:
    days = passage(
        "10 days   your partner, or your child, or the child of your partner too\n 5 days   a parent or friend"
    )
    assert [unit.text for unit in units_of(0, days)] == [
        "10 days: your partner, or your child, or the child of your partner too",
        "5 days: a parent or friend",
    ]
