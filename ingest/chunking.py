"""A document to chunks: under one heading each, whole where they fit, never longer than the model's window."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from ingest.index.contract import Embedder
from ingest.model import Block, Chunk, Document

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

_NAMESPACE = UUID("6f1a4f0e-7c55-5c0b-9d0e-0d6a3f5b8a11")
# Raise it when the same document gives other chunks: the index is then built anew beside the old one.
CHUNKER_VERSION = 3

_CONTEXT_SHARE = 5  # title and section path may each take this part of the window at most
_LINES = {"table", "list", "code"}  # kinds whose lines are units

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """The text of a chunk to be, and where it begins."""

    text: str
    page: int | None
    line: int | None


class Chunker:
    """Cuts documents for one embedding model. The same document always gives the same chunks, ids included."""

    def __init__(self, embedder: Embedder) -> None:
        self._count_tokens = embedder.count_tokens
        self._window = embedder.max_tokens

    def chunks(self, document: Document, line_anchor: str = "") -> list[Chunk]:
        """`line_anchor` ("#L{line}") follows the document's URI where a chunk's line is known; a page is always named.

        Positions go up by one through the document, so that neighbours can be put together again. A chunk's line is
        that of its first block; of a later part of a long table, list or code block about the part's own.
        """
        limit = self._window // _CONTEXT_SHARE
        title = self._shortened(document.title, limit)
        found: list[Chunk] = []
        for path, blocks in groupby(document.blocks, key=lambda block: block.section):
            section = self._shortened(" > ".join(path), limit)
            context = self._count("\n".join(part for part in (title, section) if part))
            budget = self._window - context - 2 * self._special  # once as they are, once for what joins the parts
            for piece in self._pieces(list(blocks), budget):
                found.append(_chunk(document, title, section, piece, line_anchor, len(found)))
        return found

    def _pieces(self, blocks: Sequence[Block], budget: int) -> Iterator[_Piece]:
        """Texts of one section: blocks together while they fit; a row alone; a long block in parts."""
        waiting: list[Block] = []
        size = 0
        for block in blocks:
            tokens = self._count(block.text)
            alone = block.kind == "row" or tokens > budget
            if waiting and (alone or size + tokens > budget):
                yield from self._together(waiting, budget)
                waiting, size = [], 0
            if tokens > budget:
                yield from self._parts(block, budget)
            elif alone:
                yield _Piece(block.text, block.page, block.line)
            else:
                waiting.append(block)
                size += tokens
        if waiting:
            yield from self._together(waiting, budget)

    def _together(self, blocks: Sequence[Block], budget: int) -> Iterator[_Piece]:
        """Counts were added up; that the sum is no less than the whole's is so in most tokenizers, and checked here."""
        text = "\n\n".join(block.text for block in blocks)
        if len(blocks) == 1 or self._count(text) <= budget:
            yield _Piece(text, blocks[0].page, blocks[0].line)
            return
        half = len(blocks) // 2
        yield from self._together(blocks[:half], budget)
        yield from self._together(blocks[half:], budget)

    def _parts(self, block: Block, budget: int) -> Iterator[_Piece]:
        """A block too long for one chunk, cut between lines where they are the unit, else between sentences."""
        if block.kind not in _LINES:
            yield from (_Piece(part, block.page, block.line) for part in self._sentences(block.text, budget))
            return
        lines = block.text.split("\n")
        head = lines[0] + "\n" if block.kind == "table" and self._count(lines[0]) <= budget // 3 else ""
        body = block.text[len(head) :]
        room = budget - self._count(head) if head else budget
        for start, part in self._packed(body, room):
            line = None if block.line is None else block.line + block.text.count("\n", 0, len(head) + start)
            text = head + part
            if self._count(text) <= budget:
                yield _Piece(text, block.page, line)
            else:
                yield from (_Piece(some, block.page, line) for some in self._sentences(text, budget))

    def _sentences(self, text: str, budget: int) -> Iterator[str]:
        for part in self._splitter(budget).split_text(text):
            if self._count(part) <= budget or len(part) == 1:
                yield part
            else:  # the parts' tokens do not add up to the whole's in every tokenizer
                yield from self._sentences(part, budget * 3 // 4)

    def _packed(self, text: str, budget: int) -> Iterator[tuple[int, str]]:
        """Neighbouring lines put together while they fit, each part with its place in the text; no blank ones."""
        begun, end, size = 0, 0, 0
        for line in _LINE.finditer(text):
            tokens = self._count(line.group())
            if size and size + tokens > budget:
                yield from _trimmed(text, begun, end)
                begun, size = line.start(), 0
            end, size = line.end(), size + tokens
        yield from _trimmed(text, begun, end)

    def _splitter(self, budget: int) -> "SentenceSplitter":
        return self._splitter_class(
            chunk_size=budget,
            chunk_overlap=0,  # the engine puts neighbours together again
            tokenizer=lambda text: range(self._count(text)),
            paragraph_separator="\n",
        )

    @cached_property
    def _splitter_class(self) -> type["SentenceSplitter"]:
        # Late: the import takes over a second and 100 MiB, which a sync of short paragraphs need not pay.
        from llama_index.core.node_parser import SentenceSplitter  # noqa: PLC0415

        return SentenceSplitter

    def _count(self, text: str) -> int:
        """Word pieces of the text alone, so that those of its parts add up."""
        return self._count_tokens(text) - self._special

    @cached_property
    def _special(self) -> int:
        return self._count_tokens("")

    def _shortened(self, text: str, limit: int) -> str:
        """The longest beginning within `limit` tokens, cut between words where it has any."""
        if self._count(text) <= limit:
            return text
        length = _largest(len(text), lambda length: self._count(text[:length] + "…") <= limit)
        cut = text[:length]
        return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip() + "…"


def _trimmed(text: str, start: int, stop: int) -> Iterator[tuple[int, str]]:
    """Without the blank lines around it; what a line is indented by stays."""
    part = text[start:stop]
    begins = len(part) - len(part.lstrip("\n"))
    if part.strip():
        yield start + begins, part.strip("\n") if "\n" in part else part.strip()


def _largest(top: int, fits: Callable[[int], bool]) -> int:
    low, high = 0, top
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _chunk(document: Document, title: str, section: str, piece: _Piece, line_anchor: str, position: int) -> Chunk:
    anchor = ""
    if piece.page is not None and urlsplit(document.uri).path.lower().endswith(".pdf"):
        anchor = f"#page={piece.page}"  # browsers open it there
    elif piece.line is not None:
        anchor = line_anchor.replace("{line}", str(piece.line))
    text = piece.text.strip("\n")  # a blank line after the section would be counted with neither of them
    return Chunk(
        id=str(uuid5(_NAMESPACE, f"{document.document_id}\x1f{position}\x1f{text}")),
        document_id=document.document_id,
        title=title,
        section=section,
        text=text,
        uri=document.uri + anchor,
        position=position,
        changed_at=document.changed_at,
        version=document.version,
        page=piece.page,
        line=piece.line,
        audience=document.audience,
    )
