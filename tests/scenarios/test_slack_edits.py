"""A question that is edited within its first seconds is answered as edited, once; what is shown stays."""

import asyncio
from typing import Any

import pytest

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"
SHIPPING = f"<@{BOT}> how long does shipping take?"


async def heard(workspace: LocalWorkspace, bot: Bot, ts: str, text: str) -> None:
    """Edit a message, until the bot has heard of it."""
    await workspace.edit("dana", "support", ts, text)

    def acked() -> bool:
        events = [
            one["request"]["payload"]["event"] for one in workspace.calls if one["kind"] == "socket" and one["ok"]
        ]
        return any(one.get("subtype") == "message_changed" and one["message"]["text"] == text for one in events)

    await workspace.wait_for(acked)


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_edit_while_it_is_answered(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, streaming: bool
) -> None:
    """The answer that was being written is dropped before a word of it is seen; the one message has the other."""
    workspace.streaming = streaming
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await heard(workspace, bot, ts, SHIPPING)
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "3 to 5 business days" in everything(answer)
    assert "30 days" not in everything(answer)
    stored = await bot.store.answers.get(f"T0ELECTRO:C0SUPPORT:{ts}")
    assert stored is not None
    assert stored.question == "how long does shipping take?"


async def test_an_edit_before_an_abstention(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Of which no sentence is shown before it is whole: it is not said of the question that is no more."""
    bot = await make_bot()
    readers = workspace.hold("conversations.members")
    ts = await workspace.say("dana", "support", "@frontdesk who painted the Mona Lisa?")
    await asyncio.wait_for(readers.reached.wait(), 5)
    await heard(workspace, bot, ts, SHIPPING)
    workspace.let_go("conversations.members")
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "3 to 5 business days" in everything(answer)


async def test_what_is_shown_stays(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """After the first sentence an edit changes nothing."""
    bot = await make_bot()
    shelf.gate, shelf.after = asyncio.Event(), 1
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts) and "30 days" in everything(said(workspace, ts)[0]))
    await heard(workspace, bot, ts, SHIPPING)
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "Refunds take 5 business days" in everything(answer)
    assert "3 to 5" not in everything(answer)


async def test_an_edit_after_the_first_seconds(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever thinks again later asks again."""
    monkeypatch.setattr("bot.slack.listeners.messages.EDIT_S", 0.0)
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await heard(workspace, bot, ts, SHIPPING)
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert "30 days" in everything(said(workspace, ts)[0])


@pytest.mark.parametrize("deleted", [False, True])
async def test_what_is_heard_before_its_message(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """Slack delivers in no order: a reply is answered as it was edited, and not at all once it was deleted."""
    bot = await make_bot()
    root = await workspace.say("dana", "support", ASK)
    await bot.ended(root)
    tell, held = workspace.sockets.tell, list[dict[str, Any]]()
    monkeypatch.setattr(workspace.sockets, "tell", held.append)
    ts = await workspace.say("dana", "support", ASK, root)
    await workspace.edit("dana", "support", ts, SHIPPING)
    if deleted:
        await workspace.delete("dana", "support", ts)
    before = acked(workspace)
    for number, payload in enumerate(reversed(held), 1):
        tell(payload)
        await workspace.wait_for(lambda heard=before + number: acked(workspace) == heard)
    if deleted:
        assert await bot.outcome("C0SUPPORT", ts) is None
        assert not await bot.store.inbox.depth()
        return
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert await bot.store.inbox.text(f"T0ELECTRO:C0SUPPORT:{ts}") == "how long does shipping take?"
    assert "3 to 5 business days" in everything(said(workspace, root)[-1])


def acked(workspace: LocalWorkspace) -> int:
    return len([one for one in workspace.calls if one["kind"] == "socket" and one["ok"]])


@pytest.mark.parametrize("crash_at", ["save", "posted"])
async def test_killed_after_an_edit(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, crash_at: str) -> None:
    """The next process answers what the question says by then, in the message that was begun."""
    workspace.streaming = False
    first = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await heard(workspace, first, ts, SHIPPING)
    first.crash_at = crash_at
    shelf.gate.set()
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "3 to 5 business days" in everything(answer)
