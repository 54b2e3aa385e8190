"""How a question is answered: every stage, in order."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.desk.abstention import abstain, hand_over
from bot.desk.attachments import NOT_READ, searched_with, to_read, unread, what_about
from bot.desk.audience import AS_STATED, UNKNOWN_READERS, GuardedStage, Readers
from bot.desk.budget import Budget
from bot.desk.conversation import fit, standalone
from bot.desk.courtesy import NOTED, PRESS_FOR_HUMAN, WHICH, asks_how, begun, courtesy, wants_human
from bot.desk.errors import AudienceNarrowed, DeskError, QuestionEdited, StoreUnavailable
from bot.desk.fault_finding import apology, finds_fault, sounds_unhappy
from bot.desk.freshness import stale_notice
from bot.desk.interpreting import Interpreting, asks_for_english
from bot.desk.model import Answer, Desk, Outcome, Question, Retrieval, incident_of
from bot.desk.orders import OrderDesk
from bot.desk.pictures import looked_at
from bot.desk.ports import Answers, Clock, Conversations, Engine, Interpreter, Prompts, Stage
from bot.desk.timing import Timer
from bot.desk.writing import NOTHING_SEARCHED, Work, Writing
from bot.settings import AnsweringSettings

log = logging.getLogger(__name__)

_TRIES = 3


def _now() -> datetime:
    return datetime.now(UTC)


class AnswerQuestion:
    """Answers one question on a stage. Never raises for what goes wrong on the way: that is an outcome too. A stage's
    QuestionEdited is raised on, and nothing is stored."""

    def __init__(
        self,
        engine: Engine,
        prompts: Prompts,
        conversations: Conversations,
        answers: Answers,
        settings: AnsweringSettings,
        clock: Clock = _now,
        *,
        interpreter: Interpreter | None = None,
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
        self._interpreter = interpreter
        self._orders = orders
        self._budget = budget
        self._readers = readers
        self._write = Writing(engine, budget, settings.deadline_s, clock)

    async def __call__(self, question: Question, desk: Desk, stage: Stage) -> Answer:
        """The answer as stored. Outcome.ESCALATED means that the asker wants a human: the caller fetches one."""
        timer = Timer()
        interpreting, looked = Interpreting(self._interpreter, self._budget), None
        try:
            question, looked = await looked_at(question, self._engine, self._budget, timer)
            answer = await self._for_its_readers(question, desk, stage, timer, interpreting)
        except QuestionEdited:
            raise
        except DeskError as error:
            log.error("%s: %s", incident_of(question.key), error, exc_info=error)
            answer = _failed(question, error.public)
        except Exception:
            log.exception("%s: the answer failed", incident_of(question.key))
            answer = _failed(question, DeskError.public)
        answer = interpreting.paid(answer if looked is None else answer.after(looked))
        now = self._clock()
        old = stale_notice(answer.citations or answer.nearest, now)
        notice = " ".join(filter(None, (answer.notice, unread(question.attachments), old)))
        answer = replace(answer, timings_ms=timer.report(), answered_at=now, notice=notice)
        await self._keep(question, desk, answer)
        return answer

    async def _for_its_readers(
        self, question: Question, desk: Desk, stage: Stage, timer: Timer, interpreting: Interpreting
    ) -> Answer:
        """Made anew when those who will see it may read less, by the time it is shown, than when it was begun."""
        for _ in range(_TRIES):
            guarded = GuardedStage(stage, self._readers, question)
            try:
                answer = await self._answer(question, desk, guarded, timer, interpreting)
                await guarded.check()
                answer = replace(answer, readable=guarded.granted.keywords if guarded.granted else None)
            except AudienceNarrowed as error:
                log.warning("made anew: %s", error)
                continue
            if guarded.granted is None or guarded.granted.known:
                return answer
            return replace(answer, notice=" ".join(filter(None, (answer.notice, UNKNOWN_READERS))))
        raise AudienceNarrowed(f"{question.key}: not even after {_TRIES} tries")

    async def _answer(
        self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer, interpreting: Interpreting
    ) -> Answer:
        with timer.stage("conversation"):
            said = question.before if question.before is not None else await self._conversations.turns(question)
            turns = fit(said, self._settings.history_turns, self._settings.history_chars)
        if finds_fault(question.text) and not wants_human(question.text) and not question.attachments:
            answer = apology(desk, turns, in_thread=question.place.thread_ts is not None)
            return await self._for_humans(answer, question, desk)
        reply = courtesy(question.text, self._settings.max_question_chars, turns)
        told = to_read(question, self._settings.max_question_chars)
        if reply == PRESS_FOR_HUMAN and not desk.has_humans:
            return hand_over(desk)
        if reply and not told and not (self._orders and self._orders.is_meant(question.text, desk)):
            return Answer(Outcome.ASKED, NOT_READ if question.attachments and not question.text else reply)
        meant = None if told else await self._engine.meant(question.text)
        if wants_human(question.text) or (meant == "human" and not asks_how(question.text)):
            return await self._for_humans(hand_over(desk), question, desk)
        if meant == "courtesy":
            return apology(desk, (), in_thread=False) if sounds_unhappy(question.text) else Answer(Outcome.ASKED, NOTED)
        work = Work(standalone(question.text, turns), turns, self._prompts.live(desk.prompt), interpreting)
        work = replace(work, vague=meant == "vague" and not begun(turns), foreign=meant == "foreign")
        answer = await self._looked_up(question, desk, stage, timer, work)
        if reply and told and answer.outcome is Outcome.ABSTAINED:
            return replace(answer, outcome=Outcome.ASKED, text=what_about(question.attachments), nearest=())
        return answer

    async def _for_humans(self, answer: Answer, question: Question, desk: Desk) -> Answer:
        if self._orders is None or answer.outcome is not Outcome.ESCALATED:
            return answer
        return replace(answer, private=await self._orders.for_humans(question, desk))

    async def _looked_up(self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer, work: Work) -> Answer:
        """What the orders and the documents say about a message that asks something."""
        with timer.stage("orders"):
            follows = work.searched != question.text.strip()
            enquiry = await self._orders.begin(question, desk, work.turns, follows=follows) if self._orders else None
        if enquiry is None:
            return await self._searched(question, desk, stage, timer, work)
        if private_or_nothing := enquiry.reply(desk):
            return private_or_nothing
        work = replace(work, searched=enquiry.searched or work.searched, enquiry=enquiry)
        return enquiry.added(await self._searched(question, desk, stage, timer, work), desk)

    async def _searched(self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer, work: Work) -> Answer:
        """What the documents say, and the orders that are known already."""
        await timer.waiting("show", stage.progress("Searching the documents"))
        orders = work.enquiry.passages if work.enquiry else ()
        if work.vague and not orders:
            return Answer(Outcome.ASKED, WHICH)
        if work.enquiry and work.enquiry.alone:
            found = NOTHING_SEARCHED
        else:
            work, found = await self._understood(question, desk, stage, timer, work)
        if found.asks and not orders:
            return Answer(Outcome.ASKED, found.asks)
        if not (found.passages or orders or question.pictures):
            return abstain(desk, work.searched, found, work.prompt.ref, now=self._clock())
        if found.passages:
            await timer.waiting("show", stage.progress(_reading(found)))
        return await self._write(question, desk, stage, timer, replace(work, found=found))

    async def _understood(
        self, question: Question, desk: Desk, stage: GuardedStage, timer: Timer, work: Work
    ) -> tuple[Work, Retrieval]:
        """What the message asks, each question of it in words to search for; and what was found for them. What is
        attached joins the search and not `searched`, which is kept and shown."""
        read = await work.interpreting.of(question.text, work.turns, timer, foreign=work.foreign)
        if asks := asks_for_english(read, question.text, foreign=work.foreign):
            return work, replace(NOTHING_SEARCHED, asks=asks)
        bare = map(self._orders.without_numbers, read.questions) if self._orders and work.enquiry else read.questions
        if questions := tuple(filter(None, bare)):
            work = replace(work, searched=" ".join(questions), interpreted=True)
        work = replace(work, language=read.language)
        queries = [searched_with(one, question.attachments) for one in questions or (work.searched,)]
        return work, await self._retrieved(stage, desk, timer, queries)

    async def _retrieved(self, stage: GuardedStage, desk: Desk, timer: Timer, queries: Sequence[str]) -> Retrieval:
        with timer.stage("audience"):
            readable = await stage.readable()
        with timer.stage("retrieve"):
            found = Retrieval.of_several(
                [await self._engine.retrieve(one, sources=desk.sources, audience=readable) for one in queries]
            )
        timer.add("search", found.search_ms)
        return found

    async def _keep(self, question: Question, desk: Desk, answer: Answer) -> None:
        """An answer that can't be stored is given all the same; feedback and Share will not find it."""
        try:
            await self._answers.save(question, desk.name, answer)
        except StoreUnavailable as error:
            log.error("%s: the answer was given and is not stored: %s", question.key, error)


def _failed(question: Question, public: str) -> Answer:
    incident = incident_of(question.key)
    text = f"{public} Your question is kept. Please try again in a few minutes, or quote {incident} to a human."
    return Answer(Outcome.FAILED, text, incident=incident)


def _reading(found: Retrieval) -> str:
    documents = len({passage.document_id for passage in found.passages})
    return f"Reading {documents} documents" if documents > 1 else "Reading a document"
