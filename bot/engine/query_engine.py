"""The desk's Engine over LlamaIndex: retriever -> postprocessors -> synthesizer."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import cast

from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore

from bot.desk.model import Passage, Prompt, Retrieval, Turn
from bot.desk.ports import OrderTools
from bot.engine.extractive import ExtractiveWriter
from bot.engine.postprocessors import (
    Cap,
    JoinedNeighbours,
    NearDuplicates,
    Preferred,
    SimilarityFloor,
)
from bot.engine.retriever import DeskQuery, HybridRetriever, node_of_passage, passage_of
from bot.engine.synthesizer import CitedSynthesizer, Draft, DraftResponse, Writer
from bot.settings import AnsweringSettings
from ingest.index.contract import SearchIndex


class DeskQueryEngine(RetrieverQueryEngine):
    """LlamaIndex's engine, which also tells what fell below the floor."""

    async def find(self, query: DeskQuery) -> tuple[list[NodeWithScore], list[NodeWithScore]]:
        """What may be used, and everything that was retrieved; both best first."""
        retrieved = await self._retriever.aretrieve(query)
        return await self._async_apply_node_postprocessors(retrieved, query), retrieved


class DocumentEngine:
    """The port bot.desk.ports.Engine. `writer` None: no model is configured, so write() quotes."""

    def __init__(self, index: SearchIndex, writer: Writer | None, settings: AnsweringSettings) -> None:
        self._quoting = ExtractiveWriter(index.similarity)
        self._shown = settings.passages
        self._retriever = HybridRetriever(index, settings.candidates, settings.min_similarity)
        self.llama = DeskQueryEngine(
            self._retriever,
            CitedSynthesizer(writer or self._quoting),
            [
                SimilarityFloor(floor=settings.min_similarity),
                NearDuplicates(),
                Preferred(),
                JoinedNeighbours(),
                Cap(passages=settings.passages),
            ],
        )

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        asked = DeskQuery(query, sources=tuple(sources), audience=tuple(audience))
        usable, retrieved = await self.llama.find(asked)
        nearest = [] if usable else retrieved[: self._shown]
        return Retrieval(
            passages=tuple(passage_of(node) for node in usable),
            nearest=tuple(passage_of(node) for node in nearest),
            index_version=asked.index_version,
            search_ms=asked.search_ms,
        )

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        return await self._retriever.count_withheld(DeskQuery(query, sources=tuple(sources), audience=tuple(audience)))

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
    ) -> Draft:
        query = DeskQuery(question, prompt=prompt, turns=turns, orders=orders, note=note)
        response = await self.llama.asynthesize(query, [node_of_passage(passage) for passage in passages])
        async with aclosing(cast(DraftResponse, response).draft) as draft:
            async for piece in draft:
                yield piece

    def quote(self, question: str, passages: Sequence[Passage], turns: Sequence[Turn]) -> Draft:
        return self._quoting.write(question, passages, None, turns)
