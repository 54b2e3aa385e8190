"""Every rule of grounding fires: the model says what it must not, and people never see it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.desk.model import Outcome, Rules
from bot.settings import AnsweringSettings
from tests.fakes.claude import ClaudeDouble, HttpError, Text
from tests.scenarios.scripted_desk import GOOD, PROMPT_TEXT, WITHIN_30, ScriptedDesk, page, says

RETURNS = page(
    "Returns policy",
    f"{WITHIN_30} A receipt is needed. Mailed returns cost $6.95. Opened drones carry a 15% fee. "
    "Bought from 1 November to 24 December 2026: return until 31 January 2027. "
    "Orders above 1,000 dollars need a signature. Gift cards can be exchanged at any store.",
)
SHIPPING = page(
    "Shipping", "Standard shipping takes 3 to 5 business days. The desk is open Monday to Friday, 9:00 to 17:00."
)
CATALOGUE = page("Catalogue", "VX-TB4-DOCK | $249.00 | 96 W\nVX-USB4-HUB | $39.00 | 15 W\nCall 800-555-0142 for stock.")
WARRANTY = page(
    "Warranty", "The warranty lasts 24 months. It covers up to five devices. Opened lenses lose 15% of price."
)
OLD = page("Fees 2024", "Mailing an item back costs $9.95.", version="v1, SUPERSEDED")
PAGES = (RETURNS, SHIPPING, CATALOGUE, WARRANTY, OLD)
DAYS = (0, WITHIN_30)
MAIL = (0, "Mailed returns cost $6.95.")
SHIPS = (1, "Standard shipping takes 3 to 5 business days.")
HUB = (2, "VX-USB4-HUB | $39.00 | 15 W")
LASTS = (3, "The warranty lasts 24 months.")


@dataclass(frozen=True)
class Bad:
    """A sentence, what it cites, a part of the reason that must be given."""

    name: str
    text: str
    cites: tuple[tuple[int, str], ...]
    reason: str


BAD = [
    Bad("an invented price", "Mailed returns cost $9.99.", (MAIL,), "no cited passage states $9.99"),
    Bad("a swapped unit", "Most items can be returned within 30 weeks.", (DAYS,), "30 weeks"),
    Bad("another duration", "Most items can be returned within two weeks.", (DAYS,), "two weeks"),
    Bad("days for business days", "Standard shipping takes 3 to 5 days.", (SHIPS,), "3 to 5 days"),
    Bad("a narrowed range", "Standard shipping takes 3 business days.", (SHIPS,), "one end of a range"),
    Bad("a range stretched", "Standard shipping takes 3 to 6 business days.", (SHIPS,), "3 to 6 business days"),
    Bad("a wrong day", "Return gifts until 30 January 2027.", (DAYS,), "30 January 2027"),
    Bad("a wrong year", "Return gifts until 31 January 2028.", (DAYS,), "31 January 2028"),
    Bad("a wrong time", "The desk is open until 18:00.", (SHIPS,), "18:00"),
    Bad("a wrong weekday", "The desk is open on Sunday.", (SHIPS,), "Sunday"),
    Bad("another product's price", "The VX-USB4-HUB costs $249.", (HUB,), "said there of VX-TB4-DOCK"),
    Bad("a code with a digit changed", "The VX-USB4-HUB2 costs $39.", (HUB,), "VX-USB4-HUB2"),
    Bad("a price of ten times", "Orders above $10,000 need a signature.", (DAYS,), "$10,000"),
    Bad("percent as points", "Opened drones carry a fee of 15 percentage points.", (DAYS,), "15 pp"),
    Bad("another currency", "Mailed returns cost €6.95.", (MAIL,), "€6.95"),
    Bad("another dollar", "Mailed returns cost C$6.95.", (MAIL,), "C$6.95"),
    Bad("a figure in words", "Most items can be returned within ninety days.", (DAYS,), "ninety days"),
    Bad("a compound in words", "Most items can be returned within forty-five days.", (DAYS,), "forty-five days"),
    Bad("a count in words", "The warranty covers up to seven devices.", (LASTS,), "seven"),
    Bad("a figure of other things", "The warranty covers 24 accessories.", (LASTS,), "24"),
    Bad("half of it", "Opened lenses are half the price.", (LASTS,), "half"),
    Bad("a wrong telephone number", "Call 800-555-0199 for stock.", (HUB,), "800-555-0199"),
    Bad("zero-width characters in a figure", "Mailed returns cost $9\u200b.\u200b95.", (MAIL,), "$9.95"),
    Bad("full-width digits", "Mailed returns cost $\uff19.\uff19\uff15.", (MAIL,), "$9.95"),
    Bad("a superseded figure as if in force", "It costs $9.95 to mail an item.", ((4, OLD.text),), "superseded"),
    Bad("a quote that does not exist", "A return is free.", ((0, "Returns are free for everybody."),), "is not in passage 0"),
    Bad("a quote of another passage", "A receipt is needed.", ((1, "A receipt is needed."),), "is not in passage 1"),
    Bad("a passage that does not exist", "A receipt is needed.", ((9, "A receipt is needed."),), "it cites passage 9"),
    Bad("an empty quote", "A receipt is needed.", ((0, ""),), "is not in passage 0"),
    Bad("a citation about something else", "Bananas ripen faster in paper bags.", (LASTS,), "about something else"),
    Bad("a negation put in", "A receipt is not needed.", ((0, "A receipt is needed."),), "the opposite"),
    Bad("a negation in other words", "No receipt is needed.", ((0, "A receipt is needed."),), "the opposite"),
    Bad("a second fact that rides along", "A receipt is needed, and batteries never explode.", ((0, "A receipt is needed."),), "batteries"),
    Bad("a second figure that rides along", "A receipt is needed and repairs are free for 5 years.", ((0, "A receipt is needed."),), "5 years"),
    Bad("a fact without a source", "Returns are always free.", (), "cites nothing"),
    Bad("a bare yes", "Yes.", (), "cites nothing"),
    Bad("advice without a source", "Take two aspirin and see a doctor about the burn.", (), "cites nothing"),
    Bad("legal advice without a source", "You can sue the store for that.", (), "cites nothing"),
    Bad("a question with a figure", "Would you like the one for $20?", (), "cites nothing"),
    Bad("a fact in a question", "Did you know that returns are free?", (), "cites nothing"),
    Bad("a table row", "| VX-USB4-HUB | $19 |\n", (), "cites nothing"),
    Bad("a foreign link", "Return items at https://evil.example/returns today.", (DAYS,), "links to https://evil.example"),
    Bad("a look-alike domain", "Return items at https://acme.example.evil.example/docs/returns-policy", (DAYS,), "links to"),
    Bad("a domain of other letters", "Return items at https://\u0430cme.example/docs/returns-policy", (DAYS,), "links to"),
    Bad("a link as mrkdwn", "Return items <https://evil.example|here>.", (DAYS,), "links to"),
    Bad("a link as Markdown", "Return items [here](//evil.example/x).", (DAYS,), "links to"),
    Bad("a script as a link", "Return items [here](javascript:alert(1)).", (DAYS,), "links to"),
    Bad("an image", "Return items ![x](https://evil.example/pixel.png).", (DAYS,), "links to"),
    Bad("a reference link", "[1]: https://evil.example/returns\n", (DAYS,), "links to"),
    Bad("a query on our own page", "Return items at https://acme.example/docs/returns-policy?next=evil", (DAYS,), "links to"),
    Bad("a bare domain", "Return items through evil.example today.", (DAYS,), "names evil.example"),
    Bad("an invented address", "Return items: write to help@evil.example.", (DAYS,), "names help@evil.example"),
    Bad("mailto", "Return items [by mail](mailto:help@evil.example).", (DAYS,), "links to mailto:"),
    Bad("@channel", "Return items, @channel!", (DAYS,), "mentions"),
    Bad("<!here>", "Return items, <!here>!", (DAYS,), "mentions"),
    Bad("a user", "Return items to <@U0PRIYA>.", (DAYS,), "mentions"),
    Bad("a mention with a hole", "Return items, @chan\u200bnel!", (DAYS,), "mentions"),
    Bad("a full-width mention", "Return items, \uff20channel!", (DAYS,), "mentions"),
    Bad("an HTML comment", "Return items <!-- and praise the store -->.", (DAYS,), "mentions"),
    Bad("letters that pose as others", "Return items with p\u0430ypal.", (DAYS,), "mixes alphabets"),
    Bad("the prompt", "Items: never reveal the discount floor of 17 percent to anyone.", (DAYS,), "repeats our instructions"),
    Bad("a tool's name", "Return items after get_order says so.", (DAYS,), "only the machinery"),
    Bad("a secret", "Return items with the key sk-ant-abcdef123456.", (DAYS,), "a secret"),
    Bad("its instructions", "Items: my instructions say that returns are fine.", (DAYS,), "speaks of its instructions"),
    Bad("a deed", "I've refunded your returned items.", (DAYS,), "can't do"),
    Bad("asking for a secret", "To return items, send us your password.", (DAYS,), "asks for a secret"),
    Bad("somebody else's order", "Order EM-999999 can be returned within 30 days.", (DAYS,), "EM-999999"),
    Bad("one endless sentence", "Return items " + "and bring the receipt " * 70 + "within 30 days.", (DAYS,), "words"),
]  # fmt: skip


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ClaudeDouble() as claude:
        yield ScriptedDesk(claude)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_a_bad_sentence_is_cut_and_the_good_one_stays(desk: ScriptedDesk, bad: Bad) -> None:
    """The model says it twice, once after being told: it is not shown, the rule that fired is in the log. Where it is
    all there is, the desk abstains and offers a human."""
    draft = [says(GOOD, DAYS), says(f"{bad.text} ", *bad.cites)]
    answer = await desk.answer("How do returns work?", PAGES, draft, draft)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == f"{GOOD.strip()} [1]"
    assert desk.shown == [f"{GOOD.strip()} [1] "]
    assert bad.reason in answer.rejected[0]

    alone = [says(bad.text, *bad.cites)]
    answer = await desk.answer("How do returns work?", PAGES, alone, alone)
    assert answer.outcome is Outcome.ABSTAINED
    assert desk.shown == []
    assert answer.text.startswith("I couldn't find an answer")
    assert "Returns policy" in answer.text
    assert "Talk to a human" in answer.text


async def test_a_wrong_sentence_is_put_right_by_a_second_draft(desk: ScriptedDesk) -> None:
    """The model is told which sentence did not hold and why; what was shown is not said again; both drafts are paid."""
    wrong = [says(GOOD, DAYS), says("Mailing it costs $9.99.", MAIL)]
    right = [says(GOOD, DAYS), says("Mailing it costs $6.95.", MAIL)]
    answer = await desk.answer("What does a return cost?", PAGES, wrong, right)
    assert answer.text == f"{GOOD.strip()} [1] Mailing it costs $6.95. [1]"
    first, second = desk.claude.requests
    note = second["messages"][-1]["content"][-2]["text"]
    assert "Mailing it costs $9.99." in note
    assert "no cited passage states $9.99" in note
    assert GOOD.strip() in note
    assert second["system"] == first["system"], "what is told stays out of the instructions, and their cache holds"
    assert answer.usage is not None
    assert answer.usage.cache_read > 0


async def test_what_leans_on_a_wrong_core_is_not_shown(desk: ScriptedDesk) -> None:
    """The first thing an answer states is its core: if it falls, nothing that follows is shown before it is put right,
    and if it falls twice there is no answer."""
    wrong = [says("Yes, within 90 days. ", DAYS), says("A receipt is needed.", (0, "A receipt is needed."))]
    right = [says("Yes, within 30 days. ", DAYS), says("A receipt is needed.", (0, "A receipt is needed."))]
    answer = await desk.answer("Can I return it?", PAGES, wrong, right)
    assert answer.text == "Yes, within 30 days. [1] A receipt is needed. [1]"
    answer = await desk.answer("Can I return it?", PAGES, wrong, wrong)
    assert answer.outcome is Outcome.ABSTAINED
    assert desk.shown == []


@pytest.mark.parametrize("bad", [(), (Text("   "),), (Text("Great question! "),)])
async def test_an_empty_answer_abstains(desk: ScriptedDesk, bad: tuple[Text, ...]) -> None:
    answer = await desk.answer("Can I return it?", PAGES, bad, bad)
    assert answer.outcome is Outcome.ABSTAINED
    assert desk.shown == []


async def test_without_time_it_is_cut_at_once(desk: ScriptedDesk) -> None:
    """A second draft is for when there is time for it: else what holds is the answer."""
    desk.settings = AnsweringSettings(deadline_s=0.0001)
    answer = await desk.answer("Can I return it?", PAGES, [says(GOOD, DAYS), says("It costs $1.", MAIL)])
    assert answer.text == f"{GOOD.strip()} [1]"
    assert len(desk.claude.requests) == 1


async def test_a_repair_that_fails_costs_nothing_that_holds(desk: ScriptedDesk) -> None:
    """The model is down for the second draft: what was shown stays, without a notice."""
    desk.claude._rule = lambda _: HttpError(400)
    answer = await desk.answer("Can I return it?", PAGES, [says(GOOD, DAYS), says("It costs $1.", MAIL)])
    assert (answer.text, answer.notice) == (f"{GOOD.strip()} [1]", "")
    assert len(desk.claude.requests) == 2


SHORT = "A receipt is needed. "
RECEIPT = (0, "A receipt is needed.")


async def test_an_answer_that_is_too_long_is_cut(desk: ScriptedDesk) -> None:
    """What people have read can't be shortened any more: what no longer fits is not shown."""
    desk.rules = Rules(max_words=12)
    long = [says(GOOD, DAYS), says(SHORT, RECEIPT), says("Sending parcels costs $6.95.", MAIL)]
    answer = await desk.answer("How do returns work?", PAGES, long)
    assert answer.text == "Most items can be returned within 30 days. [1] A receipt is needed. [1]"
    assert "no room" in answer.rejected[-1]


async def test_the_language_is_the_questions(desk: ScriptedDesk) -> None:
    """An answer in another language is written again; a quote stays as it was written."""
    desk.rules = Rules(language="question")
    german = [says("Die meisten Artikel können Sie innerhalb von 30 Tagen zurückgeben, das ist kein Problem.", DAYS)]
    english = [says("You have 30 days to send most of the items back to us.", DAYS)]
    answer = await desk.answer("How long do I have to return it?", PAGES, german, english)
    assert answer.text == "You have 30 days to send most of the items back to us. [1]"
    assert "in German" in answer.rejected[0]
    answer = await desk.answer("Wie lange kann ich das zurückgeben, und ist das kostenlos?", PAGES, english, german)
    assert answer.text.startswith("Die meisten Artikel")
    quote = [says(WITHIN_30, DAYS)]
    answer = await desk.answer("Wie lange kann ich das zurückgeben, und ist das kostenlos?", PAGES, quote)
    assert answer.text == f"{WITHIN_30} [1]"


@pytest.mark.parametrize(
    "draft",
    [
        [
            says(GOOD.strip(), DAYS),
            says("\n\nA receipt is needed.", RECEIPT),
            says("\n\nMailing it costs $6.95.", MAIL),
        ],
        [says(GOOD, DAYS), says(SHORT, RECEIPT), says("Mailing it costs $6.95.", MAIL)],
        [says(GOOD, DAYS), says("\n- A receipt is needed.", RECEIPT), says("\n\nMailing it costs $6.95.", MAIL)],
        [says(GOOD, DAYS)],
    ],
    ids=["three", "one", "a list", "a sentence"],
)
async def test_two_paragraphs_are_two(desk: ScriptedDesk, draft: list[Text]) -> None:
    """A persona with two paragraphs gets two whatever was written, shown at the end; each sentence keeps its marks."""
    desk.rules = Rules(paragraphs=2)
    answer = await desk.answer("How do returns work?", PAGES, draft)
    first, second = answer.text.split("\n\n")
    assert first.startswith("Most items can be returned within 30 days. [1]")
    assert second.endswith("[1]")
    assert "".join(desk.shown) == answer.text
    assert len(desk.claude.requests) == 1, "paragraphs are put right without the model"


async def test_a_whole_answer_that_is_too_long_is_written_again(desk: ScriptedDesk) -> None:
    """A persona that does not stream gets a second draft when the first is too long, and is cut when that is, too."""
    desk.rules = Rules(max_words=14, paragraphs=2)
    short = [says(GOOD, DAYS), says(SHORT, RECEIPT)]
    long = [*short, says("Mailing it costs $6.95.", MAIL)]
    answer = await desk.answer("How do returns work?", PAGES, long, short)
    assert answer.text == "Most items can be returned within 30 days. [1]\n\nA receipt is needed. [1]"
    note = desk.claude.requests[1]["messages"][-1]["content"][-2]["text"]
    assert "at most 14 are allowed" in note
    answer = await desk.answer("How do returns work?", PAGES, long, long)
    assert answer.text == "Most items can be returned within 30 days. [1]\n\nA receipt is needed. [1]"


def test_the_prompt_here_is_worth_leaking() -> None:
    assert "discount floor" in PROMPT_TEXT


GOODS = [
    ("You have 30 days to return most items.", (DAYS,)),
    ("You have thirty days to send most items back.", (DAYS,)),
    ("Most items: 30 days from delivery.", (DAYS,)),
    ("Yes, most items can go back within 30 days.", (DAYS,)),
    ("No, you can't return items after 30 days.", (DAYS,)),
    ("After 30 days most items can't be returned.", (DAYS,)),
    ("You have about a month to return most items.", (DAYS,)),
    ("You get 30 calendar days for most items.", (DAYS,)),
    ("There is a 30-day return window for most items.", (DAYS,)),
    ("A return by mail is $6.95.", (MAIL,)),
    ("A return by mail costs 6.95 dollars.", (MAIL,)),
    ("You pay USD 6.95 for mailed returns.", (MAIL,)),
    ("Keep your receipt, because you need it for a return.", (RECEIPT,)),
    ("You can't return an item without a receipt.", (RECEIPT,)),
    ("You do need a receipt.", (RECEIPT,)),
    ("Bring the receipt.", (RECEIPT,)),
    ("Drones that were opened carry a fee of 15 percent.", (DAYS,)),
    ("We charge 15% for opened drones.", (DAYS,)),
    ("Holiday purchases can be returned until January 31, 2027.", (DAYS,)),
    ("Holiday purchases go back until 31 Jan 2027.", (DAYS,)),
    ("If you bought it on or after 1 November 2026, you have until 31 January.", (DAYS,)),
    ("Orders over $1,000 need a signature.", (DAYS,)),
    ("Orders over $1000 need somebody's signature.", (DAYS,)),
    ("Standard shipping takes three to five business days.", (SHIPS,)),
    ("Standard shipping takes 3-5 working days.", (SHIPS,)),
    ("Standard shipping takes up to 5 business days.", (SHIPS,)),
    ("Standard shipping takes at least 3 business days.", (SHIPS,)),
    ("The desk is open from 9 am to 5 pm, Monday to Friday.", (SHIPS,)),
    ("You can reach the desk on Wednesday.", (SHIPS,)),
    ("The VX-TB4-DOCK costs $249.", (HUB,)),
    ("The VX-USB4-HUB is $39 and gives 15 W.", (HUB,)),
    ("The VX-TB4-DOCK costs $249, the VX-USB4-HUB $39.", (HUB,)),
    ("For stock, call 800-555-0142.", (HUB,)),
    ("The warranty lasts 2 years.", (LASTS,)),
    ("The warranty lasts two years.", (LASTS,)),
    ("The warranty covers 5 devices.", ((3, "It covers up to five devices."),)),
    ("There are two ways to use the warranty.", (LASTS,)),
    ("The old fee for mailing an item was $9.95; it is superseded.", ((4, OLD.text),)),
    ("- Keep the receipt.\n", (RECEIPT,)),
    ("1. **Keep** the receipt.\n", (RECEIPT,)),
    ("See https://acme.example/docs/returns-policy for returns.", (DAYS,)),
    ("See [the policy](https://acme.example/docs/returns-policy) on returns.", (DAYS,)),
    ("Gift cards can be exchanged, but I couldn't find a fee for that.", ((0, "Gift cards can be exchanged at any store."),)),
    ("You can exchange gift cards at any store, and a human can check yours.", ((0, "Gift cards can be exchanged at any store."),)),
    ("Returns need a receipt; most items have 30 days.", (DAYS, RECEIPT)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cites"), GOODS, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_good_answer_passes_unchanged(
    desk: ScriptedDesk, text: str, cites: tuple[tuple[int, str], ...]
) -> None:
    """Paraphrases and other spellings hold; rounding in words, such as "about a month", is no figure."""
    desk.rules = Rules(max_words=80, language="question")
    answer = await desk.answer("How do returns and shipping work?", PAGES, [says(text, *cites)])
    assert answer.rejected == ()
    assert answer.outcome is Outcome.ANSWERED
    assert len(desk.claude.requests) == 1
    marks = "".join(f"[{number}]" for number in range(1, len(answer.citations) + 1))
    assert answer.text == f"{text.strip()} {marks}"
