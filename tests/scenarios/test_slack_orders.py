"""Orders in Slack, with Claude's double writing: who sees what, once, also over crashes; no promise before a look-up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.desk.commitments import ASK_FOR_ORDER
from bot.desk.model import Attachment, DraftEnd, DraftSentence, Outcome, Passage, Prompt, Turn
from bot.desk.orders import NOT_SENT, SENT_PRIVATELY
from bot.desk.ports import OrderTools
from bot.engine.claude import ClaudeWriter
from bot.orders import SqlOrders
from bot.settings import ModelSettings
from bot.slack.listeners.message_shortcuts import ASK_ABOUT
from bot.store.tables import answers
from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, Cite, ClaudeDouble, HttpError, Reply, Text, ToolUse
from tests.fakes.orders import demo_settings, order_desk
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, now, said

SECRETS = ("NLP1829869438", "277.99", "VX-TB4-DOCK", "12 November", "Memphis", "delivered on")
PROMISE = Reply([Text("Sorry about that! "), Text("We'll send you a new one at no cost. ", [Cite(0, 0)])])
POLICY = Reply([Text("You can return most items within 30 days of delivery. ", [Cite(0, 0)])])


@dataclass
class ClaudeShelf(Shelf):
    """The shelf's pages, written about by Claude."""

    writer: ClaudeWriter | None = None

    def write(  # type: ignore[override]
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> AsyncIterator[DraftSentence | Passage | DraftEnd]:
        assert self.writer is not None
        return self.writer.write(question, passages, prompt, turns, orders=orders, note=note, attachments=attachments)


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeDouble]:
    async with ClaudeDouble() as double:
        yield double


@pytest.fixture
async def orders() -> AsyncIterator[SqlOrders]:
    orders = SqlOrders(demo_settings())
    yield orders
    await orders.close()


@pytest.fixture
async def shelf(claude: ClaudeDouble) -> AsyncIterator[Shelf]:
    writer = ClaudeWriter(ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, deadline_s=10.0, retries=0))
    yield ClaudeShelf(writer=writer)
    await writer.close()


@pytest.fixture
async def start(make_bot: MakeBot, orders: SqlOrders) -> Any:
    async def start(**options: Any) -> Bot:
        return await make_bot(orders=order_desk(orders, now), **options)

    return start


def dms(workspace: LocalWorkspace, user: str) -> list[dict[str, Any]]:
    """What the bot wrote to somebody directly."""
    return [one for one in workspace.messages(f"dm:{user}") if one.get("bot_id")]


async def test_in_a_dm_the_owner_reads_it_in_full(workspace: LocalWorkspace, start: Any, claude: ClaudeDouble) -> None:
    """A number in the message is looked up before Claude writes; what Claude cites of it is shown with its source."""
    bot = await start()
    claude.script([Reply([Text("It was delivered on 12 November 2026. ", [Cite(0, 0)])])])
    ts = await workspace.say("dana", "dm", "where is em 104233?")
    [dm] = [one for one in workspace.state.team.channels.values() if one.kind == "dm"]
    assert await bot.ended(ts, dm.id) is Outcome.ANSWERED
    shown = everything(said(workspace, ts, "dm:dana")[0])
    assert "delivered on 12 November 2026" in shown
    assert "Your order EM-104233" in shown
    assert "get_order" in str(claude.requests[0]["tools"])


async def test_in_a_channel_its_details_go_to_the_asker_alone(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    """The thread says that something was sent and nothing of what; Claude, who writes for the thread, never sees it."""
    bot = await start()
    ts = await workspace.say("dana", "support", "@frontdesk where is EM-104233?")
    assert await bot.ended(ts) is Outcome.ANSWERED
    [public] = said(workspace, ts)
    assert SENT_PRIVATELY in everything(public)
    assert not any(secret in str(public) for secret in SECRETS)
    [private] = dms(workspace, "dana")
    assert all(secret in everything(private) for secret in ("NLP1829869438", "277.99", "Your order EM-104233"))
    assert not dms(workspace, "sam")


async def test_a_question_for_the_documents_beside_it_is_answered_for_all(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    """Claude is asked without the order, may look it up, and is told nothing either."""
    bot = await start()
    claude.script([Reply([ToolUse("get_order", {"number": "EM-104233"})], "tool_use"), POLICY])
    ts = await workspace.say("dana", "support", "@frontdesk EM-104233 arrived, how long can I return something?")
    assert await bot.ended(ts) is Outcome.ANSWERED
    [public] = said(workspace, ts)
    assert "within 30 days" in everything(public)
    assert SENT_PRIVATELY in everything(public)
    assert not any(secret in str(public) + str(claude.requests) for secret in SECRETS)
    assert len(dms(workspace, "dana")) == 1


async def test_somebody_elses_number_says_what_an_unknown_one_says(workspace: LocalWorkspace, start: Any) -> None:
    """Publicly and privately, to the letter."""
    bot = await start()
    shown = []
    for number in ("EM-104324", "EM-999999"):
        ts = await workspace.say("dana", "support", f"@frontdesk where is {number}?")
        await bot.ended(ts)
        public, private = said(workspace, ts)[0], dms(workspace, "dana")[-1]
        texts = (str(public["text"]), str(private["text"]), private["blocks"][1]["text"])
        shown.append([text.replace(number, "?") for text in texts])
    assert shown[0] == shown[1]
    assert "can't find an order" in shown[0][1]


@pytest.mark.parametrize("crash_at", ["posted", "finish", "started", "save"])
async def test_killed_anywhere_the_private_part_comes_once(
    workspace: LocalWorkspace, start: Any, crash_at: str
) -> None:
    """Between Slack's taking the direct message and our noting it, and at the other seams: one of each, complete."""
    first = await start(crash_at=crash_at)
    ts = await workspace.say("dana", "support", "@frontdesk where is EM-104233?")
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    second = await start()
    assert await second.ended(ts) is Outcome.ANSWERED
    [private] = dms(workspace, "dana")
    assert "NLP1829869438" in everything(private)
    [public] = said(workspace, ts)
    assert SENT_PRIVATELY in everything(public)


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_lost_reply_doubles_no_private_part(workspace: LocalWorkspace, start: Any, after_effect: bool) -> None:
    bot = await start()
    workspace.fail("chat.postMessage", status=500, after_effect=after_effect)
    ts = await workspace.say("dana", "support", "@frontdesk where is EM-104233?")
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(dms(workspace, "dana")) == 1
    assert len(said(workspace, ts)) == 1


async def test_a_refused_direct_message_is_said(workspace: LocalWorkspace, start: Any) -> None:
    """Who can't be written to learns it in the thread, and nobody learns more."""
    bot = await start()
    workspace.fail("chat.postMessage", error="messages_tab_disabled")
    ts = await workspace.say("dana", "support", "@frontdesk where is EM-104233?")
    await bot.ended(ts)
    [public] = said(workspace, ts)
    assert NOT_SENT in everything(public)
    assert not any(secret in str(public) for secret in SECRETS)


@pytest.mark.parametrize("stranger", [{"is_restricted": True}, {"is_stranger": True}, {"is_email_confirmed": False}])
async def test_only_confirmed_members_have_orders(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble, stranger: dict[str, bool]
) -> None:
    """A guest, a stranger and an unconfirmed address see none, and Claude has no tools for them."""
    for name, value in stranger.items():
        setattr(workspace.state.user("dana"), name, value)
    bot = await start()
    for text in ("@frontdesk where is EM-104233?", "@frontdesk how long can I return something?"):
        ts = await workspace.say("dana", "support", text)
        await bot.ended(ts)
        assert not any(secret in str(said(workspace, ts)) for secret in SECRETS)
    assert not dms(workspace, "dana")
    assert not any("tools" in request for request in claude.requests)


async def test_a_promise_is_not_posted_and_repaired_once(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    """Claude offers a replacement without a look-up, is told what is missing, and answers by the policy."""
    bot = await start()
    claude.script([PROMISE, POLICY])
    ts = await workspace.say("dana", "support", "@frontdesk the thing I wanted to return is broken, send me a new one")
    assert await bot.ended(ts) is Outcome.ANSWERED
    [public] = said(workspace, ts)
    assert "within 30 days" in everything(public)
    assert not [call for call in workspace.calls if "new one at no cost" in str(call)]
    assert "not shown" in str(claude.requests[1]["messages"][-1])


async def test_who_promises_twice_asks_for_the_order(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    bot = await start()
    claude.script([PROMISE, PROMISE])
    ts = await workspace.say("dana", "dm", "I want to return it, it is broken! Send me a new one")
    [dm] = [one for one in workspace.state.team.channels.values() if one.kind == "dm"]
    assert await bot.ended(ts, dm.id) is Outcome.ASKED
    shown = everything(said(workspace, ts, "dm:dana")[0])
    assert ASK_FOR_ORDER in shown
    assert not [call for call in workspace.calls if "new one at no cost" in str(call)]


async def test_after_a_look_up_a_replacement_may_be_offered(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble, shelf: Shelf
) -> None:
    """In the turn that looked it up, and in a later one of the same conversation; the stored answer tells."""
    bot = await start()
    claude.script([Reply([Text("We'll send you a replacement for EM-104233. ", [Cite(0, 0)])])])
    ts = await workspace.say("dana", "dm", "EM-104233 is dead, I want to return it")
    [dm] = [one for one in workspace.state.team.channels.values() if one.kind == "dm"]
    assert await bot.ended(ts, dm.id) is Outcome.ANSWERED
    shelf.pages["Returns policy"] += " Broken docks get a replacement at no cost."
    claude.script([Reply([Text("We'll send you a replacement for the broken dock, at no cost. ", [Cite(0, 3)])])])
    later = await workspace.say("dana", "dm", "How many days do customers have to return broken docks?", thread_ts=ts)
    assert await bot.ended(later, dm.id) is Outcome.ANSWERED
    assert "send you a replacement" in everything(said(workspace, ts, "dm:dana")[-1])
    assert len(claude.requests) == 2


async def test_with_claude_down_the_order_is_told_all_the_same(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    bot = await start()
    claude.script([HttpError(529)])
    ts = await workspace.say("dana", "dm", "EM-104233?")
    [dm] = [one for one in workspace.state.team.channels.values() if one.kind == "dm"]
    assert await bot.ended(ts, dm.id) is Outcome.ANSWERED
    assert "model can't be reached" in everything(said(workspace, ts, "dm:dana")[0])


async def test_the_second_question_reads_the_instructions_from_the_cache(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    """Told by the tokens of the stored answers, tools included."""
    bot = await start()
    for text in ("how long can I return something?", "where is EM-104233?"):
        ts = await workspace.say("dana", "dm", text)
        [dm] = [one for one in workspace.state.team.channels.values() if one.kind == "dm"]
        assert await bot.ended(ts, dm.id) is Outcome.ANSWERED
    async with bot.store.database.transaction() as connection:
        rows = (await connection.execute(select(answers.c.usage).order_by(answers.c.created_at))).all()
    first, second = (row.usage for row in rows)
    assert (first["cache_read"], second["cache_write"]) == (0, 0)
    assert second["cache_read"] == first["cache_write"] > 0
    assert all(request["tools"] for request in claude.requests)


@pytest.mark.parametrize("sees", [False, True])
@pytest.mark.parametrize("where", ["support", "dm"])
async def test_humans_see_an_order_only_where_their_channel_may(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble, where: str, sees: bool
) -> None:
    """What only its owner was told stands in the brief where the desk's settings say that the channel is staff."""
    bot = await start(sees_orders=sees)
    claude.script([Reply([Text("It was delivered on 12 November 2026. ", [Cite(0, 0)])])])
    ts = await workspace.say("dana", where, "@frontdesk where is EM-104233?")
    place = "dm:dana" if where == "dm" else where
    channel = str(workspace.messages(place)[0]["channel"])
    assert await bot.ended(ts, channel) is Outcome.ANSWERED
    await workspace.click("dana", where, said(workspace, ts, place)[0]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages("support-escalations"))
    [brief] = workspace.messages("support-escalations")
    assert any(secret in everything(brief) for secret in SECRETS) is sees


@pytest.mark.parametrize("sees", [False, True])
@pytest.mark.parametrize("where", ["support", "dm"])
async def test_an_order_that_a_call_for_a_human_names_is_looked_up_for_them(
    workspace: LocalWorkspace, start: Any, where: str, sees: bool
) -> None:
    """And for nobody else: neither the thread nor the asker is told of it."""
    bot = await start(sees_orders=sees)
    ts = await workspace.say("dana", where, "@frontdesk EM-104233 is broken, get me a human")
    place = "dm:dana" if where == "dm" else where
    assert await bot.ended(ts, str(workspace.messages(place)[0]["channel"])) is Outcome.ESCALATED
    [brief] = await workspace.wait_for(lambda: workspace.messages("support-escalations"))
    assert all((secret in everything(brief)) is sees for secret in ("NLP1829869438", "12 November"))
    assert not any(secret in everything(one) for one in said(workspace, ts, place) for secret in SECRETS)
    assert where == "dm" or not dms(workspace, "dana")


@pytest.mark.parametrize("text", ["get me a human", "EM-104234 is broken, get me a human"])
async def test_without_an_order_of_theirs_humans_are_told_of_none(
    workspace: LocalWorkspace, start: Any, text: str
) -> None:
    bot = await start(sees_orders=True)
    ts = await workspace.say("dana", "support", f"@frontdesk {text}")
    assert await bot.ended(ts) is Outcome.ESCALATED
    [brief] = await workspace.wait_for(lambda: workspace.messages("support-escalations"))
    assert "Their order" not in everything(brief)


async def test_a_brief_tells_nothing_of_what_was_asked_in_private(
    workspace: LocalWorkspace, start: Any, claude: ClaudeDouble
) -> None:
    """Asked about in a message's menu an order is told in full, to its owner alone; then they ask for a human there."""
    bot = await start()
    claude.script([Reply([Text("It was delivered on 12 November 2026. ", [Cite(0, 0)])])])
    ts = await workspace.say("dana", "support", "where is EM-104233?")
    await workspace.shortcut("dana", ASK_ABOUT, "support", ts)
    await workspace.wait_for(lambda: any("delivered on" in everything(one) for one in workspace.ephemerals("dana")))
    asked = await workspace.say("dana", "support", "@frontdesk I want to talk to a human", ts)
    assert await bot.ended(asked) is Outcome.ESCALATED
    await workspace.wait_for(lambda: workspace.messages("support-escalations"))
    [brief] = workspace.messages("support-escalations")
    assert "I want to talk to a human" in everything(brief)
    assert not any(secret in everything(brief) for secret in SECRETS)
