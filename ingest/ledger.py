"""What the index holds, document by document, and which of it may be seen. Its own SQLite file: a sync never blocks the
inbox.

A document's row is `dirty` from before its new points are written until its old ones are gone, so a killed run leaves a
note of every place where the index may hold too much. Its `generation` is what queries see (NULL: nothing), and is the
number of the run that wrote it; run numbers only grow, even over a lost ledger, so no old point is ever current again.
The newest run of a source owns it: what an older one, stalled and overtaken, still wants to write is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Select, bindparam, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from ingest.index.contract import IndexUnavailable
from ingest.model import Failure, IngestError, Listed, SyncReport, SyncState
from ingest.tables import SCHEMA, metadata
from ingest.tables import documents as _documents
from ingest.tables import runs as _runs
from ingest.tables import version as _version

RUNS_KEPT = 100  # a source


class LedgerError(IngestError, IndexUnavailable):
    """The ledger could not be read or written; for a query that is the index being away."""


class Overtaken(IngestError):
    """A newer run owns the source."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as the ledger knows it."""

    document_id: str
    source: str
    uri: str
    fingerprint: str
    content_hash: str
    generation: int | None
    chunks: int
    dirty: bool
    changed_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Run:
    """A sync that took place, or is taking place: then it is not finished. It reads like SyncReport for people."""

    id: int
    source: str
    started: datetime
    finished: datetime | None
    report: SyncReport | None


class Ledger:
    """The ledger of one collection. Thread-safe. Methods raise LedgerError; a failed one has changed nothing."""

    def __init__(self, path: Path, collection: str) -> None:
        self._collection = collection
        self._mine = _documents.c.collection == collection
        self.engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.writing() as connection:
                _create(connection)
        except OSError as error:
            raise LedgerError(f'The folder for "{path}" can\'t be made ({error}).') from error

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: stored whole, or not at all."""
        with _reported(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _reported(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    # What queries ask (ingest.index.contract.Generations)

    def current(self, document_ids: Sequence[str]) -> Mapping[str, int]:
        wanted = _documents.c.document_id.in_(document_ids), _documents.c.generation.is_not(None)
        query = select(_documents.c.document_id, _documents.c.generation).where(self._mine, *wanted)
        with self.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def index_version(self) -> int:
        with self.reading() as connection:
            return int(connection.execute(select(_version.c.index_version)).scalar_one())

    # What people ask

    def entries(self, source: str | None = None) -> list[Entry]:
        columns = [column for column in _documents.c if column.name != "collection"]
        query = select(*columns).where(self._mine).order_by(_documents.c.document_id)
        with self.reading() as connection:
            rows = connection.execute(query if source is None else query.where(_documents.c.source == source))
            return [Entry(**row._mapping) for row in rows]

    def sources(self) -> set[str]:
        with self.reading() as connection:
            return set(connection.execute(select(_documents.c.source).where(self._mine).distinct()).scalars())

    def last_run(self, source: str) -> Run | None:
        """The newest run that finished."""
        return self._run(select(_runs).where(_runs.c.source == source, _runs.c.finished.is_not(None)))

    def last_seen(self, source: str) -> datetime | None:
        """When the source was last listed and its changes indexed, single broken documents aside: how fresh it is."""
        worked = _runs.c.report["state"].as_string() != SyncState.FAILED
        run = self._run(select(_runs).where(_runs.c.source == source, _runs.c.finished.is_not(None), worked))
        return run.finished if run else None

    def _run(self, query: Select[Any]) -> Run | None:
        with self.reading() as connection:
            row = connection.execute(query.order_by(_runs.c.id.desc()).limit(1)).mappings().first()
        return None if row is None else Run(**{**row, "report": row["report"] and _report(row["report"])})

    # What a sync writes

    def begin_run(self, source: str) -> int:
        """A number greater than all before, and greater than those of a ledger that was lost."""
        now = datetime.now(UTC)
        with self.writing() as connection:
            last = connection.execute(select(func.max(_runs.c.id))).scalar() or 0
            run = max(last + 1, int(now.timestamp()))
            connection.execute(insert(_runs).values(id=run, source=source, started=now))
        return run

    def finish_run(self, run: int, report: SyncReport) -> None:
        values = {**asdict(report), "failed": [asdict(failure) for failure in report.failed]}
        old = select(_runs.c.id).where(_runs.c.source == report.source).order_by(_runs.c.id.desc()).offset(RUNS_KEPT)
        with self.writing() as connection:
            connection.execute(update(_runs).where(_runs.c.id == run).values(finished=datetime.now(UTC), report=values))
            connection.execute(delete(_runs).where(_runs.c.id.in_(old.limit(-1))))

    def mark_writing(self, run: int, source: str, listed: Sequence[Listed]) -> None:
        """Note, before any point is written, that these documents' points are about to be more than what is current."""
        known = select(_documents.c.document_id).where(self._mine, _documents.c.document_id.in_(_ids(listed)))
        with self._owned(run, source) as connection:
            there = set(connection.execute(known).scalars())
            new = [self._new(source, document) for document in listed if document.item_id not in there]
            if new:
                connection.execute(insert(_documents), new)
            self._set(connection, sorted(there), dirty=True)

    def switch(self, run: int, source: str, written: Sequence[tuple[Listed, str, int]]) -> None:
        """Let queries see run `run` of these documents (listed, content hash, chunks): one transaction for all."""
        with self._owned(run, source) as connection:
            for listed, content_hash, chunks in written:
                self._set(
                    connection,
                    [listed.item_id],
                    uri=listed.uri,
                    fingerprint=listed.fingerprint,
                    content_hash=content_hash,
                    generation=run,
                    chunks=chunks,
                    changed_at=listed.changed_at,
                    error="",
                )
            _bump(connection)

    def hide(self, run: int, source: str, document_ids: Sequence[str]) -> None:
        """Let queries see nothing of these documents any more; their points are still to be deleted."""
        with self._owned(run, source) as connection:
            self._set(connection, document_ids, generation=None, chunks=0, error="", dirty=True)
            _bump(connection)

    def settle(self, run: int, source: str, document_ids: Sequence[str]) -> None:
        """The index holds what is current of these documents and nothing else; what has nothing is forgotten."""
        with self._owned(run, source) as connection:
            self._set(connection, document_ids, dirty=False)
            empty = _documents.c.generation.is_(None), _documents.c.error == ""
            connection.execute(delete(_documents).where(self._mine, _documents.c.document_id.in_(document_ids), *empty))

    def touch(self, run: int, source: str, listed: Listed) -> None:
        """The document was looked at again and its content is what it was."""
        with self._owned(run, source) as connection:
            self._set(connection, [listed.item_id], fingerprint=listed.fingerprint, error="")

    def fail(self, run: int, source: str, listed: Listed, error: str, fingerprint: str) -> None:
        """The document as it is now can't be indexed; what was indexed of it stays. It is read again once its
        fingerprint is another."""
        with self._owned(run, source) as connection:
            values = {"fingerprint": fingerprint, "content_hash": "", "error": error}
            if not self._set(connection, [listed.item_id], **values):
                connection.execute(insert(_documents), [{**self._new(source, listed), **values, "dirty": False}])

    def forget_all(self) -> None:
        """Forget every document: the collection was found empty."""
        with self.writing() as connection:
            connection.execute(delete(_documents).where(self._mine))
            _bump(connection)

    @contextmanager
    def _owned(self, run: int, source: str) -> Iterator[Connection]:
        with self.writing() as connection:
            newest = connection.execute(select(func.max(_runs.c.id)).where(_runs.c.source == source)).scalar()
            if newest != run:
                raise Overtaken(f'A newer sync of "{source}" has started, so this one stopped.')
            yield connection

    def _set(self, connection: Connection, document_ids: Sequence[str], **values: object) -> int:
        if not document_ids:
            return 0
        statement = update(_documents).where(self._mine, _documents.c.document_id == bindparam("of")).values(values)
        result = connection.execute(statement, [{"of": document_id} for document_id in document_ids])
        return result.rowcount

    def _new(self, source: str, listed: Listed) -> dict[str, object]:
        return {
            "collection": self._collection,
            "document_id": listed.item_id,
            "source": source,
            "uri": listed.uri,
            "fingerprint": "",
            "content_hash": "",
            "generation": None,
            "chunks": 0,
            "dirty": True,
            "changed_at": listed.changed_at,
            "error": "",
        }


def _ids(listed: Sequence[Listed]) -> list[str]:
    return [one.item_id for one in listed]


def _report(values: dict[str, Any]) -> SyncReport:
    failed = [Failure(**failure) for failure in values["failed"]]
    return SyncReport(**{**values, "state": SyncState(values["state"]), "failed": failed})


def _bump(connection: Connection) -> None:
    connection.execute(update(_version).values(index_version=_version.c.index_version + 1))


def _create(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > SCHEMA:
        raise LedgerError("The ledger was made by a newer Frontdesk; use that one, or move ledger.sqlite3 away.")
    metadata.create_all(connection)
    if connection.execute(select(func.count()).select_from(_version)).scalar_one() == 0:
        connection.execute(insert(_version).values(index_version=0))
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(f"The ledger did not do it ({cause}); nothing of this step was stored.") from error


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail when another writer came between.
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
