"""The desk's Engine over LlamaIndex: retriever -> postprocessors -> synthesizer."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore

from bot.desk.asking import questions_in
from bot.desk.commands import without_commands
from bot.desk.errors import ModelUnavailable, RetrievalUnavailable
from bot.desk.languages import is_english, is_familiar
from bot.desk.model import Attachment, DraftEnd, Intent, Passage, Prompt, Retrieval, Turn
from bot.desk.ports import OrderTools
from bot.desk.spelling import doubtful, respelled, words_in
from bot.desk.synonyms import plainly
from bot.desk.words import codes, hyphenated
from bot.engine.extractive import ExtractiveWriter
from bot.engine.intents import Intents
from bot.engine.postprocessors import (
    Cap,
    JoinedNeighbours,
    NearDuplicates,
    Preferred,
    Reranked,
    SimilarityFloor,
)
from bot.engine.retriever import DeskQuery, HybridRetriever, node_of_passage, passage_of
from bot.engine.synthesizer import CitedSynthesizer, Draft, DraftResponse, Model
from bot.engine.versions import with_older_told
from bot.settings import AnsweringSettings
from ingest.index.contract import IndexUnavailable, Reranker, SearchIndex

QUOTED_FROM = 12  # passages: a model is given fewer, since each costs tokens
# How like the question a passage has to be, where it is not set: what is quoted is doubted once more, and everyday
# wordings are not very like the document's.
SIMILAR, SIMILAR_TO_QUOTE = 0.30, 0.20
VOCABULARY = 120  # chunks whose words a misspelt one is compared with
MOST_SEEN = 50_000  # words of documents that are remembered
ENGLISH_ONLY = "I can only read English here. Could you ask me that in English?"
UNFAMILIAR = "I can only read English here, and don't know most of these words. Could you ask me that in English?"


class DeskQueryEngine(RetrieverQueryEngine):
    """LlamaIndex's engine, which also tells what fell below the floor."""

    async def find(self, query: DeskQuery) -> tuple[list[NodeWithScore], list[NodeWithScore]]:
        """What may be used, and everything that was retrieved; both best first, and older versions told as such."""
        retrieved = list(with_older_told(await self._retriever.aretrieve(query)))
        return await self._async_apply_node_postprocessors(retrieved, query), retrieved


class DocumentEngine:
    """The port bot.desk.ports.Engine. `writer` None: no model is configured, so write() quotes. `reranker` None: what
    was found stays in the index's order."""

    def __init__(
        self,
        index: SearchIndex,
        writer: Model | None,
        settings: AnsweringSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._index = index
        self._intents = Intents(index.embed, index.model)
        self._quoting = ExtractiveWriter(index.likeness, index.knows)
        self._model = writer
        self._shown = settings.passages
        self._seen: set[str] = set()
        floor = settings.min_similarity
        if floor is None:
            floor = SIMILAR if writer else SIMILAR_TO_QUOTE
        self._retriever = HybridRetriever(index, settings.candidates, floor)
        self.llama = DeskQueryEngine(
            self._retriever,
            CitedSynthesizer(writer or self._quoting),
            [
                SimilarityFloor(floor=floor),
                *([Reranked(reranker)] if reranker else []),
                Preferred(),
                NearDuplicates(),  # the first stays: what is in force
                JoinedNeighbours(),
                Cap(passages=settings.passages if writer else max(settings.passages, QUOTED_FROM)),
            ],
        )

    async def meant(self, text: str) -> Intent | None:
        try:
            return await asyncio.to_thread(self._meant, without_commands(text) or text)
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"what the message is for could not be looked at: {error}") from error

    def _meant(self, text: str) -> Intent | None:
        """Blocks. What a message is for was learnt from English ones."""
        return self._intents.of(text) if is_english(text) and self._is_familiar(text) else "foreign"

    def _is_familiar(self, text: str) -> bool:
        return bool(codes(text)) or is_familiar(text, self._is_right)

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        """Each question of a message is searched for by itself; what was found for them comes in turns."""
        if self._model is None:
            query = without_commands(query) or query
        searched = DeskQuery(query, sources=tuple(sources), audience=tuple(audience))
        if self._model is None and not is_english(query):
            return Retrieval((), (), self._index.version(), asks=ENGLISH_ONLY)
        searched.query_str, looked_up_ms = await self._respelled(searched)
        if self._model is None and not self._is_familiar(searched.query_str):
            return Retrieval((), (), self._index.version(), search_ms=looked_up_ms, asks=UNFAMILIAR)
        parts = [replace(searched, query_str=hyphenated(plainly(part))) for part in questions_in(searched.query_str)]
        found = Retrieval.of_several([await self._found(part) for part in parts])
        return replace(found, nearest=found.nearest[: self._shown], search_ms=looked_up_ms + found.search_ms)

    async def _found(self, part: DeskQuery) -> Retrieval:
        usable, retrieved = await self.llama.find(part)
        everything = tuple(passage_of(node) for node in retrieved)
        return Retrieval(
            passages=tuple(passage_of(node) for node in usable),
            nearest=() if usable else everything,
            index_version=part.index_version,
            search_ms=part.search_ms,
            superseded=tuple(one for one in everything if one.superseded),
        )

    async def _respelled(self, query: DeskQuery) -> tuple[str, float]:
        """With misspelt words as the documents that it may find spell them; and how long the index took over it (ms).

        A word that a document was seen to have is not looked up again.
        """
        try:
            if self._seen:  # the model, whose words are asked for, is loaded by now
                unsure = doubtful(query.query_str, self._is_right)
            else:
                unsure = await asyncio.to_thread(doubtful, query.query_str, self._is_right)
            if not unsure:
                return query.query_str, 0.0
            looked_up = replace(query)
            nodes = await HybridRetriever(self._index, VOCABULARY).aretrieve(looked_up)
            texts = [f"{node.metadata['title']} {node.metadata['section']} {node.text}" for node in nodes]
            right = await asyncio.to_thread(respelled, query.query_str, texts, self._is_right)
            self._seen |= words_in(texts) if len(self._seen) < MOST_SEEN else set()
            return right, looked_up.search_ms
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the question's spelling could not be looked at: {error}") from error

    def _is_right(self, word: str) -> bool:
        return word in self._seen or self._index.knows(word)

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        return await self._retriever.count_withheld(DeskQuery(query, sources=tuple(sources), audience=tuple(audience)))

    async def look(self, pictures: Sequence[Attachment]) -> tuple[str, DraftEnd]:
        if self._model is None:
            raise ModelUnavailable("no model is configured that could look at pictures")
        return await self._model.look(pictures)

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> Draft:
        query = DeskQuery(question, prompt=prompt, turns=turns, orders=orders, note=note, attachments=attachments)
        response = await self.llama.asynthesize(query, [node_of_passage(passage) for passage in passages])
        async with aclosing(cast(DraftResponse, response).draft) as draft:
            async for piece in draft:
                yield piece

    def quote(
        self,
        question: str,
        passages: Sequence[Passage],
        turns: Sequence[Turn],
        *,
        attachments: Sequence[Attachment] = (),
    ) -> Draft:
        return self._quoting.write(question, passages, None, turns, attachments=attachments)
