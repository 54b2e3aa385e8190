"""Whether a document answers shows in what is asked of its subject."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.model import Passage
from bot.desk.synonyms import concepts
from bot.engine.doubts import FAR, apart, doubts, missed
from bot.engine.quotable import Unit
from ingest.index.contract import Likeness

SHEET = "Orrin 9 phone 128 GB, granite. Ports: 1 x USB-C. Battery: 4,600 mAh. A business associate agreement is signed."
UNIT = Unit(0, "Ports: 1 x USB-C", "Ports: 1 x USB-C", "Orrin 9 phone", "Orrin 9 phone", 0)


def said(asked: str, sheet: str = SHEET, text: str = UNIT.text) -> dict[str, float]:
    unit = Unit(0, text, text, UNIT.lead, UNIT.heading, 0)
    own = Passage("c1", "d1", "docs", UNIT.heading, "", sheet, "https://d/1", datetime(2026, 1, 1, tzinfo=UTC), 0, 1.0)
    other = replace(own, document_id="d2", title="Others", text="Ask us about the TPM. The Orrin 8 is blue.")
    return doubts(asked, unit, 1.0, {}, [own, other])


@pytest.mark.parametrize(
    ("asked", "lacks"),
    [
        ("Does the phone of 2027 charge?", True),
        ("What does error E05 mean?", True),
        ("Is version 4.1 out?", True),
        ("Is it sold in green?", True),
        ("Is it sold in granite?", False),
        ("there is a green dot on the screen, is that normal", False),  # not the phone's own colour
        ("I have 2000 points, may I use them?", False),
        ("does the phone of 1998 count", False),
        ("I bought SIX of them", False),
        ("it STILL does not charge", False),
        ("What is the SAR value?", True),
        ("Has it a TPM?", False),  # another passage has the abbreviation
        ("Do you sign a BAA?", False),  # spelt out
        ("WHAT ABOUT SAR", False),  # all in capitals
        ("When does the Orrin 10 come out?", True),
        ("Is the Orrin 8 still sold?", False),
        ("Does it charge in 30 days at $20?", False),
    ],
)
def test_what_has_no_other_wording_has_to_stand_there(asked: str, lacks: bool) -> None:
    assert said(asked)["literal"] == lacks


@pytest.mark.parametrize(
    ("asked", "text", "uncounted"),
    [
        ("How many phones were sold?", "Ports: 1 x USB-C", True),
        ("How many watches can I pair?", "You can pair two watches.", False),
        ("how many watts does it take", "Power supply: 150 W", False),
        ("how many watts does it take", "Ports: 1 x USB-C", True),
        ("How long does it last?", "Ports: 1 x USB-C", False),
        ("how many can I pair with it?", "You can pair two watches.", False),  # of what, is not said
        ("how many of us does it call", "It calls five numbers.", False),
        ("how many more years is it updated", "Ports: 1 x USB-C", True),
    ],
)
def test_a_number_that_is_asked_for_is_stated(asked: str, text: str, uncounted: bool) -> None:
    assert said(asked, text=text)["uncounted"] == uncounted


def test_names_identifiers_and_plans_are_rarely_in_documents() -> None:
    assert said("Who makes the panel?")["name"]
    assert said("which insurer do you use")["name"]
    assert said("What's the fax number?")["identifier"]
    assert said("Are you opening a store soon?")["plan"]
    plain = said("Does the Orrin 9 charge by USB-C?")
    assert not (plain["name"])
    assert not (plain["identifier"])
    assert not (plain["plan"])


def test_the_subject_is_no_part_of_what_is_left_open() -> None:
    assert (
        said("How big is the battery of the Orrin 9 phone?")["left"] < said("Has the Orrin 9 phone a hologram?")["left"]
    )


def test_light_words_and_subjects_are_not_missed() -> None:
    like = Likeness(("can", "somebody", "phone", "hologram"), [0.5], [[0.1, 0.1, 0.1, 0.2]])
    assert missed(like, ["phone"], concepts("Orrin 9 phone")) == {"phone": pytest.approx(0.4)}


def test_a_long_story_is_missed_no_more_than_a_long_question() -> None:
    words = tuple(f"hologram{at}" for at in range(20))
    assert missed(Likeness(words, [0.5], [[0.1] * 20]), ["phone"], frozenset()) == {"phone": FAR}


@pytest.mark.parametrize(
    ("met", "elsewhere"), [([0.9, 0.1, 0.2], True), ([0.9, 0.1, 0.5], False)]
)  # the name of the record, a light word, what is asked
def test_a_field_that_is_near_no_word_asked_of_its_record_speaks_of_something_else(
    met: list[float], elsewhere: bool
) -> None:
    own = Passage("c", "d", "docs", "Orrin 9 phone", "", SHEET, "https://d", datetime(2026, 1, 1, tzinfo=UTC), 0, 1.0)
    assert apart(("phone", "can", "hologram"), met, own) == elsewhere
    assert not apart(("phone", "can"), met[:2], own)  # it is named, and nothing asked of it
