"""What desks have learnt as sources: configured for each desk alone, listed from the store, gone when they end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import ops.knowledge
from bot.desk.errors import StoreUnavailable
from bot.desk.learning import Learning
from bot.store import Store, open_store
from bot.store.learnings import WantLearning
from ops.config import ConfigError, load_config
from ops.knowledge import Knowledge, open_knowledge
from ops.learnt_entries import StoredEntries
from ops.reports import SyncOutcome, SyncRequest
from tests.fakes.index import WordEmbedder
from tests.unit.bot.store.conftest import START, Clock
from tests.unit.bot.store.test_learnings import DRAFT, THREAD, resolved, saved

CONFIG = """
[desks.support]
prompt = "electromart"
[desks.people]
prompt = "people"
sources = ["handbook"]
[sources.handbook]
kind = "folder"
path = "handbook"
[sources.docs]
kind = "folder"
path = "docs"
[learning]
enabled = true
"""


def configured(folder: Path, text: str = CONFIG) -> Any:
    (folder / "frontdesk.toml").write_text(text)
    return load_config(folder / "frontdesk.toml")


def test_a_desk_reads_what_it_learnt_and_no_other_does(tmp_path: Path) -> None:
    """Beside what it is configured to read; one that read everything goes on to, but for what others learnt."""
    config = configured(tmp_path)
    assert config.bot.desks["support"].sources == ("handbook", "docs", "resolved-support")
    assert config.bot.desks["people"].sources == ("handbook", "resolved-people")
    assert config.bot.learning_desks == ("support", "people")
    one = configured(tmp_path, CONFIG + 'desks = ["support"]\n')
    assert one.bot.desks["people"].sources == ("handbook",)
    assert list(one.ingest.sources) == ["handbook", "docs", "resolved-support"]
    assert one.bot.learning_desks == ("support",)


def test_without_learning_nothing_is_added(tmp_path: Path) -> None:
    config = configured(tmp_path, CONFIG.replace("enabled = true", "enabled = false"))
    assert (config.bot.desks["support"].sources, list(config.ingest.sources)) == ((), ["handbook", "docs"])


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('desks = ["sales"]\n', "learning.desks names 'sales', which is not a desk"),
        ("expiry_months = 7\n", "learning.expiry_months: "),
        ('[sources.resolved-people]\nkind = "folder"\npath = "x"\n', "sources.resolved-people has the name"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, added: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configured(tmp_path, CONFIG + added)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", clock, recorders=(WantLearning(("support",)),))
    yield store
    await store.close()


@pytest.fixture
async def knowledge(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Knowledge]:
    monkeypatch.setattr(ops.knowledge, "make_embedder", lambda _: WordEmbedder())
    with open_knowledge(configured(tmp_path).ingest) as knowledge:
        knowledge.entries = StoredEntries(store, asyncio.get_running_loop())
        yield knowledge


async def approved(store: Store, number: int, **changed: object) -> Learning:
    await resolved(store, id=f"E{number}", thread_ts=f"{number}.0")
    [one] = await store.learnings.to_do()
    await store.learnings.draft(one.id, DRAFT, THREAD)
    decided = await store.learnings.approve(one.id, saved(**changed), "UALEX", ())
    assert decided is not None
    await store.learnings.set_ready([decided])
    return decided


async def synced(knowledge: Knowledge) -> SyncOutcome:
    request = SyncRequest(sources=("resolved-support",))
    [outcome] = await asyncio.to_thread(knowledge.sync, request, lambda _: None)
    return outcome


async def test_each_is_a_document_with_its_own_audience(store: Store, knowledge: Knowledge) -> None:
    """Question as title, answer as text, the thread as link; an audience that can't be honoured is nobody's."""
    await approved(store, 1, question='Does "it": charge?', answer="From 30 W.", audience=("members", "channel:C0A1"))
    await approved(store, 2, question="Secret?", answer="Yes.", audience=())
    outcome = await synced(knowledge)
    assert (outcome.added, outcome.held) == (2, 0)
    readable = {"members": {'Does "it": charge?'}, "channel:C0A1": {'Does "it": charge?'}, "everyone": set[str]()}
    for keyword, titles in readable.items():
        hits = await asyncio.to_thread(
            knowledge.search.search, "from 30 W yes", audience=("public", keyword), sources=("resolved-support",)
        )
        assert {hit.payload.title for hit in hits} == titles
        assert all((hit.payload.text, hit.payload.url) == ("From 30 W.", THREAD.url) for hit in hits)


async def test_what_ends_leaves_with_the_next_sync_and_asks_nobody(
    store: Store, knowledge: Knowledge, clock: Clock
) -> None:
    """However much of the source it is: an end that was set beforehand is no surprise (rule 9)."""
    for number in (1, 2, 3):
        await approved(store, number, expires_at=START + timedelta(days=90))
    await approved(store, 4, expires_at=None)
    assert (await synced(knowledge)).added == 4
    clock.now += timedelta(days=91)
    outcome = await synced(knowledge)
    assert (outcome.removed, outcome.unchanged, outcome.held) == (3, 1, 0)
    [left] = await store.learnings.good("support")
    await store.learnings.retire(left.id, "UALEX")
    assert (await synced(knowledge)).removed == 1


async def test_a_store_that_is_away_removes_nothing(
    store: Store, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    await approved(store, 1)
    await synced(knowledge)

    async def away(_: str) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(type(store.learnings), "good", lambda self, desk: away(desk))
    outcome = await synced(knowledge)
    assert (outcome.state, outcome.removed) == ("failed", 0)
    assert "can't be read now" in outcome.problem
    assert knowledge.index.ledger.count("resolved-support")[1] == 1
