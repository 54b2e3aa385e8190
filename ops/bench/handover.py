"""From "Talk to a human" to the brief in the escalation channel: a real `frontdesk serve`, the local workspace."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from ops.bench.serving import QUESTIONS, Desk, final
from ops.workspace.server import LocalWorkspace

PRESSES = 200
_HUMANS = "support-escalations"
_AT_ONCE = 20  # questions that are answered before their askers press


async def measure() -> dict[str, object]:
    """Times in ms, one press after the other, each in a thread of its own; `pressed_together`: 20 of them at once."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        async with LocalWorkspace(manifest=Desk.MANIFEST) as workspace:
            desk = Desk(Path(folder), workspace)
            await desk.sync()
            await desk.start()
            times: list[float] = []
            while len(times) < PRESSES:
                for answer in await _answers(workspace):
                    times.append(await _pressed(workspace, answer))
            together = await asyncio.gather(*(_pressed(workspace, one) for one in await _answers(workspace)))
            await desk.stop()
    return {"brief_ms": _figures(times), "pressed_together_ms": _figures(list(together))}


async def _answers(workspace: LocalWorkspace) -> list[str]:
    """The ts of new answers with the button."""
    asked = [
        await workspace.say("dana", "support", f"@frontdesk {QUESTIONS[at % len(QUESTIONS)]}") for at in range(_AT_ONCE)
    ]

    def found() -> list[str]:
        answers = {one["thread_ts"]: str(one["ts"]) for one in workspace.messages("support") if final(one)}
        return [answers[ts] for ts in asked] if answers.keys() >= set(asked) else []

    answers: list[str] = await workspace.wait_for(found, 120)
    return answers


async def _pressed(workspace: LocalWorkspace, answer: str) -> float:
    """Until the brief that links to the answer's thread stands in the channel."""
    thread_ts = str(workspace.state.message("C0SUPPORT", answer)["thread_ts"])
    began = time.perf_counter()
    await workspace.click("dana", "support", answer, "human_call")
    await workspace.wait_for(lambda: any(thread_ts in str(one.get("blocks")) for one in _briefs(workspace)), 30)
    return (time.perf_counter() - began) * 1000


def _briefs(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return workspace.messages(_HUMANS)[-2 * _AT_ONCE :]


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    return {
        "presses": len(ordered),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(p95, 1),
        "max": round(ordered[-1], 1),
    }
