"""`make soak`: a `serve` is killed again and again while customers call humans, and agents claim, reply, hand over,
snooze and resolve. A JSON line a database; it ends with status 1 when anything was lost, came twice or was illegal.

python -m ops.bench.soak_escalations [--kills N] [--seed N] [sqlite] [postgres]     (default: 100 kills a database)
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from ops.bench.front import Front, front
from ops.bench.front_checks import Left, briefs, check, is_quiet, left_of
from ops.bench.front_kills import MOMENTS, kill
from ops.bench.front_stories import Story
from tests.fakes.receivers import Mishap
from tests.postgres import postgres_server

KILLS, SEED = 100, 1
AT_ONCE = 8  # stories
QUIET_S, LOOK_S = 300.0, 0.2  # the leases of whoever died end within 90 s
_MISHAPS: tuple[Mishap, ...] = (500, 503, "cut")
_MOST_SHOWN = 10  # of each kind of fault


async def soak(place: Front, database: str, kills: int, at_once: int = AT_ONCE) -> dict[str, object]:
    """What came of so many kills; see Wrong."""
    stories = list[Story]()
    windows: dict[str, asyncio.Lock] = {}
    numbers = count()

    async def crowd() -> None:
        while not place.over.is_set():
            stories.append(story := Story(place, next(numbers), windows))
            await story.tell()

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(crowd())
        await _kills(place, kills)
        place.over.set()
    place.receiver.script.clear()
    place.mail.script.clear()
    await _until_quiet(place, outside=False)
    for some in range(0, len(stories), at_once):
        await asyncio.gather(*(story.end() for story in stories[some : some + at_once]))
    await _until_quiet(place, outside=True)
    left = await left_of(place)
    wrong = check(place, left)
    wrong.lost += [one for story in stories for one in story.lost]
    row = _row(place, left) | {"lost": len(wrong.lost), "twice": len(wrong.twice), "illegal": len(wrong.illegal)}
    shown = [*wrong.lost[:_MOST_SHOWN], *wrong.twice[:_MOST_SHOWN], *wrong.illegal[:_MOST_SHOWN]]
    seconds = round(time.monotonic() - began, 1)
    return {"fault": f"SIGKILL among humans, {database}", "kills": kills} | row | {"wrong": shown, "took_s": seconds}


async def _kills(place: Front, kills: int) -> None:
    """Each kind of moment as often as the others. Every other time nobody starts it for long; now and then the other
    ends of the webhook and of the mail will take nothing."""
    moments = list(MOMENTS)
    for number in range(kills):
        if number % 3 == 0:
            place.receiver.script[:] = [place.chance.choice(_MISHAPS) for _ in range(place.chance.randint(1, 6))]
            place.mail.script[:] = ["451 come again later", "cut"][: place.chance.randint(0, 2)]
        await kill(place, moments[number % len(moments)])
        if number % 2 or number == kills - 1:
            await place.stay_away()
        await place.desk.start()


async def _until_quiet(place: Front, *, outside: bool) -> None:
    for _ in range(int(QUIET_S / LOOK_S)):
        if await is_quiet(place, outside=outside):
            return
        await asyncio.sleep(LOOK_S)


def _row(place: Front, left: Left) -> dict[str, object]:
    return {
        "escalations": len(left.known),
        "briefs": briefs(place),
        "moves": sum(left.moves.values()),
        "by_move": dict(left.moves),
        "presses": sum(press.acked for press in place.presses),
        "reminders": left.reminders,
        "triaged": sum(left.recorded.values()),
        "deliveries": len(left.deliveries),
        "killed_at": dict(place.met),
    }


async def main(databases: dict[str, str], folder: Path, kills: int, seed: int) -> int:
    """How many of these, by name and URL, it went wrong on."""
    wrong = 0
    for name, url in databases.items():
        (folder / name).mkdir()
        async with front(folder / name, random.Random(seed), url) as place:  # noqa: S311 - moments, not secrets
            row = await soak(place, name, kills)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        wrong += bool(row["wrong"])
    return wrong


def begin() -> int:
    parser = argparse.ArgumentParser(description="SIGKILL among humans")
    parser.add_argument("databases", nargs="*", metavar="DATABASE")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    if unknown := set(given.databases) - {"sqlite", "postgres"}:
        parser.error(f"no such database: {', '.join(sorted(unknown))}")
    with postgres_server() as postgres, tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as name:
        known = {"sqlite": "", "postgres": postgres.database()}
        wanted = {one: known[one] for one in given.databases or known}
        return asyncio.run(main(wanted, Path(name), given.kills, given.seed))


if __name__ == "__main__":
    sys.exit(1 if begin() else 0)
