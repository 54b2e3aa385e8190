"""Socket Mode's connections: dropped, refreshed, dead, half open; nothing that was asked is lost or answered twice."""

import asyncio

import pytest

from bot.desk.model import Outcome
from bot.slack import sockets
from bot.slack.connection import CredentialsRefused
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import UNLIMITED, MakeBot, said

ASK = "@frontdesk how long do I have to return something?"


async def both(workspace: LocalWorkspace) -> None:
    await workspace.wait_for(lambda: workspace.sockets.connections == sockets.AT_ONCE)


async def test_there_are_two_connections(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Events go to both in turn, and all are answered."""
    bot = await make_bot()
    await both(workspace)
    asked = [await workspace.say("dana", "support", f"{ASK} {n}") for n in range(4)]
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
    assert workspace.sockets.dials == 2


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_a_refresh_of_one_loses_nothing(workspace: LocalWorkspace, make_bot: MakeBot, reason: str) -> None:
    """While Slack takes one connection back the other is there: every event is acked at its first delivery."""
    bot = await make_bot(limits=UNLIMITED)
    asked = []
    for n in range(6):
        await both(workspace)
        dials = workspace.sockets.dials
        await workspace.refresh_sockets(reason, most=1)
        asked += [await workspace.say("dana", "support", f"{ASK} {n}") for _ in range(2)]
        await workspace.wait_for(lambda dials=dials: workspace.sockets.dials > dials)  # type: ignore[misc]
        if reason == "warning":
            await workspace.refresh_sockets(most=1)  # the end that was announced
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
        assert len(said(workspace, ts)) == 1
    assert [one for one in workspace.calls if one["kind"] == "socket" and not one["ok"]] == []


async def test_connections_that_are_dropped_all_the_time_lose_nothing(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """As soon as there is a connection, all are cut, with an event under way."""
    bot = await make_bot()
    asked = []
    for n in range(8):
        await workspace.wait_for(lambda: workspace.sockets.connections)
        asked.append(await workspace.say("dana", "support", f"{ASK} {n}"))
        await workspace.drop_sockets()
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
        assert len(said(workspace, ts)) == 1


async def test_a_half_open_connection_is_noticed(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """It says hello, takes what is sent and answers no ping: it is given up, and what went into it is answered."""
    bot = await make_bot()
    await both(workspace)
    workspace.sockets.deaf = True
    await workspace.drop_sockets()
    await both(workspace)
    ts = await workspace.say("dana", "support", ASK)
    dials = workspace.sockets.dials
    await workspace.wait_for(lambda: workspace.sockets.dials >= dials + 2, 5)
    workspace.sockets.deaf = False
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


async def test_a_connection_without_a_hello_is_given_up(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dial that nobody answers does not hold the next one."""
    monkeypatch.setattr(sockets, "_DIAL_S", 0.2)
    bot = await make_bot()
    await both(workspace)
    workspace.sockets.mute = True
    dials = workspace.sockets.dials
    await workspace.drop_sockets()
    await workspace.wait_for(lambda: workspace.sockets.dials >= dials + 4)
    workspace.sockets.mute = False
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED


async def test_the_very_first_ticket_may_be_dead(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start does not fail over it: the next ticket is asked for."""
    fresh, given = workspace.sockets.new_ticket, iter(["dead", "dead too"])
    monkeypatch.setattr(workspace.sockets, "new_ticket", lambda: next(given, None) or fresh())
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED


async def test_an_outage_of_connections_open_ends(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused for a while, it is asked again; no ticket stands in the log."""
    bot = await make_bot()
    await both(workspace)
    workspace.fail("apps.connections.open", error="internal_error", times=5)
    await workspace.drop_sockets()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert any("trying again" in one.message for one in caplog.records)
    assert not any("ticket=" in one.message for one in caplog.records)


async def test_a_wrong_app_token_is_told_at_the_start(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """One line that names the setting, and nothing of the token."""
    with pytest.raises(CredentialsRefused, match="SLACK_APP_TOKEN: Slack refused it") as told:
        await make_bot(app_token="xapp-1-secret")
    assert "secret" not in str(told.value)


async def test_what_is_being_stored_at_the_end_is_acked(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A stop in the middle of an event: it is stored, acked, and answered by the next run."""
    bot = await make_bot()
    await both(workspace)
    ts = await workspace.say("dana", "support", ASK)
    await bot.accepted(ts)
    await bot.stop(0)
    acked = [one for one in workspace.calls if one["kind"] == "socket"]
    assert all(one["ok"] for one in acked)
    again = await make_bot()
    assert await again.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


def test_pauses_grow_and_end() -> None:
    """A dead connection (one and a half pings), a pause and a dial are within 30 s, however often it failed."""
    assert sockets.pause_s(0, 0.5) <= 0.5
    assert 1 <= sockets.pause_s(2, 0.5) <= 2
    longest = max(sockets.pause_s(failures, 0.5) for failures in (*range(20), 5000))
    assert 1.5 * 10 + longest + sockets._DIAL_S <= 31


async def test_a_stopped_bot_leaves_no_connection(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    await both(workspace)
    await bot.stop()
    await workspace.wait_for(lambda: workspace.sockets.connections == 0)
    assert not [task for task in asyncio.all_tasks() if "Sockets" in repr(task) and "bot" in repr(task)]
