"""The index on a Qdrant server or cluster, with the same schema as the one in the process."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from qdrant_client import QdrantClient, models

from ingest.index.contract import Hit, IndexUnavailable, Point, Query
from ingest.index.payload import KEYWORDS, PREFETCH, RRF_K, document_terms, from_payload, query_terms, to_payload

_PAGE = 1000
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _reported(
    method: Callable[Concatenate["ServerCollection", Arguments], Result],
) -> Callable[Concatenate["ServerCollection", Arguments], Result]:
    """qdrant-client raises its own, httpx's and plain ValueErrors: here each is an outage."""

    @wraps(method)
    def call(self: "ServerCollection", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            raise IndexUnavailable(
                f"Qdrant did not do it ({type(error).__name__}: {error}); check QDRANT_URL"
            ) from error

    return call


class ServerCollection:
    """contract.Collection on a server. `client` is qdrant-client's; its local engine has the same request models."""

    def __init__(self, client: QdrantClient, name: str, dimensions: int) -> None:
        self.name = name
        self._client = client
        self._create(dimensions)

    @_reported
    def _create(self, dimensions: int) -> None:
        if self._client.collection_exists(self.name):
            return
        self._client.create_collection(
            self.name,
            vectors_config={"dense": models.VectorParams(size=dimensions, distance=models.Distance.COSINE)},
            sparse_vectors_config={"sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        for key in KEYWORDS:
            # A reader searches one audience: a tenant's points are kept together.
            schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=key == "audience")
            self._client.create_payload_index(self.name, key, schema)
        self._client.create_payload_index(self.name, "generation", models.PayloadSchemaType.INTEGER)

    @_reported
    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        rows = [
            models.PointStruct(
                id=point.id,
                vector={
                    "dense": [float(x) for x in point.dense],
                    "sparse": _sparse(document_terms(point.embedded_text)),
                },
                payload=to_payload(point.payload),
            )
            for point in points
        ]
        self._client.upsert(self.name, rows, wait=True)

    @_reported
    def count(self, document_id: str | None = None, generation: int | None = None) -> int:
        conditions: list[models.Condition] = []
        if document_id is not None:
            conditions.append(_match("document_id", document_id))
        if generation is not None:
            conditions.append(_match("generation", generation))
        chosen = models.Filter(must=conditions) if conditions else None
        return self._client.count(self.name, count_filter=chosen, exact=True).count

    @_reported
    def delete_generations(self, document_id: str, keep: int | None) -> None:
        kept: list[models.Condition] = [] if keep is None else [_match("generation", keep)]
        chosen = models.Filter(must=[_match("document_id", document_id)], must_not=kept)
        self._client.delete(self.name, models.FilterSelector(filter=chosen), wait=True)

    @_reported
    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        offset: Any = None
        while True:
            records, offset = self._client.scroll(
                self.name, limit=_PAGE, offset=offset, with_payload=["document_id", "generation"]
            )
            for record in records:
                assert record.payload is not None
                found[record.payload["document_id"]][record.payload["generation"]] += 1
            if offset is None:
                return found

    @_reported
    def search(self, query: Query) -> list[Hit]:
        conditions: list[models.Condition] = [_match_any("audience", query.audience)]
        if query.sources:
            conditions.append(_match_any("source", query.sources))
        readable = models.Filter(must=conditions)
        depth = query.limit * PREFETCH
        terms = query_terms(query.text)
        legs = [models.Prefetch(query=list(query.dense), using="dense", filter=readable, limit=depth)]
        if terms.indices:
            legs.append(models.Prefetch(query=_sparse(terms), using="sparse", filter=readable, limit=depth))
        fused = models.QueryRequest(
            prefetch=legs,
            query=models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
            filter=readable,
            limit=query.limit,
            with_payload=True,
        )
        similar = models.QueryRequest(query=list(query.dense), using="dense", filter=readable, limit=depth)
        best, near = self._client.query_batch_points(self.name, [fused, similar])
        cosine = {point.id: point.score for point in near.points}
        return [
            Hit(str(point.id), point.score, cosine.get(point.id), from_payload(point.payload or {}))
            for point in best.points
        ]

    def close(self) -> None:
        self._client.close()

    @_reported
    def drop_others(self) -> None:
        """Remove Frontdesk's collections of other embedding models; never a collection that is not ours."""
        for other in self._client.get_collections().collections:
            if other.name.startswith("frontdesk-") and other.name != self.name:
                self._client.delete_collection(other.name)


def _sparse(terms: Any) -> models.SparseVector:
    return models.SparseVector(indices=terms.indices, values=terms.values)


def _match(key: str, value: str | int) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _match_any(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
