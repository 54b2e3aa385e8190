"""Ranking: what is asked decides, word by word, and what is not spoken of is not sure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from bot.desk.model import Passage
from bot.engine.intents import Intents
from bot.engine.quotable import units_of
from bot.engine.ranking import NOTHING, Ranking, features, rank, shares_of
from ingest.index import IndexSettings, make_embedder
from ingest.index.likeness import Read, Readings

EMBEDDER = make_embedder(IndexSettings())
AT = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = (
    ("Returns", "You can return a laptop within 30 days of delivery. Keep the receipt."),
    ("Shipping", "Standard shipping costs $5.99 and takes 3 to 5 business days."),
    ("Repair", "While we repair your phone you can borrow one of ours for a deposit of $100."),
)
PASSAGES = [
    Passage(f"c{at}", f"d{at}", "docs", title, "", text, f"https://d/{at}", AT, 0, 1.0)
    for at, (title, text) in enumerate(TEXTS)
]


def ranked(asked: str) -> Ranking:
    units = [unit for at, passage in enumerate(PASSAGES) for unit in units_of(at, passage)]
    return rank(asked, units, PASSAGES, EMBEDDER.likeness)


@pytest.mark.parametrize(
    ("asked", "passage"),
    [
        ("How long do I have to send back a notebook?", 0),
        ("what is the postage", 1),
        ("is there a loaner handset while mine is being fixed", 2),
    ],
)
def test_the_sentence_that_answers_stands_first_in_other_words_too(asked: str, passage: int) -> None:
    assert ranked(asked).units[0].unit.passage == passage


def test_it_is_less_sure_of_what_no_passage_speaks_of() -> None:
    known = ranked("How much does standard shipping cost and how long does it take?").sure
    unknown = ranked("What is the name of the manager who runs the canteen kitchen on Fridays?").sure
    assert known > 0.5 > 0.2 > unknown


def test_a_documents_share_is_of_all_that_speaks_for_one() -> None:
    shares = shares_of(["a", "b", "a"], [0.0, 0.0, 0.0])
    assert shares == pytest.approx([2 / 3, 1 / 3, 2 / 3])
    assert 0 < shares_of(["a", "b"], [-2000.0, 0.0])[0] < 1e-6  # its logarithm is taken


def test_of_nothing_nothing_is_ranked() -> None:
    assert rank("How long?", [], PASSAGES, EMBEDDER.likeness) == NOTHING


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("this bot is useless, get me an actual agent please", "human"),
        ("ah that fixed it, brilliant, have a lovely weekend", "courtesy"),
        ("How long do I have to return a laptop?", None),
        ("can a person without a receipt return a gift?", None),
        ("other shop's sale ended an hour ago, I have a screenshot of the price. good enough for a match?", None),
        ("", None),
        ("word " * 100, None),
    ],
)
def test_what_a_message_is_for(text: str, intent: str | None) -> None:
    assert Intents(EMBEDDER.embed, lambda: EMBEDDER.fingerprint).of(text) == intent


def test_a_field_that_speaks_of_something_else_does_not_answer() -> None:
    shop = "phone: 1-555-0100\nstate: OH\ntime zone: Eastern"
    record = replace(PASSAGES[0], title="ElectroMart Columbus", text=shop)
    units = units_of(0, record)

    def of_the_shop(asked: str) -> Ranking:
        return rank(asked, units, [record], EMBEDDER.likeness)

    assert of_the_shop("which time zone is the Columbus shop in").units[0].unit.text == "time zone: Eastern"
    assert of_the_shop("will it rain in Columbus tomorrow").sure < 0.1 < of_the_shop("Columbus time zone").sure


def test_another_model_than_the_layers_knows_no_intent() -> None:
    def embed(texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("not asked")

    assert Intents(embed, lambda: "another").of("get me an agent") is None


def test_what_was_read_lately_is_not_read_again() -> None:
    read: list[str] = []

    def reading(texts: Sequence[str]) -> list[Read]:
        read.extend(texts)
        return [Read(np.ones((1, 2), np.float16), np.ones(2, np.float32)) for _ in texts]

    readings = Readings(reading)
    readings.of(["a", "b", "a"])
    readings.of(["b", "c"])
    assert read == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("asked", "heading", "same"),
    [
        ("How long does delivery take?", "How long does shipping take?", True),
        ("what's your return policy", "What is your return policy?", True),
        ("How do I cancel my order?", "Can I cancel my order?", True),
        ("How long do I have to return a laptop?", "How long do I have to return something?", True),
        ("How long does a repair take?", "How long do I have to return something?", False),
        ("Can I return opened software?", "Can I return an opened item?", False),  # it may be just the exception
        ("How do I return something?", "How long do I have to return something?", False),  # another kind of answer
        ("Can I return opened software?", "Can I return an ElectroCare plan?", False),
        ("shipping costs", "Shipping costs", False),  # the heading of a section may be above anything
    ],
)
def test_a_question_of_an_faq_is_known_as_the_askers(asked: str, heading: str, same: bool) -> None:
    passage = Passage("c", "d", "docs", "FAQ", heading, "It says something here.", "https://d/1", AT, 0, 1.0)
    [unit] = units_of(0, passage)
    [seen] = features(asked, [(unit, 0.0)], [passage], EMBEDDER.likeness)
    assert bool(seen["asked_there"]) is same
