"""What tests and the demo make the workspace do on purpose: fail, lose answers, stand still, limit rates."""

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.workspace.methods import METHODS
from ops.workspace.rules import Refused
from ops.workspace.state import Json

TIERS = {1: 10, 2: 20, 3: 50, 4: 100}  # calls a minute a method; of tier 1 Slack tolerates bursts
_POSTS, _POSTS_SECONDS = 10, 10.0  # about one a second a channel, in short bursts


@dataclass
class Fault:
    """What the next calls of a method meet. `after_effect`: the call is done, and its answer is lost. `carrying`: only
    calls with this argument meet it; `of`: only those whose arguments are such."""

    error: str | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after_effect: bool = False
    carrying: str | None = None
    of: Callable[[Json], bool] | None = None

    def meets(self, arguments: Json) -> bool:
        return (not self.carrying or bool(arguments.get(self.carrying))) and (self.of is None or self.of(arguments))


@dataclass
class Hold:
    """A method that stands still, before or `after` it took effect, until `release`. `reached`: a call is there. `of`:
    only calls whose arguments are such."""

    after: bool = False
    of: Callable[[Json], bool] | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)


class Faults:
    """What was asked for, by method, first come first served."""

    def __init__(self) -> None:
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.holds: dict[str, Hold] = {}

    def add(self, method: str, fault: Fault) -> None:
        self._faults[method].append(fault)

    def forget(self, method: str) -> None:
        self._faults.pop(method, None)

    def next(self, method: str, arguments: Json) -> Fault | None:
        waiting = self._faults[method]
        while waiting and waiting[0].times <= 0:
            waiting.popleft()
        if not waiting or not waiting[0].meets(arguments):
            return None
        waiting[0].times -= 1
        return waiting[0]

    async def stand(self, method: str, arguments: Json, *, after: bool) -> None:
        hold = self.holds.get(method)
        if hold is not None and hold.after == after and (hold.of is None or hold.of(arguments)):
            hold.reached.set()
            await hold.release.wait()


class RateLimits:
    """Slack's tiers: so many calls a minute a method; postMessage by channel."""

    def __init__(self, clock: Callable[[], float], *, on: bool) -> None:
        self._clock, self.on = clock, on
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, method: str, arguments: Json) -> None:
        """Count a call. Raises Refused with Retry-After when it is one too many."""
        known = METHODS.get(method)
        if not self.on or known is None:
            return
        posts = method == "chat.postMessage"
        key = (method, str(arguments.get("channel")) if posts else "")
        most, seconds = (_POSTS, _POSTS_SECONDS) if posts else (TIERS[known.tier], 60.0)
        calls, now = self._calls[key], self._clock()
        while calls and calls[0] <= now - seconds:
            calls.popleft()
        if len(calls) >= most:
            wait = max(1, math.ceil(calls[0] + seconds - now))
            rule = f"{method}.at_most_{most}_in_{seconds:.0f}_seconds"
            raise Refused("ratelimited", rule, f"wait {wait} seconds", status=429, retry_after=wait)
        calls.append(now)
