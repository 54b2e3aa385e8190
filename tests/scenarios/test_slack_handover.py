"""Humans whom the desk calls by its own rules."""

import asyncio

import pytest

from bot.desk.human_path import EscalationState, HandoverReason
from bot.desk.model import Outcome
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.test_slack_human_path import reply, stored, until_state
from tests.scenarios.test_slack_humans import DESK
from tests.scenarios.test_slack_short_feedback import answered, down, filled

CALLED = "I've also asked a colleague to look at this."
UNKNOWN = "@frontdesk who won the championship?"


def calls(workspace: LocalWorkspace, ts: str) -> int:
    return sum(CALLED in one["text"] for one in said(workspace, ts))


async def called(workspace: LocalWorkspace, bot: Bot, ts: str, reason: HandoverReason) -> None:
    await workspace.wait_for(lambda: workspace.messages(DESK) and calls(workspace, ts))
    assert (await stored(bot, ts)).reason is reason


async def test_two_questions_without_an_answer_call_a_human_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    ts = await workspace.say("dana", "support", UNKNOWN)
    assert await bot.ended(ts) is Outcome.ABSTAINED
    again = await workspace.say("dana", "support", UNKNOWN, ts)
    assert await bot.ended(again) is Outcome.ABSTAINED
    await called(workspace, bot, ts, HandoverReason.ABSTAINED_TWICE)
    third = await workspace.say("dana", "support", UNKNOWN, ts)
    assert await bot.ended(third) is Outcome.ABSTAINED
    assert (calls(workspace, ts), len(workspace.messages(DESK))) == (1, 1)


async def taken(workspace: LocalWorkspace, bot: Bot) -> tuple[str, str]:
    """A thread that Alex has because of two abstentions, and the ts of its brief."""
    ts = await workspace.say("dana", "support", UNKNOWN)
    await bot.ended(ts)
    await bot.ended(await workspace.say("dana", "support", UNKNOWN, ts))
    await called(workspace, bot, ts, HandoverReason.ABSTAINED_TWICE)
    brief = str(workspace.messages(DESK)[0]["ts"])
    await workspace.click("alex", DESK, brief, "human_claim")
    await until_state(bot, ts, EscalationState.CLAIMED)
    return ts, brief


async def test_what_was_solved_is_not_reopened_by_one_abstention(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    ts, brief = await taken(workspace, bot)
    await reply(workspace, brief, "It was the Tigers.")
    await until_state(bot, ts, EscalationState.ANSWERED)
    await workspace.click("dana", "support", said(workspace, ts)[-1]["ts"], "human_solved")
    await until_state(bot, ts, EscalationState.CONFIRMED)
    third = await workspace.say("dana", "support", UNKNOWN, ts)
    assert await bot.ended(third) is Outcome.ABSTAINED
    assert (await stored(bot, ts)).state is EscalationState.CONFIRMED


async def test_after_a_human_the_count_begins_anew(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    ts, brief = await taken(workspace, bot)
    await workspace.click("alex", DESK, brief, "human_resolve")
    over = await until_state(bot, ts, EscalationState.CLOSED)
    third = await workspace.say("dana", "support", UNKNOWN, ts)
    assert await bot.ended(third) is Outcome.ABSTAINED
    assert (await stored(bot, ts)).id == over.id
    assert (calls(workspace, ts), len(workspace.messages(DESK))) == (1, 1)
    fourth = await workspace.say("dana", "support", UNKNOWN, ts)
    assert await bot.ended(fourth) is Outcome.ABSTAINED
    assert (await stored(bot, ts)).id != over.id


async def test_a_danger_is_heard_among_people(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Also once somebody else has joined in, where the asker's other statements are for the people there."""
    bot = await make_bot()
    ts = await workspace.say("dana", "support", "@frontdesk can I return a charger?")
    await bot.ended(ts)
    await workspace.say("sam", "support", "try another socket", ts)
    await bot.ended(await workspace.say("dana", "support", "it is smoking", ts))
    await called(workspace, bot, ts, HandoverReason.POLICY)


async def test_a_danger_calls_a_human_beside_the_answer(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    plain = await workspace.say("dana", "support", "@frontdesk how long do I have to return something?")
    assert await bot.ended(plain) is Outcome.ANSWERED
    ts = await workspace.say("dana", "support", "@frontdesk can I return a charger? It is smoking.")
    await bot.ended(ts)
    await called(workspace, bot, ts, HandoverReason.POLICY)
    assert calls(workspace, plain) == 0
    assert len(workspace.messages(DESK)) == 1


async def test_an_answer_that_is_wrong_calls_a_human(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Another reason does not, and the window thanks as ever."""
    bot = await make_bot()
    key, answer = await answered(workspace, bot)
    ts = key.split(":")[2]
    view = await down(workspace, "dana", answer, key)
    await workspace.submit(view["id"], "dana", filled("incomplete", ""))
    view = await down(workspace, "dana", answer, key)
    assert calls(workspace, ts) == 0
    await workspace.submit(view["id"], "dana", filled("wrong", "It is 60 days."))
    await workspace.wait_for(lambda: workspace.messages(DESK))
    assert (await stored(bot, ts)).reason is HandoverReason.FEEDBACK
    assert "30 days" in everything(workspace.messages(DESK)[0])


@pytest.mark.parametrize("workspace", [1.0], indirect=True)  # for the ack that does not come
async def test_the_window_is_taken_when_the_human_is_called(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Killed before that, it stays with what was written, and is sent again."""
    first = await make_bot(crash_at="create")
    key, answer = await answered(workspace, first)
    view = await down(workspace, "dana", answer, key)
    sending = asyncio.create_task(workspace.submit(view["id"], "dana", filled("wrong", "It is 60 days.")))
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    with pytest.raises(Refused, match="operation_timeout"):
        await sending
    second = await make_bot()
    assert await workspace.submit(view["id"], "dana", filled("wrong", "It is 60 days.")) == {}
    await workspace.wait_for(lambda: workspace.messages(DESK))
    assert (await stored(second, key.split(":")[2])).reason is HandoverReason.FEEDBACK


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("@frontdesk can I talk to a human?", Outcome.ESCALATED),
        ("@frontdesk can I return a charger? It is smoking.", Outcome.ANSWERED),
    ],
)
async def test_a_question_that_runs_again_leaves_what_was_called_off(
    workspace: LocalWorkspace, make_bot: MakeBot, text: str, outcome: Outcome
) -> None:
    """Killed when a human was called and the question not closed yet; its asker had closed the request meanwhile."""
    first = await make_bot(crash_at="finish")
    ts = await workspace.say("dana", "support", text)
    await asyncio.wait_for(first.crashed.wait(), 5)
    await workspace.click("dana", "support", said(workspace, ts)[-1]["ts"], "human_no_need")
    over = await until_state(first, ts, EscalationState.CLOSED)
    await first.kill()
    second = await make_bot()
    assert await second.ended(ts) is outcome
    assert await stored(second, ts) == over
    assert len(workspace.messages(DESK)) == 1


async def test_who_writes_that_an_answer_was_wrong_gets_a_human(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """As who marks it so; the brief is about the answer. With no answer before it the human is offered."""
    bot = await make_bot()
    key, _ = await answered(workspace, bot)
    ts = key.split(":")[2]
    assert await bot.ended(await workspace.say("dana", "support", "no, that is wrong", ts)) is Outcome.ESCALATED
    await workspace.wait_for(lambda: workspace.messages(DESK))
    assert (await stored(bot, ts)).reason is HandoverReason.FEEDBACK
    assert "30 days" in everything(workspace.messages(DESK)[0])
    root = await workspace.say("dana", "support", "@frontdesk your last answer was wrong")
    assert await bot.ended(root) is Outcome.ASKED
    assert "human_call" in everything(said(workspace, root)[-1])
    assert len(workspace.messages(DESK)) == 1
