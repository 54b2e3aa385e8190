"""`frontdesk forget` in the running command, against a whole `serve`."""

import json
import sqlite3
from pathlib import Path

from ops.workspace.server import LocalWorkspace
from tests.scenarios.test_processes import Serve, answers, config, run, serve, workspace

__all__ = ["config", "serve", "workspace"]


async def test_a_person_is_forgotten_by_their_address(serve: Serve, config: Path, workspace: LocalWorkspace) -> None:
    """Slack tells whose address it is. The answer stays in Slack; the store has neither question nor person."""
    await run(config, "sync")
    await serve.start()
    ts = await workspace.say("dana", "support", "@frontdesk how long does standard shipping take?")
    await workspace.wait_for(lambda: answers(workspace, ts), 60)
    status, out, err = await run(config, "forget", "--json", "dana@customers.example")
    assert status == 0, err
    report = json.loads(out)
    assert report["known_as"] == ["dana@customers.example", "U0DANA"]
    assert (report["deleted"]["questions"], report["deleted"]["answers"]) == (1, 1)
    assert answers(workspace, ts), "Slack is not touched"
    with sqlite3.connect(config.parent / ".frontdesk" / "frontdesk.sqlite3") as database:
        kept = "".join(database.iterdump())
    assert "U0DANA" not in kept
    assert "standard shipping" not in kept
    status, out, _ = await run(config, "forget", "U0DANA")
    assert "nothing is held of this person" in out
