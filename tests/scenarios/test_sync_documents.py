"""The demo's documents through the whole pipe: real files, parser process, model, embedded index and search."""

import importlib.resources
from pathlib import Path

from ingest.index import CurrentSearch, Embedder, Payload, Searched
from ingest.index.edge import EdgeCollection
from ingest.ledger import Ledger
from ingest.model import SyncState
from ingest.parsing import ParserProcess
from ingest.sources.folder import FolderSettings
from ingest.sync_source import sync_source
from ingest.verify import verify

DOCUMENTS = Path(str(importlib.resources.files("ops"))) / "demo" / "electromart" / "documents"


def test_every_demo_document_is_read() -> None:
    """All six formats, each with a title of its own and text."""
    source = FolderSettings(kind="folder", path=DOCUMENTS).make("docs", DOCUMENTS)
    titles: dict[str, str] = {}
    with ParserProcess() as parser:
        for listed in source.list().items:
            parsing = parser.parse(listed, source.read(listed))
            assert parsing.problems == []
            assert all(document.blocks for document in parsing.documents)
            titles[listed.uri] = parsing.documents[0].title
    assert {Path(name).suffix for name in titles} == {".md", ".html", ".pdf", ".docx", ".csv", ".txt"}
    assert len(titles) >= 60
    assert len(set(titles.values())) == len(titles)


def test_the_return_policies_are_found_with_their_versions(tmp_path: Path, embedder: Embedder) -> None:
    """The current policy and the superseded one, each said to be what it is."""
    settings = FolderSettings(kind="folder", path=DOCUMENTS / "returns", url="https://electromart.example/help")
    collection = EdgeCollection(tmp_path / "index", embedder.dimensions)
    with Ledger(tmp_path / "ledger.sqlite3", collection.name) as ledger, ParserProcess() as parser:
        report = sync_source(
            settings.make("docs", tmp_path),
            collection=collection,
            embedder=embedder,
            ledger=ledger,
            settings=settings,
            parser=parser,
        )
        assert (report.state, report.failed) == (SyncState.SUCCESS, ())
        assert verify(ledger, collection, ["docs"]).ok
        search = CurrentSearch(Searched(collection, embedder, ledger))
        hits = search.search("What does a return by mail cost?", audience=["everyone"], limit=20)
        versions = {hit.payload.url.rsplit("/", 1)[-1]: hit.payload.version or "" for hit in hits}
        assert versions["returns-policy.md"] == "v3.2, 1 March 2026"
        assert "superseded by v3.2" in versions["returns-policy-v2.1-2024.md"]
        assert any("$6.95" in hit.payload.text for hit in hits[:3])
        assert all(embedder.count_tokens(_embedded(hit.payload)) <= embedder.max_tokens for hit in hits)
    collection.close()


def _embedded(payload: Payload) -> str:
    return "\n".join(part for part in (payload.title, payload.section, payload.text) if part)
