"""What orders have to do with a question: who may look them up, how they read, where their details go (rule 6)."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from bot.desk.abstention import offer, plain
from bot.desk.commitments import ASK_FOR_HUMAN, ASK_FOR_ORDER, ASK_IN_PRIVATE, promises
from bot.desk.conversation import standalone
from bot.desk.errors import OrdersInvalid, OrdersUnavailable
from bot.desk.model import (
    ORDER_ID,
    Answer,
    Citation,
    Desk,
    DraftSentence,
    Looked,
    Order,
    Outcome,
    Passage,
    Question,
    Turn,
)
from bot.desk.order_numbers import OrderNumbers, OrderRequest
from bot.desk.ports import Clock, Orders
from bot.desk.words import content_words, flat

log = logging.getLogger(__name__)

NO_ADDRESS = (
    "I can look up orders only for people whose e-mail address Slack has confirmed as a member of this workspace, and "
    "I can't see such an address for you."
)
SENT_PRIVATELY = "What I found about your order is for you alone, so I've sent it to you in a direct message."
NOT_SENT = "What I found about your order is for you alone, and I couldn't send you a direct message: write me one."
NO_ORDERS = "I can't find any orders under your e-mail address."
DOWN = "I can't look up orders right now, so this is without yours. Please ask again in a few minutes."
FOR_THEM_ALONE = (
    "Done. What was found goes to the asker privately and is not shown to you. Say nothing about their order, neither "
    "that it exists nor how it stands; answer only what the documents answer."
)
_HUMANS_WAIT_S = 2.0  # for how an order stands, at most
_LATEST = 5  # orders, where no number was named
_HISTORY = 12  # events
_SHORT = 400  # characters
_HAS = "It has: "
_REMEDY = re.compile(
    r"\b(?:refund\w*|money back|replac\w+|exchang\w+|swap\w*|credit\w*|reimburs\w*|compensat\w*|defective"
    r"|broken|broke|dead"
    r"|died|damaged|faulty|doesn't work|does not work|stopped working|not working|never arrived|lost|new (?:one"
    r"|pair|unit)s?"
    r"|another (?:one|pair|unit))\b|\b(?:kaputt|defekt|ersatz|erstatt|rembours|cassé|reembols|rot[oa]\b|rotto"
    r"|rimbors|stuk\b)",
    re.IGNORECASE,
)


def cannot_find(number: str) -> str:
    return f"I can't find an order {number} under your e-mail address."


class OrderDesk:
    """Begins the look-ups of a question; `numbers` are the company's."""

    def __init__(self, orders: Orders, numbers: OrderNumbers, clock: Clock) -> None:
        self._orders = orders
        self._numbers = numbers
        self._clock = clock

    def is_meant(self, text: str, desk: Desk) -> bool:
        """Whether a message asks for orders: then "my orders" is not too vague."""
        return desk.orders and len(text) <= _SHORT and self._numbers.request(text) is not None

    def without_numbers(self, text: str) -> str:
        """No document has an order's number: a search is better off without it."""
        return self._numbers.without(text)

    async def begin(self, question: Question, desk: Desk, turns: Sequence[Turn], *, follows: bool) -> "Enquiry | None":
        """What the question says of orders, looked up. None: this desk knows nothing of orders."""
        if not desk.orders:
            return None
        asked = [turn.text for turn in turns if turn.role == "asker"]
        request = self._numbers.request(question.text, asked, follows=follows)
        email = question.asker.email
        private = question.place.kind not in ("dm", "cli")
        tools = LookUps(self._orders, self._numbers, email, private, self._clock()) if email else None
        known = any(turn.orders for turn in turns) and not private
        may_tempt = any(_REMEDY.search(text) for text in (*asked, question.text))
        without = self._numbers.without
        about = next((rest for text in (question.text, *reversed(asked)) if content_words(rest := without(text))), "")
        searched = without(standalone(about, turns)) if request else ""
        enquiry = Enquiry(request, tools, private, known, may_tempt, searched, goes_on=bool(asked))
        await enquiry.look_up()
        return enquiry

    async def for_humans(self, question: Question, desk: Desk) -> str:
        """How the orders stand that a call for a human names, Markdown; "" where humans may not see them, where none is
        the asker's, and where that can't be looked up now: a human is called all the same."""
        numbers, email = self._numbers.within(question.text), question.asker.email
        if not (desk.orders and desk.humans_see_orders and email):
            return ""
        tools = LookUps(self._orders, self._numbers, email, True, self._clock())
        try:
            async with asyncio.timeout(_HUMANS_WAIT_S):
                for number in numbers[:_LATEST]:
                    await tools.get_order(number)
        except (OrdersUnavailable, OrdersInvalid, TimeoutError) as error:
            log.warning(
                "humans are not told of the orders that %s names: %s", question.key, error or "it takes too long"
            )
        return "\n\n".join(tools.told())


@dataclass(slots=True)
class LookUps:
    """bot.desk.ports.OrderTools for one question: only the asker's orders, whatever number is asked for."""

    orders: Orders
    numbers: OrderNumbers
    email: str
    private: bool  # others can read the answer
    now: datetime
    found: dict[str, Order] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # what to say of what was not found

    async def get_order(self, number: str) -> Looked:
        known = self.numbers.within(number)
        wanted = known[0] if known else plain(number, 40)
        order = await self.orders.get_order(wanted, self.email)
        return self._looked([order] if order else [], wanted, cannot_find(wanted))

    async def list_orders(self, limit: int) -> Looked:
        orders = await self.orders.list_orders(self.email, max(1, min(limit, 20)))
        return self._looked(orders, "", NO_ORDERS)

    def _looked(self, orders: Sequence[Order], wanted: str, nothing: str) -> Looked:
        self.found |= {order.number: order for order in orders}
        if not orders:
            self.missing[wanted] = nothing
        if self.private:
            return Looked(said=FOR_THEM_ALONE)
        return Looked(tuple(passage_of(order, self.now) for order in orders), "" if orders else nothing)

    def told(self) -> list[str]:
        """The orders that were found, Markdown."""
        found = [passage_of(order, self.now) for order in self.found.values()]
        if len(found) > 1:
            return [f"**{passage.title}**\n- {' '.join(_statements(passage, short=True))}" for passage in found]
        return [f"**{passage.title}**\n" + "\n".join(_statements(passage, short=False)) for passage in found]


@dataclass(slots=True)
class Enquiry:
    """One question's dealings with orders."""

    request: OrderRequest | None
    tools: LookUps | None  # None: the asker has no verified address
    private: bool
    known: bool  # an order of the asker was looked up earlier in this conversation
    may_tempt: bool  # it is about something broken, lost or unwanted: a promise is near
    searched: str  # what to search the documents for, without order numbers; "": the question as it is
    goes_on: bool  # something was asked before
    passages: tuple[Passage, ...] = ()
    down: bool = False

    async def look_up(self) -> None:
        """What the message names. Raises OrdersUnavailable where it asks for nothing else."""
        if self.request is None or self.tools is None:
            return
        try:
            looked = [await self.tools.get_order(number) for number in self.request.numbers[:_LATEST]]
            if self.request.mine:
                looked.append(await self.tools.list_orders(_LATEST))
        except (OrdersUnavailable, OrdersInvalid):
            if self.alone:
                raise
            self.down = True
            return
        self.passages = tuple(passage for one in looked for passage in one.passages)

    @property
    def alone(self) -> bool:
        """The message asks for nothing that the documents could answer. One that only names a number may go on with
        what was asked before."""
        request = self.request
        return request is not None and not request.more and (request.asks or not (request.numbers and self.goes_on))

    @property
    def checked(self) -> bool:
        """Whether an order of the asker was looked up where the answer can be seen: before that nothing is promised."""
        return self.known or bool(self.tools and self.tools.found and not self.private)

    @property
    def asks(self) -> str:
        """What stands in the place of an answer that promised too early."""
        if self.tools is None:
            return ASK_FOR_HUMAN
        return ASK_IN_PRIVATE if self.private else ASK_FOR_ORDER

    def promises(self, sentence: DraftSentence) -> bool:
        """Whether it commits us before an order was looked up."""
        return not self.checked and promises(sentence)

    @property
    def holds(self) -> bool:
        """Whether an answer is shown only when it is whole, because it may have to be taken back."""
        return self.may_tempt and not self.checked

    def said(self, desk: Desk) -> str:
        """What the desk itself adds to the answer, Markdown."""
        if self.request is not None and self.tools is None:
            return " ".join(filter(None, (NO_ADDRESS, offer(desk))))
        if self.down:
            return DOWN
        if self.tools is None or not (self.tools.found or self.tools.missing):
            return ""
        if self.private:
            return SENT_PRIVATELY
        missing = " ".join(self.tools.missing.values()) if self.request else ""
        if missing and not self.tools.found:
            check = "Please check the number." if "" not in self.tools.missing else ""
            return " ".join(part for part in (missing, check, offer(desk)) if part)
        return missing

    def reply(self, desk: Desk) -> Answer | None:
        """The whole answer, where there is nothing to write: nobody to look up for, nothing found, or a private matter.
        None: there is."""
        if not self.alone or self.passages:
            return None
        return self.added(Answer(Outcome.ABSTAINED, ""), desk)

    def added(self, answer: Answer, desk: Desk) -> Answer:
        """The answer with what the desk itself says of orders, and what the asker alone is told."""
        said, private = self.said(desk), self.for_them_alone()
        if (way := offer(desk)) and way in answer.text:
            said = said.removesuffix(way).rstrip()
        text = "\n\n".join(part for part in (answer.text, said) if part)
        done = private and answer.outcome in (Outcome.ABSTAINED, Outcome.ASKED)
        return replace(answer, text=text, private=private, outcome=Outcome.ANSWERED if done else answer.outcome)

    def for_them_alone(self) -> str:
        """The details that may not be seen where the question was asked; "" where all may."""
        if not self.private or self.tools is None:
            return ""
        return "\n\n".join([*self.tools.told(), *self.tools.missing.values()])


def passage_of(order: Order, now: datetime) -> Passage:
    """An order as a passage that can be cited, a statement a line. What others wrote is plain text in it."""
    moments = [order.placed_at, order.shipped_at, order.delivered_at, *(event.at for event in order.history)]
    return Passage(
        chunk_id=f"{ORDER_ID}{order.number}",
        document_id=f"{ORDER_ID}{order.number}",
        source="orders",
        title=f"Your order {order.number}",
        section="",
        text="\n".join(_told(order)),
        url="",
        changed_at=max((moment for moment in moments if moment), default=now),
        position=0,
        score=1.0,
        verified_at=now,
        kind="order",
    )


def _told(order: Order) -> list[str]:
    status = plain(order.status.replace("_", " "), 60) or "unknown"
    since = {"placed": order.placed_at, "shipped": order.shipped_at, "delivered": order.delivered_at}.get(
        status.lower()
    )
    lines = [f"{order.number}: {status}{f' on {_day(since)}' if since else ''}."]
    steps = [
        f"placed on {_day(order.placed_at)}" if order.placed_at else "",
        f"shipped on {_day(order.shipped_at)}" if order.shipped_at else "",
        f"carrier {plain(order.carrier, 60)}" if order.carrier else "",
        f"tracking number {plain(order.tracking, 60)}" if order.tracking else "",
        f"delivered on {_day(order.delivered_at)}" if order.delivered_at else "",
    ]
    told = ", ".join(step for step in steps if step)
    lines += [f"{told[0].upper()}{told[1:]}."] if told else []
    bought = ", ".join(
        f"{item.quantity} x {plain(item.name, 80)}"
        + (f" at {_money(order, item.price)}" if item.price is not None else "")
        for item in order.items
    )
    total = f"total {_money(order, order.total)}" if order.total is not None else ""
    lines += [f"{_HAS}{'; '.join(filter(None, (bought, total)))}."] if bought or total else []
    events = [f"{_day(event.at)}: {plain(event.note, 160)}" for event in order.history if flat(event.note)][-_HISTORY:]
    return [
        *lines,
        *(f"History, {event}." for event in events[:-1]),
        *(f"Last entry, {event}." for event in events[-1:]),
    ]


def order_sentences(passages: Sequence[Passage]) -> list[DraftSentence]:
    """The orders among the passages in their own words, cited: what can be said without a model."""
    orders = [(at, passage) for at, passage in enumerate(passages) if passage.kind == "order"]
    sentences: list[DraftSentence] = []
    for at, passage in orders:
        said = _statements(passage, short=len(orders) > 1)
        cited = [Citation(at, line, passage.title, passage.url, "", passage.changed_at) for line in said]
        if len(orders) > 1:
            sentences.append(DraftSentence(f"- {' '.join(said)}\n", tuple(cited)))
        else:
            sentences += [DraftSentence(f"{one.quote} ", (one,)) for one in cited]
    return sentences


def _statements(passage: Passage, *, short: bool) -> list[str]:
    """What an order says of itself, without its history; `short`: how it stands and what is in it."""
    first, *others = passage.text.split("\n")
    if short:
        return [first, *(line for line in others if line.startswith(_HAS))]
    return [first, *(line for line in others if not line.startswith("History, "))]


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _money(order: Order, amount: Decimal) -> str:
    return f"{plain(order.currency, 5)}{amount:,.2f}"
