"""What the upkeep of the index costs: an unchanged source, one change, memory, and queries during a rebuild.

All in one process with the real index, ledger, parser and model, except that each memory figure has a process of its
own. Ratios are against something run side by side.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from unittest import mock

import psutil

import ops.knowledge
from ingest.settings import IngestSettings
from ops.knowledge import Knowledge, open_knowledge
from ops.reports import SyncOutcome, SyncRequest

FILES = 10_000
TOPICS = ("returns", "shipping", "warranty", "repairs", "invoices", "gift cards", "opening hours", "spare parts")


async def measure() -> dict[str, object]:
    """Ratios of times and of percentiles; MiB; seconds."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        base = Path(folder)
        small, large = (_peak_memory(base / str(files), files) for files in (FILES // 10, FILES))
        figures: dict[str, object] = {"peak_mib_1000_files": small, f"peak_mib_{FILES}_files": large}
        with _opened(base / str(FILES)) as knowledge:
            figures |= _unchanged(knowledge, base / str(FILES) / "docs")
            figures |= _one_change(knowledge, base / str(FILES) / "docs")
        return figures | _rebuild(base / "1000")


def _unchanged(knowledge: Knowledge, docs: Path) -> dict[str, object]:
    """A sync with nothing to do against a bare walk, and the documents that it opened."""
    opened: list[str] = []
    watching = True

    def audit(name: str, arguments: tuple[object, ...]) -> None:
        if watching and name == "open" and str(arguments[0]).startswith(str(docs)):
            opened.append(str(arguments[0]))

    sys.addaudithook(audit)
    walks, syncs = list[float](), list[float]()
    for _ in range(9):
        walks.append(_timed(lambda: _walk(str(docs))))
        syncs.append(_timed(lambda: _sync(knowledge)))
    watching = False
    walk, sync = statistics.median(walks), statistics.median(syncs)
    return {
        "unchanged_ms": round(sync * 1e3, 1),
        "walk_ms": round(walk * 1e3, 1),
        "unchanged_in_walks": round(sync / walk, 2),
        "opened_when_unchanged": len(opened),
    }


def _one_change(knowledge: Knowledge, docs: Path) -> dict[str, object]:
    """From a sync's start to its answer from the one file of all that changed, asked until it comes."""
    took = []
    for number in range(3):
        (docs / f"d{number}" / "f7.md").write_text(f"# Xylophone {number}\n\nThe xylophone number {number} is blue.\n")
        sync = threading.Thread(target=_sync, args=(knowledge,))
        started = time.perf_counter()
        sync.start()
        while not _finds(knowledge, f"xylophone number {number}"):
            assert time.perf_counter() - started < 60
        took.append(time.perf_counter() - started)
        sync.join()
    return {"one_change_searchable_s": round(statistics.median(took), 2)}


def _finds(knowledge: Knowledge, words: str) -> bool:
    hits = knowledge.search.search(words, audience=["everyone"], limit=3)
    return any(words in hit.payload.text for hit in hits)


def _rebuild(base: Path) -> dict[str, object]:
    """Queries while every document is embedded anew into an index beside, against the same queries before."""
    with mock.patch.object(ops.knowledge, "LAYOUT", "bench"), _opened(base) as knowledge:
        (base / "embeddings.sqlite3").unlink(missing_ok=True)
        idle = _asked(knowledge, lambda count: count < 400)
        rebuild = threading.Thread(target=_sync, args=(knowledge,))
        rebuild.start()
        busy = _asked(knowledge, lambda _: rebuild.is_alive())
        assert knowledge.old is None, "the rebuilt index answers"
    return {
        "query_idle_p99_ms": round(_p99(idle) * 1e3, 1),
        "query_rebuild_p99_ms": round(_p99(busy) * 1e3, 1),
        "rebuild_p99_in_idle_p99": round(_p99(busy) / _p99(idle), 2),
        "queries_in_rebuild": len(busy),
    }


def _asked(knowledge: Knowledge, go_on: Callable[[int], bool]) -> list[float]:
    took: list[float] = []
    while go_on(len(took)):
        question = f"what about {TOPICS[len(took) % len(TOPICS)]} {len(took)}"
        took.append(_timed(partial(knowledge.search.search, question, audience=["everyone"])))
        time.sleep(0.02)  # a busy workspace; back to back, the questions themselves would be the load
    return took


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _peak_memory(base: Path, files: int) -> float:
    """MiB in all processes at the most while a process syncs a folder of so many files for the first time."""
    _fill(base / "docs", files)
    with subprocess.Popen([sys.executable, "-m", "ops.bench.sync", str(base)]) as child:  # noqa: S603 - ourselves
        process, peak = psutil.Process(child.pid), 0
        while child.poll() is None:
            with suppress(psutil.NoSuchProcess):
                peak = max(peak, sum(each.memory_info().rss for each in (process, *process.children(recursive=True))))
            time.sleep(0.05)
    assert child.returncode == 0
    return round(peak / 2**20, 1)


def _fill(docs: Path, files: int) -> None:
    for number in range(files):
        path = docs / f"d{number // 100}" / f"f{number % 100}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        topic = TOPICS[number % len(TOPICS)]
        path.write_text(
            f"# About {topic} {number}\n\nNumber {number} of what people ask about {topic}, in shop {number % 37}.\n"
        )


@contextmanager
def _opened(base: Path) -> Iterator[Knowledge]:
    sources = {"docs": {"kind": "folder", "path": base / "docs"}}
    with open_knowledge(IngestSettings.model_validate({"data_dir": base, "sources": sources})) as knowledge:
        yield knowledge


def _sync(knowledge: Knowledge) -> SyncOutcome:
    [outcome] = knowledge.sync(SyncRequest(), lambda _: None)
    assert outcome.state == "success", outcome
    return outcome


def _walk(folder: str) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            _walk(entry.path)
        else:
            entry.stat()


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    with _opened(Path(sys.argv[1])) as opened:
        sys.stderr.write(json.dumps(_sync(opened).model_dump(mode="json")) + "\n")
