"""A folder with a cross-encoder, through the real fastembed: its scores, and what is no cross-encoder."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from ingest.index import IndexUnavailable, Reranker, make_reranker, minilm
from ingest.settings import IndexSettings
from tests.fakes import cross_encoder

ASKED = "Can I return an opened drone?"
TEXTS = ["Parcels to Alaska take nine days.", "You can return an opened drone, less a fee. " * 9, "Drone batteries."]


@pytest.fixture
def folder(tmp_path: Path, model_dir: Path) -> Path:
    return cross_encoder.write(tmp_path / "reranker", model_dir)


def reranker(folder: Path) -> Reranker:
    made = make_reranker(IndexSettings(reranker_dir=folder))
    assert made is not None
    return made


def test_each_text_gets_its_score_in_the_order_of_the_texts(folder: Path) -> None:
    """However many there are, of whatever length, and whatever stands in them."""
    one = reranker(folder)
    far, near, middle = one.scores(ASKED, TEXTS)
    assert near > middle > far
    many = one.scores(ASKED, TEXTS * 20)
    assert many == pytest.approx([far, near, middle] * 20)
    assert one.scores(ASKED, []) == []
    assert len(one.scores("\ud800", ["", "\udfff \x00"])) == 2


def test_a_passage_longer_than_the_window_is_cut_and_read(folder: Path) -> None:
    [score] = reranker(folder).scores(ASKED, ["You can return an opened drone. " * 500])
    assert score > 0.5


def test_questions_at_once_load_it_once_and_get_their_own_scores(folder: Path) -> None:
    one = reranker(folder)
    expected = reranker(folder).scores(ASKED, TEXTS)
    found: list[list[float]] = []
    threads = [Thread(target=lambda: found.append(one.scores(ASKED, TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [pytest.approx(expected)] * 4


def test_the_file_may_lie_where_exporters_put_it(folder: Path) -> None:
    (folder / "onnx").mkdir()
    shutil.move(folder / "model.onnx", folder / "onnx" / "model_quantized.onnx")
    assert len(reranker(folder).scores(ASKED, TEXTS)) == 3


def test_without_a_folder_there_is_none() -> None:
    assert make_reranker(IndexSettings()) is None


def _no_model(folder: Path, models: Path) -> None:
    (folder / "model.onnx").unlink()


def _no_tokenizer(folder: Path, models: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _nothing(folder: Path, models: Path) -> None:
    shutil.rmtree(folder)


def _cut_short(folder: Path, models: Path) -> None:
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:200])


def _bad_tokenizer(folder: Path, models: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


def _an_embedder(folder: Path, models: Path) -> None:
    shutil.copyfile(minilm.ensure(models) / "model.onnx", folder / "model.onnx")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_nothing, "is not a cross-encoder"),
        (_no_model, "is not a cross-encoder"),
        (_no_tokenizer, "is not a cross-encoder"),
        (_cut_short, "can't be used as a cross-encoder"),
        (_bad_tokenizer, "can't be used as a cross-encoder"),
        (_an_embedder, "can't be used as a cross-encoder"),
    ],
)
def test_what_can_not_be_used_is_said_in_one_sentence(
    folder: Path, model_dir: Path, spoil: Callable[[Path, Path], None], said: str
) -> None:
    """When it is loaded; constructing it reads nothing."""
    spoil(folder, model_dir)
    broken = reranker(folder)
    with pytest.raises(IndexUnavailable, match=rf"^\[index\] reranker_dir: .*{said}") as caught:
        broken.load()
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
