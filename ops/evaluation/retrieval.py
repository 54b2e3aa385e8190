"""How well the index finds what judges call relevant: any BEIR-form set, through the path that answers take.

Every passage is cut, embedded and indexed as a document is, in Qdrant's own engine in a temporary folder; every query
goes through CurrentSearch. A passage of several chunks counts as its best one.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

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
from ops.evaluation.measured import METRICS, Measured, Values
from ops.evaluation.reranking import RERANKED, Reranking, Searching
from ops.operations import OperationError

RANKINGS = {"dense": Ranking.DENSE, "sparse": Ranking.SPARSE, "rrf": Ranking.RRF, "ours": Ranking.FUSED}
SHALLOW, DEEP = 10, 100  # documents: what an answer sees, and what recall@100 asks for
BATCH = 256
_READER = ("everyone",)

OnStep = Callable[[str], None]


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
