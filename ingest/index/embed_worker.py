"""The embedding worker process: one request after another from stdin to stdout, until stdin ends. See bulk.py.

A request is a line of JSON, the texts. A reply is a line of JSON, then the vectors' bytes (float32, one row a text).
"""

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from ingest.index.contract import IndexUnavailable, Vectors
from ingest.index.embedder import FastEmbedder

NICE = 19  # queries in the serving process come first; an otherwise idle machine is used in full


class Embeds(Protocol):
    def embed(self, texts: Sequence[str]) -> Vectors: ...


def serve(requests: BinaryIO, replies: BinaryIO, embedder: Embeds) -> None:
    while line := requests.readline():
        data = b""
        try:
            vectors = embedder.embed(json.loads(line))
            head: dict[str, object] = {"shape": vectors.shape}
            data = vectors.tobytes()
        except IndexUnavailable as error:
            head = {"error": str(error)}
        replies.write(json.dumps(head).encode() + b"\n" + data)
        replies.flush()


def main() -> None:
    # What a library prints must not be taken for a reply.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    embedder = FastEmbedder(sys.argv[1], Path(sys.argv[2]))
    with contextlib.suppress(IndexUnavailable):  # the first request says it
        embedder.embed(["a first text loads the model before the first request is there"])
    os.nice(NICE)  # only now: behind the parent's own first embedding it would hardly start, and that is waited for
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, replies, embedder)


if __name__ == "__main__":
    main()
