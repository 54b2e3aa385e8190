"""How fast Slack may be called: a token bucket a method, and one a channel for posts. Slack's Retry-After goes before
what the buckets say."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

TIERS = {1: 10, 2: 20, 3: 50, 4: 100}  # calls a minute a method; of tier 1 Slack tolerates bursts
_TIER_OF = {
    "apps.connections.open": 1,
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "conversations.list": 2,
    "reactions.remove": 2,
    "usergroups.list": 2,
    "users.list": 2,
    "assistant.threads.setSuggestedPrompts": 4,
    "auth.test": 4,
    "chat.appendStream": 4,
    "chat.postEphemeral": 4,
    "conversations.members": 4,
    "files.info": 4,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}  # all others are of tier 3
_POST = "chat.postMessage"
_WRITES = ("chat.", "reactions.", "assistant.threads.setStatus")
_POSTS, _POSTS_S = 10, 10.0  # about one a second a channel
_BURST = 0.4  # of what is allowed: the rest comes in the course of the time, so that no window sees more
# The share of the burst that is left to what answers can't do without: by decorations, and by looking again.
RESERVED = {"chat.update": 0.5, _POST: 0.5, "conversations.info": 0.5, "conversations.members": 0.5}
RETRY_DEFAULT_S = 5.0  # where Slack does not say, or says what is no number
RETRY_MOST_S = 3_600.0  # no limit of Slack's lasts that long: whoever says more makes no sense
PATIENCE_S = 60.0  # a call that would wait longer is refused, so that its worker gives the question back


@dataclass(slots=True)
class Bucket:
    """`burst` tokens that come back at `per_s`. Below zero it is a queue: who comes next waits longer."""

    burst: float
    per_s: float
    at: float
    tokens: float = field(init=False)
    held_until: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def delay(self, now: float, left: float = 0.0) -> float:
        """Seconds until one token may be taken so that `left` remain."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_s)
        self.at = now
        return max(0.0, self.held_until - now, (1 + left - self.tokens) / self.per_s)


class Pace:
    """Shared by every call of the bot. `factor`: how many times Slack's published limits are allowed."""

    def __init__(
        self,
        factor: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._factor = factor
        self._clock = clock
        self._sleep = sleep
        self._buckets: dict[tuple[str, str], Bucket] = {}

    async def take(self, method: str, channel: str = "") -> bool:
        """Wait for this call's turn, first come first served. False: it would take too long."""
        bucket, now = self._bucket(method, channel), self._clock()
        wait = bucket.delay(now)
        if wait > PATIENCE_S:
            return False
        bucket.tokens -= 1
        try:
            while 0 < wait <= PATIENCE_S:
                await self._sleep(wait)
                wait = bucket.held_until - self._clock()  # Slack may have said something meanwhile
        except asyncio.CancelledError:
            bucket.tokens += 1  # it calls nobody, and the next in line need not wait for it
            raise
        if wait > 0:
            bucket.tokens += 1
        return wait <= 0

    def take_now(self, method: str, channel: str = "") -> bool:
        """Take a token if one is there that answers do not need."""
        if not self.has_room(method, channel):
            return False
        self._bucket(method, channel).tokens -= 1
        return True

    def has_room(self, method: str, channel: str = "") -> bool:
        """Whether take_now() would succeed."""
        bucket = self._bucket(method, channel)
        return bucket.delay(self._clock(), bucket.burst * RESERVED.get(method, 0.0)) <= 0

    def hold(self, method: str, channel: str, retry_after: str | None) -> float:
        """Slack has said 429: nothing of this kind goes out for so many seconds, which are returned."""
        seconds = seconds_of(retry_after)
        bucket, now = self._bucket(method, channel), self._clock()
        bucket.held_until = max(bucket.held_until, now + seconds)
        return seconds

    def _bucket(self, method: str, channel: str) -> Bucket:
        key = (method, channel if method == _POST else "")
        if key not in self._buckets:
            self._forget_idle()
            self._buckets[key] = self._new(method)
        return self._buckets[key]

    def _new(self, method: str) -> Bucket:
        now = self._clock()
        if method == _POST:
            most, seconds = _POSTS * self._factor, _POSTS_S
        else:
            most, seconds = TIERS[_TIER_OF.get(method, 3)] * self._factor, 60.0
        if not method.startswith(_WRITES):
            return Bucket(most, most / seconds, now)  # look-ups come in bursts, and nobody else waits for them
        burst = max(1.0, most * _BURST)
        return Bucket(burst, (most - burst) / seconds, now)

    def _forget_idle(self) -> None:
        """Channels that are quiet: a full bucket is as good as none."""
        if len(self._buckets) < 1_000:
            return
        now = self._clock()
        for key, bucket in list(self._buckets.items()):
            if bucket.delay(now, bucket.burst - 1) <= 0:
                del self._buckets[key]


def seconds_of(retry_after: str | None) -> float:
    """Retry-After as a wait that is neither nothing nor for ever."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return RETRY_DEFAULT_S
    if math.isnan(seconds) or seconds < 0:
        return RETRY_DEFAULT_S
    return min(max(seconds, 0.1), RETRY_MOST_S)
