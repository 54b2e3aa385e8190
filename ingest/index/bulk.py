"""Embedding for a sync: each text once, from the cache where it is known, and many of them in a process beside us.

The child is `python -m ingest.index.embed_worker` at the lowest priority, so that queries in this process keep the
cores. A sync of a few chunks never starts it.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Timer

import numpy as np

from ingest.index.contract import Embedder, IndexUnavailable, Likeness, Vectors
from ingest.index.embedder import FastEmbedder
from ingest.index.vector_cache import VectorCache

log = logging.getLogger(__name__)

IN_PROCESS = 64  # texts embedded here before the child is asked; about half a second, in which it starts
ASKED_TOGETHER = 256  # texts a request: enough to sort by length, few enough to stop soon
TIME_LIMIT = 300.0  # seconds a request, a hundred times what it takes: a machine may be busy
ATTEMPTS = 2


class BulkEmbedder:
    """An Embedder for one sync; made by bulk_embedder(). Any thread may call it; it embeds for one at a time.

    Until something is to be embedded it opens nothing.
    """

    def __init__(self, embedder: Embedder, cache: Path) -> None:
        self._embedder = embedder
        self._cache_path = cache
        self._cache: VectorCache | None = None
        self._working = Lock()
        self._child: _Child | None = _Child(embedder) if isinstance(embedder, FastEmbedder) else None
        self._embedded = 0

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def max_tokens(self) -> int:
        return self._embedder.max_tokens

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    def count_tokens(self, text: str) -> int:
        return self._embedder.count_tokens(text)

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness:
        return self._embedder.likeness(query, texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1 in the order of the texts. Best with a few hundred at once.

        Raises IndexUnavailable when the model cannot be had, or its process ended twice over the same texts.
        """
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        with self._working:
            cache = self._cache = self._cache or VectorCache(self._cache_path, self.fingerprint, self.dimensions)
            known = dict(cache.get(texts))
            new = [text for text in dict.fromkeys(texts) if text not in known]
            for some, vectors in self._embed(new):
                cache.put(some, vectors)
                known.update(zip(some, vectors, strict=True))
        return np.stack([known[text] for text in texts])

    def _embed(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], Vectors]]:
        here = len(texts) if self._child is None else max(0, IN_PROCESS - self._embedded)
        self._embedded += len(texts)
        if self._child is not None and len(texts) > here:
            self._child.start()
        if first := texts[:here]:
            yield first, self._embedder.embed(first)
        for start in range(here, len(texts), ASKED_TOGETHER):
            assert self._child is not None
            some = texts[start : start + ASKED_TOGETHER]
            yield some, self._child.embed(some)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()
        if self._child is not None:
            self._child.stop()


@contextmanager
def bulk_embedder(embedder: Embedder, cache: Path) -> Iterator[BulkEmbedder]:
    """For one sync. `cache` is the file that keeps vectors by content, for all models and over rebuilds."""
    bulk = BulkEmbedder(embedder, cache)
    try:
        yield bulk
    finally:
        bulk.close()


class _Child:
    """The worker process: started when needed, again when it died, gone after stop()."""

    def __init__(self, embedder: FastEmbedder) -> None:
        self._embedder = embedder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._process is None:
            # -P: a file named like a library in the folder where the command was typed must not be imported.
            command = [
                sys.executable,
                "-P",
                "-m",
                "ingest.index.embed_worker",
                self._embedder.name,
                str(self._embedder.model_dir),
            ]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def embed(self, texts: Sequence[str]) -> Vectors:
        for attempt in range(ATTEMPTS):
            self.start()
            assert self._process is not None
            timer = Timer(TIME_LIMIT, self._process.kill)
            timer.start()
            try:
                return self._exchange(self._process, texts)
            except (OSError, ValueError) as error:
                self.stop()
                log.warning("the embedding process ended (attempt %s of %s): %s", attempt + 1, ATTEMPTS, error)
            finally:
                timer.cancel()
        raise IndexUnavailable(
            f"The embedding process ended {ATTEMPTS} times over the same texts, perhaps for want of memory; "
            "they were not written, and the next sync goes on from here."
        )

    def _exchange(self, process: subprocess.Popen[bytes], texts: Sequence[str]) -> Vectors:
        """Raises OSError or ValueError when the child died over it."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(texts).encode() + b"\n")
        process.stdin.flush()
        head = json.loads(process.stdout.readline())
        if "error" in head:
            raise IndexUnavailable(head["error"])
        size = len(texts) * self._embedder.dimensions * np.dtype(np.float32).itemsize
        return np.frombuffer(process.stdout.read(size), np.float32).reshape(len(texts), self._embedder.dimensions)
