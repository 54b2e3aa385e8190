"""What every format's parser gives: documents with a title and blocks under their headings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.model import Block, ParseError

MOST_TEXT = 64 * 2**20  # characters that one item may give
MOST_DOCUMENTS = 200_000
_LONGEST_HEADING = 200  # characters; a longer one is text that only looks like a heading


@dataclass(frozen=True, slots=True)
class Parsed:
    title: str | None  # None: the document states none
    blocks: Sequence[Block]
    version: str | None = None
    key: str = ""  # which of its item's documents it is; "": the only one, or the item itself
    url: str | None = None  # where it has one of its own
    changed_at: str | None = None  # ISO with an offset, where it states one, as an e-mail does
    audience: tuple[str, ...] = ()  # as it states it, unchecked; empty: it states none


class Found(NamedTuple):
    """What an item holds, and its parts that could not be read: key and one sentence."""

    documents: list[Parsed]
    problems: list[tuple[str, str]]


ReadPart = Callable[[str, bytes], Found]  # parses what is inside an archive or a mail, by its name. Raises ParseError


def bounded(size: int) -> int:
    """The size of an item's text so far. Raises ParseError when no item may give so much."""
    if size > MOST_TEXT:
        raise ParseError(f"It holds more than {MOST_TEXT // 2**20} million characters of text; split it.")
    return size


@dataclass(slots=True)
class Outline:
    """Puts blocks under their headings. The first top heading is the title and no section."""

    title: str | None = None
    blocks: list[Block] = field(default_factory=list)
    _path: list[tuple[int, str]] = field(default_factory=list)
    _bare: tuple[int | None, int | None] | None = None  # page and line of a heading that has nothing under it yet
    _size: int = 0

    def heading(self, level: int, text: str, page: int | None = None, line: int | None = None) -> None:
        if not text:
            return
        if len(text) > _LONGEST_HEADING:
            self.add(text, page=page, line=line)
            return
        if self._path and self._path[-1][0] >= level:
            self._keep_bare_heading()
        self._path = [above for above in self._path if above[0] < level]
        if self.title is None and level == 1:
            self.title = text
        else:
            self._path.append((level, text))
            self._bare = page, line

    def add(self, text: str, kind: str = "text", page: int | None = None, line: int | None = None) -> None:
        if text.strip():
            self._bare = None
            self._size = bounded(self._size + len(text))
            self.blocks.append(Block(text.strip("\n"), tuple(text for _, text in self._path), kind, page, line))

    def finish(self) -> Sequence[Block]:
        self._keep_bare_heading()
        if not self.blocks and self.title:
            self.add(self.title)
        return self.blocks

    def _keep_bare_heading(self) -> None:
        """A heading with nothing under it is text, or it would not be found."""
        if self._bare:
            section = tuple(text for _, text in self._path)
            self.blocks.append(Block(section[-1], section[:-1], "text", *self._bare))
            self._bare = None


def as_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines "a | b | c", without the rows and the trailing columns that are empty."""
    width = max((at for row in rows for at, cell in enumerate(row, 1) if cell), default=0)
    return "\n".join(" | ".join(row[:width]).strip() for row in rows if any(row))
