"""`make soak`: SIGKILL the desk at random moments under load; every question is answered exactly once.

python -m ops.bench.soak [kills] [seed]        (default 20 kills)
"""

import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from ops.bench.serving import QUESTIONS, Desk, final
from ops.workspace.server import LocalWorkspace

QUIET_S = 240


async def soak(kills: int, seed: int) -> dict[str, object]:
    """What became of the questions: how many were asked, answered once, twice, never."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as folder:
        async with LocalWorkspace(manifest=Desk.MANIFEST, redelivery_delays=(0, 1, 2, 4, 8)) as workspace:
            desk = Desk(Path(folder), workspace)
            await desk.sync()
            asked: list[str] = []
            for _ in range(kills):
                await desk.start()
                for _ in range(chance.randint(1, 4)):
                    asked.append(await workspace.say("dana", "support", f"@frontdesk {chance.choice(QUESTIONS)}"))
                await asyncio.sleep(chance.uniform(0, 1.5))
                await desk.kill()
            await desk.start()
            with suppress(TimeoutError):  # the figures below say which
                await workspace.wait_for(lambda: min(_answers(workspace, asked).values()) > 0, QUIET_S)
            await desk.stop()
            counts = _answers(workspace, asked)
    outcome = Counter("never" if count == 0 else "once" if count == 1 else "twice" for count in counts.values())
    return {"soak": "kills under load", "kills": kills, "seed": seed, "asked": len(asked), **outcome}


def _answers(workspace: LocalWorkspace, asked: list[str]) -> dict[str, int]:
    posted = Counter(one["thread_ts"] for one in workspace.messages("support") if final(one))
    return {ts: posted[ts] for ts in asked}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    report = asyncio.run(soak(*(numbers + [20, 1][len(numbers) :])))
    sys.stdout.write(json.dumps(report) + "\n")
    sys.exit(0 if report["asked"] == report.get("once") else 1)
