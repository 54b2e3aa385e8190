"""What the bot searches: the query embedded, the collection asked, and only what is current kept (rule 8)."""

from collections.abc import Sequence

from ingest.index.contract import Collection, Embedder, Generations, Hit, IndexUnavailable, Query

_WIDENINGS = (2, 8)  # times the limit: stale points exist only while a sync runs, so the first nearly always does


class CurrentSearch:
    """contract.SearchIndex over a collection and the ledger's word on what is current."""

    def __init__(self, collection: Collection, embedder: Embedder, generations: Generations) -> None:
        self._collection = collection
        self._embedder = embedder
        self._generations = generations

    def search(self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12) -> list[Hit]:
        try:
            dense = self._embedder.embed([text])[0].tolist()
        except Exception as error:
            raise IndexUnavailable(f"the question could not be embedded: {error}") from error
        current: list[Hit] = []
        for factor in _WIDENINGS:
            hits = self._collection.search(Query(text, dense, tuple(audience), tuple(sources), limit * factor))
            known = self._generations.current([hit.payload.document_id for hit in hits])
            current = [hit for hit in hits if known.get(hit.payload.document_id) == hit.payload.generation]
            if len(current) >= limit or len(hits) < limit * factor:
                break
        return current[:limit]

    def similarity(self, query: str, texts: Sequence[str]) -> list[float]:
        """Cosine of the query to each text, -1..1."""
        vectors = self._embedder.embed([query, *texts])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    def version(self) -> int:
        return self._generations.index_version()
