"""Whoever is cancelled in a statement keeps nobody out of the database."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from bot.store.database import open_database

INSERT = "INSERT INTO things (at) VALUES (1) RETURNING id"
TIMES = 20


@pytest.fixture
def cancelling() -> Iterator[None]:
    """Whoever executes INSERT is cancelled while the database does it."""

    def cancel(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == INSERT and (task := asyncio.current_task()):
            task.cancel()

    event.listen(Engine, "before_cursor_execute", cancel)
    yield
    event.remove(Engine, "before_cursor_execute", cancel)


@pytest.mark.usefixtures("cancelling")
async def test_a_cancelled_transaction_locks_nobody_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/frontdesk.sqlite3"
    database, other = await open_database(url), await open_database(url)
    kept = []  # a traceback holds its cursors, as a task does that nobody looked at
    async with other.transaction() as connection:
        await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, at INTEGER)"))

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(text(INSERT))

    for _ in range(TIMES):
        writer = asyncio.create_task(write())
        with suppress(asyncio.CancelledError):
            await writer
        kept.append(writer)
        async with asyncio.timeout(5), other.transaction() as connection:
            await connection.execute(text("INSERT INTO things (at) VALUES (2)"))
    async with other.transaction() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM things"))).scalar_one() == TIMES
    await database.close()
    await other.close()


@pytest.mark.usefixtures("cancelling")
async def test_who_is_cancelled_while_a_connection_ends_leaves_nothing_that_waits_for_ever(tmp_path: Path) -> None:
    """Else the event loop can't be closed, and the process does not exit."""
    before = asyncio.all_tasks()
    database = await open_database(f"sqlite:///{tmp_path}/frontdesk.sqlite3")
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, at INTEGER)"))

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(text(INSERT))

    writer = asyncio.create_task(write())
    ended = database._engine.sync_engine.pool
    event.listen(ended, "invalidate", lambda *_: asyncio.get_running_loop().call_soon(writer.cancel))
    with suppress(asyncio.CancelledError):
        await writer
    await database.close()
    left = asyncio.all_tasks() - before
    waiting = (await asyncio.wait(left, timeout=5))[1] if left else set()  # a quick thread has ended it by now
    assert not waiting
