"""Text to sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.sentences import split_passage, split_sentences

TEXTS = st.text(st.sampled_from("ab Y.!?\n-*|1:…)\"' "), max_size=60)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ("It costs $5.99. Next.", ["It costs $5.99. ", "Next."]),
        ("Use a dock, e.g. the TB4. Then go.", ["Use a dock, e.g. the TB4. ", "Then go."]),
        ("Open until 6 p.m. daily. Come in.", ["Open until 6 p.m. daily. ", "Come in."]),
        ("Yes. It can be returned. Really.", ["Yes. It can be returned. ", "Really."]),
        ("He said “no.” Then left.", ["He said “no.” ", "Then left."]),
        ("Steps:\n1. Open it. Wait.\n2. Close it.\n", ["Steps:\n", "1. Open it. ", "Wait.\n", "2. Close it.\n"]),
        ("- one\n- two\n\nThen three.", ["- one\n", "- two\n\n", "Then three."]),
        ("wait... what", ["wait... what"]),
        ("", []),
        ("\n \n", ["\n \n"]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    """A full stop ends a sentence unless an abbreviation, a figure or a list's number has it; so does a line's end."""
    assert split_sentences(text) == pieces


@given(TEXTS)
def test_nothing_is_lost(text: str) -> None:
    """The pieces, joined, are the text."""
    assert "".join(split_sentences(text)) == text
    assert "".join(split_passage(text)) == text


@given(TEXTS, TEXTS)
def test_what_follows_changes_only_the_last_piece(text: str, more: str) -> None:
    """A sentence that was complete stays what it was, so a stream can be shown while it comes."""
    complete = split_sentences(text)[:-1]
    assert split_sentences(text + more)[: len(complete)] == complete


def test_a_row_drawn_with_spaces_is_no_wrapped_line() -> None:
    rows = [
        "5 working days   a parent, sibling, grandparent, grandchild or parent-in-law\n",
        "2 working days   a friend",
    ]
    assert split_passage("".join(rows)) == rows
    wrapped = "A line that the author of a text file broke at seventy characters or\n   so, and indented."
    assert split_passage(wrapped) == [wrapped]


def test_a_table_is_quoted_by_its_rows_and_wrapped_lines_are_joined() -> None:
    text = (
        "Item | Fee\nDrones | 15%. Always\n\n"
        "A line that the author of a text file broke at seventy characters or\nso. Another.\n\n"
        "sku: X-1\nname: Dock"
    )
    assert [unit.strip() for unit in split_passage(text)] == [
        "Item | Fee",
        "Drones | 15%. Always",
        "A line that the author of a text file broke at seventy characters or\nso.",
        "Another.",
        "sku: X-1",
        "name: Dock",
    ]
