"""How fast a first sync is: chunks a second beside LlamaIndex's IngestionPipeline and beside the model alone.

The sides take turns in each round, over the same chunk texts: LlamaIndex in a process of its own (ops/bench/llamaindex,
its two packages fetched into a temporary folder, every other library at our version), the model alone in its best order
(sorted by length, batches of some hundred word pieces, one a core), and a whole sync: listed, read, parsed, cut,
embedded in its child, written to the index and the ledger. Then the int8 form apart, with its quality.
"""

import asyncio
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ingest.chunking import Chunker
from ingest.index import Embedder, Vectors, make_embedder, minilm
from ingest.model import ParseError
from ingest.parsing import ParserProcess
from ingest.settings import IndexSettings, IngestSettings
from ingest.sources import make_source
from ops.knowledge import open_knowledge
from ops.reports import SyncRequest

ROOT = Path(__file__).parents[2]
PEER = ("llama-index-embeddings-fastembed==0.7.0", "llama-index-vector-stores-qdrant==0.10.4")
# Folders, where there are others: Markdown files; a judged set in BEIR's form.
CORPUS = Path(os.environ.get("FRONTDESK_BENCH_CORPUS", ROOT.parent / "shared" / "data" / "handbook"))
JUDGED = Path(os.environ.get("FRONTDESK_BENCH_JUDGED", ROOT.parent / "shared" / "data" / "policyqa"))
FILES = 60  # of the corpus, evenly drawn
ROUNDS = 3
TOP = 10

Side = Callable[[], float]  # seconds


async def measure() -> dict[str, object]:
    """Chunks a second (median, least, most), ratios of the same round, CPU seconds, nDCG@10."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        base = Path(folder)
        corpus = CORPUS if CORPUS.is_dir() else ROOT / "ops" / "demo" / "electromart" / "documents"
        files = _draw(corpus, base / "docs")
        exact, int8 = (make_embedder(IndexSettings(embedding_model=name)) for name in (minilm.NAME, minilm.INT8_NAME))
        texts = list(_chunk_texts(base / "docs", exact))
        for embedder in (exact, int8):
            embedder.embed(texts[:1])
        figures: dict[str, object] = {"corpus": corpus.name, "files": files, "chunks": len(texts)}
        sides = {
            "llamaindex": _llamaindex(base, texts),
            "model_alone": lambda: _seconds(lambda: exact.embed(texts)),
            "sync": lambda: _sync(base, minilm.NAME, len(texts)),
            "int8_model_alone": lambda: _seconds(lambda: int8.embed(texts)),
            "int8_sync": lambda: _sync(base, minilm.INT8_NAME, len(texts)),
        }
        return figures | _rounds(sides, len(texts)) | _quality(exact, int8)


def _rounds(sides: dict[str, Side], chunks: int) -> dict[str, object]:
    """Every side once a round; a ratio compares sides of one round, whose noise they share."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    cpu: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            began = _cpu_seconds()
            took[name].append(side())
            cpu[name].append(_cpu_seconds() - began)
    figures: dict[str, object] = {}
    for name, seconds in took.items():
        rates = sorted(chunks / each for each in seconds)
        figures[name] = {
            "chunks_per_s": round(statistics.median(rates), 1),
            "least_most": [round(rates[0], 1), round(rates[-1], 1)],
            "cpu_s": round(statistics.median(cpu[name]), 1),
        }
    for ours, other in (("sync", "llamaindex"), ("sync", "model_alone"), ("int8_sync", "int8_model_alone")):
        ratios = sorted(there / here for here, there in zip(took[ours], took[other], strict=True))
        figures[f"{ours}_in_{other}"] = {
            "median": round(statistics.median(ratios), 2),
            "least_most": [round(ratios[0], 2), round(ratios[-1], 2)],
        }
    return figures


def _draw(corpus: Path, target: Path) -> int:
    """Copy an even sample of the corpus; how many files."""
    found = sorted(corpus.rglob("*.md"))
    drawn = found[:: max(1, len(found) // FILES)]
    for file in drawn:
        copy = target / file.relative_to(corpus)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return len(drawn)


def _chunk_texts(docs: Path, embedder: Embedder) -> Iterator[str]:
    settings = IngestSettings.model_validate({"data_dir": docs.parent, "sources": {"docs": _source(docs)}})
    source = make_source("docs", settings.sources["docs"], docs.parent / "work")
    chunker = Chunker(embedder)
    with ParserProcess() as parser:
        for listed in source.list().items:
            try:
                documents = parser.parse(listed, source.read(listed)).documents
            except ParseError:
                continue  # a file without text
            for document in documents:
                yield from (chunk.embedded_text for chunk in chunker.chunks(document))


def _source(docs: Path) -> dict[str, object]:
    return {"kind": "folder", "path": docs}


def _sync(base: Path, name: str, chunks: int) -> float:
    """A first sync into an empty data_dir, cache included, by a process that can already answer a query."""
    with tempfile.TemporaryDirectory(dir=base) as data_dir:
        sources, index = {"docs": _source(base / "docs")}, {"embedding_model": name}
        settings = {"data_dir": data_dir, "sources": sources, "index": index}
        with open_knowledge(IngestSettings.model_validate(settings)) as knowledge:
            knowledge.index.embedder.embed(["a query"])
            seconds = _seconds(lambda: knowledge.sync(SyncRequest(), lambda _: None))
            assert knowledge.index.collection.count() == chunks, "the same chunks on every side"
            return seconds


def _llamaindex(base: Path, texts: list[str]) -> Side:
    """Its figures come from its process: neither imports nor loading the model are counted."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(base / "peer"), *PEER], check=True, stdout=sys.stderr)  # noqa: S603 - pinned
    (base / "texts.json").write_text(json.dumps(texts), "utf-8")
    model = minilm.ensure(base / "models")
    script = Path(__file__).with_name("llamaindex.py")
    command = [sys.executable, "-P", "-W", "ignore", str(script), str(model), str(base / "texts.json")]

    def run() -> float:
        environment = os.environ | {"PYTHONPATH": str(base / "peer")}
        done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own file
        return float(json.loads(done.stdout)["seconds"])

    return run


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _cpu_seconds() -> float:
    """Of this process and the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _quality(exact: Embedder, int8: Embedder) -> dict[str, object]:
    """nDCG@10 of dense search alone on the judged set, in both forms; the difference with its 95 % interval."""
    if not JUDGED.is_dir():
        return {"judged": f"{JUDGED.name} is not there"}
    first, second = (_ndcg(embedder) for embedder in (exact, int8))
    drawn = np.random.default_rng(0).choice(second - first, (2000, len(first))).mean(axis=1)
    return {
        "judged": JUDGED.name,
        "ndcg": round(float(first.mean()), 4),
        "int8_ndcg": round(float(second.mean()), 4),
        "int8_difference_95": [round(float(value), 4) for value in np.percentile(drawn, [2.5, 97.5])],
    }


def _ndcg(embedder: Embedder) -> Vectors:
    """Of each query."""
    corpus, queries = (
        [json.loads(line) for line in (JUDGED / name).read_text("utf-8").splitlines()]
        for name in ("corpus.jsonl", "queries.jsonl")
    )
    judged: dict[str, dict[str, int]] = {}
    for line in (JUDGED / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        judged.setdefault(query, {})[document] = int(grade)
    documents = embedder.embed([f"{each['title']}\n{each['text']}" for each in corpus])
    asked = [each for each in queries if each["_id"] in judged]
    order = np.argsort(-(embedder.embed([each["text"] for each in asked]) @ documents.T), axis=1)[:, :TOP]
    values = []
    for query, best in zip(asked, order, strict=True):
        grades = judged[query["_id"]]
        gained = _gain([grades.get(corpus[at]["_id"], 0) for at in best])
        values.append(gained / _gain(sorted(grades.values(), reverse=True)[:TOP]))
    return np.array(values, np.float32)


def _gain(grades: list[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))
