"""The worker process: one file after another from stdin to stdout, until stdin ends. See process.py."""

import contextlib
import json
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from ingest.model import ParseError
from ingest.parsing.formats import parse
from ingest.parsing.parsed import Parsed


def serve(requests: BinaryIO, replies: BinaryIO, time_limit: float) -> None:
    while line := requests.readline():
        request = json.loads(line)
        content = requests.read(request["size"])
        # The parent kills us in time; the alarm is for a worker whose parent is gone.
        signal.alarm(int(time_limit) + 5)
        try:
            found = parse(request["name"], content, request["options"])
            reply = {"documents": [_fields(parsed) for parsed in found.documents], "problems": found.problems}
        except ParseError as error:
            reply = {"error": str(error)}
        reply["held"] = _held()
        # "replace": half a surrogate pair, as broken files have them, cannot be stored or sent.
        sent = json.dumps(reply, ensure_ascii=False).encode(errors="replace")
        signal.alarm(0)
        replies.write(sent + b"\n")
        replies.flush()


def _held() -> int:
    """MiB of memory that this process holds; 0 where the system does not tell. Not getrusage: a child's begins at what
    its parent held."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20
    except OSError:
        return 0


def _fields(parsed: Parsed) -> dict[str, object]:
    return {
        "key": parsed.key,
        "url": parsed.url,
        "title": parsed.title,
        "version": parsed.version,
        "audience": parsed.audience,
        "changed_at": parsed.changed_at,
        "blocks": [(block.text, block.section, block.kind, block.page, block.line) for block in parsed.blocks],
    }


def main() -> None:
    memory_limit, time_limit = int(sys.argv[1]) * 2**20, float(sys.argv[2])
    os.nice(10)  # a bot that answers meanwhile comes first
    with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
    # What a library prints must not be taken for a reply.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.disable()
    serve(sys.stdin.buffer, replies, time_limit)


if __name__ == "__main__":
    main()
