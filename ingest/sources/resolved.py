"""What resolved threads taught a desk: questions and answers that somebody approved, each with its own audience.

They are in the store, which is not ingest's: whoever composes the process hands in how they are listed.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from ingest.model import Content, Listed, Listing, SourceError, path_id, path_of
from ingest.source_settings import Audience, Schedule, SourceSettings


@dataclass(frozen=True, slots=True)
class Entry:
    """One that is good now."""

    id: str
    question: str
    answer: str
    audience: tuple[str, ...]
    uri: str
    changed_at: datetime

    @property
    def markdown(self) -> bytes:
        """The question as the title. Its audience stands in it, because each has another; JSON is YAML too."""
        front = f"title: {json.dumps(self.question)}\naudience: {json.dumps(self.audience or ('nobody',))}"
        return f"---\n{front}\n---\n\n{self.answer}\n".encode()


# Of a desk. Raises SourceError. Called in the thread of a sync.
Entries = Callable[[str], Sequence[Entry]]


def no_entries(desk: str) -> Sequence[Entry]:
    """Where no store is open: nothing is known, so nothing is removed."""
    raise SourceError(f"What desk {desk} has learnt can't be read here; `frontdesk sync` reads it.")


class ResolvedSettings(SourceSettings):
    """Its documents end by themselves, so it may shrink to nothing; each states its audience, within `audience`."""

    kind: Literal["resolved"] = Field(examples=["resolved"])
    desk: str = Field(examples=["support"])
    schedule: Schedule = Field("5m", examples=["5m"])
    audience: Audience = Field(("public",), examples=["public"])
    shrink_limit: float = Field(1.0, ge=0, le=1, examples=[1.0])

    def make(self, name: str, state_dir: Path, entries: Entries = no_entries) -> "ResolvedSource":
        return ResolvedSource(name, self.desk, self.audience, entries)


class ResolvedSource:
    line_anchor = ""

    def __init__(self, name: str, desk: str, audience: tuple[str, ...], entries: Entries) -> None:
        self.name = name
        self.audience = audience
        self._desk = desk
        self._entries = entries
        self._listed: dict[str, Entry] = {}

    def probe(self) -> str:
        return f"what desk {self._desk} has learnt from resolved threads"

    def list(self) -> Listing:
        self._listed = {entry.id: entry for entry in self._entries(self._desk)}
        return Listing([self._item(entry) for entry in self._listed.values()])

    def read(self, listed: Listed) -> Content:
        entry = self._listed.get(path_of(self.name, listed.item_id))
        if entry is None:
            raise SourceError("It was listed by another sync; the next one reads it.")
        return Content(entry.markdown, f"{entry.id}.md", entry.changed_at)

    def _item(self, entry: Entry) -> Listed:
        fingerprint = hashlib.sha256(entry.markdown).hexdigest()[:32]
        return Listed(path_id(self.name, entry.id), entry.uri, fingerprint, entry.changed_at)
