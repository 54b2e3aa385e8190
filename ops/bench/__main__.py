"""`make bench`: each measurement in turn, one JSON line each on stdout."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from ops.bench import first_answer, handover, ingest, load, retrieval, serving, startup, sync

MEASUREMENTS: dict[str, Callable[[], Awaitable[dict[str, object]]]] = {
    "startup": startup.measure,
    "serving": serving.measure,
    "load": load.measure,
    "handover": handover.measure,
    "sync": sync.measure,
    "ingest": ingest.measure,
    "retrieval": retrieval.measure,
    "first_answer": first_answer.measure,
}


async def main(names: list[str]) -> None:
    for name in names or list(MEASUREMENTS):
        began = time.monotonic()
        figures = await MEASUREMENTS[name]()
        seconds = round(time.monotonic() - began, 1)
        sys.stdout.write(json.dumps({"measurement": name, **figures, "took_s": seconds}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
