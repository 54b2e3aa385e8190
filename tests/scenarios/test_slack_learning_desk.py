"""Reading a resolved thread and offering its draft, against Slack's wire: who could see it, who is named, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.human_path import Escalation, EscalationState
from bot.desk.learning import Learning, LearningState
from bot.settings import SlackSettings
from bot.slack.client import SlackClients, SlackUnavailable
from bot.slack.learning_desk import SlackLearningDesk
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import everything

NOW = datetime.now(UTC)


def escalation(channel: str, ts: str) -> Escalation:
    closed = EscalationState.CLOSED
    one = Escalation("E-1", "support", "T0ELECTRO", channel, ts, "U0DANA", "How?", None, closed, NOW)
    return replace(one, brief_channel="C0ESCALATE")


@pytest.fixture
async def desk(workspace: LocalWorkspace) -> AsyncIterator[SlackLearningDesk]:
    clients = SlackClients(
        SlackSettings(
            bot_token=workspace.bot_token,
            app_token=workspace.app_token,
            api_url=workspace.api_url,
            rate_limit_factor=1_000.0,
        )
    )
    await clients.open()
    yield SlackLearningDesk(clients, 12)
    await clients.close()


LEARNING = Learning(
    "L-1-4", "E-1", "support", "T0ELECTRO", LearningState.OFFERED, "U0ALEX", NOW, "How?", "So.", ("members",)
)


async def test_who_can_see_the_thread_is_its_audience(workspace: LocalWorkspace, desk: SlackLearningDesk) -> None:
    """A public channel: members, and guests who are in it; a private or a shared one: those who are in it; a direct
    message: nobody but those who read its brief."""
    private = workspace.add_channel("board", ["dana"], "private")
    shared = workspace.add_channel("partners", ["dana"], "channel")
    workspace.share_channel(shared)
    await workspace.say("dana", "dm", "hello")
    direct = str(workspace.messages("dm:dana")[0]["channel"])
    wanted = {
        "C0SUPPORT": ("members", "channel:C0SUPPORT"),
        private: (f"channel:{private}",),
        shared: (f"channel:{shared}",),
        direct: ("channel:C0ESCALATE",),
    }
    for channel, audience in wanted.items():
        where = "dm" if channel == direct else channel
        ts = await workspace.say("dana", where, "How?")
        thread = await desk.read(escalation(channel, ts))
        assert thread.audience == audience
        assert bool(thread.url) == (channel != direct)


async def test_a_thread_is_what_people_wrote_with_their_names(
    workspace: LocalWorkspace, desk: SlackLearningDesk
) -> None:
    """Not what bots posted; markup as a person reads it; names and handles of everybody in it."""
    ts = await workspace.say("dana", "support", "How do I reset <https://electromart.example/docs/x|this>?")
    await workspace.say_as_bot("statusbot", "support", "All systems go.", ts)
    await workspace.say("alex", "support", "Hold &amp; wait, <@U0DANA>.", ts)
    thread = await desk.read(escalation("C0SUPPORT", ts))
    assert [(one.user, one.text) for one in thread.messages] == [
        ("U0DANA", "How do I reset this (https://electromart.example/docs/x)?"),
        ("U0ALEX", "Hold & wait, @U0DANA."),
    ]
    assert {"Dana Whitfield", "dana", "Alex Moreno", "alex"} <= set(thread.names)


@pytest.mark.parametrize("after_effect", [True, False])
async def test_an_offer_whose_reply_was_lost_is_there_once(
    workspace: LocalWorkspace, desk: SlackLearningDesk, after_effect: bool
) -> None:
    """Slack fails with the post done or not: it is looked for, and posted again only when it is not there."""
    workspace.fail("chat.postMessage", status=500, after_effect=after_effect)
    if not after_effect:
        with pytest.raises(SlackUnavailable):
            await desk.offer(LEARNING, again=False)
    first = await desk.offer(LEARNING, again=not after_effect)
    assert await desk.offer(LEARNING, again=True) == first
    [message] = workspace.messages("dm:alex")
    assert "Save what was learnt?" in everything(message)
    assert "members of this workspace may read it, good for a year" in everything(message)
