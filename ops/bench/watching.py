"""What the processes of a measurement use of the machine while a block runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil

EVERY_S = 1.0


@dataclass
class Watched:
    """By process: shares of one core (1.0 is all of it). `lag_ms`: by how much this process's own timers were late."""

    began: float
    cpu: dict[str, list[float]]
    resident: list[tuple[float, float]] = field(default_factory=list)  # seconds since it began, MiB of the desk
    lag_ms: list[float] = field(default_factory=list)

    def busy(self) -> dict[str, float]:
        return {name: round(sum(shares) / len(shares), 2) for name, shares in self.cpu.items() if shares}

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
async def watching(desk: psutil.Process, **others: psutil.Process) -> AsyncIterator[Watched]:
    """`desk` with its children; this process is the workspace."""
    processes = {"desk": desk, "workspace": psutil.Process(), **others}
    watched = Watched(time.monotonic(), {name: [] for name in processes})
    task = asyncio.create_task(_watch(watched, processes))
    try:
        yield watched
    finally:
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


def _seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
