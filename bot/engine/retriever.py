"""Hybrid search as a LlamaIndex retriever: one node a hit, with its payload as metadata."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from time import perf_counter

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Attachment, Passage, Prompt, Turn
from bot.desk.ports import OrderTools
from ingest.index.contract import Hit, IndexUnavailable, SearchIndex


@dataclass
class DeskQuery(QueryBundle):
    """A question as the engine's parts see it. `search_ms` and `index_version` are filled in by the retriever."""

    audience: Sequence[str] = ()
    sources: Sequence[str] = ()
    prompt: Prompt | None = None
    turns: Sequence[Turn] = ()
    orders: OrderTools | None = None
    note: str = ""
    attachments: Sequence[Attachment] = ()
    search_ms: float = field(default=0.0, compare=False)
    index_version: int = field(default=0, compare=False)


class HybridRetriever(BaseRetriever):
    """Asks the index, in a thread, for what the query's audience may read. Raises RetrievalUnavailable."""

    def __init__(self, index: SearchIndex, candidates: int, floor: float = 0.0) -> None:
        """`floor`: how similar to the query a chunk must be to be counted as withheld."""
        super().__init__()
        self._index = index
        self._candidates = candidates
        self._floor = floor

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = query_bundle if isinstance(query_bundle, DeskQuery) else DeskQuery(query_bundle.query_str)
        try:
            began = perf_counter()
            hits = self._index.search(
                query.query_str, audience=query.audience, sources=query.sources, limit=self._candidates
            )
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the index did not answer: {error}") from error
        query.search_ms = (perf_counter() - began) * 1000
        query.index_version = hits.version
        return [node_of(hit) for hit in hits if _may_read(hit, query.audience)]

    async def count_withheld(self, query: DeskQuery) -> int:
        """How many documents fit the query that its audience may not read: a number and nothing else."""
        try:
            return await asyncio.to_thread(
                self._index.withheld,
                query.query_str,
                audience=query.audience,
                sources=query.sources,
                limit=self._candidates,
                floor=self._floor,
            )
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the index did not answer: {error}") from error


def _may_read(hit: Hit, audience: Sequence[str]) -> bool:
    """The index has filtered already; an index that did not must not show (rule 6)."""
    return not set(hit.payload.audience).isdisjoint(audience)


def node_of(hit: Hit) -> NodeWithScore:
    payload = hit.payload
    return _node(
        hit.id,
        payload.text,
        hit.score,
        document_id=payload.document_id,
        source=payload.source,
        title=payload.title,
        section=payload.section,
        url=payload.url,
        version=payload.version,
        audience=payload.audience,
        changed_at=payload.changed_at,
        position=payload.position,
        similarity=hit.similarity,
        verified_at=hit.verified_at,
        stale=hit.stale,
    )


def node_of_passage(passage: Passage) -> NodeWithScore:
    metadata = {name: getattr(passage, name) for name in _METADATA}
    return _node(passage.chunk_id, passage.text, passage.score, **metadata)


def passage_of(scored: NodeWithScore) -> Passage:
    node = scored.node
    return Passage(chunk_id=node.node_id, text=node.get_content(), score=scored.score or 0.0, **node.metadata)


_METADATA = [field.name for field in fields(Passage) if field.name not in ("chunk_id", "text", "score")]


def _node(chunk_id: str, text: str, score: float, **metadata: object) -> NodeWithScore:
    return NodeWithScore(node=TextNode(id_=chunk_id, text=text, metadata=metadata), score=score)
