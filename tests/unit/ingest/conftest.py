"""A folder, an index in memory and a real ledger, put together for a sync."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from ingest.model import Progress, Source, SyncReport
from ingest.parsing import ParserProcess
from ingest.source_settings import SourceSettings
from ingest.sources.folder import FolderSettings
from ingest.sync_source import sync_source
from tests.fakes.index import MemoryCollection, WordEmbedder
from tests.postgres import Postgres


@dataclass
class World:
    folder: Path
    ledger: Ledger
    parser: ParserProcess
    collection: MemoryCollection = field(default_factory=MemoryCollection)
    embedder: WordEmbedder = field(default_factory=WordEmbedder)
    progress: list[Progress] = field(default_factory=list)
    shrink_limit: float = 1.0
    audience: str = "everyone"
    url: str | None = None

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def source(self, name: str = "docs") -> tuple[Source, SourceSettings]:
        settings = FolderSettings(
            kind="folder", path=self.folder, shrink_limit=self.shrink_limit, audience=self.audience, url=self.url
        )
        return settings.make(name, self.folder), settings

    def sync(self, *, approve: bool = False, dry_run: bool = False, name: str = "docs") -> SyncReport:
        source, settings = self.source(name)
        return sync_source(
            source,
            collection=self.collection,
            embedder=self.embedder,
            ledger=self.ledger,
            settings=settings,
            parser=self.parser,
            on_progress=self.progress.append,
            approve=approve,
            dry_run=dry_run,
        )

    def visible(self) -> dict[str, list[str]]:
        """Document -> the texts that a query can find, in order."""
        points = self.collection.points.values()
        current = self.ledger.current([point.payload.document_id for point in points])
        shown = [
            each.payload
            for each in points
            if each.payload.document_id in current
            and current[each.payload.document_id].generation == each.payload.generation
        ]
        found: dict[str, list[str]] = {}
        for payload in sorted(shown, key=lambda payload: (payload.document_id, payload.position)):
            found.setdefault(payload.document_id, []).append(payload.text)
        return found


@pytest.fixture(scope="session")
def parser() -> Iterator[ParserProcess]:
    with ParserProcess() as parser:
        yield parser


@pytest.fixture
def ledger_place(tmp_path: Path) -> Path | str:
    """A file; the tests of the ledger itself are run on Postgres, too."""
    return tmp_path / "data" / "ledger.sqlite3"


@pytest.fixture(params=["sqlite", "postgres"])
def each_ledger_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database()
    return tmp_path / "data" / "ledger.sqlite3"


@pytest.fixture
def ledger(ledger_place: Path | str) -> Iterator[Ledger]:
    with Ledger(ledger_place, "memory") as ledger:
        yield ledger


@pytest.fixture
def world(tmp_path: Path, ledger: Ledger, parser: ParserProcess) -> World:
    folder = tmp_path / "docs"
    folder.mkdir()
    return World(folder, ledger, parser)
