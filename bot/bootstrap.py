"""Builds the bot's parts and hands them to each other: the only place in bot that knows all of them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.desk.answer_question import AnswerQuestion
from bot.desk.audience import AS_STATED, Readers
from bot.desk.beside import beside
from bot.desk.budget import Budget
from bot.desk.budget_warnings import BudgetWarnings
from bot.desk.errors import OrdersUnavailable
from bot.desk.explaining import ExplainAnswer
from bot.desk.look_up_sources import LookUpSources
from bot.desk.metering import NO_METER
from bot.desk.model import Desk
from bot.desk.order_numbers import OrderNumbers
from bot.desk.orders import OrderDesk
from bot.desk.outgoing import Whereabouts
from bot.desk.ports import AdminChannel, Clock, Conversations, Meter, ReadFile, SyncDesk
from bot.desk.triage import Triager
from bot.engine.catalogue import Catalogue
from bot.engine.claude import ClaudeWriter
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_drafter import ClaudeDrafter
from bot.engine.claude_interpreter import ClaudeInterpreter
from bot.engine.claude_namer import ClaudeNamer
from bot.engine.claude_summary import ClaudeSummarizer
from bot.engine.claude_triage import ClaudeTriager
from bot.engine.query_engine import DocumentEngine
from bot.engine.triage import Classifier, layers_of
from bot.engine.triage_features import Embed
from bot.escalation.drafter import Drafting
from bot.escalation.escalate import Escalate
from bot.escalation.learning import Learn
from bot.escalation.timekeeper import Timekeeper
from bot.escalation.timetable import timetables_of
from bot.escalation.triaging import Triaging
from bot.gaps.digest import Readers as DigestReaders
from bot.gaps.digest import WeeklyDigest
from bot.gaps.find import FindGaps
from bot.gaps.names import Names
from bot.orders import SqlOrders
from bot.outbox import Deliveries, GivenUpWarnings, targets_of
from bot.prompting import PromptLibrary
from bot.redaction import Redactor
from bot.settings import BotSettings
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.attached import AttachedFiles
from bot.slack.client import SlackClients
from bot.slack.connection import SlackConnection
from bot.slack.desks import Desks
from bot.slack.edge import Edge
from bot.slack.human_desk import SlackHumanDesk
from bot.slack.learning_desk import SlackLearningDesk
from bot.slack.manners import manners_of
from bot.slack.people import People
from bot.slack.reminders import SlackReminders
from bot.slack.work import Work
from bot.store import Store
from ingest.index import Reranker, SearchIndex

log = logging.getLogger(__name__)

# The prompts that are no persona's: see prompts/.
INTERPRETER, RESOLUTION, TRIAGE, GAPS, SUMMARY = "interpreter", "resolution", "triage", "gaps", "summary"


@dataclass(frozen=True, slots=True)
class Bot:
    """The use cases over their adapters."""

    settings: BotSettings
    desks: tuple[Desk, ...]
    engine: DocumentEngine
    writer: ClaudeWriter | None
    interpreter: ClaudeInterpreter | None
    drafter: ClaudeDrafter | None
    classifier: Classifier
    prompts: PromptLibrary
    store: Store
    orders: SqlOrders | None
    look_up_sources: LookUpSources
    clock: Clock
    reranker: Reranker | None = None
    meter: Meter = NO_METER

    def answering(self, conversations: Conversations, readers: Readers = AS_STATED) -> AnswerQuestion:
        """The use case with the conversation from there: a Slack thread's, or one that was given. `readers` say who
        sees its answers; by default the question itself does."""
        orders, answers = self.settings.orders, self.store.answers
        return AnswerQuestion(
            self.engine,
            self.prompts,
            conversations,
            answers,
            self.settings.answering,
            self.clock,
            interpreter=self.interpreter,
            orders=OrderDesk(self.orders, OrderNumbers(orders.numbers), self.clock) if self.orders and orders else None,
            budget=self._budget(),
            readers=readers,
        )

    def _budget(self) -> Budget | None:
        dollars = self.settings.model.daily_budget_usd
        return Budget(self.store.answers, dollars, self.clock) if self.writer and dollars else None

    def _api(self, purpose: str) -> ClaudeApi | None:
        """For what is part of no answer: the budget counts it by itself."""
        return self.writer.api.beside_answers(purpose, self.store.spending) if self.writer else None

    def budget_warnings(self, channel: AdminChannel | None) -> BudgetWarnings | None:
        budget = self._budget()
        return BudgetWarnings(budget, self.store.told, channel) if budget else None

    def deliveries(self, whereabouts: Whereabouts) -> Deliveries:
        """What takes the outbox to webhooks and mailboxes; not started yet."""
        return Deliveries(self.store.outbox, targets_of(self.settings, self.clock), whereabouts, self.clock)

    def given_up_warnings(self, channel: AdminChannel | None) -> GivenUpWarnings:
        return GivenUpWarnings(self.store.outbox, self.store.told, channel, self.clock)

    def gaps(self, index: SearchIndex) -> FindGaps:
        api = self._api(GAPS)
        namer = ClaudeNamer(api, self.prompts.live(GAPS)) if api else None
        names = Names(Redactor(_numbers(self.settings)), namer, self._budget())
        return FindGaps(self.store.gaps, index, self.desks, names, self.clock)

    def digest(self, index: SearchIndex, channel: AdminChannel, readers: DigestReaders) -> WeeklyDigest:
        store, zone = self.store, self.settings.gaps.zone
        return WeeklyDigest(store.gaps, self.gaps(index), store.digests, channel, readers, zone, self.clock)

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
        clients = SlackClients(slack, self.meter)
        people = People(clients)
        timetables = timetables_of(self.settings)
        humans = Escalate(
            store.escalations,
            store.answers,
            store.threads,
            SlackHumanDesk(clients, people),
            self.clock,
            channels={desk.name: desk.escalation_channel for desk in self.desks},
            agents=slack.agents,
            admins=slack.admins,
            leads={name: desk.sla.lead for name, desk in self.settings.desks.items() if desk.sla and desk.sla.lead},
            reopening={name: timedelta(days=desk.reopen_days) for name, desk in self.settings.desks.items()},
            order_desks=[desk.name for desk in self.desks if desk.humans_see_orders],
            triages=store.triages,
            expectations=timetables,
            due=store.due,
            policies={desk.name: desk.handover for desk in self.desks},
        )
        work = Work(
            inbox=store.inbox,
            posts=store.posts,
            answers=store.answers,
            threads=store.threads,
            triages=store.triages,
            humans=humans,
            answer_question=self.answering(store.answers, people),
            desks=Desks(self.desks, store.settings),
            settings=self.settings.answering,
            clock=self.clock,
            attached=AttachedFiles(clients, read_file, sees=self.writer is not None),
            meter=self.meter,
        )
        edge = Edge(
            clients=clients,
            people=people,
            work=work,
            look_up=self.look_up_sources,
            feedback=store.feedback,
            presence=store.presence,
            told=store.told,
            escalations=store.escalations,
            numbers=store.numbers,
            records=store.records,
            shares=store.shares,
            explain=ExplainAnswer(store.records, store.shares, self.engine, self.desks),
            timekeeper=Timekeeper(
                store.due, store.escalations, humans, SlackReminders(clients, people), timetables, self.clock
            ),
            sync_desk=sync_desk,
            learn=self._learn(clients, humans, sync_desk) if self.settings.learning.enabled else None,
            triaging=self._triaging(humans) if self.settings.triage.enabled else None,
            expectations=timetables,
            admins=slack.admins,
            manners=manners_of(self.settings.limits, slack),
        )
        admin_channel = slack.admin_channel and SlackAdminChannel(clients, slack.admin_channel, self.clock)
        return SlackConnection(edge), admin_channel or None

    def _learn(self, clients: SlackClients, humans: Escalate, sync_desk: SyncDesk) -> Learn:
        store, settings = self.store, self.settings
        months = settings.learning.expiry_months
        return Learn(
            store.learnings,
            store.escalations,
            SlackLearningDesk(clients, months),
            Drafting(Redactor(_numbers(settings)), self.drafter, self._budget()),
            sync_desk,
            store.told,
            self.clock,
            is_agent=humans.is_agent,
            admins=settings.slack.admins,
            months=months,
        )

    def _triaging(self, humans: Escalate) -> Triaging:
        triager = triager_of(self.settings, self.prompts, self.classifier, self._api(TRIAGE), self._budget())
        api = self._api(SUMMARY)
        summarizer = ClaudeSummarizer(api, self.prompts.live(SUMMARY), self._budget()) if api else None
        return Triaging(self.store.triages, triager, humans, {desk.name: desk for desk in self.desks}, summarizer)

    async def close(self) -> None:
        if self.writer is not None:
            await self.writer.close()
        if self.orders is not None:
            await self.orders.close()


def build_bot(
    settings: BotSettings,
    index: SearchIndex,
    store: Store,
    clock: Clock,
    reranker: Reranker | None = None,
    meter: Meter = NO_METER,
) -> Bot:
    """Raises PromptInvalid, TriageInvalid or OrdersInvalid: better at the start than at the first question. Nothing is
    connected yet: see Bot.check_orders."""
    prompts = PromptLibrary(settings.prompt_dirs)
    desks = tuple(
        Desk(
            name,
            desk.prompt,
            desk.sources,
            desk.channels,
            desk.escalation_channel or settings.slack.admin_channel,
            orders=settings.orders is not None and name in (settings.orders.desks or settings.desks),
            suggestions=desk.suggestions,
            handover=desk.handover,
            triage=name in settings.triage_desks,
            humans_see_orders=desk.escalation_sees_orders,
        )
        for name, desk in settings.desks.items()
    )
    for desk in desks:
        prompts.live(desk.prompt)
    orders = SqlOrders(settings.orders) if settings.orders else None
    writer = ClaudeWriter(settings.model, meter) if settings.model.api_key else None
    interpreter = ClaudeInterpreter(writer.api, prompts.live(INTERPRETER)) if writer else None
    drafter = None
    if writer and settings.learning.enabled:
        drafter = ClaudeDrafter(writer.api.beside_answers(RESOLUTION, store.spending), prompts.live(RESOLUTION))
    classifier = classifier_of(settings, index.embed, index.model, Catalogue(index).product)
    engine = DocumentEngine(index, writer, settings.answering, reranker)
    sources = LookUpSources(engine)
    return Bot(
        settings,
        desks,
        engine,
        writer,
        interpreter,
        drafter,
        classifier,
        prompts,
        store,
        orders,
        sources,
        clock,
        reranker,
        meter,
    )


def classifier_of(
    settings: BotSettings,
    embed: Embed,
    model: Callable[[], str],
    product: Callable[[str], str | None] = lambda _: None,
) -> Classifier:
    """`product`: the one that a text names. Raises TriageInvalid."""
    own = layers_of(settings.triage.layers) if settings.triage.layers else None
    named = partial(beside, orders=_numbers(settings), product=product)
    return Classifier(embed, model, settings.triage.categories, named, own)


def triager_of(
    settings: BotSettings,
    prompts: PromptLibrary,
    classifier: Classifier,
    api: ClaudeApi | None,
    budget: Budget | None = None,
) -> Triager:
    """Claude where there is a key, else the classifier. Raises PromptInvalid."""
    if api is None:
        return classifier
    categories = settings.triage.categories
    return ClaudeTriager(api, prompts.live(TRIAGE), categories, classifier, classifier.beside, budget=budget)


def _numbers(settings: BotSettings) -> OrderNumbers | None:
    return OrderNumbers(settings.orders.numbers) if settings.orders else None
