"""Questions that a shortcut asked about a message: answered to whoever asked and to nobody else.

With the rights of the asker: what they may read, and their own orders, never those of whoever wrote the message. The
answer is an ephemeral message where theirs is; where Slack shows none, a direct message. An ephemeral message is in no
history: killed in the moment after Slack took it, the asker sees it twice, which is better than not at all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Protocol

from bot.desk.courtesy import wants_human
from bot.desk.model import Accepted, Answer, Claimed, Desk, Outcome, Place, Question, Turn
from bot.desk.ports import Answers, Posts, Stage
from bot.settings import AnsweringSettings
from bot.slack.asked_privately import AboutMessage
from bot.slack.attached import AttachedFiles
from bot.slack.blocks import Message
from bot.slack.client import SlackClients, SlackRefused
from bot.slack.inbound import Identity
from bot.slack.people import People
from bot.slack.plainer import in_some_form
from bot.slack.private_blocks import closing, private_forms
from bot.slack.private_note import PrivateNote
from bot.slack.stored_answers import StoredAnswers
from bot.slack.thread_reading import said_before
from bot.slack.unanswered import TOO_SLOW, failed
from bot.slack.unseen import Unseen

log = logging.getLogger(__name__)

WANTS_HUMAN = "This message asks for a human. To fetch one, mention me in its thread and ask for one."


class AnswerQuestion(Protocol):
    def __call__(self, question: Question, desk: Desk, stage: Stage) -> Awaitable[Answer]: ...


class PrivateAsks:
    """One at a time, by a worker."""

    def __init__(
        self,
        answer_question: AnswerQuestion,
        answers: Answers,
        posts: Posts,
        attached: AttachedFiles,
        settings: AnsweringSettings,
        clients: SlackClients,
        people: People,
        me: Identity,
    ) -> None:
        self._answer_question = answer_question
        self._answers = answers
        self._posts = posts
        self._attached = attached
        self._settings = settings
        self._clients = clients
        self._people = people
        self._me = me
        self._note = PrivateNote(clients, posts)
        self._stored = StoredAnswers(answers, people)

    async def answer(self, claimed: Claimed, desk: Desk, notice: Answer | None) -> Outcome:
        """How it ended; a `notice` is shown in place of an answer. Raises Unavailable and what is to be tried again."""
        item = claimed.item
        posted = await self._posts.of(item.key) if claimed.attempt > 1 else None
        if posted is not None and posted.final:
            stored = await self._answers.get(item.key)
            return stored.outcome if stored else Outcome.FAILED
        question = await self._question(item)
        kept = await self._stored.of(question) if claimed.attempt > 1 else None
        made = kept or notice or await self._made(claimed, question, desk)
        return await self._show(question, made, AboutMessage.of(item))

    async def give_up(self, item: Accepted, incident: str, what: str) -> None:
        """The notice of a question that nobody got to."""
        await self._show(await self._question(item), failed(incident, what, humans=False), AboutMessage.of(item))

    async def _question(self, item: Accepted) -> Question:
        about = AboutMessage.of(item)
        person = await self._people.person(item.user, item.team)
        place = Place(item.team, about.channel, "dm", about.thread_ts)  # as private as a direct message
        return Question(item.key, item.text, person, place, about.ts, item.received_at)

    async def _made(self, claimed: Claimed, question: Question, desk: Desk) -> Answer:
        if wants_human(question.text):
            return Answer(Outcome.ASKED, WANTS_HUMAN)
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                files = await self._attached.listed(claimed.item)
                told = replace(
                    question,
                    before=await self._said_before(AboutMessage.of(claimed.item)),
                    attachments=await self._attached.read(files) if files else (),
                )
                return await self._answer_question(told, desk, Unseen())
        except TimeoutError:
            log.error("incident %s: %s was not answered within its deadline", claimed.incident, question.key)
            return failed(claimed.incident, TOO_SLOW, humans=False)

    async def _said_before(self, about: AboutMessage) -> tuple[Turn, ...]:
        if about.in_thread is None:
            return ()
        return await said_before(self._clients, self._me, about.channel, about.in_thread, about.ts)

    async def _show(self, question: Question, answer: Answer, about: AboutMessage) -> Outcome:
        await self._posts.started(question.key, about.channel, "message")
        try:
            ts = await self._whisper(question, answer, about)
        except SlackRefused as error:
            if error.passing:
                raise
            log.info("no ephemeral message for %s (%s); it goes by direct message", question.key, error.code)
            private = replace(answer, private=answer.text)
            if not await self._note.send(question, private, closing(answer, question.key)):
                return Outcome.FAILED
            ts = ""
        await self._posts.posted(question.key, ts, final=True)
        return answer.outcome

    async def _whisper(self, question: Question, answer: Answer, about: AboutMessage) -> str:
        """The ts of the last part. A form that Slack refuses goes on in a plainer one."""
        channel, user = about.channel, question.asker.user_id
        shown: list[str] = []

        async def whisper(messages: Sequence[Message]) -> str:
            for one in messages[len(shown) :]:
                shown.append(await self._clients.whisper(channel, user, one.text, one.blocks, about.in_thread))
            return shown[-1]

        return await in_some_form(question.key, private_forms(answer, question.key, about), whisper)
