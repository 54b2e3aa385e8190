"""A search as an answer has it where a cross-encoder is configured, to be measured beside the others."""

from collections.abc import Sequence
from typing import Protocol

from ingest.index import Hit, Reranker

RERANKED = "reranked"


class Searching(Protocol):
    def search(self, text: str, *, audience: Sequence[str], limit: int) -> list[Hit]: ...


class Reranking:
    """A search whose best hits come in the reranker's order, and the others after them. A pair is read once."""

    def __init__(self, search: Searching, reranker: Reranker, candidates: int) -> None:
        self._search, self._reranker, self._candidates = search, reranker, candidates
        self._scores: dict[str, dict[str, float]] = {}

    def search(self, text: str, *, audience: Sequence[str], limit: int) -> list[Hit]:
        hits = self._search.search(text, audience=audience, limit=max(limit, self._candidates))
        best, rest = hits[: self._candidates], hits[self._candidates :]
        known = self._scores.setdefault(text, {})
        unread = [hit for hit in best if hit.id not in known]  # how deep was searched moves the best, a little
        read = [f"{hit.payload.title}\n{hit.payload.section}\n{hit.payload.text}" for hit in unread]
        known |= dict(zip((hit.id for hit in unread), self._reranker.scores(text, read), strict=True))
        return [*sorted(best, key=lambda hit: -known[hit.id]), *rest]
