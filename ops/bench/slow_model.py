"""Claude's double as a process of its own: it takes its time, streams, and notes when each first sentence was complete.

python -m ops.bench.slow_model SECONDS NOTES        (the notes: a file, one JSON line an answer)
"""

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from bot.desk.model import DraftSentence
from bot.engine.assembly import SentenceAssembler
from tests.fakes.claude import KEY, ClaudeDouble, Reply, grounded

ROOT = Path(__file__).parents[2]
CHUNK = 24  # characters a delta: about what a fast model's deltas hold
TAG = re.compile(r"\(no\. (\d+)\)")  # which question a request is about


@dataclass
class SlowModel:
    """The process, seen from the bench."""

    url: str
    process: psutil.Process
    notes: Path

    def first_sentences(self) -> dict[int, tuple[float, str]]:
        """By the number of the question: when the event went out that completed it (seconds since 1970), and its
        text."""
        lines = [json.loads(line) for line in self.notes.read_text().splitlines()]
        return {one["number"]: (one["at"], one["text"]) for one in lines}


@asynccontextmanager
async def slow_model(folder: Path, seconds: float) -> AsyncIterator[SlowModel]:
    notes = folder / "first-sentences"
    notes.touch()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.bench.slow_model", str(seconds), str(notes)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        yield SlowModel(url, psutil.Process(process.pid), notes)
    finally:
        process.terminate()
        await process.wait()


@dataclass
class _Notes:
    """Of each answer that streams: its sentences, cut as the desk cuts them, until the first is complete. That is when
    its block is closed and what follows shows that it does not go on."""

    file: Any
    begun: dict[int, SentenceAssembler] = field(default_factory=dict)

    def watch(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Called for each event as it is sent."""
        number = number_of(body)
        if number is None:
            return
        if event["type"] == "message_start":
            self.begun[number] = SentenceAssembler()
        elif number in self.begun and (first := next(_complete(self.begun[number], event), None)):
            del self.begun[number]
            self.file.write(json.dumps({"number": number, "at": time.time(), "text": first.text}) + "\n")
            self.file.flush()


def _complete(assembler: SentenceAssembler, event: dict[str, Any]) -> Iterator[DraftSentence]:
    if event["type"] == "content_block_delta":
        yield from assembler.feed(event["delta"].get("text", ""))
    elif event["type"] == "content_block_stop":
        yield from assembler.close_block(())
    elif event["type"] == "message_stop":
        yield from assembler.finish()


def number_of(body: dict[str, Any]) -> int | None:
    """Of the question that a request is about."""
    last = body["messages"][-1]["content"]
    asked = last if isinstance(last, str) else " ".join(one["text"] for one in last if one["type"] == "text")
    found = TAG.findall(asked)
    return int(found[-1]) if found else None


async def main(seconds: float, notes: Path) -> None:
    def rule(body: dict[str, Any]) -> Reply:
        return replace(grounded(body), seconds=seconds, chunk=CHUNK)

    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # who goes away in mid-stream is no error
    with notes.open("a") as file:
        double = ClaudeDouble(rule, key=KEY, watch=_Notes(file).watch)
        await double.start()
        sys.stdout.write(double.url + "\n")
        sys.stdout.flush()
        while True:  # it is stopped from outside
            await asyncio.sleep(5)
            double.requests.clear()  # nobody looks at them, and they would fill the memory


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), Path(sys.argv[2])))
