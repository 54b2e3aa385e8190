"""The human path at the wire: replies as the desk, questions to the asker, hand-overs, and what askers say of it."""

import asyncio
from typing import Any

import pytest

from bot.desk.human_path import Escalation, EscalationState, Move
from bot.desk.model import Outcome
from bot.slack import spent_buttons
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.surf import ADMINS
from tests.scenarios.test_slack_humans import DESK, call_human, told, whispers

S = EscalationState


async def claimed(workspace: LocalWorkspace, bot: Bot) -> tuple[str, str]:
    """A thread that Alex has, and the ts of its brief."""
    ts, brief = await call_human(workspace, bot)
    await workspace.click("alex", DESK, brief["ts"], "human_claim")
    await bot.until(lambda: told(bot, ts))
    return ts, str(brief["ts"])


async def window(workspace: LocalWorkspace, user: str, brief: str, action: str, value: str | None = None) -> str:
    """The id of the window that opens."""
    before = len(workspace.views(user))
    await workspace.click(user, DESK, brief, action, value)
    await workspace.wait_for(lambda: len(workspace.views(user)) > before)
    return str(workspace.views(user)[-1]["id"])


async def reply(workspace: LocalWorkspace, brief: str, text: str, *, user: str = "alex", asks: bool = False) -> Any:
    """What Alex writes in the window; the window's errors."""
    view = await window(workspace, user, brief, "human_reply")
    return await workspace.submit(view, user, reply_values(text, asks=asks))


def reply_values(text: str, *, asks: bool = False) -> dict[str, Any]:
    option = {"value": "asks" if asks else "solves"}
    return {
        "text": {"text": {"type": "plain_text_input", "value": text}},
        "then": {"then": {"type": "radio_buttons", "selected_option": option}},
    }


async def stored(bot: Bot, ts: str, channel: str = "C0SUPPORT") -> Escalation:
    one = await bot.store.escalations.latest_of_thread("T0ELECTRO", channel, ts)
    assert one is not None
    return one


async def until_state(bot: Bot, ts: str, state: EscalationState, channel: str = "C0SUPPORT") -> Escalation:
    """Also shown to everybody."""

    async def there() -> Escalation | None:
        one = await stored(bot, ts, channel)
        return one if one.state is state and one.announced == one.number else None

    found: Escalation = await bot.until(there)
    return found


def beside(workspace: LocalWorkspace, brief: str) -> list[str]:
    """What stands in the thread of the brief."""
    return [one["text"] for one in workspace.messages(DESK, brief) if one["ts"] != brief]


async def test_a_reply_reaches_the_asker_under_the_agents_name_and_solves_it(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Nothing in it mentions anybody; "That solved it" gives the thread back to the bot; the brief has the history."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    assert await reply(workspace, brief, "Send it back to us, <!channel> & keep *the box*.") == {}
    one = await until_state(bot, ts, S.ANSWERED)
    posted = said(workspace, ts)[-1]
    assert "Alex Moreno (support):" in posted["text"]
    assert "keep *the box*" in everything(posted)
    assert posted["mentions"] == []
    assert posted["metadata"]["event_payload"] == {"escalation": one.id, "role": "3"}
    quiet = await workspace.say("sam", "support", "@frontdesk how long does shipping take?", ts)
    assert await bot.ended(quiet) is Outcome.ESCALATED

    await workspace.click("sam", "support", posted["ts"], "human_solved")
    await workspace.wait_for(
        lambda: any("Only Dana Whitfield can say that" in one for one in whispers(workspace, "sam"))
    )
    await workspace.click("dana", "support", posted["ts"], "human_solved")
    await until_state(bot, ts, S.CONFIRMED)
    assert "Dana Whitfield says that this is solved" in beside(workspace, brief)[-1]
    again = await workspace.say("dana", "support", "@frontdesk how long does shipping take?", ts)
    assert await bot.ended(again) is Outcome.ANSWERED

    await workspace.click("alex", DESK, brief, "human_resolve")
    await until_state(bot, ts, S.CLOSED)
    shown = everything(workspace.messages(DESK)[0])
    past = ["Dana Whitfield asked for a human", "Alex Moreno took it", "Alex Moreno replied"]
    past += ["Dana Whitfield said that it is solved", "Alex Moreno resolved it"]
    assert [line for line in past if line not in shown] == []
    assert [one for one in workspace.calls if one.get("error")] == []


async def test_what_is_not_solved_goes_back_to_its_owner_and_what_is_over_to_anybody(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    await reply(workspace, brief, "Have you tried to turn it off and on?")
    await until_state(bot, ts, S.ANSWERED)
    await workspace.click("dana", "support", said(workspace, ts)[-1]["ts"], "human_not_yet")
    back = await until_state(bot, ts, S.CLAIMED)
    assert back.owner == "U0ALEX"
    assert beside(workspace, brief) == ["<@U0ALEX> Dana Whitfield says that this is not solved yet."]
    await workspace.click("alex", DESK, brief, "human_resolve")
    await until_state(bot, ts, S.CLOSED)
    await workspace.click("dana", "support", said(workspace, ts)[-1]["ts"], "human_more_help")
    reopened = await until_state(bot, ts, S.REOPENED)
    assert (reopened.id, reopened.owner) == (back.id, None)
    await workspace.click("priya", DESK, brief, "human_claim")
    assert (await until_state(bot, ts, S.CLAIMED)).owner == "U0PRIYA"


def pressable(workspace: LocalWorkspace, ts: str) -> list[str]:
    """The labels of the asker's buttons in their thread, but for those under an answer."""
    posts = [one for one in said(workspace, ts) if "frontdesk_escalation" in str(one.get("metadata"))]
    rows = [block for one in posts for block in one.get("blocks") or () if block["type"] == "actions"]
    return [each["text"]["text"] for row in rows for each in row["elements"]]


async def test_buttons_stand_only_under_the_last_post_that_has_some(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The texts stay as they were, and so does what the posts are found again by."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    assert pressable(workspace, ts) == ["No longer needed"], "it still is, by whom has it"
    for text in ("Turn it off.", "And on again."):
        await reply(workspace, brief, text)
        await until_state(bot, ts, S.ANSWERED)
        await bot.until(lambda: told(bot, ts))
        assert pressable(workspace, ts) == ["That solved it", "Not yet"]
    await workspace.click("alex", DESK, brief, "human_resolve")
    await until_state(bot, ts, S.CLOSED)
    await bot.until(lambda: told(bot, ts))
    assert pressable(workspace, ts) == ["I still need help"]
    posts = [one for one in said(workspace, ts) if "frontdesk_escalation" in str(one.get("metadata"))]
    assert [one["metadata"]["event_payload"]["role"] for one in posts] == ["1", "2", "3", "4", "5"]
    assert "Turn it off." in everything(posts[2])


async def test_buttons_far_up_in_a_long_thread_go_after_everybody_was_told(
    workspace: LocalWorkspace, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack gives a thread out by pages. The owner hears of it before the thread is read."""
    monkeypatch.setattr(spent_buttons, "_PAGE", 2)
    bot = await make_bot(slack=ADMINS)
    ts, brief = await claimed(workspace, bot)
    await reply(workspace, brief, "Turn it off.")
    await until_state(bot, ts, S.ANSWERED)
    before = len(workspace.state.wire)
    await workspace.click("priya", DESK, brief, "human_resolve")
    await until_state(bot, ts, S.CLOSED)
    assert pressable(workspace, ts) == ["I still need help"]
    assert beside(workspace, brief) == ["<@U0ALEX> Priya Nair has closed this."]
    calls = [one["name"] for one in list(workspace.state.wire)[before:] if one["kind"] == "web_api"]
    told = [name for name in calls if name in ("chat.postMessage", "conversations.replies")]
    assert told[:3] == ["chat.postMessage", "chat.postMessage", "conversations.replies"]


async def test_a_workspace_that_refuses_to_change_a_post_keeps_its_buttons(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """And the move is told all the same."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    await bot.until(lambda: told(bot, ts))
    workspace.fail("conversations.replies", error="missing_scope")
    await reply(workspace, brief, "Turn it off.")
    await bot.until(lambda: told(bot, ts))
    assert pressable(workspace, ts) == ["No longer needed", "That solved it", "Not yet"]


async def test_an_agent_asks_the_asker_and_hears_the_answer(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Others' messages are no answer; the asker's brings it back to its owner, who is told once."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    await reply(workspace, brief, "Which order is it?", asks=True)
    await until_state(bot, ts, S.WAITING)
    assert "Alex Moreno needs your answer" in everything(said(workspace, ts)[-1])
    await workspace.say("sam", "support", "mine is late, too", ts)
    await workspace.say("dana", "support", "EM-100001", ts)
    await until_state(bot, ts, S.CLAIMED)
    await workspace.say("dana", "support", "or was it EM-100002", ts)
    await workspace.wait_for(lambda: beside(workspace, brief))
    assert beside(workspace, brief) == ["<@U0ALEX> Dana Whitfield has written in the thread."]
    assert [one.move for one in await bot.store.escalations.transitions((await stored(bot, ts)).id)] == [
        Move.CALL, Move.CLAIM, Move.WAIT, Move.ASKER_WROTE,
    ]  # fmt: skip


async def test_it_is_handed_over_to_an_agent(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The window says who is no agent; the new owner and the asker are told."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    view = await window(workspace, "alex", brief, "human_hand_over")
    to = {"to": {"to": {"type": "users_select", "selected_user": "U0SAM"}}}
    why = {"reason": {"reason": {"type": "plain_text_input", "value": "you know drones"}}}
    assert "not one of this desk's agents" in (await workspace.submit(view, "alex", to | why))["to"]
    to["to"]["to"]["selected_user"] = "U0PRIYA"
    assert await workspace.submit(view, "alex", to | why) == {}
    await bot.until(lambda: told(bot, ts))
    one = await until_state(bot, ts, S.CLAIMED)
    assert one.owner == "U0PRIYA"
    assert beside(workspace, brief) == ["<@U0PRIYA> Alex Moreno has handed this over to you: you know drones."]
    assert "<@U0PRIYA> has this now" in said(workspace, ts)[-1]["text"]
    refused = await reply(workspace, brief, "one more thing")
    assert "Priya Nair has this one" in refused["text"]
    assert len(workspace.views("alex")) == 1, "what was written stays"


async def test_the_menu_snoozes_and_resolves_with_a_reason(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    one = await stored(bot, ts)
    await workspace.click("alex", DESK, brief, "human_more", f"hour {one.id}")
    await workspace.wait_for(lambda: "snoozed until" in everything(workspace.messages(DESK)[0]))
    assert (await stored(bot, ts)).snoozed_until is not None
    view = await window(workspace, "alex", brief, "human_more", f"resolve {one.id}")
    why = {"reason": {"reason": {"type": "plain_text_input", "value": "It is with the carrier now."}}}
    assert await workspace.submit(view, "alex", why) == {}
    closed = await until_state(bot, ts, S.CLOSED)
    assert closed.snoozed_until is None
    assert "marked this as resolved: It is with the carrier now." in said(workspace, ts)[-1]["text"]
    assert "Resolved by Alex Moreno: It is with the carrier now." in everything(workspace.messages(DESK)[0])


async def test_an_asker_may_call_it_off(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Others may not, and the owner need not."""
    bot = await make_bot()
    ts, _ = await call_human(workspace, bot)
    called = said(workspace, ts)[-1]["ts"]
    await workspace.click("sam", "support", called, "human_no_need")
    await workspace.wait_for(lambda: any("Only this desk's agents" in one for one in whispers(workspace, "sam")))
    await workspace.click("dana", "support", called, "human_no_need")
    assert (await until_state(bot, ts, S.CLOSED)).owner is None
    assert "Resolved by Dana Whitfield" in everything(workspace.messages(DESK)[0])


async def test_in_a_direct_message_each_side_hears_the_other(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The agent can't see it: what the asker writes is passed on whole, once they were told so; before somebody has it,
    it is answered as well."""
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", "How long does shipping take?")
    channel = str(workspace.messages("dm:dana")[0]["channel"])
    await bot.ended(ts, channel)
    await workspace.click("dana", "dm", workspace.messages("dm:dana", ts)[1]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages(DESK))
    brief = workspace.messages(DESK)[0]["ts"]
    await until_state(bot, ts, S.OPEN, channel)
    assert "What you write in this thread is passed on" in workspace.messages("dm:dana", ts)[-1]["text"]
    more = await workspace.say("dana", "dm", "my order EM-999, how long is its shipping?", ts)
    assert await bot.ended(more, channel) is Outcome.ANSWERED
    await until_state(bot, ts, S.OPEN, channel)
    assert beside(workspace, brief) == [
        "Dana Whitfield has written in the thread:\n&gt; my order EM-999, how long is its shipping?"
    ]
    await workspace.click("alex", DESK, brief, "human_claim")
    await until_state(bot, ts, S.CLAIMED, channel)
    assert "What you write in this thread is passed on" in workspace.messages("dm:dana", ts)[-1]["text"]
    await reply(workspace, brief, "Where do you live?", asks=True)
    await until_state(bot, ts, S.WAITING, channel)
    assert "Alex Moreno (support): Where do you live?" in workspace.messages("dm:dana", ts)[-1]["text"]
    answer = await workspace.say("dana", "dm", "In <Berlin>\nand @everyone knows", ts)
    assert await bot.ended(answer, channel) is Outcome.ESCALATED
    await until_state(bot, ts, S.CLAIMED, channel)
    [_, _, asked, word] = workspace.messages(DESK, brief)
    assert asked["text"] == "Alex Moreno asked Dana Whitfield:\n&gt; Where do you live?"
    assert not asked.get("mentions")
    assert "&gt; In &lt;Berlin&gt;\n&gt; and @" in word["text"]
    assert word["mentions"] == ["<@U0ALEX>"]
    assert any("passed this on" in one for one in whispers(workspace, "dana"))


async def test_until_somebody_comes_what_asks_nothing_is_only_passed_on(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """In a direct message, beside its brief. A thanks has its reply, and the agent's words stand beside it once."""
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", "I want to speak to a person please")
    channel = str(workspace.messages("dm:dana")[0]["channel"])
    assert await bot.ended(ts, channel) is Outcome.ESCALATED
    await until_state(bot, ts, S.OPEN, channel)
    brief = workspace.messages(DESK)[0]["ts"]
    more = await workspace.say("dana", "dm", "it is the Halden Book 14 btw", ts)
    assert await bot.ended(more, channel) is Outcome.ASKED
    await until_state(bot, ts, S.OPEN, channel)
    assert workspace.messages("dm:dana", ts)[-1]["text"] == "I've passed that on."
    thanks = await workspace.say("dana", "dm", "thank you!", ts)
    assert await bot.ended(thanks, channel) is Outcome.ASKED
    assert "You're welcome" in workspace.messages("dm:dana", ts)[-1]["text"]
    assert beside(workspace, brief)[0].endswith("&gt; it is the Halden Book 14 btw")


async def test_killed_after_a_reply_in_a_direct_message_its_copy_beside_the_brief_is_one(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    first = await make_bot()
    ts = await workspace.say("dana", "dm", "I want to speak to a person please")
    channel = str(workspace.messages("dm:dana")[0]["channel"])
    await first.ended(ts, channel)
    await until_state(first, ts, S.OPEN, channel)
    brief = workspace.messages(DESK)[0]["ts"]
    view = await window(workspace, "alex", brief, "human_reply")
    first.crash_at = "set_announced"
    await workspace.submit(view, "alex", reply_values("You have 10% off."))
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    await until_state(await make_bot(), ts, S.ANSWERED, channel)
    assert beside(workspace, brief) == ["Alex Moreno replied:\n&gt; You have 10% off."]


@pytest.mark.parametrize("seam", ["set_announced", "chat.postMessage"])
async def test_killed_around_a_reply_it_is_posted_once(workspace: LocalWorkspace, make_bot: MakeBot, seam: str) -> None:
    """Killed between Slack's taking it and our knowing, the next run finds it; killed before, it posts it."""
    first = await make_bot()
    ts, brief = await claimed(workspace, first)
    view = await window(workspace, "alex", brief, "human_reply")
    if seam == "set_announced":
        first.crash_at = seam
        await workspace.submit(view, "alex", reply_values("It is on its way."))
        await asyncio.wait_for(first.crashed.wait(), 5)
    else:
        held = workspace.hold_reply(seam)
        await workspace.submit(view, "alex", reply_values("It is on its way."))
        await asyncio.wait_for(held.reached.wait(), 5)
    await first.kill()
    if seam == "chat.postMessage":
        workspace.let_go(seam)
    second = await make_bot()
    await until_state(second, ts, S.ANSWERED)
    assert len([one for one in said(workspace, ts) if "It is on its way." in one["text"]]) == 1


async def test_a_window_that_is_sent_twice_is_one_reply(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """As after an answer of ours that was lost: the same window comes again, whole."""
    bot = await make_bot()
    ts, brief = await claimed(workspace, bot)
    view = await window(workspace, "alex", brief, "human_reply")
    body = {"text": "Once.", "cause": view}
    one = await stored(bot, ts)
    both = await asyncio.gather(
        *(bot.humans.reply(one.id, "U0ALEX", body["text"], cause=body["cause"]) for _ in range(3)),
    )
    assert {each.number for each in both} == {3}
    assert await workspace.submit(view, "alex", reply_values("Once.")) == {}
    await until_state(bot, ts, S.ANSWERED)
    assert len([one for one in said(workspace, ts) if "Once." in one["text"]]) == 1


async def test_whoever_wants_the_bots_word_in_a_humans_thread_gets_it_alone(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """The thread stays the human's; pressed twice it is one answer."""
    bot = await make_bot()
    ts, _ = await claimed(workspace, bot)
    mention = await workspace.say("sam", "support", "@frontdesk how long does shipping take?", ts)
    assert await bot.ended(mention) is Outcome.ESCALATED
    await workspace.wait_for(lambda: workspace.ephemerals("sam"))
    note, spoken = workspace.ephemerals("sam")[0], len(said(workspace, ts))
    press = {"type": "button", "action_id": "answer_anyway", "block_id": "b", "value": f"{ts} {mention}"}
    for _ in range(2):
        await workspace.people.action(workspace.state.user("sam"), press, message=note, view=None, state={})
    key = f"T0ELECTRO:U0SAM:{mention}"
    assert await bot.until(lambda: bot.store.inbox.outcome(key)) is Outcome.ANSWERED
    # In place of the note that it keeps quiet; whichever of the two comes first.
    await workspace.wait_for(lambda: any("looking into this" in one for one in whispers(workspace, "sam")))
    assert sum("3 to 5 business days" in one for one in whispers(workspace, "sam")) == 1
    assert len(whispers(workspace, "sam")) == 2
    assert len(said(workspace, ts)) == spoken
