"""`make soak`: faults on the whole desk under load. A JSON line each: how often it was tried, what was asked, and what
of it was lost or shown twice. It ends with status 1 when anything was.

python -m ops.bench.soak_slack [--kills N] [--seed N] [FAULT ...]        (default: 100 kills a database, all faults)
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ops.bench.arena import Arena, Row, arena
from ops.bench.slack_faults import POSTED, POSTING, STREAMED, STREAMING
from tests.fakes.qdrant_rest import qdrant_server
from tests.postgres import Postgres, postgres_server

KILLS, SEED = 100, 1
AWAY_S, RESTARTS = 3.0, 3
REACHED_S = 10.0


class Soak:
    """Each of `faults` gives rows."""

    def __init__(self, postgres: Postgres, folder: Path, kills: int, seed: int) -> None:
        self._postgres, self._folder, self._kills = postgres, folder, kills
        self._chance = random.Random(seed)  # noqa: S311 - moments, not secrets
        self.faults: dict[str, Callable[[Path], AsyncIterator[Row]]] = {
            "kills_sqlite": self.kills_sqlite,
            "kills_postgres": self.kills_postgres,
            "replica": self.replica,
            "postgres": self.postgres,
            "index": self.index,
        }

    async def run(self, names: list[str]) -> AsyncIterator[Row]:
        """The rows of these faults; those of Slack and of the model share a desk."""
        for name in names:
            if name in self.faults:
                async for row in self.faults[name](self._new(name)):
                    yield row
        for kind, faults in (("streaming", STREAMING), ("posting", POSTING)):
            if small := [name for name in faults if name in names]:
                async with arena(self._new(kind), chance=self._chance) as place:
                    place.workspace.streaming = kind == "streaming"
                    for name in small:
                        yield await faults[name](place)

    def _new(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    async def kills_sqlite(self, folder: Path) -> AsyncIterator[Row]:
        async with arena(folder, chance=self._chance) as place:
            yield await _kills(place, "SQLite", self._kills)

    async def kills_postgres(self, folder: Path) -> AsyncIterator[Row]:
        async with arena(folder, chance=self._chance, database=self._postgres.database()) as place:
            yield await _kills(place, "Postgres", self._kills)

    async def replica(self, folder: Path) -> AsyncIterator[Row]:
        """One of three is killed in the middle of the work, and comes back."""
        with qdrant_server() as qdrant:
            given = {"database": self._postgres.database(), "qdrant": qdrant.url, "chance": self._chance}
            async with arena(folder, desks=3, **given) as place:
                for turn in range(RESTARTS):
                    await place.ask(12, every_s=0.05)
                    victim = place.desks[turn % 3]
                    await victim.die()
                    await place.ask(6, every_s=0.05)
                    await victim.launch()
                yield await place.row("one of three replicas killed", RESTARTS)

    async def postgres(self, folder: Path) -> AsyncIterator[Row]:
        """Stopped as an operator's restart does, and started again after a while."""
        async with arena(folder, chance=self._chance, database=self._postgres.database()) as place:
            for _ in range(RESTARTS):
                await place.ask(6, every_s=0.1)
                await asyncio.to_thread(self._postgres.stop)
                await place.ask(4, every_s=AWAY_S / 4)
                await asyncio.to_thread(self._postgres.start)
            yield await place.row("Postgres restarted", RESTARTS)

    async def index(self, folder: Path) -> AsyncIterator[Row]:
        """The index's server answers 503 for a while."""
        with qdrant_server() as qdrant:
            async with arena(folder, chance=self._chance, qdrant=qdrant.url) as place:
                for _ in range(RESTARTS):
                    await place.ask(4, every_s=0.1)
                    qdrant.down = True
                    await place.ask(4, every_s=AWAY_S / 4)
                    qdrant.down = False
                yield await place.row("index unreachable", RESTARTS)


async def _kills(place: Arena, database: str, kills: int) -> Row:
    """At moments by chance, and every other time between Slack's accepting a post and our hearing of it."""
    between: Counter[str] = Counter()
    for number in range(kills):
        place.workspace.streaming = place.chance.random() < 0.5
        method = place.chance.choice(STREAMED if place.workspace.streaming else POSTED) if number % 2 else ""
        await _kill(place, method, between)
        await place.desk.start()
    place.workspace.streaming = True
    row = await place.row(f"SIGKILL under load, {database}", kills)
    return row | {"between_accepted_and_stored": dict(between)}


async def _kill(place: Arena, method: str, between: Counter[str]) -> None:
    """At the reply to the first call of `method`, which has been done; without one at any moment."""
    hold = place.workspace.hold_reply(method) if method else None
    asked = await place.ask(place.chance.randint(2, 5))
    if hold is None:
        await asyncio.sleep(place.chance.uniform(0, 1.5))
    else:
        try:
            await asyncio.wait_for(hold.reached.wait(), REACHED_S)
            between[method] += 1
        except TimeoutError:  # the row's count says so
            place.told(f"no {method} for {asked}")
    await place.desk.kill()
    if hold is not None:
        place.workspace.let_go(method)


async def main(soak: Soak, names: list[str]) -> int:
    wrong = 0
    async for row in soak.run(names):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        wrong += bool(row["lost"] or row["twice"])
    return wrong


def begin() -> int:
    parser = argparse.ArgumentParser(description="Faults on the whole desk under load")
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    with postgres_server() as postgres, tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as name:
        soak = Soak(postgres, Path(name), given.kills, given.seed)
        return asyncio.run(main(soak, given.faults or [*soak.faults, *STREAMING, *POSTING]))


if __name__ == "__main__":
    sys.exit(1 if begin() else 0)
