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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psutil

from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, ClaudeDouble

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "ops" / "slack" / "manifest.yaml"
CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[sources.electromart]
kind = "folder"
path = "{documents}"
schedule = "1d"
[answering]
workers = 60
"""
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
    async with ClaudeDouble() as claude, _serving(claude.url) as (workspace, process, folder):
        arrivals = claude.requests = Arrivals()
        first = await _ask(workspace, QUESTIONS[0])
        await _answered(workspace, [first])
        own = await _own_times(workspace, arrivals, folder / ".frontdesk" / "frontdesk.sqlite3")
        at_rest = _resident(process)
        streaming = [await _ask(workspace, QUESTIONS[at % 5]) for at in range(10)]
        already = len(workspace.calls)
        burst = [await _ask(workspace, QUESTIONS[at % 5]) for at in range(BURST // 2)]  # two events each
        await _answered(workspace, streaming + burst)
        acks = sorted(entry["ms"] for entry in workspace.calls[already:] if entry["kind"] == "socket")
        return {
            "ack_ms": {"events": len(acks), "p50": statistics.median(acks), "p99": acks[int(len(acks) * 0.99)]},
            "own_ms": {"questions": len(own), "p50": round(statistics.median(own), 2), "max": round(max(own), 2)},
            "resident_mib": {"at_rest": at_rest, "after_burst": _resident(process)},
        }


@asynccontextmanager
async def _serving(model_url: str) -> AsyncIterator[tuple[LocalWorkspace, psutil.Process, Path]]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        config = Path(folder) / "frontdesk.toml"
        config.write_text(CONFIG.format(documents=ROOT / "ops/demo/electromart/documents"))
        async with LocalWorkspace(manifest=MANIFEST) as workspace:
            environment = os.environ | {
                "SLACK_BOT_TOKEN": workspace.bot_token,
                "SLACK_APP_TOKEN": workspace.app_token,
                "SLACK_API_URL": workspace.api_url,
                "ANTHROPIC_API_KEY": KEY,
                "ANTHROPIC_BASE_URL": model_url,
            }
            command = [sys.executable, "-m", "ops.cli", "--config", str(config)]
            quiet = asyncio.subprocess.DEVNULL
            sync = await asyncio.create_subprocess_exec(*command, "sync", env=environment, stdout=quiet)
            await sync.wait()
            log = (Path(folder) / "log").open("wb")
            serve = await asyncio.create_subprocess_exec(*command, "serve", env=environment, stderr=log)
            try:
                await workspace.wait_for(lambda: workspace.sockets.connections, 60)
                yield workspace, psutil.Process(serve.pid), Path(folder)
            finally:
                serve.terminate()
                await serve.wait()


async def _ask(workspace: LocalWorkspace, text: str) -> str:
    return await workspace.say("dana", "support", f"@frontdesk {text}")


async def _answered(workspace: LocalWorkspace, questions: list[str]) -> None:
    def all_final() -> bool:
        replies = {one["thread_ts"] for one in workspace.messages("support") if _final(one)}
        return replies.issuperset(questions)

    await workspace.wait_for(all_final, 180)


def _final(message: dict) -> bool:  # type: ignore[type-arg]
    replied = message.get("thread_ts") not in (None, message["ts"])
    return replied and not message.get("streaming") and len(message.get("blocks", [])) > 1


async def _own_times(workspace: LocalWorkspace, arrivals: "Arrivals", database: Path) -> list[float]:
    """From the event's leaving Slack to the request's reaching the model, less embedding and Qdrant (ms)."""
    times = []
    for at in range(20):
        arrivals.clear()
        asked = time.time()
        question = await _ask(workspace, QUESTIONS[at % 5])
        await _answered(workspace, [question])
        searched = _timings(database, question)["search"]
        times.append((arrivals.at - asked) * 1000 - searched)
    return times


def _timings(database: Path, ts: str) -> dict[str, float]:
    """The stages of the answer to the question at `ts`, as the desk stored them."""
    with closing(sqlite3.connect(database)) as connection:
        query = "select timings_ms from answers where key like ?"
        [(stored,)] = connection.execute(query, (f"%:{ts}",)).fetchall()
    timings: dict[str, float] = json.loads(stored)
    return timings


class Arrivals(list[Any]):
    """The double's record of requests, which also notes when the first one came."""

    at = 0.0

    def append(self, request: Any) -> None:
        if not self:
            self.at = time.time()
        super().append(request)


def _resident(process: psutil.Process) -> int:
    family = [process, *process.children(recursive=True)]
    return round(sum(one.memory_info().rss for one in family) / 2**20)
