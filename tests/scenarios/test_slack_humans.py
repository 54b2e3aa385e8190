"""The human path, /sources, feedback and the app's home, button by button."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import select

from bot.desk.errors import RetrievalUnavailable
from bot.desk.human_path import EscalationState
from bot.desk.model import Outcome
from bot.store.tables import escalations, feedback
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import SUGGESTIONS, Bot, MakeBot, Shelf, everything, said
from tests.scenarios.surf import home_of

ASK = "@frontdesk how long do I have to return something?"
DESK = "support-escalations"


async def answered(workspace: LocalWorkspace, bot: Bot) -> tuple[str, str]:
    """A question of Dana's and the ts of its answer."""
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    return ts, str(said(workspace, ts)[0]["ts"])


def whispers(workspace: LocalWorkspace, user: str) -> list[str]:
    return [everything(one) for one in workspace.ephemerals(user)]


async def call_human(workspace: LocalWorkspace, bot: Bot) -> tuple[str, dict[str, Any]]:
    """Dana asks for a human: the thread and the brief."""
    ts, answer = await answered(workspace, bot)
    await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: workspace.messages(DESK) and len(said(workspace, ts)) == 2)
    return ts, workspace.messages(DESK)[-1]


async def test_the_whole_story_of_an_escalation(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Called, claimed, quiet while the human has it, resolved, and the bot answers again."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    shown = everything(brief)
    assert "Dana Whitfield asks for a human" in shown
    assert "how long do I have to return something?" in shown
    assert "30 days" in shown
    assert "Returns policy › Overview" in shown
    assert f"thread={ts}" in shown
    assert "asked a human" in everything(said(workspace, ts)[1])

    before = await workspace.say("dana", "support", "and shipping, how long?", ts)
    assert await bot.ended(before) is Outcome.ANSWERED  # nobody has it yet

    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await workspace.wait_for(lambda: any("<@U0ALEX> has taken this" in one["text"] for one in said(workspace, ts)))
    assert "Claimed by Alex Moreno" in everything(workspace.messages(DESK)[0])
    spoken = len(said(workspace, ts))

    quiet = await workspace.say("dana", "support", "hello Alex, my returns?", ts)
    mention = await workspace.say("dana", "support", ASK, ts)
    assert await bot.ended(mention) is Outcome.ESCALATED
    assert await bot.outcome("C0SUPPORT", quiet) is None
    assert len(said(workspace, ts)) == spoken
    assert any("keep quiet" in one for one in whispers(workspace, "dana"))

    await workspace.click("alex", DESK, brief["ts"], "human_resolve")
    await workspace.wait_for(lambda: any("marked this as resolved" in one["text"] for one in said(workspace, ts)))
    assert "Resolved by Alex Moreno" in everything(workspace.messages(DESK)[0])
    [_, *beside] = workspace.messages(DESK)
    assert [one["text"] for one in beside] == ["<@U0ALEX> Dana Whitfield has written in the thread."]
    after = await workspace.say("dana", "support", "how long does shipping take?", ts)
    assert await bot.ended(after) is Outcome.ANSWERED
    assert [one for one in workspace.calls if one.get("error")] == []


@pytest.mark.parametrize(("refusals", "buttons"), [(1, True), (99, False)])
async def test_a_brief_that_slack_refuses_is_posted_plainer(
    workspace: LocalWorkspace, make_bot: MakeBot, refusals: int, buttons: bool
) -> None:
    """Humans are called in whatever form Slack takes, with the buttons while it takes any; so is a claim told."""
    bot = await make_bot()
    ts, answer = await answered(workspace, bot)
    for method in ("chat.postMessage", "chat.update"):
        workspace.fail(method, error="invalid_blocks", times=refusals, carrying="blocks")
    await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: len(said(workspace, ts)) == 2)
    [brief] = workspace.messages(DESK)
    assert "Dana Whitfield asks for a human: how long do I have" in everything(brief)
    assert f"thread={ts}" in everything(brief)
    assert bool(brief.get("blocks")) is buttons
    if buttons:
        await workspace.click("alex", DESK, brief["ts"], "human_claim")
        await workspace.wait_for(lambda: "Claimed by Alex" in everything(workspace.messages(DESK)[0]))
        assert "human_resolve" in str(workspace.messages(DESK)[0]["blocks"])


@pytest.mark.parametrize("sentences", [0, 1])
async def test_an_answer_in_the_making_is_taken_back_when_a_human_takes_the_thread(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, sentences: int
) -> None:
    """What was begun of it goes, its asker is told, and its human hears that they wrote."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    shelf.gate, shelf.after = asyncio.Event(), sentences
    shelf.writing.clear()
    question = await workspace.say("dana", "support", "and shipping, how long?", ts)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await workspace.wait_for(lambda: not sentences or "30 days" in str(said(workspace, ts)[2:]))
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await workspace.wait_for(lambda: any("<@U0ALEX> has taken this" in one["text"] for one in said(workspace, ts)))
    shelf.gate.set()
    assert await bot.ended(question) is Outcome.ESCALATED
    assert len(said(workspace, ts)) == 3, "the first answer, and what was told of the human"
    assert "has taken this" in said(workspace, ts)[-1]["text"]
    await workspace.wait_for(lambda: any("keep quiet" in one for one in whispers(workspace, "dana")))
    await workspace.wait_for(lambda: len(workspace.messages(DESK)) == 2)
    assert "Dana Whitfield has written in the thread" in workspace.messages(DESK)[1]["text"]


async def test_an_agents_reply_before_the_claim_is_no_question(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """While an escalation is open, the asker is still answered; what others write unaddressed is left to people."""
    bot = await make_bot()
    ts, _ = await call_human(workspace, bot)
    helped = await workspace.say("alex", "support", "shipping of your returns is on us", ts)
    asked = await workspace.say("dana", "support", "and how long does shipping take?", ts)
    assert await bot.ended(asked) is Outcome.ANSWERED
    mention = await workspace.say("alex", "support", ASK, ts)
    assert await bot.ended(mention) is Outcome.ANSWERED
    assert await bot.outcome("C0SUPPORT", helped) is None


async def test_pressing_twice_is_one_escalation(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The second press, by anybody, gets a friendly private note; there is one brief."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    answer = said(workspace, ts)[0]["ts"]
    await workspace.click("sam", "support", answer, "human_call")
    await workspace.wait_for(lambda: any("nobody has claimed it yet" in one for one in whispers(workspace, "sam")))
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await workspace.wait_for(lambda: "Claimed by" in everything(workspace.messages(DESK)[0]))
    await workspace.click("sam", "support", answer, "human_call")
    await workspace.wait_for(lambda: any("Alex Moreno has this already" in one for one in whispers(workspace, "sam")))
    assert len(workspace.messages(DESK)) == 1


async def test_the_faster_agent_has_it(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Two claims: one owner, the other is told who; only the owner or an admin resolves."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    press = (workspace.click(who, DESK, brief["ts"], "human_claim") for who in ("alex", "priya"))
    await asyncio.gather(*press, return_exceptions=True)
    await workspace.wait_for(lambda: whispers(workspace, "alex") or whispers(workspace, "priya"))
    stored = await bot.store.escalations.of_thread("T0ELECTRO", "C0SUPPORT", ts)
    assert stored is not None
    assert stored.state is EscalationState.CLAIMED
    loser = "priya" if stored.owner == "U0ALEX" else "alex"
    assert any("has claimed this already" in one for one in whispers(workspace, loser))
    await workspace.click(loser, DESK, brief["ts"], "human_resolve")
    await workspace.wait_for(lambda: any("or an admin can resolve it" in one for one in whispers(workspace, loser)))
    assert len([one for one in said(workspace, ts) if "has taken this" in one["text"]]) == 1


async def test_only_the_configured_agents_claim(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """With `agents` set, being in the channel is not enough."""
    bot = await make_bot(slack={"agents": ("U0PRIYA",)})
    _, brief = await call_human(workspace, bot)
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await workspace.wait_for(lambda: any("Only this desk's agents" in one for one in whispers(workspace, "alex")))
    await workspace.click("priya", DESK, brief["ts"], "human_claim")
    await workspace.wait_for(lambda: "Claimed by Priya Nair" in everything(workspace.messages(DESK)[0]))


async def test_without_a_channel_the_asker_is_told_honestly(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """No escalation channel and no admin channel: nobody is promised, and no button says so but older ones."""
    first = await make_bot()
    _, answer = await answered(workspace, first)
    await first.stop()
    bot = await make_bot(escalation_channel=None)
    ts, _ = await answered(workspace, bot)
    shown = [*said(workspace, ts), await home_of(workspace, "dana")]
    assert [one for one in shown if "human" in everything(one).lower()] == []
    assert {"answer_why", "answer_more", "answer_feedback"} <= set(re.findall(r"answer_\w+", str(shown[0])))
    await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: any("No human team is set up" in one for one in whispers(workspace, "dana")))
    assert workspace.messages(DESK) == []


async def test_the_admin_channel_stands_in(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A desk without humans of its own asks where the admins are."""
    bot = await make_bot(escalation_channel=None, slack={"admin_channel": "C0ESCALATE"})
    await call_human(workspace, bot)


@pytest.mark.parametrize("crash_at", ["set_brief", "create"])
async def test_killed_around_the_brief_it_is_posted_once(
    workspace: LocalWorkspace, make_bot: MakeBot, crash_at: str
) -> None:
    """Killed after Slack took the brief and before we stored its ts: the next run finds it. Killed before it was
    recorded at all, the press was not acked, and Slack says so under the button: it can be pressed again."""
    first = await make_bot(crash_at=crash_at)
    ts, answer = await answered(workspace, first)
    press = asyncio.create_task(workspace.click("dana", "support", answer, "human_call"))
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    [refused] = await asyncio.gather(press, return_exceptions=True)
    assert isinstance(refused, Refused) == (crash_at == "create")
    second = await make_bot()
    if crash_at == "create":
        await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: any("asked a human" in everything(one) for one in said(workspace, ts)))
    stored = await second.store.escalations.of_thread("T0ELECTRO", "C0SUPPORT", ts)
    assert stored is not None
    assert [one["ts"] for one in workspace.messages(DESK)] == [stored.brief_ts]


async def test_a_brief_that_slack_keeps_waiting_delays_no_other(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """After a crash: the older of two stands, and the other is posted."""
    first = await make_bot(crash_at="begin_showing")
    asked = [await answered(workspace, first) for _ in range(2)]
    for _, answer in asked:
        await workspace.click("dana", "support", answer, "human_call")
    older, newer = [await stored_of(first, ts) for ts, _ in asked]
    await first.kill()
    workspace.hold("chat.postMessage", lambda given: older in str(given))
    await make_bot()
    await workspace.wait_for(lambda: workspace.messages(DESK))
    assert [one["metadata"]["event_payload"]["escalation"] for one in workspace.messages(DESK)] == [newer]
    workspace.let_go("chat.postMessage")


async def stored_of(bot: Bot, ts: str) -> str:
    one = await bot.store.escalations.of_thread("T0ELECTRO", "C0SUPPORT", ts)
    assert one is not None
    return one.id


@pytest.mark.parametrize("workspace", [1.0], indirect=True)  # for the ack that does not come
@pytest.mark.parametrize("action", ["human_claim", "human_resolve"])
async def test_a_move_is_acked_when_it_is_stored(workspace: LocalWorkspace, make_bot: MakeBot, action: str) -> None:
    """Killed before that, the press was not acked, and whoever pressed sees it and presses again."""
    first = await make_bot(crash_at="move")
    ts, brief = await call_human(workspace, first)
    press = asyncio.create_task(workspace.click("alex", DESK, brief["ts"], action))
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    with pytest.raises(Refused, match="operation_timeout"):
        await press
    second = await make_bot()
    await workspace.click("alex", DESK, brief["ts"], action)
    await second.until(lambda: told(second, ts))
    shown = "Claimed by" if action == "human_claim" else "Resolved by"
    assert shown in everything(workspace.messages(DESK)[0])


@pytest.mark.parametrize("seam", ["chat.update", "chat.postMessage", "set_announced"])
@pytest.mark.parametrize("action", ["human_claim", "human_resolve"])
async def test_killed_around_the_announcement_it_is_made_once(
    workspace: LocalWorkspace, make_bot: MakeBot, seam: str, action: str
) -> None:
    """Killed between the new state and the brief, between the brief and the thread, or between Slack's taking the
    announcement and our knowing: the next run shows both, once."""
    first = await make_bot()
    ts, brief = await call_human(workspace, first)
    if seam == "set_announced":
        first.crash_at = seam
        await workspace.click("alex", DESK, brief["ts"], action)
        await asyncio.wait_for(first.crashed.wait(), 5)
    else:
        held = workspace.hold_reply(seam) if seam == "chat.postMessage" else workspace.hold(seam)
        await workspace.click("alex", DESK, brief["ts"], action)
        await asyncio.wait_for(held.reached.wait(), 5)
    await first.kill()
    if seam != "set_announced":
        workspace.let_go(seam)
    second = await make_bot()
    await second.until(lambda: told(second, ts))
    words = "has taken this" if action == "human_claim" else "marked this as resolved"
    assert [words in one["text"] for one in said(workspace, ts)[1:]] == [False, True]
    shown = "Claimed by" if action == "human_claim" else "Resolved by"
    assert shown in everything(workspace.messages(DESK)[0])


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("status", [429, 500])
async def test_an_announcement_that_slack_refuses_for_a_while_is_made_once(
    workspace: LocalWorkspace, make_bot: MakeBot, status: int, after_effect: bool
) -> None:
    """Too many requests, or a server error with the post done or not: the thread is told, once."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    headers = {"Retry-After": "0"} if status == 429 else {}
    after_effect = after_effect and status != 429  # a limited call is not done
    workspace.fail("chat.postMessage", status=status, headers=headers, after_effect=after_effect)
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await bot.until(lambda: told(bot, ts))
    assert [one for one in said(workspace, ts) if "has taken this" in one["text"]] == said(workspace, ts)[2:]
    assert len(said(workspace, ts)) == 3


async def test_a_thread_that_is_gone_is_not_told_for_ever(
    workspace: LocalWorkspace, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack will never take it: one line in the log, and no more tries."""
    bot = await make_bot()
    ts, brief = await call_human(workspace, bot)
    workspace.fail("chat.postMessage", error="is_archived")
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await bot.until(lambda: told(bot, ts))
    assert any("can't be told" in one.message and "is_archived" in one.message for one in caplog.records)
    assert len(said(workspace, ts)) == 2


async def told(bot: Bot, ts: str) -> bool:
    """Whether everything about the thread's last escalation was shown, as its record says."""
    async with bot.store.database.transaction() as connection:
        row = (await connection.execute(select(escalations).where(escalations.c.thread_ts == ts))).one()
    return bool(row.announced == row.number > 1)


async def test_an_unreachable_channel_delays_the_brief(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The request is kept, its asker is told so, and the brief follows when the channel can be reached."""
    bot = await make_bot()
    ts, answer = await answered(workspace, bot)
    workspace.fail("chat.postMessage", error="channel_not_found", times=2)
    await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: any("I'll keep trying" in one for one in whispers(workspace, "dana")))
    await workspace.wait_for(lambda: workspace.messages(DESK))
    await workspace.wait_for(lambda: len(said(workspace, ts)) == 2)


async def test_asking_in_words_for_a_human(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A message that is nothing but a call for a human is an escalation."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", "@frontdesk can I talk to a human please")
    assert await bot.ended(ts) is Outcome.ESCALATED
    [brief] = workspace.messages(DESK)
    assert "talk to a human" in everything(brief)


async def test_asked_for_in_words_the_brief_is_about_what_was_asked_before(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    bot = await make_bot()
    ts, _ = await answered(workspace, bot)
    thanks = await workspace.say("dana", "support", "@frontdesk thanks", ts)
    assert await bot.ended(thanks) is Outcome.ASKED  # that is not what a human is called about
    asked = await workspace.say("dana", "support", "I want to talk to a human", ts)
    assert await bot.ended(asked) is Outcome.ESCALATED
    await workspace.wait_for(lambda: workspace.messages(DESK))
    [brief] = workspace.messages(DESK)
    shown = everything(brief)
    assert "how long do I have to return something?" in shown
    assert "30 days" in shown
    assert "Returns policy › Overview" in shown
    assert "passing this on" not in shown


async def test_a_human_called_from_a_direct_message(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Nobody else sees a DM, so the brief says whom to write to and links no thread."""
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", "How long does shipping take?")
    channel = workspace.messages("dm:dana")[0]["channel"]
    await bot.ended(ts, channel)
    await workspace.click("dana", "dm", workspace.messages("dm:dana", ts)[1]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages(DESK))
    [brief] = workspace.messages(DESK)
    assert "It was a direct message, so reply as the desk" in everything(brief)
    assert "U0DANA" in everything(brief)
    assert "thread=" not in everything(brief)


async def test_feedback_is_kept_and_may_change(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A thumb is stored with the answer; the other thumb replaces it. What follows a thumb down: test_slack_short_feedback."""
    bot = await make_bot()
    ts, answer = await answered(workspace, bot)
    key = f"T0ELECTRO:C0SUPPORT:{ts}"
    for verdict, seen in (("up", workspace.ephemerals), ("down", workspace.views)):
        await workspace.click("dana", "support", answer, "answer_feedback", f"{verdict} {key}")
        await workspace.wait_for(lambda seen=seen: seen("dana"))
        async with bot.store.database.transaction() as connection:
            rows = (
                await connection.execute(select(feedback.c.answer_key, feedback.c.user_id, feedback.c.verdict))
            ).all()
        assert rows == [(key, "U0DANA", verdict)]
    assert workspace.ephemerals("sam") == []


async def test_sources_lists_privately_and_shares(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Only the asker sees the list; Share posts it to the channel under their name, without unfurling."""
    await make_bot()
    await workspace.command("dana", "support", "/sources", "returns shipping")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    [listing] = workspace.ephemerals("dana")
    shown = everything(listing)
    assert "Returns policy › Overview" in shown
    assert "30 days" in shown
    assert "changed 12 Mar 2026" in shown
    assert "https://electromart.example/shipping" in shown
    assert workspace.messages("support") == []
    await workspace.click("dana", "support", listing["ts"], "sources_share")
    await workspace.wait_for(lambda: workspace.messages("support"))
    [shared] = workspace.messages("support")
    assert "U0DANA" in everything(shared)
    assert "Returns policy › Overview" in everything(shared)
    assert workspace.called("chat.postMessage")[0]["request"]["unfurl_links"] in (False, "false", "0", 0)
    await workspace.wait_for(lambda: "Shared" in whispers(workspace, "dana")[-1])
    assert len(workspace.ephemerals("dana")) == 1


@pytest.mark.parametrize(("words", "reply"), [("", "Type"), ("!?", "Type"), ("zeppelin tariff", "No document")])
async def test_sources_of_nothing(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, words: str, reply: str
) -> None:
    """Help for an empty or senseless search; a plain sentence where nothing is found. In a DM too."""
    shelf.pages = {} if reply == "No document" else shelf.pages
    await make_bot()
    await workspace.command("dana", "dm", "/sources", words)
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert whispers(workspace, "dana")[0].startswith(reply)


@pytest.mark.parametrize("outage", [True, False])
async def test_share_publishes_hits_only(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, outage: bool
) -> None:
    """An outage, or documents that are gone by now, are told to the sharer alone."""
    await make_bot()
    await workspace.command("dana", "support", "/sources", "returns")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    [listing] = workspace.ephemerals("dana")
    shelf.broken, shelf.pages = (RetrievalUnavailable("disk"), shelf.pages) if outage else (None, {})
    await workspace.click("dana", "support", listing["ts"], "sources_share")
    wanted = "can't search" if outage else "No document"
    await workspace.wait_for(lambda: any(wanted in one for one in whispers(workspace, "dana")))
    assert workspace.messages("support") == []


async def test_sources_where_the_bot_is_not(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """In a channel without the bot the list comes through the command's own response, and so does what is shared."""
    await make_bot()
    await workspace.command("dana", "random", "/sources", "returns")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    listing, dana = workspace.ephemerals("dana")[0], workspace.state.user("dana")
    share = {"type": "button", "action_id": "sources_share", "block_id": "b", "value": "returns"}
    await workspace.people.action(dana, share, message=listing, view=None, state={})
    await workspace.wait_for(lambda: workspace.messages("random"))
    assert "Returns policy" in everything(workspace.messages("random")[0])


async def test_the_apps_home_and_its_prompts(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The messages tab gets the configured prompts; the home tab says what the bot does."""
    await make_bot()
    await workspace.open_home("dana", "messages")
    await workspace.open_home("dana", "home")
    await workspace.wait_for(lambda: workspace.state.prompts and workspace.state.homes)
    assert [one["message"] for one in workspace.state.prompts[0]["prompts"]] == list(SUGGESTIONS)
    assert "thread_ts" not in workspace.called("assistant.threads.setSuggestedPrompts")[0]["request"]
    assert "Talk to a human" in everything(workspace.state.homes["U0DANA"])


async def test_an_unknown_button_is_acked(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A button of an older version is acked instead of showing the person an error."""
    bot = await make_bot()
    _, answer = await answered(workspace, bot)
    action = {"type": "button", "action_id": "from_an_older_version", "block_id": "b", "value": "x"}
    message = workspace.state.message("C0SUPPORT", answer)
    try:
        await workspace.people.action(workspace.state.user("dana"), action, message=message, view=None, state={})
    except Refused as error:
        pytest.fail(f"not acked: {error}")
