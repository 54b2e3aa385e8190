"""Opens the database: one URL, migrated to this version, every failure a StoreUnavailable.

On SQLite one connection writes at a time. On Postgres many do, so nothing here may read first and write later: unique
keys, upserts and conditions of an update decide.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.errors import StoreUnavailable
from bot.store.turns import Turns

# Of the server's own accord, so that a statement or a lock that hangs is an outage and not a silence; milliseconds.
_LIMITS = "-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
# A server that is gone without a word is noticed within a quarter of a minute.
_LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 1,
    "tcp_user_timeout": 15_000,
}
_PATIENCE_S = 30.0  # for the one connection to SQLite
_POSTGRES = ("postgres", "postgresql")
_MIGRATING = 0x46726F6E74  # any number that is ours: what an advisory lock is about


class Database:
    """A migrated database. Each `transaction()` is stored whole or not at all."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.kind = engine.dialect.name
        self._turns = Turns() if self.kind == "sqlite" else None
        self._modes = {durable: engine.execution_options(durable=durable) for durable in (True, False)}

    @asynccontextmanager
    async def transaction(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Raises StoreUnavailable, with nothing stored, when the database does not do it.

        `durable`: survives a power cut, not only a crash of this process; for what somebody was told is kept. On SQLite
        the others are lost in order, newest first, which leaves a state that recovery knows how to go on from. On
        Postgres every one is durable. It goes before those that wait: somebody waits for it, an ack above all.
        """
        try:
            async with AsyncExitStack() as stack:
                if self._turns is not None:
                    await stack.enter_async_context(self._turns.turn(urgent=durable, patience_s=_PATIENCE_S))
                yield await stack.enter_async_context(self._modes[durable].begin())
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"the database did not do it: {error}") from error

    async def migrate(self) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except (SQLAlchemyError, CommandError, OSError) as error:
            raise StoreUnavailable(f"the database can't be opened; check DATABASE_URL: {error}") from error

    async def close(self) -> None:
        await self._engine.dispose()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # several processes may start at once: one migrates, the others wait
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def open_database(url: str) -> Database:
    """Connect and migrate. `url` is SQLAlchemy's, or Postgres' own (postgres://). Raises StoreUnavailable."""
    try:
        database = Database(_engine(make_url(url)))
    except (ArgumentError, ImportError, OSError) as error:
        # The address itself may hold a password, and SQLAlchemy repeats it.
        raise StoreUnavailable(
            f"DATABASE_URL can't be used ({type(error).__name__}); example: postgresql://user:password@host/name"
        ) from error
    try:
        await database.migrate()
    except BaseException:
        await database.close()
        raise
    return database


def _engine(url: URL) -> AsyncEngine:
    backend = url.get_backend_name()
    if backend in _POSTGRES:
        return _postgres(url)
    if backend != "sqlite":
        raise ArgumentError("neither SQLite nor Postgres")
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    # One connection: SQLite has one writer, and waiting for a turn is fair where its file lock is not.
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=1,
        max_overflow=0,
        pool_timeout=_PATIENCE_S,
        hide_parameters=True,  # what people wrote is a parameter: errors must not carry it into the log
        pool_reset_on_return=None,  # every transaction here is ended; a rollback more is a hop more
        connect_args={"async_creator_fn": _sqlite},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    event.listen(engine.sync_engine.pool, "invalidate", _roll_back)
    return engine


def _postgres(url: URL) -> AsyncEngine:
    given: dict[str, Any] = {"application_name": "frontdesk", "options": _LIMITS, **_LIVENESS}
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=5,
        pool_timeout=10,
        pool_pre_ping=True,  # after a restart of the server the pool's connections are dead
        hide_parameters=True,
        connect_args={name: value for name, value in given.items() if name not in url.query},
    )


class _StoppedOnce(aiosqlite.Connection):
    """SQLAlchemy stops it a second time when who waits for its end is cancelled; its thread has ended by then, and what
    waited for that would wait for ever: a process that can't exit."""

    def stop(self) -> asyncio.Future[Any] | None:
        return super().stop() if self._running else None


def _sqlite(path: str, **given: Any) -> aiosqlite.Connection:
    made = _StoppedOnce(lambda: sqlite3.connect(path, **given), iter_chunk_size=64)
    made._thread.daemon = True  # as SQLAlchemy does with its own
    return made


def _roll_back(connection: Any, _record: object, _error: object) -> None:
    """Whoever used it was cancelled in a statement. Closing it is not enough: SQLite keeps the transaction, and with it
    everybody else out, as long as the statement's cursor lives."""
    driver = connection.driver_connection  # aiosqlite's, which has no way to queue a call and not wait for it
    if (sqlite := driver._connection) is not None:
        driver._tx.put_nowait((None, sqlite.rollback))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin_immediate does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    flush = "FULL" if connection.get_execution_options().get("durable", True) else "NORMAL"
    if connection.info.get("flush") != flush:
        connection.exec_driver_sql(f"PRAGMA synchronous={flush}")
        connection.info["flush"] = flush
    # A transaction that reads first and writes later would fail when another writer came between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
