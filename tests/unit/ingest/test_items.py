"""Items that hold several documents, and items that move."""

import os
from collections.abc import Callable, Iterator

import pytest

from ingest.ledger import Ledger
from ingest.model import Block, Content, Document, Failure, Listed, ParseError, SyncReport, SyncState
from ingest.parsing.process import Parsing
from ingest.verify import behind, repair, verify

from .conftest import World


class Rows:
    """A parser that makes a document of each line: "key text"; "key !" can't be read."""

    def parse(self, listed: Listed, content: Content) -> Parsing:
        lines = [line.split(" ", 1) for line in content.data.decode().splitlines()]
        if not lines:
            raise ParseError("It has no text.")
        documents = [
            Document(
                f"{listed.item_id}#{key}", listed.uri, key, [Block(text, kind="row", line=number)], listed.changed_at
            )
            for number, (key, text) in enumerate(lines, 1)
            if text != "!"
        ]
        return Parsing(
            documents, [Failure(f"{listed.uri}#{key}", "It is broken.") for key, text in lines if text == "!"]
        )


def rows(**texts: str) -> str:
    return "\n".join(f"{key} {text}" for key, text in texts.items())


@pytest.fixture
def feed(world: World) -> World:
    world.parser = Rows()  # type: ignore[assignment]
    world.write("feed.txt", rows(**{f"p{number}": f"Price {number}" for number in range(10)}))
    assert counts(world.sync()) == (10, 0, 0, 0)
    world.embedder.embedded.clear()
    return world


def counts(report: SyncReport) -> tuple[int, int, int, int]:
    assert report.state is not SyncState.FAILED, report.problem
    return report.added, report.changed, report.removed, report.unchanged


def generations(world: World) -> dict[str, int | None]:
    return {entry.document_id: entry.generation for entry in world.ledger.entries()}


def test_only_rows_that_changed_are_embedded_and_written(feed: World) -> None:
    """One row of ten is another, one is new and stands above the rest, one is gone: the others keep their generation."""
    before = generations(feed)
    texts = {"new": "Price 99"} | {f"p{number}": f"Price {number}" for number in range(9)} | {"p3": "Price 33"}
    feed.write("feed.txt", rows(**texts))
    assert counts(feed.sync()) == (1, 1, 1, 8)
    assert len(feed.embedder.embedded) == 2
    after = generations(feed)
    assert {name for name in after if after[name] == before.get(name)} == {
        f"docs:feed.txt#p{number}" for number in (0, 1, 2, 4, 5, 6, 7, 8)
    }
    assert feed.visible()["docs:feed.txt#p3"] == ["Price 33"]
    assert "docs:feed.txt#p9" not in feed.visible()
    assert verify(feed.ledger, feed.collection, ["docs"]).ok
    assert counts(feed.sync()) == (0, 0, 0, 10)


def test_half_a_feed_removes_nothing_until_it_is_approved(feed: World) -> None:
    """Rule 9 inside an item: it is looked at again by every sync, and what is new in it is shown."""
    feed.shrink_limit = 0.3
    feed.write("feed.txt", rows(p0="Price 0", p1="Price 11", p10="Price 10"))
    for expected in ((1, 1, 0, 1), (0, 0, 0, 3)):
        report = feed.sync()
        assert counts(report) == expected
        assert (report.state, report.held) == (SyncState.PARTIAL, 8)
        assert len(feed.visible()) == 11
    assert counts(feed.sync(approve=True)) == (0, 0, 8, 3)
    assert set(feed.visible()) == {"docs:feed.txt#p0", "docs:feed.txt#p1", "docs:feed.txt#p10"}
    assert feed.sync().state is SyncState.SUCCESS


def test_a_part_that_cannot_be_read_now_keeps_what_it_was(feed: World) -> None:
    """It is reported, by the next sync too, and the rest of its item is brought up to date."""
    feed.write("feed.txt", rows(p0="!", p1="Price 11"))
    report = feed.sync()
    assert (report.changed, report.removed) == (1, 0)
    assert [failure.uri for failure in report.failed] == ["feed.txt#p0"]
    assert feed.visible()["docs:feed.txt#p0"] == ["Price 0"]
    again = feed.sync()
    assert [failure.uri for failure in again.failed] == ["feed.txt"]
    assert "feed.txt#p0: It is broken." in again.failed[0].reason
    feed.write("feed.txt", rows(p0="Price 0", p1="Price 11"))
    assert counts(feed.sync()) == (0, 0, 8, 2)


def test_a_renamed_folder_is_not_a_loss(world: World) -> None:
    """What is elsewhere now was moved: it is found under its new name, and nobody is asked."""
    world.shrink_limit = 0.1
    for number in range(10):
        world.write(f"old/{number}.md", f"Text {number}.")
    world.sync()
    (world.folder / "old").rename(world.folder / "new")
    report = world.sync()
    assert (report.state, report.added, report.removed, report.held) == (SyncState.SUCCESS, 10, 10, 0)
    assert set(world.visible()) == {f"docs:new/{number}.md" for number in range(10)}
    (world.folder / "new/0.md").unlink()
    (world.folder / "new/1.md").unlink()
    assert world.sync().held == 2


def test_what_is_wrong_is_repaired_by_the_next_sync(world: World, ledger: Ledger) -> None:
    """Lost chunks are written again, strays deleted; what is right is neither read nor written."""
    for name in "abc":
        world.write(f"{name}.md", f"Text of {name}.")
    world.sync()
    before = generations(world)
    world.collection.delete_generations(["docs:a.md"], None)
    stray = next(point for point in world.collection.points.values() if point.payload.document_id == "docs:b.md")
    world.collection.points["stray"] = stray
    check = verify(ledger, world.collection, ["docs"])
    assert len(check.problems) == 2
    repair(check, ledger, world.collection)
    assert set(world.visible()) == {"docs:b.md", "docs:c.md"}
    assert counts(world.sync()) == (0, 2, 0, 1)
    assert verify(ledger, world.collection, ["docs"]).ok
    assert generations(world)["docs:c.md"] == before["docs:c.md"]
    assert world.collection.count() == 3


def test_what_the_sources_hold_that_the_index_does_not_is_told(world: World, ledger: Ledger) -> None:
    """New, changed and gone items, unread; nothing when all is well; and the reason when it can't be listed."""
    for name in "abc":
        world.write(f"{name}.md", f"Text of {name}.")
    world.sync()
    source, settings = world.source()
    assert behind(source, settings, ledger) == ""
    world.write("a.md", "Another text.")
    world.write("d.md", "New.")
    (world.folder / "b.md").unlink()
    assert behind(source, settings, ledger) == "docs: 1 new, 1 changed, 1 gone; the next sync looks at them."
    world.folder.rename(world.folder.with_name("away"))
    assert "can't be read" in behind(source, settings, ledger)


def test_items_that_failed_before_are_lost_when_they_are_gone(world: World) -> None:
    """They have no content to be found elsewhere: nine of ten are not taken for moved because a tenth is broken, too."""
    world.shrink_limit = 0.3
    for number in range(10):
        world.write(f"{number}.md", f"Text {number}.")
    world.sync()
    world.write("broken.pdf", b"no")
    for number in range(1, 10):
        world.write(f"{number}.md", "")
    assert len(world.sync().failed) == 10
    for number in range(1, 10):
        (world.folder / f"{number}.md").unlink()
    assert world.sync().held == 9
    assert len(world.visible()) == 10


def test_copies_that_go_are_lost_though_one_stays(world: World) -> None:
    """Moved is what came in elsewhere, once each; what was there before is not where it moved to."""
    world.shrink_limit = 0.3
    for number in range(10):
        world.write(f"{number}.md", "The same text.")
    world.sync()
    for number in range(1, 10):
        (world.folder / f"{number}.md").unlink()
    world.write("new.md", "The same text.")
    report = world.sync()
    assert (report.held, report.removed) == (8, 1)


def test_a_name_with_the_mark_of_a_part_is_another_documents(world: World) -> None:
    """A file that is named like a row of another file, and one that is named like its id: all are found."""
    world.write("rows.csv", "id,text\nr1,one\nr2,two\n")
    world.write("rows.csv#r1", "no document")
    world.write("rows.csv#r1.md", "three")
    world.write("rows.csv%23r1.md", "four")
    assert world.sync().added == 4
    assert len(world.visible()) == 4
    assert world.sync().unchanged == 4


def test_only_what_was_looked_at_counts_as_verified(world: World) -> None:
    """A broken item's old text is as old as it was; half a listing verifies nothing; both are right again later."""
    world.write("a.html", "<p>Good text.")
    world.write("b.md", "Text of b.")
    world.sync()
    first = world.ledger.verified_at("docs")

    def verified(name: str) -> object:
        return world.ledger.current([f"docs:{name}"])[f"docs:{name}"].verified_at

    world.write("a.html", "")
    world.sync()
    assert verified("a.html") == first
    assert verified("b.md") == world.ledger.verified_at("docs") != first
    world.sync()
    assert verified("a.html") == first
    world.write("a.html", "<p>Better text.")
    world.sync()
    assert verified("a.html") == verified("b.md") == world.ledger.verified_at("docs")

    before = world.ledger.verified_at("docs")
    (world.folder / "loop").symlink_to(world.folder / "gone")
    unlisted = world.folder / "unlisted"
    unlisted.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.sources.folder.os.scandir", _unreadable("unlisted"))
        assert world.sync().state is SyncState.PARTIAL
    assert world.ledger.verified_at("docs") == before
    assert world.ledger.synced_at("docs") != before


def _unreadable(name: str) -> Callable[[str], Iterator[os.DirEntry[str]]]:
    whole = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied")
        return whole(path)

    return scandir


def test_documents_that_the_ledger_lost_are_noticed_and_repaired(world: World, ledger: Ledger) -> None:
    """A row that is missing, or without its item: verify says so, and after the repair and a sync all is found."""
    for name in "abc":
        world.write(f"{name}.md", f"Text of {name}.")
    world.sync()
    with ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM documents WHERE document_id = 'docs:a.md'")
        connection.exec_driver_sql("DELETE FROM items WHERE item_id = 'docs:b.md'")
    (world.folder / "b.md").unlink()
    check = verify(ledger, world.collection, ["docs"])
    assert (check.lost, check.orphans) == (("docs:a.md",), ("docs:b.md",))
    repair(check, ledger, world.collection)
    world.sync()
    assert verify(ledger, world.collection, ["docs"]).ok
    assert set(world.visible()) == {"docs:a.md", "docs:c.md"}
