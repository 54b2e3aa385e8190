"""What one sync does, on real files, with a real ledger and parser process."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from ingest.ledger import Ledger
from ingest.model import Progress, SyncState, SyncStopped
from ingest.sync_source import forget_sources
from ingest.verify import verify

from .conftest import World

OPENED: list[str] | None = None


def _audit(name: str, arguments: tuple[object, ...]) -> None:
    if OPENED is not None and name == "open":
        OPENED.append(str(arguments[0]))


sys.addaudithook(_audit)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Every file that this process opens in the block."""
    global OPENED
    OPENED = []
    try:
        yield OPENED
    finally:
        OPENED = None


def test_added_changed_removed_and_unchanged_are_counted_and_found(world: World) -> None:
    """A sync adds what is new, rewrites what changed, removes what is gone and leaves the rest."""
    for name in "abc":
        world.write(f"{name}.md", f"# {name}\n\nText of {name}.")
    first = world.sync()
    assert (first.state, first.added) == (SyncState.SUCCESS, 3)
    assert world.visible() == {f"docs:{name}.md": [f"Text of {name}."] for name in "abc"}

    world.write("a.md", "# a\n\nAnother text.")
    (world.folder / "b.md").unlink()
    world.write("sub/d.txt", "Text of d.")
    second = world.sync()
    assert (second.added, second.changed, second.removed, second.unchanged) == (1, 1, 1, 1)
    assert world.visible() == {
        "docs:a.md": ["Another text."],
        "docs:c.md": ["Text of c."],
        "docs:sub/d.txt": ["Text of d."],
    }
    assert verify(world.ledger, world.collection, ["docs"]).ok
    assert world.collection.count() == 3


def test_unchanged_documents_are_not_opened_parsed_or_embedded(world: World) -> None:
    """A second sync opens nothing in the folder; after one change it opens that file alone."""
    for name in "abc":
        world.write(f"{name}.md", f"Text of {name}.")
    world.sync()
    world.embedder.embedded.clear()
    with opened_files() as opened:
        report = world.sync()
    assert report.unchanged == 3
    assert not [path for path in opened if path.startswith(str(world.folder))]
    assert world.embedder.embedded == []

    world.write("b.md", "A new text of b.")
    with opened_files() as opened:
        world.sync()
    assert [Path(path).name for path in opened if path.startswith(str(world.folder))] == ["b.md"]
    assert len(world.embedder.embedded) == 1


def test_a_touched_file_is_read_once_and_not_embedded(world: World) -> None:
    """Same content, new time: nothing visible changes, and the next sync does not open it."""
    path = world.write("a.md", "Text.")
    world.sync()
    version = world.ledger.index_version()
    os.utime(path, ns=(1, 1))
    world.embedder.embedded.clear()
    report = world.sync()
    assert (report.changed, report.unchanged) == (0, 1)
    assert world.embedder.embedded == []
    assert world.ledger.index_version() == version
    with opened_files() as opened:
        world.sync()
    assert not [name for name in opened if name.startswith(str(world.folder))]


def test_one_broken_file_is_reported_and_does_not_stop_the_rest(world: World) -> None:
    """An unparsable file, one without text and one that can't be read each get a sentence; the others are indexed."""
    world.write("broken.pdf", b"%PDF-1.4 this is no pdf")
    world.write("empty.md", "")
    world.write("blank.html", "<html><body><nav>Menu</nav></body></html>")
    world.write("good.md", "Good text.")
    report = world.sync()
    reasons = {failure.uri: failure.reason for failure in report.failed}
    assert report.state is SyncState.PARTIAL
    assert report.added == 1
    assert "not a PDF" in reasons["broken.pdf"]
    assert reasons["empty.md"] == reasons["blank.html"] == "It has no text."
    assert world.visible() == {"docs:good.md": ["Good text."]}


def test_a_broken_file_is_read_again_only_when_it_changed(world: World) -> None:
    """It stays in every report; what was indexed of it before stays too; repaired, it is indexed."""
    world.write("a.html", "<p>Good text.")
    world.sync()
    world.write("a.html", "")
    assert [failure.reason for failure in world.sync().failed] == ["It has no text."]
    assert world.visible() == {"docs:a.html": ["Good text."]}
    with opened_files() as opened:
        again = world.sync()
    assert not [name for name in opened if name.startswith(str(world.folder))]
    assert (again.state, len(again.failed), again.unchanged) == (SyncState.PARTIAL, 1, 1)
    world.write("a.html", "<p>Good text.")
    repaired = world.sync()
    assert (repaired.state, repaired.failed) == (SyncState.SUCCESS, ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_tried_again(world: World) -> None:
    """Not the document's fault: the next sync reads it."""
    path = world.write("a.md", "Text.")
    path.chmod(0)
    assert "can't be read" in world.sync().failed[0].reason
    path.chmod(0o600)
    assert world.sync().added == 1


def test_a_file_that_vanished_after_the_listing_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SourceError is not remembered against the document."""
    path = world.write("a.md", "Text.")
    monkeypatch.setattr("ingest.sources.folder.Path.open", _vanished)
    assert "can't be read" in world.sync().failed[0].reason
    monkeypatch.undo()
    assert path.exists()
    assert world.sync().added == 1


def _vanished(*_: object, **__: object) -> object:
    raise FileNotFoundError(2, "No such file or directory")


def test_a_folder_that_vanished_fails_the_sync_and_removes_nothing(world: World) -> None:
    """The whole sync fails with the folder's name; the documents stay in sight; it works again when it is back."""
    world.write("a.md", "Text.")
    world.sync()
    world.folder.rename(world.folder.with_name("away"))
    report = world.sync()
    assert report.state is SyncState.FAILED
    assert str(world.folder) in report.problem
    assert world.visible() == {"docs:a.md": ["Text."]}
    world.folder.with_name("away").rename(world.folder)
    assert world.sync().unchanged == 1


def test_a_shrinking_source_asks_first(world: World) -> None:
    """More removals than the limit are held, all of them, until approved; within the limit they are made."""
    world.shrink_limit = 0.3
    for number in range(10):
        world.write(f"{number}.md", f"Text {number}.")
    world.sync()
    for number in range(4):
        (world.folder / f"{number}.md").unlink()
    world.write("new.md", "New.")
    held = world.sync()
    assert (held.state, held.held, held.removed, held.added) == (SyncState.PARTIAL, 4, 0, 1)
    assert len(world.visible()) == 11
    approved = world.sync(approve=True)
    assert (approved.state, approved.held, approved.removed) == (SyncState.SUCCESS, 0, 4)
    assert len(world.visible()) == 7


def test_a_dry_run_says_what_a_sync_would_do_and_writes_nothing(world: World) -> None:
    """Counts only; the ledger, the index and the list of runs stay as they are."""
    world.write("a.md", "Text.")
    report = world.sync(dry_run=True)
    assert (report.added, report.dry_run) == (1, True)
    assert world.visible() == {}
    assert world.ledger.last_run("docs") is None
    assert world.ledger.entries() == []


def test_two_documents_with_the_same_text_are_both_found(world: World) -> None:
    """Identity is the document's place, not its text."""
    world.write("a.md", "The same text.")
    world.write("b.md", "The same text.")
    world.sync()
    assert world.visible() == {"docs:a.md": ["The same text."], "docs:b.md": ["The same text."]}


def test_an_audience_or_link_that_changed_rewrites_every_document(world: World) -> None:
    """What is stored beside the text is part of what is compared."""
    world.write("a.md", "Text.")
    world.sync()
    world.audience, world.url = "members", "https://docs.example.com/help/"
    assert world.sync().changed == 1
    payload = next(iter(world.collection.points.values())).payload
    assert (payload.audience, payload.url) == (("members",), "https://docs.example.com/help/a.md")


def test_a_passage_says_where_it_stands_and_when_it_changed(world: World) -> None:
    """Title, section, version, link and the file's time, for the citation."""
    path = world.write("policy.md", "# Policy\n\nVersion 2.0, May 2026.\n\n## Fees\n\nNone.")
    os.utime(path, (1_790_000_000, 1_790_000_000))
    world.sync()
    payload = next(each.payload for each in world.collection.points.values() if each.payload.section)
    assert (payload.title, payload.section, payload.text, payload.url) == ("Policy", "Fees", "None.", "policy.md")
    assert (payload.version, payload.changed_at) == ("v2.0, May 2026", datetime.fromtimestamp(1_790_000_000, UTC))
    assert (payload.source, payload.position) == ("docs", 1)


def test_an_index_that_is_away_fails_the_sync_and_loses_nothing(world: World) -> None:
    """The old version stays in sight, and the next sync does what was left."""
    world.write("a.md", "Old text.")
    world.sync()
    world.write("a.md", "New text.")
    world.collection.broken = "The index does not answer."
    report = world.sync()
    assert report.state is SyncState.FAILED
    assert "The index does not answer." in report.problem
    world.collection.broken = None
    assert world.visible() == {"docs:a.md": ["Old text."]}
    assert world.sync().changed == 1
    assert world.visible() == {"docs:a.md": ["New text."]}


def test_a_full_disk_fails_the_sync_and_loses_nothing(world: World) -> None:
    """SQLite itself says that the disk is full: what was stored before stays, and with room the sync goes on."""
    world.write("a.md", "Text of a.")
    world.sync()
    pages: list[int] = []

    def small(connection: object, record: object) -> None:
        now = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        pages.append(connection.execute(f"PRAGMA max_page_count = {now}").fetchone()[0])  # type: ignore[attr-defined]

    world.ledger.engine.dispose()
    event.listen(world.ledger.engine, "connect", small)
    for number in range(200):
        world.write(f"long-name-{'x' * 100}-{number}.md", f"Text {number}.")
    report = world.sync()
    assert pages
    assert report.state is SyncState.FAILED
    assert "full" in report.problem
    assert world.visible()["docs:a.md"] == ["Text of a."]
    event.remove(world.ledger.engine, "connect", small)
    world.ledger.engine.dispose()
    assert world.sync().state is SyncState.SUCCESS
    assert len(world.visible()) == 201


def test_a_sync_can_be_stopped_and_keeps_what_it_finished(world: World) -> None:
    """on_progress raises SyncStopped: a failed report, nothing half, and the next sync does the rest."""
    for number in range(3):
        world.write(f"{number}.md", f"Text {number}.")

    class Stop(list[Progress]):
        def append(self, progress: Progress) -> None:
            if progress.stage == "indexing":
                raise SyncStopped("Frontdesk is being shut down.")

    world.progress = Stop()
    report = world.sync()
    assert (report.state, world.visible()) == (SyncState.FAILED, {})
    assert "shut down" in report.problem
    world.progress = []
    assert world.sync().added == 3


def test_progress_counts_changed_documents_up_to_all(world: World) -> None:
    """From the listing to the end, never backwards."""
    for number in range(3):
        world.write(f"{number}.md", f"Text {number}.")
    world.sync()
    assert world.progress[0] == Progress("docs", "listing")
    assert world.progress[-1] == Progress("docs", "finished", 3, 3)
    done = [progress.done for progress in world.progress]
    assert done == sorted(done)


def test_a_long_document_is_written_in_batches_and_shown_at_once(world: World) -> None:
    """200 sections: several upserts, one switch."""
    world.write("catalogue.md", "\n\n".join(f"## Product {number}\n\n{number}.99" for number in range(200)))
    world.sync()
    assert world.ledger.index_version() == 1
    assert len(world.visible()["docs:catalogue.md"]) == 200


def test_a_count_that_is_wrong_shows_nothing_of_the_new_version(world: World) -> None:
    """New points are counted before the switch: a write that lost some leaves the old version in sight."""
    world.write("a.md", "Old text.")
    world.sync()
    world.write("a.md", "New text.")
    kept = world.collection.upsert
    world.collection.upsert = lambda points: kept(points[1:])  # type: ignore[method-assign]
    report = world.sync()
    assert report.state is SyncState.FAILED
    assert "0 of the 1 chunks" in report.problem
    assert world.visible() == {"docs:a.md": ["Old text."]}


def test_a_source_that_is_no_longer_configured_is_forgotten(world: World) -> None:
    """Its documents leave the index and the ledger; the others stay."""
    world.write("a.md", "Text.")
    world.sync(name="old")
    world.sync(name="docs")
    assert forget_sources(world.ledger, world.collection, {"docs"}) == ["old"]
    assert set(world.visible()) == {"docs:a.md"}
    assert world.collection.count() == 1
    assert world.ledger.sources() == {"docs"}


def test_a_lost_index_is_filled_again(world: World) -> None:
    """The collection is empty although the ledger knows documents: all are written again."""
    world.write("a.md", "Text.")
    world.sync()
    world.collection.points.clear()
    assert world.sync().added == 1
    assert world.visible() == {"docs:a.md": ["Text."]}


def test_a_lost_ledger_never_shows_old_points(world: World, tmp_path: Path) -> None:
    """Numbers start above the lost ones, and the points that nobody knows are cleared away."""
    world.write("a.md", "Old text.")
    world.sync()
    world.ledger.close()
    shutil.rmtree(tmp_path / "data")
    with Ledger(tmp_path / "data" / "ledger.sqlite3", "memory") as fresh:
        world.ledger = fresh
        assert world.visible() == {}
        world.write("a.md", "New text.")
        world.sync()
        assert world.visible() == {"docs:a.md": ["New text."]}
        assert world.collection.count() == 1


def test_an_overtaken_sync_writes_nothing_more(world: World) -> None:
    """A run that stalled while a newer one began can't show its old view of the source."""
    world.write("a.md", "Text.")
    overtaken: list[int] = []

    class Overtake(list[Progress]):
        def append(self, progress: Progress) -> None:
            if progress.stage == "indexing" and not overtaken:
                overtaken.append(world.ledger.begin_run("docs"))

    world.progress = Overtake()
    report = world.sync()
    assert report.state is SyncState.FAILED
    assert "newer sync" in report.problem
    assert world.visible() == {}
    assert world.sync().added == 1
    assert verify(world.ledger, world.collection, ["docs"]).ok


def test_the_last_run_is_stored_with_its_report(world: World) -> None:
    """What `index status` and the freshness of an answer need."""
    world.write("a.md", "Text.")
    world.write("b.pdf", b"no")
    report = world.sync()
    run = world.ledger.last_run("docs")
    assert run is not None
    assert run.report is not None
    assert replace(run.report, failed=tuple(run.report.failed)) == report
    assert run.finished == world.ledger.verified_at("docs")
    shutil.rmtree(world.folder)
    world.sync()
    failed = world.ledger.last_run("docs")
    assert failed is not None
    assert failed.report is not None
    assert failed.report.state is SyncState.FAILED
    assert world.ledger.verified_at("docs") == run.finished
