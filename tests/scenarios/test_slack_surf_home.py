"""App Home: what everybody and what admins see there, and what they do."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.desk.desk_settings import Mode
from bot.desk.errors import SyncRefused
from bot.desk.model import Desk, Outcome, SourceStatus, SyncResult, SyncStep
from bot.store.tables import answers, inbox
from ops.config import load_config
from ops.doctor import examine
from ops.workspace.block_kit import check_view
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.surf import ADMINS, configure, entered, home_of, open_settings

ASKED = "@frontdesk How many days do I have to return something?"
CHECKED_AGO = timedelta(minutes=5, seconds=20)
DOCS = SourceStatus("docs", 412, "success", None, False, False, 0, None, "", (), ("everyone",))
PEOPLE = SourceStatus("people", 7, "failed", None, True, False, 0, None, "the folder is gone", (), ("everyone",))


@dataclass
class Upkeep:
    """The port of the sources' upkeep, of two sources; `gate` holds a sync."""

    known: dict[str, SourceStatus] = field(default_factory=lambda: {"docs": DOCS, "people": PEOPLE})
    synced: list[str] = field(default_factory=list)
    approved: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    refused: bool = False

    @property
    def sources(self) -> Sequence[str]:
        return tuple(self.known)

    async def sync(self, source: str, on_step: Callable[[SyncStep], None], *, approve: bool = False) -> SyncResult:
        if self.refused:
            raise SyncRefused("it is being synced")
        self.known[source] = replace(self.known[source], syncing=True)
        await self.gate.wait()
        self.synced.append(source)
        self.approved += [source] if approve else []
        self.known[source] = replace(DOCS, source=source)
        return SyncResult(source, "success", 3, 0, 0, 9, (), 0, "", 0.1)

    async def status(self) -> Sequence[SourceStatus]:
        return [replace(one, verified_at=datetime.now(UTC) - CHECKED_AGO) for one in self.known.values()]


@pytest.fixture
def upkeep() -> Upkeep:
    return Upkeep()


@pytest.fixture
async def bot(make_bot: MakeBot, upkeep: Upkeep) -> Bot:
    return await make_bot(slack=ADMINS, sync_desk=upkeep, sources=("docs",))


def buttons(home: dict[str, Any]) -> set[str]:
    """The ids of what can be pressed."""
    inner = [one for block in home["blocks"] for one in (*block.get("elements", ()), block.get("accessory") or {})]
    return {str(one["action_id"]) for one in inner if "action_id" in one}


async def pressed(workspace: LocalWorkspace, user: str, action: str, until: Callable[[str], bool]) -> str:
    """The page's text after a button of it."""
    home = workspace.home(user)
    assert home is not None
    await workspace.click(user, action_id=action, view_id=home["id"])
    await workspace.wait_for(lambda: until(everything(workspace.home(user) or {})))
    return everything(workspace.home(user) or {})


async def test_everybody_sees_what_it_knows_and_their_own_requests(workspace: LocalWorkspace, bot: Bot) -> None:
    """Of the sources that their direct messages are answered from; nothing that is for admins."""
    ts = await workspace.say("dana", "support", ASKED)
    await bot.ended(ts)
    home = await home_of(workspace, "dana")
    assert "412 documents · checked 5 min ago · up to date" in everything(home)
    assert "None. “Talk to a human”" in everything(home)
    await workspace.click("dana", "support", said(workspace, ts)[0]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages("C0ESCALATE"))
    text = everything(await home_of(workspace, "dana"))
    assert "How many days do I have to return something?" in text
    assert "nobody has claimed it yet" in text
    assert f"/archives/C0SUPPORT/p{ts.replace('.', '')}" in text
    others = await home_of(workspace, "sam")
    assert "How many days" not in everything(others)
    assert "people" not in everything(others)
    assert buttons(others) == set()


async def test_a_source_is_shown_to_those_whom_it_is_for(
    workspace: LocalWorkspace, make_bot: MakeBot, upkeep: Upkeep
) -> None:
    """Neither its name nor how much it holds is told to others, in App Home and by /sources status; admins see all."""
    upkeep.known["people"] = replace(PEOPLE, audience=("group:@people-team",))
    workspace.set_group("people-team", ["alex"])
    await make_bot(slack=ADMINS, sync_desk=upkeep)  # its desk answers from all sources
    for user, sees in (("dana", False), ("alex", True), ("priya", True)):
        await workspace.command(user, "support", "/sources", "status")
        [told] = await workspace.wait_for(lambda user=user: workspace.ephemerals(user))
        for shown in (everything(await home_of(workspace, user)), everything(told)):
            assert "412 documents" in shown
            assert ("people" in shown, "7 documents" in shown) == (sees, sees)


async def test_an_admin_sees_sources_escalations_and_yesterday(workspace: LocalWorkspace, bot: Bot) -> None:
    """Why a sync failed, whose request is open, and yesterday's numbers: of its questions only."""
    for text in (ASKED, "@frontdesk Where is the parking garage?"):
        await bot.ended(await workspace.say("dana", "support", text))
    async with bot.store.database.transaction() as connection:
        yesterday = datetime.now(UTC).replace(hour=12) - timedelta(days=1)
        took = {"received_at": yesterday, "finished_at": yesterday + timedelta(seconds=2.5)}
        await connection.execute(update(inbox).values(**took))
        await connection.execute(update(answers).values(created_at=yesterday, cost_usd=0.25))
    today = await workspace.say("sam", "support", ASKED)
    await bot.ended(today)
    await workspace.click("sam", "support", said(workspace, today)[0]["ts"], "human_call")
    await workspace.wait_for(lambda: workspace.messages("C0ESCALATE"))
    home = await home_of(workspace, "priya")
    text = everything(home)
    assert "the folder is gone" in text
    assert "U0SAM" in text
    for fact in ("Questions\n*2*", "Answered\n*1*", "Abstained\n*1*", "Failed\n*0*", "*2.5 s*", "Cost\n*$0.50*"):
        assert fact in text
    assert buttons(home) == {
        "home_sync_0", "home_sync_1", "home_sync_all", "home_pause", "home_channels"
    }  # fmt: skip


async def test_an_admin_syncs_one_source_and_sees_it_run_and_end(
    workspace: LocalWorkspace, bot: Bot, upkeep: Upkeep
) -> None:
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_sync_1", lambda text: "being synced now" in text)
    upkeep.gate.set()
    await workspace.wait_for(lambda: "“people”: Success: 3 added" in everything(workspace.home("priya") or {}))
    assert upkeep.synced == ["people"]
    await pressed(
        workspace,
        "priya",
        "home_sync_all",
        lambda text: "“docs”: Success: 3 added" in text and "“people”: Success" in text,
    )
    assert upkeep.synced == ["people", "docs", "people"]


async def test_an_admin_approves_what_a_sync_held_unless_it_changed(
    workspace: LocalWorkspace, bot: Bot, upkeep: Upkeep
) -> None:
    """The button says what it removes; by now it may be something else."""
    upkeep.gate.set()
    upkeep.known["docs"] = replace(DOCS, held=3)
    home = await home_of(workspace, "priya")
    assert "home_approve_0" in buttons(home)
    upkeep.known["docs"] = replace(DOCS, held=5)
    await pressed(workspace, "priya", "home_approve_0", lambda text: "Nothing was done" in text)
    assert upkeep.approved == []
    await pressed(workspace, "priya", "home_approve_0", lambda text: "“docs”: Success" in text)
    assert upkeep.approved == ["docs"]


async def test_a_sync_that_does_not_start_says_why(workspace: LocalWorkspace, bot: Bot, upkeep: Upkeep) -> None:
    upkeep.refused = True
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_sync_0", lambda text: "“docs”: it is being synced" in text)


async def test_paused_it_says_so_everywhere_and_answers_nothing(
    workspace: LocalWorkspace, bot: Bot, make_bot: MakeBot, upkeep: Upkeep
) -> None:
    """One line to who asks, over a restart, until an admin resumes; App Home and /sources status show it."""
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_pause", lambda text: "I'm paused" in text)
    ts = await workspace.say("dana", "support", ASKED)
    assert await bot.ended(ts) is Outcome.ASKED
    [told] = said(workspace, ts)
    assert "I'm paused at the moment" in everything(told)
    assert "30 days" not in everything(told)
    await bot.stop()
    again = await make_bot(slack=ADMINS, sync_desk=upkeep)
    ts = await workspace.say("dana", "support", ASKED)
    assert await again.ended(ts) is Outcome.ASKED
    assert "I'm paused" in everything(await home_of(workspace, "dana"))
    await workspace.command("dana", "support", "/sources", "status")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert "I don't answer questions" in everything(workspace.ephemerals("dana")[-1])
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_resume", lambda text: "I'm paused" not in text)
    ts = await workspace.say("dana", "support", ASKED)
    assert await again.ended(ts) is Outcome.ANSWERED


async def test_paused_it_takes_up_no_unasked_question(workspace: LocalWorkspace, bot: Bot) -> None:
    await configure(workspace, "questions")
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_pause", lambda text: "I'm paused" in text)
    ts = await workspace.say("dana", "support", ASKED.removeprefix("@frontdesk "))
    await bot.ended(await workspace.say("dana", "support", ASKED))
    assert not await bot.store.inbox.has(f"T0ELECTRO:C0SUPPORT:{ts}")


async def test_whoever_is_no_admin_any_more_does_nothing_with_an_old_page(
    workspace: LocalWorkspace, make_bot: MakeBot, upkeep: Upkeep
) -> None:
    """A page stays where it was shown; what it does is decided when it is pressed."""
    first = await make_bot(slack=ADMINS, sync_desk=upkeep)
    view = await open_settings(workspace, "C0SUPPORT")
    await first.stop()
    bot = await make_bot(slack={"admins": ["U0ALEX"]}, sync_desk=upkeep)
    home = workspace.home("priya") or {}
    for action in ("home_pause", "home_sync_all", "home_channels"):
        before = len(workspace.called("views.publish"))
        workspace.state.homes["U0PRIYA"] = home
        await workspace.click("priya", action_id=action, view_id=home["id"])
        await workspace.wait_for(lambda count=before: len(workspace.called("views.publish")) > count)
        assert "Only an admin can do that." in everything(workspace.home("priya") or {})
    errors = await workspace.submit(view["id"], "priya", entered("C0SUPPORT", "questions"))
    assert errors == {"channel": "Only an admin can do that."}
    assert bot.connection._edge.work.desks.pause is None
    assert upkeep.synced == []
    assert bot.connection._edge.work.desks.given == []


async def test_a_channel_is_set_where_the_bot_is(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """By its id, so that a new name changes nothing; the page lists it, and the modal opens with what is set."""
    bot = await make_bot(slack=ADMINS, desks=(Desk("people", "electromart"),))
    errors = await configure(workspace, "questions", "C0RANDOM")
    assert "Invite me there first" in errors["channel"]
    assert await configure(workspace, "offer", desk="1") == {}
    await workspace.wait_for(lambda: "offers answers privately" in everything(workspace.home("priya") or {}))
    workspace.state.channel("support").name = "help"
    assert bot.connection._edge.work.desks.of("C0SUPPORT").name == "people"
    view = await open_settings(workspace, "C0SUPPORT")
    assert view["blocks"][1]["element"]["initial_option"]["value"] == "offer"
    assert view["blocks"][2]["element"]["initial_option"]["text"]["text"] == "people"


async def test_what_was_shown_of_one_channel_is_not_saved_for_another(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Picked so quickly that the window could not follow, it shows what is set for the channel before it is saved."""
    await make_bot(slack=ADMINS)
    await configure(workspace, "questions")
    view = await open_settings(workspace, "C0SUPPORT")
    workspace.fail("views.update", error="hash_conflict")
    picked = {"channel": entered("C0GENERAL", "")["channel"]}
    await workspace.click("priya", action_id="channel_picked", value="C0GENERAL", view_id=view["id"], values=picked)
    assert await workspace.submit(view["id"], "priya", entered("C0SUPPORT", "questions") | picked) == {}
    shown = workspace.views("priya")[-1]["blocks"]
    assert [block["block_id"] for block in shown] == ["channel", "mode:C0GENERAL", "desk:C0GENERAL"]
    assert shown[1]["element"]["initial_option"]["value"] == "mentions"
    assert await workspace.submit(view["id"], "priya", entered("C0GENERAL", "offer")) == {}
    text = everything(await home_of(workspace, "priya"))
    assert [text.count(mode) for mode in ("answers questions", "offers answers privately")] == [1, 1]


async def test_an_outage_of_the_store_leaves_the_page_and_says_so(workspace: LocalWorkspace, bot: Bot) -> None:
    """What can't be read is named; the rest is there (rule 5)."""
    await bot.store.database.close()
    bot.store.escalations.unresolved = unreadable  # type: ignore[method-assign]
    home = await home_of(workspace, "dana")
    assert "412 documents" in everything(home)
    assert "I can't read that right now" in everything(home)


async def unreadable(*_: object) -> Any:
    from bot.desk.errors import StoreUnavailable

    raise StoreUnavailable("gone")


async def test_the_largest_page_is_within_slacks_limits(
    workspace: LocalWorkspace, make_bot: MakeBot, upkeep: Upkeep
) -> None:
    """Two hundred sources with long names and many failures, channels and requests: one view that Slack takes."""
    failures = tuple((f"file-{at}", "<!channel> *unreadable*" * 20) for at in range(50))
    names = [f"source-{at} <@U0SAM> & *{'x' * 70}*" for at in range(200)]
    upkeep.known = {name: replace(PEOPLE, source=name, failures=failures, held=3) for name in names}
    bot = await make_bot(slack=ADMINS, sync_desk=upkeep)
    desks = bot.connection._edge.work.desks
    for at in range(30):
        await desks.set_channel("T0ELECTRO", f"C{at:04d}", Mode.OFFER, None, "U0PRIYA", bot.now())
        await bot.humans.call("T0ELECTRO", "C0SUPPORT", f"17000000{at:02d}.000100", "U0PRIYA", "none")
    home = await home_of(workspace, "priya")
    check_view({"type": "home", "blocks": home["blocks"]}, "home")
    assert 70 < len(home["blocks"]) <= 100
    shown = everything(home)
    assert "and newer ones" in shown
    assert ["p1700000000000100" in shown, "p1700000029000100" in shown] == [True, False], "the most overdue"


async def test_doctor_says_that_the_desk_is_paused(bot: Bot, workspace: LocalWorkspace, tmp_path: Path) -> None:
    await home_of(workspace, "priya")
    await pressed(workspace, "priya", "home_pause", lambda text: "I'm paused" in text)
    (tmp_path / "docs").mkdir()
    config = tmp_path / "frontdesk.toml"
    config.write_text('[desks.support]\nprompt = "electromart"\n[sources.docs]\nkind = "folder"\npath = "docs"\n')
    loaded = load_config(config)
    loaded.data_dir.mkdir()
    (loaded.data_dir / "frontdesk.sqlite3").symlink_to(bot.database.removeprefix("sqlite:///"))
    [check] = [one for one in await examine(loaded) if one.name == "answering"]
    assert check.verdict == "warning"
    assert "paused by U0PRIYA" in check.said
