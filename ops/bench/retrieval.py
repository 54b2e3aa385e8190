"""What one question costs before anybody writes, over what it cannot do without: embedding it, and one hybrid query.

50,000 chunks in the embedded engine and the real ledger; vectors and texts are synthetic, the questions' embeddings are
real. Each question is asked all ways in turn, so that whatever else the machine does falls on each.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from ingest.index import (
    Collection,
    CurrentSearch,
    Payload,
    Point,
    Query,
    Ranking,
    Searched,
    make_embedder,
    open_collection,
)
from ingest.ledger import Ledger
from ingest.model import SyncReport, SyncState
from ingest.settings import IndexSettings

CHUNKS, CHUNKS_A_DOCUMENT, BATCH = 50_000, 5, 2_000
QUESTIONS, WARM_UP = 200, 20
LIMIT = 12
WORDS_A_CHUNK = 90
READER = ("everyone",)
SUBJECTS = ("return a laptop", "change my address", "VX-TB4-DOCK firmware", "pay an invoice", "reset my password")


async def measure() -> dict[str, object]:
    """Medians in ms, and the ratio of the whole search to the sum of its two necessary parts."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, object]:
    embedder = make_embedder(IndexSettings())
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        collection = open_collection(IndexSettings(), Path(folder), embedder)
        with Ledger(Path(folder) / "ledger.sqlite3", collection.name) as ledger:
            _fill(collection, ledger, embedder.dimensions)
            search = CurrentSearch(Searched(collection, embedder, ledger))
            took: dict[str, list[float]] = {"embedding": [], "hybrid": [], "fused": [], "search": []}
            for number in range(WARM_UP + QUESTIONS):
                for name, seconds in _asked(f"how do I {SUBJECTS[number % len(SUBJECTS)]} {number}", search).items():
                    took[name] += [seconds] if number >= WARM_UP else []
        collection.close()
    median = {name: statistics.median(values) * 1e3 for name, values in took.items()}
    least = median["embedding"] + median["hybrid"]
    return {
        "chunks": CHUNKS,
        "questions": QUESTIONS,
        **{f"{name}_p50_ms": round(value, 2) for name, value in median.items()},
        "search_p99_ms": round(statistics.quantiles(took["search"], n=100)[98] * 1e3, 2),
        "search_in_embedding_and_hybrid": round(median["search"] / least, 3),
    }


def _asked(question: str, search: CurrentSearch) -> dict[str, float]:
    """Seconds of the parts alone and of the whole. `hybrid` is plain RRF of both legs, `fused` ours; both of LIMIT."""
    searched = search._searched
    vectors: list[list[float]] = []

    def query(ranking: Ranking) -> None:
        searched.collection.search(Query(question, vectors[0], READER, limit=LIMIT, ranking=ranking))

    return {
        "embedding": _timed(lambda: vectors.append(searched.embedder.embed([question])[0].tolist())),
        "hybrid": _timed(lambda: query(Ranking.RRF)),
        "fused": _timed(lambda: query(Ranking.FUSED)),
        "search": _timed(lambda: search.search(question, audience=READER, limit=LIMIT)),
    }


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _fill(collection: Collection, ledger: Ledger, dimensions: int) -> None:
    drawn, vectors = random.Random(0), np.random.default_rng(0)  # noqa: S311 - texts, not secrets
    words = [*" ".join(SUBJECTS).split(), "how", *(f"word{number}" for number in range(8_000))]
    often = [1 / (place + 1) for place in range(len(words))]  # as in any language, few words are most of a text
    run = ledger.begin_run("docs")
    for start in range(0, CHUNKS, BATCH):
        documents = [
            (f"d{at}", f"d{at}") for at in range(start // CHUNKS_A_DOCUMENT, (start + BATCH) // CHUNKS_A_DOCUMENT)
        ]
        ledger.mark_writing(run, "docs", documents)
        dense = vectors.normal(size=(BATCH, dimensions)).astype(np.float32)
        points = [
            _point(start + at, " ".join(drawn.choices(words, often, k=WORDS_A_CHUNK)), vector, run)
            for at, vector in enumerate(dense.tolist())
        ]
        collection.upsert(points)
        ledger.switch(run, "docs", [(document, "hash", CHUNKS_A_DOCUMENT) for document, _ in documents])
        ledger.settle(run, "docs", [document for document, _ in documents])
    ledger.finish_run(run, SyncReport("docs", SyncState.SUCCESS, added=CHUNKS // CHUNKS_A_DOCUMENT), verified=True)


def _point(number: int, text: str, vector: list[float], generation: int) -> Point:
    payload = Payload(
        document_id=f"d{number // CHUNKS_A_DOCUMENT}",
        source="docs",
        title="A document",
        section="A part of it",
        text=text,
        url=f"https://docs.example/{number // CHUNKS_A_DOCUMENT}",
        audience=READER,
        version=None,
        changed_at=datetime(2026, 3, 1, tzinfo=UTC),
        generation=generation,
        position=number % CHUNKS_A_DOCUMENT,
    )
    return Point(str(UUID(int=number + 1)), vector, text, payload)
