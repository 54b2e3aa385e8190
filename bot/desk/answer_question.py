"""How a question is answered: every stage, in order."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.desk.abstention import abstain, hand_over
from bot.desk.audience import AS_STATED, UNKNOWN_READERS, GuardedStage, Readers
from bot.desk.budget import Budget
from bot.desk.commitments import NOT_SHOWN
from bot.desk.conversation import fit, standalone
from bot.desk.courtesy import courtesy, wants_human
from bot.desk.errors import (
    AudienceNarrowed,
    BudgetSpent,
    DeskError,
    ModelRefused,
    ModelUnavailable,
    StoreUnavailable,
)
from bot.desk.freshness import stale_notice
from bot.desk.model import (
    Answer,
    Desk,
    DraftEnd,
    Outcome,
    Prompt,
    Question,
    Retrieval,
    Turn,
    incident_of,
)
from bot.desk.older_versions import older_notice
from bot.desk.orders import Enquiry, OrderDesk
from bot.desk.ports import Answers, Clock, Conversations, Engine, Prompts, Stage
from bot.desk.showing import Shown
from bot.desk.timing import Timer
from bot.settings import AnsweringSettings

log = logging.getLogger(__name__)

MODEL_DOWN = "I quote the documents because the model can't be reached right now."
OVER_BUDGET = "I quote the documents because today's budget for the model is used up."
CUT_SHORT = "This answer was cut short: the model stopped before it was finished. Ask again for the rest."
NOTHING_SEARCHED = Retrieval((), (), 0)
_TRIES = 3

_WRITING = 0.75  # the share of an answer's deadline by which a repair has ended; it begins in the first half of that


def _now() -> datetime:
    return datetime.now(UTC)


class AnswerQuestion:
    """Answers one question on a stage. Never raises for what goes wrong on the way: that is an outcome too."""

    def __init__(
        self,
        engine: Engine,
        prompts: Prompts,
        conversations: Conversations,
        answers: Answers,
        settings: AnsweringSettings,
        clock: Clock = _now,
        *,
        orders: OrderDesk | None = None,
        budget: Budget | None = None,
        readers: Readers = AS_STATED,
    ) -> None:
        self._engine = engine
        self._prompts = prompts
        self._conversations = conversations
        self._answers = answers
        self._settings = settings
        self._clock = clock
        self._orders = orders
        self._budget = budget
        self._readers = readers

    async def __call__(self, question: Question, desk: Desk, stage: Stage) -> Answer:
        """The answer as stored. Outcome.ESCALATED means that the asker wants a human: the caller fetches one."""
        timer = Timer()
        try:
            answer = await self._for_its_readers(question, desk, stage, timer)
        except DeskError as error:
            log.error("%s: %s", incident_of(question.key), error, exc_info=error)
            answer = _failed(question, error.public)
        except Exception:
            log.exception("%s: the answer failed", incident_of(question.key))
            answer = _failed(question, DeskError.public)
        now = self._clock()
        old = stale_notice(answer.citations or answer.nearest, now)
        notice = " ".join(filter(None, (answer.notice, old)))
        answer = replace(answer, timings_ms=timer.report(), answered_at=now, notice=notice)
        await self._keep(question, desk, answer)
        return answer

    async def _for_its_readers(self, question: Question, desk: Desk, stage: Stage, timer: Timer) -> Answer:
        """Made anew when those who will see it may read less, by the time it is shown, than when it was begun."""
        for _ in range(_TRIES):
            guarded = GuardedStage(stage, self._readers, question)
            try:
                answer = await self._answer(question, desk, guarded, timer)
                await guarded.check()
            except AudienceNarrowed as error:
                log.warning("made anew: %s", error)
                continue
            if guarded.granted is None or guarded.granted.known:
                return answer
            return replace(answer, notice=" ".join(filter(None, (answer.notice, UNKNOWN_READERS))))
        raise AudienceNarrowed(f"{question.key}: not even after {_TRIES} tries")

    async def _answer(self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer) -> Answer:
        with timer.stage("conversation"):
            said = await self._conversations.turns(question)
            turns = fit(said, self._settings.history_turns, self._settings.history_chars)
        reply = courtesy(question.text, self._settings.max_question_chars, turns)
        if reply and not (self._orders and self._orders.is_meant(question.text, desk)):
            return Answer(Outcome.ASKED, reply)
        if wants_human(question.text):
            return hand_over(desk)
        searched = standalone(question.text, turns)
        with timer.stage("orders"):
            follows = searched != question.text.strip()
            enquiry = await self._orders.begin(question, desk, turns, follows=follows) if self._orders else None
        prompt = self._prompts.live(desk.prompt)
        if enquiry is None:
            return await self._searched(question, desk, stage, timer, _Work(searched, turns, prompt))
        if private_or_nothing := enquiry.reply(desk):
            return private_or_nothing
        work = _Work(enquiry.searched or searched, turns, prompt, enquiry=enquiry)
        return enquiry.added(await self._searched(question, desk, stage, timer, work), desk)

    async def _searched(
        self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer, work: "_Work"
    ) -> Answer:
        """What the documents say, and the orders that are known already."""
        await timer.waiting("show", stage.progress("Searching the documents"))
        orders = work.enquiry.passages if work.enquiry else ()
        if work.enquiry and work.enquiry.alone:
            found = NOTHING_SEARCHED
        else:
            found = await self._retrieved(stage, desk, timer, work.searched)
        if found.asks and not orders:
            return Answer(Outcome.ASKED, found.asks)
        if not found.passages and not orders:
            return abstain(desk, work.searched, found, work.prompt.ref, now=self._clock())
        if found.passages:
            await timer.waiting("show", stage.progress(_reading(found)))
        return await self._write(question, desk, stage, timer, replace(work, found=found))

    async def _retrieved(self, stage: GuardedStage, desk: Desk, timer: Timer, searched: str) -> Retrieval:
        with timer.stage("audience"):
            readable = await stage.readable()
        with timer.stage("retrieve"):
            found = await self._engine.retrieve(searched, sources=desk.sources, audience=readable)
        timer.add("search", found.search_ms)
        return found

    async def _write(self, question: Question, desk: Desk, stage: Stage, timer: Timer, work: "_Work") -> Answer:
        """Draft, check and show sentence by sentence; without the model, quote."""
        known = [*(work.enquiry.passages if work.enquiry else ()), *work.found.passages]
        shown = Shown(question, stage, timer, known, work.prompt, held=work.prompt.rules.whole)
        if work.enquiry:
            shown.refuses, shown.held = work.enquiry.promises, shown.held or work.enquiry.holds
        try:
            end = await self._drafted(question, shown, work)
        except ModelRefused as error:
            log.warning("%s: %s", question.key, error)
            return abstain(desk, work.searched, work.found, work.prompt.ref, error.public, self._clock())
        answer = await self._concluded(desk, shown, work, end)
        if not shown.refused:
            return answer
        # It promised again, or after sentences that people have read.
        asks = work.enquiry.asks if work.enquiry else ""
        if not shown.sentences:
            return replace(answer, outcome=Outcome.ASKED, text=asks, citations=(), nearest=(), notice="")
        return replace(answer, text=f"{answer.text}\n\n{asks}")

    async def _drafted(self, question: Question, shown: Shown, work: "_Work") -> DraftEnd:
        """Play the model's draft, once more where it promised what it may not; without the model, quote."""
        notice = MODEL_DOWN
        try:
            if self._budget is not None and await self._budget.spent():
                raise BudgetSpent("today's budget for the model is used up; the documents are quoted")
            end = await self._written(question, shown, work)
            if shown.refused and (shown.held or shown.empty):
                shown.restart()
                end = end.then(await self._written(question, shown, work, NOT_SHOWN))
            else:
                end = await self._repaired(question, shown, work, end)
            if shown.refused and shown.held:
                shown.sentences.clear()
        except ModelUnavailable as error:
            log.error("%s: %s", question.key, error)
            end, notice = DraftEnd(model="", complete=False), OVER_BUDGET if isinstance(error, BudgetSpent) else notice
        if end.complete:
            return end
        if not shown.empty:
            return replace(end, notice=CUT_SHORT)
        shown.restart()
        quoted = await shown.play(self._engine.quote(question.text, tuple(shown.passages), work.turns))
        return replace(end, model=quoted.model, notice=notice)

    async def _repaired(self, question: Question, shown: Shown, work: "_Work", end: DraftEnd) -> DraftEnd:
        """What did not hold is written once more, if a model wrote it and there is time; then it is cut. An answer
        whose core falls twice is none."""
        if end.usage is None or shown.refused:
            return end  # without a model nothing is written anew: a quote that falls takes no other with it
        left = self._settings.deadline_s * _WRITING - shown.timer.report()["total"] / 1000
        in_time = end.complete and not end.notice and left > self._settings.deadline_s * _WRITING / 2
        if in_time and (note := shown.correction()) and not (self._budget is not None and await self._budget.spent()):
            before = shown.put_aside() if shown.held else None
            try:
                async with asyncio.timeout(left):
                    end = end.then(await self._written(question, shown, work, note))
            except (ModelUnavailable, ModelRefused, TimeoutError) as error:
                log.warning("%s: what did not hold is cut, not repaired: %s", question.key, error)
                end = replace(end, complete=not isinstance(error, ModelUnavailable) or not shown.empty or bool(before))
            if before and (shown.fell or not shown.numbering.citations):
                shown.put_back(before)
        if shown.fell:
            shown.restart()
        return end

    async def _written(self, question: Question, shown: Shown, work: "_Work", note: str = "") -> DraftEnd:
        tools = work.enquiry.tools if work.enquiry else None
        passages = tuple(shown.passages)
        return await shown.play(
            self._engine.write(question.text, passages, work.prompt, work.turns, orders=tools, note=note)
        )

    async def _concluded(self, desk: Desk, shown: "Shown", work: "_Work", end: DraftEnd) -> Answer:
        """With a source it is an answer; without one a question back, or an abstention."""
        if not shown.refused:
            await shown.finish(only_questions=shown.empty)
        await shown.release()
        text = "".join(sentence.text for sentence in shown.sentences).strip()
        if shown.numbering.citations:
            outcome = Outcome.ANSWERED
        elif text:
            outcome = Outcome.ASKED
        else:
            missing = abstain(desk, work.searched, work.found, work.prompt.ref, now=self._clock())
            outcome, text = missing.outcome, missing.text
        versions, compared = older_notice(work.searched, shown.sentences, shown.passages, work.found.superseded)
        return Answer(
            outcome,
            text,
            sentences=tuple(shown.sentences),
            citations=tuple(shown.numbering.citations),
            passages=(*shown.passages, *compared),
            nearest=() if shown.numbering.citations else work.found.passages,
            notice=" ".join(filter(None, (versions, end.notice))) if outcome is Outcome.ANSWERED else "",
            prompt=work.prompt.ref,
            model=end.model or None,
            index_version=work.found.index_version or None,
            usage=end.usage,
            cost_usd=end.cost_usd,
            searched=work.searched,
            rejected=tuple(shown.rejected),
        )

    async def _keep(self, question: Question, desk: Desk, answer: Answer) -> None:
        """An answer that can't be stored is given all the same; feedback and Share will not find it."""
        try:
            await self._answers.save(question, desk.name, answer)
        except StoreUnavailable as error:
            log.error("%s: the answer was given and is not stored: %s", question.key, error)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is known when writing begins."""

    searched: str
    turns: Sequence[Turn]
    prompt: Prompt
    found: Retrieval = NOTHING_SEARCHED
    enquiry: Enquiry | None = None  # None: the desk knows nothing of orders


def _failed(question: Question, public: str) -> Answer:
    incident = incident_of(question.key)
    text = f"{public} Your question is kept. Please try again in a few minutes, or quote {incident} to a human."
    return Answer(Outcome.FAILED, text, incident=incident)


def _reading(found: Retrieval) -> str:
    documents = len({passage.document_id for passage in found.passages})
    return f"Reading {documents} documents" if documents > 1 else "Reading a document"
