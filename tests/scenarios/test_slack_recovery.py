"""Crashes, outages and limits: nothing that was accepted is lost, and nothing is said twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.desk.model import Outcome
from bot.slack.desks import Desks
from bot.slack.throttle import FEWEST, Throttle
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.scenarios.conftest import UNLIMITED, MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("crash_at", ["posted", "finish", "started", "save"])
async def test_killed_while_it_posts_there_is_one_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, streaming: bool, crash_at: str
) -> None:
    """Killed between Slack's accepting the post and our storing its ts, and at the other seams: one answer, complete."""
    workspace.streaming = streaming
    first = await make_bot(crash_at=crash_at)
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "30 days" in everything(answer)
    assert "Returns policy" in everything(answer)
    assert not answer.get("streaming")


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.startStream"])
async def test_killed_when_the_reply_to_a_post_was_lost(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, method: str
) -> None:
    """Slack took the post, its reply never came, the process died while looking: the next run finishes that post."""
    workspace.streaming = method == "chat.startStream"
    first = await make_bot()
    workspace.fail(method, after_effect=True)
    look = workspace.hold("conversations.replies")
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(look.reached.wait(), 5)
    assert len(said(workspace, ts)) == 1
    await first.kill()
    workspace.let_go("conversations.replies")
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "30 days" in everything(answer)


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_lost_reply_makes_no_second_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, method: str, after_effect: bool
) -> None:
    """A server error on a post, whether it was done or not, ends in one complete answer."""
    workspace.streaming = method != "chat.postMessage"
    shelf.pages["Returns policy"] += " A return is easy. " + " ".join(
        f"Return rule {n} holds for 30 days." for n in range(40)
    )
    bot = await make_bot()
    workspace.fail(method, status=500, after_effect=after_effect)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert everything(answer).count("Return rule 39 ") == 1
    assert everything(answer).count("within 30 days of delivery") == 1


async def test_a_stream_that_slack_ended_is_finished_by_an_update(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Slack ends streams after some minutes; the answer is whole all the same."""
    bot = await make_bot()
    shelf.gate, shelf.after = asyncio.Event(), 1
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts))
    workspace.end_streams()
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "Refunds take 5 business days" in everything(answer)
    assert "Talk to a human" in everything(answer)


@pytest.mark.parametrize("workspace", [1.0], indirect=True)  # for each ack that does not come
async def test_a_store_that_is_down_acks_nothing(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """No ack, so Slack delivers again; when the store is back the question is answered once."""
    bot = await make_bot()
    bot.down = True
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: [one for one in workspace.calls if one["error"] == "not acked"])
    bot.down = False
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_shutdown_gives_back_what_it_does_not_finish(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """What runs beyond the drain goes back to the inbox; the next run finishes the message that was begun."""
    first = await make_bot()
    shelf.gate, shelf.after = asyncio.Event(), 1
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts))
    await first.stop(0)
    shelf.gate.set()
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "Refunds take 5 business days" in everything(answer)


async def test_shutdown_waits_for_what_is_nearly_done(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Within the drain an answer is finished, stored and shown."""
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    stopping = asyncio.create_task(bot.stop(5))
    shelf.gate.set()
    await stopping
    assert "30 days" in everything(said(workspace, ts)[0])
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_failing_question_gets_its_notice_after_some_attempts(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Each run that dies counts; beyond the limit there is a visible notice with an incident id."""
    ts = ""
    for _ in range(2):
        bot = await make_bot(answering={"max_attempts": 2})
        shelf.gate, shelf.writing = asyncio.Event(), asyncio.Event()
        ts = ts or await workspace.say("dana", "support", ASK)
        await asyncio.wait_for(shelf.writing.wait(), 5)
        await bot.kill()
    bot = await make_bot(answering={"max_attempts": 2})
    assert await bot.ended(ts) is Outcome.FAILED
    [notice] = said(workspace, ts)
    assert "several times" in everything(notice)
    assert "Incident FD-" in everything(notice)


async def test_rate_limits_are_waited_for(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A 429 with Retry-After on the post delays the answer and loses nothing."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.postMessage", error="ratelimited", status=429, headers={"Retry-After": "1"})
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1
    assert len(workspace.called("chat.postMessage")) == 2


async def test_a_form_that_slack_refuses_is_posted_plainer(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Blocks that are refused in every form do not cost the answer: text and sources are posted without them, and the
    buttons after them."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.update", error="invalid_blocks", times=2)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    answer, buttons = said(workspace, ts)
    assert "human_call" in str(buttons["blocks"])
    assert "30 days" in answer["text"]
    assert "<https://electromart.example/returns-policy|Returns policy › Overview>" in answer["text"]


async def test_a_placeholder_that_slack_refuses_costs_no_answer(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """It was a courtesy: the answer is posted without it."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.postMessage", error="msg_too_long")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "30 days" in everything(answer)


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_answer_beyond_slacks_limits_goes_on_in_a_second_message(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, streaming: bool
) -> None:
    """Nothing is cut off, each sentence is shown once, and sources and buttons stand in the last message."""
    workspace.streaming = streaming
    shelf.pages = {"Returns policy": ". ".join(f"Returning item number {n} takes {n} days" for n in range(400)) + "."}
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    parts = said(workspace, ts)
    text = " ".join(everything(one) for one in parts)
    assert len(parts) > 1
    assert all(text.count(f"item number {n} takes") == 1 for n in range(400))
    assert "Talk to a human" in everything(parts[-1])
    assert [one for one in workspace.calls if one.get("error") not in (None, "unknown_method")] == []


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_fifty_events_at_once_are_acked_and_answered(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """All are acked in time and each is answered once."""
    bot = await make_bot(limits=UNLIMITED)
    asked = [await workspace.say("dana", "support", f"{ASK} ({n})") for n in range(50)]
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
    assert [one for one in workspace.calls if one["kind"] == "socket" and not one["ok"]] == []
    assert all(len(said(workspace, ts)) == 1 for ts in asked)


@pytest.mark.parametrize(("late_s", "at_once"), [(1.0, FEWEST), (0.0, 12)])
async def test_while_the_loop_is_late_fewer_are_answered_at_once(
    workspace: LocalWorkspace,
    make_bot: MakeBot,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    late_s: float,
    at_once: int,
) -> None:
    """The others wait in the inbox, and each is answered in the end."""
    ticked = asyncio.Event()

    async def sleep(self: Throttle) -> float:
        ticked.set()
        await asyncio.sleep(0)
        return late_s

    monkeypatch.setattr(Throttle, "sleep", sleep)
    bot = await make_bot(limits=UNLIMITED, answering={"workers": 12})
    await asyncio.wait_for(ticked.wait(), 5)
    shelf.gate = asyncio.Event()
    asked = [await workspace.say("dana", "support", f"{ASK} ({n})") for n in range(20)]
    for ts in asked:
        await bot.accepted(ts)

    async def begun() -> bool:
        return len(shelf.turns) >= at_once

    await bot.until(begun)
    for _ in range(20):  # as many looks at the inbox as a claim needs
        await bot.store.inbox.depth()
    assert len(shelf.turns) == at_once
    shelf.gate.set()
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED


async def test_a_dropped_connection_is_made_again(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A cut connection and a refresh are both followed by a new one; what was written meanwhile is answered."""
    bot = await make_bot()
    await workspace.drop_sockets()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    await workspace.refresh_sockets()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED


async def test_a_dead_ticket_is_replaced(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK dials the ticket it was given for ever; the watchdog gets it another one."""
    bot = await make_bot()
    fresh, given = workspace.sockets.new_ticket, iter(["dead"])
    monkeypatch.setattr(workspace.sockets, "new_ticket", lambda: next(given, None) or fresh())
    await workspace.drop_sockets()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert next(given, "used") == "used"


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_question_that_nobody_gets_to_is_noticed(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """A question behind a worker that never ends gets its notice from the watchdog, once; the other is left alone."""
    bot = await make_bot(answering={"workers": 1})
    workers = bot.connection.workers
    assert workers is not None
    shelf.gate = asyncio.Event()
    busy = await workspace.say("sam", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    ts = await workspace.say("dana", "support", ASK)
    await bot.accepted(ts)
    workers.patience_s = 0.0
    assert await bot.ended(ts) is Outcome.FAILED
    [notice] = said(workspace, ts)
    assert "could not get to this in time" in everything(notice)
    assert "Incident FD-" in everything(notice)
    shelf.gate.set()
    assert await bot.ended(busy) is Outcome.ANSWERED


async def test_after_an_outage_of_the_store_the_workers_go_before_the_watchdog(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waited all the time is answered: nobody could get to it."""
    bot = await make_bot(answering={"workers": 1})
    workers = bot.connection.workers
    assert workers is not None
    shelf.gate = asyncio.Event()
    asked = [await workspace.say(who, "support", ASK) for who in ("dana", "sam")]
    await asyncio.wait_for(shelf.writing.wait(), 5)
    for ts in asked:
        await bot.accepted(ts)
    looks: asyncio.Queue[str] = asyncio.Queue()

    async def refresh(self: Desks, team: str) -> None:
        looks.put_nowait(team)

    monkeypatch.setattr(Desks, "refresh", refresh)  # the first that the watchdog does
    for down in (True, False):
        bot.down = down
        if down:
            bot.ahead, workers._able_since = timedelta(hours=1), -3600.0  # it lasts that long
        for _ in range(3):
            await asyncio.wait_for(looks.get(), 5)
    shelf.gate.set()
    assert [await bot.ended(ts) for ts in asked] == [Outcome.ANSWERED] * 2


async def test_a_token_revoked_in_mid_run_loses_no_question(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """While Slack refuses the token the question stays open, beyond max_attempts; then it is answered, once."""
    workspace.streaming = False
    bot = await make_bot(answering={"max_attempts": 1})
    workspace.fail("chat.postMessage", error="token_revoked", times=2)
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: len(workspace.called("chat.postMessage")) == 3)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


def in_support(arguments: dict[str, Any]) -> bool:
    return arguments.get("channel") == "C0SUPPORT"


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found", "not_in_channel", "restricted_action"])
async def test_an_answer_that_slack_never_takes_has_failed(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    """An archived channel, or one that we were removed from: the row does not say answered, the log has it, and the asker
    is told so alone, without what was to be said there."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.postMessage", error=error, times=9, of=in_support)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.FAILED
    assert any("incident FD-" in one.message and error in one.message for one in caplog.records)
    [note] = [everything(one) for one in workspace.messages("dm:dana")]
    assert "You asked in <#C0SUPPORT>" in note
    assert "Invite me to the channel" in note
    assert "Incident FD-" in note
    assert "30 days" not in note


async def test_a_channel_that_was_closed_while_nobody_ran_is_told_of(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The next run may not even look for what was begun there."""
    workspace.streaming = False
    first = await make_bot(crash_at="posted")
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    workspace.state.channel("support").members.remove(BOT)
    second = await make_bot(answering={"max_attempts": 1})
    assert await second.ended(ts) is Outcome.FAILED
    [note] = [everything(one) for one in workspace.messages("dm:dana")]
    assert "Invite me to the channel" in note


async def test_a_channel_that_is_closed_is_told_of_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Killed when Slack had taken the note and before that was stored, the next run finds it."""
    workspace.streaming = False
    workspace.fail("chat.postMessage", error="not_in_channel", times=9, of=in_support)
    first = await make_bot()
    held = workspace.hold_reply("chat.postMessage", lambda arguments: not in_support(arguments))
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(held.reached.wait(), 5)
    await first.kill()
    workspace.let_go("chat.postMessage")
    second = await make_bot()
    assert await second.ended(ts) is Outcome.FAILED
    assert len(workspace.messages("dm:dana")) == 1


async def test_a_question_whose_handling_always_raises_is_closed(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in front of the notice does not keep the row open for ever."""
    bot = await make_bot(answering={"max_attempts": 1})

    async def broken(self: object, item: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("bot.slack.answering.Answering._question", broken)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.FAILED


async def test_a_deletion_during_the_retry_pause_takes_back_what_was_begun(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The placeholder of an answer that waits for its next attempt goes with its question."""
    workspace.streaming = False
    bot = await make_bot()
    workspace.fail("chat.update", error="token_revoked", times=9)
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts) and workspace.called("chat.update"))
    await workspace.delete("dana", "support", ts)
    assert await bot.ended(ts) is Outcome.WITHDRAWN
    await workspace.wait_for(lambda: workspace.called("chat.delete"))


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_deletion_takes_back_what_the_run_before_had_begun(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, workers: int
) -> None:
    """Heard while the question waits for its turn, or when it was just taken up and nothing of it is known yet."""
    workspace.streaming = False
    shelf.gate = asyncio.Event()
    first = await make_bot()
    other = await workspace.say("sam", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, other))
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts))
    await first.kill()
    held = workspace.hold("users.info")
    second = await make_bot(answering={"workers": workers})
    await asyncio.wait_for(held.reached.wait(), 5)
    await workspace.delete("dana", "support", ts)
    assert await second.ended(ts) is Outcome.WITHDRAWN
    workspace.let_go("users.info")
    await workspace.wait_for(lambda: not said(workspace, ts))
    shelf.gate.set()
    assert await second.ended(other) is Outcome.ANSWERED


async def test_an_answer_that_is_shown_by_the_next_run_keeps_its_notice(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Stored, then killed before it was shown: what the answer said of itself is shown with it."""
    workspace.streaming = False
    shelf.complete = False
    first = await make_bot()
    look = workspace.hold("chat.update")
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(look.reached.wait(), 5)
    await first.kill()
    workspace.let_go("chat.update")
    shelf.complete = True
    second = await make_bot()
    assert await second.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "cut short" in everything(answer)
