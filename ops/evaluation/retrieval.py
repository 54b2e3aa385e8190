"""How well the index finds what judges call relevant: any BEIR-form set, through the path that answers take.

Every passage is cut, embedded and indexed as a document is, in Qdrant's own engine in a temporary folder; every query
goes through CurrentSearch. A passage of several chunks counts as its best one.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from ingest.chunking import Chunker
from ingest.index import (
    Collection,
    Current,
    CurrentSearch,
    Embedder,
    Hit,
    Payload,
    Point,
    Query,
    Ranking,
    Reranker,
    Searched,
    Vectors,
    open_collection,
)
from ingest.model import Block, Chunk, Document
from ingest.settings import IndexSettings
from ops.evaluation.judged import JudgedSet
from ops.evaluation.reranking import RERANKED, Reranking, Searching
from ops.operations import OperationError

RANKINGS = {"dense": Ranking.DENSE, "sparse": Ranking.SPARSE, "rrf": Ranking.RRF, "ours": Ranking.FUSED}
METRICS = ("ndcg@10", "recall@10", "recall@100", "mrr@10")
SHALLOW, DEEP = 10, 100  # documents: what an answer sees, and what recall@100 asks for
BATCH = 256
RESAMPLES, SEED = 2000, 0
_READER = ("everyone",)

Values = npt.NDArray[np.float64]  # one a query, in the order of the queries
OnStep = Callable[[str], None]


class Interval(BaseModel):
    """A mean over queries, and where 95 % of the bootstrap's means are."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """Each metric of each ranking for each query."""

    queries: tuple[str, ...]
    documents: int
    chunks: int
    model: str
    values: Mapping[str, Mapping[str, Values]]  # ranking -> metric -> values

    def better_leg(self) -> str:
        return max(("dense", "sparse"), key=lambda leg: float(self.values[leg]["ndcg@10"].mean()))

    def interval(self, metric: str, ranking: str, minus: str | None = None) -> Interval:
        values = self.values[ranking][metric]
        return bootstrap(values if minus is None else values - self.values[minus][metric])

    def report(self) -> dict[str, object]:
        """As --json prints it."""
        report: dict[str, object] = {
            "queries": len(self.queries),
            "documents": self.documents,
            "chunks": self.chunks,
            "model": self.model,
        }
        for ranking in self.values:
            found = {metric: self.interval(metric, ranking) for metric in METRICS}
            report[ranking] = {metric: one.mean for metric, one in found.items()} | {
                "ci": {metric: [one.low, one.high] for metric, one in found.items()}
            }
        report["best_leg"] = self.better_leg()
        for name, one, other in self.differences():
            report[name] = {metric: self.interval(metric, one, other).model_dump() for metric in METRICS}
        return report

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Which rankings are compared: a name, the one, and what is taken from it."""
        yield "ours-rrf", "ours", "rrf"
        yield "ours-best_leg", "ours", self.better_leg()
        if RERANKED in self.values:
            yield "reranked-ours", RERANKED, "ours"


def bootstrap(values: Values) -> Interval:
    """Over queries, seeded: the same values give the same interval. Rounded to four digits."""
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return Interval(mean=round(float(values.mean()), 4), low=round(float(low), 4), high=round(float(high), 4))


def measure(
    judged: JudgedSet,
    settings: IndexSettings,
    embedder: Embedder,
    rankings: Sequence[str] = tuple(RANKINGS),
    on_step: OnStep = lambda _: None,
    reranker: Reranker | None = None,
    candidates: int = 0,
) -> Measured:
    """Index the corpus and ask every query once for each ranking and depth. The folder is gone afterwards. `candidates`
    are how many chunks the reranker puts in order."""
    calculate = _metrics()
    with _indexed(judged, settings, embedder, on_step) as (collection, chunks):
        on_step(f"asking {len(judged.queries)} queries")
        remembering = _Remembering(embedder, list(judged.queries.values()))
        searches: dict[str, Searching] = {
            name: CurrentSearch(
                Searched(_Ranked(collection, RANKINGS[name]), remembering, _AllCurrent())  # type: ignore[arg-type]
            )
            for name in rankings
        }
        if reranker is not None:
            searches[RERANKED] = Reranking(searches["ours"], reranker, candidates)
        values = {}
        for name, search in searches.items():
            runs = {
                depth: {key: _documents(search, text, depth) for key, text in judged.queries.items()}
                for depth in (SHALLOW, DEEP)
            }
            values[name] = calculate(judged, runs[SHALLOW], runs[DEEP])
    return Measured(tuple(judged.queries), len(judged.documents), chunks, embedder.name, values)


def _documents(search: Searching, text: str, wanted: int) -> list[str]:
    """The best documents, at most `wanted`. Asks for more chunks while those of too few documents come."""
    limit = wanted
    while True:
        hits = search.search(text, audience=_READER, limit=limit)
        found = list(dict.fromkeys(hit.payload.document_id for hit in hits))
        if len(found) >= wanted or len(hits) < limit or limit > 100 * wanted:
            return found[:wanted]
        limit *= 2


@contextmanager
def _indexed(
    judged: JudgedSet, settings: IndexSettings, embedder: Embedder, on_step: OnStep
) -> Iterator[tuple[Collection, int]]:
    embedded = settings.model_copy(update={"qdrant_url": None})
    with tempfile.TemporaryDirectory(prefix="frontdesk-eval-") as folder:
        collection = open_collection(embedded, Path(folder), embedder)
        try:
            chunks = list(_chunks(judged, Chunker(embedder)))
            for start in range(0, len(chunks), BATCH):
                on_step(f"embedding {start} of {len(chunks)} chunks")
                batch = chunks[start : start + BATCH]
                vectors = embedder.embed([chunk.embedded_text for chunk in batch])
                collection.upsert([_point(*pair) for pair in zip(batch, vectors.tolist(), strict=True)])
            yield collection, len(chunks)
        finally:
            collection.close()


def _chunks(judged: JudgedSet, chunker: Chunker) -> Iterator[Chunk]:
    now = datetime.now(UTC)
    for key, (title, text) in judged.documents.items():
        yield from chunker.chunks(Document(key, key, title, [Block(text)], now))


def _point(chunk: Chunk, vector: list[float]) -> Point:
    payload = Payload(
        document_id=chunk.document_id,
        source="corpus",
        title=chunk.title,
        section=chunk.section,
        text=chunk.text,
        url=chunk.uri,
        audience=_READER,
        version=None,
        changed_at=chunk.changed_at,
        generation=1,
        position=chunk.position,
    )
    return Point(chunk.id, vector, chunk.embedded_text, payload)


class _Ranked:
    """A collection whose queries are all ranked one way."""

    def __init__(self, collection: Collection, ranking: Ranking) -> None:
        self._collection = collection
        self._ranking = ranking

    def search(self, query: Query) -> list[Hit]:
        return self._collection.search(replace(query, ranking=self._ranking))


class _Remembering:
    """The embedder of queries that are asked several times; embeds them together, once."""

    def __init__(self, embedder: Embedder, texts: list[str]) -> None:
        self._vectors = dict(zip(texts, embedder.embed(texts), strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vectors[text] for text in texts])


class _AllCurrent:
    def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
        return dict.fromkeys(document_ids, Current(1, None))

    def index_version(self) -> int:
        return 0


Run = Mapping[str, Sequence[str]]  # query -> documents, best first


def _metrics() -> Callable[[JudgedSet, Run, Run], dict[str, Values]]:
    """The field's own implementations, trec_eval's through ir_measures; loaded first, so that nothing is in vain."""
    try:
        import ir_measures  # noqa: PLC0415 - an extra
        from ir_measures import RR, R, nDCG  # noqa: PLC0415
    except ImportError as error:
        raise OperationError("the metrics are not installed; run: pip install 'frontdesk[eval]'") from error
    shallow, deep = {"ndcg@10": nDCG @ 10, "recall@10": R @ 10, "mrr@10": RR @ 10}, {"recall@100": R @ 100}

    def calculate(judged: JudgedSet, ten: Run, hundred: Run) -> dict[str, Values]:
        place = {key: at for at, key in enumerate(judged.queries)}
        values = {metric: np.zeros(len(place)) for metric in METRICS}
        for metrics, run in ((shallow, ten), (deep, hundred)):
            names = {measure: metric for metric, measure in metrics.items()}
            # Scores that fall strictly: trec_eval orders by score, not as it is given.
            scored = {key: {one: -float(at) for at, one in enumerate(found)} for key, found in run.items()}
            for value in ir_measures.iter_calc(list(names), judged.relevant, scored):
                values[names[value.measure]][place[value.query_id]] = value.value
        return values

    return calculate


def show(measured: Measured) -> Iterator[str]:
    """The report as lines for a terminal."""
    yield f"{len(measured.queries)} queries, {measured.documents} documents, {measured.chunks} chunks, {measured.model}"
    yield "95 % intervals by bootstrap over the queries"
    yield " " * 12 + "".join(f"{metric:>24}" for metric in METRICS)
    for ranking in measured.values:
        yield f"{ranking:12}" + "".join(f"{_shown(measured.interval(metric, ranking)):>24}" for metric in METRICS)
    for _, one, other in measured.differences():
        found = [measured.interval(metric, one, other) for metric in METRICS]
        name = f"- {other}" if one == "ours" else f"{one} - {other}"
        yield f"{name:12}" + "".join(f"{_shown(value, '+'):>24}" for value in found)


def _shown(one: Interval, sign: str = "") -> str:
    return f"{one.mean:{sign}.3f} [{one.low:{sign}.3f}, {one.high:{sign}.3f}]"
