"""What people write to each other in a thread where the bot takes part, and what is written to it."""

import pytest

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, Shelf, said
from tests.scenarios.surf import ADMINS

ASK = "@frontdesk how long do I have to return something?"
FOLLOW_UP = "and how long does shipping take?"
UNKNOWN = "who won the championship in the stadium?"


@pytest.fixture
async def bot(make_bot: MakeBot) -> Bot:
    return await make_bot(slack=ADMINS)


async def answered(workspace: LocalWorkspace, bot: Bot) -> str:
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    return ts


async def heard_all(workspace: LocalWorkspace, bot: Bot) -> None:
    """What was said before is dealt with: events are taken in order."""
    await bot.ended(await workspace.say("dana", "general", ASK), "C0GENERAL")


async def test_people_who_talk_to_each_other_are_left_alone(workspace: LocalWorkspace, bot: Bot) -> None:
    """Remarks, also about what the documents know, and whatever mentions somebody: no row, no post, no human called."""
    ts = await answered(workspace, bot)
    remarks = [
        await workspace.say(user, "support", text, ts)
        for user, text in (
            ("sam", "I had the same return last week, took ages."),
            ("alex", "yes, Monday was crazy, the whole shipping team was ill"),
            ("sam", "Hi <@U0ALEX> can you check returns with the warehouse?"),
            ("dana", "let me ask <@U0ALEX>, how long does shipping take?"),
            ("dana", "ok great, I will wait for the shipping team"),
        )
    ]
    await heard_all(workspace, bot)
    assert [await bot.store.inbox.has(f"T0ELECTRO:C0SUPPORT:{one}") for one in remarks] == [False] * 5
    assert len(said(workspace, ts)) == 1
    assert workspace.messages("support-escalations") == []


async def test_a_question_among_people_is_answered_only_where_the_desk_is_sure(
    workspace: LocalWorkspace, bot: Bot
) -> None:
    """Somebody else's, and the asker's after somebody else wrote. What is left unsaid calls nobody, and the next
    question of the asker is as it was."""
    ts = await answered(workspace, bot)
    for user, text in (("sam", UNKNOWN), ("dana", UNKNOWN)):
        assert await bot.ended(await workspace.say(user, "support", text, ts)) is Outcome.ABSTAINED
    assert len(said(workspace, ts)) == 1
    assert await bot.ended(await workspace.say("dana", "support", FOLLOW_UP, ts)) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 2
    assert await bot.ended(await workspace.say("dana", "support", UNKNOWN, ts)) is Outcome.ABSTAINED
    assert len(said(workspace, ts)) == 3
    assert workspace.messages("support-escalations") == []


async def test_what_people_ask_each_other_is_searched_by_its_own_words(
    workspace: LocalWorkspace, bot: Bot, shelf: Shelf
) -> None:
    """With the thread's, whatever they ask would be near to what the thread is about. The asker's "and ...?" goes on."""
    ts = await answered(workspace, bot)
    asked = await workspace.say("sam", "support", "did the warehouse move it?", ts)
    assert await bot.ended(asked) is Outcome.ABSTAINED
    assert shelf.asked[-1] == "did the warehouse move it?"
    goes_on = await workspace.say("dana", "support", "and for the blue one?", ts)
    assert await bot.ended(goes_on) is Outcome.ANSWERED
    assert "return" in shelf.asked[-1]


async def test_whoever_mentions_it_is_its_asker_too(workspace: LocalWorkspace, bot: Bot) -> None:
    """Terse and without a question mark; a thanks has its courtesy."""
    ts = await answered(workspace, bot)
    assert await bot.ended(await workspace.say("sam", "support", ASK, ts)) is Outcome.ANSWERED
    assert await bot.ended(await workspace.say("sam", "support", "with standard shipping", ts)) is Outcome.ANSWERED
    assert await bot.ended(await workspace.say("sam", "support", "thanks!", ts)) is Outcome.ASKED
    assert len(said(workspace, ts)) == 4


async def test_while_it_is_paused_remarks_are_not_told_so(workspace: LocalWorkspace, bot: Bot) -> None:
    """Nor is a question among people; whoever asks the desk is."""
    ts = await answered(workspace, bot)
    await bot.connection._edge.work.desks.pause_for("T0ELECTRO", "U0PRIYA")
    await workspace.say("dana", "support", "I'll wait for the shipping team", ts)
    asked = await workspace.say("dana", "support", FOLLOW_UP, ts)
    assert await bot.ended(asked) is Outcome.ASKED
    for user, text in (("sam", "who knows the shipping times?"), ("dana", "is standard shipping free?")):
        assert await bot.ended(await workspace.say(user, "support", text, ts)) is Outcome.ASKED
    assert ["paused" in str(one) for one in said(workspace, ts)] == [False, True]
