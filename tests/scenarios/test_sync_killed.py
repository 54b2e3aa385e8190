"""A sync is killed at every step that matters, on the real embedded index; queries and the next sync find no harm.

Run as a script it is the process that dies.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.index.contract import Query
from ingest.index.edge import EdgeCollection
from ingest.index.search import CurrentSearch, Searched
from ingest.ledger import Ledger
from ingest.model import Progress, SyncReport
from ingest.parsing import ParserProcess
from ingest.sources.folder import FolderSettings
from ingest.sync_source import sync_source
from ingest.verify import verify
from tests.fakes.index import DIMENSIONS, WordEmbedder

OLD = {
    "kept.md": ["Kept one."],
    "changed.md": [f"Old {number}." for number in range(5)],
    "gone.md": ["Gone one."],
}
NEW = {
    "kept.md": OLD["kept.md"],
    "changed.md": [f"New {number}." for number in range(300)],  # more than are written at once
    "new.md": ["New one."],
}


class Deadly:
    """Passes every call on; at the given call of the given method the process is killed, before or after it."""

    def __init__(self, target: object, method: str, call: int, after: bool) -> None:
        self._target, self._method, self._left, self._after = target, method, call, after

    def __getattr__(self, name: str) -> object:
        value = getattr(self._target, name)
        return self._killing(value) if name == self._method else value

    def _killing(self, method: Callable[..., object]) -> Callable[..., object]:
        def killing(*args: object, **kwargs: object) -> object:
            self._left -= 1
            if self._left == 0 and not self._after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return killing


def write(folder: Path, state: dict[str, list[str]]) -> None:
    for path in folder.iterdir():
        if path.name not in state:
            path.unlink()
    for name, texts in state.items():
        text = "\n\n".join(f"## Section {number}\n\n{text}" for number, text in enumerate(texts))
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def sync(
    base: Path,
    collection: object,
    ledger: object,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> SyncReport:
    settings = FolderSettings(kind="folder", path=base / "docs", shrink_limit=1)
    with ParserProcess() as parser:
        return sync_source(
            settings.make("docs", base),
            collection=collection,  # type: ignore[arg-type]
            embedder=WordEmbedder(),
            ledger=ledger,  # type: ignore[arg-type]
            settings=settings,
            parser=parser,
            on_progress=on_progress,
        )


def seen(collection: EdgeCollection, ledger: Ledger) -> dict[str, list[str]]:
    """What queries find of each document, through the search that the bot calls."""
    search = CurrentSearch(Searched(collection, WordEmbedder(), ledger))
    found: dict[str, list[tuple[int, str]]] = {}
    for hit in search.search("section one old new", audience=["everyone"], limit=1000):
        name = hit.payload.document_id.removeprefix("docs:")
        found.setdefault(name, []).append((hit.payload.position, hit.payload.text))
    return {name: [text for _, text in sorted(texts)] for name, texts in found.items()}


def assert_whole(found: dict[str, list[str]]) -> None:
    """Each document is there as it was or as it is: never in part, never twice."""
    for name, texts in found.items():
        assert texts in (OLD.get(name), NEW.get(name)), name
    assert found["kept.md"] == OLD["kept.md"]
    assert "changed.md" in found


def opened(base: Path) -> tuple[EdgeCollection, Ledger]:
    return EdgeCollection(base / "index" / "c", DIMENSIONS), Ledger(base / "ledger.sqlite3", "c")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    write(tmp_path / "docs", OLD)
    collection, ledger = opened(tmp_path)
    sync(tmp_path, collection, ledger)
    assert seen(collection, ledger) == OLD
    collection.close()
    ledger.close()
    write(tmp_path / "docs", NEW)
    return tmp_path


@pytest.mark.parametrize(
    ("part", "method", "call", "moment"),
    [
        ("ledger", "begin_run", 1, "after"),
        ("ledger", "mark_writing", 1, "before"),
        ("ledger", "mark_writing", 1, "after"),
        ("collection", "upsert", 1, "after"),
        ("collection", "upsert", 2, "before"),
        ("collection", "upsert", 2, "after"),
        ("ledger", "switch", 1, "before"),
        ("ledger", "switch", 1, "after"),
        ("collection", "delete_generations", 1, "after"),
        ("ledger", "settle", 2, "before"),
        ("ledger", "hide", 1, "before"),
        ("ledger", "hide", 1, "after"),
        ("ledger", "close_items", 1, "before"),
        ("ledger", "settle", 3, "before"),
        ("ledger", "drop_items", 1, "before"),
        ("ledger", "finish_run", 1, "before"),
    ],
)
def test_killed_anywhere_a_sync_converges(base: Path, part: str, method: str, call: int, moment: str) -> None:
    """After the kill queries see whole documents only; the next sync finishes, and leaves nothing too much."""
    command = [sys.executable, __file__, str(base), part, method, str(call), moment]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    collection, ledger = opened(base)
    try:
        assert_whole(seen(collection, ledger))
        report = sync(base, collection, ledger)
        assert report.problem == ""
        assert seen(collection, ledger) == NEW
        check = verify(ledger, collection, ["docs"])
        assert check.ok
        assert check.unfinished == ()
        assert collection.count() == 302
        assert sync(base, collection, ledger).unchanged == 3
    finally:
        collection.close()
        ledger.close()


def test_queries_during_a_sync_see_whole_documents(base: Path) -> None:
    """A query before and after every single step of a sync: each document whole, old or new."""
    collection, ledger = opened(base)
    steps: list[str] = []

    class Watched(Deadly):
        def __init__(self, target: object) -> None:
            self._target = target

        def __getattr__(self, name: str) -> object:
            value = getattr(self._target, name)
            if not callable(value):
                return value

            def watched(*args: object, **kwargs: object) -> object:
                assert_whole(seen(collection, ledger))
                result = value(*args, **kwargs)
                assert_whole(seen(collection, ledger))
                steps.append(name)
                return result

            return watched

    try:
        sync(base, Watched(collection), Watched(ledger))
        assert steps.count("upsert") == 2  # of the large document alone
        assert {"switch", "hide", "settle", "delete_generations"} <= set(steps)
        assert seen(collection, ledger) == NEW
    finally:
        collection.close()
        ledger.close()


def test_the_contract_of_the_search_used_here(base: Path) -> None:
    """The old and the new generation are both in the collection while one replaces the other; only one is found."""
    collection, ledger = opened(base)
    held: list[int] = []
    try:
        sync(base, collection, ledger, lambda _: held.append(collection.count()))
        assert max(held) > collection.count()
        every = collection.search(Query("name", [1.0] * DIMENSIONS, ["everyone"], limit=1000))
        assert len(every) == 302
    finally:
        collection.close()
        ledger.close()


if __name__ == "__main__":
    at, part, method, call, moment = sys.argv[1:]
    parts: dict[str, object] = dict(zip(("collection", "ledger"), opened(Path(at)), strict=True))
    parts[part] = Deadly(parts[part], method, int(call), moment == "after")
    sync(Path(at), parts["collection"], parts["ledger"])
