"""What Claude is asked beside answers is paid out of the day's budget too: each call is counted, and none is made when
it is spent."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.bootstrap import Bot, build_bot
from bot.desk.errors import StoreUnavailable
from bot.desk.metering import NoMeter
from bot.desk.model import Usage
from bot.gaps.names import NAMED_BY_MODEL, Group
from bot.settings import BotSettings, DeskSettings, LearningSettings, ModelSettings
from bot.store import Store, open_store
from bot.store.spending import SqlSpending
from ingest.index import Current, CurrentSearch, Embedder, Searched
from ops.config import PACKAGE_PROMPTS
from tests.fakes.claude import KEY, ClaudeDouble, HttpError, Reply, Text
from tests.fakes.index import MemoryCollection
from tests.unit.bot.gaps.test_find import unmet

PRICES = {"price_input": 3.0, "price_output": 15.0, "price_cache_read": 0.3, "price_cache_write": 3.75}
FORM = {
    "is_complaint": True,
    "category": "SAFETY_HAZARD",
    "severity": 5,
    "requires_escalation": True,
    "language": "en",
    "product": "",
    "confidence": 0.9,
}
SMOKE = "Smoke came out of my charger\nand nobody answers me. I want a human."


class NothingIndexed:
    """ingest.index.Generations of an empty index."""

    def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
        return {}

    def index_version(self) -> int:
        return 1


def index_of(embedder: Embedder) -> CurrentSearch:
    return CurrentSearch(Searched(MemoryCollection(), embedder, NothingIndexed()))  # type: ignore[arg-type]


@dataclass
class Till(NoMeter):
    """bot.desk.ports.Meter that adds up what calls cost, whatever they were for."""

    calls: list[float | None] = field(default_factory=list)

    def model_used(self, model: str, usage: Usage, cost_usd: float | None) -> None:
        self.calls.append(cost_usd)

    @property
    def dollars(self) -> float:
        return sum(cost or 0.0 for cost in self.calls)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", lambda: datetime.now(UTC))
    yield store
    await store.close()


def bot_of(claude: ClaudeDouble, store: Store, embedder: Embedder, till: Till, dollars: float, path: Path) -> Bot:
    model = ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, retries=0, daily_budget_usd=dollars, **PRICES)
    settings = BotSettings(
        data_dir=path,
        prompt_dirs=(PACKAGE_PROMPTS,),
        desks={"support": DeskSettings(prompt="electromart")},
        model=model,
        learning=LearningSettings(enabled=True),
    )
    return build_bot(settings, index_of(embedder), store, lambda: datetime.now(UTC), meter=till)


def says(form: object, stop_reason: str = "end_turn") -> Reply:
    return Reply([Text(form if isinstance(form, str) else json.dumps(form))], stop_reason)


def groups(count: int) -> list[Group]:
    return [Group([unmet(f"Do you wrap gift {number}?")], (), frozenset()) for number in range(count)]


async def test_what_is_asked_beside_answers_adds_up(
    claude: ClaudeDouble, store: Store, embedder: Embedder, tmp_path: Path
) -> None:
    """Triage, a summary, a draft, the name of a gap; a reply that is of no use was paid for too, an outage was not."""
    till = Till()
    bot = bot_of(claude, store, embedder, till, 5.0, tmp_path)
    triaging = bot._triaging(None)  # type: ignore[arg-type]
    budget = bot._budget()
    assert budget is not None
    assert bot.drafter is not None
    assert triaging._summarizer is not None
    try:
        claude.script([says("no JSON"), says(FORM)])
        assert (await triaging._triager.triage(SMOKE, escalated=True)) is not None
        claude.script([says({"summary": "Smoke."}), says("", "refusal")])
        assert [await triaging._summarizer.summary(SMOKE) for _ in range(2)] == ["Smoke.", ""]
        claude.script([says({"question": "How?", "answer": "So."})])
        assert (await bot.drafter.write([("asker", "How?"), ("agent", "So.")])).answer == "So."
        claude.script([says({"name": "gift wrapping"}), HttpError(529)])
        assert (await bot.gaps(index_of(embedder))._names.of(groups(2)))[0] == "gift wrapping"
        assert len(till.calls) == 6
        assert till.dollars > 0
        assert await budget.today() == pytest.approx(till.dollars)
    finally:
        await bot.close()


async def test_a_spent_budget_stops_them(
    claude: ClaudeDouble, store: Store, embedder: Embedder, tmp_path: Path
) -> None:
    """The first call uses it up: of ten gaps one is named by the model, and nothing else is asked that day."""
    bot = bot_of(claude, store, embedder, Till(), 1e-6, tmp_path)
    triaging = bot._triaging(None)  # type: ignore[arg-type]
    budget = bot._budget()
    assert budget is not None
    assert triaging._summarizer is not None
    try:
        claude.script([says({"name": "gift wrapping"})])
        names = await bot.gaps(index_of(embedder))._names.of(groups(NAMED_BY_MODEL))
        assert names.count("gift wrapping") == 1
        assert await budget.spent()
        record = await triaging._triager.triage(SMOKE, escalated=True)
        assert record is not None
        assert record.made_by == "classifier"
        assert await triaging._summarizer.summary(SMOKE) == ""
        assert len(claude.requests) == 1
    finally:
        await bot.close()


async def test_what_cannot_be_counted_is_made_use_of(
    claude: ClaudeDouble,
    store: Store,
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def down(*_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(SqlSpending, "add", down)
    bot = bot_of(claude, store, embedder, Till(), 5.0, tmp_path)
    assert bot.drafter is not None
    claude.script([says({"question": "How?", "answer": "So."})])
    try:
        assert (await bot.drafter.write([("asker", "How?"), ("agent", "So.")])).answer == "So."
    finally:
        await bot.close()
    assert "is not counted in the day's budget" in caplog.text
