"""The ledger as a file and in Postgres."""

import sqlite3
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import delete, func, select

from ingest import tables
from ingest.ledger import Ledger, LedgerError
from ingest.model import SyncReport, SyncState
from ingest.verify import verify

from .conftest import World


@pytest.fixture
def ledger_place(each_ledger_place: Path | str) -> Path | str:
    return each_ledger_place


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Better than to misread it."""
    path = tmp_path / "ledger.sqlite3"
    Ledger(path, "c").close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="newer Frontdesk"):
        Ledger(path, "c")


def test_a_file_that_is_no_database_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    """Not a traceback of the database's."""
    path = tmp_path / "ledger.sqlite3"
    path.write_text("not a database, but long enough to be looked at " * 50)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger(path, "c")


def test_each_collection_has_its_own_documents(world: World, ledger_place: Path | str) -> None:
    """Another embedding model starts from nothing, and the version of the index goes on."""
    world.write("a.md", "Text.")
    world.sync()
    with Ledger(ledger_place, "other") as other:
        assert other.current(["docs:a.md"]) == {}
        assert world.ledger.current(["docs:a.md", "docs:unknown"]).keys() == {"docs:a.md"}
        assert other.index_version() == world.ledger.index_version() == 1


def test_only_the_newest_runs_are_kept(ledger: Ledger) -> None:
    """A sync every 30 seconds must not fill the disk; numbers only grow."""
    runs = []
    for _ in range(105):
        runs.append(ledger.begin_run("a"))
        ledger.finish_run(runs[-1], SyncReport("a", SyncState.SUCCESS), verified=True)
    assert runs == sorted(set(runs))
    with ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.runs)).scalar() == 100


def test_threads_and_processes_write_at_once(ledger: Ledger, ledger_place: Path | str) -> None:
    """Every number is given once, through one ledger or several."""
    runs: list[int] = []

    def begin(through: Ledger) -> None:
        runs.extend(through.begin_run("a") for _ in range(10))

    with Ledger(ledger_place, "memory") as second:
        threads = [Thread(target=begin, args=(each,)) for each in (ledger, second) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(runs)) == 60


def test_verify_names_what_ledger_and_index_disagree_on(world: World) -> None:
    """Missing chunks, surplus ones, unknown documents and foreign sources."""
    for name in "abc":
        world.write(f"{name}.md", f"Text of {name}.")
    world.sync()
    assert verify(world.ledger, world.collection, ["docs"]).ok
    points = {point.payload.document_id: point for point in world.collection.points.values()}
    world.collection.delete_generations(["docs:a.md"], None)
    stray = points["docs:b.md"]
    world.collection.points["stray"] = stray
    with world.ledger.writing() as connection:
        connection.execute(delete(tables.documents).where(tables.documents.c.document_id == "docs:c.md"))
    check = verify(world.ledger, world.collection, ["others"])
    assert not check.ok
    assert [str(wrong) for wrong in check.wrong] == [
        "docs:a.md: 0 of 1 chunks are in the index",
        "docs:b.md: 1 chunks too many are in the index",
        "docs:c.md: 1 chunks of no known document",
    ]
    assert check.foreign == ("docs",)
