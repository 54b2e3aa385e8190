"""The search that the bot calls: hybrid, and of current generations only."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.index.contract import (
    Collection,
    Embedder,
    Found,
    Generations,
    Hit,
    IndexUnavailable,
    Likeness,
    Query,
    TableRow,
    Vectors,
)

SPARE = 8  # asked for besides `limit`: a document that was just rewritten has two generations in the collection
WIDEN = 4
MAX_CANDIDATES = 4096
_WHOLE = 3  # word pieces, of which two are the model's own marks
# A line of a row, "column: value", that only products have.
_OF_PRODUCT = re.compile(
    r"^(?:[^:\n]{0,30}[\s_.-])?(?:sku|mpn|ean|gtin|upc|asin|part|price|preis|prix|precio|artikelnummer"
    r"|(?:part|article|item|product|model)[\s_-]?(?:number|no|id|code))(?:[\s_.(-][^:\n]{0,30})?:",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Searched:
    """One collection, the model that made its vectors, and what of it is current."""

    collection: Collection
    embedder: Embedder
    generations: Generations


class CurrentSearch:
    """A SearchIndex: what the ledger does not call current is dropped (rule 8)."""

    def __init__(
        self,
        searched: Searched,
        stale_after: Mapping[str, timedelta | None] | None = None,
        audiences: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`stale_after`: source -> how long after its last sync a hit of it is stale. `audiences`: source -> who may
        read it as it is configured now, which may be less than what was stored with documents that wait to be indexed
        again; a source that is not named there is not searched."""
        self._searched = searched
        self._stale_after = stale_after or {}
        self._audiences = audiences
        self._clock = clock
        self._left: tuple[Searched, int] | None = None  # the version that the last search ended with

    def switch(self, searched: Searched) -> None:
        """Answer from another collection from now on."""
        self._searched = searched

    def search(self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12) -> Found:
        """Current chunks that someone with one of the `audience` keywords may read, best first."""
        allowed = self._allowed(audience, sources)
        return (
            self._found(text, tuple(audience), allowed, limit)
            if audience and allowed != []
            else Found((), self.version())
        )

    def withheld(
        self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12, floor: float = 0.0
    ) -> int:
        """How many documents `audience` may not read, among those of the best `limit` chunks of all whose similarity
        reaches `floor`. Only the number leaves this method."""
        found = self._found(text, None, sources, limit)
        near = [hit.payload for hit in found if hit.similarity is not None and hit.similarity >= floor]
        allowed = self._allowed(audience, sources)
        return len(
            {
                payload.document_id
                for payload in near
                if set(payload.audience).isdisjoint(audience) or (allowed is not None and payload.source not in allowed)
            }
        )

    def _allowed(self, audience: Sequence[str], sources: Sequence[str]) -> list[str] | None:
        """Those of `sources` (none named: all) that someone with one of these keywords may read; None: any."""
        if self._audiences is None:
            return list(sources) or None
        return [
            name
            for name, readers in self._audiences.items()
            if (not sources or name in sources) and not set(readers).isdisjoint(audience)
        ]

    def _found(self, text: str, audience: tuple[str, ...] | None, sources: Sequence[str] | None, limit: int) -> Found:
        if not text.strip() or limit < 1:
            return Found((), self.version())
        searched = self._searched
        try:
            return self._search(searched, text, audience, sources or (), limit)
        except IndexUnavailable:
            if searched is self._searched:
                raise
        return self._search(self._searched, text, audience, sources or (), limit)  # it was closed under our hands

    def _search(
        self, searched: Searched, text: str, audience: tuple[str, ...] | None, sources: Sequence[str], limit: int
    ) -> Found:
        generations = searched.generations
        dense = searched.embedder.embed([text])[0].tolist()
        wanted = limit + max(SPARE, limit // 2)
        # One look-up less a question: where nothing switched since an earlier search, nothing did during this one.
        left = self._left
        before = left[1] if left and left[0] is searched else generations.index_version()
        while True:
            hits = searched.collection.search(Query(text, dense, audience, tuple(sources), wanted))
            current = self._current(generations, hits)
            after = generations.index_version()
            self._left = searched, after
            if after != before:
                before = after
                continue  # a document switched in between: it would be missing from both sides of the switch
            if len(current) >= limit or len(hits) < wanted or wanted >= MAX_CANDIDATES:
                return Found(current[:limit], after)
            wanted = min(wanted * WIDEN, MAX_CANDIDATES)

    def likeness(self, query: str, texts: Sequence[str]) -> Likeness:
        """What exceeds the model's window is not looked at."""
        return self._searched.embedder.likeness(query, texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._searched.embedder.embed(texts)

    def listed(self) -> list[TableRow]:
        """Each current document that is one of several of its item, such as a row of a catalogue."""
        searched = self._searched
        rows = [one for one in searched.collection.titles() if "#" in one.document_id]
        found = []
        for first in range(0, len(rows), MAX_CANDIDATES):
            some = rows[first : first + MAX_CANDIDATES]
            known = searched.generations.current(sorted({one.document_id for one in some}))
            for document_id, generation, title, text in some:
                current = known.get(document_id)
                if current is not None and current.generation == generation:
                    found.append(TableRow(document_id.partition("#")[2], title, _OF_PRODUCT.search(text) is not None))
        return found

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has the word whole, as it has common words but not misspelt ones."""
        return self._searched.embedder.count_tokens(word) <= _WHOLE

    def model(self) -> str:
        return self._searched.embedder.fingerprint

    def version(self) -> int:
        return self._searched.generations.index_version()

    def _current(self, generations: Generations, hits: Sequence[Hit]) -> list[Hit]:
        known = generations.current(sorted({hit.payload.document_id for hit in hits}))
        now = self._clock()
        found = []
        for hit in hits:
            current = known.get(hit.payload.document_id)
            if current is not None and current.generation == hit.payload.generation:
                limit, verified = self._stale_after.get(hit.payload.source), current.verified_at
                stale = bool(limit and verified and now - verified > limit)
                found.append(replace(hit, verified_at=verified, stale=stale))
        return found
