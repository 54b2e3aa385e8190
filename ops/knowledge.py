"""The index side of a process, opened: embedder, collection, ledger and sources, and the syncs that run on them."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace

from ingest.chunking import CHUNKER_VERSION
from ingest.index import (
    Collection,
    CurrentSearch,
    Embedder,
    IndexUnavailable,
    Searched,
    Serving,
    bulk_embedder,
    drop_other_collections,
    make_embedder,
    open_collection,
    reopen_collection,
)
from ingest.ledger import Ledger, shared_installation
from ingest.model import IngestError, Progress, Source, SyncState, SyncStopped
from ingest.parsing import PARSER_VERSION, ParserProcess
from ingest.schedule import Leases, Planned, utc_now
from ingest.settings import IngestSettings, interval_of
from ingest.sources import make_source
from ingest.sources.resolved import Entries, no_entries
from ingest.sync_source import forget_sources, sync_source
from ingest.verify import IndexCheck, behind, repair, verify
from ops.operations import OnStep, OperationError
from ops.reports import (
    CheckReport,
    FailedDocument,
    IndexReport,
    Rebuilding,
    SourceState,
    SyncOutcome,
    SyncRequest,
    SyncStep,
    VerifyRequest,
)

log = logging.getLogger(__name__)

FOLLOWED_S = 60.0  # replicas follow to the index that answers within a tick of their schedulers
FAILURES = 20  # of a source that a status names
LAYOUT = f"{PARSER_VERSION}.{CHUNKER_VERSION}"  # with another one the same documents give other chunks


@dataclass(frozen=True, slots=True)
class Index:
    """A collection with the model of its vectors and its ledger."""

    collection: Collection
    embedder: Embedder
    ledger: Ledger

    @property
    def searched(self) -> Searched:
        return Searched(self.collection, self.embedder, self.ledger)

    @property
    def serving(self) -> Serving:
        return Serving(self.collection.name, self.embedder.name, self.embedder.fingerprint)

    def close(self) -> None:
        self.ledger.close()
        self.collection.close()


@dataclass(slots=True)
class Knowledge:
    """What this process knows, and how it is kept current. Every method blocks: call it from a thread.

    Syncs write `index`. Queries are answered from it too, unless another embedding model or another way to cut was
    configured: then `old` answers until every source is in `index`.
    """

    settings: IngestSettings
    index: Index
    old: Index | None
    search: CurrentSearch
    leases: Leases
    entries: Entries = no_entries  # what desks have learnt; whoever opens the store says how it is listed
    stopping: bool = False
    switched_at: float = float("-inf")  # monotonic

    def sync(self, request: SyncRequest, on_step: OnStep) -> tuple[SyncOutcome, ...]:
        """Bring these sources up to date (none named: all of them), one after the other. Raises OperationError."""
        for name in request.sources:
            if name not in self.settings.sources:
                known = ", ".join(self.settings.sources)
                raise OperationError(f"{name} is not a source; known: {known}")
        outcomes = []
        for name in request.sources or self.settings.sources:
            with reported(), self.leases.hold(name) if not request.dry_run else nullcontext():
                outcomes.append(self.sync_held(name, request, on_step))
        return tuple(outcomes)

    def sync_held(self, name: str, request: SyncRequest, on_step: OnStep) -> SyncOutcome:
        """Sync one source whose lease the caller holds. The report says what went wrong."""

        def on_progress(progress: Progress) -> None:
            if self.stopping:
                raise SyncStopped("Frontdesk is stopping; the next sync goes on where this one stopped.")
            on_step(SyncStep(source=progress.source, stage=progress.stage, done=progress.done, total=progress.total))

        settings = self.settings.sources[name]
        with ParserProcess() as parser, bulk_embedder(self.index.embedder, self.settings.data_dir) as embedder:
            report = sync_source(
                self._source(name),
                collection=self.index.collection,
                embedder=embedder,
                ledger=self.index.ledger,
                settings=settings,
                parser=parser,
                on_progress=on_progress,
                approve=request.approve,
                dry_run=request.dry_run,
            )
        if not request.dry_run and report.state is not SyncState.FAILED:
            self._tidy()
        if self.old is not None:
            waiting = ", ".join(self._unsynced()) or name
            note = f"The index is being rebuilt; the old one answers until these are synced: {waiting}."
            report = replace(report, problem=f"{report.problem} {note}".strip())
        return SyncOutcome.of(report)

    def _source(self, name: str) -> Source:
        return make_source(name, self.settings.sources[name], self.settings.data_dir / "sources" / name, self.entries)

    def _tidy(self) -> None:
        """Remove what no configured source has; once all are indexed, answer from this index alone."""
        index = self.index
        with reported():
            if self._unsynced():
                return
            # Now, and no sooner: it may be a source that was given another name.
            for gone in forget_sources(index.ledger, index.collection, set(self.settings.sources)):
                log.info("the documents of %s were removed: it is not configured any more", gone)
            if self.old is not None:
                index.ledger.serve(index.serving)
                self._switch()
                self.switched_at = time.monotonic()
            if index.ledger.shared and time.monotonic() - self.switched_at < FOLLOWED_S:
                return  # other replicas may answer from the old one still; the next sync removes it
            index.ledger.forget_others()
            drop_other_collections(index.collection)

    def follow(self) -> None:
        """Answer from the new index too, once another replica has completed it. Raises OperationError."""
        if self.old is None:
            return
        with reported():
            serving = self.index.ledger.serving()
        if serving is not None and serving.collection == self.index.collection.name:
            self._switch()

    def _switch(self) -> None:
        old, self.old = self.old, None
        self.search.switch(self.index.searched)
        if old is not None:
            old.close()
        log.info("the index was rebuilt; answers come from %s now", self.index.collection.name)

    def _unsynced(self) -> tuple[str, ...]:
        return tuple(name for name in self.settings.sources if not self.index.ledger.synced_at(name))

    def chunks(self) -> int:
        """How many answers can be made from. Raises OperationError where the index does not answer."""
        with reported():
            return (self.old or self.index).collection.count()

    def status(self) -> IndexReport:
        with reported():
            return self._status()

    def states(self, *, counted: bool = True) -> tuple[SourceState, ...]:
        """What is known of each source. Not `counted`: without the number of failed documents, whose count reads every
        item. Raises OperationError."""
        with reported():
            planned = self.leases.planned()
            broken = Counter(
                name
                for name in self.settings.sources
                if counted
                for one in self.index.ledger.items(name).values()
                if one.error
            )
            return tuple(self._state(name, planned.get(name), broken[name]) for name in self.settings.sources)

    def _state(self, name: str, planned: Planned | None, broken: int) -> SourceState:
        shown = (self.old or self.index).ledger
        last, verified_at = self.index.ledger.last_run(name), shown.verified_at(name)
        report = last.report if last else None
        due, now = planned.next_due if planned else None, utc_now()
        # One that was never verified is as old as its last good sync, or as the time when its first one was due.
        good = last.finished if last and report and report.state is not SyncState.FAILED else due if not last else None
        since, limit = verified_at or good, interval_of(self.settings.sources[name].stale_after)
        return SourceState(
            source=name,
            documents=shown.count(name)[1],
            failed=broken,
            last_sync=last.finished if last else None,
            verified_at=verified_at,
            state=report.state.value if report else None,
            stale=bool(since and limit and now - since > limit),
            held=report.held if report else 0,
            next_due=due,
            syncing=bool(planned and planned.syncing),
            problem=report.problem if report else "",
            failures=tuple(
                FailedDocument(uri=one.uri, reason=one.reason) for one in (report.failed[:FAILURES] if report else ())
            ),
        )

    def _status(self) -> IndexReport:
        shown = self.old or self.index
        return IndexReport(
            collection=shown.collection.name,
            embedding_model=shown.embedder.name,
            index_version=shown.ledger.index_version(),
            documents=shown.ledger.count()[1],
            chunks=shown.collection.count(),
            rebuilding=self._rebuilding(),
            sources=self.states(),
        )

    def _rebuilding(self) -> Rebuilding | None:
        if self.old is None:
            return None
        index = self.index
        return Rebuilding(
            collection=index.collection.name,
            embedding_model=index.embedder.name,
            documents=index.ledger.count()[1],
            waiting_for=self._unsynced(),
        )

    def verify(self, request: VerifyRequest, on_step: OnStep) -> CheckReport:
        """Compare index, ledger and sources; to repair is to mend, to sync, and to compare again."""
        with reported(), ExitStack() as held:
            if request.repair:
                for name in self.settings.sources:
                    held.enter_context(self.leases.hold(name))
                repair(self._checked(), self.index.ledger, self.index.collection)
                for name in self.settings.sources:
                    self.sync_held(name, SyncRequest(), on_step)
            check = self._checked()
            behind = [self._behind(name) for name in self.settings.sources]
        return CheckReport(
            ok=check.ok,
            documents=check.documents,
            chunks=check.chunks,
            problems=check.problems,
            notes=tuple(filter(None, behind)),
        )

    def _checked(self) -> IndexCheck:
        return verify(self.index.ledger, self.index.collection, self.settings.sources)

    def _behind(self, name: str) -> str:
        return behind(self._source(name), self.settings.sources[name], self.index.ledger)


@contextmanager
def open_knowledge(settings: IngestSettings) -> Iterator[Knowledge]:
    """Open index and ledger. Raises OperationError with one sentence. Blocks, and reads the model only when needed."""
    with reported():
        embedder = make_embedder(settings.index)
        place = settings.ledger
        owner = shared_installation(place) if isinstance(place, str) else None
        collection = open_collection(settings.index, settings.data_dir, embedder, LAYOUT, owner)
        index = _with_ledger(collection, embedder, lambda: Ledger(place, collection.name))
    try:
        with reported():
            old = _old_index(settings, index)
        audiences = {name: source.audience for name, source in settings.sources.items()}
        limits = {name: interval_of(source.stale_after) for name, source in settings.sources.items()}
        search = CurrentSearch((old or index).searched, limits, audiences)
        knowledge = Knowledge(settings, index, old, search, Leases(index.ledger))
        try:
            yield knowledge
        finally:
            if knowledge.old is not None:
                knowledge.old.close()
    finally:
        index.close()


def _old_index(settings: IngestSettings, index: Index) -> Index | None:
    """The one that answers until `index` is complete; None when that is the one, or it can't be used any more."""
    serving = index.ledger.serving()
    if serving is not None and serving.collection == index.collection.name:
        return None
    try:
        if serving is not None:
            return _reopened(settings, index, serving)
    except IndexUnavailable as error:
        log.warning("the index that answered can't be used while the new one is built: %s", error)
    index.ledger.serve(index.serving)
    return None


def _reopened(settings: IngestSettings, index: Index, serving: Serving) -> Index:
    embedder = index.embedder
    if embedder.fingerprint != serving.fingerprint:
        embedder = make_embedder(settings.index.model_copy(update={"embedding_model": serving.embedding_model}))
        if embedder.fingerprint != serving.fingerprint:
            raise IndexUnavailable(f"the embedding model {serving.embedding_model} is another one now")
    collection = reopen_collection(settings.index, settings.data_dir, serving.collection, embedder.dimensions)
    return _with_ledger(collection, embedder, lambda: index.ledger.of(serving.collection))


def _with_ledger(collection: Collection, embedder: Embedder, open_ledger: Callable[[], Ledger]) -> Index:
    try:
        return Index(collection, embedder, open_ledger())
    except IngestError:
        collection.close()
        raise


@contextmanager
def reported() -> Iterator[None]:
    """What ingest says of a failure, as a command's one sentence."""
    try:
        yield
    except (IngestError, IndexUnavailable) as error:
        raise OperationError(str(error)) from error
