"""Texts held against a query word by word: late interaction over the vectors of word pieces.

A sentence's one vector says what it is about; whether it speaks of each thing that is asked, its pieces say. The
method is ColBERT's (Khattab and Zaharia, 2020), by a model that was not trained for it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.index.contract import Likeness, Vectors

KEPT = 48 * 2**20  # bytes of word pieces' vectors that are kept: documents come again, questions do not


class Read(NamedTuple):
    """A text as the model read it, rows of length 1."""

    pieces: npt.NDArray[np.float16]  # shape (word pieces, dimensions), the model's own marks left out
    vector: Vectors  # shape (dimensions,)


class Words(NamedTuple):
    """The words of a text, and of each word piece which one it belongs to."""

    words: tuple[str, ...]
    of_piece: npt.NDArray[np.int64]


class Readings:
    """What was read lately; the longest unused goes first. Any thread may call it."""

    def __init__(self, read: Callable[[Sequence[str]], Iterable[Read]]) -> None:
        self._read = read
        self._kept: OrderedDict[str, Read] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def of(self, texts: Sequence[str]) -> list[Read]:
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
            for text in known:
                self._kept.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        read = dict(zip(new, self._read(new), strict=True)) if new else {}
        with self._lock:
            for text, one in read.items():
                if text not in self._kept:
                    self._kept[text] = one
                    self._size += one.pieces.nbytes
            while self._size > KEPT:
                self._size -= self._kept.popitem(last=False)[1].pieces.nbytes
        return [known.get(text) or read[text] for text in texts]


def likeness(query: Read, words: Words, texts: Sequence[Read]) -> Likeness:
    """`words` are the query's. A word is as near to a text as its pieces are on average to their nearest ones."""
    count = np.maximum(np.bincount(words.of_piece, minlength=len(words.words)), 1)
    asked = query.pieces.astype(np.float32)
    met = []
    for text in texts:
        nearest = (asked @ text.pieces.astype(np.float32).T).max(axis=1, initial=-1.0)
        met.append((np.bincount(words.of_piece, nearest, len(words.words)) / count).tolist())
    return Likeness(words.words, [float(text.vector @ query.vector) for text in texts], met)
