"""How a question is answered: every stage, in order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.desk.abstention import abstain, hand_over
from bot.desk.audience import readable_in
from bot.desk.conversation import fit, standalone
from bot.desk.courtesy import courtesy, wants_human
from bot.desk.errors import DeskError, ModelRefused, ModelUnavailable, StoreUnavailable
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
from bot.desk.ports import Answers, Clock, Conversations, Engine, Prompts, Stage
from bot.desk.showing import Shown
from bot.desk.timing import Timer
from bot.settings import AnsweringSettings

log = logging.getLogger(__name__)

MODEL_DOWN = "I quote the documents because the model can't be reached right now."
CUT_SHORT = "This answer was cut short: the model stopped before it was finished. Ask again for the rest."


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
    ) -> None:
        self._engine = engine
        self._prompts = prompts
        self._conversations = conversations
        self._answers = answers
        self._settings = settings
        self._clock = clock

    async def __call__(self, question: Question, desk: Desk, stage: Stage) -> Answer:
        """The answer as stored. Outcome.ESCALATED means that the asker wants a human: the caller fetches one."""
        timer = Timer()
        try:
            answer = await self._answer(question, desk, stage, timer)
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

    async def _answer(self, question: Question, desk: Desk, stage: Stage, timer: Timer) -> Answer:
        with timer.stage("conversation"):
            said = await self._conversations.turns(question)
            turns = fit(said, self._settings.history_turns, self._settings.history_chars)
        if reply := courtesy(question.text, self._settings.max_question_chars, turns):
            return Answer(Outcome.ASKED, reply)
        if wants_human(question.text):
            return hand_over(desk)
        searched = standalone(question.text, turns)
        prompt = self._prompts.live(desk.prompt)
        await timer.waiting("show", stage.progress("Searching the documents"))
        with timer.stage("retrieve"):
            found = await self._engine.retrieve(searched, sources=desk.sources, audience=readable_in(question.place))
        timer.add("search", found.search_ms)
        if not found.passages:
            return abstain(desk, searched, found, prompt.ref, now=self._clock())
        await timer.waiting("show", stage.progress(_reading(found)))
        return await self._write(question, desk, stage, timer, _Work(searched, turns, found, prompt))

    async def _write(self, question: Question, desk: Desk, stage: Stage, timer: Timer, work: "_Work") -> Answer:
        """Draft, check and show sentence by sentence; without the model, quote."""
        shown = Shown(question, stage, timer, list(work.found.passages))
        passages = work.found.passages
        try:
            end = await shown.play(self._engine.write(question.text, passages, work.prompt, work.turns))
        except ModelUnavailable as error:
            log.error("%s: %s", question.key, error)
            end = DraftEnd(model="", complete=False)
        except ModelRefused as error:
            log.warning("%s: %s", question.key, error)
            return abstain(desk, work.searched, work.found, work.prompt.ref, error.public, self._clock())
        if not end.complete and shown.empty:
            quoted = await shown.play(self._engine.quote(question.text, passages, work.turns))
            end = replace(end, model=quoted.model, notice=MODEL_DOWN)
        elif not end.complete:
            end = replace(end, notice=CUT_SHORT)
        return await self._concluded(desk, shown, work, end)

    async def _concluded(self, desk: Desk, shown: "Shown", work: "_Work", end: DraftEnd) -> Answer:
        """With a source it is an answer; without one a question back, or an abstention."""
        await shown.finish(only_questions=shown.empty)
        text = "".join(sentence.text for sentence in shown.sentences).strip()
        if shown.numbering.citations:
            outcome = Outcome.ANSWERED
        elif text:
            outcome = Outcome.ASKED
        else:
            missing = abstain(desk, work.searched, work.found, work.prompt.ref, now=self._clock())
            outcome, text = missing.outcome, missing.text
        return Answer(
            outcome,
            text,
            sentences=tuple(shown.sentences),
            citations=tuple(shown.numbering.citations),
            passages=tuple(shown.passages),
            nearest=() if shown.numbering.citations else work.found.passages,
            notice=end.notice if text and outcome is Outcome.ANSWERED else "",
            prompt=work.prompt.ref,
            model=end.model or None,
            index_version=work.found.index_version,
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
    found: Retrieval
    prompt: Prompt


def _failed(question: Question, public: str) -> Answer:
    incident = incident_of(question.key)
    text = f"{public} Your question is kept. Please try again in a few minutes, or quote {incident} to a human."
    return Answer(Outcome.FAILED, text, incident=incident)


def _reading(found: Retrieval) -> str:
    documents = len({passage.document_id for passage in found.passages})
    return f"Reading {documents} documents" if documents > 1 else "Reading a document"
