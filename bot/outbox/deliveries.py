"""Delivers what the outbox holds: in order to each recipient of an escalation, many of them at once, until it is
delivered or given up."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.desk.errors import DeliveryFailed, DeskError
from bot.desk.outgoing import Delivery, Outbox, Target, Whereabouts, is_complete, people_in, with_whereabouts
from bot.desk.ports import Clock
from bot.outbox.backoff import pause

log = logging.getLogger(__name__)

EVERY_S = 1.0
AFTER_TROUBLE_S = 5.0  # with the store
AT_ONCE = 4  # to one target: one that stalls keeps nothing from the others
ATTEMPT_S = 30.0
GIVE_UP_AFTER = timedelta(days=3)  # for what has no settings any more
_SLACK_S = 3.0  # for names and links
_LEASE_S = 90.0  # more than everything that is done under it
_LONGEST_ERROR = 300


class Deliveries:
    """start() returns at once; stop() lets what is being delivered end. What is not delivered stays in the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        targets: Mapping[str, Target],
        whereabouts: Whereabouts,
        clock: Clock,
        *,
        attempt_s: float = ATTEMPT_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._targets = targets
        self._whereabouts = whereabouts
        self._clock = clock
        self._attempt_s = attempt_s
        self._jitter = jitter
        self._running: dict[asyncio.Task[None], str] = {}
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.create_task(self._deliver_for_ever())

    async def stop(self, drain_s: float) -> None:
        """What is cut off after `drain_s` is delivered again by whoever comes next, under the same id."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=drain_s)
            for one in late:
                one.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for target in self._targets.values():
            await target.close()

    async def _deliver_for_ever(self) -> None:
        while True:
            try:
                await self.begin()
            except DeskError as error:
                log.error("the outbox is looked at again in a moment: %s", error)
                await asyncio.sleep(AFTER_TROUBLE_S)
            except Exception:
                log.exception("the outbox could not be looked at, and is in a moment")
                await asyncio.sleep(AFTER_TROUBLE_S)
            if self._running:  # the next of an escalation follows as soon as the one before is done
                await asyncio.wait(self._running, timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(EVERY_S)

    async def begin(self) -> int:
        """Begin to deliver what is due, as much as may be at once; how many. Raises StoreUnavailable."""
        begun, busy = 0, Counter(self._running.values())
        for target in await self._outbox.due():
            free = AT_ONCE - busy[target]
            for delivery in await self._outbox.claim(target, free, _LEASE_S) if free > 0 else ():
                task = asyncio.create_task(self._deliver(delivery))
                self._running[task] = target
                task.add_done_callback(lambda done: self._running.pop(done, None))
                begun += 1
        return begun

    async def settled(self) -> None:
        """Until nothing is being delivered."""
        while self._running:
            await asyncio.wait(self._running)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            complete = await self._complete(delivery)
            if complete is not None:
                await self._try(complete)
        except asyncio.CancelledError:
            await self._outbox.release(delivery)
            raise
        except DeskError as error:  # the store: its lease ends, and it is delivered again under the same id
            log.error("%s: what came of it could not be stored: %s", delivery.id, error)
        except Exception:
            log.exception("%s stumbled, and is delivered once its lease ends", delivery.id)

    async def _complete(self, delivery: Delivery) -> Delivery | None:
        """With names and links, which are kept before anybody hears them: a repeat says the same. None: somebody else
        has it meanwhile."""
        if is_complete(delivery.event):
            return delivery
        people, thread = sorted(people_in(delivery.event)), delivery.event["data"]["thread"]
        *names, url = await asyncio.gather(
            *(_in_time(self._whereabouts.name(one)) for one in people),
            _in_time(self._whereabouts.thread_url(thread["channel"], thread["ts"])),
        )
        event = with_whereabouts(delivery.event, dict(zip(people, names, strict=True)), url)
        return replace(delivery, event=event) if await self._outbox.complete(delivery, event) else None

    async def _try(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except DeliveryFailed as failure:
            await self._fail(delivery, failure)
        else:
            await self._outbox.delivered(delivery)
            again = f" at attempt {delivery.attempts}" if delivery.attempts > 1 else ""
            log.info("%s was delivered%s", delivery.id, again)

    async def _send(self, delivery: Delivery) -> None:
        """Raises DeliveryFailed, whatever went wrong."""
        target = self._targets.get(delivery.target)
        if target is None:
            raise DeliveryFailed(f"{delivery.target} is not configured any more")
        try:
            async with asyncio.timeout(self._attempt_s):
                await target.send(delivery)
        except TimeoutError as error:
            raise DeliveryFailed(f"no answer within {self._attempt_s:g} s") from error
        except DeliveryFailed:
            raise
        except Exception as error:
            log.exception("%s could not be sent", delivery.id)
            raise DeliveryFailed(f"could not be sent ({type(error).__name__}); the log has more") from error

    async def _fail(self, delivery: Delivery, failure: DeliveryFailed) -> None:
        target, now = self._targets.get(delivery.target), self._clock()
        error = plain(str(failure))
        patience = target.give_up_after if target else GIVE_UP_AFTER
        if failure.final or now - delivery.since >= patience:
            if await self._outbox.give_up(delivery, error):
                log.error("%s is given up after %d attempts: %s", delivery.id, delivery.attempts, error)
            return
        wait = pause(delivery.attempts, self._jitter(), failure.retry_after_s)
        if await self._outbox.failed(delivery, error, now + wait):
            seconds = wait.total_seconds()
            log.warning("%s is tried again in %.0f s, attempt %d: %s", delivery.id, seconds, delivery.attempts, error)


async def _in_time(asked: Awaitable[str | None]) -> str | None:
    try:
        async with asyncio.timeout(_SLACK_S):
            return await asked
    except (TimeoutError, DeskError):
        return None


def plain(said: str) -> str:
    """What another system said, fit for a log and a terminal."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
    return words if len(words) <= _LONGEST_ERROR else words[:_LONGEST_ERROR] + "…"
