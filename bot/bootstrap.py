"""Builds the bot's parts and hands them to each other: the only place in bot that knows all of them."""

import logging
from dataclasses import dataclass

from bot.desk.answer_question import AnswerQuestion
from bot.desk.audience import AS_STATED, Readers
from bot.desk.budget import Budget
from bot.desk.errors import OrdersUnavailable
from bot.desk.look_up_sources import LookUpSources
from bot.desk.model import Desk
from bot.desk.order_numbers import OrderNumbers
from bot.desk.orders import OrderDesk
from bot.desk.ports import AdminChannel, Clock, Conversations, ReadFile, SyncDesk
from bot.engine.claude import ClaudeWriter
from bot.engine.claude_interpreter import ClaudeInterpreter
from bot.engine.query_engine import DocumentEngine
from bot.escalation.escalate import Escalate
from bot.orders import SqlOrders
from bot.prompting import PromptLibrary
from bot.settings import BotSettings
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.answering import Desks, Work
from bot.slack.attached import AttachedFiles
from bot.slack.client import SlackClients
from bot.slack.connection import Edge, SlackConnection
from bot.slack.human_desk import SlackHumanDesk
from bot.slack.people import People
from bot.store import Store
from ingest.index import Reranker, SearchIndex

log = logging.getLogger(__name__)

INTERPRETER = "interpreter"  # the prompt that is no persona's: see prompts/interpreter


@dataclass(frozen=True, slots=True)
class Bot:
    """The use cases over their adapters."""

    settings: BotSettings
    desks: tuple[Desk, ...]
    engine: DocumentEngine
    writer: ClaudeWriter | None
    interpreter: ClaudeInterpreter | None
    prompts: PromptLibrary
    store: Store
    orders: SqlOrders | None
    look_up_sources: LookUpSources
    clock: Clock
    reranker: Reranker | None = None

    def answering(self, conversations: Conversations, readers: Readers = AS_STATED) -> AnswerQuestion:
        """The use case with the conversation from there: a Slack thread's, or one that was given. `readers` say who
        sees its answers; by default the question itself does."""
        orders, answers, dollars = self.settings.orders, self.store.answers, self.settings.model.daily_budget_usd
        return AnswerQuestion(
            self.engine,
            self.prompts,
            conversations,
            answers,
            self.settings.answering,
            self.clock,
            interpreter=self.interpreter,
            orders=OrderDesk(self.orders, OrderNumbers(orders.numbers), self.clock) if self.orders and orders else None,
            budget=Budget(answers, dollars, self.clock) if self.writer and dollars else None,
            readers=readers,
        )

    async def check_orders(self) -> None:
        """Raises OrdersInvalid. A database that can't be reached now is no reason not to start."""
        if self.orders is not None:
            try:
                await self.orders.prepare()
            except OrdersUnavailable as error:
                log.error("orders can't be looked up yet: %s", error)

    def slack(self, sync_desk: SyncDesk, read_file: ReadFile) -> tuple[SlackConnection, AdminChannel | None]:
        """The edge to Slack, not started yet, and the admins' channel where there is one, good while it runs."""
        slack, store = self.settings.slack, self.store
        clients = SlackClients(slack)
        people = People(clients)
        humans = Escalate(
            store.escalations,
            store.answers,
            store.threads,
            SlackHumanDesk(clients, people),
            self.clock,
            channels={desk.name: desk.escalation_channel for desk in self.desks},
            agents=slack.agents,
            admins=slack.admins,
        )
        suggestions = next(iter(self.settings.desks.values())).suggestions  # DMs are the first desk's
        work = Work(
            inbox=store.inbox,
            posts=store.posts,
            answers=store.answers,
            threads=store.threads,
            humans=humans,
            answer_question=self.answering(store.answers, people),
            desks=Desks(self.desks),
            settings=self.settings.answering,
            clock=self.clock,
            attached=AttachedFiles(clients, read_file, sees=self.writer is not None),
        )
        edge = Edge(
            clients,
            people,
            work,
            self.look_up_sources,
            store.feedback,
            store.presence,
            suggestions,
            sync_desk=sync_desk,
            admins=slack.admins,
        )
        admin_channel = slack.admin_channel and SlackAdminChannel(clients, slack.admin_channel, self.clock)
        return SlackConnection(edge), admin_channel or None

    async def close(self) -> None:
        if self.writer is not None:
            await self.writer.close()
        if self.orders is not None:
            await self.orders.close()


def build_bot(
    settings: BotSettings, index: SearchIndex, store: Store, clock: Clock, reranker: Reranker | None = None
) -> Bot:
    """Raises PromptInvalid when a prompt can't be used, and OrdersInvalid: better at the start than at the first
    question. Nothing is connected yet: see Bot.check_orders."""
    prompts = PromptLibrary(settings.prompt_dirs)
    desks = tuple(
        Desk(
            name,
            desk.prompt,
            desk.sources,
            desk.channels,
            desk.escalation_channel or settings.slack.admin_channel,
            orders=settings.orders is not None and name in (settings.orders.desks or settings.desks),
        )
        for name, desk in settings.desks.items()
    )
    for desk in desks:
        prompts.live(desk.prompt)
    orders = SqlOrders(settings.orders) if settings.orders else None
    writer = ClaudeWriter(settings.model) if settings.model.api_key else None
    interpreter = ClaudeInterpreter(writer.api, prompts.live(INTERPRETER)) if writer else None
    engine = DocumentEngine(index, writer, settings.answering, reranker)
    sources = LookUpSources(engine)
    return Bot(settings, desks, engine, writer, interpreter, prompts, store, orders, sources, clock, reranker)
