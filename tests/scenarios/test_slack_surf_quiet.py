"""Silence in a thread, at somebody's wish, and the ways back."""

from typing import Any

import pytest

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.surf import ADMINS

ASKED = "@frontdesk How many days do I have to return something?"


@pytest.fixture
async def bot(make_bot: MakeBot) -> Bot:
    return await make_bot(slack=ADMINS)


async def answered(workspace: LocalWorkspace, bot: Bot, text: str = ASKED, channel: str = "support") -> str:
    ts = await workspace.say("dana", channel, text)
    place = workspace.messages("dm:dana")[-1]["channel"] if channel == "dm" else "C0SUPPORT"
    assert await bot.ended(ts, place) is Outcome.ANSWERED
    return ts


async def hushed(workspace: LocalWorkspace, ts: str, user: str = "dana", channel: str = "support") -> dict[str, Any]:
    """The menu under the answer, pressed; what the presser is told."""
    name = "dm:dana" if channel == "dm" else channel
    [answer] = said(workspace, ts, name)
    before = len(workspace.ephemerals(user))
    await workspace.click(user, channel, answer["ts"], "answer_more", "quiet")
    await workspace.wait_for(lambda: len(workspace.ephemerals(user)) > before)
    return workspace.ephemerals(user)[-1]


async def test_a_thread_is_silenced_by_the_menu_until_somebody_mentions_the_bot(
    workspace: LocalWorkspace, bot: Bot
) -> None:
    """Only the presser is told, with the way back; others are not disturbed."""
    ts = await answered(workspace, bot)
    told = await hushed(workspace, ts, "alex")
    assert "Mention me there" in everything(told)
    assert told["thread_ts"] == ts
    ignored = await workspace.say("dana", "support", "and when do I get the refund?", ts)
    mention = await workspace.say("dana", "support", "@frontdesk and when do I get the refund?", ts)
    assert await bot.ended(mention) is Outcome.ANSWERED
    assert not await bot.store.inbox.has(f"T0ELECTRO:C0SUPPORT:{ignored}")
    awake = await workspace.say("dana", "support", "is standard shipping free?", ts)
    assert await bot.ended(awake) is Outcome.ANSWERED


async def test_it_survives_a_restart_and_the_button_wakes_it(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """What is read back after the restart wakes nothing: it was written before somebody wanted silence."""
    first = await make_bot(slack=ADMINS)
    ts = await answered(workspace, first)
    mention = await workspace.say("dana", "support", "@frontdesk and the refund?", ts)
    await first.ended(mention)
    told = await hushed_last(workspace, ts)
    await first.stop()
    bot = await make_bot(slack=ADMINS)
    await workspace.wait_for(lambda: workspace.called("conversations.history"))
    ignored = await workspace.say("dana", "support", "and when do I get the refund?", ts)
    await workspace.click("dana", "support", told["ts"], "wake_thread")
    await workspace.wait_for(lambda: "I'm back" in everything(workspace.ephemerals("dana")[-1]))
    follow_up = await workspace.say("dana", "support", "is standard shipping free?", ts)
    assert await bot.ended(follow_up) is Outcome.ANSWERED
    assert not await bot.store.inbox.has(f"T0ELECTRO:C0SUPPORT:{ignored}")


async def hushed_last(workspace: LocalWorkspace, ts: str) -> dict[str, Any]:
    await workspace.click("dana", "support", said(workspace, ts)[-1]["ts"], "answer_more", "quiet")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    return workspace.ephemerals("dana")[-1]


async def test_in_a_direct_message_only_a_mention_counts_once_it_is_silenced(
    workspace: LocalWorkspace, bot: Bot
) -> None:
    """A new message outside of the thread is answered as ever."""
    ts = await answered(workspace, bot, "How many days do I have to return something?", "dm")
    dm = workspace.messages("dm:dana")[-1]["channel"]
    await hushed(workspace, ts, channel="dm")
    ignored = await workspace.say("dana", "dm", "and when do I get the refund?", ts)
    outside = await workspace.say("dana", "dm", "is standard shipping free?")
    assert await bot.ended(outside, dm) is Outcome.ANSWERED
    mention = await workspace.say("dana", "dm", "@frontdesk and the refund?", ts)
    assert await bot.ended(mention, dm) is Outcome.ANSWERED
    assert not await bot.store.inbox.has(f"T0ELECTRO:{dm}:{ignored}")


async def test_the_command_asks_which_thread(workspace: LocalWorkspace, bot: Bot) -> None:
    """Slash commands can't be typed in a thread; what is quiet already is not offered again."""
    await workspace.command("dana", "support", "/sources", "quiet")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert "no thread of the last 7 days" in everything(workspace.ephemerals("dana")[-1])
    first = await answered(workspace, bot)
    second = await answered(workspace, bot, "@frontdesk How long does standard shipping take?")
    listed = await sources(workspace, "quiet")
    assert everything(listed).index("standard shipping") < everything(listed).index("How many days")
    await workspace.click("dana", "support", listed["ts"], "quiet_thread_0")
    await workspace.wait_for(lambda: "I keep quiet" in everything(workspace.ephemerals("dana")[-1]))
    ignored = await workspace.say("dana", "support", "is it free?", second)
    heard = await workspace.say("dana", "support", "and when do I get the refund?", first)
    assert await bot.ended(heard) is Outcome.ANSWERED
    assert not await bot.store.inbox.has(f"T0ELECTRO:C0SUPPORT:{ignored}")
    assert "standard shipping" not in everything(await sources(workspace, "quiet"))


async def sources(workspace: LocalWorkspace, words: str) -> dict[str, Any]:
    before = len(workspace.ephemerals("dana"))
    await workspace.command("dana", "support", "/sources", words)
    await workspace.wait_for(lambda: len(workspace.ephemerals("dana")) > before)
    return workspace.ephemerals("dana")[-1]


async def test_a_humans_silence_and_ours_are_kept_apart(workspace: LocalWorkspace, bot: Bot) -> None:
    """A mention ends what somebody wished; while a colleague has the thread it stays theirs."""
    ts = await answered(workspace, bot)
    await hushed(workspace, ts)
    await workspace.click("dana", "support", said(workspace, ts)[0]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages("C0ESCALATE"))
    await workspace.click("alex", "C0ESCALATE", workspace.messages("C0ESCALATE")[0]["ts"], "human_claim")
    await workspace.wait_for(lambda: "has taken this" in str(said(workspace, ts)[-1]["text"]))
    mention = await workspace.say("dana", "support", "@frontdesk and the refund?", ts)
    assert await bot.ended(mention) is Outcome.ESCALATED
    state = await bot.store.threads.state("T0ELECTRO", "C0SUPPORT", ts)
    assert (state.quiet, state.hushed) == (True, False)


async def test_nonsense_gets_help(workspace: LocalWorkspace, bot: Bot) -> None:
    """What no document says anything about, and what is no word at all; "quiet hours" is a search."""
    for words in ("zzyzx frobnicate", "?!", ""):
        told = everything(await sources(workspace, words))
        assert "/sources status" in told
        assert "/sources quiet" in told
    assert "No document says anything about “quiet hours”" in everything(await sources(workspace, "quiet hours"))
