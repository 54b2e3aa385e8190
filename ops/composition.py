"""Composes the parts of a process: knowledge, store and bot; and the operations over them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from bot.bootstrap import Bot, build_bot
from bot.desk.audience import EVERYONE, MEMBERS, PUBLIC, readable_in
from bot.desk.errors import DeskError
from bot.desk.metering import NO_METER
from bot.desk.model import Desk, DraftSentence, Outcome, Person, Place, Question, Turn, question_key
from bot.desk.ports import Meter
from bot.engine.catalogue import Catalogue
from bot.escalation.timetable import timetables_of
from bot.outbox import subscriptions_of
from bot.slack.identity import identities_of
from bot.store import open_store
from bot.store.learnings import WantLearning
from bot.store.triages import WantTriage
from ingest.index import installation_of, make_reranker
from ingest.schedule import utc_now
from ops.config import Config
from ops.control import connect
from ops.gap_reports import GapsReport, GapsRequest
from ops.knowledge import Knowledge, open_knowledge, reported
from ops.learnt_entries import StoredEntries
from ops.operations import OnStep, OperationError, Operations
from ops.reports import (
    AskReport,
    AskRequest,
    CheckReport,
    ForgetReport,
    ForgetRequest,
    FoundSource,
    IndexReport,
    ProductRequest,
    SourcesRequest,
    SyncOutcome,
    SyncRequest,
    VerifyRequest,
)


@dataclass(frozen=True, slots=True)
class GivenConversation:
    """bot.desk.ports.Conversations for a question that comes with its conversation."""

    given: tuple[Turn, ...]

    async def turns(self, question: Question) -> Sequence[Turn]:
        return self.given


class NoStage:
    """bot.desk.ports.Stage for an answer that is shown when it is whole."""

    async def progress(self, text: str) -> None:
        return None

    async def sentence(self, sentence: DraftSentence) -> None:
        return None


@dataclass(frozen=True, slots=True)
class LocalOperations:
    """ops.operations.Operations in this process."""

    knowledge: Knowledge
    bot: Bot

    async def ask(self, request: AskRequest) -> AskReport:
        now = utc_now()
        ts = f"{now.timestamp():.6f}"
        question = Question(
            key=question_key("cli", "cli", ts),
            text=request.question,
            asker=Person(request.email or "cli", email=request.email),
            place=Place("cli", "cli", "cli"),
            ts=ts,
            asked_at=now,
        )
        answer_question = self.bot.answering(GivenConversation(tuple(turn.turn() for turn in request.conversation)))
        desk = self._desk(request.desk)
        answer = await answer_question(question, desk, NoStage())
        readable, withheld = answer.readable, 0
        if answer.outcome is Outcome.ABSTAINED and readable is not None:
            with _reported():
                withheld = await self.bot.engine.count_withheld(
                    answer.searched or question.text, sources=desk.sources, audience=readable
                )
        return AskReport.of(answer, withheld)

    async def sync(self, request: SyncRequest, on_step: OnStep) -> tuple[SyncOutcome, ...]:
        return await asyncio.to_thread(self.knowledge.sync, request, on_step)

    async def sources(self, request: SourcesRequest) -> tuple[FoundSource, ...]:
        with _reported():
            here = readable_in(Place("cli", "cli", "cli"), Person("cli"))
            found = await self.bot.look_up_sources(request.words, self._desk(request.desk), here.keywords)
        return tuple(
            FoundSource(
                title=hit.title,
                section=hit.section,
                snippet=hit.snippet,
                uri=hit.url,
                changed_at=hit.changed_at,
                verified_at=hit.verified_at,
                version=hit.version,
                source=hit.source,
                stale=hit.stale,
            )
            for hit in found.hits
        )

    async def product(self, request: ProductRequest) -> str | None:
        return await asyncio.to_thread(Catalogue(self.knowledge.search).product, request.text)

    async def gaps(self, request: GapsRequest) -> GapsReport:
        """Documents for members are named: whoever runs this has the documents."""
        desk = self._desk(request.desk).name if request.desk else None
        with _reported():
            found = await self.bot.gaps(self.knowledge.search)((PUBLIC, EVERYONE, MEMBERS), request.weeks, desk)
        return GapsReport.of(found)

    async def index_status(self) -> IndexReport:
        return await asyncio.to_thread(self.knowledge.status)

    async def index_verify(self, request: VerifyRequest, on_step: OnStep) -> CheckReport:
        return await asyncio.to_thread(self.knowledge.verify, request, on_step)

    async def forget(self, request: ForgetRequest) -> ForgetReport:
        slack = self.bot.settings.slack
        with _reported():
            asked = slack.bot_token is not None
            names = await identities_of(slack, request.user) if asked else (request.user,)
            counts = await self.bot.store.forgetting.forget(names)
        return ForgetReport(user=request.user, known_as=names, slack_asked=asked, deleted=dict(counts))

    def _desk(self, name: str | None) -> Desk:
        for desk in self.bot.desks:
            if name in (None, desk.name):
                return desk
        raise OperationError(f"{name} is not a desk; known: {', '.join(desk.name for desk in self.bot.desks)}")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except DeskError as error:
        raise OperationError(str(error)) from error


def _holder(config: Config) -> str:
    """Who claims questions here. Of one data_dir on one machine only one `serve` runs, and a copy of a data_dir is on
    another machine. Raises OperationError."""
    with reported():
        return f"{installation_of(config.data_dir)}@{socket.gethostname()}"[:120]


@asynccontextmanager
async def open_operations(config: Config, meter: Meter = NO_METER) -> AsyncIterator[LocalOperations]:
    """Everything but Slack, opened in this process. Raises OperationError."""
    reranker = make_reranker(config.ingest.index)
    if reranker is not None:
        with reported():
            await asyncio.to_thread(reranker.load)
    with open_knowledge(config.ingest) as knowledge:
        with _reported():
            recorders = (WantLearning(config.bot.learning_desks), WantTriage(config.bot.triage_desks, utc_now))
            outside, plan = subscriptions_of(config.bot), timetables_of(config.bot)
            store = await open_store(config.store_url, utc_now, _holder(config), recorders, outside, plan)
        knowledge.entries = StoredEntries(store, asyncio.get_running_loop())
        try:
            with _reported():
                bot = build_bot(config.bot, knowledge.search, store, utc_now, reranker, meter)
            try:
                with _reported():
                    await bot.check_orders()
                yield LocalOperations(knowledge, bot)
            finally:
                await bot.close()
        finally:
            await store.close()


@asynccontextmanager
async def operations(config: Config) -> AsyncIterator[Operations]:
    """The operations of the `serve` that owns this data_dir, or this process's own when none runs."""
    async with connect(config.data_dir) as remote:
        if remote is not None:
            yield remote
            return
    async with open_operations(config) as local:
        yield local
