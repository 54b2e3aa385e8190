"""A cross-encoder of one's own, run by fastembed on the CPU: it reads question and passage together."""

import math
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ingest.index.contract import IndexUnavailable
from ingest.index.embedder import THREADS, well_formed
from ingest.index.loading import onnx_file

if TYPE_CHECKING:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

BATCH = 8  # pairs at a time, of like length: padding is little, and so is the memory of a batch
PROBE = ("Is it here?", ("It is here.", "Nothing."))


class FastReranker:
    """A Reranker over a folder with an ONNX cross-encoder. Constructing it reads nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._loading = Lock()
        self._model: TextCrossEncoder | None = None

    def load(self) -> None:
        self._loaded()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        model = self._loaded()
        try:
            return _scores(model, question, texts)
        except Exception as error:  # whatever onnxruntime raises: out of memory, above all
            raise IndexUnavailable(f"The reranker in {self._folder} failed ({error}).") from error

    def _loaded(self) -> "TextCrossEncoder":
        with self._loading:
            if self._model is None:
                self._model = _open(self._folder)
            return self._model


def _open(folder: Path) -> "TextCrossEncoder":
    from fastembed.common.model_description import ModelSource  # noqa: PLC0415 - 0.3 s that only a reranker pays
    from fastembed.rerank.cross_encoder import TextCrossEncoder  # noqa: PLC0415 - as above

    file = onnx_file(folder)
    if file is None or not all((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
        raise IndexUnavailable(
            f"[index] reranker_dir: {folder} is not a cross-encoder; it needs model.onnx, tokenizer.json and "
            "tokenizer_config.json."
        )
    name = f"folder:{folder}:{file}"
    if name.lower() not in {one["model"].lower() for one in TextCrossEncoder.list_supported_models()}:
        TextCrossEncoder.add_custom_model(model=name, sources=ModelSource(hf="local/none"), model_file=file)
    try:
        model = TextCrossEncoder(
            name, threads=THREADS, specific_model_path=str(folder), local_files_only=True, enable_cpu_mem_arena=False
        )
        found = _scores(model, *PROBE)
    except Exception as error:  # onnxruntime, tokenizers and fastembed each raise their own
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IndexUnavailable(
            f"[index] reranker_dir: {folder} can't be used as a cross-encoder ({said}); it has to give one number for "
            "a question and a passage."
        ) from error
    if len(found) != len(PROBE[1]) or not all(map(math.isfinite, found)):
        raise IndexUnavailable(f"[index] reranker_dir: {folder} gives no score for a question and a passage.")
    return model


def _scores(model: "TextCrossEncoder", question: str, texts: Sequence[str]) -> list[float]:
    """In the order of the texts, which are read in batches of like length."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    read = model.rerank(well_formed(question), [well_formed(texts[at]) for at in order], batch_size=BATCH)
    found = dict(zip(order, map(float, read), strict=True))
    return [found[at] for at in range(len(texts))]
