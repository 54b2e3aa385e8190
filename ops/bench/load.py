"""The desk under load: 50 questions a second, the highest rate, Slack's limits on, 100 streams, the first sign.

python -m ops.bench.load [steady|highest|limited|streams|signs ...] [--seconds N] [--rate N]

A real `frontdesk serve`, Claude's double (2 s an answer, streamed) and this process, which is the local workspace and
its people: three processes.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ops.bench.crowd import Asked, Crowd, spread
from ops.bench.serving import Desk
from ops.bench.slow_model import SlowModel, slow_model
from ops.bench.watching import watching
from ops.workspace.server import LocalWorkspace
from tests.fakes.network import free_port

Json = dict[str, Any]
MODEL_S = 2.0
WORKERS = 150
RATE, SECONDS = 50.0, 60.0
ACK_MS = 500  # what Slack's people may wait for at most; Slack itself gives up after 3 s
FIRST, STEP_S, STEPS = (
    20.0,
    12.0,
    4,
)  # of the search for the highest rate; the model's time is over well before half of one
GROWTH = 0.05  # of what is asked may be left, by chance
STREAMS, STREAM_S = 100, 10.0  # long enough that all of them run at the same time
DRAIN_S = 300.0
WARM = 100  # a question in each channel, so that what is asked of Slack once is known


@dataclass
class Scene:
    crowd: Crowd
    desk: Desk
    model: SlowModel
    metrics: str

    @property
    def process(self) -> psutil.Process:
        assert self.desk.process is not None
        return psutil.Process(self.desk.process.pid)

    async def warm(self) -> None:
        await self.crowd.answered(await self.crowd.ask_at(20, WARM / 20), DRAIN_S)


@asynccontextmanager
async def scene(*, limits: bool = False, model_s: float = MODEL_S) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-load-") as name:
        folder = Path(name)
        async with slow_model(folder, model_s) as model, LocalWorkspace(manifest=Desk.MANIFEST) as workspace:
            workspace.rate_limits = limits
            crowd = Crowd(workspace)
            factor = 1.0 if limits else 1000.0
            port = free_port()
            monitoring = f"[monitoring]\nport = {port}\n"
            desk = Desk(folder, workspace, model.url, monitoring, workers=WORKERS, factor=factor)
            await desk.sync()
            await desk.start()
            try:
                yield Scene(crowd, desk, model, f"http://127.0.0.1:{port}/metrics")
            finally:
                await desk.stop()


async def steady(rate: float, seconds: float) -> Json:
    """So many questions a second: acks, outcomes, memory, drain."""
    async with scene() as here:
        await here.warm()
        return await _steady(here, rate, seconds)


async def _steady(here: Scene, rate: float, seconds: float) -> Json:
    async with watching(here.process, here.metrics, model=here.model.process) as watched:
        began = time.time()
        asked = await here.crowd.ask_at(rate, seconds / 2)
        halfway = here.crowd.open(asked)
        asked += await here.crowd.ask_at(rate, seconds / 2)
        left, ended = here.crowd.open(asked), time.time()
        busy, busiest = watched.busy(), watched.busiest()
    drained = await here.crowd.answered(asked, DRAIN_S)
    return {
        "rate": round(len(asked) / (ended - began), 1),
        "ack_ms": here.crowd.wire.ack_ms(began, ended),
        "unacked": here.crowd.wire.unacked,
        "outcome": dict(here.crowd.outcome(asked)),
        "open_halfway": halfway,
        "open_at_the_end": left,
        "drain_s": drained,
        "cpu": busy,
        "busiest": busiest,
        "desk_lag_ms": spread(watched.desk_lag_ms),
        "memory": watched.memory(seconds / 3),
        "workspace_lag_ms": spread(watched.lag_ms),
    }


async def highest() -> Json:
    """Steps of some seconds, each until it is drained: doubled while it holds, then halved between. A rate holds when
    acks stay in time and, in the second half of a step, no more questions are left open than come by chance."""
    async with scene() as here:
        await here.warm()
        held, broken, tried = 0.0, float("inf"), []
        rate = FIRST
        for _ in range(STEPS):
            step = await _steady(here, rate, STEP_S)
            grown = step["open_at_the_end"] - step["open_halfway"]
            holds = step["ack_ms"]["p99"] < ACK_MS and grown <= max(5.0, GROWTH * rate * STEP_S / 2)
            tried.append({"asked_a_second": rate, "holds": holds, **step})
            held, broken = (max(held, rate), broken) if holds else (held, min(broken, rate))
            rate = held * 2 if broken == float("inf") else round((held + broken) / 2, 1)
            if broken - held < 2:
                break
    return {"highest": held, "steps": tried}


async def limited(rate: float, seconds: float) -> Json:
    """With Slack's limits on, on both sides: nothing is lost; what was called, what was refused, the drain."""
    async with scene(limits=True) as here:
        report = await _steady(here, rate, seconds)
        return report | here.crowd.wire.methods()


async def streams(count: int) -> Json:
    """So many answers at once: each is finished, once."""
    async with scene(model_s=STREAM_S) as here:
        await here.warm()
        began = len(here.crowd.wire.calls)
        asked = [await here.crowd.ask() for _ in range(count)]
        most, done = 0, asyncio.create_task(here.crowd.answered(asked, DRAIN_S))
        while not done.done():
            most = max(most, len(here.crowd.workspace.api.streams))
            await asyncio.sleep(0.05)
        started = sum(call.method == "chat.startStream" for call in here.crowd.wire.calls[began:])
        return {
            "asked": count,
            "streams": started,
            "most_at_once": most,
            "outcome": dict(here.crowd.outcome(asked)),
            "took_s": done.result(),
        }


async def signs(seconds: float) -> Json:
    """The first visible sign after an event, and our own part between the model's sentence and Slack's call; at a
    quiet hour and at a busy one."""
    async with scene() as here:
        await here.warm()
        return {f"at_{rate:g}_a_second": await _signs(here, rate, seconds) for rate in (2.0, 10.0)}


async def _signs(here: Scene, rate: float, seconds: float) -> Json:
    asked: list[Asked] = await here.crowd.ask_at(rate, seconds)
    await here.crowd.answered(asked, DRAIN_S)
    own = here.crowd.wire.own_ms(asked, here.model.first_sentences())
    return {"first_sign_ms": spread(here.crowd.wire.first_signs_ms(asked)), "own_ms": spread(own)}


PARTS: dict[str, Callable[[float, float], Awaitable[Json]]] = {
    "steady": steady,
    "highest": lambda rate, seconds: highest(),
    "limited": lambda rate, seconds: limited(rate, min(seconds, 20.0)),
    "streams": lambda rate, seconds: streams(STREAMS),
    "signs": lambda rate, seconds: signs(min(seconds, 15.0)),
}


async def measure() -> dict[str, object]:
    """All five."""
    return {name: await part(RATE, SECONDS) for name, part in PARTS.items()}


async def main() -> None:
    parser = argparse.ArgumentParser(description="The desk under load, a part or all of it")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    for name in given.parts or PARTS:
        sys.stdout.write(json.dumps({name: await PARTS[name](given.rate, given.seconds)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
