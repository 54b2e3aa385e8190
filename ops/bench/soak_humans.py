"""`make soak`: random stories of the human path; none ends with an illegal state, a lost request or a second notice.

python -m ops.bench.soak_humans [stories] [seed]        (default 5,000)
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from tests.fakes.interleavings import House, Story, stories, tell


def soak(number: int, begin: int) -> dict[str, object]:
    """How many stories were told, and how many moves they made. Raises with the shortest story that ends badly."""
    logging.disable()  # of each fault there are lines
    house = House()
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as folder, asyncio.Runner() as runner:
        runner.run(house.open(f"sqlite:///{Path(folder) / 'desk.db'}"))

        @seed(begin)
        @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(stories)
        def told(story: Story) -> None:
            runner.run(tell(story, house))

        began = time.monotonic()
        told()
        runner.run(house.close())
    seconds = round(time.monotonic() - began, 1)
    return {"soak": "stories of the human path", "stories": house.told, "moves": house.moves, "seed": begin} | {
        "took_s": seconds
    }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    report = soak(*(numbers + [5_000, 1][len(numbers) :]))
    sys.stdout.write(json.dumps(report) + "\n")
