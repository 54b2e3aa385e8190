"""`make soak`: HTTP mode under fuzzed payloads, forged signatures and clocks that are off, with questions between them.

python -m ops.bench.soak_http [payloads] [seed]        (default 10000 payloads)

A real `frontdesk serve` in a process of its own. Rightly signed nonsense never gets a 5xx, what Slack did not sign
always a 401, and every question is answered exactly once.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_plus

import aiohttp
from hypothesis import HealthCheck, Phase, given, seed, settings

from ops.bench.serving import QUESTIONS, Desk, final
from ops.workspace.request_url import signed
from ops.workspace.server import LocalWorkspace
from tests.fakes.network import free_port
from tests.fakes.slack_payloads import Sent, requests

QUIET_S = 240
ASK_EVERY = 200


def payloads(count: int, start: int) -> list[Sent]:
    """So many of hypothesis's, the same for the same `start`."""
    made: list[Sent] = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def make(sent: Sent) -> None:
        made.append(sent)

    make()
    return made


async def soak(count: int, start: int) -> dict[str, object]:
    """Answers by status, those that should not be, and what became of the questions."""
    made = await asyncio.to_thread(payloads, count, start)
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as folder:
        async with LocalWorkspace(manifest=Desk.MANIFEST, request_url=url) as workspace:
            more = f'mode = "http"\nport = {port}\n[monitoring]\nport = 0\n'
            desk = Desk(Path(folder), workspace, more=more)
            await desk.sync()
            await desk.launch()
            await _listening(workspace)
            statuses, wrong, asked = await _send(workspace, url, made, random.Random(start), desk.log)  # noqa: S311 - no secret
            with suppress(TimeoutError):  # the figures below say which
                await workspace.wait_for(lambda: min(_answers(workspace, asked).values()) > 0, QUIET_S)
            await desk.stop()
            counts = _answers(workspace, asked)
    outcome = Counter("never" if one == 0 else "once" if one == 1 else "twice" for one in counts.values())
    report = {"payloads": len(made), "seed": start, "statuses": statuses, "wrong": wrong, "asked": len(asked)}
    return {"soak": "HTTP mode, fuzzed", **report, **outcome}


async def _listening(workspace: LocalWorkspace) -> None:
    async with asyncio.timeout(60):
        while not await workspace.requests.verify():  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.1)


async def _send(
    workspace: LocalWorkspace, url: str, made: list[Sent], chance: random.Random, log: Path
) -> tuple[dict[int, int], int, list[str]]:
    statuses: Counter[int] = Counter()
    asked, wrong = [], 0
    async with aiohttp.ClientSession() as session:
        for number, sent in enumerate(made):
            if number % ASK_EVERY == 0:
                asked.append(await workspace.say("dana", "support", f"@frontdesk {chance.choice(QUESTIONS)}"))
            forged = chance.random() < 0.2
            headers = _forged(sent, chance) if forged else signed(sent.body)
            headers = {"Content-Type": sent.content_type, **headers}
            async with session.post(url, data=sent.body, headers=headers) as response:
                statuses[response.status] += 1
                is_wrong = (response.status != 401) if forged else response.status >= 500 or response.status == 401
                wrong += is_wrong
                if is_wrong:
                    _tell(response.status, sent, log)
    return dict(statuses), wrong, asked


def _tell(status: int, sent: Sent, log: Path) -> None:
    """What was sent, and the end of the desk's log, which has what it met there."""
    body = unquote_plus(sent.body.decode(errors="replace"))[:600]
    sys.stderr.write(f"{status} to {sent.content_type!r}: {body}\n{log.read_text()[-1500:]}\n")


def _forged(sent: Sent, chance: random.Random) -> dict[str, str]:
    """Another secret, another body, or a clock that is six minutes off."""
    off = chance.choice((-360, 360))
    return chance.choice(
        (signed(sent.body, "another"), signed(sent.body + b"x"), signed(sent.body, at=time.time() + off), {})
    )


def _answers(workspace: LocalWorkspace, asked: list[str]) -> dict[str, int]:
    posted = Counter(one["thread_ts"] for one in workspace.messages("support") if final(one))
    return {ts: posted[ts] for ts in asked}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    report = asyncio.run(soak(*(numbers + [10_000, 1][len(numbers) :])))
    sys.stdout.write(json.dumps(report) + "\n")
    sys.exit(0 if report["asked"] == report.get("once") and not report["wrong"] else 1)
