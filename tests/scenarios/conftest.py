"""A whole bot against the local workspace: the real Bolt app, store, desk and escalation; only the index is small."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.desk.answer_question import AnswerQuestion
from bot.desk.budget import Budget
from bot.desk.errors import StoreUnavailable
from bot.desk.explaining import ExplainAnswer
from bot.desk.look_up_sources import LookUpSources
from bot.desk.metering import NO_METER
from bot.desk.model import (
    Attachment,
    Citation,
    Desk,
    DraftEnd,
    DraftSentence,
    Outcome,
    Passage,
    Prompt,
    PromptRef,
    Retrieval,
    Turn,
    question_key,
)
from bot.desk.orders import OrderDesk
from bot.desk.ports import Interpreter, Meter, OrderTools, SyncDesk
from bot.desk.triage import Summarizer, Triager
from bot.escalation.escalate import Escalate
from bot.escalation.timekeeper import Timekeeper
from bot.escalation.timetable import Timetables
from bot.escalation.triaging import Triaging
from bot.handover_settings import HandoverSettings
from bot.settings import AnsweringSettings, LimitSettings, SlackSettings
from bot.slack.attached import AttachedFiles
from bot.slack.client import SlackClients
from bot.slack.connection import SlackConnection
from bot.slack.desks import Desks
from bot.slack.edge import Edge
from bot.slack.human_desk import SlackHumanDesk
from bot.slack.manners import manners_of
from bot.slack.people import People
from bot.slack.reminders import SlackReminders
from bot.slack.work import Work
from bot.store import Store, open_store
from bot.store.due import nothing_is_due
from bot.store.triages import WantTriage
from ops.attached_files import FileTexts
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.postgres import Postgres

MANIFEST = Path(__file__).parents[2] / "ops" / "slack" / "manifest.yaml"
CHANGED = datetime(2026, 3, 12, tzinfo=UTC)
RETURNS = "You can return most items within 30 days of delivery. Keep the receipt. Refunds take 5 business days."
SUGGESTIONS = ("What can I return?", "How long does shipping take?")
SHIPPING = "Standard shipping takes 3 to 5 business days. It is free from $49."


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Shelf:
    """An Engine over a few pages in memory, which quotes them. `gate` holds its writing; `broken` makes it raise."""

    pages: dict[str, str] = field(default_factory=lambda: {"Returns policy": RETURNS, "Shipping": SHIPPING})
    audiences: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of a page; else everyone's
    asked: list[str] = field(default_factory=list)
    readable: list[tuple[str, ...]] = field(default_factory=list)  # what was searched with
    turns: list[Sequence[Turn]] = field(default_factory=list)  # what was written after
    writing: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    after: int = 0  # sentences that pass before the gate
    broken: Exception | None = None
    complete: bool = True

    async def meant(self, text: str) -> None:
        return None

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        self.asked.append(query)
        if self.broken:
            raise self.broken
        self.readable.append(tuple(audience))
        mine = [self._passage(title) for title in self.pages if set(self._audience(title)) & set(audience)]
        found = [one for one in mine if _fits(query, one)]
        return Retrieval(tuple(found), tuple(mine), index_version=1)

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        others = [self._passage(title) for title in self.pages if not set(self._audience(title)) & set(audience)]
        return sum(_fits(query, one) for one in others)

    def _audience(self, title: str) -> tuple[str, ...]:
        return self.audiences.get(title, ("everyone",))

    def _passage(self, title: str) -> Passage:
        return replace(_passage(title, self.pages[title]), audience=self._audience(title))

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> AsyncIterator[DraftSentence | DraftEnd]:
        self.turns.append(turns)
        self.writing.set()
        count = 0
        for number, passage in enumerate(passages):
            for sentence in passage.text.split(". "):
                if self.gate and count >= self.after:
                    await self.gate.wait()
                count += 1
                quote = sentence.rstrip(".")
                cited = Citation(number, quote, passage.title, passage.url, passage.section, passage.changed_at)
                yield DraftSentence(quote + ". ", (cited,))
        yield DraftEnd(model="shelf", complete=self.complete)

    def quote(
        self,
        question: str,
        passages: Sequence[Passage],
        turns: Sequence[Turn],
        *,
        attachments: Sequence[Attachment] = (),
    ) -> AsyncIterator[DraftSentence | DraftEnd]:
        return self.write(question, passages, PROMPT, turns)


def _fits(query: str, passage: Passage) -> bool:
    words = {word for word in query.lower().strip("?").split() if len(word) > 4}
    return any(word[:6] in f"{passage.text} {passage.title}".lower() for word in words)


def _passage(title: str, text: str) -> Passage:
    name = title.lower().replace(" ", "-")
    url = f"https://electromart.example/{name}"
    return Passage(f"{name}-0", name, "docs", title, "Overview", text, url, CHANGED, 0, 1.0, similarity=0.9)


UNLIMITED = LimitSettings(per_user_per_minute=9_999, per_user_per_day=9_999, per_channel_per_minute=9_999)
PROMPT = Prompt(PromptRef("electromart", "1.0.0", "0" * 64), "Be brief.")


@dataclass(frozen=True)
class Prompts:
    prompt: Prompt = PROMPT

    def live(self, name: str) -> Prompt:
        return self.prompt


class Faulty:
    """A store's part that fails while its bot's store is down, and dies for good at `crash_at`."""

    def __init__(self, inner: Any, bot: "Bot") -> None:
        self._inner = inner
        self._bot = bot

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **options: Any) -> Any:
            if name == self._bot.crash_at:
                self._bot.crashed.set()
                await asyncio.Event().wait()  # a dead process does nothing more
            if self._bot.down:
                raise StoreUnavailable("the store is down")
            try:
                return await getattr(self._inner, name)(*args, **options)
            finally:
                self._bot.changed.set()
                self._bot.changed = asyncio.Event()

        return call


@dataclass
class Bot:
    """One run of the bot. kill() ends it as a crash does: nothing is finished and nothing given back."""

    workspace: LocalWorkspace
    database: str  # its URL
    shelf: Shelf
    answering: AnsweringSettings
    slack: SlackSettings
    escalation_channel: str | None = "C0ESCALATE"
    limits: LimitSettings = field(default_factory=LimitSettings)
    sees_orders: bool = False  # who is in the escalation channel may see the askers' orders
    ahead: timedelta = timedelta()  # of this bot's clock
    timetables: Timetables | None = None  # None: nothing becomes due
    sources: tuple[str, ...] = ()  # of its first desk
    desks: tuple[Desk, ...] = ()  # beside that
    sync_desk: SyncDesk | None = None
    orders: OrderDesk | None = None
    triager: Triager | None = None  # None: nothing is triaged
    summarizer: Summarizer | None = None
    interpreter: Interpreter | None = None
    budget: Budget | None = None
    prompts: Prompts = Prompts()
    sees: bool = False  # a model is configured, which looks at pictures
    file_time_s: float = 10.0
    meter: Meter = NO_METER
    progress_after_s: Sequence[float] = ()
    down: bool = False
    crash_at: str | None = None
    crashed: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    store: Store = field(init=False)
    clients: SlackClients = field(init=False)
    connection: SlackConnection = field(init=False)
    humans: Escalate = field(init=False)

    async def start(self) -> None:
        recorders = (WantTriage(["support"], self.now),) if self.triager else ()
        self.store = await open_store(
            self.database, self.now, recorders=recorders, plan=self.timetables or nothing_is_due
        )
        inbox, posts, threads, answers, escalations, presence, told, due = (
            Faulty(part, self)
            for part in (
                self.store.inbox,
                self.store.posts,
                self.store.threads,
                self.store.answers,
                self.store.escalations,
                self.store.presence,
                self.store.told,
                self.store.due,
            )
        )
        clients = self.clients = SlackClients(self.slack, self.meter)
        people = People(clients)
        self.humans = Escalate(
            escalations,
            answers,
            threads,
            SlackHumanDesk(clients, people),
            self.now,
            channels={"support": self.escalation_channel or self.slack.admin_channel},
            agents=self.slack.agents,
            admins=self.slack.admins,
            order_desks=["support"] if self.sees_orders else [],
            triages=self.store.triages,
            expectations=self.timetables,
            due=due,
            policies={"support": HandoverSettings()},
        )
        timekeeper = self.timetables and Timekeeper(
            due, escalations, self.humans, SlackReminders(clients, people), self.timetables, self.now, every_s=0.02
        )
        support = Desk(
            "support",
            "electromart",
            self.sources,
            (),
            self.escalation_channel or self.slack.admin_channel,
            orders=self.orders is not None,
            suggestions=SUGGESTIONS,
            triage=self.triager is not None,
            humans_see_orders=self.sees_orders,
        )
        desks = (support, *self.desks)
        work = Work(
            inbox=inbox,
            posts=posts,
            answers=answers,
            threads=threads,
            triages=self.store.triages,
            humans=self.humans,
            answer_question=AnswerQuestion(
                self.shelf,
                self.prompts,
                answers,
                answers,
                self.answering,
                interpreter=self.interpreter,
                readers=people,
                orders=self.orders,
                budget=self.budget,
            ),
            desks=Desks(desks, self.store.settings),
            settings=self.answering,
            clock=self.now,
            attached=AttachedFiles(clients, FileTexts(), sees=self.sees, time_limit_s=self.file_time_s),
            meter=self.meter,
        )
        edge = Edge(
            clients=clients,
            people=people,
            work=work,
            look_up=LookUpSources(self.shelf),
            feedback=self.store.feedback,
            presence=presence,
            told=told,
            escalations=self.store.escalations,
            numbers=self.store.numbers,
            records=self.store.records,
            shares=self.store.shares,
            expectations=self.timetables,
            explain=ExplainAnswer(self.store.records, self.store.shares, self.shelf, desks),
            redial_s=0.05,
            attend_every_s=0.01,
            ping_every_s=0.3,
            timekeeper=timekeeper,
            triaging=self.triager
            and Triaging(
                self.store.triages, self.triager, self.humans, {"support": support}, self.summarizer, every_s=0.02
            ),
            sync_desk=self.sync_desk,
            admins=self.slack.admins,
            progress_after_s=self.progress_after_s,
            manners=manners_of(self.limits, self.slack),
        )
        self.connection = SlackConnection(edge)
        try:
            await self.connection.start()
        except BaseException:
            await self.store.close()
            raise
        assert self.connection.workers is not None
        self.connection.workers.tick_s = 0.1

    def now(self) -> datetime:
        return now() + self.ahead

    async def stop(self, drain_s: float = 5.0) -> None:
        await self.connection.stop(drain_s)
        await self.store.close()

    async def kill(self) -> None:
        self.down = True
        with patch("bot.slack.sockets._ACKS_S", 0.0):  # the dead ack nothing
            await self.stop(0)

    async def outcome(self, channel: str, ts: str) -> Outcome | None:
        return await self.store.inbox.outcome(question_key("T0ELECTRO", channel, ts))

    async def ended(self, ts: str, channel: str = "C0SUPPORT") -> Outcome:
        """How the question of that message ended; waits for it."""
        return await self.until(lambda: self.outcome(channel, ts))

    async def accepted(self, ts: str) -> None:
        """Waits until the message of that ts is in the inbox."""

        await self.until(lambda: self.store.inbox.has(question_key("T0ELECTRO", "C0SUPPORT", ts)))

    async def until(self, condition: Callable[[], Awaitable[Any]]) -> Any:
        """Until the condition holds; looked at again after every use of the store."""
        async with asyncio.timeout(10):
            while True:
                changed = self.changed
                if value := await condition():
                    return value
                await changed.wait()


MakeBot = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def workspace(request: pytest.FixtureRequest) -> AsyncIterator[LocalWorkspace]:
    """It waits longer for an ack than Slack does, for the machine may stand still; by an indirect parameter as long as
    that."""
    wait = getattr(request, "param", 10.0)
    async with LocalWorkspace(manifest=MANIFEST, ack_timeout=wait, redelivery_delays=(0, 0.2, 0.5)) as workspace:
        yield workspace


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite; by an indirect parameter "postgres" that."""
    if getattr(request, "param", "sqlite") == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database()
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
async def make_bot(workspace: LocalWorkspace, shelf: Shelf, database: str) -> AsyncIterator[MakeBot]:
    """Starts bots over one database, one after the other; what still runs is stopped at the end."""
    running: list[Bot] = []

    async def make(**options: Any) -> Bot:
        answering = AnsweringSettings(**options.pop("answering", {}))
        slack = SlackSettings(
            bot_token=options.pop("bot_token", workspace.bot_token),
            app_token=options.pop("app_token", workspace.app_token),
            api_url=workspace.api_url,
            rate_limit_factor=1.0 if workspace.rate_limits else 1_000.0,  # as the workspace has them
            **options.pop("slack", {}),
        )
        bot = Bot(workspace, database, options.pop("shelf", shelf), answering, slack, **options)
        await bot.start()
        running.append(bot)
        return bot

    yield make
    for bot in running:
        await (bot.kill() if bot.down else bot.stop(0))


def said(workspace: LocalWorkspace, thread_ts: str, channel: str = "support") -> list[dict[str, Any]]:
    """What the bot wrote in a thread."""
    return [one for one in workspace.messages(channel, thread_ts) if one.get("user") == BOT]


def everything(message: dict[str, Any]) -> str:
    """All the text of a message: its blocks, or its text."""
    return " ".join(_strings(message.get("blocks"))) if message.get("blocks") else str(message.get("text"))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]
