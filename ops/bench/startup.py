"""`frontdesk serve` from exec to ready with a warm index: seconds on the clock, and of the processor.

Ready is what /readyz says: connected to Slack, store and index reachable. The processor's seconds (user and system,
with those of child processes) tell how much of it was work, on a machine that does other things too.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from ops.bench.serving import Desk
from ops.workspace.server import LocalWorkspace
from tests.fakes.network import free_port

RUNS = 3


async def measure() -> dict[str, object]:
    """Three starts of one desk whose index is complete."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-startup-") as folder:
        async with LocalWorkspace(manifest=Desk.MANIFEST) as workspace:
            port = free_port()
            desk = Desk(Path(folder), workspace, more=f"[monitoring]\nport = {port}\n")
            await desk.sync()
            runs = [await _start(desk, f"http://127.0.0.1:{port}/readyz") for _ in range(RUNS)]
    seconds, worked = zip(*runs, strict=True)
    return {
        "ready_s": {"median": statistics.median(seconds), "most": max(seconds)},
        "processor_s": {"median": statistics.median(worked), "most": max(worked)},
    }


async def _start(desk: Desk, url: str) -> tuple[float, float]:
    began = time.monotonic()
    await desk.launch()
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while not await _ready(session, url):  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.02)
    took = time.monotonic() - began
    assert desk.process is not None
    worked = psutil.Process(desk.process.pid).cpu_times()
    await desk.stop()
    return round(took, 2), round(worked.user + worked.system + worked.children_user + worked.children_system, 2)


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(url) as response:
            return response.status == 200
    return False
