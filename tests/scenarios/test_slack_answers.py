"""Questions on every surface, and all that may be wrong with them."""

import asyncio
from typing import Any

import pytest

from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Outcome
from bot.slack.connection import CredentialsRefused
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.scenarios.conftest import MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"
LONGEST = f"<@{BOT}> ".ljust(40_000, "x")


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_mention_is_answered_once_in_its_thread(
    workspace: LocalWorkspace, make_bot: MakeBot, streaming: bool
) -> None:
    """One answer with sources, feedback and a way to a human; streamed where Slack offers it, updated otherwise."""
    workspace.streaming = streaming
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert "30 days" in everything(answer)
    assert "Returns policy › Overview" in everything(answer)
    assert "changed 12 Mar 2026" in everything(answer)
    assert "Talk to a human" in everything(answer)
    assert answer["metadata"]["event_payload"]["key"] == f"T0ELECTRO:C0SUPPORT:{ts}"
    assert not answer.get("streaming")
    assert bool([one for one in workspace.called("chat.startStream") if one["ok"]]) is streaming
    refused = [call for call in workspace.calls if call.get("error") not in (None, "unknown_method")]
    assert refused == []


async def test_the_mention_as_two_events_is_one_question(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The workspace sends app_mention and message for it; there is one row and one answer."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    names = [one["name"] for one in workspace.calls if one["direction"] == "slack->bot" and one["ok"]]
    assert names.count("app_mention") == 1
    assert names.count("message") >= 1
    assert len(said(workspace, ts)) == 1


async def test_a_direct_message_is_answered(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """No mention is needed in a DM, and the answer stands in the question's thread."""
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", "How long does standard shipping take?")
    [message] = workspace.messages("dm:dana", ts)
    assert await bot.ended(ts, message["channel"]) is Outcome.ANSWERED
    assert "3 to 5 business days" in everything(workspace.messages("dm:dana", ts)[1])


async def test_the_next_direct_message_goes_on_from_the_one_before(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """At the root, too, and with its answer; a conversation that has a thread is its own."""
    bot = await make_bot()
    first = await workspace.say("dana", "dm", "How long do I have to return something?")
    channel = workspace.messages("dm:dana", first)[0]["channel"]
    await bot.ended(first, channel)
    second = await workspace.say("dana", "dm", "and when is it refunded?")
    assert await bot.ended(second, channel) is Outcome.ANSWERED
    assert shelf.asked[-1].startswith("and when is it refunded? ")
    assert "return" in shelf.asked[-1]
    assert [turn.role for turn in shelf.turns[-1]] == ["asker", "desk"]
    for root in (first, second):
        await bot.ended(await workspace.say("dana", "dm", "how long does shipping take?", root), channel)
    await bot.ended(await workspace.say("dana", "dm", "how long does shipping take?"), channel)
    assert shelf.turns[-1] == ()


async def test_mentioned_in_a_thread_of_people_it_reads_what_they_said(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    bot = await make_bot()
    root = await workspace.say("dana", "support", "Can I return opened earbuds without a receipt?")
    mention = await workspace.say("sam", "support", "@frontdesk can you answer this?", root)
    assert await bot.ended(mention) is Outcome.ANSWERED
    assert "return" in shelf.asked[-1]
    assert [turn.text for turn in shelf.turns[-1]] == ["Can I return opened earbuds without a receipt?"]
    assert len(workspace.called("conversations.replies")) == 1
    await bot.ended(await workspace.say("sam", "support", "@frontdesk and for shipping?", root))
    assert len(workspace.called("conversations.replies")) == 1


async def test_a_reply_needs_no_mention_where_the_desk_takes_part(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A follow-up in the thread is answered, even after a restart; replies elsewhere and to others are left alone."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    await bot.stop()
    bot = await make_bot()
    follow = await workspace.say("dana", "support", "and how long does shipping take?", ts)
    assert await bot.ended(follow) is Outcome.ANSWERED
    to_sam = await workspace.say("dana", "support", "<@U0SAM> is shipping ok for you?", ts)
    root = await workspace.say("sam", "support", "does anybody know about shipping?")
    reply = await workspace.say("dana", "support", "no, ask about shipping there", root)
    last = await workspace.say("dana", "support", ASK)
    await bot.ended(last)
    for ignored in (to_sam, root, reply):
        assert await bot.outcome("C0SUPPORT", ignored) is None
    assert len(said(workspace, ts)) == 2
    assert said(workspace, root) == []


async def test_follow_ups_wait_for_the_answer_before_them(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Two questions in a thread are answered one after the other, a reply that came at once among them."""
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    first = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    second = await workspace.say("dana", "support", "how long does shipping take?", first)
    await workspace.wait_for(
        lambda: any(one["request"]["payload"]["event"]["ts"] == second for one in _events(workspace))
    )
    assert len(shelf.asked) == 1
    shelf.gate.set()
    assert await bot.ended(first) is Outcome.ANSWERED
    assert await bot.ended(second) is Outcome.ANSWERED
    one, two = said(workspace, first)
    assert "30 days" in everything(one)
    assert "3 to 5" in everything(two)


def _events(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return [one for one in workspace.calls if one["kind"] == "socket" and one["name"] in ("message", "app_mention")]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("@frontdesk", Outcome.ASKED),
        ("@frontdesk 🎉", Outcome.ASKED),
        ("@frontdesk :tada:", Outcome.ASKED),
        ("@frontdesk thanks", Outcome.ASKED),
        (LONGEST, Outcome.ASKED),
        ("@frontdesk what is the zeppelin tariff?", Outcome.ABSTAINED),
    ],
    ids=["empty", "emoji", "emoji name", "thanks", "40,000 characters", "not in the documents"],
)
async def test_messages_that_no_document_answers(
    workspace: LocalWorkspace, make_bot: MakeBot, text: str, outcome: Outcome
) -> None:
    """Each gets one visible reply and its outcome."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", text)
    assert await bot.ended(ts) is outcome
    assert len(said(workspace, ts)) == 1


async def test_the_longest_direct_message(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """40,000 characters in a DM get one reply too."""
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", "x" * 40_000)
    [message] = workspace.messages("dm:dana", ts)
    assert len(message["text"]) == 40_000
    assert await bot.ended(ts, message["channel"]) is Outcome.ASKED
    assert len(workspace.messages("dm:dana", ts)) == 2


async def test_other_bots_and_unknown_events_are_acked_and_left(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Nothing is stored or said for them, and Slack has no reason to send them again."""
    bot = await make_bot()
    workspace.state.channel("support").members.append("U0OTHERBOT")
    other = await workspace.say("statusbot", "support", ASK)
    await workspace.deliver({"type": "galaxy_renamed", "name": "x"})
    await workspace.deliver({"type": "message", "subtype": "channel_topic", "channel": "C0SUPPORT", "ts": "1.2"})
    await workspace.deliver({"type": "message", "channel": None, "text": 7})
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    await workspace.wait_for(lambda: any(one["name"] == "galaxy_renamed" for one in workspace.calls))
    assert [one for one in workspace.calls if one["kind"] == "socket" and not one["ok"]] == []
    assert said(workspace, other) == []
    assert await bot.outcome("C0SUPPORT", other) is None


async def test_a_redelivered_event_is_answered_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The same event four times, before and after its answer, is one question."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", ASK)
    event = {"type": "app_mention", "channel": "C0SUPPORT", "user": "U0DANA", "ts": ts, "text": f"<@{BOT}> returns?"}
    await workspace.deliver(event, event_id="Ev1", times=3)
    await bot.ended(ts)
    await workspace.deliver(event, event_id="Ev1")
    await workspace.wait_for(lambda: len(_events(workspace)) >= 6)
    other = await workspace.say("dana", "support", ASK)
    await bot.ended(other)
    assert len(said(workspace, ts)) == 1


async def test_an_edit_before_it_is_claimed_is_what_is_answered(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """With one worker busy, the waiting question is answered as it was edited; an edit after that changes nothing."""
    bot = await make_bot(answering={"workers": 1})
    shelf.gate = asyncio.Event()
    busy = await workspace.say("sam", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    ts = await workspace.say("dana", "support", "@frontdesk how long to return it?")
    await bot.accepted(ts)
    await workspace.edit("dana", "support", ts, f"<@{BOT}> how long does shipping take?")
    await workspace.wait_for(lambda: _event_of(workspace, "message_changed"))
    shelf.gate.set()
    await bot.ended(busy)
    await bot.ended(ts)
    assert "3 to 5" in everything(said(workspace, ts)[0])
    await workspace.edit("dana", "support", ts, f"<@{BOT}> and returns?")
    last = await workspace.say("dana", "support", ASK)
    await bot.ended(last)
    assert len(said(workspace, ts)) == 1


def _event_of(workspace: LocalWorkspace, subtype: str) -> bool:
    return any(one["request"]["payload"]["event"].get("subtype") == subtype for one in _events(workspace))


async def test_a_deleted_question_is_withdrawn(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """Deleted while it is answered: the begun answer is taken back and the row says withdrawn."""
    bot = await make_bot()
    shelf.gate, shelf.after = asyncio.Event(), 1
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: said(workspace, ts))
    await workspace.delete("dana", "support", ts)
    assert await bot.ended(ts) is Outcome.WITHDRAWN
    await workspace.wait_for(lambda: workspace.called("chat.delete"))
    await workspace.wait_for(lambda: not [one for one in workspace.messages("support") if one.get("user") == BOT])


async def test_an_outage_of_the_index_is_said(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """It is never shown as "nothing found": a notice with an incident id, and the outcome failed."""
    bot = await make_bot()
    shelf.broken = RetrievalUnavailable("disk")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.FAILED
    [notice] = said(workspace, ts)
    assert "can't search the documents" in everything(notice)
    assert "FD-" in everything(notice)
    assert "disk" not in everything(notice)


@pytest.mark.parametrize("after", [0, 1])
async def test_a_question_beyond_its_deadline_gets_its_notice(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, after: int
) -> None:
    """What was shown stays with its sources, in the store too, and the notice with its incident follows in the same message."""
    bot = await make_bot(answering={"deadline_s": 0.5})
    shelf.gate, shelf.after = asyncio.Event(), after
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.FAILED
    [notice] = said(workspace, ts)
    assert "took too long" in everything(notice)
    assert "Incident FD-" in everything(notice)
    stored = await bot.store.answers.get(f"T0ELECTRO:C0SUPPORT:{ts}")
    assert stored is not None
    assert "took too long" in stored.text
    assert [one.title for one in stored.citations] == ["Returns policy"] * after
    for seen in (everything(notice), stored.text):
        assert ("30 days" in seen) is bool(after)
    assert ("Returns policy › Overview" in everything(notice)) is bool(after)


@pytest.mark.parametrize(
    ("token", "wrong", "setting"),
    [("bot_token", "xoxb-wrong", "SLACK_BOT_TOKEN"), ("app_token", "xapp-wrong", "SLACK_APP_TOKEN")],
)
async def test_a_wrong_key_stops_the_start(make_bot: MakeBot, token: str, wrong: str, setting: str) -> None:
    """One line that names the setting, instead of dialling for ever."""
    with pytest.raises(CredentialsRefused, match=f"^{setting}: .*invalid_auth") as caught:
        await make_bot(**{token: wrong})
    assert "\n" not in str(caught.value)
