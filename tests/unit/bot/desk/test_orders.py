"""An order in an answer without a model: who is told what, in which words, and what the documents add."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.desk.answer_question import AnswerQuestion
from bot.desk.budget import Budget
from bot.desk.commitments import ASK_FOR_ORDER, NOT_SHOWN
from bot.desk.errors import OrdersUnavailable
from bot.desk.grounding import check
from bot.desk.model import (
    NOBODY,
    Answer,
    Attachment,
    Citation,
    Desk,
    DraftEnd,
    DraftSentence,
    Order,
    OrderEvent,
    OrderItem,
    Outcome,
    Passage,
    Person,
    Place,
    PlaceKind,
    Prompt,
    PromptRef,
    Question,
    Retrieval,
    StoredAnswer,
    Turn,
    Usage,
)
from bot.desk.order_numbers import OrderNumbers
from bot.desk.orders import DOWN, NO_ADDRESS, NO_ORDERS, SENT_PRIVATELY, OrderDesk, order_sentences, passage_of
from bot.desk.ports import OrderTools
from bot.desk.writing import OVER_BUDGET
from bot.settings import AnsweringSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DESK = Desk("support", "electromart", escalation_channel="C1", orders=True)
DOCK = Order(
    "EM-104233",
    "delivered",
    placed_at=datetime(2026, 11, 8, tzinfo=UTC),
    delivered_at=datetime(2026, 11, 12, tzinfo=UTC),
    carrier="Northline <!channel> Parcel",
    tracking="NLP1829869438",
    total=Decimal("1277.99"),
    items=(OrderItem("Dock [x](https://evil.example)", 2, Decimal("249")),),
    history=(OrderEvent(datetime(2026, 11, 12, tzinfo=UTC), "Left *here*\n@channel"),),
)
BANK = Order("EM-104325", "return_requested")
PASSAGE = Passage(
    "c1", "d1", "docs", "Returns", "", "You can return most items within 30 days.", "https://d.example", NOW, 0, 1.0
)
CITED = Citation(0, PASSAGE.text, "Returns", PASSAGE.url, "", NOW)
PROMISE = DraftSentence("We'll send you a new one for the return. ", (CITED,))
POLICY = DraftSentence("You can return most items within 30 days. ", (CITED,))
END = DraftEnd("claude", Usage(10, 5), 0.25)


@dataclass
class Shop:
    """Every port around the desk; drafts are given, or the passages are quoted."""

    drafts: list[Sequence[DraftSentence | DraftEnd]] = field(default_factory=list)
    said: Sequence[Turn] = ()
    down: bool = False
    spent: float = 0.0
    looked: list[tuple[str, str]] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tools: OrderTools | None = None

    async def get_order(self, number: str, email: str) -> Order | None:
        self.looked.append((number, email))
        if self.down:
            raise OrdersUnavailable("down")
        return DOCK if (number, email) == (DOCK.number, "dana@x.example") else None

    async def list_orders(self, email: str, limit: int) -> Sequence[Order]:
        self.looked.append(("*", email))
        return [DOCK, BANK] if email == "dana@x.example" else []

    async def meant(self, text: str) -> None:
        return None

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        self.searched.append(query)
        return Retrieval((PASSAGE,), (), 7)

    async def write(self, question: str, passages: Sequence[Passage], prompt: Prompt, turns: Sequence[Turn], *, orders: OrderTools | None = None, note: str = "", attachments: Sequence[Attachment] = ()):  # type: ignore[no-untyped-def]  # fmt: skip
        self.notes.append(note)
        self.tools = orders
        if not self.drafts:
            async for piece in self.quote(question, passages, turns):
                yield piece
            return
        for piece in self.drafts.pop(0):
            yield piece

    async def quote(
        self,
        question: str,
        passages: Sequence[Passage],
        turns: Sequence[Turn],
        *,
        attachments: Sequence[Attachment] = (),
    ):  # type: ignore[no-untyped-def]
        for sentence in order_sentences(passages):
            yield sentence
        for at, passage in enumerate(passages):
            if passage.kind == "document":
                yield DraftSentence(passage.text + " ", (replace(CITED, passage=at),))
        yield DraftEnd("extractive", cost_usd=0.0)

    def live(self, name: str) -> Prompt:
        return Prompt(PromptRef(name, "1.0.0", "ab" * 32), "text")

    async def turns(self, question: Question) -> Sequence[Turn]:
        return self.said

    async def save(self, question: Question, desk: str, answer: Answer) -> None: ...

    async def get(self, key: str) -> StoredAnswer | None:
        return None

    async def spent_since(self, at: datetime) -> float:
        assert at == NOW.replace(hour=0)
        return self.spent

    async def progress(self, text: str) -> None: ...

    async def sentence(self, sentence: DraftSentence) -> None:
        self.shown.append(sentence.text)


async def asked(
    shop: Shop,
    text: str,
    email: str | None = "dana@x.example",
    place: PlaceKind = "dm",
    desk: Desk = DESK,
    asker: Person | None = None,
) -> Answer:
    question = Question("T:C:1", text, asker or Person("U1", email=email), Place("T", "C", place), "1.0", NOW)
    answer_question = AnswerQuestion(
        shop,
        shop,
        shop,
        shop,
        AnsweringSettings(),
        lambda: NOW,
        orders=OrderDesk(shop, OrderNumbers(("EM-######",)), lambda: NOW),
        budget=Budget(shop, 1.0, lambda: NOW),
    )
    return await answer_question(question, desk, shop)


async def test_a_bots_question_looks_up_no_order() -> None:
    """It is nobody's; what promises something before an order was looked up is held back all the same."""
    shop = Shop([[PROMISE, END], [PROMISE, END]])
    answer = await asked(shop, "EM-104233 arrived broken, can it be replaced?", place="channel", asker=NOBODY)
    assert (shop.looked, answer.private, shop.tools) == ([], "", None)
    assert "send you a new one" not in answer.text + "".join(shop.shown)


@pytest.mark.parametrize("place", ["channel", "dm"])
async def test_a_call_for_a_human_tells_them_how_the_order_stands(place: PlaceKind) -> None:
    """Where they may see it; a human is called also while nothing can be looked up."""
    call, desk = "em 104233 is broken, get me a human", replace(DESK, humans_see_orders=True)
    answer = await asked(Shop(), call, place=place, desk=desk)
    assert answer.outcome is Outcome.ESCALATED
    assert answer.private.startswith("**Your order EM-104233**\nEM-104233: delivered on 12 November 2026.")
    assert "EM-104233" not in answer.text
    shop = Shop(down=True)
    answer = await asked(shop, call, place=place, desk=desk)
    assert (answer.outcome, answer.private) == (Outcome.ESCALATED, "")
    assert shop.looked
    for other, email in ((DESK, "dana@x.example"), (replace(desk, orders=False), "dana@x.example"), (desk, None)):
        shop = Shop()
        answer = await asked(shop, call, email, place, other)
        assert (answer.outcome, answer.private, shop.looked) == (Outcome.ESCALATED, "", [])
    assert (await asked(Shop(), call, "sam@x.example", place, desk)).private == ""


async def test_a_number_gets_its_status_cited() -> None:
    """From the row, without a search; what others wrote into it is plain text."""
    shop = Shop()
    answer = await asked(shop, "where is em 104233?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith("EM-104233: delivered on 12 November 2026. [1]")
    assert "tracking number NLP1829869438" in answer.text
    assert "2 x Dock x(`evil.example`) at $249.00; total $1,277.99" in answer.text
    assert "@" not in answer.text.replace("[1]", "")
    assert "<" not in answer.text
    assert [one.title for one in answer.citations] == ["Your order EM-104233"]
    assert not shop.searched


async def test_every_statement_of_an_order_stands_in_it() -> None:
    passages = [passage_of(DOCK, NOW), passage_of(BANK, NOW)]
    for sentence in (*order_sentences(passages[:1]), *order_sentences(passages)):
        assert isinstance(check(sentence, passages), DraftSentence)


async def test_my_orders_are_listed_one_a_line() -> None:
    answer = await asked(Shop(), "show me my orders")
    assert answer.text.split("\n") == [
        "- EM-104233: delivered on 12 November 2026. It has: 2 x Dock x(`evil.example`) at $249.00; total $1,277.99. [1]",
        "- EM-104325: return requested. [2]",
    ]


@pytest.mark.parametrize(
    ("text", "searched"),
    [("and how much did it cost?", 0), ("it was EM-104233", 1), ("EM-104233", 1), ("can I return it?", 1)],
)
async def test_a_number_that_answers_a_question_goes_on_with_it(text: str, searched: int) -> None:
    """What asks only how the order stands needs no document, in a running conversation either."""
    shop = Shop(said=(Turn("asker", "Until when can I return EM-104233?"), Turn("desk", "Which order is it?")))
    answer = await asked(shop, text)
    assert answer.text.startswith("EM-104233: delivered on 12 November 2026. [1]")
    assert len(shop.searched) == searched


async def test_an_order_and_a_question_for_the_documents() -> None:
    """Both are answered; the search is not misled by the number."""
    shop = Shop()
    answer = await asked(shop, "EM-104233: how long can I return it?")
    assert "delivered on 12 November" in answer.text
    assert "within 30 days" in answer.text
    assert len(answer.citations) == 2
    assert "104233" not in shop.searched[0]


async def test_somebody_elses_order_reads_as_none() -> None:
    replies = [
        await asked(Shop(), "Where is EM-104233?", "farah@x.example"),
        await asked(Shop(), "Where is EM-104233?", "nobody@x.example"),
    ]
    assert replies[0].text == replies[1].text
    assert replies[0].text.startswith(
        "I can't find an order EM-104233 under your e-mail address. Please check the number."
    )
    assert (await asked(Shop(), "my orders", "farah@x.example")).text.startswith(NO_ORDERS)


@pytest.mark.parametrize("text", ["where is EM-104233?", "my orders"])
async def test_without_a_verified_address_nothing_is_looked_up(text: str) -> None:
    shop = Shop()
    answer = await asked(shop, text, email=None)
    assert answer.text.startswith(NO_ADDRESS)
    assert answer.outcome is Outcome.ABSTAINED
    assert not shop.looked
    await asked(shop, "How long can I return it?", email=None)
    assert shop.tools is None


@pytest.mark.parametrize("place", ["channel", "private"])
async def test_where_others_read_the_details_are_apart(place: PlaceKind) -> None:
    """Whether there is such an order is the asker's own business too: publicly nothing differs."""
    found = await asked(Shop(), "where is EM-104233?", place=place)
    missing = await asked(Shop(), "where is EM-999999?", place=place)
    assert found.text == missing.text == SENT_PRIVATELY
    assert found.outcome is missing.outcome is Outcome.ANSWERED
    assert "NLP1829869438" in found.private
    assert "can't find an order EM-999999" in missing.private
    assert not found.passages


async def test_a_desk_without_orders_knows_nothing_of_them() -> None:
    shop = Shop()
    await asked(shop, "where is EM-104233?", desk=replace(DESK, orders=False))
    assert not shop.looked
    assert shop.tools is None


async def test_a_database_that_is_down_is_no_missing_order() -> None:
    """Alone it is a failure with an incident; beside a question for the documents that is answered, and said."""
    alone = await asked(Shop(down=True), "where is EM-104233?")
    assert alone.outcome is Outcome.FAILED
    assert "can't look up orders right now" in alone.text
    beside = await asked(Shop(down=True), "EM-104233: how long can I return it?")
    assert beside.outcome is Outcome.ANSWERED
    assert beside.text.endswith(DOWN)


async def test_a_promise_is_repaired_once() -> None:
    """Nothing of it reaches the stage; the writer is told why; both drafts are paid for."""
    shop = Shop(drafts=[(POLICY, PROMISE, END), (POLICY, END)])
    answer = await asked(shop, "my dock is broken, can I return it?")
    assert shop.notes == ["", NOT_SHOWN]
    assert answer.text == "You can return most items within 30 days. [1]"
    assert shop.shown == ["You can return most items within 30 days. [1] "]
    assert answer.cost_usd == 0.5
    assert answer.usage == Usage(20, 10)
    assert "promises" in answer.rejected[0]


async def test_a_promise_made_twice_becomes_a_question() -> None:
    shop = Shop(drafts=[(PROMISE, END), (POLICY, PROMISE, END)])
    answer = await asked(shop, "my dock is broken, can I return it?")
    assert (answer.outcome, answer.text) == (Outcome.ASKED, ASK_FOR_ORDER)
    assert not shop.shown
    assert not answer.citations


async def test_a_promise_nobody_expected_is_cut_with_what_follows() -> None:
    """What was read stays, and the order number is asked for."""
    shop = Shop(drafts=[(POLICY, PROMISE, POLICY, END)])
    answer = await asked(shop, "how long can people return things?")
    assert answer.text == f"You can return most items within 30 days. [1]\n\n{ASK_FOR_ORDER}"
    assert len(shop.notes) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_a_look_up_earlier_in_the_conversation_counts(known: bool) -> None:
    turn = Turn("desk", "EM-104233: delivered.", NOW, ("EM-104233",) if known else ())
    shop = Shop(drafts=[(PROMISE, END), (POLICY, END)], said=(Turn("asker", "hello dock people"), turn))
    answer = await asked(shop, "my dock is broken, how can I return a dock?")
    assert ("new one" in answer.text) is known


async def test_a_look_up_that_found_nothing_does_not_count() -> None:
    shop = Shop(drafts=[(PROMISE, END), (POLICY, END)])
    answer = await asked(shop, "EM-999999 is broken, how can I return it?")
    assert "new one" not in answer.text
    assert "can't find an order EM-999999" in answer.text


async def test_quoting_the_policy_is_not_offering() -> None:
    """Word for word from a document, as the writer without a model does it."""
    policy = replace(PASSAGE, text="We'll send you a new one at no cost.")
    quoted = DraftSentence(policy.text + " ", (replace(CITED, quote=policy.text),))
    shop = Shop(drafts=[(quoted, END)])

    async def retrieve(query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        return Retrieval((policy,), (), 7)

    shop.retrieve = retrieve  # type: ignore[method-assign]
    assert "new one" in (await asked(shop, "what if my dock is broken?")).text


async def test_a_desk_without_orders_promises_nothing() -> None:
    """It can't look up an order, so a promise is a sentence that does not hold: the writer is told, and what it says again
    is cut. It asks for no order, which may be nothing of its business."""
    desk = replace(DESK, orders=False)
    shop = Shop(drafts=[(PROMISE, END), (POLICY, END)])
    assert (await asked(shop, "my dock is broken, can I return it?", desk=desk)).text == f"{POLICY.text}[1]"
    shop = Shop(drafts=[(PROMISE, END), (PROMISE, END)])
    answer = await asked(shop, "my dock is broken, can I return it?", desk=desk)
    assert answer.outcome is Outcome.ABSTAINED
    assert "order" not in answer.text
    assert not shop.shown


async def test_over_the_days_budget_the_documents_are_quoted() -> None:
    """No call is made, and the answer says why it quotes; orders are told all the same."""
    shop = Shop(drafts=[(PROMISE, END)], spent=1.0)
    answer = await asked(shop, "EM-104233: how long can I return it?")
    assert answer.notice.startswith(OVER_BUDGET)
    assert "delivered on 12 November" in answer.text
    assert "within 30 days" in answer.text
    assert not shop.notes
