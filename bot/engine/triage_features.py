"""What the layers of bot.engine.triage look at: the meaning of a text and of its sentences, how near they come to the
short phrases of each category, and the text's own words."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.index.contract import Vectors

Rows = npt.NDArray[np.float64]
Embed = Callable[[Sequence[str]], Vectors]

NEAREST = 3  # phrases of a category whose likeness counts
PHRASES_WEIGH, WORDS_WEIGH = 4.0, 3.0  # chosen by cross-validation on the open scenarios
_WORD = re.compile(r"\b\w\w+\b")
_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True)
class Phrases:
    """Short typical sentences of each category, with their vectors."""

    categories: Sequence[str]
    of_phrase: npt.NDArray[np.intp]  # which category each belongs to
    vectors: Vectors

    @classmethod
    def embedded(cls, phrases: Sequence[tuple[str, str]], categories: Sequence[str], embed: Embed) -> "Phrases":
        """`phrases` are (text, category). Raises IndexUnavailable."""
        of_phrase = np.array([categories.index(category) for _, category in phrases])
        return cls(categories, of_phrase, embed([text for text, _ in phrases]))

    def near(self, vectors: Vectors, *, leaving_out: int | None = None) -> Rows:
        """How near the best of a text's `vectors` comes to each category. `leaving_out`: a phrase's own number, so that
        it is not found near itself."""
        likeness = (vectors @ self.vectors.T).max(axis=0)
        if leaving_out is not None:
            likeness[leaving_out] = 0.0
        of_each = (np.sort(likeness[self.of_phrase == at])[-NEAREST:] for at in range(len(self.categories)))
        return np.array([best.mean() for best in of_each])


def sentences(text: str) -> list[str]:
    return [one for one in _END.split(text) if len(one) > 3] or [text]


def meanings(texts: Sequence[str], phrases: Phrases, embed: Embed, *, are_phrases: bool = False) -> Rows:
    """Shape (texts, 2 * dimensions + categories). `are_phrases`: they are the phrases themselves, in their order."""
    parts = [sentences(text) for text in texts]
    whole = embed(list(texts))
    spread = iter(embed([sentence for part in parts for sentence in part]))
    rows = []
    for at, (vector, part) in enumerate(zip(whole, parts, strict=True)):
        of_parts = np.array([next(spread) for _ in part])
        near = phrases.near(np.vstack([of_parts, vector]), leaving_out=at if are_phrases else None)
        rows.append(np.concatenate([vector, of_parts.mean(axis=0), PHRASES_WEIGH * near]))
    return np.array(rows)


def terms_of(text: str) -> list[str]:
    """Words and pairs of words."""
    words = _WORD.findall(text.lower())
    return [*words, *(f"{first} {second}" for first, second in itertools.pairwise(words))]


def worded(text: str, terms: Mapping[str, tuple[int, float]]) -> Rows:
    """Shape (terms,), of length 1 or 0. `terms`: each known term's column, and how rare it is."""
    row = np.zeros(len(terms))
    for term, count in Counter(terms_of(text)).items():
        if term in terms:
            column, rarity = terms[term]
            row[column] = (1 + np.log(count)) * rarity
    length = np.linalg.norm(row)
    return WORDS_WEIGH * row / length if length else row
