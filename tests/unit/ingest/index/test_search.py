"""The search that drops what is not current."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ingest.index import Current, CurrentSearch, Payload, Point, Searched
from tests.fakes.index import MemoryCollection, WordEmbedder

PAYLOAD = Payload("d1", "docs", "T", "", "returns", "", ("everyone",), None, datetime(2026, 1, 1, tzinfo=UTC), 1, 0)


class Switching:
    """A ledger whose document switches generation once, between the search and the look at what is current."""

    def __init__(self, switch: object) -> None:
        self.generation = 1
        self._switch = switch

    def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
        if self.generation == 1:
            self.generation = 2
            self._switch()  # type: ignore[operator]
        return {"d1": Current(self.generation, None)}

    def index_version(self) -> int:
        return self.generation


def test_a_document_that_switches_meanwhile_is_still_found() -> None:
    """Without a second look it would be missing from one answer: old points found, new generation current."""
    collection, embedder = MemoryCollection(), WordEmbedder()
    old = Point("00000000-0000-0000-0000-000000000001", embedder.embed(["returns"])[0].tolist(), "returns", PAYLOAD)
    new = replace(old, id="00000000-0000-0000-0000-000000000002", payload=replace(PAYLOAD, generation=2))
    collection.upsert([old])
    search = CurrentSearch(Searched(collection, embedder, Switching(lambda: collection.upsert([new]))))
    assert [hit.payload.generation for hit in search.search("returns", audience=["everyone"])] == [2]


def test_who_may_read_a_source_now_counts_for_what_was_stored_before() -> None:
    """A source that was narrowed, or is not configured any more, is not searched, whatever its points say."""
    collection, embedder = MemoryCollection(), WordEmbedder()
    for name in ("docs", "hr", "gone"):
        payload = replace(PAYLOAD, document_id=name, source=name)
        collection.upsert([Point(f"point-{name}", embedder.embed(["returns"])[0].tolist(), "returns", payload)])

    class All:
        def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
            return {name: Current(1, None) for name in document_ids}

        def index_version(self) -> int:
            return 1

    audiences = {"docs": ("everyone",), "hr": ("group:S0HR",)}
    search = CurrentSearch(Searched(collection, embedder, All()), audiences=audiences)
    found = [hit.payload.source for hit in search.search("returns", audience=["everyone"])]
    assert found == ["docs"]
    assert search.search("returns", audience=["everyone"], sources=["hr", "gone"]) == []
    assert search.withheld("returns", audience=["everyone"]) == 2
