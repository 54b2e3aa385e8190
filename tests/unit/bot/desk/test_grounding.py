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
        (said("Mailed returns cost $9.95 a week."), "$9.95 a week"),
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
        "A human can check that for you if you have the order number.",
        "I can connect you to a colleague who can look into it, and they can confirm it.",
        "Talk to a human to get help with that.",
        "Let me know whether it has a cable.",
        "Do you know which plan you have?",
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
        "Did you know we also cover water damage?",
        "A human can confirm that water damage is covered too.",
        "Let me know that opened software is refundable.",
        "I can check that drops and spills are covered.",
        "I can connect you to a colleague who will pay for the parcel.",
        "Use Talk to a human to claim the replacement that you are owed.",
        "Talk to a human to get the gateway that Pro customers are owed.",
        "I'll pass this to the team and they will call you back.",
        "A human can help with the repair that every plan includes.",
        "Would you like to use the drop cover that every plan includes?",
        "The documents don't exclude drops.",
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


@pytest.mark.parametrize(
    ("asked", "text", "shown"),
    [
        ("What does mailing a return cost? I have been a member since May.", "Mailed returns cost $6.95.", False),
        ("My dock is two weeks old and was a gift. What does mailing it cost?", "Mailed returns cost $6.95.", False),
        ("What does mailing a return cost?", "Mailed returns cost $6.95 under the old policy.", True),
        ("What did mailing cost under the old policy?", "Mailed returns cost $6.95.", True),
    ],
)
def test_a_superseded_figure_is_said_to_be_one(asked: str, text: str, shown: bool) -> None:
    """By the sentence, or because the old rule was asked for; not because the question has a past word."""
    old = replace(POLICY, version="v2.1 (superseded by v3.2)")
    kept = check(said(text, "Mailed returns cost $6.95."), [old, DOCK], asked)
    assert isinstance(kept, DraftSentence) is shown


def test_a_bare_domain_is_no_link() -> None:
    """Slack would make one of it: one that a cited source names is code; another, and another's address, is not said."""
    named = replace(POLICY, text=POLICY.text + " Labels come from labels.example; write to help@shop.example.")
    kept = check(said("Labels for returns come from labels.example or help@shop.example."), [named, DOCK])
    assert isinstance(kept, DraftSentence)
    assert kept.text == "Labels for returns come from `labels.example` or help@shop.example."
    beside_code = check(said("After `reset` returns go to labels.example."), [named, DOCK])
    assert isinstance(beside_code, DraftSentence)
    assert beside_code.text == "After `reset` returns go to `labels.example`."
    assert isinstance(check(said("You can return items to evil.example."), PASSAGES), Rejected)
    assert isinstance(check(said("You can return items, write to help@evil.example."), PASSAGES), Rejected)


LIMITS = replace(
    POLICY,
    title="Gateway",
    version="v3.2, March 2026",
    text=(
        "The plan costs $100 a month, the pack $250. It works from -20 °C to 45 °C and reaches 20 km. It takes 1,200 photos "
        "and 150 users. Error E04: the pump is blocked. It samples at 48 kHz and holds 2 l. Support: 24/7."
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "The plan costs one hundred dollars a month.",
        "The plan costs $100 monthly.",
        "The plan costs $100.",
        "The pack costs $250 a year.",  # the page does not say how often
        "The pack costs two hundred and fifty dollars.",
        "It takes one thousand two hundred photos.",
        "It takes 150 users; a hundred and fifty users.",
        "It works down to minus 20 degrees Celsius.",
        "It works from -20 to +45 °C.",
        "It reaches 20 kilometres.",
        "It samples at 48,000 Hz.",
        "It holds 2000 ml.",
        "Error code E-04 means that the pump is blocked.",
        "Version 3.2 of the page says that the pump is blocked.",
    ],
)
def test_a_whole_figure_with_its_unit_stands_there(text: str) -> None:
    assert not isinstance(check(said(text, LIMITS.text), [LIMITS]), Rejected)


@pytest.mark.parametrize(
    "text",
    [
        "The plan costs five hundred dollars a month.",
        "The plan costs two hundred dollars.",
        "It takes two hundred users.",
        "The pack costs fifty dollars.",
        "It takes one hundred and twenty users.",
        "It takes two thousand photos.",
        "The plan costs 100 hundred dollars.",
        "The plan costs $100 a week.",
        "The plan costs $100 per user per day.",
        "It works down to 20 °C.",
        "It works down to -45 °C.",
        "It works up to 45 °F.",
        "It reaches 20 miles.",
        "It samples at 48 Hz.",
        "Error E21 means that the pump is blocked.",
        "Error F7 means that the pump is blocked.",
        "Version 9.9 of the page says that the pump is blocked.",
        "The gateway's v3.1 says that the pump is blocked.",
    ],
)
def test_a_part_of_a_figure_is_not_enough(text: str) -> None:
    """A number in words is one number; a sign, a scale, a period, a short code and a version are part of the figure."""
    checked = check(said(text, LIMITS.text), [LIMITS])
    assert isinstance(checked, Rejected)
    assert "no cited passage states" in str(checked)


def test_what_nobody_knows_may_be_named_as_it_was_asked() -> None:
    """A code or version of the question is no claim where nothing is stated."""
    assert not isinstance(
        check(said("I couldn't find error E21 in our documents.", None), PASSAGES, "Error E21?"), Rejected
    )
    assert isinstance(
        check(said("I couldn't find error E22 in our documents.", None), PASSAGES, "Error E21?"), Rejected
    )
    assert isinstance(check(said("Error E21 means that it is blocked.", None), PASSAGES, "Error E21?"), Rejected)


@pytest.mark.parametrize(
    "name",
    [
        "x.com/claim", "g.co", "münchen-shop.de/claim", "refund-claim.zip/now", "help@shop.exampl", "help@hop.example",
        "shop.exampl", "shop.example.evil.example", "1.2.3.4/refund",
    ],
)  # fmt: skip
def test_another_name_is_not_said_however_near(name: str) -> None:
    """Whole names are compared; one letter, other letters and the end of a file's name are a host's, too."""
    named = replace(POLICY, text=POLICY.text + " Write to help@shop.example.")
    checked = check(said(f"You can return most items, see {name} for that."), [named])
    assert isinstance(checked, Rejected)
    assert "which no cited source does" in str(checked)


def test_a_files_name_is_no_host() -> None:
    assert not isinstance(check(said("You can return most items with returns.pdf and README.md."), PASSAGES), Rejected)


def test_a_sources_host_may_be_named_without_its_www() -> None:
    site = replace(POLICY, text=POLICY.text + " Write to https://www.acme.example/returns.")
    assert not isinstance(check(said("You can return most items, see acme.example for that."), [site]), Rejected)


@pytest.mark.parametrize(
    ("source", "text", "held"),
    [
        ("It requires macOS 13.", "It requires macOS version 13.", True),
        ("It requires Android version 12.", "It requires Android 12.", True),
        ("It requires macOS 13.", "It requires macOS version 14.", False),
    ],
)
def test_a_version_is_its_number(source: str, text: str, held: bool) -> None:
    assert all(stated(source).holds(figure) for figure in figures(text)) is held


COUNTRIES = replace(
    POLICY,
    text=(
        "Germany | up to 3 days | at least 2 hours\nUnited States | up to 4 days | at least 1 hour\n"
        "Accidental damage isn't covered by any warranty of ours, and the Pro plan doesn't change that.\n"
        "Drops aren't covered by the basic plan, and drops are covered by the Pro plan."
    ),
)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("In Germany you can work from home up to 4 days.", 0, "said there of United States"),
        ("In Germany you can work from home up to 4 days.", 1, "said there of United States"),
        ("In Germany you can work from home up to 3 days.", 0, ""),
        ("It is 3 days in Germany and 4 days in the United States.", 0, ""),
        ("Accidental damage is covered by the Pro plan.", 2, "the opposite"),
        ("Accidental damage is covered by a warranty of ours.", 2, "the opposite"),
        ("Accidental damage is not covered by the Pro plan.", 2, ""),
        ("The Pro plan doesn't change that, and accidental damage isn't covered.", 2, ""),
        ("Drops are covered by the Pro plan.", 3, ""),
        ("Drops are covered by the basic plan.", 3, "the opposite"),
    ],
)
def test_another_row_or_a_denied_clause_supports_nothing(text: str, line: int, reason: str) -> None:
    """The figure of another country is not this one's; a quote that denies twice does not affirm."""
    checked = check(said(text, COUNTRIES.text.split("\n")[line]), [COUNTRIES])
    assert reason in str(checked) if reason else not isinstance(checked, Rejected), checked
    assert isinstance(checked, Rejected) is bool(reason)


ROUTER = replace(
    DOCK,
    title="Wavemoor BE92 router",
    section="Shop > Do you copy keys?",
    text="Class: BE9200; Ports: 4 x LAN 2.5 Gbps\nNo. People do ask.\n08:00–12:00: Monday to Saturday",
)


@pytest.mark.parametrize(
    ("text", "quote", "shown"),
    [
        ("Wavemoor BE92 router: Ports: 4 x LAN 2.5 Gbps.", "Ports: 4 x LAN 2.5 Gbps", True),
        ("The BE92 has 4 ports with 2.5 Gbps.", "Ports: 4 x LAN 2.5 Gbps", False),
        ("Wavemoor BE92 switch: Ports: 4 x LAN 2.5 Gbps.", "Ports: 4 x LAN 2.5 Gbps", False),
        ("Do you copy keys? No. People do ask.", "No. People do ask.", True),
        ("People do not ask.", "No. People do ask.", False),
        ("08:00-12:00: Monday to Saturday.", "08:00–12:00: Monday to Saturday", True),
    ],
)
def test_what_a_source_says_word_for_word_is_not_held_against_it(text: str, quote: str, shown: bool) -> None:
    """Behind its own headings, and behind nothing else: a class that a record names is no other product."""
    citation = Citation(0, quote, ROUTER.title, ROUTER.url, ROUTER.section, NOW)
    checked = check(DraftSentence(text, (citation,)), [ROUTER])
    assert isinstance(checked, DraftSentence) is shown, checked


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
