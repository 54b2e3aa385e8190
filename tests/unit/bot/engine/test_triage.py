"""The classifier of complaints: what it says of them, and when it says nothing."""

import numpy as np
import pytest

from bot.desk.beside import Beside, beside
from bot.desk.order_numbers import OrderNumbers
from bot.engine.triage import MADE_BY, Classifier
from bot.engine.triage_features import WORDS_WEIGH, Phrases, terms_of, worded
from bot.triage_settings import CATEGORIES
from ingest.index import IndexSettings, make_embedder

EMBEDDER = make_embedder(IndexSettings())
ORDERS = OrderNumbers(("EM-######",))


def classifier(model: str = EMBEDDER.fingerprint, categories: tuple[str, ...] = CATEGORIES) -> Classifier:
    return Classifier(EMBEDDER.embed, lambda: model, categories, lambda text: beside(text, ORDERS))


KNOWN = classifier()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (
            "There was smoke coming out of the toaster and now the socket is black, my kids were next to it!",
            "SAFETY_HAZARD",
        ),
        ("You took the money for order EM-118402 from my card twice.", "BILLING_PAYMENT"),
        ("Somebody got into my account and changed the e-mail address", "ACCOUNT_PRIVACY"),
        ("I sent the laptop back a month ago and still have no refund", "RETURN_REFUND"),
    ],
)
async def test_a_complaint_gets_its_category(text: str, category: str) -> None:
    record = await KNOWN.triage(f"  {text} ")
    assert record is not None
    assert (record.triage.category, record.triage.complaint, record.made_by) == (category, text, MADE_BY)
    assert 0 < record.confidence <= 1


async def test_danger_is_graver_than_a_grumble() -> None:
    danger = await KNOWN.triage(
        "The battery caught fire in my daughter's hand, she is in hospital. My lawyer will write."
    )
    grumble = await KNOWN.triage("Bit annoying that the parcel came a day late, but I have it now.")
    assert danger is not None
    assert grumble is not None
    assert danger.triage.severity > grumble.triage.severity
    assert (danger.triage.requires_escalation, grumble.triage.requires_escalation) == (True, False)


@pytest.mark.parametrize("text", ["How long can I return a laptop?", "Do you ship to Alaska?", "", "  "])
async def test_a_plain_question_is_no_complaint(text: str) -> None:
    assert await KNOWN.triage(text) is None


@pytest.mark.parametrize("other", [classifier("another model"), classifier(categories=("SPAM", *CATEGORIES[1:]))])
async def test_it_says_nothing_where_it_was_fitted_for_something_else(
    other: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    """A record that is made with the wrong weights is worse than none; the log says why."""
    assert await other.triage("My parcel has not arrived") is None
    assert "nothing is triaged without Claude" in caplog.text


async def test_what_is_very_long_is_cut() -> None:
    record = await KNOWN.triage("My parcel never arrived and nobody answers me. " * 200)
    assert record is not None
    assert len(record.triage.complaint) == 4000


def test_the_layers_are_of_the_default_categories() -> None:
    assert tuple(KNOWN.layers.categories) == CATEGORIES


def test_a_phrase_is_not_found_near_itself() -> None:
    """Else what is learnt of phrases would be that each is its own."""
    known = Phrases(("A", "B"), np.array([0, 1]), np.eye(2, dtype=np.float32))
    assert known.near(np.eye(2, dtype=np.float32)[:1]).tolist() == [1.0, 0.0]
    assert known.near(np.eye(2, dtype=np.float32)[:1], leaving_out=0).tolist() == [0.0, 0.0]


def test_terms_are_words_and_pairs() -> None:
    assert terms_of("No refund, yet") == ["no", "refund", "yet", "no refund", "refund yet"]
    assert worded("refund refund", {"refund": (0, 2.0), "lost": (1, 3.0)}).tolist() == [WORDS_WEIGH, 0.0]
    assert worded("nothing known", {"refund": (0, 2.0)}).tolist() == [0.0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My order em 118402 is late", Beside("English", "EM-118402", None)),
        ("EM-118402 and EM-118403 are late", Beside("English", "EM-118402", None)),
        ("The OND-56F14-CL is broken, order EM-118402", Beside("English", "EM-118402", "OND-56F14-CL")),
        ("Das Paket ist nicht da und ich warte auf die Lieferung", Beside("German", None, None)),
        ("It is broken", Beside("English", None, None)),
    ],
)
def test_what_is_named_beside(text: str, found: Beside) -> None:
    assert beside(text, ORDERS) == found


def test_without_orders_no_number_is_one() -> None:
    assert beside("EM-118402 is late", None).order is None
