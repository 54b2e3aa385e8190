"""The embedding model, run by fastembed on the CPU: one session for documents and queries."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.index import minilm
from ingest.index.contract import IndexUnavailable, Likeness, Vectors
from ingest.index.likeness import Read, Readings, Words, likeness
from ingest.index.loading import open_model, weights_sha256

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from tokenizers import Tokenizer

# Word pieces a batch, padding included: what its layers compute then stays in a core's cache (measured: 384 to 768 are
# equally good, 4096 a fifth slower), and each of THREADS threads has a batch of its own.
BATCH_TOKENS = 512
THREADS = min(4, os.cpu_count() or 1)
COUNTED_TOGETHER = 256  # texts
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


MINILM = {
    name.lower(): Facts(name, minilm.WEIGHTS_SHA256, minilm.DIMENSIONS, minilm.WINDOW, "mean")
    for name in (minilm.NAME, minilm.INT8_NAME)
}


class FastEmbedder:
    """An Embedder over any fastembed model: the default one, a built-in name, or a folder with an ONNX model.

    Constructing it reads nothing. The model is loaded by the first call that needs it (call `embed` once to do it
    early); only the default's facts are known before. Every method may be called from any thread at any time and
    raises IndexUnavailable with one sentence when the model cannot be had.
    """

    def __init__(self, name: str, model_dir: Path) -> None:
        self._facts = MINILM.get(name.lower())
        self.name = self._facts.name if self._facts else name
        self.model_dir = model_dir
        self._loading = Lock()
        self._model: TextEmbedding | None = None
        self._counter: Tokenizer | None = None
        self._readings = Readings(self._read)

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
        """Vectors of length 1 in the order of the texts. A text past the window is cut there.

        A single batch, as every query is, runs in the calling thread and waits for nobody.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        model, clean = self._loaded(), [well_formed(text) for text in texts]

        def run(batch: list[int]) -> None:
            vectors[batch] = list(model.embed([clean[index] for index in batch], batch_size=len(batch)))

        try:
            batches = list(self._batches(clean))
            for _ in map(run, batches) if len(batches) == 1 else self._threads.map(run, batches):
                pass
        except Exception as error:  # whatever onnxruntime raises: out of memory, above all
            raise IndexUnavailable(f"The embedding model {self.name} failed ({error}); nothing was written.") from error
        return _unit(vectors)

    def count_tokens(self, text: str) -> int:
        """Word pieces of the whole text, special tokens included, as the model would read it without its window."""
        self._loaded()
        assert self._counter is not None
        return len(self._counter.encode(well_formed(text)))

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness:
        """How like the query each text is, word by word; texts that were compared lately are not read again."""
        try:
            read = self._readings.of([well_formed(text) for text in (query, *texts)])
        except IndexUnavailable:
            raise
        except Exception as error:  # as in embed
            raise IndexUnavailable(f"The embedding model {self.name} failed ({error}).") from error
        return likeness(read[0], self._words(well_formed(query), len(read[0].pieces)), read[1:])

    def _words(self, text: str, pieces: int) -> Words:
        """The words of a text's first `pieces` word pieces."""
        assert self._counter is not None
        encoded = self._counter.encode(text)
        known = [at for at, word in enumerate(encoded.word_ids) if word is not None][:pieces]
        order = {word: row for row, word in enumerate(dict.fromkeys(encoded.word_ids[at] for at in known))}
        spans: dict[int, tuple[int, int]] = {}
        for at in known:
            begin, end = encoded.offsets[at]
            first = spans.get(order[encoded.word_ids[at]], (begin, end))[0]
            spans[order[encoded.word_ids[at]]] = first, end
        words = tuple(text[begin:end] for begin, end in spans.values())
        return Words(words, np.array([order[encoded.word_ids[at]] for at in known], np.int64))

    def _read(self, texts: Sequence[str]) -> list[Read]:
        """Each text's word pieces and its vector, which is their mean as in embed()."""
        inner: Any = self._loaded().model
        read: dict[int, Read] = {}

        def run(batch: list[int]) -> None:
            output = inner.onnx_embed([texts[index] for index in batch])
            if output.model_output.ndim != 3:
                raise IndexUnavailable(f"The embedding model {self.name} gives no vectors of word pieces.")
            for index, pieces, mask in zip(batch, output.model_output, output.attention_mask, strict=True):
                states = pieces[mask.astype(bool)]
                read[index] = Read(_unit(states[1:-1]).astype(np.float16), _unit(states.mean(axis=0, keepdims=True))[0])

        batches = list(self._batches(texts))
        for _ in map(run, batches) if len(batches) == 1 else self._threads.map(run, batches):
            pass
        return [read[index] for index in range(len(texts))]

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Indices of texts of like length, the longest first, so that the threads finish together."""
        sizes: list[int] = []
        if len(texts) > 1:
            assert self._counter is not None
            for start in range(0, len(texts), COUNTED_TOGETHER):
                encoded = self._counter.encode_batch(list(texts[start : start + COUNTED_TOGETHER]))
                sizes += [min(len(one), self.max_tokens) for one in encoded]
        order = sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True) or list(range(len(texts)))
        while order:
            many = max(1, BATCH_TOKENS // sizes[order[0]]) if sizes else 1
            yield order[:many]
            order = order[many:]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(THREADS, "embed")

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

        model = open_model(self.name, self.model_dir)
        inner: Any = model.model  # its class depends on the model; each has a tokenizer
        counter = Tokenizer.from_str(inner.tokenizer.to_str())
        counter.no_truncation()
        counter.no_padding()
        if self._facts is None:
            self._facts = Facts(
                name=Path(self.name).name if Path(self.name).is_dir() else self.name,
                weights_sha256=weights_sha256(inner._model_dir, inner.model_description),
                dimensions=len(next(iter(model.embed(["probe"])))),
                max_tokens=(inner.tokenizer.truncation or UNLIMITED)["max_length"],
                pooling=str(getattr(inner, "_pooling", type(inner).__name__)),
            )
        self._counter, self._model = counter, model


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
    return unit


def well_formed(text: str) -> str:
    """The text with lone surrogates replaced: JSON may carry them, and no tokenizer takes them."""
    return text.encode("utf-8", "replace").decode("utf-8")
