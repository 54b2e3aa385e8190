"""The embedding model, run by fastembed on the CPU: one session for documents and queries."""

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.index import minilm
from ingest.index.contract import IndexUnavailable, Vectors

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from tokenizers import Tokenizer

# Small batches of texts of similar length: half as much padding as fastembed's 256 in the order they come, twice the
# speed, and a query that arrives meanwhile shares the cores with 8 texts instead of waiting behind hundreds.
BATCH = 8
THREADS = min(4, os.cpu_count() or 1)
HUB_TIMEOUT_S = 5.0
UNLIMITED = {"max_length": 512}  # for the few models that state no window


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a model decides whether vectors can be compared."""

    name: str
    weights_sha256: str
    dimensions: int
    max_tokens: int
    pooling: str

    @property
    def fingerprint(self) -> str:
        parts = [self.name, self.weights_sha256, self.dimensions, self.max_tokens, self.pooling, "unit length"]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


MINILM = Facts(minilm.NAME, minilm.WEIGHTS_SHA256, minilm.DIMENSIONS, minilm.WINDOW, "mean")


class FastEmbedder:
    """An Embedder over any fastembed model: the default one, a built-in name, or a folder with an ONNX model.

    Constructing it reads nothing. The model is loaded by the first call that needs it (call `embed` once to do it
    early); only the default's facts are known before. Every method may be called from any thread at any time and
    raises IndexUnavailable with one sentence when the model cannot be had.
    """

    def __init__(self, name: str, model_dir: Path) -> None:
        self.name = minilm.NAME if name.lower() == minilm.NAME.lower() else name
        self._model_dir = model_dir
        self._loading = Lock()
        self._model: TextEmbedding | None = None
        self._counter: Tokenizer | None = None
        self._facts = MINILM if self.name == minilm.NAME else None

    @property
    def fingerprint(self) -> str:
        return self._known().fingerprint

    @property
    def dimensions(self) -> int:
        return self._known().dimensions

    @property
    def max_tokens(self) -> int:
        return self._known().max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1 in the order of the texts. A text past the window is cut there."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        model = self._loaded()
        try:
            embedded = model.embed([well_formed(texts[index]) for index in order], batch_size=BATCH)
            for index, vector in zip(order, embedded, strict=True):
                vectors[index] = vector
        except Exception as error:  # whatever onnxruntime raises: out of memory, above all
            raise IndexUnavailable(f"The embedding model {self.name} failed ({error}); nothing was written.") from error
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
        return unit

    def count_tokens(self, text: str) -> int:
        """Word pieces of the whole text, special tokens included, as the model would read it without its window."""
        self._loaded()
        assert self._counter is not None
        return len(self._counter.encode(well_formed(text)).ids)

    def _known(self) -> Facts:
        if self._facts is None:
            self._loaded()
        assert self._facts is not None
        return self._facts

    def _loaded(self) -> "TextEmbedding":
        with self._loading:
            if self._model is None:
                self._load()
            assert self._model is not None
            return self._model

    def _load(self) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 - the first embedding needs it, not the start

        if self.name == minilm.NAME:
            model = _open(minilm.NAME, minilm.ensure(self._model_dir), self._model_dir)
        elif Path(self.name).is_dir():
            model = _open_folder(Path(self.name).resolve(), self._model_dir)
        else:
            model = _open_builtin(self.name, self._model_dir)
        inner: Any = model.model  # its class depends on the model; each has a tokenizer
        counter = Tokenizer.from_str(inner.tokenizer.to_str())
        counter.no_truncation()
        counter.no_padding()
        if self._facts is None:
            self._facts = Facts(
                name=Path(self.name).name if Path(self.name).is_dir() else self.name,
                weights_sha256=_weights_sha256(inner._model_dir, inner.model_description),
                dimensions=len(next(iter(model.embed(["probe"])))),
                max_tokens=(inner.tokenizer.truncation or UNLIMITED)["max_length"],
                pooling=str(getattr(inner, "_pooling", type(inner).__name__)),
            )
        self._counter, self._model = counter, model


def well_formed(text: str) -> str:
    """The text with lone surrogates replaced: JSON may carry them, and no tokenizer takes them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _open(name: str, folder: Path | None, cache: Path) -> "TextEmbedding":
    from fastembed import TextEmbedding  # noqa: PLC0415 - 0.3 s that a command without a query does not pay

    try:
        return TextEmbedding(
            name,
            cache_dir=str(cache),
            threads=THREADS,
            specific_model_path=None if folder is None else str(folder),
            local_files_only=True,
            # The arena keeps the memory of the largest batch for good, and costs more than it saves at 8 texts.
            enable_cpu_mem_arena=False,
        )
    except Exception as error:  # onnxruntime, tokenizers and fastembed each raise their own
        if folder is None:
            raise
        raise IndexUnavailable(
            f"The embedding model in {folder} cannot be loaded ({error}); "
            + ("delete that folder and start again: it is rebuilt." if name == minilm.NAME else "see its files.")
        ) from error


def _open_folder(folder: Path, cache: Path) -> "TextEmbedding":
    from fastembed import TextEmbedding  # noqa: PLC0415 - see _open
    from fastembed.common.model_description import ModelSource, PoolingType  # noqa: PLC0415 - see _open

    found = sorted(folder.glob("*.onnx")) + sorted((folder / "onnx").glob("*.onnx"))
    if not found or not (folder / "tokenizer.json").is_file():
        raise IndexUnavailable(
            f"[index] embedding_model: {folder} is not a model; it needs model.onnx, tokenizer.json and "
            "tokenizer_config.json."
        )
    file = next((one for one in found if one.name == "model.onnx"), found[0])
    name = f"folder:{folder}"
    if name.lower() not in {one["model"].lower() for one in TextEmbedding.list_supported_models()}:
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType(_pooling(folder)),
            normalization=True,
            sources=ModelSource(hf="local/none"),
            dim=0,  # measured after loading
            model_file=str(file.relative_to(folder)),
        )
    return _open(name, folder, cache)


def _pooling(folder: Path) -> str:
    """How token vectors become one: as sentence-transformers wrote it beside the model, else their mean."""
    config = folder / "1_Pooling" / "config.json"
    if config.is_file() and json.loads(config.read_text("utf-8")).get("pooling_mode_cls_token"):
        return "CLS"
    return "MEAN"


def _open_builtin(name: str, cache: Path) -> "TextEmbedding":
    """From the cache; else downloaded, when the hub answers within HUB_TIMEOUT_S."""
    from fastembed import TextEmbedding  # noqa: PLC0415 - see _open
    from huggingface_hub import constants  # noqa: PLC0415 - see _open

    if name.lower() not in {one["model"].lower() for one in TextEmbedding.list_supported_models()}:
        raise IndexUnavailable(
            f"[index] embedding_model: {name!r} is neither a folder nor a model that fastembed knows; "
            f"example: {minilm.NAME!r}, which needs no network."
        )
    try:
        return _open(name, None, cache)
    except Exception as missing:
        problem = _hub_problem(constants.ENDPOINT) if not constants.HF_HUB_OFFLINE else "HF_HUB_OFFLINE is set"
        if problem:
            raise IndexUnavailable(
                f"The embedding model {name} is not in {cache} and its hub cannot be reached ({problem}); "
                f"connect to the network once, name a folder that holds the model, or use {minilm.NAME}."
            ) from missing
    try:
        return TextEmbedding(name, cache_dir=str(cache), threads=THREADS, enable_cpu_mem_arena=False)
    except Exception as error:
        raise IndexUnavailable(f"The embedding model {name} could not be downloaded ({error}); try again.") from error


def _hub_problem(endpoint: str) -> str:
    """Why the hub does not answer; empty when it does. Asked first because its client retries for 39 seconds."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - an https address from the client's own settings
            urllib.request.Request(endpoint, method="HEAD"),  # noqa: S310
            timeout=HUB_TIMEOUT_S,
        ):
            return ""
    except urllib.error.HTTPError:
        return ""  # it answers
    except OSError as error:
        return str(getattr(error, "reason", error))


def _weights_sha256(folder: Path, description: object) -> str:
    """One hash over the model's file, its external data and its tokenizer."""
    names = [getattr(description, "model_file", ""), *getattr(description, "additional_files", ()), "tokenizer.json"]
    digest = hashlib.sha256()
    for path in sorted({folder / name for name in names}):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
