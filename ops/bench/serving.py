"""A real `frontdesk serve` under load: acks, our own time before the model is asked, and memory.

The local workspace is its Slack, the Messages API double its model; both run in this process, the desk in its own.
"""

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, ClaudeDouble

ROOT = Path(__file__).parents[2]
CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[desks.support.handover]
triage_severity = 0 # so that all that it says in a thread is its answer
[sources.electromart]
kind = "folder"
path = "{documents}"
schedule = "1d"
[answering]
workers = {workers}
max_attempts = {attempts}
[limits]
per_user_per_minute = 100000
per_user_per_day = 100000
per_channel_per_minute = 100000
[slack]
rate_limit_factor = {factor:g}
"""
NO_MONITORING = "[monitoring]\nport = 0\n"
QUESTIONS = (
    "can I return opened earbuds?",
    "how long does standard shipping take?",
    "what is the restocking fee for drones?",
    "does ElectroCare cover accidental damage?",
    "what happens when my parcel is lost?",
)
BURST = 50


async def measure() -> dict[str, object]:
    """Ack times in ms over a burst of 50 events while answers stream, own time in ms, resident memory in MiB."""
    async with ClaudeDouble() as claude, _serving(claude.url) as (workspace, desk):
        arrivals = claude.requests = Arrivals()
        first = await _ask(workspace, QUESTIONS[0])
        await _answered(workspace, [first])
        own = await _own_times(workspace, arrivals, desk.database)
        at_rest = desk.resident()
        streaming = [await _ask(workspace, QUESTIONS[at % 5]) for at in range(10)]
        already = len(workspace.calls)
        burst = [await _ask(workspace, QUESTIONS[at % 5]) for at in range(BURST // 2)]  # two events each
        await _answered(workspace, streaming + burst)
        acks = sorted(entry["ms"] for entry in workspace.calls[already:] if entry["kind"] == "socket")
        return {
            "ack_ms": {"events": len(acks), "p50": statistics.median(acks), "p99": acks[int(len(acks) * 0.99)]},
            "own_ms": {"questions": len(own), "p50": round(statistics.median(own), 2), "max": round(max(own), 2)},
            "resident_mib": {"at_rest": at_rest, "after_burst": desk.resident()},
        }


class Desk:
    """A `frontdesk serve` on the demo's documents, in a process of its own."""

    MANIFEST = ROOT / "ops" / "slack" / "manifest.yaml"

    def __init__(
        self,
        folder: Path,
        workspace: LocalWorkspace,
        model_url: str | None = None,
        more: str = NO_MONITORING,
        *,
        workers: int = 60,
        attempts: int = 3,
        factor: float = 1000.0,
        environment: Mapping[str, str] | None = None,
        documents: Path = ROOT / "ops/demo/electromart/documents",
    ) -> None:
        """`more`: of the configuration, which goes on in its [slack]. `factor`: of Slack's limits."""
        self._workspace = workspace
        config = folder / "frontdesk.toml"
        text = CONFIG.format(documents=documents, workers=workers, attempts=attempts, factor=factor)
        config.write_text(text + more)
        self._command = [sys.executable, "-m", "ops.cli", "--config", str(config)]
        self.log = folder / "log"
        self._log = self.log.open("wb")
        ours = ("ANTHROPIC_", "SLACK_", "QDRANT_", "DATABASE_")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_SIGNING_SECRET": workspace.signing_secret,
            "SLACK_API_URL": workspace.api_url,
        }
        self._environment |= environment or {}
        if model_url:
            self._environment |= {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": model_url}
        self.database = folder / ".frontdesk" / "frontdesk.sqlite3"
        self.process: asyncio.subprocess.Process | None = None

    async def sync(self) -> None:
        """Raises RuntimeError: the desk has nothing to answer from, or can't read its configuration."""
        process = await self._run("sync", stdout=asyncio.subprocess.DEVNULL)
        if await process.wait():
            raise RuntimeError(f"frontdesk sync failed: {self.log.read_text()[-300:]}")

    async def start(self) -> None:
        """Returns when it is connected to the workspace."""
        await self.launch()
        await self._workspace.wait_for(lambda: self._workspace.sockets.connections, 60)

    async def launch(self) -> None:
        """Returns at once."""
        self.process = await self._run("serve")

    async def _run(self, word: str, stdout: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command, word, env=self._environment, cwd=ROOT, stdout=stdout, stderr=self._log
        )

    async def die(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def kill(self) -> None:
        """Returns when the workspace has noticed: no other desk is connected to it."""
        await self.die()
        await self._workspace.wait_for(lambda: not self._workspace.sockets.connections, 30)

    async def stop(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()

    def resident(self) -> int:
        """MiB of the process and its children."""
        assert self.process is not None
        process = psutil.Process(self.process.pid)
        family = [process, *process.children(recursive=True)]
        return round(sum(one.memory_info().rss for one in family) / 2**20)


@asynccontextmanager
async def _serving(model_url: str) -> AsyncIterator[tuple[LocalWorkspace, Desk]]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        async with LocalWorkspace(manifest=Desk.MANIFEST) as workspace:
            desk = Desk(Path(folder), workspace, model_url)
            await desk.sync()
            await desk.start()
            try:
                yield workspace, desk
            finally:
                await desk.stop()


async def _ask(workspace: LocalWorkspace, text: str) -> str:
    return await workspace.say("dana", "support", f"@frontdesk {text}")


async def _answered(workspace: LocalWorkspace, questions: list[str]) -> None:
    def all_final() -> bool:
        replies = {one["thread_ts"] for one in workspace.messages("support") if final(one)}
        return replies.issuperset(questions)

    await workspace.wait_for(all_final, 180)


def final(message: dict) -> bool:  # type: ignore[type-arg]
    replied = message.get("thread_ts") not in (None, message["ts"])
    return replied and not message.get("streaming") and len(message.get("blocks", [])) > 1


async def _own_times(workspace: LocalWorkspace, arrivals: "Arrivals", database: Path) -> list[float]:
    """From the event's reaching the desk to its request's reaching the model, less embedding and Qdrant (ms)."""
    times = []
    for at in range(30):
        arrivals.clear()
        question = await _ask(workspace, QUESTIONS[at % 5])
        await _answered(workspace, [question])
        await asyncio.sleep(0.2)  # what the desk does after the answer is not part of the next question
        received, searched_ms = _stored(database, question)
        times.append((arrivals.at - received) * 1000 - searched_ms)
    return times


def _stored(database: Path, ts: str) -> tuple[float, float]:
    """When the desk received the question at `ts`, and how long embedding and Qdrant took, as the desk stored it."""
    with closing(sqlite3.connect(database)) as connection:
        query = "select received_at, timings_ms from inbox join answers using (key) where inbox.ts = ?"
        [(received, timings)] = connection.execute(query, (ts,)).fetchall()
    return datetime.fromisoformat(received).replace(tzinfo=UTC).timestamp(), json.loads(timings)["search"]


class Arrivals(list[Any]):
    """The double's record of requests, which also notes when the first one came."""

    at = 0.0

    def append(self, request: Any) -> None:
        if not self:
            self.at = time.time()
        super().append(request)
