"""What is found right and wrong in an answer to a golden case."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.desk.figures import stated
from bot.desk.model import Answer, Citation, DraftSentence, Outcome, Passage, Usage
from ops.evaluation.golden import GoldenCase
from ops.evaluation.judging import Judged, comparable, judge, says

CHANGED = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://electromart.example/docs/"
POLICY = "You can return most items within 30 days of delivery. A return by mail costs $6.95."


def case(**changes: Any) -> GoldenCase:
    fields = {
        "id": "return-window",
        "kind": "answerable",
        "question": "How long can I return a laptop?",
        "outcome": "answered",
        "must_say": ["30 days"],
        "must_not_say": ["14 days"],
        "cites": [["returns/returns-policy.md", "returns/faq.html"]],
        "held": False,
    }
    return GoldenCase.model_validate(fields | changes)


def answer(text: str, *, cites: str | None = "returns/returns-policy.md", **fields: Any) -> Answer:
    citations = () if cites is None else (Citation(0, POLICY, "Returns", URL + cites, "", CHANGED),)
    passage = Passage("c", "d", "docs", "Returns", "", POLICY, URL + (cites or ""), CHANGED, 0, 1.0)
    marked = DraftSentence(text, citations)
    given = {"citations": citations, "sentences": (marked,), "passages": (passage,), "model": "extractive"}
    return Answer(Outcome.ANSWERED, text, **(given | fields))


def abstention(text: str, **fields: Any) -> Answer:
    return Answer(Outcome.ABSTAINED, text, **fields)


def judged(of: GoldenCase, given: Answer, **options: Any) -> Judged:
    return judge(of, given, **({"ms": 1.0, "limit": 80} | options))


def test_an_answer_with_its_fact_and_source_is_right() -> None:
    """Case, marks, emphasis and the form of dashes are no difference."""
    found = judged(case(must_say=["30 DAYS", ["in shops", "delivery"]]), answer("Within **30 days** of delivery. [1]"))
    assert found.right
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("text", "fact", "there"),
    [
        ("within 30 days", "30 days", True),
        ("within 130 days", "30 days", False),
        ("within 1,030 days", "030 days", False),
        ("it is $49.", "$49", True),
        ("it is $49.99", "$49", False),
        ("it is $499", "$49", False),
        ("takes 1–2 business days", "1-2 business days", True),
        ("receipts", "receipt", True),
    ],
)
def test_figures_stand_whole(text: str, fact: str, there: bool) -> None:
    """A shorter number within a longer one is another figure."""
    assert says(comparable(text), fact) is there


def test_what_is_wrong_is_named() -> None:
    """Each thing that fails has its reason, for whoever improves the desk."""
    found = judged(case(), answer("Within 14 days, for 45 watts. [1]", cites="shipping/zones.csv"))
    assert not found.right
    assert found.outcome_right
    assert found.reasons == (
        "does not say 30 days",
        "says 14 days",
        f"cites {URL}shipping/zones.csv",
        "does not cite returns/returns-policy.md / returns/faq.html",
        "states a figure that no cited passage has: 14 days; 45 watts",
    )


def test_a_wrong_abstention_lacks_its_facts_too() -> None:
    """To say nothing is no way to have nothing wrong."""
    found = judged(case(), abstention("I couldn't find that."))
    assert (found.outcome_right, found.missing, found.unsourced) == (
        False,
        ("30 days",),
        ("returns/returns-policy.md / returns/faq.html",),
    )


def test_a_fine_abstention_needs_no_facts() -> None:
    """Where an answer or an abstention is fine, the facts are those of the answer."""
    found = judged(case(outcome=["answered", "abstained"]), abstention("I couldn't find that."))
    assert found.right
    assert (found.facts, found.sources) == (0, 0)


def test_repeating_what_was_asked_is_not_saying_it() -> None:
    """An abstention names what it searched for; an answer that repeats a forbidden figure still says it."""
    of = case(question="Is it 14 days?", outcome=["answered", "abstained"])
    asked = abstention("I searched for “Is it 14 days?”.", searched="Is it 14 days?")
    assert judged(of, asked).forbidden == ()
    assert judged(of, abstention("I searched for “Is it 14 days?”. The old leaflet says 14 days.")).forbidden == (
        "14 days",
    )
    assert judged(of, answer("Is it 14 days? Yes. [1]")).forbidden == ("14 days",)


def test_an_uncited_fact_is_counted() -> None:
    """A sentence that states something needs a source; an offer does not."""
    bare = DraftSentence("Returns are free. ")
    offer = DraftSentence("Shall I connect you to a human?")
    found = judged(case(), answer("x 30 days", sentences=(bare, offer)))
    assert (found.factual, found.bare) == (1, ("Returns are free.",))


def test_without_passages_a_figure_counts_when_a_document_states_it() -> None:
    """The model alone has no citation to check: what no document says is ungrounded."""
    alone = answer("It is 30 days or 99 days.", cites=None, passages=())
    assert judged(case(), alone, corpus=stated(POLICY)).loose == ("99 days",)


def test_private_words_reach_the_asker_only() -> None:
    """Order details in private answer the question, and are no leak in the channel."""
    of = case(kind="order", cites=[], must_say=["shipped"], must_not_say=["NLP188"], place="public")
    found = judged(of, answer("I've sent it to you.", private="EM-104325 is shipped, parcel NLP188."))
    assert (found.missing, found.forbidden) == ((), ())


def test_an_unknown_price_stays_unknown() -> None:
    """Without prices the cost is None, and an ending that no model wrote costs nothing."""
    assert judged(case(), answer("30 days", usage=Usage(input=5, output=2), cost_usd=None)).cost_usd is None
    assert judged(case(), abstention("I couldn't find that.")).cost_usd == 0


def test_what_an_older_version_says_is_not_forbidden_where_it_is_told_to_be_older() -> None:
    """In the answer it is; and so is everything in a line about what is somebody else's."""
    line = "An older version (v2.1, January 2024, superseded) says 14 days."
    assert judged(case(), answer("Within 30 days. [1]", notice=line)).right
    assert judged(case(), answer("Within 30 days. [1]", notice="It was 14 days.")).forbidden == ("14 days",)
    assert judged(case(), answer(f"Within 30 days. [1] {line}")).forbidden == ("14 days",)
    assert judged(case(kind="other_audience"), answer("30 days. [1]", notice=line)).forbidden == ("14 days",)
