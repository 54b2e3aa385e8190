"""The collection on a Qdrant server or cluster, through qdrant-client; the same schema as the one in the process."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from pydantic import SecretStr
from qdrant_client import QdrantClient, models

from ingest.index import schema
from ingest.index.contract import Hit, IndexUnavailable, Point, Query, Ranking, Titled

TIMEOUT_S = 10  # of one request; a question's own deadline is longer
WRITE_BATCH = 128
PAGE = 1000

_Leg = tuple[str, list[float] | models.SparseVector]  # which vectors, and what is compared with them


def connect(url: str, api_key: SecretStr | None) -> QdrantClient:
    """A client that has not called anybody yet."""
    key = None if api_key is None else api_key.get_secret_value()
    return QdrantClient(url=url, api_key=key, timeout=TIMEOUT_S, check_compatibility=False)


class ServerCollection:
    """A Collection of `client`, made by the first call that needs it: a server that is down fails calls, not the start.

    Every method raises IndexUnavailable when the server does not answer within the client's timeout or refuses.
    """

    def __init__(self, client: QdrantClient, name: str, dimensions: int) -> None:
        self.name = name
        self._client = client
        self._dimensions = dimensions
        self._making = Lock()
        self._made = False

    def upsert(self, points: Sequence[Point]) -> None:
        with self._asked("write"):
            for start in range(0, len(points), WRITE_BATCH):
                batch = [_row(point) for point in points[start : start + WRITE_BATCH]]
                self._client.upsert(self.name, batch, wait=True)

    def count(self, document_ids: Sequence[str] | None = None, generation: int | None = None) -> int:
        must: list[models.Condition] = [] if document_ids is None else [_any_of("document_id", document_ids)]
        if generation is not None:
            must.append(_is(schema.GENERATION, generation))
        with self._asked("count"):
            return self._client.count(self.name, count_filter=models.Filter(must=must), exact=True).count

    def delete_generations(self, document_ids: Sequence[str], keep: int | None) -> None:
        kept: list[models.Condition] = [] if keep is None else [_is(schema.GENERATION, keep)]
        stale = models.Filter(must=[_any_of("document_id", document_ids)], must_not=kept)
        with self._asked("delete"):
            self._client.delete(self.name, models.FilterSelector(filter=stale), wait=True)

    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        found: dict[str, Counter[int]] = {}
        with self._asked("list"):
            for fields in self._scroll(["document_id", schema.GENERATION]):
                found.setdefault(fields["document_id"], Counter())[fields[schema.GENERATION]] += 1
        return found

    def titles(self) -> list[Titled]:
        first = models.Filter(must=[_is(schema.POSITION, 0)])
        with self._asked("list"):
            return [Titled(**fields) for fields in self._scroll(Titled._fields, first)]

    def search(self, query: Query) -> list[Hit]:
        legs: list[_Leg] = [(schema.DENSE, list(query.dense))]
        for indices, values in schema.query_terms(query.text):
            legs.append((schema.SPARSE, models.SparseVector(indices=indices, values=values)))
        if query.ranking is Ranking.SPARSE and len(legs) == 1:
            return []
        with self._asked("search"):
            found = self._client.query_points(
                self.name, **_ranked(query, legs), limit=query.limit, with_payload=True, with_vectors=[schema.DENSE]
            )
        return schema.hits_of(found.points, query.dense)

    def drop_others(self) -> None:
        mine = self.name.rpartition("-")[0] + "-"  # this installation's; another one may share the server
        with self._asked("list its collections"):
            for other in self._client.get_collections().collections:
                if other.name.startswith(mine) and other.name != self.name:
                    self._client.delete_collection(other.name)

    def close(self) -> None:
        self._client.close()

    def _scroll(self, fields: Sequence[str], only: models.Filter | None = None) -> Iterator[schema.Fields]:
        offset = None
        while True:
            records, offset = self._client.scroll(self.name, only, limit=PAGE, offset=offset, with_payload=list(fields))
            yield from (record.payload or {} for record in records)
            if offset is None:
                return

    @contextmanager
    def _asked(self, doing: str) -> Iterator[None]:
        try:
            self._ensure()
            yield
        except Exception as error:  # qdrant-client raises its own, its HTTP library's, and plain ValueErrors
            reason = str(error).strip().splitlines()
            raise IndexUnavailable(
                f"The Qdrant server did not {doing} ({reason[0] if reason else type(error).__name__}); "
                "check QDRANT_URL, QDRANT_API_KEY and that the server runs."
            ) from error

    def _ensure(self) -> None:
        with self._making:
            if self._made:
                return
            if not self._client.collection_exists(self.name):
                self._create()
            for field in schema.KEYWORDS:  # again when they exist: a replica may have been killed before them
                # A question is asked for one audience: its points are kept together.
                kind = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == "audience")
                self._client.create_payload_index(self.name, field, kind)
            self._client.create_payload_index(self.name, schema.GENERATION, models.PayloadSchemaType.INTEGER)
            self._made = True

    def _create(self) -> None:
        dense = models.VectorParams(size=self._dimensions, distance=models.Distance.COSINE)
        try:
            self._client.create_collection(
                self.name,
                vectors_config={schema.DENSE: dense},
                sparse_vectors_config={schema.SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )
        except Exception:
            if not self._client.collection_exists(self.name):  # else another replica was first
                raise


def _row(point: Point) -> models.PointStruct:
    indices, values = schema.document_terms(point.embedded_text)
    return models.PointStruct(
        id=point.id,
        vector={schema.DENSE: list(point.dense), schema.SPARSE: models.SparseVector(indices=indices, values=values)},
        payload=schema.fields_of(point.payload),
    )


def _ranked(query: Query, legs: list[_Leg]) -> dict[str, Any]:
    """The prefetches of a query and what orders their candidates: the same as in the process (edge.py)."""
    depth, readable = schema.candidates(query.limit), _readable(query)
    found = [models.Prefetch(query=leg, using=name, filter=readable, limit=depth) for name, leg in legs]
    if query.ranking is Ranking.DENSE:
        return {"prefetch": found[:1], "query": legs[0][1], "using": schema.DENSE}
    if query.ranking is Ranking.SPARSE:
        return {"prefetch": found[1:2], "query": legs[1][1], "using": schema.SPARSE}
    if query.ranking is Ranking.RRF:
        return {"prefetch": found[:2], "query": models.RrfQuery(rrf=models.Rrf(k=schema.RRF_K))}
    all_found = models.Prefetch(prefetch=found, query=legs[0][1], using=schema.DENSE, limit=depth * len(legs))
    scores = [_standardised(all_found), *map(_standardised, found[1:2]), *found[2:]]
    formula = models.FormulaQuery(formula=_expression(schema.fused(len(scores))), defaults=schema.MISSING)
    return {"prefetch": scores, "query": formula}


def _standardised(scored: models.Prefetch) -> models.Prefetch:
    return models.Prefetch(prefetch=[scored], query=models.FusionQuery(fusion=models.Fusion.DBSF), limit=scored.limit)


def _expression(given: schema.Expression) -> models.Expression:
    if isinstance(given, str | float):
        return given
    operands = [_expression(operand) for operand in given[1:]]
    if given[0] == "abs":
        return models.AbsExpression(abs=operands[0])
    return models.SumExpression(sum=operands) if given[0] == "sum" else models.MultExpression(mult=operands)


def _any_of(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))


def _is(key: str, value: str | int) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _readable(query: Query) -> models.Filter:
    wanted = {"audience": query.audience, "source": query.sources or None}
    return models.Filter(must=[_any_of(key, values) for key, values in wanted.items() if values is not None])
