"""What is done with hits before anybody writes: what counts as found, what belongs together, how much is used.

All but Reranked are fast and pure, so they run on the event loop instead of LlamaIndex's thread.
"""

import asyncio
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from bot.desk.errors import RetrievalUnavailable
from bot.desk.figures import stated
from bot.desk.past import about_the_past
from bot.desk.words import codes, content_words, has_code
from ingest.index.contract import IndexUnavailable, Reranker


class InLoopPostprocessor(BaseNodePostprocessor):
    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return self._postprocess_nodes(nodes, query_bundle)


class SimilarityFloor(InLoopPostprocessor):
    """Keeps what is near enough to the question, and what states a code that the question names, however far it seems.

    What only the keyword search found has no similarity: it stays where something else was near enough.
    """

    floor: float

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        wanted = codes(query_bundle.query_str) if query_bundle else frozenset()
        near = [node for node in nodes if (_similarity(node) or -1.0) >= self.floor]
        named = [node for node in nodes if has_code(f"{_title(node)}\n{node.text}", wanted)]
        chosen = {node.node_id for node in (*near, *named)}
        return [node for node in nodes if node.node_id in chosen or (near and _similarity(node) is None)]


class Reranked(BaseNodePostprocessor):
    """In the order of a cross-encoder, which runs in a thread. Raises RetrievalUnavailable."""

    _reranker: Reranker = PrivateAttr()

    def __init__(self, reranker: Reranker) -> None:
        super().__init__()
        self._reranker = reranker

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._postprocess_nodes, nodes, query_bundle)

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        asked = query_bundle.query_str if query_bundle else ""
        try:
            scores = self._reranker.scores(asked, [f"{_title(node)}\n{node.text}" for node in nodes])
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"what was found could not be reranked: {error}") from error
        ranked = [NodeWithScore(node=one.node, score=score) for one, score in zip(nodes, scores, strict=True)]
        return sorted(ranked, key=lambda one: -(one.score or 0.0))


class Preferred(InLoopPostprocessor):
    """Current documents before superseded ones, unless the past is asked for; then those that state a code that the
    question names: a code is exact, an embedding is not."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        asked = query_bundle.query_str if query_bundle else ""
        wanted, past = codes(asked), about_the_past(asked)

        def key(node: NodeWithScore) -> tuple[bool, int]:
            old = not past and "superseded" in str(node.metadata["version"] or "").lower()
            return old, -2 * has_code(_title(node), wanted) - has_code(node.text, wanted)

        return sorted(nodes, key=key)


class JoinedNeighbours(InLoopPostprocessor):
    """Chunks that follow each other in one section of one document become one passage, at the best one's place."""

    limit: int = 2400  # characters of a joined passage

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        rank = {node.node_id: at for at, node in enumerate(nodes)}
        joined: list[list[NodeWithScore]] = []
        for node in sorted(nodes, key=lambda node: (_section(node), node.metadata["position"])):
            if joined and self._follows(joined[-1], node):
                joined[-1].append(node)
            else:
                joined.append([node])
        joined.sort(key=lambda group: min(rank[node.node_id] for node in group))
        return [group[0] if len(group) == 1 else _join(group) for group in joined]

    def _follows(self, group: list[NodeWithScore], node: NodeWithScore) -> bool:
        last = group[-1]
        if _section(last) != _section(node) or node.metadata["position"] != last.metadata["position"] + 1:
            return False
        return sum(len(one.text) for one in group) + len(node.text) <= self.limit


class NearDuplicates(InLoopPostprocessor):
    """Of passages that say the same in nearly the same words, the first stays. Other figures are not the same."""

    share: float = 0.9  # of the words of both

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        kept: list[NodeWithScore] = []
        for node in nodes:
            if not any(self._same(node.text, other.text) for other in kept):
                kept.append(node)
        return kept

    def _same(self, one: str, other: str) -> bool:
        ours, theirs = content_words(one), content_words(other)
        alike = len(ours & theirs) >= self.share * max(len(ours), len(theirs))
        return alike and stated(one).figures == stated(other).figures


class Cap(InLoopPostprocessor):
    passages: int

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return nodes[: self.passages]


def _similarity(node: NodeWithScore) -> float | None:
    value: float | None = node.metadata["similarity"]
    return value


def _title(node: NodeWithScore) -> str:
    return f"{node.metadata['title']}\n{node.metadata['section']}"


def _section(node: NodeWithScore) -> tuple[str, str, str]:
    return node.metadata["document_id"], node.metadata["section"], node.metadata["url"]


def _join(group: list[NodeWithScore]) -> NodeWithScore:
    similar = [value for node in group if (value := _similarity(node)) is not None]
    metadata: dict[str, Any] = dict(group[0].metadata)
    metadata["similarity"] = max(similar, default=None)
    metadata["joined"] = tuple(node.node_id for node in group[1:])
    text = "\n\n".join(node.text for node in group)
    return NodeWithScore(
        node=TextNode(id_=group[0].node_id, text=text, metadata=metadata),
        score=max(node.score or 0.0 for node in group),
    )
