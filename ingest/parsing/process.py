"""Parsing in a process that may die: a document that hangs, crashes or eats memory costs itself, never the sync.

The child is `python -m ingest.parsing.worker`, started anew rather than forked (the parent has threads) and not by
multiprocessing (which would import the parent's main module again). Requests and replies are a line of JSON each, the
request followed by the file's bytes. The child reads hostile files, so nothing of it is unpickled here.
"""

import json
import subprocess
import sys
from datetime import datetime
from threading import Timer
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from ingest.model import Block, Content, Document, Failure, Listed, ParseError

TIME_LIMIT = 120.0  # seconds a document
MEMORY_LIMIT = 1536  # MiB of address space
_GROWN = 300  # MiB that a worker still holds after a document, above which another takes its place
_LONGEST_REPLY = 512 * 2**20  # bytes; far more than a worker in its right mind sends


class Parsing(NamedTuple):
    """What an item gave: at least one document, each with another id, and the parts that could not be read.

    A part in `problems` (a ZIP's member, a mail's attachment) may have been a document before: while there are any, a
    document that is missing is not known to be gone.
    """

    documents: list[Document]
    problems: list[Failure]


class Parser(Protocol):
    def parse(self, listed: Listed, content: Content) -> Parsing:
        """The documents that the item holds. Raises ParseError with one sentence when it holds none."""
        ...


class ParserProcess:
    """A worker that starts with the first document, serves a whole sync, and is gone when the `with` block ends."""

    def __init__(self, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the worker. The next document would start another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()

    def parse(self, listed: Listed, content: Content) -> Parsing:
        worker = self._worker = self._worker or self._start()
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            worker.kill()

        timer = Timer(self._time_limit, expire)
        timer.start()
        try:
            reply = _exchange(worker, content)
        finally:
            timer.cancel()
        if reply is None or expired or reply["held"] > _GROWN:
            self.close()
        if reply is None:
            if expired:
                raise ParseError(f"Reading it took longer than {self._time_limit:g} seconds.")
            raise ParseError(f"Reading it crashed the parser or needed more than {self._memory_limit} MiB of memory.")
        if "error" in reply:
            raise ParseError(str(reply["error"]))
        return Parsing(
            [_document(one, listed, content) for one in reply["documents"]],
            [Failure(f"{listed.uri}#{part}", reason) for part, reason in reply["problems"]],
        )

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a file named like a library in the folder where the command was typed must not be imported.
        command = [sys.executable, "-P", "-m", "ingest.parsing.worker", str(self._memory_limit), str(self._time_limit)]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )


def _exchange(worker: subprocess.Popen[bytes], content: Content) -> dict[str, Any] | None:
    """The worker's reply, or None when it died over the document."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        request = {"name": content.name, "size": len(content.data), "options": dict(content.options)}
        worker.stdin.write(json.dumps(request).encode() + b"\n" + content.data)
        worker.stdin.flush()
        line = worker.stdout.readline(_LONGEST_REPLY)
        reply = json.loads(line) if line.endswith(b"\n") else None
    except (OSError, ValueError):
        return None
    return reply if isinstance(reply, dict) else None


def _document(reply: dict[str, Any], listed: Listed, content: Content) -> Document:
    stated = reply["changed_at"]
    return Document(
        document_id=f"{listed.item_id}#{reply['key']}" if reply["key"] else listed.item_id,
        uri=reply["url"] or listed.uri,
        title=reply["title"],
        blocks=[Block(text, tuple(section), kind, page, line) for text, section, kind, page, line in reply["blocks"]],
        changed_at=datetime.fromisoformat(stated) if stated else content.changed_at or listed.changed_at,
        version=reply["version"],
        audience=tuple(reply["audience"]),
    )
