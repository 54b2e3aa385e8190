"""The index in this process: Qdrant's own engine (qdrant-edge). One process a folder."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import qdrant_edge as qdrant

from ingest.index.contract import Hit, IndexInUse, IndexUnavailable, Point, Query
from ingest.index.payload import KEYWORDS, PREFETCH, RRF_K, document_terms, from_payload, query_terms, to_payload

_PAGE = 1000
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _reported(
    method: Callable[Concatenate["EdgeCollection", Arguments], Result],
) -> Callable[Concatenate["EdgeCollection", Arguments], Result]:
    """The engine raises plain exceptions, and its panics are not even of Exception's kind."""

    @wraps(method)
    def call(self: "EdgeCollection", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            raise IndexUnavailable(f"the index in {self._folder} did not do it: {error}") from error

    return call


class EdgeCollection:
    """contract.Collection in the folder `parent`/`name`."""

    def __init__(self, parent: Path, name: str, dimensions: int) -> None:
        self.name = name
        self._folder = parent / name
        self._shard = _open(self._folder, dimensions)

    @_reported
    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        rows = [
            qdrant.Point(
                point.id,
                {"dense": [float(x) for x in point.dense], "sparse": document_terms(point.embedded_text)},
                to_payload(point.payload),
            )
            for point in points
        ]
        self._shard.update(qdrant.UpdateOperation.upsert_points(rows))
        self._shard.flush()

    @_reported
    def count(self, document_id: str | None = None, generation: int | None = None) -> int:
        return self._shard.count(qdrant.CountRequest(exact=True, filter=_of(document_id, generation)))

    @_reported
    def delete_generations(self, document_id: str, keep: int | None) -> None:
        mine = [_match("document_id", document_id)]
        kept = [] if keep is None else [qdrant.FieldCondition("generation", match=qdrant.MatchValue(keep))]
        chosen = qdrant.Filter(must=mine, must_not=kept)
        self._shard.update(qdrant.UpdateOperation.delete_points_by_filter(chosen))
        self._shard.flush()

    @_reported
    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        offset = None
        while True:
            records, offset = self._shard.scroll(
                qdrant.ScrollRequest(offset=offset, limit=_PAGE, with_payload=["document_id", "generation"])
            )
            for record in records:
                assert record.payload is not None
                found[record.payload["document_id"]][record.payload["generation"]] += 1
            if offset is None:
                return found

    @_reported
    def search(self, query: Query) -> list[Hit]:
        readable = _readable(query)
        dense = qdrant.Query.Nearest(list(query.dense), using="dense")
        terms = query_terms(query.text)
        depth = query.limit * PREFETCH
        legs = [qdrant.Prefetch(limit=depth, query=dense, filter=readable)]
        if terms.indices:
            sparse = qdrant.Query.Nearest(terms, using="sparse")
            legs.append(qdrant.Prefetch(limit=depth, query=sparse, filter=readable))
        fused = qdrant.QueryRequest(
            limit=query.limit, query=qdrant.Fusion.Rrf(k=RRF_K), prefetches=legs, with_payload=True
        )
        similar = qdrant.QueryRequest(limit=depth, query=dense, filter=readable, with_payload=False)
        best, near = self._shard.query_batch(qdrant.QueryBatchRequest([fused, similar]))
        cosine = {str(point.id): point.score for point in near}
        return [
            Hit(str(point.id), point.score, cosine.get(str(point.id)), from_payload(point.payload or {}))
            for point in best
        ]

    def close(self) -> None:
        self._shard.close()


def _open(folder: Path, dimensions: int) -> qdrant.EdgeShard:
    # One search thread less than the default pool: queries hold the GIL, and these machines are small.
    config = qdrant.EdgeConfig(
        vectors={"dense": qdrant.EdgeVectorParams(dimensions, qdrant.Distance.Cosine)},
        sparse_vectors={"sparse": qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
    )
    try:
        if any(folder.glob("*")):
            return qdrant.EdgeShard.load(str(folder), config)
        folder.mkdir(parents=True, exist_ok=True)
        shard = qdrant.EdgeShard.create(str(folder), config)
        for key in KEYWORDS:
            shard.update(qdrant.UpdateOperation.create_field_index(key, qdrant.PayloadSchemaType.Keyword))
        shard.update(qdrant.UpdateOperation.create_field_index("generation", qdrant.PayloadSchemaType.Integer))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if "WouldBlock" in str(error):
            raise IndexInUse(
                f"another Frontdesk has the index in {folder} open; use that one, or stop it first"
            ) from error
        raise IndexUnavailable(
            f"the index in {folder} can't be opened ({error}); move the folder away and run `frontdesk sync` "
            "to build it again"
        ) from error
    return shard


def drop_other_folders(parent: Path, keep: str) -> None:
    for folder in parent.glob("frontdesk-*"):
        if folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _match(key: str, value: str) -> qdrant.FieldCondition:
    return qdrant.FieldCondition(key, match=qdrant.MatchValue(value))


def _of(document_id: str | None, generation: int | None) -> qdrant.Filter | None:
    conditions: list[qdrant.ConditionType] = []
    if document_id is not None:
        conditions.append(_match("document_id", document_id))
    if generation is not None:
        conditions.append(qdrant.FieldCondition("generation", match=qdrant.MatchValue(generation)))
    return qdrant.Filter(must=conditions) if conditions else None


def _readable(query: Query) -> qdrant.Filter:
    conditions: list[qdrant.ConditionType] = [
        qdrant.FieldCondition("audience", match=qdrant.MatchAny(list(query.audience)))
    ]
    if query.sources:
        conditions.append(qdrant.FieldCondition("source", match=qdrant.MatchAny(list(query.sources))))
    return qdrant.Filter(must=conditions)
