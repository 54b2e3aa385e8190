"""Opens the database: one URL, migrated to this version, every failure a StoreUnavailable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.errors import StoreUnavailable


class Database:
    """A migrated database. Each `transaction()` is stored whole or not at all."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._modes = {durable: engine.execution_options(durable=durable) for durable in (True, False)}
        self.sole = engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def transaction(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Raises StoreUnavailable, with nothing stored, when the database does not do it.

        `durable`: survives a power cut, not only a crash of this process; for what somebody was told is kept. The
        others are lost in order, newest first, which leaves a state that recovery knows how to go on from.
        """
        try:
            async with self._modes[durable].begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"the database did not do it: {error}") from error

    async def migrate(self) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except (SQLAlchemyError, CommandError, OSError) as error:
            raise StoreUnavailable(f"the database can't be opened: {error}") from error

    async def close(self) -> None:
        await self._engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def open_database(url: str) -> Database:
    """Connect and migrate. `url` is SQLAlchemy's. Raises StoreUnavailable."""
    try:
        database = Database(_engine(make_url(url)))
    except (ArgumentError, ImportError, OSError) as error:
        # The address itself may hold a password, and SQLAlchemy repeats it.
        raise StoreUnavailable(
            f"DATABASE_URL can't be used ({type(error).__name__}); example: sqlite:////var/lib/frontdesk.sqlite3"
        ) from error
    try:
        await database.migrate()
    except BaseException:
        await database.close()
        raise
    return database


def _engine(url: URL) -> AsyncEngine:
    # What people wrote is a parameter: errors must not carry it into the log.
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    # One connection: SQLite has one writer, and waiting for a connection is fair where its file lock is not.
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,
        pool_reset_on_return=None,  # every transaction here is ended; a rollback more is a hop more
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


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
