"""One sync of one source. `sync_source` is the table of contents; rule 8 of the design is `_Sync._write`.

Everything blocks and is meant for a thread. Killed anywhere, the next run converges: a document's old generation is
visible until its new one is complete, and then only the new one is.
"""

import logging
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID, uuid5

from ingest.change_detection import Plan, content_hash, detect_changes, marked
from ingest.chunking import Chunker
from ingest.index.contract import Collection, Embedder, IndexUnavailable, Payload, Point
from ingest.ledger import Entry, Ledger, LedgerError
from ingest.model import (
    ChangeKind,
    Chunk,
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
from ingest.parsing.process import Parser
from ingest.settings import SourceSettings

log = logging.getLogger(__name__)

BATCH = 64  # chunks embedded and written together, over documents; about 1.5 s on two cores
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

    `approve` lets a shrinking source remove what it no longer has. `dry_run` lists and compares, opens no document and
    writes nothing. One sync of a source at a time: hold its lease (ingest.schedule). A stalled one that lost its lease
    is refused by the ledger, not by this.
    """
    started = time.monotonic()
    sync = _Sync(source, collection, ledger, embedder, parser, on_progress)
    try:
        if dry_run:
            sync.foresee(sync.plan(settings.shrink_limit, approve))
        else:
            sync.begin()
            sync.finish_interrupted()
            plan = sync.plan(settings.shrink_limit, approve)
            sync.write(plan)
            sync.remove(plan)
    except (IngestError, IndexUnavailable) as error:
        sync.stopped_by(error)
    report = replace(sync.report(), seconds=round(time.monotonic() - started, 3), dry_run=dry_run)
    if sync.run is not None:
        try:
            ledger.finish_run(sync.run, report)
        except LedgerError:
            log.exception("the report of the sync of %s was not stored", source.name)
    on_progress(Progress(source.name, "finished", sync.done, sync.total))
    return report


def forget_sources(ledger: Ledger, collection: Collection, keep: Set[str]) -> list[str]:
    """Remove all documents of sources that are not configured any more; their names. Raises LedgerError and
    IndexUnavailable; what is left is removed by the next call."""
    gone = sorted(ledger.sources() - keep)
    for source in gone:
        run = ledger.begin_run(source)
        _remove(ledger, collection, run, source, [entry.document_id for entry in ledger.entries(source)])
        ledger.finish_run(run, SyncReport(source, SyncState.SUCCESS))
    return gone


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that is about to be written."""

    listed: Listed
    kind: ChangeKind
    content_hash: str
    chunks: Sequence[Chunk]


@dataclass(slots=True)
class _Sync:
    source: Source
    collection: Collection
    ledger: Ledger
    embedder: Embedder
    parser: Parser
    on_progress: OnProgress
    run: int | None = None  # also the generation of all that it writes
    known: dict[str, Entry] = field(default_factory=dict)
    counts: dict[ChangeKind, int] = field(default_factory=lambda: dict.fromkeys(ChangeKind, 0))
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    held: int = 0
    problems: list[str] = field(default_factory=list)
    state: SyncState = SyncState.SUCCESS
    done: int = 0
    total: int = 0

    def begin(self) -> None:
        self._progress("listing")
        self.run = self.ledger.begin_run(self.source.name)

    def finish_interrupted(self) -> None:
        """Clean up after a run that was killed, and notice an index or a ledger that was lost."""
        if not self.ledger.sources():
            if self.collection.count():
                for document_id in self.collection.document_ids():
                    self.collection.delete_generations(document_id, None)
        elif not self.collection.count() and any(entry.generation for entry in self.ledger.entries()):
            self.ledger.forget_all()
        dirty = [entry for entry in self.ledger.entries(self.source.name) if entry.dirty]
        for entry in dirty:
            self.collection.delete_generations(entry.document_id, entry.generation)
        self.ledger.settle(self._run, self.source.name, [entry.document_id for entry in dirty])

    def plan(self, shrink_limit: float, approve: bool) -> Plan:
        listing = marked(self.source.list(), self.source.audience)
        self.known = {entry.document_id: entry for entry in self.ledger.entries(self.source.name)}
        plan = detect_changes(listing, self.known, shrink_limit=shrink_limit, approve=approve)
        self.unchanged, self.held, self.total = plan.unchanged, plan.held, len(plan.changes)
        self.failed += plan.broken
        self.problems += listing.problems
        if not listing.complete:
            self.problems.append("Because the listing is incomplete, nothing was removed.")
        if self.held or not listing.complete:
            self.state = SyncState.PARTIAL
        return plan

    def foresee(self, plan: Plan) -> None:
        for change in plan.changes:
            self.counts[change.kind] += 1

    def write(self, plan: Plan) -> None:
        """Write what is new or changed, small documents together and a large one in several batches."""
        waiting: list[_Prepared] = []
        for prepared in self._prepared(plan):
            waiting.append(prepared)
            if sum(len(document.chunks) for document in waiting) >= BATCH:
                self._write(waiting)
                waiting = []
        if waiting:
            self._write(waiting)

    def remove(self, plan: Plan) -> None:
        gone = [change.document_id for change in plan.changes if change.kind is ChangeKind.REMOVED]
        if gone:
            self._progress("removing")
            _remove(self.ledger, self.collection, self._run, self.source.name, gone)
            self.counts[ChangeKind.REMOVED] = len(gone)
            self.done += len(gone)

    def stopped_by(self, error: Exception) -> None:
        self.state = SyncState.FAILED
        self.problems.append(str(error))
        if self.run is not None:
            self.problems.append("What was indexed stays; the next sync does the rest.")

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

    def _progress(self, stage: str) -> None:
        self.on_progress(Progress(self.source.name, stage, self.done, self.total))

    def _prepared(self, plan: Plan) -> Iterator[_Prepared]:
        """Each document read, parsed and cut. A broken one is reported, one with the same content only noted."""
        chunker = Chunker(self.embedder)
        for change in plan.changes:
            listed = change.listed
            if listed is None:
                continue
            self._progress("reading")
            try:
                content = self.source.read(listed)
                digest = content_hash(content.data, listed, self.source.audience)
                entry = self.known.get(listed.item_id)
                if entry and entry.generation is not None and entry.content_hash == digest:
                    self.ledger.touch(self._run, self.source.name, listed)
                    self.unchanged += 1
                    self.done += 1
                    continue
                parsing = self.parser.parse(listed, content)
                [document] = parsing.documents
            except SourceError as error:
                self._fail(listed, error, "")  # not the document's fault: tried again by the next sync
            except ParseError as error:
                self._fail(listed, error, listed.fingerprint)
            else:
                yield _Prepared(listed, change.kind, digest, chunker.chunks(document))

    def _fail(self, listed: Listed, error: IngestError, fingerprint: str) -> None:
        self.ledger.fail(self._run, self.source.name, listed, str(error), fingerprint)
        self.failed.append(Failure(listed.uri, str(error)))
        self.done += 1

    def _write(self, documents: Sequence[_Prepared]) -> None:
        """New before old, ledger last."""
        name, run = self.source.name, self._run
        ids = [document.listed.item_id for document in documents]
        self.ledger.mark_writing(run, name, [document.listed for document in documents])
        chunks = (chunk for document in documents for chunk in document.chunks)
        while batch := list(islice(chunks, BATCH)):
            self._progress("indexing")
            vectors = self.embedder.embed([chunk.embedded_text for chunk in batch])
            self.collection.upsert([self._point(*pair) for pair in zip(batch, vectors.tolist(), strict=True)])
        for document in documents:
            self._check(document)
        self.ledger.switch(run, name, [(each.listed, each.content_hash, len(each.chunks)) for each in documents])
        for document_id in ids:
            if document_id in self.known:
                self.collection.delete_generations(document_id, run)
        self.ledger.settle(run, name, ids)
        for document in documents:
            self.counts[document.kind] += 1
        self.done += len(documents)

    def _check(self, document: _Prepared) -> None:
        stored = self.collection.count(document.listed.item_id, self._run)
        if stored != len(document.chunks):
            raise IndexUnavailable(
                f'The index holds {stored} of the {len(document.chunks)} chunks just written of "'
                f'{document.listed.uri}", so the new version was not shown.'
            )

    def _point(self, chunk: Chunk, dense: Sequence[float]) -> Point:
        payload = Payload(
            document_id=chunk.document_id,
            source=self.source.name,
            title=chunk.title,
            section=chunk.section,
            text=chunk.text,
            url=chunk.uri,
            audience=self.source.audience,
            version=chunk.version,
            changed_at=chunk.changed_at,
            generation=self._run,
            position=chunk.position,
        )
        return Point(str(uuid5(_NAMESPACE, f"{chunk.id}\x1f{self._run}")), dense, chunk.embedded_text, payload)


def _remove(ledger: Ledger, collection: Collection, run: int, source: str, document_ids: Sequence[str]) -> None:
    """Out of sight first, then out of the index, then out of the ledger."""
    for first in range(0, len(document_ids), 100):
        batch = document_ids[first : first + 100]
        ledger.hide(run, source, batch)
        for document_id in batch:
            collection.delete_generations(document_id, None)
        ledger.settle(run, source, batch)
