"""How an answer is written: a draft, checked and shown sentence by sentence, once more where it does not hold; without
the model, quotes."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.desk.abstention import abstain
from bot.desk.attachments import NOT_SEEN
from bot.desk.budget import Budget
from bot.desk.commitments import NOT_SHOWN
from bot.desk.errors import BudgetSpent, ModelRefused, ModelUnavailable
from bot.desk.interpreting import Interpreting
from bot.desk.model import Answer, Desk, DraftEnd, Outcome, Prompt, Question, Retrieval, Turn
from bot.desk.older_versions import older_notice
from bot.desk.orders import Enquiry
from bot.desk.ports import Clock, Engine, Stage
from bot.desk.showing import Shown
from bot.desk.timing import Timer

log = logging.getLogger(__name__)

MODEL_DOWN = "I quote the documents because the model can't be reached right now."
OVER_BUDGET = "I quote the documents because today's budget for the model is used up."
CUT_SHORT = "This answer was cut short: the model stopped before it was finished. Ask again for the rest."
NOTHING_SEARCHED = Retrieval((), (), 0)

_WRITING = 0.75  # the share of an answer's deadline by which a repair has ended; it begins in the first half of that


@dataclass(frozen=True, slots=True)
class Work:
    """What is known when writing begins."""

    searched: str
    turns: Sequence[Turn]
    prompt: Prompt
    interpreting: Interpreting
    interpreted: bool = False  # `searched` is what a model made of the message, in English
    vague: bool = False  # it names nothing that could be looked up
    foreign: bool = False  # the message does not read like English
    language: str = ""  # to answer in; "": the question's
    found: Retrieval = NOTHING_SEARCHED
    enquiry: Enquiry | None = None  # None: the desk knows nothing of orders

    @property
    def answer_in(self) -> str:
        """A word to the writer, whose passages are all in English."""
        foreign = self.language not in ("", "English") and self.prompt.rules.language is not None
        return f"Answer in {self.language}." if foreign else ""


class Writing:
    """Writes what is known of a question as an answer on a stage. Raises StoreUnavailable and what the stage raises."""

    def __init__(self, engine: Engine, budget: Budget | None, deadline_s: float, clock: Clock) -> None:
        self._engine = engine
        self._budget = budget
        self._deadline_s = deadline_s
        self._clock = clock

    async def __call__(self, question: Question, desk: Desk, stage: Stage, timer: Timer, work: Work) -> Answer:
        known = [*(work.enquiry.passages if work.enquiry else ()), *work.found.passages]
        held = work.prompt.rules.whole
        shown = Shown(question, stage, timer, known, work.prompt, language=work.language, held=held)
        if work.enquiry:
            shown.refuses, shown.held = work.enquiry.promises, shown.held or work.enquiry.holds
        try:
            end = await self._drafted(question, shown, work)
        except ModelRefused as error:
            log.warning("%s: %s", question.key, error)
            return abstain(desk, work.searched, work.found, work.prompt.ref, error.public, self._clock())
        answer = await self._concluded(desk, shown, work, end)
        if work.enquiry is None or not shown.refused:
            return answer
        # It promised again, or after sentences that people have read.
        asks = work.enquiry.asks
        if not shown.sentences:
            return replace(answer, outcome=Outcome.ASKED, text=asks, citations=(), nearest=(), notice="")
        return replace(answer, text=f"{answer.text}\n\n{asks}")

    async def _drafted(self, question: Question, shown: Shown, work: Work) -> DraftEnd:
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
        asked, turns = (work.searched, ()) if work.interpreted else (question.text, work.turns)
        told = question.attachments
        quoted = await shown.play(self._engine.quote(asked, tuple(shown.passages), turns, attachments=told))
        unseen = NOT_SEEN if question.pictures else ""
        return replace(end, model=quoted.model, notice=" ".join(filter(None, (notice, unseen))))

    async def _repaired(self, question: Question, shown: Shown, work: Work, end: DraftEnd) -> DraftEnd:
        """What did not hold is written once more, if a model wrote it and there is time; then it is cut. An answer
        whose core falls twice is none."""
        if end.usage is None or shown.refused:
            return end  # without a model nothing is written anew: a quote that falls takes no other with it
        left = self._deadline_s * _WRITING - shown.timer.report()["total"] / 1000
        in_time = end.complete and not end.notice and left > self._deadline_s * _WRITING / 2
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

    async def _written(self, question: Question, shown: Shown, work: Work, note: str = "") -> DraftEnd:
        draft = self._engine.write(
            question.text,
            tuple(shown.passages),
            work.prompt,
            work.turns,
            orders=work.enquiry.tools if work.enquiry else None,
            note=" ".join(filter(None, (work.answer_in, note))),
            attachments=question.attachments,
        )
        return await shown.play(draft)

    async def _concluded(self, desk: Desk, shown: Shown, work: Work, end: DraftEnd) -> Answer:
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
        # That nobody looked at the pictures is told whatever came of it.
        told = end.notice if outcome is Outcome.ANSWERED or shown.question.pictures else ""
        return Answer(
            outcome,
            text,
            sentences=tuple(shown.sentences),
            citations=tuple(shown.numbering.citations),
            passages=(*shown.passages, *compared),
            nearest=() if shown.numbering.citations else work.found.passages,
            notice=" ".join(filter(None, (versions, told))),
            prompt=work.prompt.ref,
            model=end.model or None,
            index_version=work.found.index_version or None,
            usage=end.usage,
            cost_usd=end.cost_usd,
            searched=work.searched,
            # What was not shown may quote a file, and of files nothing is stored.
            rejected=() if shown.question.attachments else tuple(shown.rejected),
        )
