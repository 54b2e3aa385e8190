"""The same cases on rungs that each add something: which is the lowest that does, and what each step up bought.

A rung whose answers come from passages has them checked as ever. The model with its prompt alone has none: what it
states without a source, and figures that no document has, are counted there instead of cut.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.bootstrap import Bot, build_bot
from bot.desk.audience import EVERYONE, PUBLIC
from bot.desk.errors import DeskError, ModelRefused
from bot.desk.figures import Stated, stated
from bot.desk.grounding import may_go_uncited
from bot.desk.model import Answer, Desk, DraftEnd, DraftSentence, Outcome, Passage, Prompt, Retrieval
from bot.engine.claude import count_input
from bot.engine.postprocessors import JoinedNeighbours
from bot.engine.query_engine import DocumentEngine
from bot.engine.retriever import node_of, passage_of
from bot.engine.synthesizer import Model
from bot.settings import AnsweringSettings
from ingest.index import SearchIndex
from ingest.schedule import utc_now
from ops.composition import LocalOperations
from ops.config import Config
from ops.evaluation.figures import Figures, Part, PartReport, Zeros, judged_on, parts_of, zeros_of
from ops.evaluation.golden import GoldenCase
from ops.evaluation.run import (
    AT_ONCE,
    Answering,
    OnDone,
    Selection,
    answering_of,
    answers,
    golden_of,
    model_of,
    opened,
    selected,
)
from ops.evaluation.success import Success, read_success
from ops.operations import OnStep
from ops.reports import PromptReport, Report

NO_KEY = "not measured: ANTHROPIC_API_KEY is not set"
NO_ORDERS = "not measured: this desk looks up no orders"
MOST_PASSAGES = 4096  # that one search gives
CONTEXT = 200_000  # tokens, of a model that does not say what it takes
_OFFER = re.compile(r"\b(?:human|agent|person|colleague|someone|somebody|connect)\b", re.IGNORECASE)
COMPARED = ("outcome_accuracy", "facts_present", "citation_precision", "abstention_recall")


class RungReport(Report):
    """`said`: why it was not measured, or what is to be known of it. `bought`: its measures minus those of the rung
    `over`, on the part that the criterion is held against."""

    name: str
    said: str = ""
    parts: Mapping[Part, PartReport] = {}
    zeros: Zeros | None = None
    unmet: tuple[str, ...] | None = None  # of the criterion; None: not measured, or none is written
    over: str = ""  # the rung to which this one adds one thing
    bought: Mapping[str, float | None] = {}

    @property
    def figures(self) -> Figures | None:
        return judged_on(self.parts) if self.parts else None


class LadderReport(Report):
    desk: str
    prompt: PromptReport
    model: str | None
    success: Success | None
    rungs: tuple[RungReport, ...]
    lowest: str | None  # the first rung that meets the criterion


class WholeShelf(DocumentEngine):
    """An engine that searches nothing: the writer gets every document that the audience may read."""

    def __init__(self, index: SearchIndex, writer: Model | None, settings: AnsweringSettings) -> None:
        super().__init__(index, writer, settings)
        self._index = index

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        hits = await asyncio.to_thread(
            self._index.search, "documents", sources=sources, audience=audience, limit=MOST_PASSAGES
        )
        hits.sort(key=lambda hit: (hit.payload.source, hit.payload.document_id, hit.payload.position))
        nodes = JoinedNeighbours(limit=10**9).postprocess_nodes([node_of(hit) for hit in hits])
        return Retrieval(tuple(map(passage_of, nodes)), (), self._index.version())


@dataclass(frozen=True, slots=True)
class Bench:
    """What the rungs are built from. `bot` has the model where there is a key, `quoting` has none."""

    config: Config
    local: LocalOperations
    desk: Desk
    prompt: Prompt
    quoting: Bot

    @property
    def bot(self) -> Bot:
        return self.local.bot

    @property
    def shelf(self) -> WholeShelf:
        return WholeShelf(self.local.knowledge.search, self.bot.writer, self.config.bot.answering)

    async def documents(self) -> tuple[Passage, ...]:
        return (await self.shelf.retrieve("", sources=self.desk.sources, audience=(PUBLIC, EVERYONE))).passages


@dataclass(frozen=True, slots=True)
class Ready:
    """A rung that can be measured."""

    answering: Answering
    quick: bool = False  # no model writes: one answer at a time is fastest
    corpus: Stated | None = None  # of answers that have no passages
    said: str = ""


Build = Callable[[Bench], Awaitable[Ready | str]]


async def _prompt_alone(bench: Bench) -> Ready | str:
    writer = bench.bot.writer
    if writer is None:
        return NO_KEY

    async def answer(case: GoldenCase) -> Answer:
        turns = [turn.turn() for turn in case.conversation]
        sentences: list[DraftSentence] = []
        end = DraftEnd(model="")
        try:
            async with aclosing(writer.write(case.question, (), bench.prompt, turns)) as draft:
                async for piece in draft:
                    if isinstance(piece, DraftSentence):
                        sentences.append(piece)
                    elif isinstance(piece, DraftEnd):
                        end = piece
        except ModelRefused as error:
            return Answer(Outcome.ABSTAINED, error.public, model=bench.bot.settings.model.name)
        except DeskError as error:
            return Answer(Outcome.FAILED, str(error), model=bench.bot.settings.model.name)
        return _unchecked(sentences, end)

    documents = "\n".join(f"{one.title}\n{one.section}\n{one.text}" for one in await bench.documents())
    return Ready(answer, corpus=stated(documents), said="nothing is checked or cut on this rung")


def _unchecked(sentences: Sequence[DraftSentence], end: DraftEnd) -> Answer:
    """What the model said as it said it: an answer if it states something, else a question back, else an abstention."""
    if any(not may_go_uncited(one.text) for one in sentences):
        outcome = Outcome.ANSWERED
    elif any(one.text.rstrip().endswith("?") and not _OFFER.search(one.text) for one in sentences):
        outcome = Outcome.ASKED
    else:
        outcome = Outcome.ABSTAINED
    text = "".join(one.text for one in sentences).strip()
    return Answer(outcome, text, tuple(sentences), model=end.model, usage=end.usage, cost_usd=end.cost_usd)


async def _all_documents(bench: Bench) -> Ready | str:
    if bench.bot.writer is None:
        return NO_KEY
    settings, passages = bench.bot.settings.model, await bench.documents()
    if len(passages) >= MOST_PASSAGES:
        return f"not measured: the documents do not fit: they are more than {MOST_PASSAGES} passages"
    try:
        tokens, most = await count_input(settings, passages, bench.prompt)
    except DeskError as error:
        return f"not measured: {error}"
    said = f"{tokens} tokens of prompt and documents, {most or CONTEXT} fit"
    if tokens + settings.max_tokens > (most or CONTEXT):
        return f"not measured: the documents do not fit: {said}"
    bot = replace(bench.bot, engine=bench.shelf, interpreter=None)  # which is for a search, and here is none
    return Ready(answering_of(bot, replace(bench.desk, orders=False)), said=said)


async def _rag_quoted(bench: Bench) -> Ready | str:
    return Ready(answering_of(bench.quoting, replace(bench.desk, orders=False)), quick=True)


async def _rag(bench: Bench) -> Ready | str:
    if bench.bot.writer is None:
        return NO_KEY
    return Ready(answering_of(bench.bot, replace(bench.desk, orders=False)))


async def _tools_quoted(bench: Bench) -> Ready | str:
    return Ready(answering_of(bench.quoting, bench.desk), quick=True) if bench.desk.orders else NO_ORDERS


async def _tools(bench: Bench) -> Ready | str:
    if not bench.desk.orders:
        return NO_ORDERS
    return Ready(answering_of(bench.bot, bench.desk)) if bench.bot.writer else NO_KEY


RUNGS: Mapping[str, Build] = {
    "prompt alone": _prompt_alone,
    "prompt + all documents": _all_documents,
    "RAG, quoted": _rag_quoted,
    "RAG, quoted + tools": _tools_quoted,
    "RAG": _rag,
    "RAG + tools": _tools,
}
# What a rung adds its one thing to; else it is the measured one before it.
BELOW = {"RAG, quoted + tools": "RAG, quoted", "RAG": "RAG, quoted", "RAG + tools": "RAG"}


async def climb(
    config: Config,
    desk_name: str | None,
    selection: Selection,
    on_step: OnStep,
    counter: Callable[[int, str], OnDone],
) -> LadderReport:
    """Every rung that can be measured, from the lowest up. Raises OperationError."""
    async with opened(config, desk_name, on_step) as (local, desk):
        cases = selected(config, desk, selection)
        success = read_success(golden_of(config, desk))
        keyless = config.bot.model.model_copy(update={"api_key": None})
        settings = local.bot.settings.model_copy(update={"model": keyless})
        quoting = build_bot(settings, local.knowledge.search, local.bot.store, utc_now, local.bot.reranker)
        try:
            bench = Bench(config, local, desk, local.bot.prompts.live(desk.prompt), quoting)
            rungs = await _climbed(bench, cases, success, counter)
        finally:
            await quoting.close()
    ref = bench.prompt.ref
    return LadderReport(
        desk=desk.name,
        prompt=PromptReport(name=ref.name, version=ref.version, sha256=ref.sha256),
        model=model_of(local.bot),
        success=success,
        rungs=tuple(rungs),
        lowest=next((one.name for one in rungs if one.unmet == ()), None),
    )


async def _climbed(
    bench: Bench, cases: Sequence[GoldenCase], success: Success | None, counter: Callable[[int, str], OnDone]
) -> list[RungReport]:
    rungs: list[RungReport] = []
    for name, build in RUNGS.items():
        rung = await _measured(name, await build(bench), bench, cases, success, counter)
        lower = (one for one in reversed(rungs) if one.figures and BELOW.get(name) in (None, one.name))
        rungs.append(_compared(rung, next(lower, None)))
    return rungs


def _compared(rung: RungReport, below: RungReport | None) -> RungReport:
    if below is None or below.figures is None or rung.figures is None:
        return rung
    return rung.model_copy(update={"over": below.name, "bought": _bought(below.figures, rung.figures)})


async def _measured(
    name: str,
    ready: Ready | str,
    bench: Bench,
    cases: Sequence[GoldenCase],
    success: Success | None,
    counter: Callable[[int, str], OnDone],
) -> RungReport:
    if isinstance(ready, str):
        return RungReport(name=name, said=ready)
    judged = await answers(
        cases,
        ready.answering,
        at_once=1 if ready.quick else AT_ONCE,
        limit=bench.prompt.rules.max_words,
        on_done=counter(len(cases), f"cases on the rung {name}"),
        corpus=ready.corpus,
    )
    parts, zeros = parts_of(judged), zeros_of(judged)
    unmet = success.unmet(judged_on(parts), zeros) if success else None
    return RungReport(name=name, said=ready.said, parts=parts, zeros=zeros, unmet=unmet)


def _bought(below: Figures, here: Figures) -> dict[str, float | None]:
    shares = {name: _less(getattr(here, name).value, getattr(below, name).value) for name in COMPARED}
    return shares | {
        "latency_p50_ms": _less(here.latency_p50_ms, below.latency_p50_ms),
        "cost_usd_per_answer": _less(here.cost_each, below.cost_each),
    }


def _less(here: float | None, below: float | None) -> float | None:
    return None if here is None or below is None else round(here - below, 6)
