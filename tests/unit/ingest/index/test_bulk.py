"""Embedding for a sync: each text once, most of them in a child that may die, with a cache that may break."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from ingest.index import Embedder, IndexUnavailable
from ingest.index.bulk import IN_PROCESS, BulkEmbedder, bulk_embedder
from ingest.index.contract import Vectors
from ingest.index.embed_worker import serve
from ingest.index.vector_cache import VectorCache
from tests.fakes.index import WordEmbedder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "embeddings.sqlite3"


def _children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "ingest.index.embed_worker" in one.cmdline()]


def test_identical_texts_are_embedded_once_and_never_again(path: Path) -> None:
    """Not in the same call, the next call or the next sync; each caller gets its vectors in its order."""
    embedder = WordEmbedder()
    with bulk_embedder(embedder, path) as bulk:
        vectors = bulk.embed(["a refund", "shipping", "a refund"])
        bulk.embed(["shipping", "new"])
    with bulk_embedder(embedder, path) as bulk:
        np.testing.assert_array_equal(bulk.embed(["shipping", "a refund"]), vectors[[1, 0]])
        assert bulk.embed([]).shape == (0, embedder.dimensions)
    assert embedder.embedded == ["a refund", "shipping", "new"]


def test_another_model_never_gets_these_vectors(path: Path) -> None:
    """One file serves all models, so that a switch to another and back costs nothing."""
    first, other = WordEmbedder(), WordEmbedder()
    other.fingerprint = "111111111111"
    for embedder in (first, other, first):
        with bulk_embedder(embedder, path) as bulk:
            bulk.embed(["a refund"])
    assert (first.embedded, other.embedded) == (["a refund"], ["a refund"])


@pytest.mark.parametrize("damage", ["no database", "locked", "no folder", "wrong vectors"])
def test_a_broken_cache_costs_only_time(path: Path, tmp_path: Path, damage: str) -> None:
    """And what is damaged is made anew by a later sync."""
    embedder = WordEmbedder()
    with bulk_embedder(embedder, path) as bulk:
        expected = bulk.embed(["a refund"])
    lock = sqlite3.connect(path)
    if damage == "no database":
        lock.close()
        path.write_bytes(b"not a database at all" * 500)
    elif damage == "locked":
        lock.execute("begin exclusive")
    elif damage == "no folder":
        path = path / "below a file" / "cache"
    else:
        lock.execute("update vectors set vector = zeroblob(32)")
        lock.commit()
    with bulk_embedder(embedder, path) as bulk:
        np.testing.assert_array_equal(bulk.embed(["a refund", "shipping"])[:1], expected)
    lock.close()
    if damage != "no folder":
        for _ in range(2):
            with bulk_embedder(embedder, path) as bulk:
                bulk.embed(["a refund"])
        embedder.embedded.clear()
        with bulk_embedder(embedder, path) as bulk:
            np.testing.assert_array_equal(bulk.embed(["a refund"]), expected)
        assert embedder.embedded == []


def test_the_cache_forgets_what_was_not_used_for_longest(path: Path) -> None:
    """Its file stays near its limit, over any number of syncs."""
    rng = np.random.default_rng(1)
    made = rng.normal(size=(1000, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    sizes = []
    for start in range(0, 1000, 100):
        cache = VectorCache(path, "f", 384, limit=600_000)
        cache._today += start
        cache.get(["text 0"])
        cache.put([f"text {start + at}" for at in range(100)], made[start : start + 100])
        cache.close()
        sizes.append(path.stat().st_size)
    cache = VectorCache(path, "f", 384)
    found = cache.get([f"text {at}" for at in range(1000)])
    cache.close()
    assert 150 < len(found) < 350
    assert {"text 0", "text 999"} <= set(found)
    assert "text 50" not in found
    assert max(sizes) < 1_200_000


def test_a_small_sync_starts_no_process_and_a_large_one_does(path: Path, embedder: Embedder) -> None:
    """The child runs at the lowest priority, gives the same vectors, and is gone afterwards."""
    texts = [f"document {number} about returning an opened laptop" for number in range(IN_PROCESS + 40)]
    with bulk_embedder(embedder, path) as bulk:
        bulk.embed(texts[:IN_PROCESS])
        assert _children() == []
        vectors = bulk.embed(texts)
        [child] = _children()
        assert child.nice() == 19
    assert _children() == []
    np.testing.assert_allclose(vectors, embedder.embed(texts), atol=1e-5)


def test_a_child_that_dies_is_started_again(path: Path, embedder: Embedder) -> None:
    texts = [f"document {number} about delivery" for number in range(IN_PROCESS + 20)]
    with bulk_embedder(embedder, path) as bulk:
        bulk.embed(texts)
        [child] = _children()
        child.kill()
        child.wait()
        more = bulk.embed(["what came after it"])
        [again] = _children()
        assert again.pid != child.pid
    np.testing.assert_allclose(more, embedder.embed(["what came after it"]), atol=1e-5)


def test_a_child_that_always_dies_is_one_sentence(
    path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a hang nor a traceback; the vectors that were made before are in the cache."""
    texts = [f"document {number} about delivery" for number in range(IN_PROCESS + 20)]
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        bulk_embedder(embedder, path) as bulk,
        pytest.raises(IndexUnavailable, match=r"^The embedding process ended 2"),
    ):
        bulk.embed(texts)
    cache = VectorCache(path, embedder.fingerprint, embedder.dimensions)
    assert len(cache.get(texts)) == IN_PROCESS
    cache.close()


def test_the_child_ends_with_its_parent(tmp_path: Path, model_dir: Path) -> None:
    """Killed, so that nobody could say goodbye."""
    code = (
        "import sys; from pathlib import Path; from ingest.index.bulk import bulk_embedder\n"
        "from ingest.index.embedder import FastEmbedder, minilm\n"
        "with bulk_embedder(FastEmbedder(minilm.NAME, Path(sys.argv[1])), Path(sys.argv[2])) as bulk:\n"
        "    bulk.embed([f'document {n}' for n in range(100)])\n"
        "    print('ready', flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(model_dir), str(tmp_path / "cache")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    [child] = psutil.Process(parent.pid).children()
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    assert psutil.wait_procs([child], timeout=20)[1] == []


class Refusing:
    def embed(self, texts: Sequence[str]) -> Vectors:
        if texts == ["bad"]:
            raise IndexUnavailable("The model failed.")
        return np.ones((len(texts), 2), np.float32)


def test_the_worker_answers_each_request(tmp_path: Path) -> None:
    """What fails is said, and the next request is served."""
    requests = io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in (["a", "b"], ["bad"], ["c"])))
    replies = io.BytesIO()
    serve(requests, replies, Refusing())
    ones = np.ones(2, np.float32).tobytes()
    assert replies.getvalue() == (
        b'{"shape": [2, 2]}\n' + ones * 2 + b'{"error": "The model failed."}\n' + b'{"shape": [1, 2]}\n' + ones
    )


def test_threads_share_it(path: Path) -> None:
    """A sync's stages may call it at once; each gets its own."""
    embedder = WordEmbedder()
    with bulk_embedder(embedder, path) as bulk:
        got: dict[int, Vectors] = {}
        threads = [threading.Thread(target=lambda at=at: got.update({at: _ask(bulk, at)})) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for at, vectors in got.items():
        np.testing.assert_allclose(vectors, WordEmbedder().embed([f"text {at}", f"word {at}"]), atol=1e-6)
    assert len(got) == 8


def _ask(bulk: BulkEmbedder, at: int) -> Vectors:
    return bulk.embed([f"text {at}", f"word {at}"])
