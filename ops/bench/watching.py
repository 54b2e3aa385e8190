"""What the processes of a measurement use of the machine while a block runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import psutil

EVERY_S = 1.0
_LAG = "frontdesk_loop_lag_seconds "


@dataclass
class Watched:
    """By process: shares of one core (1.0 is all of it). How late timers were: this process's own, and the desk's."""

    began: float
    cpu: dict[str, list[float]]
    resident: list[tuple[float, float]] = field(default_factory=list)  # seconds since it began, MiB of the desk
    lag_ms: list[float] = field(default_factory=list)
    desk_lag_ms: list[float] = field(default_factory=list)

    def busy(self) -> dict[str, float]:
        return {name: round(sum(shares) / len(shares), 2) for name, shares in self.cpu.items() if shares}

    def busiest(self) -> str:
        """The process that used most. Python has one core at most for all that is not a library's own."""
        name, share = max(self.busy().items(), key=lambda one: one[1], default=("", 0.0))
        return f"{name}, {share:.0%} of a core"

    def memory(self, since_s: float) -> dict[str, float]:
        """MiB at both ends of what comes after `since_s`, and the slope of the line through it."""
        steady = [(at, mib) for at, mib in self.resident if at >= since_s]
        if len(steady) < 3:
            return {}
        middle_at = sum(at for at, _ in steady) / len(steady)
        middle = sum(mib for _, mib in steady) / len(steady)
        rise = sum((at - middle_at) * (mib - middle) for at, mib in steady)
        slope = rise / sum((at - middle_at) ** 2 for at, _ in steady) * 60
        return {"start_mib": round(steady[0][1]), "end_mib": round(steady[-1][1]), "mib_a_minute": round(slope, 1)}


@asynccontextmanager
async def watching(desk: psutil.Process, metrics: str, **others: psutil.Process) -> AsyncIterator[Watched]:
    """`desk` with its children, which has its metrics at that address; this process is the workspace."""
    processes = {"desk": desk, "workspace": psutil.Process(), **others}
    watched = Watched(time.monotonic(), {name: [] for name in processes})
    tasks = [asyncio.create_task(_watch(watched, processes)), asyncio.create_task(_watch_lag(watched, metrics))]
    try:
        yield watched
    finally:
        for task in tasks:
            task.cancel()


async def _watch(watched: Watched, processes: dict[str, psutil.Process]) -> None:
    before = {name: _seconds(process) for name, process in processes.items()}
    at = time.monotonic()
    while True:
        await asyncio.sleep(EVERY_S)
        now = time.monotonic()
        watched.lag_ms.append((now - at - EVERY_S) * 1000)
        for name, process in processes.items():
            used = _seconds(process)
            watched.cpu[name].append((used - before[name]) / (now - at))
            before[name] = used
        desk = processes["desk"]
        family = [desk, *desk.children(recursive=True)]
        watched.resident.append((now - watched.began, sum(one.memory_info().rss for one in family) / 2**20))
        at = now


async def _watch_lag(watched: Watched, metrics: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            await asyncio.sleep(EVERY_S)
            async with session.get(metrics) as response:
                lines = (await response.text()).splitlines()
            watched.desk_lag_ms += [float(line[len(_LAG) :]) * 1000 for line in lines if line.startswith(_LAG)]


def _seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
