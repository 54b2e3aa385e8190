"""The workers: claim what the inbox holds, have it answered, close its row. Nothing ends silently."""

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial

from bot.desk.errors import DeskError, Unavailable
from bot.desk.model import Accepted, Claimed, Outcome
from bot.slack.answering import Answering, passes
from bot.slack.client import SlackUnavailable
from bot.slack.metered import first_signs
from bot.slack.throttle import Throttle
from bot.slack.work import Work

log = logging.getLogger(__name__)
_NOTICES, _NOTICE_S = 5, 300.0  # of stuck questions, one after the other, and how long they are kept for that
_AT_A_TIME = 8  # questions a claim: what begins at once would hold up the acks of what comes meanwhile
_PAUSE_S = 0.5  # before a second attempt twice that, before each further one twice as long
_CLAIM_S = 5.0  # a claim that takes longer is left to its lease


class Workers:
    """At most `settings.workers` questions at once, one a thread, and fewer while this process is short of time. Other
    processes may work on the same inbox: what this one has claimed it keeps by renewing its lease, so that a dead one's
    questions are soon taken up by the others."""

    def __init__(self, work: Work, answering: Answering, team: str) -> None:
        self._team = team
        self._work = work
        self._answering = answering
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._withdrawn: set[str] = set()
        self._outages: Counter[str] = Counter()  # by key, one after the other: how often it met one
        self._threads: dict[tuple[str, str], asyncio.Lock] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False
        self._started = time.monotonic()
        self._read_at = self._started
        self._claims_from = 0.0
        self._renewing: asyncio.Task[None] | None = None
        self._throttle = Throttle(work.settings.workers)
        self.lease_s = 20.0  # how long a dead process keeps its questions from the others
        self.tick_s = 5.0  # how often the inbox is looked at without being woken
        self.patience_s = 2 * work.settings.deadline_s + 60  # how old an open question may be

    async def start(self) -> None:
        """Begin to work. What the run before this one had claimed and not finished is taken up at once."""
        await self._work.inbox.release_all()
        self._stopping = False
        self._renewing = asyncio.create_task(self._renew_loop())
        self._loops = [
            asyncio.create_task(one) for one in (self._claim_loop(), self._watch_loop(), self._throttle_loop())
        ]

    @property
    def alive(self) -> bool:
        """Whether the loops that claim and watch go on."""
        return bool(self._loops) and not any(loop.done() for loop in self._loops)

    def wake(self) -> None:
        self._wake.set()

    async def stop(self, drain_s: float = 20.0) -> None:
        """Claim no more, let what runs end within `drain_s` seconds, give the rest back to the inbox."""
        self._stopping = True
        self.wake()
        if self._loops:  # the claiming ends by itself, so that what it is just taking is known here
            await asyncio.wait(self._loops[:1], timeout=_CLAIM_S)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._drain(drain_s)
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    async def _drain(self, drain_s: float) -> None:
        running = {task: key for key, task in self._running.items()}
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=drain_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("%d answers were finished while stopping, %d given back", len(running) - len(late), len(late))
        for task in late:
            if task.cancelled():  # before it began: it could give nothing back itself
                with suppress(Unavailable):
                    await self._work.inbox.release(running[task])

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
        while not self._stopping:
            self._wake.clear()
            free = min(self._throttle.allowed - len(self._running), _AT_A_TIME)
            if time.monotonic() < self._claims_from:
                free = 0
            try:
                claimed = await self._work.inbox.claim(free, self.lease_s) if free > 0 else []
            except Unavailable as error:
                log.error("the inbox can't be read, trying again: %s", error)
                claimed = []
                if time.monotonic() - self._read_at > self.lease_s / 2:
                    # Leases have ended while the store was away: first those who work on a question renew theirs.
                    self._claims_from = time.monotonic() + self.lease_s / 4 + 1
            else:
                self._read_at = time.monotonic()
            for one in claimed:
                if one.item.key in self._running:  # this process stood still for longer than its lease
                    continue
                task = asyncio.create_task(self._work_on(one), name=f"answer {one.item.key}")
                self._running[one.item.key] = task
                task.add_done_callback(partial(self._ended, one.item.key))
            if len(claimed) < max(free, 1):  # nothing is left; asking again would only hold the database
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self.tick_s)

    async def _throttle_loop(self) -> None:
        while True:
            late_s, before = await self._throttle.sleep(), self._throttle.allowed
            self._throttle.tick(late_s, len(self._running))
            if self._throttle.allowed > before:
                self.wake()

    async def _renew_loop(self) -> None:
        while True:
            await asyncio.sleep(self.lease_s / 4)
            keys = set(self._running)
            try:
                for key in keys - await self._work.inbox.renew(keys, self.lease_s) if keys else ():
                    await self._lost(key)
            except Unavailable as error:
                log.error("what is being answered was not renewed, trying again: %s", error)

    async def _lost(self, key: str) -> None:
        """It is not ours any more: another process heard that its message was deleted, or took it up after we had stood
        still. A question that has just ended is not running when this looks again."""
        withdrawn = await self._work.inbox.outcome(key) is Outcome.WITHDRAWN
        task = self._running.get(key)
        if task is None:
            return
        log.warning("%s is not ours any more; stopping to answer it", key)
        if withdrawn:
            self._withdrawn.add(key)
        task.cancel()

    async def _watch_loop(self) -> None:
        while True:
            try:
                await self._work.desks.refresh(self._team)
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
        before = self._work.clock() - timedelta(seconds=self.patience_s)
        for item in await self._work.inbox.claim_stuck(_NOTICES, _NOTICE_S, before):
            if item.key in self._running:  # this process stood still for longer than its lease
                continue
            try:
                await self._answering.give_up(item)
            except Exception as error:  # noqa: BLE001 - the others are to get theirs
                log.error("the notice for %s will be tried again: %s", item.key, error)
                await self._work.inbox.release(item.key)

    # -- one question

    async def _work_on(self, claimed: Claimed) -> None:
        key = claimed.item.key
        try:
            async with self._thread(claimed.item):
                with first_signs(self._age(claimed.item)):
                    outcome = await self._answering.answer(claimed)
            self._outages.pop(key, None)
            if await self._work.inbox.finish(key, outcome):
                desk = self._work.desks.of(claimed.item.channel).name
                self._work.meter.question_ended(desk, outcome, self._age(claimed.item))
                log.info("%s ended: %s", key, outcome.value)
            elif await self._work.inbox.outcome(key) is Outcome.WITHDRAWN:  # in another process, a moment ago
                await self._answering.take_back(key)
        except asyncio.CancelledError:
            await self._cancelled(key)
        except SlackUnavailable as error:
            log.warning("Slack can't be reached for %s, trying again: %s", key, error)
            await self._later(claimed, outage=True)
        except Exception as error:
            log.exception("incident %s: attempt %d at %s failed", claimed.incident, claimed.attempt, key)
            await self._later(claimed, outage=passes(error))

    def _age(self, item: Accepted) -> float:
        return (self._work.clock() - item.received_at).total_seconds()

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        # A callback, because a task that is cancelled before it began runs nothing of its own.
        if self._running.get(key) is task:  # given back, it may run again already
            del self._running[key]
            self._answering.forget(key)
        self._wake.set()

    def _thread(self, item: Accepted) -> asyncio.Lock:
        if len(self._threads) > 1_000:
            self._threads = {place: lock for place, lock in self._threads.items() if lock.locked()}
        return self._threads.setdefault((item.channel, item.thread_ts or item.ts), asyncio.Lock())

    async def _cancelled(self, key: str) -> None:
        self._outages.pop(key, None)
        if key in self._withdrawn:
            self._withdrawn.discard(key)
            await self._answering.take_back(key)
            return
        with suppress(Unavailable):
            await self._work.inbox.release(key)

    async def _later(self, claimed: Claimed, *, outage: bool) -> None:
        """Back to the queue after a pause that grows. A store that is down keeps the lease, which ends by itself."""
        key = claimed.item.key
        self._outages[key] += outage
        times = max(claimed.attempt, self._outages[key])
        try:
            await asyncio.sleep(min(_PAUSE_S * 2 ** min(times, 6), 30))
        except asyncio.CancelledError:
            await self._cancelled(key)
            return
        with suppress(Unavailable):
            await self._work.inbox.release(key, outage=outage)
