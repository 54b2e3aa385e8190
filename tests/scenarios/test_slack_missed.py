"""After a downtime: what Slack does not deliver any more is read back, and answered once or honestly not."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, now, said

ASK = "@frontdesk how long do I have to return something?"
FOLLOW_UP = "and how long does shipping take?"
TEAM = "T0ELECTRO"
DESK = "support-escalations"
CHILD = """
import asyncio, sys
from bot.settings import AnsweringSettings, SlackSettings
from tests.scenarios.conftest import Bot, Shelf

async def main():
    database, bot_token, app_token, api_url = sys.argv[1:]
    slack = SlackSettings(bot_token=bot_token, app_token=app_token, api_url=api_url)
    await Bot(None, database, Shelf(), AnsweringSettings(), slack).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def caught_up(bot: Bot) -> None:
    """Waits until everything that was said before this call is heard, as the record says."""
    wanted = bot.now()

    async def there() -> bool:
        heard = await bot.store.presence.heard_until(TEAM)
        return heard is not None and heard >= wanted - timedelta(seconds=1)

    await bot.until(there)


async def stop(bot: Bot) -> None:
    await bot.stop()


async def kill(bot: Bot) -> None:
    await bot.kill()


@pytest.mark.parametrize("end", [stop, kill])
async def test_what_was_missed_is_answered_once(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, end: Callable[[Bot], Awaitable[None]]
) -> None:
    """A mention, one in a group DM, one in somebody's thread, a DM and a follow-up are answered, chatter and what was deleted are
    not; the start waits for none of it, and the next run answers nothing again."""
    group = workspace.add_channel("group", ["dana", "sam"], "mpim")
    first = await make_bot()
    thread = await workspace.say("dana", "support", ASK)
    await first.ended(thread)
    chat = await workspace.say("sam", "general", "nice weather for returning home")
    await end(first)
    workspace.lose_events = True
    mention = await workspace.say("sam", "support", ASK)
    follow_up = await workspace.say("dana", "support", FOLLOW_UP, thread)
    direct = await workspace.say("dana", "dm", "How long does shipping take?")
    reply = await workspace.say("dana", "general", "returning with shipping weather", chat)
    inside = await workspace.say("alex", "general", ASK, chat)
    grouped = await workspace.say("dana", group, ASK)
    chatter = await workspace.say("alex", "support", "who returns the meeting room key?")
    deleted = await workspace.say("sam", "support", ASK)
    await workspace.delete("sam", "support", deleted)
    workspace.lose_events = False

    held = workspace.hold("conversations.history")
    second = await make_bot()  # it is there before it has read anything
    await asyncio.wait_for(held.reached.wait(), 5)
    workspace.let_go("conversations.history")
    await caught_up(second)
    channel = workspace.messages("dm:dana")[0]["channel"]
    for ts, place in (
        (mention, "C0SUPPORT"),
        (follow_up, "C0SUPPORT"),
        (inside, "C0GENERAL"),
        (direct, channel),
        (grouped, group),
    ):
        assert await second.ended(ts, place) is Outcome.ANSWERED
    assert [await second.outcome("C0SUPPORT", ts) for ts in (chatter, deleted)] == [None, None]
    assert await second.outcome("C0GENERAL", reply) is None
    assert await second.store.inbox.depth() == 0
    spoken = [len(said(workspace, ts)) for ts in (thread, mention, chatter, deleted)]
    spoken += [len(said(workspace, chat, "general")), len(said(workspace, direct, "dm:dana"))]
    assert spoken == [2, 1, 0, 0, 1, 1]
    await end(second)

    asked = list(shelf.asked)
    third = await make_bot()
    await caught_up(third)
    assert await third.store.inbox.depth() == 0
    assert shelf.asked == asked


async def test_a_process_that_was_killed_for_good_is_followed_up(
    workspace: LocalWorkspace, make_bot: MakeBot, tmp_path: Path
) -> None:
    """SIGKILL, and Slack gives up its events: the next process answers what was written meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, f"sqlite:///{tmp_path / 'desk.db'}"),
        *(workspace.bot_token, workspace.app_token, workspace.api_url),
        cwd=Path(__file__).parents[2],
    )
    try:
        await workspace.wait_for(lambda: workspace.sockets.connections, 30)
        thread = await workspace.say("dana", "support", ASK)
        await workspace.wait_for(lambda: any("30 days" in everything(one) for one in said(workspace, thread)))
    finally:
        process.kill()
        await process.wait()
    await workspace.wait_for(lambda: not workspace.sockets.connections)
    workspace.lose_events = True
    mention = await workspace.say("sam", "support", ASK)
    follow_up = await workspace.say("dana", "support", FOLLOW_UP, thread)
    bot = await make_bot()
    assert await bot.ended(mention) is Outcome.ANSWERED
    assert await bot.ended(follow_up) is Outcome.ANSWERED
    await caught_up(bot)
    assert (len(said(workspace, thread)), len(said(workspace, mention))) == (2, 1)


@pytest.mark.parametrize("end", [stop, kill])
@pytest.mark.parametrize("seam", ["conversations.history", "conversations.replies", "accept"])
async def test_ended_while_it_reads_back_nothing_is_lost(
    workspace: LocalWorkspace, make_bot: MakeBot, seam: str, end: Callable[[Bot], Awaitable[None]]
) -> None:
    """The record goes on only after all was heard, so the next run reads it again."""
    first = await make_bot()
    thread = await workspace.say("dana", "support", ASK)
    await first.ended(thread)
    await first.stop()
    workspace.lose_events = True
    mention = await workspace.say("sam", "support", ASK)
    follow_up = await workspace.say("dana", "support", FOLLOW_UP, thread)
    held = workspace.hold(seam)
    later = timedelta(hours=1)
    second = await make_bot(crash_at="accept" if seam == "accept" else None, ahead=later)
    await asyncio.wait_for((second.crashed if seam == "accept" else held.reached).wait(), 5)
    if seam != "accept":
        workspace.lose_events = False
        await second.ended(await workspace.say("sam", "general", ASK), "C0GENERAL")  # meanwhile it works and ticks
    await end(second)
    workspace.let_go(seam)
    third = await make_bot(ahead=later)
    assert await third.ended(mention) is Outcome.ANSWERED
    assert await third.ended(follow_up) is Outcome.ANSWERED
    assert (len(said(workspace, thread)), len(said(workspace, mention))) == (2, 1)


@pytest.mark.parametrize("with_replies", [False, True])
@pytest.mark.parametrize("begun", [False, True])
async def test_an_accepted_question_that_was_deleted_meanwhile_is_withdrawn(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, begun: bool, with_replies: bool
) -> None:
    """Accepted, killed, deleted while nobody listened: no answer, and what was begun of one is taken back."""
    workspace.streaming = False
    first = await make_bot()
    held = workspace.hold("chat.update" if begun else "users.info")
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(held.reached.wait(), 5)
    await first.kill()
    workspace.lose_events = True
    workspace.let_go("chat.update" if begun else "users.info")
    if with_replies:
        await workspace.say("sam", "support", "<@U0DANA> never mind", ts)
    asked = list(shelf.asked)
    await workspace.delete("dana", "support", ts)
    second = await make_bot()
    assert await second.ended(ts) is Outcome.WITHDRAWN
    assert said(workspace, ts) == []
    assert shelf.asked == asked


async def test_what_slack_delivers_too_is_one_question(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Slack's waiting events and the reading come together."""
    await (await make_bot()).stop()
    ts = await workspace.say("dana", "support", ASK)
    bot = await make_bot()
    assert await bot.ended(ts) is Outcome.ANSWERED
    await caught_up(bot)
    await workspace.wait_for(lambda: [one for one in workspace.calls if one["kind"] == "socket" and one["ok"]])
    assert await bot.store.inbox.depth() == 0
    assert len(said(workspace, ts)) == 1


@pytest.mark.parametrize("resolved_first", [False, True])
async def test_a_thread_that_a_human_holds_is_left_alone(
    workspace: LocalWorkspace, make_bot: MakeBot, resolved_first: bool
) -> None:
    """Neither a mention nor a reply that was missed there is answered; what was written to the human stays theirs
    where they resolve it before it is read."""
    first = await make_bot()
    thread = await workspace.say("dana", "support", ASK)
    await first.ended(thread)
    await workspace.click("dana", "support", said(workspace, thread)[0]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages(DESK) and len(said(workspace, thread)) == 2)
    brief = workspace.messages(DESK)[0]["ts"]
    await workspace.click("alex", DESK, brief, "human_claim")
    await workspace.wait_for(lambda: len(said(workspace, thread)) == 3)
    await first.stop()
    workspace.lose_events = True
    reply = await workspace.say("dana", "support", FOLLOW_UP, thread)
    mention = "" if resolved_first else await workspace.say("dana", "support", ASK, thread)
    held = workspace.hold("conversations.history")
    second = await make_bot()
    await asyncio.wait_for(held.reached.wait(), 5)
    if resolved_first:
        await workspace.click("alex", DESK, brief, "human_resolve")
        await workspace.wait_for(lambda: len(said(workspace, thread)) == 4)
    workspace.let_go("conversations.history")
    await caught_up(second)
    if mention:
        assert await second.ended(mention) is Outcome.ESCALATED
    assert await second.outcome("C0SUPPORT", reply) is None
    assert await second.store.inbox.depth() == 0
    assert len(said(workspace, thread)) == (4 if resolved_first else 3)


async def test_what_was_said_before_the_bot_took_part_stays_chatter(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The reading overlaps with what was heard; a reply from before the first question of its thread is none."""
    first = await make_bot()
    thread = await workspace.say("sam", "support", "what do you think of the returns?")
    chatter = await workspace.say("dana", "support", "shipping is what I think of", thread)
    await workspace.wait_for(lambda: len([one for one in workspace.calls if one["kind"] == "socket"]) == 2)
    mention = await workspace.say("sam", "support", ASK, thread)
    assert await first.ended(mention) is Outcome.ANSWERED
    await first.stop()
    second = await make_bot()
    await caught_up(second)
    assert await second.outcome("C0SUPPORT", chatter) is None
    assert await second.store.inbox.depth() == 0


async def test_what_is_older_than_a_day_gets_one_notice_a_conversation(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Where somebody addressed the bot, and once, also when it is killed before it knows that the notice was taken."""
    await (await make_bot()).stop()
    workspace.lose_events = True
    for who in ("dana", "sam", "dana"):
        await workspace.say(who, "support", ASK)
    await workspace.say("alex", "general", "nobody is asked here")
    await workspace.say("dana", "dm", "How long does shipping take?")
    posted = workspace.hold_reply("chat.postMessage")
    second = await make_bot(ahead=timedelta(days=2))
    await asyncio.wait_for(posted.reached.wait(), 5)
    await second.kill()
    workspace.let_go("chat.postMessage")
    for _ in range(2):
        bot = await make_bot(ahead=timedelta(days=2))
        await caught_up(bot)
        await bot.stop()
    [notice] = [one for one in workspace.messages("support") if one["user"] == "U0FRONTDESK"]
    assert "I was away from" in notice["text"]
    assert notice["mentions"] == ["<@U0DANA>", "<@U0SAM>"]
    [direct] = [one for one in workspace.messages("dm:dana") if one["user"] == "U0FRONTDESK"]
    assert "I was away from" in direct["text"]
    assert direct["mentions"] == []
    assert [one for one in workspace.messages("general") if one["user"] == "U0FRONTDESK"] == []
    assert shelf.asked == []


async def test_what_was_answered_before_a_long_absence_gets_no_notice(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The overlap holds answered questions; nobody is told of them."""
    first = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    await first.ended(ts)
    await first.stop()
    second = await make_bot(ahead=timedelta(days=2))
    await caught_up(second)
    assert len(workspace.messages("support")) == 2


async def test_a_long_gap_of_the_connection_is_read_back(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Without a restart: what was written while no connection could be had is answered when there is one."""
    bot = await make_bot()
    held = workspace.hold("apps.connections.open")
    await workspace.drop_sockets()
    await asyncio.wait_for(held.reached.wait(), 5)
    workspace.lose_events = True
    ts = await workspace.say("dana", "support", ASK)
    bot.ahead = timedelta(minutes=10)
    workspace.let_go("apps.connections.open")
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


async def test_a_conversation_that_fails_stops_no_other(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is refused for good, one is rate limited, one is out for a while: each other is answered, then that too."""
    monkeypatch.setattr("bot.slack.read_back._AGAIN_S", 0.05)
    await (await make_bot()).stop()
    workspace.lose_events = True
    asked = {name: await workspace.say("dana", name, ASK) for name in ("support", "general")}
    direct = await workspace.say("dana", "dm", FOLLOW_UP)
    workspace.api.scopes = tuple(one for one in workspace.api.scopes if one != "groups:history")
    workspace.fail("users.conversations", status=429, error="ratelimited", headers={"Retry-After": "0"})
    workspace.fail("conversations.history", status=500, times=3)
    bot = await make_bot()
    assert await bot.ended(direct, workspace.messages("dm:dana")[0]["channel"]) is Outcome.ANSWERED
    assert await bot.ended(asked["general"], "C0GENERAL") is Outcome.ANSWERED
    assert await bot.ended(asked["support"], "C0SUPPORT") is Outcome.ANSWERED
    await caught_up(bot)
    read = [one["request"]["channel"] for one in workspace.called("conversations.history")]
    assert read.count("C0ESCALATE") == 1


async def test_without_the_scope_for_direct_messages_channels_are_read(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    """An app that was installed before the scope was asked for: the log says what is missing."""
    workspace.api.scopes = tuple(one for one in workspace.api.scopes if one != "im:read")
    await (await make_bot()).stop()
    workspace.lose_events = True
    ts = await workspace.say("dana", "support", ASK)
    bot = await make_bot()
    assert await bot.ended(ts) is Outcome.ANSWERED
    await caught_up(bot)
    assert any("im can't be read back" in one.message and "missing_scope" in one.message for one in caplog.records)


async def test_all_pages_are_read(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the channels, of their history and of a thread."""
    monkeypatch.setattr("bot.slack.read_back._PAGE", 2)
    monkeypatch.setattr("bot.slack.read_back._PAUSE_S", 0.0)
    first = await make_bot()
    thread = await workspace.say("dana", "support", ASK)
    await first.ended(thread)
    await first.stop()
    workspace.lose_events = True
    asked = []
    for number in range(5):
        await workspace.say("alex", "support", f"talk number {number}")
        await workspace.say("sam", "support", "<@U0ALEX> the same", thread)
        asked += [
            await workspace.say("dana", "support", ASK),
            await workspace.say("dana", "support", FOLLOW_UP, thread),
        ]
    bot = await make_bot()
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
    assert await bot.store.inbox.depth() == 0
    assert len(said(workspace, thread)) == 6


async def test_the_first_start_ever_reads_nothing_back(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Whoever mentioned a bot that was not there yet expects nothing years later."""
    workspace.lose_events = True
    await workspace.say("dana", "support", ASK)
    bot = await make_bot()
    await caught_up(bot)
    assert workspace.called("users.conversations") == []
    heard = await bot.store.presence.heard_until(TEAM)
    assert heard is not None
    assert now() - heard < timedelta(seconds=10)
