"""Limits and the pause hold on every way to ask: a message's menu, an offer, a channel whose questions are answered."""

import pytest

from bot.desk.model import Outcome, private_question_key
from bot.settings import LimitSettings
from bot.slack.listeners.message_shortcuts import ASK_ABOUT
from bot.slack.private_blocks import SHARE_ANSWER
from bot.slack.unanswered import PAUSED
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.surf import ADMINS, configure, home_of

ASKED = "How many days do I have to return something?"
ONE = LimitSettings(per_user_per_minute=1, longest_delay_s=0)


@pytest.fixture
async def bot(make_bot: MakeBot) -> Bot:
    return await make_bot(slack=ADMINS, limits=ONE)


async def ask_about(workspace: LocalWorkspace, bot: Bot, user: str, channel: str, ts: str) -> Outcome:
    """How a question in a message's menu ended."""
    await workspace.shortcut(user, ASK_ABOUT, channel, ts)
    [*_, call] = [one for one in workspace.calls if one.get("name") == "message_action"]
    payload = call["request"]["payload"]
    key = private_question_key(payload["user"]["id"], "T0ELECTRO", payload["action_ts"])
    return await bot.until(lambda: bot.store.inbox.outcome(key))


async def test_who_asks_too_much_in_a_messages_menu_is_told_beside_it(workspace: LocalWorkspace, bot: Bot) -> None:
    """One is answered, the next refused with one note that its asker alone sees, where the message is."""
    ts = await workspace.say("dana", "support", ASKED)
    assert await ask_about(workspace, bot, "sam", "support", ts) is Outcome.ANSWERED
    assert await ask_about(workspace, bot, "sam", "support", ts) is Outcome.ASKED
    notes = [one for one in workspace.ephemerals("sam") if "1 question a minute" in one["text"]]
    assert [one["channel"] for one in notes] == ["C0SUPPORT"]
    assert len([one for one in workspace.ephemerals("sam") if SHARE_ANSWER in str(one)]) == 1
    assert said(workspace, ts) == []


async def test_where_the_bot_is_not_the_note_is_a_direct_message(workspace: LocalWorkspace, bot: Bot) -> None:
    workspace.leave("frontdesk", "support")
    ts = await workspace.say("dana", "support", ASKED)
    assert await ask_about(workspace, bot, "sam", "support", ts) is Outcome.ANSWERED
    assert await ask_about(workspace, bot, "sam", "support", ts) is Outcome.ASKED
    assert ["1 question a minute" in one["text"] for one in workspace.messages("dm:sam")].count(True) == 1


async def test_nobody_is_told_of_limits_who_did_not_ask_the_desk(workspace: LocalWorkspace, bot: Bot) -> None:
    """In a channel whose questions are answered what is over the limit is left to its people."""
    assert await configure(workspace, "questions") == {}
    first, second = [await workspace.say("dana", "support", ASKED) for _ in range(2)]
    assert await bot.ended(first) is Outcome.ANSWERED
    assert await bot.ended(second) is Outcome.ASKED
    assert said(workspace, second) == []
    assert workspace.ephemerals("dana") == []


async def test_an_offer_that_is_taken_counts_as_a_question(workspace: LocalWorkspace, bot: Bot) -> None:
    assert await configure(workspace, "offer") == {}
    asked = await workspace.say("dana", "support", ASKED)
    offer = await workspace.wait_for(lambda: next(iter(workspace.ephemerals("dana")), None))
    before = await workspace.say("dana", "support", f"@frontdesk {ASKED}")
    assert await bot.ended(before) is Outcome.ANSWERED
    await workspace.click("dana", "support", offer["ts"], "offer_here")
    assert await bot.ended(asked) is Outcome.ASKED
    assert said(workspace, asked) == []
    assert "1 question a minute" in str(workspace.ephemerals("dana"))


async def test_a_paused_desk_answers_nobody_privately_either(workspace: LocalWorkspace, bot: Bot) -> None:
    """Whoever asks in a message's menu is told, alone, and no human is offered, which the thread would notice."""
    home = await home_of(workspace, "priya")
    await workspace.click("priya", action_id="home_pause", view_id=home["id"])
    await workspace.wait_for(lambda: "home_resume" in str(workspace.home("priya")))
    ts = await workspace.say("dana", "support", ASKED)
    assert await ask_about(workspace, bot, "sam", "support", ts) is Outcome.ASKED
    told = [everything(one) for one in workspace.ephemerals("sam") if PAUSED in everything(one)]
    assert len(told) == 1
    assert "human" not in told[0]
