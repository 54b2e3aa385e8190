"""A bot whose records are in a Postgres that is restarted under it, and two bots that share one."""

import asyncio

import pytest

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.postgres import Postgres
from tests.scenarios.conftest import MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"


@pytest.fixture
def database(postgres: Postgres) -> str:
    return postgres.database()


@pytest.mark.parametrize("workspace", [1.0], indirect=True)  # for each ack that does not come
async def test_a_restart_of_postgres_loses_nothing(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, postgres: Postgres
) -> None:
    """What was being answered is answered once, and so is what was asked while it was down: nothing of that is acked
    before it is stored."""
    bot = await make_bot()
    workers = bot.connection.workers
    assert workers is not None
    workers.lease_s = 2.0
    shelf.gate = asyncio.Event()
    before = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 10)
    await asyncio.to_thread(postgres.stop)
    try:
        during = await workspace.say("dana", "support", ASK)
        await workspace.wait_for(lambda: [one for one in workspace.calls if one["error"] == "not acked"])
        shelf.gate.set()
    finally:
        await asyncio.to_thread(postgres.start)
    for ts in (before, during):
        assert await bot.ended(ts) is Outcome.ANSWERED
        [answer] = said(workspace, ts)
        assert "30 days" in everything(answer)


async def test_a_message_deleted_in_one_process_stops_the_other(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """The deletion arrives where nobody answers it; the one that does stops, and takes back what it has begun."""
    bot = await make_bot()
    workers = bot.connection.workers
    assert workers is not None
    shelf.gate, shelf.after = asyncio.Event(), 1
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts))
    assert await bot.store.inbox.withdraw(f"T0ELECTRO:C0SUPPORT:{ts}")  # as the other process does
    shelf.gate.set()
    await workspace.wait_for(lambda: workspace.called("chat.delete"), 10)
    assert await bot.outcome("C0SUPPORT", ts) is Outcome.WITHDRAWN
