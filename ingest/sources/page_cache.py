"""What a source fetched last, in a small database of its own. It may be lost at any time: all can be fetched again."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.model import SourceError

_SCHEMA = """
create table if not exists pages (
    url text primary key, name text not null, digest text not null, changed_at real not null, checked_at real not null,
    etag text not null, last_modified text not null, sitemap_date text not null, canonical text not null,
    links text not null, body blob not null
) without rowid;
create table if not exists state (key text primary key, value text not null);
"""
_FIELDS = "url, name, digest, changed_at, checked_at, etag, last_modified, sitemap_date, canonical, links"


@dataclass(frozen=True, slots=True)
class Page:
    """`digest` changes with what matters of the body; `checked_at` is when its server last said that this is it."""

    url: str
    name: str
    digest: str
    changed_at: datetime
    checked_at: datetime
    etag: str = ""
    last_modified: str = ""
    sitemap_date: str = ""
    canonical: str = ""
    links: tuple[str, ...] = ()

    def validators(self) -> dict[str, str]:
        """The headers that ask for the body only if it is another."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


class PageCache:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page(self, url: str) -> Page | None:
        row = self._connection.execute(f"select {_FIELDS} from pages where url = ?", (url,)).fetchone()  # noqa: S608
        if row is None:
            return None
        changed, checked = datetime.fromtimestamp(row[3], UTC), datetime.fromtimestamp(row[4], UTC)
        etag, modified, sitemap_date, canonical, links = row[5:]
        known = tuple(json.loads(links))
        return Page(row[0], row[1], row[2], changed, checked, etag, modified, sitemap_date, canonical, known)

    def body(self, url: str) -> bytes | None:
        row = self._connection.execute("select body from pages where url = ?", (url,)).fetchone()
        return None if row is None else zlib.decompress(row[0])

    def put(self, page: Page, body: bytes | None) -> None:
        """Without a body the one that is there stays."""
        values = (
            *(page.url, page.name, page.digest, page.changed_at.timestamp(), page.checked_at.timestamp()),
            *(page.etag, page.last_modified, page.sitemap_date, page.canonical, json.dumps(page.links)),
        )
        with self._connection:
            if body is None:
                sets = ", ".join(f"{name} = ?" for name in _FIELDS.split(", "))
                self._connection.execute(f"update pages set {sets} where url = ?", (*values, page.url))  # noqa: S608
            else:
                marks = ", ".join("?" * 11)
                self._connection.execute(f"insert or replace into pages values ({marks})", (*values, _packed(body)))  # noqa: S608

    def keep(self, urls: Set[str]) -> None:
        """Forget all pages but these."""
        known = [url for (url,) in self._connection.execute("select url from pages")]
        with self._connection:
            gone = [(url,) for url in known if url not in urls]
            self._connection.executemany("delete from pages where url = ?", gone)

    def recall(self, key: str) -> str | None:
        row = self._connection.execute("select value from state where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def note(self, key: str, value: str | None) -> None:
        with self._connection:
            self._connection.execute("delete from state where key = ?", (key,))
            if value is not None:
                self._connection.execute("insert into state values (?, ?)", (key, value))


@contextmanager
def open_cache(state_dir: Path) -> Iterator[PageCache]:
    """The source's cache; a damaged one is replaced by an empty one. Raises SourceError, also for what goes wrong with
    the database inside the `with` block."""
    path = state_dir / "pages.sqlite3"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        try:
            connection = _connected(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or the disk: nothing is wrong with the file
                raise
            path.unlink()
            connection = _connected(path)
        try:
            yield PageCache(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError, zlib.error) as error:
        raise SourceError(
            f"What was fetched can't be kept in {path} ({error}); the index is as it was. Check the disk."
        ) from error


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30)
    try:
        # A lost write only costs a request, so the disk need not confirm each.
        connection.executescript(f"pragma journal_mode = wal; pragma synchronous = off; {_SCHEMA}")
    except BaseException:
        connection.close()
        raise
    return connection


def _packed(body: bytes) -> bytes:
    return zlib.compress(body, 1)
