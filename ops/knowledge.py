"""The index side of a process, opened: embedder, collection, ledger and sources, and the syncs that run on them."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from ingest.index import (
    Collection,
    CurrentSearch,
    Embedder,
    IndexUnavailable,
    drop_other_collections,
    make_embedder,
    open_collection,
)
from ingest.ledger import Ledger
from ingest.model import IngestError, Progress, SyncState, SyncStopped
from ingest.parsing import ParserProcess
from ingest.schedule import Leases
from ingest.settings import IngestSettings
from ingest.sources import make_source
from ingest.sync_source import forget_sources, sync_source
from ingest.verify import verify
from ops.operations import OnStep, OperationError
from ops.reports import CheckReport, IndexReport, SourceState, SyncOutcome, SyncRequest, SyncStep


@dataclass(slots=True)
class Knowledge:
    """What this process knows, and how it is kept current. Every method blocks: call it from a thread."""

    settings: IngestSettings
    embedder: Embedder
    collection: Collection
    ledger: Ledger
    search: CurrentSearch
    leases: Leases
    stopping: bool = False

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
        with ParserProcess() as parser:
            report = sync_source(
                make_source(name, settings),
                collection=self.collection,
                embedder=self.embedder,
                ledger=self.ledger,
                settings=settings,
                parser=parser,
                on_progress=on_progress,
                approve=request.approve,
                dry_run=request.dry_run,
            )
        if not request.dry_run and report.state is not SyncState.FAILED:
            self._tidy()
        return SyncOutcome.of(report)

    def _tidy(self) -> None:
        """Remove what no configured source has, and once all of it is indexed the other embedding models' indexes."""
        with reported():
            forget_sources(self.ledger, self.collection, set(self.settings.sources))
            if all(self.ledger.last_seen(name) for name in self.settings.sources):
                drop_other_collections(self.collection)

    def status(self) -> IndexReport:
        with reported():
            return self._status()

    def _status(self) -> IndexReport:
        entries = self.ledger.entries()
        states = []
        for name in self.settings.sources:
            mine = [entry for entry in entries if entry.source == name]
            last = self.ledger.last_run(name)
            states.append(
                SourceState(
                    source=name,
                    documents=sum(entry.generation is not None for entry in mine),
                    failed=sum(bool(entry.error) for entry in mine),
                    last_sync=last.finished if last else None,
                    state=last.report.state.value if last and last.report else None,
                )
            )
        return IndexReport(
            collection=self.collection.name,
            embedding_model=self.embedder.name,
            index_version=self.ledger.index_version(),
            documents=sum(entry.generation is not None for entry in entries),
            chunks=self.collection.count(),
            sources=tuple(states),
        )

    def verify(self) -> CheckReport:
        with reported():
            check = verify(self.ledger, self.collection, set(self.settings.sources))
        return CheckReport(ok=check.ok, documents=check.documents, chunks=check.chunks, problems=tuple(check.problems))


@contextmanager
def open_knowledge(settings: IngestSettings) -> Iterator[Knowledge]:
    """Open index and ledger. Raises OperationError with one sentence. Blocks, and reads the model only when needed."""
    with reported():
        embedder = make_embedder(settings.index)
        collection = open_collection(settings.index, settings.data_dir, embedder)
        try:
            ledger = Ledger(settings.data_dir / "ledger.sqlite3", collection.name)
        except IngestError:
            collection.close()
            raise
    try:
        yield Knowledge(
            settings, embedder, collection, ledger, CurrentSearch(collection, embedder, ledger), Leases(ledger)
        )
    finally:
        ledger.close()
        collection.close()


@contextmanager
def reported() -> Iterator[None]:
    """What ingest says of a failure, as a command's one sentence."""
    try:
        yield
    except (IngestError, IndexUnavailable) as error:
        raise OperationError(str(error)) from error
