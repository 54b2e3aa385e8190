"""LlamaIndex's synthesizer over our writers: passages and prompt to a cited draft, sentence by sentence."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from llama_index.core.base.response.schema import AsyncStreamingResponse
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.llms.mock import MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.schema import NodeWithScore, QueryBundle, QueryType

from bot.desk.model import Attachment, DraftEnd, DraftSentence, Passage, Prompt, Turn
from bot.desk.ports import OrderTools
from bot.engine.retriever import DeskQuery, passage_of

Draft = AsyncGenerator[DraftSentence | Passage | DraftEnd, None]


class Writer(Protocol):
    """bot.desk.ports.Engine.write, as LlamaIndex's synthesizer reaches it."""

    def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt | None,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> Draft: ...


class Model(Writer, Protocol):
    """A writer that sees."""

    async def look(self, pictures: Sequence[Attachment]) -> tuple[str, DraftEnd]: ...


@dataclass
class DraftResponse(AsyncStreamingResponse):
    """A response whose `draft` has the citations; as LlamaIndex reads it, it streams the sentences' text."""

    draft: Draft = field(kw_only=True)


class CitedSynthesizer(BaseSynthesizer):
    """Hands the nodes themselves to the writer: the text-only route of LlamaIndex would lose what they cite."""

    def __init__(self, writer: Writer) -> None:
        # Given all three, BaseSynthesizer neither asks for OpenAI nor loads a tokenizer that nothing here uses.
        super().__init__(
            llm=MockLLM(),
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )
        self._writer = writer

    async def asynthesize(
        self,
        query: QueryType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> DraftResponse:
        asked = query if isinstance(query, DeskQuery) else DeskQuery(_text(query))
        passages = [passage_of(node) for node in nodes]
        draft = self._writer.write(
            asked.query_str,
            passages,
            asked.prompt,
            asked.turns,
            orders=asked.orders,
            note=asked.note,
            attachments=asked.attachments,
        )
        return DraftResponse(
            response_gen=_texts(draft), source_nodes=[*nodes, *(additional_source_nodes or ())], draft=draft
        )

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        raise NotImplementedError("a cited draft is made of nodes: use asynthesize")

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        raise NotImplementedError("a cited draft is made of nodes: use asynthesize")

    def _get_prompts(self) -> PromptDictType:
        return {}  # they are files of their own, versioned: see bot/prompting

    def _update_prompts(self, prompts: PromptDictType) -> None: ...


def _text(query: QueryType) -> str:
    return query.query_str if isinstance(query, QueryBundle) else query


async def _texts(draft: Draft) -> AsyncGenerator[str, None]:
    async for piece in draft:
        if isinstance(piece, DraftSentence):
            yield piece.text
