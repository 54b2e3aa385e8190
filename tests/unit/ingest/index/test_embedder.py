"""The embedding model: the default one from its installed weights, and any other that is set instead."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.index import Embedder, IndexUnavailable, make_embedder, minilm
from ingest.settings import IndexSettings


def test_vectors_have_length_one_and_keep_their_order(embedder: Embedder) -> None:
    """Sorting by length inside changes neither the order nor, beyond rounding, a text's vector."""
    texts = ["about returning an opened laptop " * 12, "hi", "refunds", "", "shipping to Alaska", "x"] * 4
    together = embedder.embed(texts)
    assert (together.shape, together.dtype) == ((24, embedder.dimensions), np.float32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, row in zip(texts[:6], together[:6], strict=True):
        np.testing.assert_allclose(embedder.embed([text])[0], row, atol=1e-5)
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_cosines_are_those_of_the_published_model(embedder: Embedder) -> None:
    """The model card's own example: sentence-transformers gives 0.6660 and 0.1046 for these three sentences."""
    weather, sunny, stadium = embedder.embed(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    assert weather @ sunny == pytest.approx(0.6660, abs=2e-3)
    assert weather @ stadium == pytest.approx(0.1046, abs=2e-3)


def test_paraphrases_are_nearer_than_strangers(embedder: Embedder) -> None:
    asked, near, far = embedder.embed(
        ["How do I get my money back?", "Steps to request a refund", "The cat sleeps on the sofa"]
    )
    assert asked @ near > 0.5 > 0.2 > asked @ far


def test_the_whole_window_is_read_and_no_more(embedder: Embedder) -> None:
    """The tokenizer file's own limit of 128 would ignore the tail of a text of 250 pieces."""
    inside, beyond = " ".join(["word"] * 246), " ".join(["word"] * 300)
    assert 128 < embedder.count_tokens(f"{inside} refund") == 250 <= embedder.max_tokens == 256
    one, other = embedder.embed([f"{inside} refund", f"{inside} volcano"])
    assert one @ other < 0.9999
    one, other = embedder.embed([f"{beyond} refund", f"{beyond} volcano"])
    assert one @ other > 0.999999


def test_tokens_are_counted_without_a_limit(embedder: Embedder) -> None:
    assert [embedder.count_tokens(text) for text in ("", "hello", "hello " * 1000)] == [2, 3, 1002]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_has_a_vector(embedder: Embedder, text: str) -> None:
    """Control characters, emoji and the lone surrogates that JSON may carry included."""
    assert np.linalg.norm(embedder.embed([text])[0]) == pytest.approx(1, abs=1e-4)
    assert embedder.count_tokens(text) >= 2


def test_a_query_does_not_wait_for_a_batch_of_documents(embedder: Embedder) -> None:
    """While hundreds of documents are embedded in one call, queries on other threads come back with right vectors."""
    expected = embedder.embed(["where is my order"])[0]
    done = threading.Event()

    def documents() -> None:
        embedder.embed(["a document about the delivery of large appliances " * 8] * 200)
        done.set()

    worker = threading.Thread(target=documents)
    worker.start()
    answered = 0
    while not done.is_set():
        np.testing.assert_allclose(embedder.embed(["where is my order"])[0], expected, atol=1e-5)
        answered += not done.is_set()
    worker.join()
    assert answered >= 5


def test_constructing_reads_nothing(tmp_path: Path) -> None:
    """The facts that name a collection are known of the default model before it is built or loaded."""
    fresh = make_embedder(IndexSettings(model_dir=tmp_path / "models"))
    assert (fresh.dimensions, fresh.max_tokens, len(fresh.fingerprint)) == (384, 256, 12)
    assert not (tmp_path / "models").exists()


def test_two_processes_may_build_the_model_at_once(tmp_path: Path, embedder: Embedder) -> None:
    code = (
        "import sys; from pathlib import Path; from ingest.index.embedder import FastEmbedder, minilm; "
        "print(FastEmbedder(minilm.NAME, Path(sys.argv[1])).embed(['refund'])[0][:3].tolist())"
    )
    builders = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = [json.loads(builder.communicate(timeout=60)[0]) for builder in builders]
    assert [folder.name for folder in tmp_path.iterdir()] == [minilm.FOLDER]
    for vector in printed:
        np.testing.assert_allclose(vector, embedder.embed(["refund"])[0][:3], atol=1e-5)


def test_damaged_weights_are_refused_and_nothing_is_built(tmp_path: Path) -> None:
    """One flipped byte is enough."""
    package = tmp_path / "package"
    shutil.copytree(minilm.package_folder(), package)
    with (package / "model.safetensors").open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(IndexUnavailable, match=f"damaged.*Reinstall {minilm.PACKAGE}"):
        minilm.ensure(tmp_path / "models", package)
    assert not (tmp_path / "models").exists()


def test_a_model_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = make_embedder(IndexSettings(model_dir=tmp_path / "file" / "models"))
    with pytest.raises(IndexUnavailable, match=r"could not be written.*model_dir"):
        broken.embed(["x"])


def test_a_damaged_model_file_names_the_folder_to_delete(tmp_path: Path, model_dir: Path, embedder: Embedder) -> None:
    embedder.embed(["build it"])
    shutil.copytree(model_dir / minilm.FOLDER, tmp_path / minilm.FOLDER)
    (tmp_path / minilm.FOLDER / "model.onnx").write_bytes(b"cut short")
    with pytest.raises(IndexUnavailable, match="delete that folder"):
        make_embedder(IndexSettings(model_dir=tmp_path)).embed(["x"])


def test_a_folder_of_ones_own_is_another_model(tmp_path: Path, model_dir: Path, embedder: Embedder) -> None:
    """Its window and pooling are read from its files; its fingerprint differs, so vectors never share a collection."""
    embedder.embed(["build it"])
    shutil.copytree(model_dir / minilm.FOLDER, tmp_path / "mine")
    (tmp_path / "mine" / "tokenizer_config.json").write_text('{"model_max_length": 64, "pad_token": "[PAD]"}')
    mine = make_embedder(IndexSettings(embedding_model=str(tmp_path / "mine")))
    assert (mine.dimensions, mine.max_tokens) == (384, 64)
    np.testing.assert_allclose(mine.embed(["refund"]), embedder.embed(["refund"]), atol=1e-5)
    shutil.copytree(tmp_path / "mine", tmp_path / "first" / "mine")
    (tmp_path / "first" / "mine" / "1_Pooling").mkdir()
    (tmp_path / "first" / "mine" / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    first = make_embedder(IndexSettings(embedding_model=str(tmp_path / "first" / "mine")))
    assert float(first.embed(["refund"])[0] @ mine.embed(["refund"])[0]) < 0.99
    assert len({embedder.fingerprint, mine.fingerprint, first.fingerprint}) == 3


@pytest.mark.parametrize("text", ["no/such-model", "."])
def test_what_is_no_model_is_said_in_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(IndexUnavailable, match=r"^\[index\] embedding_model: .*(neither a folder|is not a model)"):
        _ = make_embedder(IndexSettings(embedding_model=text, model_dir=tmp_path)).fingerprint


@pytest.mark.parametrize(("variable", "value"), [("HF_ENDPOINT", "http://127.0.0.1:1"), ("HF_HUB_OFFLINE", "1")])
def test_without_a_hub_a_built_in_model_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Not after the 39 seconds that the downloader tries. In a process of its own: the client reads these on import."""
    code = (
        "import sys, time; from pathlib import Path; from ingest.index import IndexUnavailable\n"
        "from ingest.index.embedder import FastEmbedder\n"
        "started = time.monotonic()\n"
        "try: FastEmbedder('BAAI/bge-small-en-v1.5', Path(sys.argv[1])).fingerprint\n"
        "except IndexUnavailable as error: print(f'{time.monotonic() - started:.1f} {error}')"
    )
    monkeypatch.setenv(variable, value)
    started = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30)
    seconds, _, said = ran.stdout.strip().partition(" ")
    assert "cannot be reached" in said, ran.stderr
    assert float(seconds) < 10
    assert time.monotonic() - started < 20
    assert "\n" not in said


def test_the_int8_form_is_another_model_near_the_first(model_dir: Path, embedder: Embedder) -> None:
    """Its vectors are never mixed with the others, and one does not depend on the texts it was embedded with."""
    int8 = make_embedder(IndexSettings(embedding_model=minilm.INT8_NAME, model_dir=model_dir))
    texts = ["about returning an opened laptop " * 12, "refunds", "shipping to Alaska takes a week"] * 4
    vectors = int8.embed(texts)
    assert float((vectors * embedder.embed(texts)).sum(axis=1).min()) > 0.985
    np.testing.assert_allclose(int8.embed(texts[1:2])[0], vectors[1], atol=1e-5)
    assert int8.fingerprint != embedder.fingerprint
