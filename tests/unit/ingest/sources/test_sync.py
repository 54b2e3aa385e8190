"""The kinds of source in a sync: only what changed is written, and nothing is removed on a bad day."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.ledger import Ledger
from ingest.model import SyncReport, SyncState
from ingest.parsing import ParserProcess
from ingest.source_settings import SourceSettings
from ingest.sources.feed import FeedSettings
from ingest.sources.website import WebsiteSettings
from ingest.sync_source import sync_source
from tests.fakes.index import MemoryCollection, WordEmbedder
from tests.fakes.web import WebSite, half, page, status, tagged


@dataclass
class Desk:
    collection: MemoryCollection
    ledger: Ledger
    parser: ParserProcess
    state_dir: Path

    def sync(self, settings: SourceSettings) -> SyncReport:
        return sync_source(
            settings.make("docs", self.state_dir),
            collection=self.collection,
            embedder=WordEmbedder(),
            ledger=self.ledger,
            settings=settings,
            parser=self.parser,
        )

    def texts(self) -> str:
        return "\n".join(sorted(point.payload.text for point in self.collection.points.values()))


@pytest.fixture
def desk(ledger: Ledger, parser: ParserProcess, tmp_path: Path) -> Desk:
    return Desk(MemoryCollection(), ledger, parser, tmp_path / "state")


def counts(report: SyncReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


def test_a_website(site: WebSite, desk: Desk) -> None:
    settings = WebsiteSettings(
        kind="website", url=site.url + "/", allow_private=True, requests_per_second=1000, shrink_limit=1
    )
    site.pages |= {"/": page("Start", "/a", "/b"), "/a": page("Apple"), "/b": page("Pear", text="A pear is green.")}
    assert counts(desk.sync(settings)) == (3, 0, 0, 0)
    site.pages |= {"/": page("Start", "/a", "/b", footer="new"), "/b": page("Pear", text="A pear is yellow.")}
    assert counts(desk.sync(settings)) == (0, 1, 0, 2)
    assert "yellow" in desk.texts()
    assert "green" not in desk.texts()
    site.pages |= {"/a": half(), "/b": status(404)}
    report = desk.sync(settings)
    assert (report.state, counts(report)[2]) == (SyncState.PARTIAL, 0)
    site.pages |= {"/": status(500)}
    report = desk.sync(settings)
    assert (report.state, counts(report)[2]) == (SyncState.FAILED, 0)
    assert "yellow" in desk.texts()
    site.pages |= {"/": page("Start", "/a", "/b"), "/a": page("Apple"), "/b": status(404)}
    report = desk.sync(settings)
    assert (report.state, report.removed) == (SyncState.SUCCESS, 1)
    assert "yellow" not in desk.texts()


def test_a_feed(site: WebSite, desk: Desk) -> None:
    """A row is a document; only the one that changed is written, and one that is gone is removed."""
    settings = FeedSettings(
        kind="feed", url=site.url + "/c.csv", allow_private=True, id_column="sku", title_column="name", shrink_limit=1
    )
    rows = [f"{number},Kettle {number},{number * 10}" for number in range(1, 6)]

    def put(*rows: str) -> Any:
        site.pages["/c.csv"] = tagged("\n".join(("sku,name,price", *rows)), "text/csv")

    put(*rows)
    assert counts(desk.sync(settings)) == (5, 0, 0, 0)
    put(*rows[:3], "4,Kettle 4,99")
    assert counts(desk.sync(settings)) == (0, 1, 1, 3)
    assert "99" in desk.texts()
    site.pages["/c.csv"] = half(b"sku,name,price\n1,Kettle 1")
    report = desk.sync(settings)
    assert (report.state, report.removed) == (SyncState.FAILED, 0)
