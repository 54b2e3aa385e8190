"""How an answer reaches Slack: steps and streams, forms that are refused, the pace that Slack allows."""

import asyncio
import logging
from typing import Any

import pytest

from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import UNLIMITED, Bot, MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"
LONG = ". ".join(f"Returning item number {n} takes {n} days" for n in range(400)) + "."
TABLE = "| Returned item | Return fee |\n| :-- | --: |\n| Drone | 10% |\n| Opened return | 15% |"


def steps(message: dict[str, Any]) -> list[tuple[str, str]]:
    plans = [block for block in message.get("blocks", []) if block["type"] == "plan"]
    return [(one["title"], one["status"]) for plan in plans for one in plan["tasks"]]


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message.get("blocks", [])]


def refusals(workspace: LocalWorkspace) -> list[str]:
    return [one["error"] for one in workspace.calls if one["kind"] == "web_api" and one["error"]]


async def test_a_stream_shows_the_steps_of_its_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Searching, reading, checking, each as it happens; then sentences, sources and buttons in the same message."""
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    reading = [("Searching the documents", "complete"), ("Reading a document", "in_progress")]
    await workspace.wait_for(lambda: said(workspace, ts) and steps(said(workspace, ts)[0]) == reading)
    shelf.after, held = 1, shelf.gate
    shelf.gate = asyncio.Event()
    held.set()
    await workspace.wait_for(lambda: "within 30 days" in everything(said(workspace, ts)[0]))
    assert steps(said(workspace, ts)[0])[1:] == [
        ("Reading a document", "complete"),
        ("Checking each sentence against its source", "in_progress"),
    ]
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert [status for _, status in steps(answer)] == ["complete"] * 3
    assert kinds(answer) == ["plan", "markdown", "rich_text", "context_actions", "actions"]
    assert refusals(workspace) == []


async def test_a_step_that_fails_is_told(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    bot = await make_bot()
    shelf.broken = RetrievalUnavailable("disk")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.FAILED
    [notice] = said(workspace, ts)
    assert steps(notice) == [("Searching the documents", "error")]
    assert "can't search the documents" in everything(notice)


async def test_a_workspace_without_chunks_streams_text(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """It is asked once; the answer that met the refusal is posted."""
    bot = await make_bot()
    workspace.fail("chat.startStream", error="invalid_chunks")
    first = await workspace.say("dana", "support", ASK)
    assert await bot.ended(first) is Outcome.ANSWERED
    assert len(workspace.called("chat.postMessage")) == 1
    second = await workspace.say("dana", "support", ASK)
    assert await bot.ended(second) is Outcome.ANSWERED
    start = workspace.called("chat.startStream")[-1]
    assert "within 30 days" in str(start["request"]["markdown_text"])
    assert "Talk to a human" in everything(said(workspace, second)[0])
    assert refusals(workspace) == ["invalid_chunks"]


async def test_a_workspace_without_streams_is_asked_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Then answers are posted and updated without asking."""
    workspace.streaming = False
    bot = await make_bot()
    for _ in range(3):
        ts = await workspace.say("dana", "support", ASK)
        assert await bot.ended(ts) is Outcome.ANSWERED
        assert len(said(workspace, ts)) == 1
    assert len(workspace.called("chat.startStream")) == 1


# -- forms


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"])
@pytest.mark.parametrize("method", ["chat.update", "chat.postMessage"])
async def test_refused_blocks_become_sections(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture, method: str, error: str
) -> None:
    """Text, sources and all buttons are there, the buttons work, and the refusal is logged once."""
    workspace.streaming = False
    bot = await make_bot()
    if method == "chat.postMessage":  # no placeholder, so that the answer itself is posted
        use_up(bot, "chat.update")
    workspace.fail(method, error=error)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert kinds(answer) == ["section", "rich_text", "actions", "actions"]
    assert "within 30 days of delivery" in everything(answer)
    assert "https://electromart.example/returns-policy" in everything(answer)
    assert [record.levelname for record in caplog.records if error in record.getMessage()] == ["WARNING"]
    await workspace.click("dana", "support", answer["ts"], "answer_feedback_positive")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert "this helped" in workspace.ephemerals("dana")[-1]["text"]
    await workspace.click("dana", "support", answer["ts"], "human_call")
    await workspace.wait_for(lambda: len(said(workspace, ts)) == 2)


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_long_answer_whose_blocks_are_refused_is_whole_as_text(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, streaming: bool
) -> None:
    """However Slack refuses blocks: every sentence once, in order, the sources and the way to a person at the end."""
    workspace.streaming = streaming
    shelf.pages = {"Returns policy": LONG}
    bot = await make_bot()
    for method in ("chat.update", "chat.postMessage"):
        workspace.fail(method, error="invalid_blocks", times=99, carrying="blocks")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    parts = said(workspace, ts)
    text = "\n".join(one["text"] for one in parts)
    found = [text.index(f"item number {n} takes") for n in range(400)]
    assert found == sorted(found)
    assert all(text.count(f"item number {n} takes") == 1 for n in range(400))
    assert not any(one.get("blocks") for one in parts)
    assert "<https://electromart.example/returns-policy|Returns policy › Overview>" in parts[-1]["text"]
    assert "talk to a human" in parts[-1]["text"]


@pytest.mark.parametrize(("refusals", "messages"), [(2, 2), (99, 1)])
async def test_what_goes_out_as_text_has_its_buttons_after_it(
    workspace: LocalWorkspace, make_bot: MakeBot, refusals: int, messages: int
) -> None:
    """Where Slack takes them, and they work; where it does not, the text stands there once all the same."""
    workspace.streaming = False
    bot = await make_bot()
    use_up(bot, "chat.update")  # no placeholder
    workspace.fail("chat.postMessage", error="msg_blocks_too_long", times=refusals, carrying="blocks")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    answer, *after = said(workspace, ts)
    assert "within 30 days of delivery" in answer["text"]
    assert len(after) == messages - 1
    for one in after:
        assert kinds(one) == ["actions", "actions"]
        await workspace.click("dana", "support", one["ts"], "answer_feedback_positive")
        await workspace.wait_for(lambda: workspace.ephemerals("dana"))
        await workspace.click("dana", "support", one["ts"], "human_call")
        await workspace.wait_for(lambda: len(said(workspace, ts)) == 3)


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_table_is_a_table(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, streaming: bool) -> None:
    """Streamed or not, a Markdown table ends as Slack's table, with sources and buttons after it."""
    workspace.streaming = streaming
    shelf.pages = {"Returns policy": TABLE}
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "table" in kinds(answer)
    assert kinds(answer)[-3:] == ["rich_text", "context_actions", "actions"]
    assert refusals(workspace) in ([], ["unknown_method"])


async def test_a_notification_is_the_answers_beginning(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """In plain text, also for screen readers; every button says what it does."""
    workspace.streaming = False
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    assert workspace.called("chat.postMessage")[0]["request"]["text"] == "Searching the documents…"
    assert workspace.status("support", ts) == ""
    [answer] = said(workspace, ts)
    assert answer["text"].startswith("You can return most items within 30 days of delivery.")
    [thumbs] = [block["elements"][0] for block in answer["blocks"] if block["type"] == "context_actions"]
    assert thumbs["positive_button"]["accessibility_label"] == "Mark this answer as helpful"


# -- pace


def use_up(bot: Bot, method: str, left: float = 0.25) -> None:
    """As if the bot had just called it until so much of its burst is left; nothing comes back while the test runs."""
    bucket = bot.clients.pace._bucket(method, "")
    bucket.tokens, bucket.per_s = bucket.burst * left, 1e-9


async def test_many_at_once_keep_to_slacks_limits(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """With Slack's limits on: all are answered once and whole, streaming is given up where its tier is used up, and
    Slack never has to object."""
    workspace.rate_limits = True
    rooms = [workspace.add_channel(f"room{n}", ["dana", "sam"], "channel") for n in range(10)]
    bot = await make_bot(answering={"workers": 40}, limits=UNLIMITED)
    asked = [(room, await workspace.say("dana", room, f"{ASK} ({n})")) for n in range(3) for room in rooms]
    for room, ts in asked:
        assert await bot.ended(ts, room) is Outcome.ANSWERED
    for room, ts in asked:
        [answer] = said(workspace, ts, room)
        assert "Refunds take 5 business days" in everything(answer)
        assert "Talk to a human" in everything(answer)
        assert not answer.get("streaming")
    assert 0 < len(workspace.called("chat.startStream")) <= 20
    assert len(workspace.called("chat.postMessage")) >= 10
    assert refusals(workspace) == []


async def test_a_stream_that_can_not_begin_now_is_a_post(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Slack says 429 to a start: the answer does not wait half a minute for it, nor does the next one ask."""
    bot = await make_bot()
    workspace.fail("chat.startStream", error="ratelimited", status=429, headers={"Retry-After": "30"})
    for _ in range(2):
        ts = await workspace.say("dana", "support", ASK)
        assert await bot.ended(ts) is Outcome.ANSWERED
        [answer] = said(workspace, ts)
        assert "Refunds take 5 business days" in everything(answer)
    assert len(workspace.called("chat.startStream")) == 1


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_stream_goes_on_after_a_429(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, method: str
) -> None:
    """What could not be appended goes with the end; the end is waited for. No update, and each sentence once."""
    shelf.pages["Returns policy"] += " A return is easy. " + " ".join(f"Return rule {n} holds here." for n in range(60))
    bot = await make_bot()
    workspace.fail(method, error="ratelimited", status=429, headers={"Retry-After": "1"})
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert all(everything(answer).count(f"Return rule {n} holds") == 1 for n in range(60))
    assert not workspace.called("chat.update")
    assert not answer.get("streaming")


async def test_a_channel_that_is_held_holds_up_no_other(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Slack wants no posts in one channel for a while; another one is answered meanwhile."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.postMessage", error="ratelimited", status=429, headers={"Retry-After": "3"})
    held = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: workspace.called("chat.postMessage"))
    other = await workspace.say("dana", "general", ASK)
    assert await bot.ended(other, "C0GENERAL") is Outcome.ANSWERED
    assert said(workspace, held) == []
    assert await bot.ended(held) is Outcome.ANSWERED
    assert len(said(workspace, held)) == 1


async def test_decorations_go_first(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Where the tiers are nearly used up there is no status, no placeholder and no update, but one post: the answer."""
    workspace.streaming = False
    bot = await make_bot()
    use_up(bot, "chat.update")
    use_up(bot, "assistant.threads.setStatus", 0)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert "Refunds take 5 business days" in everything(said(workspace, ts)[0])
    assert len(workspace.called("chat.postMessage")) == 1
    assert not workspace.called("chat.update")
    assert not workspace.called("assistant.threads.setStatus")


async def test_slack_without_an_end_gives_the_question_back(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream that can't be stopped refuses updates: the question stays open, and is finished when Slack has ended
    the stream."""
    caplog.set_level(logging.WARNING)
    bot = await make_bot(answering={"max_attempts": 1})
    workspace.fail("chat.stopStream", error="internal_error", status=500, times=9)
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: "streaming_state_conflict" in refusals(workspace))
    workspace.end_streams()
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "Talk to a human" in everything(answer)
