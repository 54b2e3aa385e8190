"""Chosen units become sentences that can be read, and that say no more and no less than their source."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.grounding import check
from bot.desk.model import DraftSentence, Passage
from bot.engine.drafting import drafted
from bot.engine.quotable import units_of

PASSAGE = Passage("c", "d", "docs", "Plan", "", "", "https://d/1", datetime(2026, 1, 1, tzinfo=UTC), 0, 1.0)


def quoted(section: str, text: str, *chosen: int, asked: str = "") -> list[str]:
    """What is said where these units of a passage were chosen; all of it has to pass the grounding."""
    passage = replace(PASSAGE, section=section, text=text)
    units = units_of(0, passage)
    said = drafted([units[at] for at in chosen], units, [passage], asked)
    assert all(isinstance(check(one, [passage]), DraftSentence) for one in said)
    return [one.text.strip() for one in said]


def test_an_exclusion_is_said_under_its_heading() -> None:
    """The grounding, which compares a sentence's "not" with its quote's, knows whose "not" it is."""
    assert quoted("4. What is not covered", "- Loss and theft of it.\n- Wear", 0, 1) == [
        "What is not covered: Loss and theft of it; Wear."
    ]
    assert quoted("NOT IN THE STORE", "Fridges and freezers. Your city takes them.", 0) == [
        "Not in the store: Fridges and freezers."
    ]
    assert quoted("Bin", "Not accepted:\n\n- Lamps and bulbs", 0) == ["Not accepted: Lamps and bulbs."]


def test_the_items_of_a_list_are_said_after_the_line_above_it_which_is_cited_too() -> None:
    passage = replace(PASSAGE, text="Please check:\n\n1. the porch, and\n2. the shed.")
    units = units_of(0, passage)
    [said] = drafted(units, units, [passage], "")
    assert said.text.strip() == "Please check: the porch; the shed."
    assert {citation.quote for citation in said.citations} == {"Please check:", "1. the porch, and", "2. the shed."}


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("No. The 30 days run from delivery.", "how long can I return a lamp", "The 30 days run from delivery."),
        ("No. The 30 days run from delivery.", "does a swap start a new period", "No. The 30 days run from delivery."),
        ("Yes, as long as it is sealed.", "where", "Does a swap start a new period? Yes, as long as it is sealed."),
        ("It starts with the swap.", "where", "Does a swap start a new period? It starts with the swap."),
        ("It starts with the swap.", "does the swap start a new period", "It starts with the swap."),
    ],
)
def test_the_answer_to_another_question_is_not_taken_for_the_askers(text: str, asked: str, said: str) -> None:
    assert quoted("Does a swap start a new period?", text, 0, asked=asked) == [said]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((1,), ["We give credits for downtime.", "They reduce your next invoice."]),
        ((0, 1), ["We give credits for downtime.", "They reduce your next invoice."]),
        ((2,), ["Credits: Those are never paid out."]),
        ((3,), ["This page is for all plans."]),
    ],
)
def test_a_sentence_that_points_back_is_not_said_alone(chosen: tuple[int, ...], said: list[str]) -> None:
    """It follows what it points to, or, where that points back too, its heading."""
    text = "We give credits for downtime. They reduce your next invoice. Those are never paid out. This page is for all plans."
    assert quoted("Terms > Credits", text, *chosen) == said
