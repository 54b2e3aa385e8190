"""Where faults are tried on the whole desk: real `serve` processes, a workspace, a model, a database; what was lost."""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from ops.bench.serving import NO_MONITORING, QUESTIONS, Desk
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.fakes.claude import ClaudeDouble

MODEL_S = 4  # the model's deadline here: a stall is to end within the soak
MORE = f"{NO_MONITORING}[model]\ndeadline_s = {MODEL_S}\nretries = 1\n"
ATTEMPTS = 1000  # a question that is killed again and again is to be answered here, and not given up
QUIET_S, LOOK_S = 180.0, 0.2
REDELIVERIES = (0, 1, 2, 4, 8, 16)
Row = dict[str, object]


@dataclass
class Arena:
    """`database`: Postgres' URL; "" is the desk's own SQLite."""

    workspace: LocalWorkspace
    claude: ClaudeDouble
    folder: Path
    database: str = ""
    qdrant: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - moments, not secrets
    desks: list[Desk] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _number: int = 0

    async def add_desk(self) -> Desk:
        """One more, synced and not started."""
        folder = self.folder / f"desk-{len(self.desks)}"
        folder.mkdir()
        more = {"DATABASE_URL": self.database} if self.database else {}
        more |= {"QDRANT_URL": self.qdrant} if self.qdrant else {}
        desk = Desk(folder, self.workspace, self.claude.url, MORE, attempts=ATTEMPTS, environment=more)
        await desk.sync()
        self.desks.append(desk)
        return desk

    @property
    def desk(self) -> Desk:
        return self.desks[0]

    async def ask(self, count: int = 1, *, every_s: float = 0.0) -> list[str]:
        """Questions in #support, each with a thread of its own."""
        asked = []
        for _ in range(count):
            self._number += 1
            text = f"@frontdesk {QUESTIONS[self._number % len(QUESTIONS)]} (no. {self._number})"
            asked.append(await self.workspace.say("dana", "support", text))
            await asyncio.sleep(every_s)
        self.asked += asked
        return asked

    async def row(self, fault: str, runs: int, *, closed: bool = False) -> Row:
        """What became of all that was asked since the last row: each question has one outcome, and is seen once.
        `closed`: Slack took nothing in the channel, so the outcome says failed, and its asker is told in a direct
        message."""
        asked, self.asked = self.asked, []
        began, ended = time.monotonic(), dict[str, str]()
        for _ in range(int(QUIET_S / LOOK_S)):
            ended = await asyncio.to_thread(self._ended, asked)
            if len(ended) == len(asked):
                break
            await asyncio.sleep(LOOK_S)
        await self._still()
        seen = self._told_beside(asked) if closed else self._seen(asked)
        lost = [ts for ts in asked if ts not in ended or not seen[ts] or (closed and ended[ts] != "failed")]
        for ts in lost:
            self.told(f"{fault}: lost {ts}, {ended.get(ts, 'no outcome')}")
        twice = [ts for ts in asked if seen[ts] > 1]
        for ts in twice:
            self.told(f"{fault}: twice {ts}: {self.workspace.messages('support', ts)}")
        outcomes = dict(Counter(ended.values()))
        took = {"fault": fault, "runs": runs, "asked": len(asked), "lost": len(lost), "twice": len(twice)}
        return took | {"outcomes": outcomes, "quiet_after_s": round(time.monotonic() - began, 1)}

    def told(self, what: str) -> None:
        with (self.folder / "lost").open("a") as file:
            file.write(what + "\n")

    async def _still(self) -> None:
        """A moment in which nothing is called: whatever was to come twice has come."""
        calls, before = self._calls(), -1
        while calls != before:
            await asyncio.sleep(0.5)
            calls, before = self._calls(), calls

    def _calls(self) -> int:
        """The number of the last call."""
        return max((one["n"] for one in self.workspace.calls if one["kind"] == "web_api"), default=0)

    def _seen(self, asked: Iterable[str]) -> Counter[str]:
        """The desk's messages by thread; one that still streams is not finished, and does not count."""
        mine = (one for one in self.workspace.messages("support") if one.get("user") == BOT)
        seen = Counter(one["thread_ts"] for one in mine if one.get("thread_ts") and not one.get("streaming"))
        return Counter({ts: seen[ts] for ts in asked})

    def _told_beside(self, asked: Iterable[str]) -> Counter[str]:
        """The notes to the asker alone, by the question of whose key they are."""
        told = [one.get("metadata") or {} for one in self.workspace.messages("dm:dana") if one.get("user") == BOT]
        keys = [str(one.get("event_payload", {}).get("key", "")) for one in told]
        return Counter({ts: sum(f":{ts}:" in key for key in keys) for ts in asked})

    def _ended(self, asked: Iterable[str]) -> dict[str, str]:
        """How each question ended, of those that have."""
        query = "SELECT ts, outcome FROM inbox WHERE outcome IS NOT NULL"
        rows: list[tuple[Any, ...]]
        if self.database:
            with psycopg.connect(self.database) as connection:
                rows = connection.execute(query).fetchall()
        else:
            with closing(sqlite3.connect(self.desk.database, timeout=10)) as connection:
                rows = connection.execute(query).fetchall()
        outcomes = {str(ts): str(outcome) for ts, outcome in rows}
        return {ts: outcomes[ts] for ts in asked if ts in outcomes}


@asynccontextmanager
async def arena(folder: Path, *, desks: int = 1, **given: Any) -> AsyncIterator[Arena]:
    """With so many desks, synced and started."""
    async with (
        ClaudeDouble() as claude,
        LocalWorkspace(manifest=Desk.MANIFEST, redelivery_delays=REDELIVERIES) as workspace,
    ):
        place = Arena(workspace, claude, folder, **given)
        for _ in range(desks):
            await place.add_desk()
        for desk in place.desks:
            await desk.start()
        try:
            yield place
        finally:
            for desk in place.desks:
                await desk.stop()
