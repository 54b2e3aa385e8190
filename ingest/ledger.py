"""What the index holds, document by document, and which of it may be seen. Its own SQLite file: a sync never blocks the
inbox. Or a schema in the Postgres that replicas share with their index (ingest.ledger_database).

A document's row is `dirty` from before its new points are written until its old ones are gone, so a killed run leaves a
trace of whatever it left in the index. `generation` is what queries see (NULL: nothing), and is the number of the run
that wrote it; run numbers only grow, even over a lost ledger, so no old point is ever current again. The newest run of
a source owns it: what an older one, stalled and overtaken, still wants to write is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from sqlalchemy import Column, Connection, Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ingest import ledger_database as database
from ingest.index.contract import Current, IndexUnavailable, Serving
from ingest.model import Failure, IngestError, SyncReport, SyncState
from ingest.tables import Utc
from ingest.tables import documents as _documents
from ingest.tables import index as _index
from ingest.tables import items as _items
from ingest.tables import notices as _notices
from ingest.tables import runs as _runs
from ingest.tables import sources as _sources

RUNS_KEPT = 100  # a source
_MANY = 500  # parameters of one statement


class LedgerError(IngestError, IndexUnavailable):
    """The ledger could not be read or written; for a query that is the index being away."""


class Overtaken(IngestError):
    """A newer run owns the source."""


class Item(NamedTuple):
    """An item as the ledger knows it. `documents` of it are indexed; `error` says why its present content is not."""

    item_id: str
    fingerprint: str
    content_hash: str
    documents: int
    error: str
    verified_at: datetime | None = None  # when what is indexed of it was last known to be right; None: as its source


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as the ledger knows it."""

    document_id: str
    item_id: str
    source: str
    content_hash: str
    generation: int | None
    chunks: int
    dirty: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A sync that took place, or is taking place: then it is not finished. It reads like SyncReport for people."""

    id: int
    source: str
    started: datetime
    finished: datetime | None
    report: SyncReport | None


class Notice(NamedTuple):
    """Something about a source that the admins hear of once, and whether they have heard it."""

    source: str
    kind: str
    over: bool
    since: datetime
    told: Literal["no", "tried", "yes"]


class Ledger:
    """The ledger of one collection, in a file or in the Postgres of that URL. Thread-safe. Methods raise LedgerError; a
    failed one has changed nothing."""

    def __init__(self, place: Path | str, collection: str) -> None:
        self.collection = collection
        self._place = place
        self._mine = _documents.c.collection == collection
        self._my_items = _items.c.collection == collection
        self.shared = isinstance(place, str)
        try:
            self.engine = database.engine_of(place)
        except OSError as error:
            raise LedgerError(f'The folder for "{place}" can\'t be made ({error}).') from error
        except ArgumentError as error:  # it repeats the address, which may hold a password
            raise LedgerError("The ledger's database can't be used; check DATABASE_URL.") from error
        try:
            with self.writing() as connection:
                if not database.create(connection):
                    raise LedgerError("The ledger was made by a newer Frontdesk; use that one, or move it away.")
        except LedgerError:
            self.close()
            raise

    def of(self, collection: str) -> "Ledger":
        """The same ledger for another collection."""
        return Ledger(self._place, collection)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: stored whole, or not at all, and one after the other."""
        with _reported(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _reported(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """Whether no other process does `what` now. None begins to while the block runs."""
        with self.reading() as connection:
            yield database.lock(connection, what)

    # What queries ask (ingest.index.contract.Generations)

    def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
        its_source = (_sources.c.collection == _documents.c.collection) & (_sources.c.source == _documents.c.source)
        its_item = (_items.c.collection == _documents.c.collection) & (_items.c.item_id == _documents.c.item_id)
        verified = func.coalesce(_items.c.verified_at, _sources.c.verified_at, type_=Utc())
        query = (
            select(_documents.c.document_id, _documents.c.generation, verified)
            .outerjoin(_sources, its_source)
            .outerjoin(_items, its_item)
            .where(self._mine, _documents.c.document_id.in_(document_ids), _documents.c.generation.is_not(None))
        )
        with self.reading() as connection:
            return {row[0]: Current(row[1], row[2]) for row in connection.execute(query)}

    def index_version(self) -> int:
        with self.reading() as connection:
            return int(connection.execute(select(_index.c.index_version)).scalar_one())

    # Which collection answers

    def serving(self) -> Serving | None:
        """The collection that queries are answered from; None before there is any."""
        with self.reading() as connection:
            row = connection.execute(select(_index.c.serving, _index.c.embedding_model, _index.c.fingerprint)).one()
        return Serving(*row) if row[0] is not None else None

    def serve(self, serving: Serving) -> None:
        """Answer from this collection from now on. What was in the others is to be forgotten: forget_others()."""
        values = dict(zip(("serving", "embedding_model", "fingerprint"), serving, strict=True))
        with self.writing() as connection:
            connection.execute(update(_index).values(values))
            _bump(connection)

    def forget_others(self) -> None:
        """Forget what was in other collections than this one."""
        with self.writing() as connection:
            for table in (_items, _documents, _sources):
                connection.execute(delete(table).where(table.c.collection != self.collection))

    # What people ask

    def items(self, source: str | None = None) -> dict[str, Item]:
        """Every item of a source, or of all, by its id."""
        columns = (_items.c[name] for name in Item._fields)
        query = select(*columns).where(self._my_items)
        with self.reading() as connection:
            rows = connection.execute(query if source is None else query.where(_items.c.source == source))
            return {row[0]: Item._make(row) for row in rows}

    def entries(
        self, source: str | None = None, items: Sequence[str] | None = None, *, dirty: bool | None = None
    ) -> list[Entry]:
        """The documents: of all, of a source, of these items."""
        columns = [column for column in _documents.c if column.name != "collection"]
        query = select(*columns).where(self._mine).order_by(_documents.c.document_id)
        if source is not None:
            query = query.where(_documents.c.source == source)
        if dirty is not None:
            query = query.where(_documents.c.dirty.is_(dirty))
        wanted = [query] if items is None else [query.where(_documents.c.item_id.in_(ids)) for ids in _in_parts(items)]
        with self.reading() as connection:
            return [Entry(**row._mapping) for part in wanted for row in connection.execute(part)]

    def count(self, source: str | None = None) -> tuple[int, int]:
        """Documents that have a row, and those of them that queries see; of a source, or of all."""
        query = select(func.count(), func.count(_documents.c.generation)).where(self._mine)
        with self.reading() as connection:
            rows, shown = connection.execute(
                query if source is None else query.where(_documents.c.source == source)
            ).one()
        return rows, shown

    def sources(self) -> set[str]:
        """Those that have documents here, or items that could not become any."""
        with self.reading() as connection:
            return set(connection.execute(select(_items.c.source).where(self._my_items).distinct()).scalars())

    def last_run(self, source: str) -> Run | None:
        """The newest run that finished."""
        finished = select(_runs).where(_runs.c.source == source, _runs.c.finished.is_not(None))
        return self._run(finished.order_by(_runs.c.id.desc()).limit(1))

    def verified_at(self, source: str) -> datetime | None:
        """When the source was last listed whole and its changes indexed, broken items aside: how fresh it is."""
        return self._source(_sources.c.verified_at, source)

    def synced_at(self, source: str) -> datetime | None:
        """When what could be listed of the source was last indexed."""
        return self._source(_sources.c.synced_at, source)

    def _source(self, column: Column[datetime], source: str) -> datetime | None:
        query = select(column).where(_sources.c.collection == self.collection, _sources.c.source == source)
        with self.reading() as connection:
            return connection.execute(query).scalar()

    def _run(self, query: Select[Any]) -> Run | None:
        with self.reading() as connection:
            row = connection.execute(query).mappings().first()
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

    def finish_run(self, run: int, report: SyncReport, *, verified: bool) -> None:
        """`verified`: the source was listed whole."""
        now = datetime.now(UTC)
        values = {**asdict(report), "failed": [asdict(failure) for failure in report.failed]}
        old = select(_runs.c.id).where(_runs.c.source == report.source).order_by(_runs.c.id.desc()).offset(RUNS_KEPT)
        with self.writing() as connection:
            connection.execute(update(_runs).where(_runs.c.id == run).values(finished=now, report=values))
            connection.execute(delete(_runs).where(_runs.c.id.in_(old)))
            if report.state is not SyncState.FAILED:
                seen = {"collection": self.collection, "source": report.source, "synced_at": now}
                _upsert(connection, _sources, [seen | ({"verified_at": now} if verified else {})])

    def mark_writing(self, run: int, source: str, documents: Sequence[tuple[str, str]]) -> None:
        """Note, before any point is written, that these documents' points (document id, item id) are about to be more
        than what is current."""
        with self._owned(run, source) as connection:
            known = set[str]()
            for ids in _in_parts([document_id for document_id, _ in documents]):
                there = select(_documents.c.document_id).where(self._mine, _documents.c.document_id.in_(ids))
                known.update(connection.execute(there).scalars())
            new = [self._new(source, *document) for document in documents if document[0] not in known]
            if new:
                connection.execute(insert(_documents), new)
            self._set(connection, sorted(known), dirty=True)

    def switch(self, run: int, source: str, written: Sequence[tuple[str, str, int]]) -> None:
        """Let queries see run `run` of these documents (id, content hash, chunks): one transaction for all."""
        seen = update(_documents).where(self._mine, _documents.c.document_id == bindparam("of"))
        seen = seen.values(generation=run, content_hash=bindparam("hash"), chunks=bindparam("count"))
        with self._owned(run, source) as connection:
            if written:
                connection.execute(seen, [dict(zip(("of", "hash", "count"), row, strict=True)) for row in written])
            _bump(connection)

    def hide(self, run: int, source: str, document_ids: Sequence[str]) -> None:
        """Let queries see nothing of these documents any more; their points are still to be deleted."""
        with self._owned(run, source) as connection:
            self._set(connection, document_ids, generation=None, content_hash="", chunks=0, dirty=True)
            _bump(connection)

    def settle(self, run: int, source: str, document_ids: Sequence[str]) -> None:
        """The index holds what is current of these documents and nothing else; what has nothing is forgotten."""
        with self._owned(run, source) as connection:
            self._set(connection, document_ids, dirty=False)
            for ids in _in_parts(document_ids):
                empty = self._mine, _documents.c.document_id.in_(ids), _documents.c.generation.is_(None)
                connection.execute(delete(_documents).where(*empty))

    def close_items(self, run: int, source: str, items: Sequence[Item]) -> None:
        """All of these items' documents are as the items say: written last."""
        rows = [{"collection": self.collection, "source": source, **item._asdict()} for item in items]
        with self._owned(run, source) as connection:
            _upsert(connection, _items, rows)

    def drop_items(self, run: int, source: str, item_ids: Sequence[str]) -> None:
        """Nothing is indexed of these items any more."""
        with self._owned(run, source) as connection:
            for ids in _in_parts(item_ids):
                connection.execute(delete(_items).where(self._my_items, _items.c.item_id.in_(ids)))

    def forget_all(self) -> None:
        """Forget every document: the collection was found empty."""
        with self.writing() as connection:
            connection.execute(delete(_documents).where(self._mine))
            connection.execute(delete(_items).where(self._my_items))
            _bump(connection)

    def forget(self, document_ids: Sequence[str]) -> None:
        """Forget these documents, whose points are deleted; their items, if there are any, are read again."""
        with self.writing() as connection:
            for ids in _in_parts(document_ids):
                connection.execute(delete(_documents).where(self._mine, _documents.c.document_id.in_(ids)))
            _bump(connection)

    def doubt(self, item_ids: Sequence[str]) -> None:
        """Have the next sync read these items and write all of their documents again; until then what there is stays
        in sight."""
        with self.writing() as connection:
            for ids in _in_parts(item_ids):
                mine = self._my_items, _items.c.item_id.in_(ids)
                connection.execute(update(_items).where(*mine).values(fingerprint="", content_hash=""))
                theirs = self._mine, _documents.c.item_id.in_(ids)
                connection.execute(update(_documents).where(*theirs).values(content_hash=""))

    # What the admins hear

    def notices(self) -> list[Notice]:
        with self.reading() as connection:
            return [Notice._make(row) for row in connection.execute(select(_notices))]

    def keep_notice(self, notice: Notice) -> None:
        """A source has one of a kind."""
        with self.writing() as connection:
            _upsert(connection, _notices, [notice._asdict()])

    def drop_notice(self, notice: Notice) -> None:
        with self.writing() as connection:
            which = _notices.c.source == notice.source, _notices.c.kind == notice.kind
            connection.execute(delete(_notices).where(*which))

    @contextmanager
    def _owned(self, run: int, source: str) -> Iterator[Connection]:
        with self.writing() as connection:
            newest = connection.execute(select(func.max(_runs.c.id)).where(_runs.c.source == source)).scalar()
            if newest != run:
                raise Overtaken(f'A newer sync of "{source}" has started, so this one stopped.')
            yield connection

    def _set(self, connection: Connection, document_ids: Sequence[str], **values: object) -> None:
        for ids in _in_parts(document_ids):
            which = self._mine, _documents.c.document_id.in_(ids)
            connection.execute(update(_documents).where(*which).values(values))

    def _new(self, source: str, document_id: str, item_id: str) -> dict[str, object]:
        return {
            "collection": self.collection,
            "document_id": document_id,
            "item_id": item_id,
            "source": source,
            "content_hash": "",
            "generation": None,
            "chunks": 0,
            "dirty": True,
        }


def shared_installation(url: str) -> str:
    """The name that all who share that Postgres have on the index's server. Raises LedgerError."""
    with Ledger(url, "") as ledger, ledger.reading() as connection:
        return database.installation_of(connection)


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + _MANY] for first in range(0, len(ids), _MANY))


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
        keys = {column.name for column in table.primary_key}
        others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=sorted(keys), set_=others), rows)


def _report(values: dict[str, Any]) -> SyncReport:
    failed = [Failure(**failure) for failure in values["failed"]]
    return SyncReport(**{**values, "state": SyncState(values["state"]), "failed": failed})


def _bump(connection: Connection) -> None:
    connection.execute(update(_index).values(index_version=_index.c.index_version + 1))


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(
            f"The ledger did not do it ({str(cause).strip()}); nothing of this step was stored. Check the disk and "
            "data_dir, or the server of DATABASE_URL; a damaged ledger.sqlite3 can be moved away, and the next sync "
            "makes it anew."
        ) from error
