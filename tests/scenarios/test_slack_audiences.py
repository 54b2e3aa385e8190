"""Who sees an answer decides what it may use: at Slack's wire, while channels, guests and companies come and go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.desk.audience import UNKNOWN_READERS
from bot.desk.model import Outcome
from bot.slack.blocks import SHARE
from bot.slack.brief_blocks import WITHHELD
from bot.slack.people import People
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, said

PAY = "Pay bands"
BANDS = "Pay bands run from one to nine. Managers decide them."
ASK = "@frontdesk what are the bands of pay?"


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.pages[PAY] = BANDS
    return shelf


@pytest.fixture(autouse=True)
def always_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of a channel, so that a test need not wait for it to be forgotten."""
    for name in ("KEEP_PLACE_S", "KEEP_PERSON_S"):
        monkeypatch.setattr(f"bot.slack.people.{name}", -1.0)
    made = People.__init__
    monkeypatch.setattr(People, "__init__", lambda self, clients: made(self, clients, recheck_s=-1.0))


async def tells(bot: Bot, workspace: LocalWorkspace, user: str, channel: str, thread: str | None = None) -> bool:
    """Whether an answer there tells of the pay bands."""
    ts = await workspace.say(user, channel, ASK, thread)
    place = workspace.messages(f"dm:{user}" if channel == "dm" else channel, ts)[0]["channel"]
    await bot.ended(ts, place)
    where = f"dm:{user}" if channel == "dm" else channel
    [answer] = [one for one in said(workspace, thread or ts, where) if float(one["ts"]) > float(ts)]
    assert ("one to nine" in everything(answer)) == (PAY in everything(answer)), "not even its title is told"
    return "one to nine" in everything(answer)


async def test_a_guest_joins_a_private_channel(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """A group's document is used while all who are there are in the group, and no more once somebody joins who is not;
    in a DM by those who are, and never in public."""
    shelf.audiences[PAY] = ("group:@people-team",)
    workspace.set_group("people-team", ["alex", "priya"])
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    workspace.add_user("guest", "A Guest", is_restricted=True)
    bot = await make_bot()
    assert await tells(bot, workspace, "alex", hr)
    await workspace.join("guest", hr)
    assert not await tells(bot, workspace, "alex", hr)
    workspace.leave("guest", hr)
    assert await tells(bot, workspace, "alex", hr)
    assert await tells(bot, workspace, "priya", "dm")
    assert not await tells(bot, workspace, "dana", "dm")
    assert not await tells(bot, workspace, "alex", "support")
    workspace.set_group("people-team", ["alex"])
    assert not await tells(bot, workspace, "priya", "dm")
    assert not await tells(bot, workspace, "alex", hr)


@pytest.mark.parametrize("change", ["joined", "shared"])
async def test_what_slack_tells_of_a_channel_is_known_at_once(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Though who is in it is remembered, and not asked for again."""
    monkeypatch.setattr("bot.slack.people.KEEP_PLACE_S", 600.0)
    monkeypatch.setattr(People, "_has_room", lambda self: False)
    shelf.audiences[PAY] = ("members",)
    workspace.add_user("guest", "A Guest", is_restricted=True)
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    bot = await make_bot()
    assert await tells(bot, workspace, "alex", hr)
    asked = len(workspace.called("conversations.members"))
    assert await tells(bot, workspace, "alex", hr)
    assert len(workspace.called("conversations.members")) == asked
    if change == "joined":
        await workspace.join("guest", hr)
    else:
        workspace.share_channel(hr)
    assert not await tells(bot, workspace, "alex", hr)


async def test_guests_in_a_public_channel(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """What is for full members is used where no guest is in."""
    shelf.audiences[PAY] = ("members",)
    bot = await make_bot()
    assert await tells(bot, workspace, "dana", "support")
    workspace.add_user("guest", "A Guest", is_ultra_restricted=True)  # in #support
    assert not await tells(bot, workspace, "dana", "support")
    assert await tells(bot, workspace, "dana", "dm")
    assert not await tells(bot, workspace, "guest", "dm")


async def test_slack_connect(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """A shared channel has what is public; somebody of another company has no more in a DM."""
    shelf.audiences[PAY] = ("everyone",)
    bot = await make_bot()
    assert await tells(bot, workspace, "dana", "support")
    workspace.share_channel("support")
    assert not await tells(bot, workspace, "dana", "support")
    workspace.add_user("eve", "Eve Other", "eve@electromart.example", is_stranger=True)
    assert not await tells(bot, workspace, "eve", "dm")
    shelf.audiences[PAY] = ("domain:electromart.example",)
    assert not await tells(bot, workspace, "eve", "dm")
    assert await tells(bot, workspace, "alex", "dm")
    shelf.audiences[PAY] = ("public",)
    assert await tells(bot, workspace, "dana", "support")
    assert await tells(bot, workspace, "eve", "dm")


async def test_a_channels_own_documents(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """In the private channel, also when a guest is in it; in its members' DMs and group DMs."""
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    both = workspace.add_channel("both", ["alex", "priya"], "mpim")
    three = workspace.add_channel("three", ["alex", "priya", "dana"], "mpim")
    shelf.audiences[PAY] = (f"channel:{hr}",)
    bot = await make_bot()
    workspace.add_user("guest", "A Guest", is_restricted=True)
    await workspace.join("guest", hr)
    assert await tells(bot, workspace, "alex", hr)
    assert await tells(bot, workspace, "guest", "dm")
    assert not await tells(bot, workspace, "dana", "dm")
    assert await tells(bot, workspace, "alex", both)
    assert not await tells(bot, workspace, "alex", three)
    workspace.share_channel(hr)
    assert not await tells(bot, workspace, "alex", hr)


@pytest.mark.parametrize("streaming", [True, False])
async def test_somebody_joins_while_the_answer_is_made(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, streaming: bool
) -> None:
    """It is looked at again before the first word is posted, and the answer is made anew with what may be read then."""
    workspace.streaming = streaming
    shelf.audiences[PAY] = ("members",)
    shelf.gate = asyncio.Event()
    workspace.add_user("guest", "A Guest", is_restricted=True)
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    bot = await make_bot()
    ts = await workspace.say("alex", hr, ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    await workspace.join("guest", hr)
    shelf.gate.set()
    assert await bot.ended(ts, hr) is Outcome.ABSTAINED
    assert [("members" in one) for one in shelf.readable] == [True, False]
    for entry in workspace.calls:
        if entry["direction"] == "bot->slack":
            assert "one to nine" not in str(entry["request"])
            assert PAY not in str(entry["request"])


async def test_what_an_earlier_run_stored_is_looked_at_again(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Stored, killed before it was posted, and a guest joined meanwhile: it is made anew."""
    workspace.streaming = False
    shelf.audiences[PAY] = ("members",)
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    workspace.add_user("guest", "A Guest", is_restricted=True)
    first = await make_bot()
    held = workspace.hold("chat.update")
    ts = await workspace.say("alex", hr, ASK)
    await asyncio.wait_for(held.reached.wait(), 5)
    await first.kill()
    workspace.let_go("chat.update")
    await workspace.join("guest", hr)
    second = await make_bot()
    assert await second.ended(ts, hr) is Outcome.ABSTAINED
    assert all("one to nine" not in everything(one) for one in said(workspace, ts, hr))


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "users.info", "usergroups.list"])
@pytest.mark.parametrize(
    "fault", [{"error": "ratelimited", "status": 429, "headers": {"Retry-After": "60"}}, {"status": 500}]
)
async def test_slack_does_not_tell(
    workspace: LocalWorkspace,
    make_bot: MakeBot,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    fault: dict[str, Any],
) -> None:
    """A look-up that fails means less, soon and never more; where not even the least is known, the answer says so."""
    monkeypatch.setattr("bot.slack.people.PATIENCE_S", 1.0)
    monkeypatch.setattr("bot.slack.people._SOONER_S", 0.2)
    shelf.audiences[PAY] = ("group:@people-team",)
    workspace.set_group("people-team", ["alex", "priya"])
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    bot = await make_bot()
    workspace.fail(method, times=1000, **fault)
    assert not await tells(bot, workspace, "alex", hr)
    told = any(UNKNOWN_READERS in everything(one) for one in workspace.messages(hr))
    assert told == (method == "conversations.info")


async def test_a_thread_follows_its_channel(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """What was answered in a DM is no part of what is asked in a channel, and a follow-up there has the channel's."""
    shelf.audiences[PAY] = ("domain:electromart.example",)
    bot = await make_bot()
    assert await tells(bot, workspace, "alex", "dm")
    root = await workspace.say("alex", "support", "@frontdesk how long does shipping take?")
    await bot.ended(root)
    assert not await tells(bot, workspace, "alex", "support", root)
    assert all("nine" not in turn.text for turns in shelf.turns for turn in turns)


# /sources


def listed(workspace: LocalWorkspace, user: str) -> Callable[[], dict[str, Any] | None]:
    return lambda: workspace.ephemerals(user)[-1] if workspace.ephemerals(user) else None


async def test_sources_shows_the_askers_own_and_how_many_are_withheld(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """A number, never a title; who may read them all hears of none."""
    shelf.audiences[PAY] = ("domain:electromart.example",)
    shelf.pages["Secret bands"] = "Other bands of pay."
    shelf.audiences["Secret bands"] = ("group:S0NOBODY",)
    await make_bot()
    await workspace.command("dana", "support", "/sources", "bands")
    mine = everything(await workspace.wait_for(listed(workspace, "dana")))
    assert "No document says anything" in mine
    assert "2 more documents fit, which you may not read." in mine
    await workspace.command("alex", "support", "/sources", "bands")
    shown = everything(await workspace.wait_for(listed(workspace, "alex")))
    assert PAY in shown
    assert "1 more document fits, which you may not read." in shown
    assert "Secret" not in mine + shown
    assert PAY not in mine
    shelf.audiences["Secret bands"] = ("everyone",)
    await workspace.command("alex", "dm", "/sources", "bands")
    await workspace.wait_for(lambda: len(workspace.ephemerals("alex")) == 2)
    assert "may not read" not in everything(workspace.ephemerals("alex")[-1])


async def test_share_is_refused_where_not_all_may_read_it(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf
) -> None:
    """Privately and clearly; nothing is posted. Where all may read it, it is."""
    shelf.audiences[PAY] = ("members",)
    shelf.pages["Bands of rubber"] = "Rubber bands are in the store room."
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    workspace.add_user("guest", "A Guest", is_restricted=True)
    await workspace.join("guest", hr)
    await make_bot()
    await workspace.command("alex", hr, "/sources", "bands")
    private = await workspace.wait_for(listed(workspace, "alex"))
    assert PAY in everything(private)
    await workspace.click("alex", hr, private["ts"], SHARE)
    await workspace.wait_for(lambda: len(workspace.ephemerals("alex")) == 2)
    told = everything(workspace.ephemerals("alex")[-1])
    assert "Nothing was shared: 1 of these 2 sections may not be read by everybody who can see this channel." in told
    assert workspace.messages(hr) == []
    workspace.leave("guest", hr)
    await workspace.click("alex", hr, private["ts"], SHARE)
    await workspace.wait_for(lambda: workspace.messages(hr))
    assert PAY in everything(workspace.messages(hr)[0])


async def test_share_where_the_bot_can_not_look(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """In a private channel without the bot, or a DM of two people, only what is public is shared."""
    place = workspace.add_channel("away", ["alex", "dana"], "private")
    workspace.leave("frontdesk", place)
    talk = workspace.state.dm("U0ALEX", "U0DANA").id
    await make_bot()
    for channel in (place, talk):
        shelf.audiences[PAY] = ("everyone",)
        before = len(workspace.ephemerals("alex"))
        await workspace.command("alex", channel, "/sources", "bands")
        await workspace.wait_for(lambda before=before: len(workspace.ephemerals("alex")) == before + 1)
        ts = workspace.ephemerals("alex")[-1]["ts"]
        await workspace.click("alex", channel, ts, SHARE)
        await workspace.wait_for(lambda before=before: len(workspace.ephemerals("alex")) == before + 2)
        assert "I can't see who is in this conversation" in everything(workspace.ephemerals("alex")[-1])
        shelf.audiences[PAY] = ("public",)
        await workspace.click("alex", channel, ts, SHARE)
        await workspace.wait_for(lambda channel=channel: workspace.messages(channel))


# The human path


@pytest.mark.parametrize("member", ["alex", "dana"])
async def test_a_brief_leaves_out_what_its_channel_may_not_read(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, member: str
) -> None:
    """The answer of a DM goes to the humans where all of them may read what it was made from; else they are told."""
    shelf.audiences[PAY] = ("group:@people-team",)
    workspace.set_group("people-team", ["alex", "priya", "dana"] if member == "alex" else ["dana"])
    bot = await make_bot()
    ts = await workspace.say("dana", "dm", ASK)
    [message] = workspace.messages("dm:dana", ts)
    await bot.ended(ts, message["channel"])
    answer = said(workspace, ts, "dm:dana")[-1]
    assert "one to nine" in everything(answer)
    await workspace.click("dana", "dm", answer["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages("C0ESCALATE"))
    brief = everything(workspace.messages("C0ESCALATE")[0])
    assert ("one to nine" in brief) == (PAY in brief) == (member == "alex")
    assert (WITHHELD in brief) == (member == "dana")
