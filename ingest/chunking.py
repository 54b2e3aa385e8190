"""A document to chunks: under one heading each, whole where they fit, never longer than the model's window."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from ingest.index.contract import Embedder
from ingest.model import Block, Chunk, Document

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

_NAMESPACE = UUID("6f1a4f0e-7c55-5c0b-9d0e-0d6a3f5b8a11")
# Raise it when the same document gives other chunks: the index is then built anew beside the old one.
CHUNKER_VERSION = 1

_CONTEXT_SHARE = 5  # title and section path may each take this part of the window at most


class Chunker:
    """Cuts documents for one embedding model. The same document always gives the same chunks, ids included."""

    def __init__(self, embedder: Embedder) -> None:
        self._count = embedder.count_tokens
        self._window = embedder.max_tokens

    def chunks(self, document: Document) -> list[Chunk]:
        limit = self._window // _CONTEXT_SHARE
        title = self._shortened(document.title, limit)
        found: list[Chunk] = []
        for path, blocks in groupby(document.blocks, key=lambda block: block.section):
            section = self._shortened(" > ".join(path), limit)
            budget = self._window - self._count("\n".join(part for part in (title, section) if part))
            for text, page in self._pieces(list(blocks), budget):
                found.append(self._chunk(document, title, section, text, page, len(found)))
        return found

    def _chunk(self, document: Document, title: str, section: str, text: str, page: int | None, position: int) -> Chunk:
        return Chunk(
            id=str(uuid5(_NAMESPACE, f"{document.document_id}\x1f{position}\x1f{text}")),
            document_id=document.document_id,
            title=title,
            section=section,
            text=text,
            uri=f"{document.uri}#page={page}" if page else document.uri,  # browsers open a PDF there
            position=position,
            changed_at=document.changed_at,
            version=document.version,
        )

    def _pieces(self, blocks: Sequence[Block], budget: int) -> Iterator[tuple[str, int | None]]:
        """Texts of one section: blocks together while they fit; a row alone; a long block in parts."""
        waiting: list[str] = []
        page: int | None = None
        for block in blocks:
            if waiting and (block.kind == "row" or self._count("\n\n".join([*waiting, block.text])) > budget):
                yield "\n\n".join(waiting), page
                waiting = []
            if block.kind == "row" or self._count(block.text) > budget:
                yield from ((part, block.page) for part in self._parts(block, budget))
                continue
            page = page if waiting else block.page
            waiting.append(block.text)
        if waiting:
            yield "\n\n".join(waiting), page

    def _parts(self, block: Block, budget: int) -> Iterator[str]:
        """A block too long for one chunk, cut between sentences, or between lines where lines are the unit."""
        if self._count(block.text) <= budget:
            yield block.text
            return
        if block.kind == "text":
            yield from self._sentences(block.text, budget)
            return
        lines = block.text.split("\n")
        head = lines.pop(0) if block.kind == "table" and self._count(lines[0]) <= budget // 3 else ""
        waiting: list[str] = [head] if head else []
        for line in lines:
            if self._count("\n".join([*waiting, line])) <= budget:
                waiting.append(line)
                continue
            if waiting != [head]:
                yield "\n".join(waiting)
            waiting = [head] if head else []
            if self._count("\n".join([*waiting, line])) > budget:
                yield from self._sentences(line, budget)
            else:
                waiting.append(line)
        if waiting and waiting != [head]:
            yield "\n".join(waiting)

    def _sentences(self, text: str, budget: int) -> Iterator[str]:
        for part in self._splitter(budget).split_text(text):
            if self._count(part) <= budget or len(part) == 1:
                yield part
            else:  # the parts' tokens do not add up to the whole's in every tokenizer
                yield from self._sentences(part, budget * 3 // 4)

    def _splitter(self, budget: int) -> "SentenceSplitter":
        return self._splitter_class(
            chunk_size=budget,
            chunk_overlap=0,  # the engine puts neighbours together again
            tokenizer=lambda text: range(self._count(text)),
            paragraph_separator="\n",
        )

    @cached_property
    def _splitter_class(self) -> type["SentenceSplitter"]:
        # Late: the import takes over a second and 100 MiB, which `--help` and a sync without changes need not pay.
        from llama_index.core.node_parser import SentenceSplitter  # noqa: PLC0415

        return SentenceSplitter

    def _shortened(self, text: str, limit: int) -> str:
        """The longest beginning within `limit` tokens, cut between words where it has any."""
        if self._count(text) <= limit:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._count(text[:middle] + "…") <= limit else (low, middle - 1)
        cut = text[:low]
        return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip() + "…"
