"""`make soak`, the sync's part: it is killed or fails at random moments; queries find no harm, and a re-run converges.

python -m ops.bench.soak_sync [kills] [faults] [seed]        (default 200 kills, 50 faults)

The embedded index, the ledger and the parser process are the real ones; the embedder counts words, so that a round
takes a second. Every text says which version of its document it is of, and which part of how many.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol
from unittest import mock

from pydantic import TypeAdapter
from sqlalchemy import event

from ingest.index import CurrentSearch, IndexUnavailable, Searched
from ingest.index.edge import EdgeCollection
from ingest.ledger import Ledger
from ingest.model import Listing, SourceError, SyncReport, SyncState
from ingest.parsing import ParserProcess
from ingest.source_settings import SourceSettings
from ingest.sources import make_source
from ingest.sources.folder import FolderSettings, FolderSource
from ingest.sync_source import sync_source
from ingest.verify import verify
from tests.fakes.index import DIMENSIONS, WordEmbedder

State = dict[str, tuple[int, int]]  # document -> its version, and how many parts that has
STAGES = {
    "ledger": ("mark_writing", "switch", "settle", "close_items", "hide", "drop_items", "finish_run"),
    "collection": ("upsert", "count", "delete_generations"),
    "embedder": ("embed",),
}
_PART = re.compile(r"version (\d+) part (\d+) of (\d+)")


def main(kills: int = 200, faults: int = 50, seed: int = 1) -> dict[str, object]:
    """How many rounds there were, the stages in which the sync was killed, and what was wrong (nothing)."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as folder:
        rounds = Rounds(Path(folder), random.Random(seed))  # noqa: S311 - moments, not secrets
        rounds.converge()
        while sum(rounds.killed_in.values()) < kills:
            rounds.mutate()
            rounds.kill()
            if rounds.chance.random() < 0.3:  # the sync that cleans up may be killed, too
                rounds.kill()
            rounds.converge()
        for number in range(faults):
            rounds.mutate()
            rounds.fail(FAULTS[number % len(FAULTS)])
            rounds.converge()
    return {"soak": "syncs", "seed": seed, "killed_in": dict(rounds.killed_in), "faults": dict(rounds.failed)} | {
        "queries": rounds.queries,
        "wrong": rounds.wrong,
    }


@dataclass
class Rounds:
    """A folder that changes, and the index that follows it."""

    base: Path
    chance: random.Random
    before: State = field(default_factory=dict)
    now: State = field(default_factory=dict)
    version: int = 0
    killed_in: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    queries: int = 0

    def __post_init__(self) -> None:
        (self.base / "docs").mkdir()
        self.mutate()

    def mutate(self) -> None:
        """Some documents and rows are added, some changed, some removed; the rest stays as it is."""
        self.version += 1
        self.before = dict(self.now)
        names = [f"d{number}.md" for number in range(12)] + [f"rows.csv#r{number}" for number in range(12)]
        for name in self.chance.sample(names, 10):
            self._change(name)
        self._change("long.md")
        (self.base / "both.json").write_text(json.dumps([self.before, self.now]))
        write(self.base / "docs", self.now)

    def _change(self, name: str) -> None:
        if name in self.now and name != "long.md" and self.chance.random() < 0.4:
            del self.now[name]
        else:
            parts = 1 if "#" in name else 280 if name == "long.md" else self.chance.randint(1, 5)
            self.now[name] = (self.version, parts)

    def kill(self) -> None:
        """A process that syncs is killed within milliseconds of a random step, if it takes that step."""
        stage = self.chance.choice([name for names in STAGES.values() for name in names])
        left = self.chance.randint(1, 2)
        command = [sys.executable, "-m", "ops.bench.soak_sync", "child", str(self.base)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - ourselves
            assert child.stdout is not None
            seen = ""
            for line in child.stdout:
                said = line.split()
                if said[0] == "wrong":
                    self.wrong.append(line.strip())
                elif said[0] == "queries":
                    self.queries += 1
                else:
                    seen = said[0]
                    left -= seen == stage
                    if left == 0:
                        time.sleep(self.chance.uniform(0, 0.004))
                        child.send_signal(signal.SIGKILL)
                        break
        if child.returncode == -signal.SIGKILL:
            self.killed_in[seen] += 1
        self._look()

    def fail(self, fault: "Fault") -> None:
        """The same sync, with something around it that does not work."""
        with opened(self.base) as parts, fault(parts, self.chance):
            report = parts.sync()
        self.failed[f"{fault.__name__}: {report.state}"] += 1
        self._look()

    def _look(self) -> None:
        with opened(self.base) as parts:
            self.wrong += parts.harm(self.before, self.now)
            self.queries += 1

    def converge(self) -> None:
        with opened(self.base) as parts:
            report = parts.sync()
            check = verify(parts.ledger, parts.collection, ["docs"])
            points = parts.collection.count()
            expected = sum(count for _, count in self.now.values())
            found = parts.harm(self.now, self.now)
        if report.state is not SyncState.SUCCESS or not check.ok or check.unfinished or points != expected or found:
            self.wrong.append(f"not converged: {report.problem} {check} {points} of {expected} points; {found}")


@dataclass
class Parts:
    collection: EdgeCollection
    ledger: Ledger
    embedder: WordEmbedder
    base: Path

    def sync(self) -> SyncReport:
        settings: SourceSettings = FolderSettings(kind="folder", path=self.base / "docs", shrink_limit=1)
        with ParserProcess() as parser:
            return sync_source(
                make_source("docs", settings, self.base / "state"),
                collection=self.collection,
                embedder=self.embedder,
                ledger=self.ledger,
                settings=settings,
                parser=parser,
            )

    def harm(self, before: State, now: State) -> list[str]:
        """What a query must not see: half a document, one twice, a mixture, one that is missing, an unknown one."""
        search = CurrentSearch(Searched(self.collection, self.embedder, self.ledger))
        found = defaultdict[str, list[tuple[int, int, int]]](list)
        for hit in search.search("version part of", audience=["everyone"], limit=2000):
            part = _PART.search(hit.payload.text)
            assert part, hit.payload.text
            found[hit.payload.document_id.removeprefix("docs:")].append((int(part[1]), int(part[2]), int(part[3])))
        wrong = [f"{name} is missing" for name in before.keys() & now.keys() - found.keys()]
        for name, parts in found.items():
            allowed = [state[name] for state in (before, now) if name in state]
            if sorted(parts) not in [[(version, at, count) for at in range(count)] for version, count in allowed]:
                wrong.append(f"{name}: {sorted(parts)[:9]} where {allowed} are allowed")
        return wrong


@contextmanager
def opened(base: Path) -> Iterator[Parts]:
    collection = EdgeCollection(base / "index" / "c", DIMENSIONS)
    with Ledger(base / "ledger.sqlite3", "c") as ledger:
        yield Parts(collection, ledger, WordEmbedder(), base)
    collection.close()


def write(folder: Path, state: State) -> None:
    """The folder as `state` says, unchanged files untouched."""
    texts = {
        name: "\n\n".join(f"## Section {at}\n\nversion {version} part {at} of {count}" for at in range(count))
        for name, (version, count) in state.items()
        if "#" not in name
    }
    rows = [
        f"{name.split('#')[1]},version {version} part 0 of 1" for name, (version, _) in state.items() if "#" in name
    ]
    texts |= {"rows.csv": "\n".join(["id,note", *rows])} if rows else {}
    for path in folder.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def child(base: Path) -> None:
    """Sync once, say each step before it is taken, and ask all the while."""
    before, now = TypeAdapter(tuple[State, State]).validate_json((base / "both.json").read_bytes())
    ended = threading.Event()

    def ask(parts: Parts) -> None:
        while not ended.is_set():
            for wrong in parts.harm(before, now):
                _say(f"wrong {wrong}")
            _say("queries")

    with opened(base) as parts:
        asker = threading.Thread(target=ask, args=(Parts(parts.collection, parts.ledger, WordEmbedder(), base),))
        asker.start()
        for part, names in STAGES.items():
            for name in names:
                _watched(getattr(parts, part), name, partial(_say, name))
        parts.sync()
        ended.set()
        asker.join()


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write, whole, from any thread


def _watched(target: object, name: str, call: Callable[[], None]) -> None:
    method = getattr(target, name)

    def watched(*args: object, **kwargs: object) -> object:
        call()
        return method(*args, **kwargs)

    setattr(target, name, watched)


class Fault(Protocol):
    """Something that does not work while a sync runs."""

    __name__: str

    def __call__(self, parts: Parts, chance: random.Random, /) -> AbstractContextManager[None]: ...


def _fail_once(target: object, name: str, at: int, error: Exception) -> None:
    left = [at]

    def call() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise error

    _watched(target, name, call)


@contextmanager
def index_unreachable(parts: Parts, chance: random.Random) -> Iterator[None]:
    name = chance.choice(STAGES["collection"])
    _fail_once(parts.collection, name, chance.randint(1, 3), IndexUnavailable("The index does not answer."))
    yield


@contextmanager
def embedder_failing(parts: Parts, chance: random.Random) -> Iterator[None]:
    _fail_once(parts.embedder, "embed", chance.randint(1, 2), IndexUnavailable("The model failed."))
    yield


@contextmanager
def ledger_locked(parts: Parts, chance: random.Random) -> Iterator[None]:
    """Another process holds the file from a random step on."""

    def impatient(connection: object, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")  # type: ignore[attr-defined]

    event.listen(parts.ledger.engine, "connect", impatient)
    parts.ledger.engine.dispose()
    left = [chance.randint(1, 8)]

    def lock() -> None:
        left[0] -= 1
        if left[0] == 0:
            held.enter_context(other.writing())

    for name in STAGES["ledger"]:
        _watched(parts.ledger, name, lock)
    with parts.ledger.of("other") as other, ExitStack() as held:
        yield
    event.remove(parts.ledger.engine, "connect", impatient)
    parts.ledger.engine.dispose()


@contextmanager
def disk_full(parts: Parts, chance: random.Random) -> Iterator[None]:
    """The index finds no space at a random write, as it asks before each."""
    left = [chance.randint(1, 6)]

    def usage(_: object) -> object:
        left[0] -= 1
        return mock.Mock(free=0 if left[0] <= 0 else 2**40)

    with mock.patch("ingest.index.edge.shutil.disk_usage", usage):
        yield


@contextmanager
def source_half_listed(parts: Parts, chance: random.Random) -> Iterator[None]:
    """The listing ends in the middle: said so, or as an error."""
    whole = FolderSource.list

    def half(source: FolderSource) -> Listing:
        items = whole(source).items
        if chance.random() < 0.3:
            raise SourceError("The listing was cut.")
        return Listing(items[: len(items) // 2], complete=False, problems=("The listing was cut.",))

    with mock.patch.object(FolderSource, "list", half):
        yield


FAULTS = (index_unreachable, embedder_failing, ledger_locked, disk_full, source_half_listed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(Path(sys.argv[2]))
    else:
        report: Mapping[str, object] = main(*map(int, sys.argv[1:]))
        sys.stdout.write(json.dumps(report) + "\n")
        sys.exit(1 if report["wrong"] else 0)
