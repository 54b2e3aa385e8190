"""One accepted question: from its row to what Slack shows, whatever an earlier run has done of it."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from bot.desk.errors import DeskError, QuestionEdited, Unavailable
from bot.desk.fault_finding import finds_fault
from bot.desk.handover import CONCLUDED, handover
from bot.desk.human_path import HandoverReason
from bot.desk.model import (
    NOBODY,
    Accepted,
    Answer,
    Claimed,
    Desk,
    Outcome,
    Question,
    ThreadState,
    incident_of,
    is_private,
)
from bot.desk.orders import NOT_SENT, SENT_PRIVATELY
from bot.desk.passing_on import PASSED_ON, only_tells
from bot.desk.ports import Stage
from bot.desk.unasked import worth_saying
from bot.slack.asked_privately import AboutMessage
from bot.slack.attached import read_again
from bot.slack.client import SlackRefused, SlackUnavailable
from bot.slack.delivery import Delivery, SlackStage
from bot.slack.edits import AsAsked
from bot.slack.inbound import Identity
from bot.slack.keeping_quiet import quiet_note
from bot.slack.people import People
from bot.slack.private_asks import PrivateAsks
from bot.slack.private_note import PrivateNote
from bot.slack.stored_answers import StoredAnswers
from bot.slack.thread_reading import said_before, somebody_replied
from bot.slack.unanswered import STUCK, TOO_SLOW, failed, unanswered, unposted
from bot.slack.unseen import Unseen
from bot.slack.work import Work

log = logging.getLogger(__name__)
LOOKED_BACK = 50  # questions of a thread, for those that had no answer


def passes(error: Exception) -> bool:
    """Whether it is an outage: the question stays open however often it was tried."""
    return isinstance(error, Unavailable) or (isinstance(error, SlackRefused) and error.passing)


def _called_by_asker(question: Question) -> HandoverReason:
    return HandoverReason.FEEDBACK if finds_fault(question.text) else HandoverReason.ASKED


class Answering:
    """Answers one question at a time; many may run at once."""

    def __init__(self, work: Work, delivery: Delivery, people: People, me: Identity) -> None:
        self._work = work
        self._delivery = delivery
        self._people = people
        self._me = me
        self._stored = StoredAnswers(work.answers, people)
        self._private = PrivateNote(delivery.clients, work.posts)
        self._asks = PrivateAsks(
            work.answer_question,
            work.answers,
            work.posts,
            work.attached,
            work.settings,
            delivery.clients,
            people,
            me,
        )
        self._stages: dict[str, SlackStage] = {}
        self._began = work.clock()

    async def give_up(self, item: Accepted) -> None:
        """The visible notice of a question that nobody got to; its row is closed. Where nobody waits for an answer
        there is none to be told."""
        incident = incident_of(item.key)
        log.error("incident %s: %s is stuck", incident, item.key)
        try:
            if is_private(item.key):
                await self._asks.give_up(item, incident, STUCK)
            elif not item.unasked:
                desk = self._work.desks.asked(item, ThreadState())
                stage = await self._stage(await self._question(item), desk, again=True)
                await self._deliver(stage, failed(incident, STUCK, humans=desk.has_humans), item)
        except Exception as error:
            if passes(error):
                raise
            log.exception("incident %s: the notice for %s can't be shown", incident, item.key)
        await self._work.inbox.finish(item.key, Outcome.FAILED)

    async def take_back(self, item: Accepted) -> None:
        """It is not answered after all: what was begun goes, that of an earlier run too. Best effort."""
        stage = self._stages.get(item.key)
        try:
            if stage is None:
                posted = await self._work.posts.of(item.key)
                if posted is None or posted.final:
                    return
                stage = self._delivery.stage(await self._question(item), self._me, posted, humans=False)
            await stage.withdraw()
        except DeskError as error:
            log.warning("the begun answer to %s stays: %s", item.key, error)

    def forget(self, key: str) -> None:
        self._stages.pop(key, None)

    async def answer(self, claimed: Claimed) -> Outcome:
        """How it ended. What it raises is to be tried again; beyond max_attempts only an outage is raised."""
        try:
            return await self._answer(claimed)
        except Exception as error:
            if claimed.attempt <= self._work.settings.max_attempts or passes(error):
                raise
            log.exception("incident %s: not even its notice can be shown: %s", claimed.incident, claimed.item.key)
            if isinstance(error, SlackRefused):
                await self._tell_beside(claimed.item)
            return Outcome.FAILED

    async def _answer(self, claimed: Claimed) -> Outcome:
        item, again = claimed.item, claimed.attempt > 1
        if is_private(item.key):
            # Without humans: to call one would tell the whole thread that somebody had asked.
            desk = replace(self._work.desks.of(AboutMessage.of(item).channel), escalation_channel=None)
            return await self._asks.answer(claimed, desk, self._notice(claimed, desk))
        posted = await self._work.posts.of(item.key) if again else None
        question = await self._question(item)
        if posted is not None and posted.final:
            stored = await self._work.answers.get(item.key)
            outcome = stored.outcome if stored else Outcome.FAILED
            return await self._concluded(question, outcome, self._work.desks.asked(item, ThreadState()))
        state = ThreadState()
        if item.thread_ts:
            state = await self._work.threads.state(item.team, item.channel, item.thread_ts)
        if state.quiet:
            if posted is not None:
                await self.take_back(item)
            await self._keep_quiet(item)
            return Outcome.ESCALATED
        # Whoever claims it can't see what was written there.
        passed_on = state.escalation_id and item.kind == "dm" and await self._work.humans.asker_wrote(item)
        desk = self._work.desks.asked(item, state)
        stage = await self._stage(question, desk, again=again)
        if item.received_at < self._began and await self._gone(item):  # deleted while nobody listened
            await stage.withdraw()
            return Outcome.WITHDRAWN
        if passed_on and only_tells(item.text):
            answer = Answer(Outcome.ASKED, PASSED_ON)
            await self._work.answers.save(question, desk.name, answer)
            return await self._concluded(question, await self._deliver(stage, answer, item), desk)
        question, answer = await self._as_it_stands(claimed, question, desk, stage)
        if item.unasked and posted is None and not await self._is_to_be_said(item, answer):
            return await self._leave_unsaid(question, desk, answer)
        if item.thread_ts and (await self._work.threads.state(item.team, item.channel, item.thread_ts)).quiet:
            return await self._leave_to_human(item, question, desk, stage, answer)
        # Now and not first: nobody should wait for it, and a crash before it repeats all of this.
        await self._work.threads.join(item.team, item.channel, question.thread_ts, desk.name)
        theirs = answer.private and answer.outcome is not Outcome.ESCALATED  # that is for the brief
        if theirs and not await self._private.send(question, answer):
            answer = replace(answer, text=answer.text.replace(SENT_PRIVATELY, NOT_SENT))
        return await self._concluded(question, await self._deliver(stage, answer, item), desk)

    async def _is_to_be_said(self, item: Accepted, answer: Answer) -> bool:
        """Of an answer to what nobody had put to the desk. Where a person was faster it would only talk in between."""
        sure, in_thread = self._work.settings.unasked_similarity, item.thread_ts is not None
        worth = worth_saying(answer, sure, in_thread=in_thread)
        if worth and not await somebody_replied(self._delivery.clients, self._me, item):
            return True
        return not await self._work.inbox.unasked(item.key)  # by now somebody may have, by an edit

    async def _leave_unsaid(self, question: Question, desk: Desk, answer: Answer) -> Outcome:
        """Nobody asked the desk, and it is not sure: it says nothing, and the inbox has how it ended. Without a text,
        so that no later answer in the thread takes it for something that was said."""
        said = (Outcome.ANSWERED, Outcome.ESCALATED)
        outcome = Outcome.ABSTAINED if answer.outcome in said else answer.outcome
        await self._work.answers.save(question, desk.name, replace(answer, outcome=outcome, text=""))
        return outcome

    async def _leave_to_human(
        self, item: Accepted, question: Question, desk: Desk, stage: SlackStage, answer: Answer
    ) -> Outcome:
        """A human took the thread while the answer was made. It is kept without a text, as what was left unsaid is."""
        await self._work.answers.save(question, desk.name, replace(answer, outcome=Outcome.ESCALATED, text=""))
        await stage.withdraw()
        await self._keep_quiet(item)
        return Outcome.ESCALATED

    async def _concluded(self, question: Question, outcome: Outcome, desk: Desk) -> Outcome:
        """After it was shown a human is called, where the asker or the desk's policy wants one; and it waits for
        triage, which may call one yet."""
        theirs = outcome is Outcome.ESCALATED
        reason = _called_by_asker(question) if theirs else await self._policy(question, outcome, desk)
        if reason is not None:
            thread = question.place.team, question.place.channel, question.thread_ts
            await self._work.humans.call(*thread, question.asker.user_id, question.key, reason, once=True)
        if desk.triage and outcome in CONCLUDED and question.asker.user_id:
            await self._work.triages.want(question.key)
        return outcome

    async def _policy(self, question: Question, outcome: Outcome, desk: Desk) -> HandoverReason | None:
        if not desk.has_humans or not question.asker.user_id:  # nobody to call, or a bot asks
            return None
        others = await self._work.answers.outcomes(question, LOOKED_BACK if desk.handover.abstentions > 1 else 0)
        return handover(question.text, [outcome, *others], desk.handover)

    async def _as_it_stands(
        self, claimed: Claimed, question: Question, desk: Desk, stage: SlackStage
    ) -> tuple[Question, Answer]:
        """Made anew as often as the message is edited before anything is shown: edits count for some seconds only."""
        while True:
            try:
                shown: Stage = Unseen() if claimed.item.unasked else stage
                asked = AsAsked(shown, self._work.inbox, question)
                answer = await self._made(claimed, question, desk, stage, asked)
                await asked.check()
                return question, answer
            except QuestionEdited as edited:
                log.info("%s was edited and is answered anew", question.key)
                question = replace(question, text=edited.text)

    async def _made(self, claimed: Claimed, question: Question, desk: Desk, stage: SlackStage, asked: Stage) -> Answer:
        """The answer: the one that an earlier run stored, or a new one; stored before it is shown."""
        item = claimed.item
        # Of an unasked question's answer it is not stored how sure it is.
        stored = await self._stored.of(question) if claimed.attempt > 1 and not item.unasked else None
        if stored is not None:
            return stored
        answer = self._notice(claimed, desk)
        if answer is None:
            try:
                async with asyncio.timeout(self._work.settings.deadline_s):
                    question = await self._with_thread(item, question)
                    told = await self._with_files(item, question, asked)
                    made = await self._work.answer_question(told, desk, asked)
                answer = stage.with_shown(made)
                if answer is made:
                    return answer
            except TimeoutError:
                log.error("incident %s: %s was not answered within its deadline", claimed.incident, question.key)
                answer = stage.with_shown(failed(claimed.incident, TOO_SLOW, humans=desk.has_humans))
        with suppress(Unavailable):
            await self._work.answers.save(question, desk.name, answer)
        return answer

    async def _with_thread(self, item: Accepted, question: Question) -> Question:
        """Mentioned in a thread of people's, the desk reads what they said: "can you answer this?". What they ask each
        other has to say by itself what it is about: with the thread's words all of it would be near."""
        thread_ts = item.thread_ts
        if thread_ts is None or item.kind == "dm":
            return question
        if item.unasked:
            return replace(question, before=())
        if await self._work.threads.took_part(item.team, item.channel, thread_ts, item.ts):
            return question  # its own record has what was put to it
        said = await said_before(self._delivery.clients, self._me, item.channel, thread_ts, item.ts)
        return replace(question, before=said)

    async def _with_files(self, item: Accepted, question: Question, stage: Stage) -> Question:
        """Read now and not when the question is accepted: an answer that is stored already needs none of it."""
        files = await self._work.attached.listed(item)
        if not files:
            return question
        await stage.progress("Reading a file" if len(files) == 1 else f"Reading {len(files)} files")
        return replace(question, attachments=await self._work.attached.read(files))

    def _notice(self, claimed: Claimed, desk: Desk) -> Answer | None:
        most, paused = self._work.settings.max_attempts, self._work.desks.pause is not None
        notice = unanswered(claimed, desk, paused=paused, most_attempts=most)
        if notice is not None and notice.incident:
            log.error("incident %s: gave up on %s", claimed.incident, claimed.item.key)
        return notice

    async def _deliver(self, stage: SlackStage, answer: Answer, item: Accepted) -> Outcome:
        """Show it. Where Slack will never take it (archived, removed) it has failed, and its asker is told alone."""
        try:
            await stage.finish(answer)
        except SlackRefused as error:
            if error.passing:
                raise
            if error.code == "thread_not_found":  # and we did not hear of it before we heard of the question
                log.info("the message of %s was deleted", item.key)
                return Outcome.WITHDRAWN
            incident = incident_of(item.key)
            log.error("incident %s: Slack does not take the answer to %s (%s)", incident, item.key, error.code)
            await self._tell_beside(item)
            return Outcome.FAILED
        return answer.outcome

    async def _tell_beside(self, item: Accepted) -> None:
        """Its asker alone, that Slack takes no answer there; once. Raises SlackUnavailable."""
        if item.by_bot or item.unasked or item.kind == "dm" or is_private(item.key):
            return  # nobody waits for it, or there is no other way
        await self._private.send(await self._question(item), unposted(incident_of(item.key)))

    async def _stage(self, question: Question, desk: Desk, *, again: bool) -> SlackStage:
        earlier = await self._work.posts.of(question.key) if again else None
        stage = self._delivery.stage(question, self._me, earlier, humans=desk.has_humans)
        self._stages[question.key] = stage
        await stage.resume()
        return stage

    async def _question(self, item: Accepted) -> Question:
        place = await self._people.place(item)
        asker = NOBODY if item.by_bot else await self._people.person(item.user, item.team)
        return Question(item.key, item.text, asker, place, item.ts, item.received_at)

    async def _gone(self, item: Accepted) -> bool:
        """Whether its message was deleted; where Slack does not say, it was not."""
        try:
            message = await read_again(self._delivery.clients, item)
        except SlackRefused as error:
            return error.code == "thread_not_found"
        except SlackUnavailable:
            return False
        return message is None or message.get("subtype") == "tombstone"

    async def _keep_quiet(self, item: Accepted) -> None:
        """A human has the thread. Whoever addressed the bot there is told so, and only they see it."""
        if item.by_bot:
            return
        noted = await self._work.humans.asker_wrote(item)
        if item.unasked:
            return
        note = quiet_note(item, noted=noted)
        try:
            await self._delivery.clients.whisper(item.channel, item.user, note.text, note.blocks, item.thread_ts)
        except (SlackRefused, SlackUnavailable) as error:
            log.info("no note to %s: %s", item.user, error)
