"""The collection inside the process: Qdrant's own engine on a folder that one process owns."""

import errno
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

import qdrant_edge as qdrant

from ingest.index import schema
from ingest.index.contract import Hit, IndexInUse, IndexUnavailable, Point, Query, Ranking, Titled

# A call into the engine holds the GIL, and with it the event loop that acks Slack's events: 64 points take a few ms.
WRITE_BATCH = 64
PAGE = 1000
# The engine writes through memory maps: on a full disk it would not fail but die, with the process.
MIN_FREE_BYTES = 64 * 1024 * 1024
_IN_USE = "Another process has the index in {} open, and one process owns it: use that one, or stop it first."


class EdgeCollection:
    """A Collection in `folder`: the engine's files in `shard`, and `lock`, held while it is open.

    Raises IndexInUse when another process has it, IndexUnavailable when it cannot be read or made.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.name = folder.name
        self._folder = folder
        self._lock = _locked(folder)
        self._writing = Lock()
        try:
            self._shard = _open(folder, dimensions)
        except BaseException:
            os.close(self._lock)
            raise
        self._closed = False

    def upsert(self, points: Sequence[Point]) -> None:
        with self._translated("write"), self._writing:
            for start in range(0, len(points), WRITE_BATCH):
                _needs_space(self._folder)
                batch = [_engine_point(point) for point in points[start : start + WRITE_BATCH]]
                self._shard.update(qdrant.UpdateOperation.upsert_points(batch))
            self._shard.flush()

    def count(self, document_ids: Sequence[str] | None = None, generation: int | None = None) -> int:
        with self._translated("count"):
            return int(self._shard.count(qdrant.CountRequest(filter=_documents(document_ids, generation))))

    def delete_generations(self, document_ids: Sequence[str], keep: int | None) -> None:
        kept: list[qdrant.ConditionType] = [] if keep is None else [_matches(schema.GENERATION, keep)]
        stale = qdrant.Filter(must=[_any_of("document_id", document_ids)], must_not=kept)
        with self._translated("delete"), self._writing:
            _needs_space(self._folder)
            self._shard.update(qdrant.UpdateOperation.delete_points_by_filter(stale))
            self._shard.flush()

    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        found: dict[str, Counter[int]] = {}
        with self._translated("list"):
            for fields in self._scroll(["document_id", schema.GENERATION]):
                found.setdefault(fields["document_id"], Counter())[fields[schema.GENERATION]] += 1
        return found

    def titles(self) -> list[Titled]:
        first = qdrant.Filter(must=[_matches(schema.POSITION, 0)])
        with self._translated("list"):
            return [Titled(**fields) for fields in self._scroll(Titled._fields, first)]

    def search(self, query: Query) -> list[Hit]:
        legs = [qdrant.Query.Nearest(list(query.dense), using=schema.DENSE)]
        for indices, values in schema.query_terms(query.text):
            legs.append(qdrant.Query.Nearest(qdrant.SparseVector(indices, values), using=schema.SPARSE))
        if query.ranking is Ranking.SPARSE and len(legs) == 1:
            return []
        prefetches, ranked = _ranked(query, legs)
        request = qdrant.QueryRequest(
            limit=query.limit, query=ranked, prefetches=prefetches, with_payload=True, with_vector=[schema.DENSE]
        )
        with self._translated("search"):
            return schema.hits_of(self._shard.query(request), query.dense)

    def drop_others(self) -> None:
        for other in self._folder.parent.glob(schema.PREFIX + "*"):
            if other != self._folder:
                _drop(other)

    def close(self) -> None:
        """Everything on disk and the folder free for another process. Closing twice is allowed."""
        with self._writing:
            if self._closed:
                return
            self._closed = True
            try:
                self._shard.close()
            finally:
                os.close(self._lock)

    def _scroll(self, fields: Sequence[str], only: qdrant.Filter | None = None) -> Iterator[schema.Fields]:
        offset = None
        while True:
            records, offset = self._shard.scroll(
                qdrant.ScrollRequest(
                    offset=offset, limit=PAGE, filter=only, with_payload=list(fields), with_vector=False
                )
            )
            yield from (record.payload or {} for record in records)
            if offset is None:
                return

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        if self._closed:
            raise IndexUnavailable(f"The index {self.name} is closed; it cannot {doing}.")
        try:
            yield
        except IndexUnavailable:
            raise
        except Exception as error:  # the engine raises plain Exception for everything
            raise IndexUnavailable(f"The index in {self._folder} could not {doing} ({error}).") from error


def _drop(folder: Path) -> None:
    with suppress(IndexUnavailable):  # another process has it open: that one's to drop
        lock = _locked(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _needs_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        raise IndexUnavailable(
            f"The disk of {folder} is full ({free // 1024**2} MiB free, {MIN_FREE_BYTES // 1024**2} MiB needed): "
            "nothing more was written, and what is indexed stays searchable. Free some space and sync again."
        )


def _locked(folder: Path) -> int:
    """A lock of our own: the engine's is taken after files were made, and its error is only told apart by its text."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise IndexUnavailable(f"The index folder {folder} cannot be used ({error.strerror}).") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise IndexUnavailable(f"The index folder {folder} cannot be locked ({error.strerror}).") from error
        raise IndexInUse(_IN_USE.format(folder)) from error
    return lock


def _open(folder: Path, dimensions: int) -> qdrant.EdgeShard:
    shard = folder / "shard"
    try:
        if not shard.exists():
            _create(folder, shard, dimensions)
        return qdrant.EdgeShard.load(str(shard))
    except (KeyboardInterrupt, SystemExit, MemoryError, IndexUnavailable):
        raise
    except OSError as error:
        raise IndexUnavailable(f"The index in {folder} cannot be made ({error.strerror or error}).") from error
    except BaseException as error:  # a damaged file may also make the engine panic, which is no Exception
        if "WouldBlock" in str(error):
            raise IndexInUse(_IN_USE.format(folder)) from error
        _needs_space(folder)  # opening writes too: a full disk is no damage
        raise IndexUnavailable(
            f"The index in {folder} cannot be read ({error}). Your documents are untouched: move that folder away "
            "and run `frontdesk sync`, which builds it again."
        ) from error


def _create(folder: Path, shard: Path, dimensions: int) -> None:
    """Under another name until it is whole: a process killed here leaves nothing that looks like an index."""
    _needs_space(folder)
    unfinished = folder / "shard.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    config = qdrant.EdgeConfig(
        vectors={schema.DENSE: qdrant.EdgeVectorParams(size=dimensions, distance=qdrant.Distance.Cosine)},
        sparse_vectors={schema.SPARSE: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
    )
    made = qdrant.EdgeShard.create(str(unfinished), config)
    for field in schema.KEYWORDS:
        made.update(qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Keyword))
    made.update(qdrant.UpdateOperation.create_field_index(schema.GENERATION, qdrant.PayloadSchemaType.Integer))
    made.flush()
    made.close()
    unfinished.rename(shard)


def _engine_point(point: Point) -> qdrant.Point:
    indices, values = schema.document_terms(point.embedded_text)
    return qdrant.Point(
        id=point.id,
        vector={schema.DENSE: list(point.dense), schema.SPARSE: qdrant.SparseVector(indices, values)},
        payload=schema.fields_of(point.payload),
    )


def _documents(document_ids: Sequence[str] | None, generation: int | None) -> qdrant.Filter | None:
    must: list[qdrant.ConditionType] = [] if document_ids is None else [_any_of("document_id", document_ids)]
    if generation is not None:
        must.append(_matches(schema.GENERATION, generation))
    return qdrant.Filter(must=must) if must else None


def _readable(query: Query) -> qdrant.Filter:
    wanted = {"audience": query.audience, "source": query.sources or None}
    must: list[qdrant.ConditionType] = [_any_of(key, values) for key, values in wanted.items() if values is not None]
    return qdrant.Filter(must=must)


def _ranked(query: Query, legs: list[qdrant.Query]) -> tuple[list[qdrant.Prefetch], Any]:
    """The prefetches of a query and what orders their candidates. `legs`: dense, words, codes, as far as there are."""
    depth, readable = schema.candidates(query.limit), _readable(query)
    found = [qdrant.Prefetch(limit=depth, query=leg, filter=readable) for leg in legs]
    if query.ranking is Ranking.DENSE:
        return found[:1], legs[0]
    if query.ranking is Ranking.SPARSE:
        return found[1:2], legs[1]
    if query.ranking is Ranking.RRF:
        return found[:2], qdrant.Fusion.Rrf(k=schema.RRF_K)
    all_found = qdrant.Prefetch(limit=depth * len(legs), query=legs[0], prefetches=found)
    scores = [_standardised(all_found), *map(_standardised, found[1:2]), *found[2:]]
    return scores, qdrant.Formula(_expression(schema.fused(len(scores))), schema.MISSING)


def _standardised(scored: qdrant.Prefetch) -> qdrant.Prefetch:
    return qdrant.Prefetch(limit=scored.limit, query=qdrant.Fusion.Dbsf(), prefetches=[scored])  # type: ignore[arg-type]


def _expression(given: schema.Expression) -> qdrant.Expression:
    made = qdrant.Expression
    if isinstance(given, str):
        return made.Variable(given)
    if isinstance(given, float):
        return made.Constant(given)
    operands = [_expression(operand) for operand in given[1:]]
    return made.Abs(*operands) if given[0] == "abs" else {"sum": made.Sum, "mult": made.Mult}[str(given[0])](operands)


def _any_of(key: str, values: Sequence[str]) -> qdrant.FieldCondition:
    return qdrant.FieldCondition(key=key, match=qdrant.MatchAny(any=list(values)))


def _matches(key: str, value: str | int) -> qdrant.FieldCondition:
    return qdrant.FieldCondition(key=key, match=qdrant.MatchValue(value))
