"""Opens the database: one URL, migrated to this version, every failure a StoreUnavailable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.errors import StoreUnavailable


class Database:
    """A migrated database. Each `transaction()` is stored whole or not at all."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def transaction(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Raises StoreUnavailable, with nothing stored, when the database does not do it.

        `durable`: survives a power cut, not only a crash of this process; for what somebody was told is kept. The
        others are lost in order, newest first, which leaves a state that recovery knows how to go on from.
        """
        engine = self._engine.execution_options(durable=durable)
        try:
            async with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"the database did not do it: {error}") from error

    async def migrate(self) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"the database can't be opened: {error}") from error

    async def close(self) -> None:
        await self._engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def open_database(url: str) -> Database:
    """Connect and migrate. `url` is SQLAlchemy's; sqlite:// and postgresql:// get their async drivers here."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite+aiosqlite")
        try:
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the database's folder can't be made: {error}") from error
        # One connection: SQLite has one writer, and waiting for a connection is fair where its file lock is not.
        engine = create_async_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=30)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    else:
        engine = create_async_engine(parsed, pool_pre_ping=True)
    database = Database(engine)
    try:
        await database.migrate()
    except BaseException:
        await database.close()
        raise
    return database


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin_immediate does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    durable = connection.get_execution_options().get("durable", True)
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    # A transaction that reads first and writes later would fail when another writer came between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
