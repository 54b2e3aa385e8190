"""The published contract of the index: all that the bot may know of ingest.

One collection per embedding model (its name carries the model's fingerprint), so vectors are never mixed.
A point is a chunk: a dense vector "dense" (cosine), a BM25 sparse vector "sparse" (IDF applied by Qdrant) and the
payload below.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]  # shape (texts, dimensions), rows of length 1


class IndexUnavailable(Exception):
    """The index did not answer, or could not be opened. An outage, never an empty result (rule 5)."""


class IndexInUse(IndexUnavailable):
    """Another process has the embedded index's folder open."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What is stored with a chunk's vectors."""

    document_id: str
    source: str
    title: str
    section: str
    text: str
    url: str
    audience: tuple[str, ...]  # keywords such as "everyone"
    version: str | None  # as the document states it: "v3.2, March 2026"
    changed_at: datetime
    generation: int
    position: int  # in its document, from 0 and without gaps
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """`id` is a UUID in text form, deterministic over document, generation, position and text."""

    id: str
    dense: Sequence[float]
    embedded_text: str  # what the BM25 vector is made of
    payload: Payload


class Ranking(StrEnum):
    """What a query's hits are ordered by. Answers use FUSED; it is measured against the others."""

    FUSED = "fused"  # see schema.fused
    RRF = "rrf"  # reciprocal ranks of both legs, k = 60
    DENSE = "dense"
    SPARSE = "sparse"


@dataclass(frozen=True, slots=True)
class Query:
    """A hybrid query. A point matches when its source is among `sources` (empty: any) and its audience meets
    `audience` (None: any; what such a query finds is counted and not shown).
    """

    text: str
    dense: Sequence[float]
    audience: Sequence[str] | None
    sources: Sequence[str] = ()
    limit: int = 12
    ranking: Ranking = Ranking.FUSED


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` orders the hits of one query and says nothing across queries: standard deviations above the query's
    candidates, below zero too. `similarity` is the cosine to the query's dense vector, None where it is not known (both
    adapters know it of every hit). `verified_at` is when its source was last compared with the index, `stale` that this
    was longer ago than the source's limit.
    """

    id: str
    score: float
    similarity: float | None
    payload: Payload
    verified_at: datetime | None = None
    stale: bool = False


class Titled(NamedTuple):
    """A document as a collection holds it. `text`: of its first chunk."""

    document_id: str
    generation: int
    title: str
    text: str


class TableRow(NamedTuple):
    """A document that is one of several of its item. `is_product`: its table has a column of SKUs, of numbers of parts
    or articles, or of prices; the row of an error's code is none."""

    key: str
    title: str
    is_product: bool


class Collection(Protocol):
    """One collection of Qdrant. Two adapters: `edge.EdgeCollection` in the process, `server.ServerCollection` by URL.

    Every method blocks (call it from a thread) and raises IndexUnavailable when Qdrant does not do it.
    """

    name: str

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points; when it returns they are durable and searchable."""
        ...

    def count(self, document_ids: Sequence[str] | None = None, generation: int | None = None) -> int:
        """The points there are of these documents (None: of all) and of this generation (None: of any)."""
        ...

    def delete_generations(self, document_ids: Sequence[str], keep: int | None) -> None:
        """Remove these documents' points of all generations but `keep`; None removes all of them."""
        ...

    def document_ids(self) -> Mapping[str, Mapping[int, int]]:
        """Every document in the collection -> generation -> number of points. For `index verify`."""
        ...

    def titles(self) -> list[Titled]:
        """Every document in the collection, of any generation."""
        ...

    def search(self, query: Query) -> list[Hit]:
        """Best first, of any generation; ranked inside Qdrant."""
        ...

    def drop_others(self) -> None:
        """Remove our collections of other embedding models, beside this one."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Likeness:
    """Texts held against a query by the embedding model: the cosine of each text to the query, and of each of the
    query's words to the nearest word piece of each text."""

    words: tuple[str, ...]  # of the query, as written
    cosines: list[float]  # a text
    met: list[list[float]]  # a text, a word


class Embedder(Protocol):
    """One model for documents and queries."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """The model's window in word pieces, special tokens included."""
        ...

    @property
    def fingerprint(self) -> str:
        """12 hex digits over model, weights and settings that change vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of the texts; batches are sorted by length inside."""
        ...

    def count_tokens(self, text: str) -> int: ...

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness: ...


class Reranker(Protocol):
    """A cross-encoder: it reads a question and a passage together, which is dear and tells more than two vectors."""

    def load(self) -> None:
        """Load it now and try it. Blocks. Raises IndexUnavailable with one sentence when it can't be used."""
        ...

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, in their order; higher is better, and only within one call. Blocks. From any
        thread. Raises IndexUnavailable."""
        ...


class Current(NamedTuple):
    """The generation of a document that queries may see, and when its source was last compared with it."""

    generation: int
    verified_at: datetime | None


class Serving(NamedTuple):
    """The collection that queries are answered from, and the model that made its vectors."""

    collection: str
    embedding_model: str
    fingerprint: str  # the model's


class Generations(Protocol):
    """Which generation of each document is current. The ledger is the implementation."""

    def current(self, document_ids: Sequence[str]) -> Mapping[str, Current]:
        """What is current of each known document; unknown ones are left out. Blocks."""
        ...

    def index_version(self) -> int:
        """Grows with every change that a query can see."""
        ...


class Found(list[Hit]):
    """Hits, best first, and the version of the index in which they were found."""

    def __init__(self, hits: Iterable[Hit], version: int) -> None:
        super().__init__(hits)
        self.version = version


class SearchIndex(Protocol):
    """What the bot searches: embeds the query, asks the collection, drops what is not current."""

    def search(self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12) -> Found:
        """Current chunks only, best first. Blocks. Raises IndexUnavailable."""
        ...

    def withheld(
        self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12, floor: float = 0.0
    ) -> int:
        """How many documents `audience` may not read, among those of the best `limit` chunks whose similarity reaches
        `floor`. Only the number leaves the index. Blocks. Raises IndexUnavailable."""
        ...

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness:
        """How like the query each text is, as a whole and word by word. Blocks. Raises IndexUnavailable."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1, in the order of the texts. Blocks. Raises IndexUnavailable."""
        ...

    def listed(self) -> list[TableRow]:
        """Each current document that is one of several of its item, such as a row of a catalogue. Reads the whole
        collection: ask again when version() is another. Blocks. Raises IndexUnavailable."""
        ...

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has the word whole, as it has common words but not misspelt ones. Blocks."""
        ...

    def model(self) -> str:
        """The fingerprint of the embedding model."""
        ...

    def version(self) -> int: ...
