"""The search that the bot calls: hybrid, and of current generations only."""

from collections.abc import Sequence

from ingest.index.contract import Collection, Embedder, Generations, Hit, Query

SPARE = 8  # asked for besides `limit`: a document that was just rewritten has two generations in the collection
WIDEN = 4
MAX_CANDIDATES = 4096


class CurrentSearch:
    """A SearchIndex over one collection: what the ledger does not call current is dropped (rule 8)."""

    def __init__(self, collection: Collection, embedder: Embedder, generations: Generations) -> None:
        self._embedder = embedder
        self._collection = collection
        self._generations = generations

    def search(self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12) -> list[Hit]:
        """Current chunks that someone with one of the `audience` keywords may read, best first."""
        if not text.strip() or not audience or limit < 1:
            return []
        dense = self._embedder.embed([text])[0].tolist()
        wanted = limit + max(SPARE, limit // 2)
        while True:
            version = self.version()
            hits = self._collection.search(Query(text, dense, tuple(audience), tuple(sources), wanted))
            current = self._current(hits)
            if self.version() != version:
                continue  # a document switched in between: it would be missing from both sides of the switch
            if len(current) >= limit or len(hits) < wanted or wanted >= MAX_CANDIDATES:
                return current[:limit]
            wanted = min(wanted * WIDEN, MAX_CANDIDATES)

    def similarity(self, query: str, texts: Sequence[str]) -> list[float]:
        """Cosine of the query to each text, in their order; what exceeds the model's window is not looked at."""
        if not texts:
            return []
        vectors = self._embedder.embed([query, *texts])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    def version(self) -> int:
        return self._generations.index_version()

    def _current(self, hits: Sequence[Hit]) -> list[Hit]:
        current = self._generations.current(sorted({hit.payload.document_id for hit in hits}))
        return [hit for hit in hits if current.get(hit.payload.document_id) == hit.payload.generation]
