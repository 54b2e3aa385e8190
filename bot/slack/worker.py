"""Answers what the inbox holds: claims, runs the use case, delivers, closes the row. Nothing ends silently."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.desk.errors import DeskError, Unavailable
from bot.desk.model import Accepted, Answer, Claimed, Desk, Outcome, Question, incident_of
from bot.desk.ports import Answers, Clock, Humans, Inbox, Posts, Stage, Threads
from bot.settings import AnsweringSettings
from bot.slack.client import SlackRefused, SlackUnavailable, slack_errors
from bot.slack.delivery import Delivery, SlackStage, failed
from bot.slack.inbound import Identity
from bot.slack.people import People

log = logging.getLogger(__name__)

FILES_ONLY = "I can't read files yet. Tell me in words what you need, and I'll look in the documents."
TOO_SLOW = "This took too long, so I stopped."
GAVE_UP = "I tried this several times and could not answer it."
STUCK = "I could not get to this in time."


class AnswerQuestion(Protocol):
    def __call__(self, question: Question, desk: Desk, stage: Stage) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class Desks:
    """Which desk a channel belongs to; the first desk has all the others."""

    all: tuple[Desk, ...]

    def of(self, channel: str) -> Desk:
        return next((desk for desk in self.all if channel in desk.channels), self.all[0])

    def named(self, name: str) -> Desk:
        return next((desk for desk in self.all if desk.name == name), self.all[0])


@dataclass(frozen=True, slots=True)
class Work:
    """What the workers work with."""

    inbox: Inbox
    posts: Posts
    answers: Answers
    threads: Threads
    humans: Humans
    answer_question: AnswerQuestion
    desks: Desks
    settings: AnsweringSettings
    clock: Clock


class Workers:
    """At most `settings.workers` questions at once, one a thread. `sole`: no other process works on this inbox."""

    def __init__(self, work: Work, delivery: Delivery, people: People, me: Identity, *, sole: bool = True) -> None:
        self._work = work
        self._delivery = delivery
        self._people = people
        self._me = me
        self._sole = sole
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stages: dict[str, SlackStage] = {}
        self._withdrawn: set[str] = set()
        self._threads: dict[tuple[str, str], asyncio.Lock] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._started = time.monotonic()
        self.tick_s = 5.0  # how often the inbox is looked at without being woken
        self.patience_s = 2 * work.settings.deadline_s + 60  # how old an open question may be

    async def start(self) -> None:
        """Begin to work. What an earlier process had claimed and not finished is taken up at once."""
        if self._sole:
            for item in await self._work.inbox.stuck(self._work.clock()):
                await self._work.inbox.release(item.key)
        self._loops = [asyncio.create_task(self._claim_loop()), asyncio.create_task(self._watch_loop())]

    def wake(self) -> None:
        self._wake.set()

    async def stop(self, drain_s: float = 20.0) -> None:
        """Claim no more, let what runs end within `drain_s` seconds, give the rest back to the inbox."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=drain_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def withdraw(self, key: str) -> None:
        """Its message was deleted: close it if it is open, stop working on it, take back what was begun."""
        if not await self._work.inbox.withdraw(key):
            return
        log.info("%s was withdrawn", key)
        task = self._running.get(key)
        if task is not None:
            self._withdrawn.add(key)
            task.cancel()

    # -- the loops

    async def _claim_loop(self) -> None:
        lease_s = self._work.settings.deadline_s + 60
        while True:
            self._wake.clear()
            free = self._work.settings.workers - len(self._running)
            try:
                claimed = await self._work.inbox.claim(free, lease_s) if free > 0 else []
            except Unavailable as error:
                log.error("the inbox can't be read, trying again: %s", error)
                claimed = []
            for one in claimed:
                task = asyncio.create_task(self._work_on(one), name=f"answer {one.item.key}")
                self._running[one.item.key] = task
            if not claimed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self.tick_s)

    async def _watch_loop(self) -> None:
        while True:
            try:
                await self._report_stuck()
                await self._work.humans.post_pending()
            except DeskError as error:
                log.error("the watchdog will look again: %s", error)
            except Exception:
                log.exception("the watchdog stumbled and will look again")
            await asyncio.sleep(self.tick_s)

    async def _report_stuck(self) -> None:
        """A question that waited for two deadlines, while we had the time to answer it, gets its notice."""
        if time.monotonic() - self._started < self.patience_s:
            return
        for item in await self._work.inbox.stuck(self._work.clock() - timedelta(seconds=self.patience_s)):
            if item.key in self._running:
                continue
            log.error("incident %s: %s is stuck", incident_of(item.key), item.key)
            question = await self._question(item)
            stage = await self._stage(question, again=True)
            await self._deliver(stage, failed(incident_of(item.key), STUCK))
            await self._work.inbox.finish(item.key, Outcome.FAILED)

    # -- one question

    async def _work_on(self, claimed: Claimed) -> None:
        key = claimed.item.key
        try:
            async with self._thread(claimed.item):
                outcome = await self._answer(claimed)
            await self._work.inbox.finish(key, outcome)
            log.info("%s ended: %s", key, outcome.value)
        except asyncio.CancelledError:
            await self._cancelled(key)
        except SlackUnavailable as error:
            log.warning("Slack can't be reached for %s, trying again: %s", key, error)
            await self._later(claimed)
        except Exception:
            log.exception("incident %s: attempt %d at %s failed", claimed.incident, claimed.attempt, key)
            await self._later(claimed)
        finally:
            self._running.pop(key, None)
            self._stages.pop(key, None)
            self._wake.set()

    def _thread(self, item: Accepted) -> asyncio.Lock:
        if len(self._threads) > 1_000:
            self._threads = {place: lock for place, lock in self._threads.items() if lock.locked()}
        return self._threads.setdefault((item.channel, item.thread_ts or item.ts), asyncio.Lock())

    async def _cancelled(self, key: str) -> None:
        stage = self._stages.get(key)
        if key in self._withdrawn:
            self._withdrawn.discard(key)
            if stage is not None:
                await stage.withdraw()
            return
        with suppress(Unavailable):
            await self._work.inbox.release(key)

    async def _later(self, claimed: Claimed) -> None:
        """Back to the queue after a pause that grows. A store that is down keeps the lease, which ends by itself."""
        try:
            await asyncio.sleep(min(0.5 * 2**claimed.attempt, 30))
        finally:
            with suppress(Unavailable):
                await self._work.inbox.release(claimed.item.key)

    async def _answer(self, claimed: Claimed) -> Outcome:
        item, again = claimed.item, claimed.attempt > 1
        posted = await self._work.posts.of(item.key) if again else None
        question = await self._question(item)
        if posted is not None and posted.final:
            stored = await self._work.answers.get(item.key)
            return await self._concluded(question, stored.outcome if stored else Outcome.FAILED)
        if item.thread_ts and (await self._work.threads.state(item.team, item.channel, item.thread_ts)).quiet:
            await self._keep_quiet(item)
            return Outcome.ESCALATED
        desk = self._work.desks.of(item.channel)
        await self._work.threads.join(item.team, item.channel, question.thread_ts, desk.name)
        stage = await self._stage(question, again=again)
        answer = await self._made(claimed, question, desk, stage)
        await self._deliver(stage, answer)
        return await self._concluded(question, answer.outcome)

    async def _concluded(self, question: Question, outcome: Outcome) -> Outcome:
        if outcome is Outcome.ESCALATED:
            place, asker = question.place, question.asker.user_id
            await self._work.humans.call(place.team, place.channel, question.thread_ts, asker, question.key)
        return outcome

    async def _made(self, claimed: Claimed, question: Question, desk: Desk, stage: SlackStage) -> Answer:
        """The answer: the one that an earlier run stored, or a new one; stored before it is shown."""
        stored = await self._work.answers.get(question.key) if claimed.attempt > 1 else None
        if stored is not None and stored.outcome is not Outcome.FAILED:
            return Answer(outcome=stored.outcome, text=stored.text, citations=stored.citations)
        answer = await self._notice(claimed, question)
        if answer is None:
            try:
                async with asyncio.timeout(self._work.settings.deadline_s):
                    return await self._work.answer_question(question, desk, stage)
            except TimeoutError:
                log.error("incident %s: %s was not answered within its deadline", claimed.incident, question.key)
                answer = failed(claimed.incident, TOO_SLOW)
        with suppress(Unavailable):
            await self._work.answers.save(question, desk.name, answer)
        return answer

    async def _notice(self, claimed: Claimed, question: Question) -> Answer | None:
        """What needs no search: giving up, and a message that is nothing but files."""
        if claimed.attempt > self._work.settings.max_attempts:
            log.error("incident %s: gave up on %s", claimed.incident, question.key)
            return failed(claimed.incident, GAVE_UP)
        if not question.text and await self._has_files(claimed.item):
            return Answer(outcome=Outcome.ASKED, text=FILES_ONLY)
        return None

    async def _deliver(self, stage: SlackStage, answer: Answer) -> None:
        """Show it. Where Slack will never take it (archived, removed), the log has it and the row still closes."""
        try:
            await stage.finish(answer)
        except SlackRefused as error:
            log.error("an answer can't be shown (%s); its outcome is kept: %s", error.code, answer.outcome.value)

    async def _stage(self, question: Question, *, again: bool) -> SlackStage:
        earlier = await self._work.posts.of(question.key) if again else None
        stage = self._delivery.stage(question, self._me, earlier)
        self._stages[question.key] = stage
        await stage.resume()
        return stage

    async def _question(self, item: Accepted) -> Question:
        asker, place = await asyncio.gather(self._people.person(item.user, item.team), self._people.place(item))
        return Question(item.key, item.text, asker, place, item.ts, item.received_at)

    async def _has_files(self, item: Accepted) -> bool:
        """Whether the message came with files. An app_mention does not say, so the message is read again."""
        if item.payload.get("files") or item.payload.get("type") != "app_mention":
            return bool(item.payload.get("files"))
        try:
            with slack_errors():
                response = await self._delivery.clients.web.conversations_replies(
                    channel=item.channel, ts=item.thread_ts or item.ts, oldest=item.ts, inclusive=True, limit=5
                )
        except (SlackRefused, SlackUnavailable):
            return False
        messages: Sequence[Mapping[str, object]] = response.get("messages") or []
        return any(one.get("ts") == item.ts and one.get("files") for one in messages)

    async def _keep_quiet(self, item: Accepted) -> None:
        """A human has the thread. Whoever addressed the bot there is told so, and only they see it."""
        try:
            with slack_errors():
                await self._delivery.clients.poster.chat_postEphemeral(
                    channel=item.channel,
                    user=item.user,
                    thread_ts=item.thread_ts,
                    text="A colleague has this thread, so I keep quiet here until it is resolved.",
                )
        except (SlackRefused, SlackUnavailable) as error:
            log.info("no note to %s: %s", item.user, error)
