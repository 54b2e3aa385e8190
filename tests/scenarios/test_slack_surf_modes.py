"""How the bot takes part in a channel: only when mentioned, in its questions, or by private offers."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Desk, Outcome, Retrieval
from bot.store.tables import inbox
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, said
from tests.scenarios.surf import ADMINS, configure

ASKED = "How many days do I have to return something?"


@pytest.fixture
async def bot(make_bot: MakeBot) -> Bot:
    return await make_bot(slack=ADMINS)


async def taken_up(bot: Bot) -> list[str]:
    """The ts of what the inbox holds, open or ended."""
    async with bot.store.database.transaction() as connection:
        return list((await connection.execute(select(inbox.c.ts))).scalars())


async def test_by_default_only_who_mentions_it_is_answered(workspace: LocalWorkspace, bot: Bot) -> None:
    """A question to the channel takes no key (rule 3)."""
    ts = await workspace.say("dana", "support", ASKED)
    mentioned = await workspace.say("dana", "support", f"@frontdesk {ASKED}")
    assert await bot.ended(mentioned) is Outcome.ANSWERED
    assert said(workspace, ts) == []
    assert len(await taken_up(bot)) == 1


async def test_a_channel_of_questions_has_them_answered_in_their_threads(workspace: LocalWorkspace, bot: Bot) -> None:
    """Chat, another person's question and a question beyond the documents get nothing; the last is recorded."""
    assert await configure(workspace, "questions") == {}
    chat = await workspace.say("dana", "support", "Thanks everybody, the return went well.")
    theirs = await workspace.say("dana", "support", f"<@U0ALEX> {ASKED}")
    beyond = await workspace.say("dana", "support", "Does anyone know where the parking garage is?")
    ts = await workspace.say("dana", "support", ASKED)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert await bot.ended(beyond) is Outcome.ABSTAINED
    [answer] = said(workspace, ts)
    assert "30 days" in everything(answer)
    assert [said(workspace, one) for one in (chat, theirs, beyond)] == [[], [], []]
    assert len(await taken_up(bot)) == 2
    assert workspace.called("assistant.threads.setStatus") == []


async def test_what_is_near_but_not_sure_is_left_unsaid(workspace: LocalWorkspace, shelf: Shelf, bot: Bot) -> None:
    """The same question is answered once somebody mentions the bot, which then knows of nothing that it said before."""
    inner = shelf.retrieve

    async def distant(query: str, **given: object) -> Retrieval:
        found = await inner(query, **given)  # type: ignore[arg-type]
        return replace(found, passages=tuple(replace(one, similarity=0.5) for one in found.passages))

    shelf.retrieve = distant  # type: ignore[method-assign]
    await configure(workspace, "questions")
    ts = await workspace.say("dana", "support", ASKED)
    assert await bot.ended(ts) is Outcome.ABSTAINED
    assert said(workspace, ts) == []
    follow_up = await workspace.say("dana", "support", "@frontdesk can you help with it?", ts)
    assert await bot.ended(follow_up) is Outcome.ANSWERED
    assert [turn.role for turn in shelf.turns[-1]] == ["asker"]


async def test_an_outage_is_told_to_nobody_who_did_not_ask(workspace: LocalWorkspace, shelf: Shelf, bot: Bot) -> None:
    """It is recorded as failed (rule 5); a mention hears of it."""
    await configure(workspace, "questions")
    shelf.broken = RetrievalUnavailable("down")
    ts = await workspace.say("dana", "support", ASKED)
    assert await bot.ended(ts) is Outcome.FAILED
    mentioned = await workspace.say("dana", "support", f"@frontdesk {ASKED}")
    assert await bot.ended(mentioned) is Outcome.FAILED
    assert said(workspace, ts) == []
    assert len(said(workspace, mentioned)) == 1


async def test_a_follow_up_to_an_unasked_answer_is_answered(workspace: LocalWorkspace, bot: Bot) -> None:
    """Its thread is one that the bot takes part in."""
    await configure(workspace, "questions")
    ts = await workspace.say("dana", "support", ASKED)
    await bot.ended(ts)
    follow_up = await workspace.say("dana", "support", "and when do I get the refund?", ts)
    assert await bot.ended(follow_up) is Outcome.ANSWERED


async def test_the_same_question_delivered_thrice_is_answered_once(workspace: LocalWorkspace, bot: Bot) -> None:
    """Unasked ones, too (rule 2)."""
    await configure(workspace, "questions")
    event = {"type": "message", "channel": "C0SUPPORT", "channel_type": "channel", "user": "U0DANA", "text": ASKED}
    ts = await workspace.say("dana", "support", ASKED)
    await workspace.deliver(event | {"ts": ts}, times=3)
    await bot.ended(ts)
    assert len(said(workspace, ts)) == 1


async def test_questions_that_were_missed_are_answered_unless_somebody_has(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Read back after a downtime; what a colleague has replied to is left alone."""
    first = await make_bot(slack=ADMINS)
    await configure(workspace, "questions")
    await first.stop()
    workspace.lose_events = True
    helped = await workspace.say("dana", "support", ASKED)
    await workspace.say("alex", "support", "30 days, Dana", helped)
    ts = await workspace.say("dana", "support", "How long does standard shipping take?")
    workspace.lose_events = False
    second = await make_bot(slack=ADMINS)
    assert await second.ended(ts) is Outcome.ANSWERED
    assert said(workspace, helped) == []


async def offer(workspace: LocalWorkspace, user: str = "dana") -> str:
    """The ts of the offer that only they see."""
    await workspace.wait_for(lambda: workspace.ephemerals(user))
    [one] = workspace.ephemerals(user)
    assert "Shall I?" in everything(one)
    return str(one["ts"])


async def test_an_offer_is_private_and_only_for_what_can_be_answered(workspace: LocalWorkspace, bot: Bot) -> None:
    """Nothing is posted and nothing accepted before somebody presses."""
    await configure(workspace, "offer")
    await workspace.say("sam", "support", "Does anyone know where the parking garage is?")
    ts = await workspace.say("dana", "support", ASKED)
    await offer(workspace)
    assert workspace.ephemerals("sam") == []
    assert said(workspace, ts) == []
    assert await taken_up(bot) == []


async def test_an_offer_that_is_taken_here_is_answered_in_the_thread(workspace: LocalWorkspace, bot: Bot) -> None:
    """Pressed twice it is one question, and the offer is gone."""
    await configure(workspace, "offer")
    ts = await workspace.say("dana", "support", ASKED)
    offered = await offer(workspace)
    await workspace.click("dana", "support", offered, "offer_here")
    assert await bot.ended(ts) is Outcome.ANSWERED
    await workspace.wait_for(lambda: not workspace.ephemerals("dana"))
    assert len(said(workspace, ts)) == 1


async def test_an_offer_that_is_taken_privately_is_answered_in_a_direct_message(
    workspace: LocalWorkspace, bot: Bot
) -> None:
    """By what its asker may read, in a thread that repeats the question; the channel sees nothing."""
    await configure(workspace, "offer")
    ts = await workspace.say("dana", "support", ASKED)
    offered = await offer(workspace)
    await workspace.click("dana", "support", offered, "offer_me")
    await workspace.wait_for(lambda: len(workspace.messages("dm:dana")) == 2)
    asked, answer = workspace.messages("dm:dana")
    assert ASKED in everything(asked)
    assert answer["thread_ts"] == asked["ts"]
    await bot.ended(asked["ts"], asked["channel"])
    assert "30 days" in everything(workspace.messages("dm:dana")[1])
    assert said(workspace, ts) == []
    follow_up = await workspace.say("dana", "dm", "and when is the refund?", asked["ts"])
    assert await bot.ended(follow_up, asked["channel"]) is Outcome.ANSWERED


async def repeated_once(workspace: LocalWorkspace, bot: Bot) -> None:
    """One message of Dana's direct ones repeats the question, and it is answered there."""
    await workspace.wait_for(lambda: len(workspace.messages("dm:dana")) > 1)
    roots = [one for one in workspace.messages("dm:dana") if one.get("thread_ts") in (None, one["ts"])]
    assert [ASKED in everything(one) for one in roots] == [True]
    assert await bot.ended(roots[0]["ts"], roots[0]["channel"]) is Outcome.ANSWERED


async def test_a_lost_reply_repeats_no_question_twice(workspace: LocalWorkspace, bot: Bot) -> None:
    """Slack took the message for somebody who wants the answer privately, and its reply was lost: it is found."""
    await configure(workspace, "offer")
    await workspace.say("dana", "support", ASKED)
    offered = await offer(workspace)
    workspace.fail("chat.postMessage", status=500, after_effect=True)
    await workspace.click("dana", "support", offered, "offer_me")
    await repeated_once(workspace, bot)


async def test_killed_before_an_offer_was_kept_the_next_press_finds_what_was_posted(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    first = await make_bot(slack=ADMINS, crash_at="accept")
    await configure(workspace, "offer")
    await workspace.say("dana", "support", ASKED)
    offered = await offer(workspace)
    await workspace.click("dana", "support", offered, "offer_me")
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    second = await make_bot(slack=ADMINS)
    await workspace.click("dana", "support", offered, "offer_me")
    await repeated_once(workspace, second)


async def test_an_offer_that_is_declined_or_outlived_its_message_leads_to_nothing(
    workspace: LocalWorkspace, bot: Bot
) -> None:
    """Declined it goes away; where the message was deleted it says so."""
    await configure(workspace, "offer")
    await workspace.say("dana", "support", ASKED)
    await workspace.click("dana", "support", await offer(workspace), "offer_no")
    await workspace.wait_for(lambda: not workspace.ephemerals("dana"))
    ts = await workspace.say("sam", "support", "How long does standard shipping take?")
    offered = await offer(workspace, "sam")
    await workspace.delete("sam", "support", ts)
    await workspace.click("sam", "support", offered, "offer_here")
    await workspace.wait_for(lambda: "gone" in everything(workspace.ephemerals("sam")[-1]))
    assert await taken_up(bot) == []


async def test_a_mention_counts_in_a_channel_of_offers(workspace: LocalWorkspace, bot: Bot) -> None:
    await configure(workspace, "offer")
    ts = await workspace.say("dana", "support", f"@frontdesk {ASKED}")
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert workspace.ephemerals("dana") == []


async def test_a_setting_survives_a_restart_and_goes_before_the_configuration(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Mode and desk; the other process of before is not needed for it."""
    desks = (Desk("people", "electromart", (), ("C0SUPPORT",)),)
    first = await make_bot(slack=ADMINS, desks=desks)
    work = first.connection._edge.work
    assert work.desks.of("C0SUPPORT").name == "people"
    assert await configure(workspace, "questions", desk="0") == {}
    assert work.desks.of("C0SUPPORT").name == "support"
    await first.stop()
    second = await make_bot(slack=ADMINS, desks=desks)
    ts = await workspace.say("dana", "support", ASKED)
    assert await second.ended(ts) is Outcome.ANSWERED
    stored = await second.store.answers.get(f"T0ELECTRO:C0SUPPORT:{ts}")
    assert stored is not None
    assert stored.desk == "support"


UNKNOWN = "Does anybody know the wifi password for the visitors in the lobby?"


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_a_mention_that_an_edit_adds_is_answered(
    workspace: LocalWorkspace, shelf: Shelf, bot: Bot, meanwhile: bool
) -> None:
    """Slack sends the mention with the ts of the message: what was left unsaid, or is about to be, is said once."""
    await configure(workspace, "questions")
    shelf.gate = asyncio.Event()
    shelf.pages["Visitors"] = "Visitors ask at the lobby desk."
    ts = await workspace.say("dana", "support", UNKNOWN)
    inner = shelf.retrieve
    key = f"T0ELECTRO:C0SUPPORT:{ts}"

    async def distant(query: str, **given: object) -> Retrieval:
        found = await inner(query, **given)  # type: ignore[arg-type]
        return replace(found, passages=tuple(replace(one, similarity=0.5) for one in found.passages))

    shelf.retrieve = distant  # type: ignore[method-assign]
    if meanwhile:
        await asyncio.wait_for(shelf.writing.wait(), 5)
    else:
        shelf.gate.set()
        assert await bot.ended(ts) is Outcome.ABSTAINED
    mention = {"type": "app_mention", "channel": "C0SUPPORT", "user": "U0DANA", "ts": ts, "text": f"<@{BOT}> {UNKNOWN}"}
    await workspace.deliver(mention | {"edited": {"user": "U0DANA", "ts": workspace.state.now_ts()}}, times=2)

    async def asked() -> bool:
        return not await bot.store.inbox.unasked(key)

    await bot.until(asked)
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


@pytest.mark.parametrize("waiting", [False, True])
async def test_what_a_person_answered_meanwhile_is_left_to_them(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, waiting: bool
) -> None:
    """While its answer is written, or while it waits for its turn. What the asker adds is no reply."""
    bot = await make_bot(slack=ADMINS, answering={"workers": 1 if waiting else 8})
    await configure(workspace, "questions")
    shelf.gate = asyncio.Event()
    if waiting:
        await workspace.say("sam", "general", f"@frontdesk {ASKED}")
    helped = await workspace.say("dana", "support", ASKED)
    other = await workspace.say("sam", "support", ASKED)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await workspace.say("alex", "support", "30 days, Dana. I'll do it for you.", helped)
    await workspace.say("sam", "support", "I have no receipt.", other)
    shelf.gate.set()
    assert await bot.ended(helped) is Outcome.ABSTAINED
    assert await bot.ended(other) is Outcome.ANSWERED
    assert (len(said(workspace, helped)), len(said(workspace, other))) == (0, 1)
