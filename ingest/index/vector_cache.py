"""Vectors of texts that were embedded before, by content, in an SQLite file of their own.

A help and never a need: whatever goes wrong with the file is logged once, and the rest of the sync does without. It
holds hashes and vectors, no text.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingest.index.contract import Vectors

log = logging.getLogger(__name__)

LIMIT = 512 * 2**20  # bytes of the file: about 250,000 vectors of 384 dimensions
ASKED_TOGETHER = 500
BUSY_S = 2.0
DAY_S = 86_400
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SCHEMA = """
create table if not exists vectors (key blob primary key, vector blob not null, used integer not null)
"""


class VectorCache:
    """One model's part of the file at `path`. For one thread at a time; never raises for what is wrong with the file.

    `fingerprint` is the embedder's: another model's vectors are never found. `limit` is kept by close(): what was not
    used for longest goes first.
    """

    def __init__(self, path: Path, fingerprint: str, dimensions: int, limit: int = LIMIT) -> None:
        self._path, self._dimensions, self._limit = path, dimensions, limit
        self._salt = fingerprint.encode() + b"\0"
        self._today = int(time.time() // DAY_S)
        self._file: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
            self._file.execute("pragma journal_mode=wal")
            self._file.execute("pragma synchronous=normal")
            self._file.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def get(self, texts: Sequence[str]) -> Mapping[str, Vectors]:
        """The vectors of those of the texts that are known."""
        keys = {self._key(text): text for text in texts}
        found: dict[str, Vectors] = {}
        if self._file is None:
            return found
        try:
            with self._file:
                wanted = list(keys)
                for start in range(0, len(wanted), ASKED_TOGETHER):
                    some = wanted[start : start + ASKED_TOGETHER]
                    marks = ",".join("?" * len(some))
                    old: list[tuple[int, bytes]] = []
                    query = f"select key, vector, used from vectors where key in ({marks})"  # noqa: S608 - marks
                    for key, stored, used in self._file.execute(query, some):
                        vector = np.frombuffer(stored, np.float32)
                        if vector.shape != (self._dimensions,) or not abs(float(vector @ vector) - 1) < 1e-3:
                            continue  # a damaged page: it is embedded and stored again
                        found[keys[key]] = vector
                        if used < self._today:
                            old.append((self._today, key))
                    self._file.executemany("update vectors set used = ? where key = ?", old)
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)
        return found

    def put(self, texts: Sequence[str], vectors: Vectors) -> None:
        if self._file is None:
            return
        rows = [
            (self._key(text), np.ascontiguousarray(vector, np.float32).tobytes(), self._today)
            for text, vector in zip(texts, vectors, strict=True)
        ]
        try:
            with self._file:
                self._file.executemany("insert or replace into vectors values (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        if self._file is None:
            return
        try:
            with self._file:
                self._shrink(self._file)
            self._file.close()
        except sqlite3.Error as error:
            self._give_up(error)
        self._file = None

    def _shrink(self, file: sqlite3.Connection) -> None:
        """Free pages for what comes: deleted rows' space is used again, so the file stays near its limit."""
        pages, free, size = (
            file.execute(f"pragma {of}").fetchone()[0] for of in ("page_count", "freelist_count", "page_size")
        )
        held = (pages - free) * size
        if held <= self._limit:
            return
        rows = file.execute("select count(*) from vectors").fetchone()[0]
        excess = rows - int(rows * self._limit / held * 0.9)
        file.execute(
            "delete from vectors where key in (select key from vectors order by used limit ?)",
            (excess,),
        )

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(self._salt + text.encode("utf-8", "surrogatepass")).digest()

    def _give_up(self, error: Exception) -> None:
        log.warning("the cache of embeddings %s is not used (%s); texts are embedded again", self._path, error)
        file, self._file = self._file, None
        if file is not None:
            file.close()
        if getattr(error, "sqlite_errorcode", None) in DAMAGED:  # the next sync begins a new one
            for end in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
