"""`frontdesk gaps` over the store and the index, with no `serve`, and through the socket of one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.desk.model import Answer, Outcome, Person, Place, Question, question_key
from bot.store import open_store
from ops.cli import main
from ops.composition import open_operations
from ops.config import load_config
from ops.control import connect, serve_control
from ops.gap_reports import GapReport, GapsReport, GapsRequest
from ops.operations import OperationError
from ops.reports import SyncRequest

CONFIG = """
[desks.support]
prompt = "electromart"
[desks.people]
prompt = "people"
[sources.docs]
kind = "folder"
path = "docs"
"""
WRAP = ("Can you gift wrap my order?", "do you offer gift wrapping", "is gift wrapping free?")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_FILE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "cards.md").write_text("# Gift cards\n\nA gift card comes in an envelope for gift wrapping.\n")
    path = tmp_path / "frontdesk.toml"
    path.write_text(CONFIG)
    return path


async def asked_in_vain(file: Path) -> None:
    store = await open_store(load_config(file).store_url, lambda: datetime.now(UTC))
    try:
        for number, text in enumerate((*WRAP, "How do I park in Denver?")):
            at, ts = datetime.now(UTC) - timedelta(days=number), f"{number}.0"
            place = Place("cli", "cli", "cli")
            question = Question(question_key("cli", "cli", ts), text, Person(f"U{number}"), place, ts, at)
            answer = Answer(Outcome.ABSTAINED, "Said.", searched=text, answered_at=at)
            await store.answers.save(question, "support" if number < 3 else "people", answer)
    finally:
        await store.close()


def run(file: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["--config", str(file), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_gaps_of_the_store_by_the_index(file: Path) -> None:
    """In one process, as the command does it where no `serve` runs."""
    async with open_operations(load_config(file)) as operations:
        await operations.sync(SyncRequest(), lambda _: None)
        assert (await operations.gaps(GapsRequest())).gaps == ()
        await asked_in_vain(file)
        wrap, park = (await operations.gaps(GapsRequest())).gaps
        assert (wrap.desk, wrap.questions, wrap.per_week, wrap.trend) == ("support", 3, 0.75, "new")
        assert [one.title for one in wrap.near] == ["Gift cards"]
        assert wrap.advice == ("“Gift cards” is near, but doesn't say it: extend it.",)
        assert (park.desk, park.near) == ("people", ())
        [only] = (await operations.gaps(GapsRequest(desk="people"))).gaps
        assert only.sample == "How do I park in Denver?"
        with pytest.raises(OperationError, match="nobody is not a desk; known: support, people"):
            await operations.gaps(GapsRequest(desk="nobody"))


def test_the_command_where_no_serve_runs(file: Path) -> None:
    assert json.loads(run(file, "gaps", "--json"))["gaps"] == []


REPORT = GapsReport(
    begin=datetime(2026, 11, 1, tzinfo=UTC),
    end=datetime(2026, 11, 29, tzinfo=UTC),
    weeks=4,
    left_out=0,
    gaps=(
        GapReport(
            desk="support",
            name="gift [bold]wrapping",
            sample="",
            questions=3,
            askers=3,
            per_week=0.75,
            per_week_before=0.0,
            trend="new",
            near=(),
            restricted=0,
            rated=(),
            rated_restricted=0,
            advice=("There is no document on it: write one.",),
        ),
    ),
)


class Serving:
    """The `serve` that owns the index, as far as it is asked."""

    def __init__(self) -> None:
        self.asked: list[GapsRequest] = []

    async def gaps(self, request: GapsRequest) -> GapsReport:
        self.asked.append(request)
        return REPORT


async def test_a_running_serve_does_it(file: Path) -> None:
    """What people wrote is text to the terminal, and no markup."""
    serving: Any = Serving()
    data_dir = load_config(file).data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    async with serve_control(serving, data_dir), connect(data_dir) as remote:
        assert remote is not None
        told = await asyncio.to_thread(run, file, "gaps", "--weeks", "2", "--desk", "support")
        assert await remote.gaps(GapsRequest()) == REPORT
    assert serving.asked[0] == GapsRequest(weeks=2, desk="support")
    assert "gift [bold]wrapping" in told
    assert "→ There is no document on it: write one." in told
