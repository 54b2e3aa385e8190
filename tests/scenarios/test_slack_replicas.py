"""Three real `serve` processes over one Postgres and one Qdrant server: they share the work, and any of them may die."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.slack.sockets import AT_ONCE
from ops.workspace.server import LocalWorkspace
from tests.fakes.qdrant_rest import QdrantServer, qdrant_server
from tests.postgres import Postgres
from tests.scenarios.test_processes import CONFIG, MANIFEST, PAGES, ROOT, answers, environment, run

UNLIMITED = "[limits]\nper_user_per_minute = 1000\n"
QUESTIONS = ("how many days do I have to return something?", "how long does standard shipping take?")


@pytest.fixture
def qdrant() -> Iterator[QdrantServer]:
    with qdrant_server() as server:
        yield server


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(manifest=MANIFEST, redelivery_delays=(0, 0.5, 1, 2, 4)) as workspace:
        yield workspace


class Replicas:
    """`serve` processes, each with a data_dir of its own and the same documents."""

    def __init__(self, folder: Path, workspace: LocalWorkspace, url: str, qdrant: QdrantServer) -> None:
        self.folder, self.workspace = folder, workspace
        self.running: list[asyncio.subprocess.Process] = []
        self.environment = environment(
            SLACK_BOT_TOKEN=workspace.bot_token,
            SLACK_APP_TOKEN=workspace.app_token,
            SLACK_API_URL=workspace.api_url,
            DATABASE_URL=url,
            QDRANT_URL=qdrant.url,
        )
        (folder / "docs").mkdir()
        for name, text in PAGES.items():
            (folder / "docs" / name).write_text(text)

    async def start(self, count: int) -> None:
        for _ in range(count):
            number = len(self.running)
            config = self.folder / f"replica-{number}.toml"
            text = CONFIG.replace('path = "docs"', 'path = "docs"\nschedule = "5s"')
            config.write_text(f'data_dir = "data-{number}"\n{text}{UNLIMITED}')
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ops.cli", "--config", str(config), "serve"),
                env=self.environment,
                cwd=ROOT,
                stderr=self.log(number).open("ab"),
            )
            self.running.append(process)
        await self.workspace.wait_for(lambda: self.workspace.sockets.connections == AT_ONCE * len(self.running), 120)

    async def synced(self, number: int) -> None:
        """All that is in the folder is indexed; a replica that is asked while another one syncs refuses."""
        async with asyncio.timeout(60):
            while (await run(self.folder / f"replica-{number}.toml", "sync", **self.environment))[0]:
                pass

    def log(self, number: int) -> Path:
        return self.folder / f"log-{number}"

    async def stop(self) -> list[int]:
        for process in self.running:
            if process.returncode is None:
                process.terminate()
        return [await asyncio.wait_for(process.wait(), 60) for process in self.running]


@pytest.fixture
async def replicas(
    tmp_path: Path, workspace: LocalWorkspace, postgres: Postgres, qdrant: QdrantServer
) -> AsyncIterator[Replicas]:
    replicas = Replicas(tmp_path, workspace, postgres.database(), qdrant)
    yield replicas
    await replicas.stop()


def rows(replicas: Replicas, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(replicas.environment["DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


async def test_three_replicas_share_the_work_and_one_is_killed(
    replicas: Replicas, workspace: LocalWorkspace, qdrant: QdrantServer
) -> None:
    """They start at once on an empty database; one syncs at a time, all search the same documents; one is killed while it
    answers, and each question is answered once."""
    await replicas.start(3)
    await replicas.synced(0)
    assert len(qdrant.collections()) == 1, "the three have one index"
    asked = [await workspace.say("dana", "support", f"@frontdesk {QUESTIONS[n % 2]} ({n})") for n in range(24)]
    await workspace.wait_for(lambda: sum(bool(answers(workspace, ts)) for ts in asked) >= 4, 60)
    victim = _busiest(replicas)
    replicas.running[victim].send_signal(signal.SIGKILL)
    more = [await workspace.say("dana", "support", f"@frontdesk {QUESTIONS[n % 2]} (again {n})") for n in range(6)]
    await workspace.wait_for(lambda: all(answers(workspace, ts) for ts in asked + more), 90)
    (replicas.folder / "docs" / "hours.md").write_text("# Opening hours\n\nOur stores open at 9:30.\n")
    await replicas.synced((victim + 1) % 3)
    late = [await workspace.say("dana", "support", f"@frontdesk when do the stores open? ({n})") for n in range(4)]
    await workspace.wait_for(lambda: all(answers(workspace, ts) for ts in late), 60)
    assert all("9:30" in answers(workspace, ts)[0]["text"] for ts in late)
    await _finished(replicas)
    await replicas.stop()
    posted = Counter(one["thread_ts"] for one in workspace.messages("support") if one.get("bot_id"))
    assert [posted[ts] for ts in asked + more + late] == [1] * 34
    assert rows(replicas, "SELECT outcome, count(*) FROM inbox GROUP BY outcome") == [("answered", 34)]
    assert rows(replicas, "SELECT count(*) > 0 FROM inbox WHERE attempts > 1") == [(True,)], (
        "the dead one's were taken up"
    )
    written = "SELECT count(*) FROM frontdesk_ledger.runs WHERE (report->>'added')::int > 0"
    assert rows(replicas, written) == [(2,)], "each change was indexed once"


async def _finished(replicas: Replicas) -> None:
    """What the dead one had posted and not yet marked as answered is taken up when its lease ends."""
    async with asyncio.timeout(180):
        while await asyncio.to_thread(rows, replicas, "SELECT 1 FROM inbox WHERE outcome IS NULL"):
            pass


def _busiest(replicas: Replicas) -> int:
    """Who holds most of what is not finished."""
    holding = Counter(
        holder for (holder,) in rows(replicas, "SELECT claimed_by FROM inbox WHERE outcome IS NULL AND attempts > 0")
    )
    names = [(replicas.folder / f"data-{n}" / "installation").read_text() for n in range(3)]
    return max(range(3), key=lambda n: sum(count for who, count in holding.items() if who and who.startswith(names[n])))
