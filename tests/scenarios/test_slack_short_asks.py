"""The menu of a message: its sources, and a question about it that only the asker sees answered until they share it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Outcome, Verdict, private_question_key
from bot.orders import SqlOrders
from bot.slack.blocks import SHARE_IN_THREAD
from bot.slack.listeners.message_shortcuts import ASK_ABOUT, LOOKING, NO_WORDS, NOT_KEPT, SOURCES_FOR
from bot.slack.listeners.share_answer import ALREADY, NOT_THERE, SHARED
from bot.slack.people import People
from bot.slack.private_asks import WANTS_HUMAN
from bot.slack.private_blocks import SHARE_ANSWER
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace
from tests.fakes.orders import demo_settings, order_desk
from tests.scenarios.conftest import MakeBot, Shelf, everything, now, said

RETURN_IT = "Does anybody know how long I have to return something?"
PAY, BANDS = "Pay bands", "Pay bands run from one to nine."


@pytest.fixture(autouse=True)
def always_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of a channel, so that a test need not wait for it to be forgotten."""
    for name in ("KEEP_PLACE_S", "KEEP_PERSON_S"):
        monkeypatch.setattr(f"bot.slack.people.{name}", -1.0)
    made = People.__init__
    monkeypatch.setattr(People, "__init__", lambda self, clients: made(self, clients, recheck_s=-1.0))


def whispered(workspace: LocalWorkspace, user: str) -> list[str]:
    return [everything(one) for one in workspace.ephemerals(user)]


def _with(message: dict[str, Any], action_id: str) -> bool:
    return f"'action_id': '{action_id}'" in str(message)


async def ask(workspace: LocalWorkspace, user: str, channel: str, ts: str, action: str = SHARE_ANSWER) -> Any:
    """Ask about a message; the private answer, once it is there. `action`: what it ends with."""
    before = len(workspace.ephemerals(user))
    await workspace.shortcut(user, ASK_ABOUT, channel, ts)
    return await workspace.wait_for(
        lambda: next((one for one in workspace.ephemerals(user)[before:] if _with(one, action)), None)
    )


async def share(workspace: LocalWorkspace, user: str, channel: str, answer: Any) -> str:
    """Press Share; what the sharer is told."""
    before = len(workspace.ephemerals(user))
    await workspace.click(user, channel, answer["ts"], SHARE_ANSWER)
    await workspace.wait_for(lambda: len(workspace.ephemerals(user)) > before)
    return whispered(workspace, user)[-1]


async def test_the_answer_is_private_first_and_then_shared_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Nobody else sees anything before Share is pressed; then the thread has it once, with who shared it, however often
    it is pressed."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    answer = await ask(workspace, "sam", "support", ts)
    assert LOOKING in whispered(workspace, "sam")
    shown = everything(answer)
    assert "30 days" in shown
    assert "Returns policy › Overview" in shown
    assert "About the message of" in shown
    assert "U0DANA" in shown
    assert "Talk to a human" not in shown
    assert said(workspace, ts) == []
    assert workspace.ephemerals("dana") == []
    assert workspace.status("support", ts) == ""
    await asyncio.gather(*(workspace.click("sam", "support", answer["ts"], SHARE_ANSWER) for _ in range(3)))
    await workspace.wait_for(lambda: whispered(workspace, "sam").count(ALREADY) == 2)
    await workspace.wait_for(lambda: SHARED in whispered(workspace, "sam"))
    [shared] = said(workspace, ts)
    assert shared["thread_ts"] == ts
    assert "U0SAM" in everything(shared)
    assert "30 days" in everything(shared)
    assert "https://electromart.example/returns-policy" in everything(shared)
    assert await share(workspace, "sam", "support", answer) == ALREADY
    assert len(said(workspace, ts)) == 1
    refused = [one for one in workspace.calls if one.get("error") not in (None, "unknown_method")]
    assert refused == []
    follow = await workspace.say("dana", "support", "thanks Sam, that helps", ts)
    await bot.ended(await workspace.say("dana", "support", "@frontdesk how long does shipping take?"))
    assert await bot.outcome("C0SUPPORT", follow) is None  # who shares does not invite the bot to the thread


async def test_delivered_twice_it_is_answered_once(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """The same interaction again, as after a lost ack, is the same question."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    await ask(workspace, "sam", "support", ts)
    [payload] = [one["request"]["payload"] for one in workspace.calls if one.get("name") == "message_action"]
    await workspace.sockets.ask("interactive", payload)
    await bot.ended(await workspace.say("dana", "support", "@frontdesk how long does shipping take?"))
    assert len([one for one in workspace.ephemerals("sam") if _with(one, SHARE_ANSWER)]) == 1


async def test_the_thread_before_the_message_tells_what_it_means(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """A reply is understood with the thread up to it; nothing of a private question joins the thread's conversation."""
    bot = await make_bot()
    root = await workspace.say("dana", "support", "How long may I take to return headphones?")
    reply = await workspace.say("alex", "support", "and a laptop?", root)
    await workspace.say("dana", "support", "shipping is another matter", root)
    answer = await ask(workspace, "sam", "support", reply)
    assert answer["thread_ts"] == root
    assert shelf.asked[-1].startswith("and a laptop?")
    assert "return" in shelf.asked[-1]
    assert [turn.text for turn in shelf.turns[-1]] == ["How long may I take to return headphones?"]
    later = await workspace.say("dana", "support", "@frontdesk how long does shipping take?", root)
    await bot.ended(later)
    assert [turn.role for turn in shelf.turns[-1]] == ["asker"] * 3
    assert [turn.text for turn in shelf.turns[-1]][1:] == ["and a laptop?", "shipping is another matter"]


async def test_what_is_attached_to_the_message_is_read(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """An error code in a log joins the search, as in a question of the asker's own."""
    shelf.pages["Error E-4711"] = "Error E-4711 means that the printer is out of paper."
    await make_bot()
    log = workspace.upload("dana", "printer.log", b"10:02 ERROR E-4711 printer stopped\n")
    ts = await workspace.say("dana", "support", "what does this error mean?", files=[log])
    answer = await ask(workspace, "sam", "support", ts)
    assert any("E-4711" in one for one in shelf.asked)
    assert "out of paper" in everything(answer)


async def test_it_uses_what_its_asker_may_read_and_sharing_looks_again(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """An agent is told what is for agents; into the customers' channel it can't be shared, and where all may read it,
    it can."""
    shelf.pages, shelf.audiences = {PAY: BANDS}, {PAY: ("group:@people-team",)}
    workspace.set_group("people-team", ["alex", "priya"])
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    await make_bot()
    ts = await workspace.say("dana", "support", "what are the pay bands?")
    answer = await ask(workspace, "alex", "support", ts)
    assert "one to nine" in everything(answer)
    told = await share(workspace, "alex", "support", answer)
    assert "not everybody there may read" in told
    assert said(workspace, ts) == []
    other = await ask(workspace, "sam", "support", ts, action="answer_why")
    assert "one to nine" not in str(other)
    assert PAY not in str(other)
    assert not _with(other, SHARE_ANSWER)
    there = await workspace.say("priya", hr, "what are the pay bands?")
    answer = await ask(workspace, "alex", hr, there)
    assert await share(workspace, "alex", hr, answer) == SHARED
    workspace.add_user("guest", "A Guest", is_restricted=True)
    await workspace.join("guest", hr)
    again = await ask(workspace, "alex", hr, there)
    assert "not everybody there may read" in await share(workspace, "alex", hr, again)
    assert len(said(workspace, there, hr)) == 1


async def test_only_the_asker_shares(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A button with somebody else's key, which no client shows, does nothing."""
    await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    answer = await ask(workspace, "sam", "support", ts)
    button = next(e for b in answer["blocks"] for e in b.get("elements", ()) if e.get("action_id") == SHARE_ANSWER)
    mine = workspace.state.message("C0SUPPORT", ts)
    forged = {"type": "button", "action_id": SHARE_ANSWER, "block_id": "b", "value": button["value"]}
    await workspace.people.action(workspace.state.user("dana"), forged, message=mine, view=None, state={})
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert "Only people who can see this answer" in whispered(workspace, "dana")[0]
    assert said(workspace, ts) == []


async def test_where_the_bot_is_not_the_answer_comes_by_direct_message(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """No ephemeral message of its own shows there. It can't share there either, until it is invited."""
    await make_bot()
    ts = await workspace.say("dana", "random", RETURN_IT)
    await workspace.shortcut("dana", ASK_ABOUT, "random", ts)
    [private] = await workspace.wait_for(lambda: [m for m in workspace.messages("dm:dana") if m.get("bot_id")])
    assert "30 days" in everything(private)
    assert "Returns policy › Overview" in everything(private)
    assert LOOKING in whispered(workspace, "dana")
    await workspace.wait_for(lambda: _with(private, SHARE_ANSWER))
    assert await share(workspace, "dana", "dm", private) == NOT_THERE
    workspace.state.channel("random").members.append("U0FRONTDESK")
    assert await share(workspace, "dana", "dm", private) == SHARED
    [shared] = said(workspace, ts, "random")
    assert "30 days" in everything(shared)


async def test_a_direct_message_that_slack_refuses_is_sent_plainer(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """The only place where the asker can be told: all of a long answer with its sources arrives, each part once."""
    lines = [f"Item {number} can be returned within 30 days." for number in range(300)]
    shelf.pages["Returns policy"] = " ".join(lines)
    bot = await make_bot()
    ts = await workspace.say("dana", "random", RETURN_IT)
    workspace.fail("chat.postMessage", error="invalid_blocks", times=100, carrying="blocks")
    await workspace.shortcut("dana", ASK_ABOUT, "random", ts)
    assert await bot.until(lambda: bot.store.inbox.outcome(asked_by(workspace, "U0DANA"))) is Outcome.ANSWERED
    told = "\n".join(everything(m) for m in workspace.messages("dm:dana") if m.get("bot_id"))
    assert [told.count(f"Item {number} can be") for number in range(300)] == [1] * 300
    assert told.startswith("You asked in <#C0RANDOM>")
    assert "https://electromart.example/returns-policy" in told


def asked_by(workspace: LocalWorkspace, user: str) -> str:
    """The key of what was asked about a message."""
    [payload] = [one["request"]["payload"] for one in workspace.calls if one.get("name") == "message_action"]
    return private_question_key(user, "T0ELECTRO", payload["action_ts"])


@pytest.fixture
async def orders() -> AsyncIterator[SqlOrders]:
    orders = SqlOrders(demo_settings())
    yield orders
    await orders.close()


async def test_orders_are_the_askers_own(workspace: LocalWorkspace, make_bot: MakeBot, orders: SqlOrders) -> None:
    """Sam asks about Dana's message with Dana's order in it, and learns nothing of it. Dana asks and reads it all; what
    she shares has the policy and not the order."""
    await make_bot(orders=order_desk(orders, now))
    ts = await workspace.say("dana", "support", "Where is EM-104233, and how long can I return something?")
    await workspace.shortcut("sam", ASK_ABOUT, "support", ts)
    await workspace.wait_for(lambda: any("EM-104233 under your" in one for one in whispered(workspace, "sam")))
    for secret in ("NLP1829869438", "277.99", "delivered on", "Memphis"):
        assert secret not in str(workspace.ephemerals("sam"))
    answer = await ask(workspace, "dana", "support", ts)
    assert "NLP1829869438" in everything(answer)
    assert "30 days" in everything(answer)
    assert await share(workspace, "dana", "support", answer) == SHARED
    [shared] = said(workspace, ts)
    assert "30 days" in everything(shared)
    assert "[2]" in everything(answer)  # after the order's, which is [1]
    assert "[1]" in everything(shared)
    assert "[2]" not in everything(shared)
    for secret in ("NLP1829869438", "277.99", "delivered on", "Memphis", "EM-104233", "Your order"):
        assert secret not in str(shared)
    only = await workspace.say("dana", "support", "Where is EM-104233?")
    answer = await ask(workspace, "dana", "support", only)
    assert "that is for you alone" in await share(workspace, "dana", "support", answer)
    assert said(workspace, only) == []


@pytest.mark.parametrize(
    ("text", "reply"), [("", NO_WORDS), ("can I talk to a human please", WANTS_HUMAN), ("<@U0FRONTDESK>", NO_WORDS)]
)
async def test_messages_that_ask_nothing(workspace: LocalWorkspace, make_bot: MakeBot, text: str, reply: str) -> None:
    """Nobody is called in public for a question that was asked in private; no words are no question."""
    await make_bot()
    ts = await workspace.say("dana", "support", text or "x")
    workspace.state.message("C0SUPPORT", ts)["text"] = text
    await workspace.shortcut("sam", ASK_ABOUT, "support", ts)
    await workspace.wait_for(lambda: any(reply in one for one in whispered(workspace, "sam")))
    assert [one for one in said(workspace, ts) if float(one["ts"]) > float(ts)] == []
    assert workspace.messages("support-escalations") == []


async def test_outages_are_told(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """The search being down is said to the asker; where nothing can be stored, nothing is begun."""
    shelf.broken = RetrievalUnavailable("disk")
    bot = await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    await workspace.shortcut("sam", ASK_ABOUT, "support", ts)
    await workspace.wait_for(lambda: any("can't search the documents" in one for one in whispered(workspace, "sam")))
    bot.down = True
    await workspace.shortcut("sam", ASK_ABOUT, "support", ts)
    await workspace.wait_for(lambda: NOT_KEPT in whispered(workspace, "sam"))
    bot.down = False


async def test_a_crash_loses_no_question(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """Killed while it wrote, the next run answers whoever asked; killed after the answer was shown, it shows no other."""
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", RETURN_IT)
    await workspace.shortcut("sam", ASK_ABOUT, "support", ts)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await bot.kill()
    shelf.gate = None
    bot = await make_bot()
    answer = await workspace.wait_for(
        lambda: next((one for one in workspace.ephemerals("sam") if _with(one, SHARE_ANSWER)), None)
    )
    assert "30 days" in everything(answer)
    [payload] = [one["request"]["payload"] for one in workspace.calls if one.get("name") == "message_action"]
    key = private_question_key("U0SAM", "T0ELECTRO", payload["action_ts"])
    assert await bot.until(lambda: bot.store.inbox.outcome(key)) is Outcome.ANSWERED
    bot.crash_at = "finish"
    await ask(workspace, "dana", "support", ts)
    await asyncio.wait_for(bot.crashed.wait(), 5)
    await bot.kill()
    bot = await make_bot()
    await bot.ended(await workspace.say("dana", "support", "@frontdesk how long does shipping take?"))
    assert len([one for one in workspace.ephemerals("dana") if _with(one, SHARE_ANSWER)]) == 1


async def test_an_outage_of_slack_costs_neither_the_answer_nor_a_second_one(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack fails more often than a question is tried, before and after the answer was made: then it is shown as it was
    made, once, and not given up."""
    monkeypatch.setattr("bot.slack.worker._PAUSE_S", 0.001)
    await make_bot()
    root = await workspace.say("dana", "support", "How long may I take to return headphones?")
    reply = await workspace.say("alex", "support", "and a laptop?", root)
    for method in ("conversations.replies", "chat.postEphemeral"):
        workspace.fail(method, error="internal_error", times=5)
    answer = await ask(workspace, "sam", "support", reply)
    assert "30 days" in everything(answer)
    assert len(shelf.turns) == 1


async def test_a_share_whose_reply_was_lost_is_there_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Slack took it and the answer was lost: pressed again, it is found and not posted again."""
    await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    answer = await ask(workspace, "sam", "support", ts)
    workspace.fail("chat.postMessage", status=500, after_effect=True)
    assert "try again" in await share(workspace, "sam", "support", answer)
    assert await share(workspace, "sam", "support", answer) == SHARED
    assert len(said(workspace, ts)) == 1


async def test_a_form_that_slack_refuses_is_shown_plainer(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """In private and shared, with its buttons: also the thumbs, as ordinary ones."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", RETURN_IT)
    workspace.fail("chat.postEphemeral", error="invalid_blocks")
    answer = await ask(workspace, "sam", "support", ts)
    assert "30 days" in everything(answer)
    assert {block["type"] for block in answer["blocks"]} <= {"section", "rich_text", "context", "actions"}
    assert answer["blocks"][0]["type"] == "section"
    workspace.fail("chat.postMessage", error="msg_blocks_too_long")
    assert await share(workspace, "sam", "support", answer) == SHARED
    [shared] = said(workspace, ts)
    assert "U0SAM" in everything(shared)
    assert "returns-policy" in everything(shared)
    await workspace.click("dana", "support", shared["ts"], "answer_feedback_negative")
    await workspace.wait_for(lambda: workspace.views("dana"))
    assert await bot.store.feedback.of(record_key(shared), "U0DANA") == Verdict("down")


def record_key(message: dict[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["share"])


async def test_sources_for_a_message_in_its_thread(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Shown to whoever asks, in the thread of the message, and shared there once."""
    await make_bot()
    root = await workspace.say("dana", "support", "hello all")
    reply = await workspace.say("dana", "support", "who knows about returns and shipping?", root)
    await workspace.shortcut("sam", SOURCES_FOR, "support", reply)
    await workspace.wait_for(lambda: workspace.ephemerals("sam"))
    [listing] = workspace.ephemerals("sam")
    assert listing["thread_ts"] == root
    assert "Returns policy › Overview" in everything(listing)
    assert said(workspace, root) == []
    await asyncio.gather(*(workspace.click("sam", "support", listing["ts"], SHARE_IN_THREAD) for _ in range(2)))
    await workspace.wait_for(lambda: any("Shared in the thread" in one for one in whispered(workspace, "sam")))
    [shared] = said(workspace, root)
    assert shared["thread_ts"] == root
    assert "U0SAM" in everything(shared)
    assert workspace.ephemerals("dana") == []


async def test_sources_for_a_message_outside_a_thread(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Also where the bot is not: the response reaches the channel. A message without words has none."""
    await make_bot()
    ts = await workspace.say("dana", "random", "who knows about returns?")
    await workspace.shortcut("dana", SOURCES_FOR, "random", ts)
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    [listing] = workspace.ephemerals("dana")
    assert "thread_ts" not in listing
    assert "Returns policy" in everything(listing)
    await workspace.click("dana", "random", listing["ts"], SHARE_IN_THREAD)
    await workspace.wait_for(lambda: len(workspace.messages("random")) == 2)
    assert workspace.messages("random")[1]["thread_ts"] == ts
    bare = await workspace.say("dana", "random", "x")
    workspace.state.message("C0RANDOM", bare)["text"] = ""
    await workspace.shortcut("dana", SOURCES_FOR, "random", bare)
    await workspace.wait_for(lambda: any(NO_WORDS in one for one in whispered(workspace, "dana")))


async def test_the_manifest_has_the_shortcuts_and_no_others(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    await make_bot()
    assert {one["callback_id"] for one in workspace.people.shortcuts or ()} == {SOURCES_FOR, ASK_ABOUT}
    assert all(len(one["name"]) <= 24 for one in workspace.people.shortcuts or ())
    ts = await workspace.say("dana", "support", RETURN_IT)
    with pytest.raises(Refused):
        await workspace.shortcut("dana", "another", "support", ts)
