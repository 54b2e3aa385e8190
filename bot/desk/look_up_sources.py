"""What /sources does: which sections the words find, by document, with the lines that fit best."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.desk.model import Desk, FoundSources, Passage, Retrieval, SourceHit
from bot.desk.sentences import split_passage
from bot.desk.unasked import close
from bot.desk.words import content_words, flat

SNIPPET = 200  # characters


class Finder(Protocol):
    """The search. Raises RetrievalUnavailable."""

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval: ...

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        """How many documents fit the query that `audience` may not read: a number and nothing else."""
        ...


class LookUpSources:
    """Raises RetrievalUnavailable; no hits mean that nothing was found."""

    def __init__(self, engine: Finder) -> None:
        self._engine = engine

    async def __call__(self, words: str, desk: Desk, readable: Sequence[str]) -> FoundSources:
        """Sections for `words`, the best document's first, then the next one's. `readable` are the audience keywords of
        those who will see them. Both searches always run, so the time that it takes tells nothing."""
        found, withheld = await asyncio.gather(
            self._engine.retrieve(words, sources=desk.sources, audience=readable),
            self._engine.count_withheld(words, sources=desk.sources, audience=readable),
        )
        passages = _by_document(found.passages or _with_a_word(found.nearest, words))
        return FoundSources(tuple(_hit(passage, words) for passage in passages), withheld)

    async def covers(self, question: str, desk: Desk, readable: Sequence[str], sure: float) -> bool:
        """Whether the documents surely say something about it: see bot.desk.unasked.close."""
        found = await self._engine.retrieve(question, sources=desk.sources, audience=readable)
        return close(found.passages, sure)


def _with_a_word(nearest: Sequence[Passage], words: str) -> list[Passage]:
    """Below the floor something counts as found only where a word of the search stands in it."""
    wanted = content_words(words)
    return [one for one in nearest if wanted & content_words(one.whole)]


def _by_document(passages: Sequence[Passage]) -> list[Passage]:
    order = {document: rank for rank, document in enumerate(dict.fromkeys(one.document_id for one in passages))}
    return sorted(passages, key=lambda passage: order[passage.document_id])


def _hit(passage: Passage, words: str) -> SourceHit:
    return SourceHit(
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        title=passage.title,
        section=passage.section,
        snippet=snippet(passage.text, words),
        url=passage.url,
        changed_at=passage.changed_at,
        source=passage.source,
        version=passage.version,
        verified_at=passage.verified_at,
        stale=passage.stale,
        audience=passage.audience,
    )


def snippet(text: str, words: str, limit: int = SNIPPET) -> str:
    """At most `limit` characters around the sentence that shares most with `words`; "…" where something is left out."""
    units = [flat(unit) for unit in split_passage(text)]
    wanted = content_words(words)
    first = max(range(len(units)), key=lambda at: (len(wanted & content_words(units[at])), -at), default=0)
    last, room = first + 1, limit - 2
    while last < len(units) and len(" ".join(units[first : last + 1])) <= room:
        last += 1
    while first > 0 and len(" ".join(units[first - 1 : last])) <= room:
        first -= 1
    chosen = " ".join(units[first:last])
    if len(chosen) > room:
        return ("…" if first else "") + chosen[:room].rsplit(" ", 1)[0] + "…"
    return ("…" if first else "") + chosen + ("…" if last < len(units) else "")
