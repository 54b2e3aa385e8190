"""The words of ingest. Values only; times are UTC and aware."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


def path_id(source: str, inside: str) -> str:
    """The id of an item by its path in the source. "#" is what parts a document's key from its item's id."""
    if "#" in inside or "%" in inside:
        inside = inside.replace("%", "%25").replace("#", "%23")
    return f"{source}:{inside}"


def path_of(source: str, item_id: str) -> str:
    """The path that path_id() was given."""
    return item_id.removeprefix(f"{source}:").replace("%23", "#").replace("%25", "%")


class Listed(NamedTuple):  # made ten thousand times a listing, where a frozen dataclass costs three times as much
    """An item (a file, a page, a feed) as its source lists it, unopened. It holds one document or several.

    `fingerprint` is another whenever content or URI may be another; "" is never known: the item is read each time.
    """

    item_id: str  # deterministic: source name + path inside it
    uri: str  # what people are shown and can open
    fingerprint: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds now. An incomplete one removes nothing (rule 9); `problems` says what could not be listed."""

    items: Sequence[Listed]
    complete: bool = True
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What reading an item gives."""

    data: bytes
    name: str  # its ending says the format: "returns.pdf"
    changed_at: datetime | None = None  # where reading tells better than the listing did
    options: Mapping[str, str] = field(default_factory=dict)  # for the parser: which columns a feed's rows go by


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's text in reading order, under its headings. `kind` tells the splitter what is whole."""

    text: str
    section: tuple[str, ...] = ()
    kind: str = "text"  # text, table, list, code, row
    page: int | None = None
    line: int | None = None  # where it begins in the source's text, from 1


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document. Its id is its item's, and "item#key" where the item holds several."""

    document_id: str
    uri: str
    title: str
    blocks: Sequence[Block]
    changed_at: datetime
    version: str | None = None  # as the document states it: "v3.2, March 2026"
    audience: tuple[str, ...] = ()  # as the document states it, unchecked; empty: its source's


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that fits the embedding model's window. `id` is a function of its place and content."""

    id: str
    document_id: str
    title: str
    section: str
    text: str
    uri: str
    position: int
    changed_at: datetime
    version: str | None = None
    page: int | None = None
    line: int | None = None
    audience: tuple[str, ...] = ()  # as its document has it

    @property
    def embedded_text(self) -> str:
        """What the model reads: the text with its title and section path as context."""
        return "\n".join(part for part in (self.title, self.section, self.text) if part)


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    listed: Listed


@dataclass(frozen=True, slots=True)
class Failure:
    uri: str
    reason: str  # one sentence for the support lead


class SyncState(StrEnum):
    SUCCESS = "success"
    PARTIAL = "partial"  # some documents failed, or removals were held back
    FAILED = "failed"  # nothing could be listed or written


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The outcome of one sync of one source. Counts are documents. `held` removals wait for approval."""

    source: str
    state: SyncState
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: Sequence[Failure] = ()
    held: int = 0
    problem: str = ""  # why it failed as a whole
    seconds: float = 0.0
    dry_run: bool = False


class Source(Protocol):
    """A place that holds items. Listing is cheap and opens nothing; reading is lazy."""

    name: str
    audience: tuple[str, ...]
    line_anchor: str  # what follows an item's URI to lead to a line, such as "#L{line}"; "": nothing does

    def list(self) -> Listing: ...

    def read(self, listed: Listed) -> Content:
        """Raises SourceError with one sentence."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running sync is, in changed documents; shown by the terminal, the page and Slack."""

    source: str
    stage: str = "listing"  # listing, reading, indexing, removing, finished
    done: int = 0
    total: int = 0


class OnProgress(Protocol):
    """Called from the sync's thread. It may raise SyncStopped: the sync then ends with all it has finished kept."""

    def __call__(self, progress: Progress, /) -> None: ...


class IngestError(Exception):
    """Root of what a sync can report; the text is one sentence for people."""


class SourceError(IngestError):
    """A source, or one item of it, could not be read."""


class ParseError(IngestError):
    """A document's bytes could not be turned into text."""


class SyncStopped(IngestError):
    """Somebody stopped a running sync, or it was not allowed to start."""
