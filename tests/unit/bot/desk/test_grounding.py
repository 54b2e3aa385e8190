"""Rule 4: what is shown stands in what it cites."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.figures import figures, stated
from bot.desk.grounding import Numbering, Rejected, check, may_go_uncited
from bot.desk.model import Citation, DraftSentence, Passage

NOW = datetime(2026, 11, 23, tzinfo=UTC)
POLICY = Passage(
    chunk_id="c1",
    document_id="d1",
    source="docs",
    title="Returns policy",
    section="The short version",
    text=(
        "You can return most items within 30 days of delivery. Mailed returns cost $6.95. Opened drones carry a 15% fee.\n"
        "Bought from 1 November to 24 December 2026: return until 31 January 2027. Standard shipping takes 3–5 business "
        "days. Order before 18:00. Orders above 1,000 dollars need a signature. We don’t take gift cards back."
    ),
    url="https://help.example/returns",
    changed_at=NOW,
    position=0,
    score=1.0,
)
DOCK = replace(
    POLICY,
    chunk_id="c2",
    document_id="d2",
    title="Catalogue",
    section="Dock",
    text="sku: VX-TB4-DOCK\nprice_usd: 249.00\nwarranty_months: 12\nin_stock: yes\nspecs: 96 W; 2 x 4K at 60 Hz; 1 TB",
    url="https://help.example/dock",
)
PASSAGES = [POLICY, DOCK]


def said(
    text: str, quote: str | None = "You can return most items within 30 days of delivery.", passage: int = 0
) -> DraftSentence:
    source = PASSAGES[min(passage, 1)]
    citation = Citation(passage, quote or "", source.title, source.url, source.section, NOW)
    return DraftSentence(text, () if quote is None else (citation,))


DOCK_QUOTE = "sku: VX-TB4-DOCK"


@pytest.mark.parametrize(
    "sentence",
    [
        said("You have 30 days to return it. "),
        said("You have thirty days to return it."),
        said("Return it within 30\u00a0days."),
        said("It costs 6.95 dollars to mail an item back."),
        said("Opened drones lose 15 percent."),
        said("Shipping takes 3 to 5 business days."),
        said("Shipping takes between three and five business days."),
        said("Gifts can go back until January 31, 2027."),
        said("Gifts bought from 1 November 2026 on can go back."),
        said("Gifts can go back until January 31st."),
        said("Order before 6 pm."),
        said("From $1000 a signature is needed."),
        said("A receipt is needed.", "We don't take gift cards back."),
        said("The VX-TB4-DOCK costs $249 and has a 12-month warranty.", DOCK_QUOTE, 1),
        said("The dock has a 1-year warranty.", DOCK_QUOTE, 1),
        said("The dock gives 96W and two 4K screens at 60Hz.", DOCK_QUOTE, 1),
        said("It stores 1000 GB.", DOCK_QUOTE, 1),
        said("1. Return it within 30 days."),
        said("See https://help.example/returns#short for returns."),
        said("See [the policy](https://help.example/returns) on returns."),
    ],
    ids=lambda sentence: sentence.text,
)
def test_what_the_passage_states_is_kept(sentence: DraftSentence) -> None:
    """Another spelling of the same figure, date or time is the same."""
    if sentence.text.startswith("A receipt"):
        sentence = replace(sentence, text="We do not take gift cards back.")
    assert not isinstance(check(sentence, PASSAGES), Rejected)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (said("You have two weeks to return it."), "two weeks"),
        (said("You have 60 days to return it."), "60 days"),
        (said("You have 30 weeks to return it."), "30 weeks"),
        (said("Shipping takes 3 to 5 days."), "3 to 5 days"),
        (said("Mailed returns cost $9.95."), "9.95"),
        (said("Mailed returns cost 6.95 euros."), "6.95 euros"),
        (said("Drones carry a 51% fee."), "51%"),
        (said("Gifts can go back until 31 January 2028."), "31 January 2028"),
        (said("Gifts can go back until 30 January."), "30 January"),
        (said("Order before 19:00."), "19:00"),
        (said("The VX-TB5-DOCK costs $249.", DOCK_QUOTE, 1), "VX-TB5-DOCK"),
        (said("The dock charges at 100 W.", DOCK_QUOTE, 1), "100 W"),
        (said("It stores 2 TB.", DOCK_QUOTE, 1), "2 TB"),
        (said("You have 30 days.", "You have ninety days."), "is not in passage 0"),
        (said("You have 30 days.", ""), "is not in passage 0"),
        (said("You have 30 days.", passage=7), "passage 7"),
        (said("You can return items.", None), "cites nothing"),
        (said("What is not so: mailed returns cost $6.95.", "Mailed returns cost $6.95."), "the opposite"),
        (said("Bananas are the yellow fruit of the tropics."), "something else"),
        (said("Return items at https://evil.example/returns"), "https://evil.example/returns"),
        (said("Return items [here](evil.example)"), "evil.example"),
        (said("Return items <https://evil.example|here>"), "evil.example"),
        (said("Return items, <!channel>!"), "mentions"),
        (said("Return items, @here!"), "mentions"),
        (said("Return items, <@U123>!"), "mentions"),
        (said("   "), "empty"),
    ],
    ids=lambda value: value.text if isinstance(value, DraftSentence) else value,
)
def test_what_no_passage_states_is_not_shown(sentence: DraftSentence, reason: str) -> None:
    """The reason names what was wrong."""
    checked = check(sentence, PASSAGES)
    assert isinstance(checked, Rejected)
    assert reason in str(checked)


@pytest.mark.parametrize(
    "text",
    [
        "I couldn't find that in our documents.",
        "I'm not sure about that, but a human can check.",
        "The documents don't say whether opened lenses can be returned.",
        "Would you like me to connect you to a human?",
        "Which model do you have?",
        "I can connect you to a colleague.",
        "Press *Talk to a human* and somebody takes it from here.",
        "Sorry about that.",
        "You're welcome!",
        "Here is how:",
        "To return an item:",
    ],
)
def test_what_needs_no_source(text: str) -> None:
    """An offer, a question, a courtesy, a line that leads in, or what the desk does not know."""
    assert may_go_uncited(text)
    assert isinstance(check(said(text, None), PASSAGES), DraftSentence)


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Returns are free.",
        "I can connect you to a human, and drones are free.",
        "I couldn't find it, but returns are free.",
        "I can't find it: returns are always free.",
        "I can't accept returns without a receipt.",
        "You can return it for free:",
        "Sorry, the warranty is over.",
        "Did you know that returns are free?",
        "We can help you with a full refund.",
        "I'd buy the bigger one.",
        "Would you like the one for $20?",
    ],
)
def test_a_fact_needs_a_source_however_it_is_dressed(text: str) -> None:
    assert isinstance(check(said(text, None), PASSAGES), Rejected)


def test_an_order_number_may_be_said_back() -> None:
    """What the asker gave as a reference is not a claim of ours; a product code or any other figure is."""
    asked = "Where is EM-104233, and is the VX-TB9-DOCK with 240 W in stock?"
    assert isinstance(check(said("I can't see order EM-104233 from here.", None), PASSAGES, asked), DraftSentence)
    assert isinstance(check(said("Order EM-104233 can go back within 30 days."), PASSAGES, asked), DraftSentence)
    assert isinstance(check(said("Order EM-999999 can go back within 30 days."), PASSAGES, asked), Rejected)
    assert isinstance(check(said("The VX-TB9-DOCK can go back within 30 days."), PASSAGES, asked), Rejected)
    assert isinstance(check(said("It gives 240 W and can be returned."), PASSAGES, asked), Rejected)


def test_citations_that_do_not_hold_are_dropped() -> None:
    """One that holds is enough, and says what its passage says; figures count only from passages whose quote stands."""
    good = said("You have 30 days.").citations[0]
    bad = Citation(1, "made up", "Forged", "https://evil.example", "", NOW)
    kept = check(DraftSentence("You have 30 days.", (bad, replace(good, uri="https://evil.example"))), PASSAGES)
    assert isinstance(kept, DraftSentence)
    assert [citation.uri for citation in kept.citations] == [POLICY.url]
    assert isinstance(check(DraftSentence("The dock costs $249.", (good, bad)), PASSAGES), Rejected)


def test_a_bare_domain_is_no_link() -> None:
    """Slack would make one of it: one that a cited source names is code; another, and another's address, is not said."""
    named = replace(POLICY, text=POLICY.text + " Labels come from labels.example; write to help@shop.example.")
    kept = check(said("Labels for returns come from labels.example or help@shop.example."), [named, DOCK])
    assert isinstance(kept, DraftSentence)
    assert kept.text == "Labels for returns come from `labels.example` or help@shop.example."
    assert isinstance(check(said("You can return items to evil.example."), PASSAGES), Rejected)
    assert isinstance(check(said("You can return items, write to help@evil.example."), PASSAGES), Rejected)


def test_numbering_is_by_section_and_stable() -> None:
    """A number is given when a section is first cited and never changes; a writer's own marks are taken out."""
    numbering = Numbering()
    first = check(said("You have 30 days [4]. "), PASSAGES)
    assert isinstance(first, DraftSentence)
    dock = said("The dock costs $249.", DOCK_QUOTE, 1)
    both = DraftSentence("Both.\n\n", (*dock.citations, *first.citations))
    assert numbering.mark(first).text == "You have 30 days. [1] "
    assert numbering.mark(dock).text == "The dock costs $249. [2]"
    assert numbering.mark(both).text == "Both. [1][2]\n\n"
    assert numbering.mark(DraftSentence("Bye.")).text == "Bye."
    assert [citation.uri for citation in numbering.citations] == [POLICY.url, DOCK.url]


def test_any_figure_counts_in_another_language_too() -> None:
    """Words of another language are not compared, figures are."""
    assert isinstance(check(said("Puede devolver el producto en 30."), PASSAGES), DraftSentence)
    assert isinstance(check(said("Puede devolver el producto en 60."), PASSAGES), Rejected)


@given(st.integers(0, 99_999), st.sampled_from(["days", "W", "GB", "%", "points", ""]))
def test_a_figure_is_found_in_its_own_words(number: int, unit: str) -> None:
    """Every figure of a text is stated by that text, with and without thousands separators."""
    for text in (f"It is {number} {unit} here", f"It is {number:,} {unit} here"):
        assert all(stated(f"It is {number} {unit} here").holds(figure) for figure in figures(text))


@given(st.integers(0, 9_999), st.integers(0, 9_999))
def test_another_figure_is_not_stated(number: int, other: int) -> None:
    held = all(stated(f"It takes {number} days.").holds(figure) for figure in figures(f"It takes {other} days."))
    assert held == (number == other)


@given(st.text(max_size=80))
def test_anything_can_be_checked(text: str) -> None:
    """No text makes the check fail, and what is kept never mentions a channel."""
    checked = check(said(text), PASSAGES)
    assert isinstance(checked, Rejected) or "<!" not in checked.text
