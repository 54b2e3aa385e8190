"""The agent view: prompts and answers of the desk whose channel somebody looks at; what the status says meanwhile."""

import asyncio

from bot.desk.model import Desk, Outcome
from bot.slack.listeners.suggestions import A_QUESTION
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import SUGGESTIONS, MakeBot, Shelf, everything

HR = Desk("hr", "electromart", ("handbook",), ("C0GENERAL",), suggestions=("How many days of leave do I have?",))
BARE = Desk("bare", "electromart", (), ("C0RANDOM",))


def prompts(workspace: LocalWorkspace) -> list[str]:
    return [one["message"] for one in workspace.state.prompts[0]["prompts"]] if workspace.state.prompts else []


async def test_prompts_follow_what_somebody_looks_at(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The first desk's, until somebody opens a channel of another desk beside the agent; never with a thread_ts. A desk
    that suggests nothing has nothing of another's."""
    await make_bot(desks=(HR, BARE))
    await workspace.open_home("dana", "messages")
    await workspace.wait_for(lambda: prompts(workspace) == list(SUGGESTIONS))
    await workspace.look_at("dana", "general")
    await workspace.wait_for(lambda: prompts(workspace) == list(HR.suggestions))
    await workspace.look_at("dana", "random")
    await workspace.wait_for(lambda: prompts(workspace) == [A_QUESTION])
    await workspace.look_at("dana", "support")
    await workspace.wait_for(lambda: prompts(workspace) == list(SUGGESTIONS))
    await workspace.look_at("sam", "general")
    await workspace.open_home("sam", "messages")
    await workspace.wait_for(lambda: len(workspace.called("assistant.threads.setSuggestedPrompts")) == 6)
    calls = workspace.called("assistant.threads.setSuggestedPrompts")
    assert all("thread_ts" not in one["request"] for one in calls)
    assert "leave" in str(calls[-1]["request"])


async def test_contexts_that_name_no_channel(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Canvases, nothing at all, or another shape get the first desk's prompts; an event without a channel, none."""
    await make_bot(desks=(HR,))
    await workspace.open_home("dana", "messages")
    await workspace.wait_for(lambda: prompts(workspace))
    dm = workspace.state.prompts[0]["channel"]
    message = {"type": "slack#/types/message_context", "value": {"channel_id": "C0GENERAL", "message_ts": "1.0"}}
    for context, wanted in (
        ({"entities": [{"type": "slack#/types/canvas_id", "value": "F1"}, message]}, HR.suggestions),
        ({"entities": [{"type": "slack#/types/canvas_id", "value": "F1"}]}, SUGGESTIONS),
        ({"entities": [message]}, HR.suggestions),
        ({"entities": ["x", {"type": "slack#/types/channel_id", "value": 7}]}, SUGGESTIONS),
        ({"entities": [message]}, HR.suggestions),
        ({}, SUGGESTIONS),
    ):
        await workspace.deliver({"type": "app_context_changed", "context": {"entities": [message]}})
        await workspace.deliver({"type": "app_context_changed", "user": "U0DANA", "channel": dm, "context": context})
        await workspace.wait_for(lambda wanted=wanted: prompts(workspace) == list(wanted))


async def test_a_suggested_question_is_answered_by_its_desk(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """A direct message goes to the desk of the channel that is looked at, and its thread stays there."""
    bot = await make_bot(desks=(HR,))
    await workspace.look_at("dana", "general")
    ts = await workspace.say("dana", "dm", "How long does shipping take?")
    [asked] = workspace.messages("dm:dana", ts)
    assert await bot.ended(ts, asked["channel"]) is Outcome.ANSWERED
    stored = await bot.store.answers.get(f"T0ELECTRO:{asked['channel']}:{ts}")
    assert stored is not None
    assert stored.desk == "hr"
    await workspace.look_at("dana", "support")
    follow = await workspace.say("dana", "dm", "and how long may I return it?", ts)
    root = await workspace.say("dana", "dm", "How long does shipping take?")
    for at, desk in ((follow, "hr"), (root, "support")):
        await bot.ended(at, asked["channel"])
        stored = await bot.store.answers.get(f"T0ELECTRO:{asked['channel']}:{at}")
        assert stored is not None
        assert stored.desk == desk


async def test_the_status_says_what_is_done_in_turns(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Where no stream shows the steps: the step first, at most ten messages, in the thread of the question; gone with
    the answer."""
    workspace.streaming = False
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", "@frontdesk how long do I have to return something?")
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await workspace.wait_for(lambda: workspace.called("assistant.threads.setStatus"))
    told = workspace.called("assistant.threads.setStatus")[0]["request"]
    assert told["thread_ts"] == ts
    assert told["status"] == told["loading_messages"][0]
    assert 1 < len(told["loading_messages"]) <= 10
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert workspace.status("support", ts) == ""
    assert "30 days" in everything(workspace.messages("support", ts)[1])
