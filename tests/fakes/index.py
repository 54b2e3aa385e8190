"""Small real implementations of the index's ports: a collection in memory and an embedder without a model."""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ingest.index.contract import Hit, IndexUnavailable, Likeness, Point, Query, Titled, Vectors

DIMENSIONS = 8


class WordEmbedder:
    """A word is a token; texts that share words are near each other. Keeps what it was asked to embed."""

    name = "words"
    dimensions = DIMENSIONS
    fingerprint = "000000000000"

    def __init__(self, max_tokens: int = 64) -> None:
        self.max_tokens = max_tokens
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        vectors = np.full((len(texts), DIMENSIONS), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness:
        words = tuple(re.findall(r"\w+", query.lower()))
        vectors = self.embed([query, *texts])
        met = [[float(word in re.findall(r"\w+", text.lower())) for word in words] for text in texts]
        return Likeness(words, [float(value) for value in vectors[1:] @ vectors[0]], met)

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2


class MemoryCollection:
    """A Collection in a dict. Set `broken` to make it refuse as an index that is away or full does."""

    name = "memory"

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.broken: str | None = None

    def upsert(self, points: Sequence[Point]) -> None:
        self._up()
        self.points.update({point.id: point for point in points})

    def count(self, document_ids: Sequence[str] | None = None, generation: int | None = None) -> int:
        self._up()
        return sum(
            (document_ids is None or point.payload.document_id in document_ids)
            and generation in (None, point.payload.generation)
            for point in self.points.values()
        )

    def delete_generations(self, document_ids: Sequence[str], keep: int | None) -> None:
        self._up()
        self.points = {
            id_: point
            for id_, point in self.points.items()
            if point.payload.document_id not in document_ids or (keep is not None and point.payload.generation == keep)
        }

    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        self._up()
        found: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for point in self.points.values():
            found[point.payload.document_id][point.payload.generation] += 1
        return found

    def titles(self) -> list[Titled]:
        self._up()
        of_each = (point.payload for point in self.points.values() if point.payload.position == 0)
        return [Titled(one.document_id, one.generation, one.title, one.text) for one in of_each]

    def search(self, query: Query) -> list[Hit]:
        self._up()
        hits = [
            Hit(id_, float(np.dot(query.dense, point.dense)), float(np.dot(query.dense, point.dense)), point.payload)
            for id_, point in self.points.items()
            if (query.audience is None or set(point.payload.audience) & set(query.audience))
            and (not query.sources or point.payload.source in query.sources)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[: query.limit]

    def close(self) -> None:
        pass

    def _up(self) -> None:
        if self.broken:
            raise IndexUnavailable(self.broken)
