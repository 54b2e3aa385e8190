"""Another embedding model, or another way to cut: a new index is built while the old one answers; then it switches."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

import ops.knowledge
from ingest.index import Hit
from ingest.ledger import Ledger
from ingest.settings import IndexSettings, IngestSettings
from ops.knowledge import FOLLOWED_S, Knowledge, open_knowledge
from ops.reports import SyncRequest, SyncStep
from tests.fakes.index import WordEmbedder
from tests.fakes.qdrant_rest import qdrant_server
from tests.postgres import Postgres


@pytest.fixture(autouse=True)
def _word_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops.knowledge, "make_embedder", lambda _: WordEmbedder())


@pytest.fixture
def settings(tmp_path: Path) -> IngestSettings:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# Returns\n\nReturns are free in shop {name}.")
    sources = {name: {"kind": "folder", "path": str(tmp_path / name)} for name in ("one", "two")}
    return IngestSettings.model_validate({"data_dir": tmp_path / "data", "sources": sources})


@contextmanager
def knowledge_with(settings: IngestSettings, layout: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Knowledge]:
    monkeypatch.setattr(ops.knowledge, "LAYOUT", layout)
    with open_knowledge(settings) as knowledge:
        yield knowledge


def sync(knowledge: Knowledge, *sources: str) -> None:
    def on_step(_: SyncStep) -> None:
        assert asked(knowledge), "no question goes unanswered while the index is built"

    for outcome in knowledge.sync(SyncRequest(sources=sources), on_step):
        assert outcome.state == "success", outcome


def asked(knowledge: Knowledge) -> list[Hit]:
    return knowledge.search.search("returns free", audience=["everyone"])


def test_the_old_index_answers_until_the_new_one_is_complete(
    settings: IngestSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a restart in the middle, too; the old index is removed once nothing answers from it."""
    with knowledge_with(settings, "1", monkeypatch) as knowledge:
        knowledge.sync(SyncRequest(), lambda _: None)
        old = knowledge.index.collection.name
        assert knowledge.status().rebuilding is None
    with knowledge_with(settings, "2", monkeypatch) as knowledge:
        assert len(asked(knowledge)) == 2
        sync(knowledge, "one")
        status = knowledge.status()
        assert (status.collection, status.documents) == (old, 2)
        assert status.rebuilding is not None
        assert (status.rebuilding.documents, status.rebuilding.waiting_for) == (1, ("two",))
    with knowledge_with(settings, "2", monkeypatch) as knowledge:
        assert len(asked(knowledge)) == 2
        before = knowledge.search.version()
        sync(knowledge, "two")
        assert len(asked(knowledge)) == 2
        assert knowledge.search.version() > before
        status = knowledge.status()
        assert (status.rebuilding, status.documents) == (None, 2)
        assert status.collection == knowledge.index.collection.name != old
    assert [path.name for path in (settings.data_dir / "index").iterdir()] == [status.collection]


def test_a_rebuild_that_is_given_up_leaves_the_old_index(
    settings: IngestSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting was changed back: the old index answers as before, and knows what it knew."""
    with knowledge_with(settings, "1", monkeypatch) as knowledge:
        knowledge.sync(SyncRequest(), lambda _: None)
    with knowledge_with(settings, "2", monkeypatch) as knowledge:
        sync(knowledge, "one")
    with knowledge_with(settings, "1", monkeypatch) as knowledge:
        assert knowledge.old is None
        assert len(asked(knowledge)) == 2
        [one, two] = knowledge.sync(SyncRequest(), lambda _: None)
        assert (one.unchanged, two.unchanged) == (1, 1)
    assert len(list((settings.data_dir / "index").iterdir())) == 1


def test_an_old_index_whose_model_is_gone_is_given_up(
    settings: IngestSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its vectors can't be asked any more: the new index answers from the start, and the log says why."""
    with knowledge_with(settings, "1", monkeypatch) as knowledge:
        knowledge.sync(SyncRequest(), lambda _: None)
    other = WordEmbedder()
    monkeypatch.setattr(type(other), "fingerprint", "another0model")
    with knowledge_with(settings, "1", monkeypatch) as knowledge:
        assert knowledge.old is None
        assert "another one now" in caplog.text
        knowledge.sync(SyncRequest(), lambda _: None)
        assert len(asked(knowledge)) == 2


def test_replicas_follow_to_the_index_that_one_of_them_rebuilt(
    settings: IngestSettings, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    """No question of theirs goes unanswered in between; the old index goes with a later sync."""
    with qdrant_server() as qdrant:
        shared = {"database_url": SecretStr(postgres.database()), "index": IndexSettings(qdrant_url=qdrant.url)}
        one = settings.model_copy(update=shared)
        other = one.model_copy(update={"data_dir": settings.data_dir.with_name("other")})
        with knowledge_with(one, "1", monkeypatch) as first:
            first.sync(SyncRequest(), lambda _: None)
            old = first.index.collection.name
        with knowledge_with(one, "2", monkeypatch) as first, knowledge_with(other, "2", monkeypatch) as second:
            assert first.index.collection.name == second.index.collection.name != old
            first.sync(SyncRequest(), lambda _: None)
            assert len(asked(second)) == 2, "from the old one, which is still there"
            second.follow()
            assert second.old is None
            assert len(asked(second)) == 2
            first.switched_at -= FOLLOWED_S
            first.sync(SyncRequest(), lambda _: None)
            assert qdrant.collections() == [first.index.collection.name]


def test_one_process_at_a_time_tells_the_admins(postgres: Postgres) -> None:
    """Another one finds that it is being done; a file has one process anyway."""
    url = postgres.database()
    with Ledger(url, "c") as one, Ledger(url, "c") as other:
        with one.alone("tell") as mine, other.alone("tell") as theirs, other.alone("else") as something:
            assert (mine, theirs, something) == (True, False, True)
        with other.alone("tell") as again:
            assert again
