"""The worker process: one document after another from stdin to stdout, until stdin ends. See process.py."""

import contextlib
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping
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
        # "replace": half a surrogate pair, as broken files have them, cannot be stored or sent.
        reply = json.dumps(_reply(request["name"], content, request["options"]), ensure_ascii=False).encode(
            errors="replace"
        )
        signal.alarm(0)
        replies.write(reply + b"\n")
        replies.flush()


def _reply(name: str, content: bytes, options: Mapping[str, str]) -> dict[str, object]:
    try:
        found = parse(name, content, options)
    except ParseError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "Reading it needs more memory than a document may use."}
    except Exception as error:  # noqa: BLE001 - any file may break any library, and must break only itself
        return {"error": f"It is damaged or not of its kind ({type(error).__name__}: {str(error)[:200]})."}
    return {"documents": [_fields(parsed) for parsed in found], "problems": []}


def _fields(parsed: Parsed) -> dict[str, object]:
    return {
        "key": parsed.key,
        "url": parsed.url,
        "title": parsed.title,
        "version": parsed.version,
        "changed_at": parsed.changed_at,
        "blocks": [(block.text, block.section, block.kind, block.page, block.line) for block in parsed.blocks],
    }


def main() -> None:
    memory_limit, time_limit = int(sys.argv[1]) * 2**20, float(sys.argv[2])
    with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
    # What a library prints must not be taken for a reply.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.disable()
    serve(sys.stdin.buffer, replies, time_limit)


if __name__ == "__main__":
    main()
