"""Two kills of the soak of the human path; `make soak` does hundreds."""

import random
from pathlib import Path

from ops.bench.front import front
from ops.bench.soak_escalations import soak


async def test_what_humans_were_called_to_survives_kills(tmp_path: Path) -> None:
    """Killed at an ack and when Slack has taken a brief: nothing is lost, nothing comes twice, and all of it ends."""
    async with front(tmp_path, random.Random(2)) as place:
        row = await soak(place, "SQLite", kills=2, at_once=2)
    assert row["wrong"] == []
    assert row["killed_at"] == {"acked": 1, "brief taken": 1}
    assert row["escalations"] == row["briefs"]
    assert row["escalations"] >= 2  # type: ignore[operator]
