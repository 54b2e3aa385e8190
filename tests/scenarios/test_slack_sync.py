"""/sources sync and status, what the admins hear, and how old a source is: at the wire, over a real index."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import update

import ops.knowledge
import ops.workspace.responses
from bot.desk.model import Outcome, Retrieval
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.client import SlackClients
from ingest import tables
from ingest.settings import IngestSettings
from ops.config import load_config
from ops.knowledge import Knowledge, open_knowledge
from ops.local import connected
from ops.notices import Notices
from ops.reports import SyncRequest, SyncStep
from ops.serve import serving
from ops.sync_desk import KnowledgeDesk
from ops.workspace.server import LocalWorkspace
from tests.fakes.index import WordEmbedder
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, said

ADMINS = {"admins": ["U0PRIYA"], "admin_channel": "C0ESCALATE"}
NAMES = ("returns", "shipping", "hours", "warranty")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\nAll about {name} in our shop.\n")
    return folder


@pytest.fixture
def knowledge(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Knowledge]:
    monkeypatch.setattr(ops.knowledge, "make_embedder", lambda _: WordEmbedder())
    source = {"kind": "folder", "path": folder, "shrink_limit": 0.3}
    with open_knowledge(IngestSettings(data_dir=tmp_path / "data", sources={"docs": source})) as knowledge:  # type: ignore[dict-item]
        yield knowledge


@pytest.fixture
def desk(knowledge: Knowledge) -> KnowledgeDesk:
    return KnowledgeDesk(knowledge, lambda _: None)


@pytest.fixture
async def bot(make_bot: MakeBot, desk: KnowledgeDesk) -> Bot:
    return await make_bot(slack=ADMINS, sync_desk=desk)


@pytest.fixture
async def notices(workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge) -> AsyncIterator[Callable[[], Notices]]:
    """Makes the admins' notices, as a new process would."""
    clients = SlackClients(bot.slack)
    await clients.open()
    channel = SlackAdminChannel(clients, "C0ESCALATE", bot.now)
    yield lambda: Notices(knowledge.states, knowledge.index.ledger, channel)
    await clients.close()


async def told(workspace: LocalWorkspace, user: str, text: str, count: int = 1) -> list[dict[str, Any]]:
    """What /sources TEXT says to that person alone, once there are `count` messages."""
    before = len(workspace.ephemerals(user))
    await workspace.command(user, "support", "/sources", text)
    await workspace.wait_for(lambda: len(workspace.ephemerals(user)) >= before + count)
    return workspace.ephemerals(user)[before:]


def in_admin_channel(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return [one for one in workspace.messages("C0ESCALATE") if one.get("metadata")]


def verified(knowledge: Knowledge, ago: timedelta) -> None:
    """As if the source had last been checked then."""
    with knowledge.index.ledger.writing() as connection:
        connection.execute(update(tables.sources).values(verified_at=datetime.now(UTC) - ago))


async def test_an_admin_syncs_and_hears_how_it_ended(
    workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge, folder: Path
) -> None:
    """Privately: that it began, then what changed and what could not be read."""
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    first, last = await told(workspace, "priya", "sync docs", 2)
    assert "Syncing “docs”" in everything(first)
    assert "Partial: 4 added" in everything(last)
    assert "1 document could not be read:" in everything(last)
    assert "broken.pdf" in everything(last)
    assert knowledge.states()[0].documents == 4
    again = await told(workspace, "priya", "SYNC", 2)
    assert "nothing new, 4 unchanged" in everything(again[-1])
    assert said(workspace, "") == [one for one in workspace.messages("support") if one.get("metadata")] == []


async def test_a_status_knows_whom_its_source_is_for(
    knowledge: Knowledge, desk: KnowledgeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = knowledge.settings.sources["docs"].model_copy(update={"audience": ("members",)})
    monkeypatch.setitem(knowledge.settings.sources, "docs", narrow)  # type: ignore[arg-type]
    assert [one.audience for one in await desk.status()] == [("members",)]


async def test_nobody_else_syncs(workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge) -> None:
    [refusal] = await told(workspace, "dana", "sync")
    assert "Only an admin can start a sync" in everything(refusal)
    assert knowledge.states()[0].state is None


async def test_status_is_for_everyone_and_its_details_for_admins(
    workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge, folder: Path
) -> None:
    [never] = await told(workspace, "dana", "status")
    assert "0 documents · not checked yet · never synced" in everything(never)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    await asyncio.to_thread(knowledge.sync, SyncRequest(), lambda _: None)
    [seen] = await told(workspace, "dana", "status")
    assert "4 documents · checked just now · 1 document can't be read" in everything(seen)
    assert "broken.pdf" not in everything(seen)
    [seen] = await told(workspace, "priya", "status")
    assert "broken.pdf" in everything(seen)
    with knowledge.leases.hold("docs"):
        [seen] = await told(workspace, "dana", "status")
    assert "being synced now" in everything(seen)
    verified(knowledge, timedelta(days=3))
    [seen] = await told(workspace, "dana", "status")
    assert "older than it should be" in everything(seen)


async def test_a_channel_sees_the_sources_of_its_desk(
    workspace: LocalWorkspace, make_bot: MakeBot, desk: KnowledgeDesk
) -> None:
    """The names of others may be nobody's business there; admins see all."""
    bot = await make_bot(slack=ADMINS, sync_desk=desk, sources=("other",))
    [seen] = await told(workspace, "dana", "status")
    assert "docs" not in everything(seen)
    [seen] = await told(workspace, "priya", "status")
    assert "docs" in everything(seen)
    assert bot.sources == ("other",)


@pytest.mark.parametrize("text", ["", "help", "?!"])
async def test_help(workspace: LocalWorkspace, bot: Bot, text: str) -> None:
    [seen] = await told(workspace, "dana", text)
    assert "`/sources status`" in everything(seen)


async def test_other_words_are_searched(workspace: LocalWorkspace, bot: Bot, shelf: Shelf) -> None:
    [seen] = await told(workspace, "dana", "sync returns policy")
    assert "Returns policy › Overview" in everything(seen)
    assert shelf.asked == ["sync returns policy"]


async def test_one_sync_at_a_time(workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge) -> None:
    """The second is told so, and nothing is waited for."""
    with knowledge.leases.hold("docs"):
        seen = await told(workspace, "priya", "sync docs", 2)
    assert "is being synced already" in everything(seen[-1])


async def test_progress_is_seen_and_the_url_is_not_used_up(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge
) -> None:
    """At most two lines between beginning and end, however long it takes."""
    go = Event()

    def on_step(step: SyncStep) -> None:
        if step.stage == "reading":
            assert go.wait(10)

    desk = KnowledgeDesk(knowledge, on_step)
    await make_bot(slack=ADMINS, sync_desk=desk, progress_after_s=(0.2, 0.1))
    seen = await told(workspace, "priya", "sync", 3)
    assert {everything(one) for one in seen[1:]} <= {"The sync is about to start.", "Syncing “docs”: listing."}
    go.set()
    await workspace.wait_for(lambda: len(workspace.ephemerals("priya")) >= 4)
    assert "Success: 4 added" in everything(workspace.ephemerals("priya")[-1])


async def test_the_end_is_told_where_the_url_is_used_up(
    workspace: LocalWorkspace, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync may take longer than the half hour that a response_url is good for."""
    monkeypatch.setattr(ops.workspace.responses, "RESPONSE_USES", 1)
    seen = await told(workspace, "priya", "sync", 2)
    assert "Success: 4 added" in everything(seen[-1])
    assert workspace.called("chat.postEphemeral")


async def test_a_stopping_bot_tells_how_far_a_sync_came(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge
) -> None:
    began = asyncio.Event()
    loop, go = asyncio.get_running_loop(), Event()

    def on_step(step: SyncStep) -> None:
        loop.call_soon_threadsafe(began.set)
        assert go.wait(10)

    bot = await make_bot(slack=ADMINS, sync_desk=KnowledgeDesk(knowledge, on_step))
    await told(workspace, "priya", "sync")
    await asyncio.wait_for(began.wait(), 10)
    knowledge.stopping = True
    go.set()
    await bot.stop()
    assert "Frontdesk is stopping" in everything(workspace.ephemerals("priya")[-1])


async def test_held_removals_are_approved_by_a_button(
    workspace: LocalWorkspace, bot: Bot, knowledge: Knowledge, folder: Path
) -> None:
    """It says how many and asks; a button of another number than what waits by now does nothing."""
    await asyncio.to_thread(knowledge.sync, SyncRequest(), lambda _: None)
    for name in NAMES[:2]:
        (folder / f"{name}.md").unlink()
    _, outcome = await told(workspace, "priya", "sync docs", 2)
    assert "2 documents are gone from the source" in everything(outcome)
    assert "frontdesk sync docs --approve" in everything(outcome)
    (folder / f"{NAMES[2]}.md").unlink()
    await told(workspace, "priya", "sync docs", 2)
    before = len(workspace.ephemerals("priya"))
    await workspace.click("priya", "support", outcome["ts"], "sync_approve_0")
    await workspace.wait_for(lambda: len(workspace.ephemerals("priya")) > before)
    assert "3 removals wait now" in everything(workspace.ephemerals("priya")[-1])
    assert knowledge.states()[0].documents == 4
    fresh = workspace.ephemerals("priya")[-2]
    await workspace.click("priya", "support", fresh["ts"], "sync_approve_0")
    await workspace.wait_for(lambda: "3 removed" in everything(workspace.ephemerals("priya")[-1]))
    assert knowledge.states()[0].documents == 1
    assert knowledge.states()[0].held == 0


async def test_the_admins_hear_of_held_removals_once(
    workspace: LocalWorkspace,
    bot: Bot,
    knowledge: Knowledge,
    folder: Path,
    notices: Callable[[], Notices],
) -> None:
    """With a button that others can't use; once more when they were removed. The reply of the first was lost."""
    await asyncio.to_thread(knowledge.sync, SyncRequest(), lambda _: None)
    for name in NAMES[1:]:
        (folder / f"{name}.md").unlink()
    await asyncio.to_thread(knowledge.sync, SyncRequest(), lambda _: None)
    workspace.fail("chat.postMessage", after_effect=True)
    for _ in range(3):
        await notices().check()
    [notice] = in_admin_channel(workspace)
    assert "3 documents are gone from the source" in everything(notice)
    assert "frontdesk sync docs --approve" in everything(notice)
    await workspace.click("alex", "C0ESCALATE", notice["ts"], "sync_approve_0")
    await workspace.wait_for(lambda: workspace.ephemerals("alex"))
    assert "Only an admin" in everything(workspace.ephemerals("alex")[-1])
    assert knowledge.states()[0].documents == 4
    await workspace.click("priya", "C0ESCALATE", notice["ts"], "sync_approve_0")
    await workspace.wait_for(lambda: any("3 removed" in everything(one) for one in workspace.ephemerals("priya")))
    assert everything(in_admin_channel(workspace)[0]) == everything(notice)
    for _ in range(2):
        await notices().check()
    assert "No removal waits any more" in everything(in_admin_channel(workspace)[1])
    assert len(in_admin_channel(workspace)) == 2


async def test_answers_and_lists_say_how_old_their_source_is(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """In a line under the answer, under what was found, and where nothing was; stored with the answer."""
    bot = await make_bot(shelf=OldShelf())
    old = "The documents of “handbook” were last checked 3 days ago."
    day = datetime.now(UTC) - timedelta(days=3)
    ts = await workspace.say("dana", "support", "@frontdesk how long do I have to return something?")
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    assert f"v3.2, March 2026 · changed 12 Mar 2026 · checked {day.day} {day:%b %Y}" in everything(answer)
    assert everything(answer).count(old) == 1
    stored = await bot.store.answers.get(f"T0ELECTRO:C0SUPPORT:{ts}")
    assert stored is not None
    assert [(one.version, one.stale) for one in stored.citations] == [("v3.2, March 2026", True)]
    [seen] = await told(workspace, "dana", "return something")
    assert everything(seen).count(old) == 1
    assert "v3.2, March 2026" in everything(seen)
    ts = await workspace.say("dana", "support", "@frontdesk what is the zeppelin tariff?")
    assert await bot.ended(ts) is Outcome.ABSTAINED
    assert everything(said(workspace, ts)[0]).count(old) == 1


class OldShelf(Shelf):
    """Its source was not checked for three days."""

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        found = await super().retrieve(query, sources=sources, audience=audience)
        at = datetime.now(UTC) - timedelta(days=3)
        old = {"source": "handbook", "version": "v3.2, March 2026", "verified_at": at, "stale": True}
        return replace(
            found,
            passages=tuple(replace(one, **old) for one in found.passages),
            nearest=tuple(replace(one, **old) for one in found.nearest),
        )


CONFIG = """
[desks.support]
prompt = "electromart"
[sources.docs]
kind = "folder"
path = "documents"
[slack]
admins = ["U0PRIYA"]
admin_channel = "C0ESCALATE"
"""


async def test_a_source_that_can_not_be_synced_and_then_can(workspace: LocalWorkspace, tmp_path: Path) -> None:
    """The whole process: the admins hear it once, over a restart; an admin syncs from Slack, and they hear that too."""
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    config = connected(load_config(tmp_path / "frontdesk.toml"), workspace)
    async with serving(config, lambda _: None):
        await workspace.wait_for(lambda: in_admin_channel(workspace), 30)
    async with serving(config, lambda _: None) as local:
        seen = await told(workspace, "priya", "sync docs", 2)
        assert "Failed: " in everything(seen[-1])
        [notice] = in_admin_channel(workspace)
        assert "could not be synced yet" in everything(notice)
        (tmp_path / "documents").mkdir()
        (tmp_path / "documents" / "a.md").write_text("# Opening hours\n\nWe open at nine.\n")
        seen = await told(workspace, "priya", "sync docs", 2)
        assert "Success: 1 added" in everything(seen[-1])
        await workspace.wait_for(lambda: len(in_admin_channel(workspace)) == 2)
        assert "Up to date again: checked just now" in everything(in_admin_channel(workspace)[1])
        [state] = (await local.index_status()).sources
        assert (state.documents, state.stale, state.held, state.syncing) == (1, False, 0, False)
        assert state.next_due is not None
