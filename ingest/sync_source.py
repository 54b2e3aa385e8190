"""One sync of one source. `sync_source` is the table of contents; rule 8 of the design is `_Sync._write`.

Reading (and parsing and cutting), embedding and writing overlap, each in a thread; only the last one writes the ledger.
Everything blocks and is meant for a thread. Killed anywhere, the next run converges: a document's old generation is
visible until its new one is complete, and then only the new one is.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from threading import Lock
from uuid import UUID, uuid5

from ingest.ahead import ahead
from ingest.audience import NOBODY, stored
from ingest.change_detection import Plan, bytes_hash, detect_changes, document_hash, mark_of, too_many
from ingest.chunking import Chunker
from ingest.index.contract import Collection, Embedder, IndexUnavailable, Payload, Point, Vectors
from ingest.ledger import Item, Ledger, LedgerError
from ingest.model import (
    Change,
    ChangeKind,
    Chunk,
    Document,
    Failure,
    IngestError,
    Listed,
    OnProgress,
    ParseError,
    Progress,
    Source,
    SourceError,
    SyncReport,
    SyncState,
)
from ingest.parsing.process import Parser, Parsing
from ingest.settings import SourceSettings

log = logging.getLogger(__name__)

BATCH = 256  # chunks embedded and written together, over documents: enough to sort by length; about 5 s on two cores
FIRST_BATCH = 64  # so that embedding begins early
ITEMS = 500  # items whose ends are stored together
READ_AHEAD = 64  # documents
_NAMESPACE = UUID("0f0d3c53-9f3f-5a53-8d0e-1f7a2f7f8b52")


def sync_source(
    source: Source,
    *,
    collection: Collection,
    embedder: Embedder,
    ledger: Ledger,
    settings: SourceSettings,
    parser: Parser,
    on_progress: OnProgress = lambda _: None,
    approve: bool = False,
    dry_run: bool = False,
) -> SyncReport:
    """Bring the index to what the source holds. Never raises for what can go wrong outside: the report says it.

    `approve` lets a shrinking source remove what it no longer has. `dry_run` lists and compares, opens nothing and
    writes nothing; it counts items where a sync counts documents. One sync of a source at a time: hold its lease
    (ingest.schedule). A stalled one that lost its lease is refused by the ledger, not by this.
    """
    started = time.monotonic()
    sync = _Sync(source, collection, ledger, embedder, parser, on_progress, settings, approve)
    try:
        if dry_run:
            sync.foresee(sync.plan())
        else:
            sync.begin()
            sync.finish_interrupted()
            plan = sync.plan()
            sync.write(plan)
            sync.remove(plan)
    except (IngestError, IndexUnavailable) as error:
        sync.stopped_by(error)
    report = replace(sync.report(), seconds=round(time.monotonic() - started, 3), dry_run=dry_run)
    if sync.run is not None:
        try:
            ledger.finish_run(sync.run, report, verified=sync.complete)
        except LedgerError as error:
            log.error("the report of the sync of %s was not stored: %s", source.name, error)
    on_progress(Progress(source.name, "finished", sync.done, sync.total))
    return report


def forget_sources(ledger: Ledger, collection: Collection, keep: Set[str]) -> list[str]:
    """Remove all documents of sources that are not configured any more; their names. Raises LedgerError and
    IndexUnavailable; what is left is removed by the next call."""
    gone = sorted(ledger.sources() - keep)
    for source in gone:
        run = ledger.begin_run(source)
        _remove(ledger, collection, run, source, list(ledger.items(source)))
        ledger.finish_run(run, SyncReport(source, SyncState.SUCCESS), verified=True)
    return gone


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that is about to be written."""

    document: Document
    item_id: str
    kind: ChangeKind
    content_hash: str
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class _Done:
    """An item all of whose documents come before it in the stream, and what its ledger row is to say."""

    item: Item
    gone: Sequence[str] = ()  # documents that it no longer holds
    unchanged: int = 0  # documents
    failed: Sequence[Failure] = ()


@dataclass(slots=True)
class _Batch:
    """What is embedded and written together. A long document begins in one batch and ends in another."""

    chunks: list[Chunk] = field(default_factory=list)
    begun: list[_Prepared] = field(default_factory=list)
    ended: list[_Prepared] = field(default_factory=list)
    done: list[_Done] = field(default_factory=list)

    limit: int = BATCH

    def is_full(self) -> bool:
        return len(self.chunks) >= self.limit or len(self.done) >= ITEMS


@dataclass(slots=True)
class _Sync:
    source: Source
    collection: Collection
    ledger: Ledger
    embedder: Embedder
    parser: Parser
    on_progress: OnProgress
    settings: SourceSettings
    approve: bool
    run: int | None = None  # also the generation of all that it writes
    known: dict[str, Item] = field(default_factory=dict)
    documents_known: int = 0
    verified_at: datetime | None = None  # the source, before this run
    complete: bool = False  # the listing is all that the source holds
    first: bool = False  # nothing of the source is in the ledger, not even what a killed sync left
    lost: int = 0  # documents that items still listed no longer hold
    counts: dict[ChangeKind, int] = field(default_factory=lambda: dict.fromkeys(ChangeKind, 0))
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    held: int = 0
    problems: list[str] = field(default_factory=list)
    state: SyncState = SyncState.SUCCESS
    done: int = 0
    total: int = 0
    _telling: Lock = field(default_factory=Lock)

    def begin(self) -> None:
        self._progress("listing")
        self.run = self.ledger.begin_run(self.source.name)

    def finish_interrupted(self) -> None:
        """Clean up after a run that was killed, and notice an index or a ledger that was lost."""
        rows, shown = self.ledger.count()
        points = self.collection.count()
        if points and not rows:
            self.collection.delete_generations(list(self.collection.document_ids()), None)
        elif shown and not points:
            self.ledger.forget_all()
        dirty = sorted(self.ledger.entries(self.source.name, dirty=True), key=lambda entry: entry.generation or 0)
        for generation, entries in groupby(dirty, key=lambda entry: entry.generation):
            self.collection.delete_generations([entry.document_id for entry in entries], generation)
        self.ledger.settle(self._run, self.source.name, [entry.document_id for entry in dirty])

    def plan(self) -> Plan:
        listing = self.source.list()
        self.known = self.ledger.items(self.source.name)
        self.first = not self.known and not self.ledger.count(self.source.name)[0]
        self.verified_at = self.ledger.verified_at(self.source.name)
        self.documents_known = sum(item.documents for item in self.known.values())
        plan = detect_changes(listing, self.known, self._mark)
        self.unchanged, self.total = plan.unchanged, len(plan.changes) + len(plan.gone)
        self.failed += plan.broken
        self.problems += listing.problems
        self.complete = listing.complete
        if not listing.complete:
            self.state = SyncState.PARTIAL
            self.problems.append("Because the listing is incomplete, nothing was removed.")
        return plan

    def foresee(self, plan: Plan) -> None:
        for change in plan.changes:
            self.counts[change.kind] += 1
        lost = sum(item.documents for item in plan.gone)
        if self._must_ask(lost):
            self._hold(lost)
            self.problems.append("Nothing was opened, so what was only moved counts as gone here.")
        else:
            self.counts[ChangeKind.REMOVED] = lost

    def write(self, plan: Plan) -> None:
        """Write what is new or changed, and let go of what items no longer hold."""
        if not plan.changes:
            return
        with (
            closing(ahead(self._read(plan.changes), READ_AHEAD)) as read,
            closing(ahead(self._embedded(_batches(read)), 2)) as batches,
        ):
            for batch, vectors in batches:
                self._write(batch, vectors)

    def remove(self, plan: Plan) -> None:
        """Let go of the items that are gone, when they are few enough (rule 9). One whose content came in elsewhere was
        moved, and is not lost."""
        if not plan.gone:
            return
        self._progress("removing")
        gone = {item.item_id for item in plan.gone}
        items = self.ledger.items(self.source.name)
        new = Counter(item.content_hash for item_id, item in items.items() if item_id not in self.known)
        lost = [item for item in plan.gone if not item.content_hash or not _taken(new, item.content_hash)]
        documents = sum(item.documents for item in lost)
        if self._must_ask(documents):
            self._hold(documents)
            gone -= {item.item_id for item in lost}
        self.counts[ChangeKind.REMOVED] += _remove(
            self.ledger, self.collection, self._run, self.source.name, sorted(gone)
        )
        self.done += len(plan.gone)

    def stopped_by(self, error: Exception) -> None:
        self.state = SyncState.FAILED
        self.problems.append(str(error))
        if self.run is not None:
            self.problems.append("What was indexed stays; the next sync does the rest.")
        with suppress(LedgerError):  # what waited for approval still does
            last = self.ledger.last_run(self.source.name)
            self.held = self.held or (last.report.held if last and last.report else 0)

    def report(self) -> SyncReport:
        state = SyncState.PARTIAL if self.failed and self.state is SyncState.SUCCESS else self.state
        return SyncReport(
            source=self.source.name,
            state=state,
            added=self.counts[ChangeKind.ADDED],
            changed=self.counts[ChangeKind.CHANGED],
            removed=self.counts[ChangeKind.REMOVED],
            unchanged=self.unchanged,
            failed=tuple(self.failed),
            held=self.held,
            problem=" ".join(self.problems),
        )

    @property
    def _run(self) -> int:
        assert self.run is not None
        return self.run

    @property
    def _mark(self) -> str:
        return mark_of(self.settings)

    def _progress(self, stage: str) -> None:
        with self._telling:  # two threads tell, and `done` never goes back
            self.on_progress(Progress(self.source.name, stage, self.done, self.total))

    def _must_ask(self, documents: int) -> bool:
        return not self.approve and too_many(self.lost + documents, self.documents_known, self.settings.shrink_limit)

    def _hold(self, documents: int) -> None:
        self.held += documents
        self.state = SyncState.PARTIAL

    # Reading, in the first thread

    def _read(self, changes: Sequence[Change]) -> Iterator[_Prepared | _Done]:
        """Each item read, parsed and cut; then the item itself. A broken one is its failure."""
        chunker, mark = Chunker(self.embedder), self._mark
        for change in changes:
            listed = change.listed
            self._progress("reading")
            known = self.known.get(listed.item_id)
            fingerprint = listed.fingerprint and mark + listed.fingerprint
            try:
                content = self.source.read(listed)
                digest = bytes_hash(content.data, mark)
                if known and known.content_hash == digest:
                    yield _Done(known._replace(fingerprint=fingerprint), unchanged=known.documents)
                    continue
                parsing = self._with_audiences(self.parser.parse(listed, content))
            except SourceError as error:  # not the document's fault: tried again by the next sync
                yield self._failed(listed, known, str(error), "")
            except ParseError as error:
                yield self._failed(listed, known, str(error), fingerprint)
            else:
                item = Item(listed.item_id, fingerprint, digest, len(parsing.documents), "")
                yield from self._documents(item, parsing, chunker)

    def _with_audiences(self, parsing: Parsing) -> Parsing:
        """Each document with the audience that is stored. One that can't be honoured is for nobody, and is told."""
        documents, problems = list[Document](), list(parsing.problems)
        for document in parsing.documents:
            try:
                audience = stored(self.source.audience, document.audience)
            except ValueError as error:
                audience = (NOBODY,)
                problems.append(Failure(document.uri, f"Nobody gets it, because of the audience it states: {error}."))
            documents.append(replace(document, audience=audience))
        return Parsing(documents, problems)

    def _documents(self, item: Item, parsing: Parsing, chunker: Chunker) -> Iterator[_Prepared | _Done]:
        """Those documents of an item that are not indexed as they are, and then the item."""
        before = [] if self.first else self.ledger.entries(items=[item.item_id])
        known = {entry.document_id: entry.content_hash for entry in before if entry.generation is not None}
        unchanged = 0
        for document in parsing.documents:
            indexed = known.pop(document.document_id, None)
            digest = document_hash(document, self._mark)
            if indexed == digest:
                unchanged += 1
                continue
            kind = ChangeKind.ADDED if indexed is None else ChangeKind.CHANGED
            chunks = chunker.chunks(document, self.source.line_anchor)
            yield _Prepared(document, item.item_id, kind, digest, chunks)
        yield self._rest(item, parsing.problems, list(known), unchanged)

    def _rest(self, item: Item, problems: Sequence[Failure], missing: Sequence[str], unchanged: int) -> _Done:
        """What becomes of the documents that an item held before: it may be that only their part can't be read now, or
        that half of it is missing."""
        if problems:
            error = " ".join(f"{problem.uri}: {problem.reason}" for problem in problems)
            since = self._verified(self.known.get(item.item_id)) if missing else None
            kept = item._replace(documents=item.documents + len(missing), error=error, verified_at=since)
            return _Done(kept, unchanged=unchanged + len(missing), failed=problems)
        if missing and self._must_ask(len(missing)):
            self._hold(len(missing))
            again = item._replace(documents=item.documents + len(missing), fingerprint="", content_hash="")
            return _Done(again, unchanged=unchanged)
        self.lost += len(missing)
        return _Done(item, missing, unchanged)

    def _failed(self, listed: Listed, known: Item | None, reason: str, fingerprint: str) -> _Done:
        """What was indexed of it stays, as fresh as it was. It is read again once its fingerprint is another."""
        documents = known.documents if known else 0
        item = Item(listed.item_id, fingerprint, "", documents, reason, self._verified(known))
        return _Done(item, unchanged=documents, failed=[Failure(listed.uri, reason)])

    def _verified(self, known: Item | None) -> datetime | None:
        """When an item that can't be read now was last known to be what is indexed of it."""
        return (known.verified_at if known else None) or self.verified_at

    # Embedding, in the second

    def _embedded(self, batches: Iterable[_Batch]) -> Iterator[tuple[_Batch, Vectors | None]]:
        for batch in batches:
            texts = [chunk.embedded_text for chunk in batch.chunks]
            yield batch, self.embedder.embed(texts) if texts else None

    # Writing, in the caller's

    def _write(self, batch: _Batch, vectors: Vectors | None) -> None:
        """New before old, ledger last."""
        name, run = self.source.name, self._run
        if batch.begun:
            self.ledger.mark_writing(run, name, [(each.document.document_id, each.item_id) for each in batch.begun])
        if vectors is not None:
            self._progress("indexing")
            points = [self._point(*pair) for pair in zip(batch.chunks, vectors.tolist(), strict=True)]
            self.collection.upsert(points)
        if batch.ended:
            self._show(batch.ended)
        for done in batch.done:
            self._end(done)
        self.ledger.close_items(run, name, [done.item for done in batch.done])
        self.done += len(batch.done)

    def _show(self, documents: Sequence[_Prepared]) -> None:
        name, run = self.source.name, self._run
        ids = [each.document.document_id for each in documents]
        written = sum(len(each.chunks) for each in documents)
        stored = self.collection.count(ids, run)
        if stored != written:
            raise IndexUnavailable(
                f"The index holds {stored} of the {written} chunks just written, so the new versions of "
                f"{len(ids)} documents were not shown."
            )
        rows = [(each.document.document_id, each.content_hash, len(each.chunks)) for each in documents]
        self.ledger.switch(run, name, rows)
        replaced = [each.document.document_id for each in documents if each.kind is ChangeKind.CHANGED]
        if replaced:
            self.collection.delete_generations(replaced, run)
        self.ledger.settle(run, name, ids)
        for each in documents:
            self.counts[each.kind] += 1

    def _end(self, done: _Done) -> None:
        if done.gone:
            _remove_documents(self.ledger, self.collection, self._run, self.source.name, done.gone)
            self.counts[ChangeKind.REMOVED] += len(done.gone)
        self.unchanged += done.unchanged
        self.failed += done.failed

    def _point(self, chunk: Chunk, dense: Sequence[float]) -> Point:
        payload = Payload(
            document_id=chunk.document_id,
            source=self.source.name,
            title=chunk.title,
            section=chunk.section,
            text=chunk.text,
            url=chunk.uri,
            audience=chunk.audience,
            version=chunk.version,
            changed_at=chunk.changed_at,
            generation=self._run,
            position=chunk.position,
            page=chunk.page,
            line=chunk.line,
        )
        return Point(str(uuid5(_NAMESPACE, f"{chunk.id}\x1f{self._run}")), dense, chunk.embedded_text, payload)


def _taken(counter: Counter[str], one: str) -> bool:
    counter[one] -= 1
    return counter[one] >= 0


def _batches(stream: Iterable[_Prepared | _Done]) -> Iterator[_Batch]:
    batch = _Batch(limit=FIRST_BATCH)
    for each in stream:
        if isinstance(each, _Done):
            batch.done.append(each)
        else:
            batch.begun.append(each)
            for chunk in each.chunks:
                if batch.is_full():
                    yield batch
                    batch = _Batch()
                batch.chunks.append(chunk)
            batch.ended.append(each)
        if batch.is_full():
            yield batch
            batch = _Batch()
    yield batch


def _remove(ledger: Ledger, collection: Collection, run: int, source: str, item_ids: Sequence[str]) -> int:
    """Remove items with their documents; how many documents."""
    documents = [entry.document_id for entry in ledger.entries(items=item_ids)]
    _remove_documents(ledger, collection, run, source, documents)
    ledger.drop_items(run, source, item_ids)
    return len(documents)


def _remove_documents(
    ledger: Ledger, collection: Collection, run: int, source: str, document_ids: Sequence[str]
) -> None:
    """Out of sight first, then out of the index, then out of the ledger."""
    for first in range(0, len(document_ids), BATCH):
        batch = document_ids[first : first + BATCH]
        ledger.hide(run, source, batch)
        collection.delete_generations(batch, None)
        ledger.settle(run, source, batch)
