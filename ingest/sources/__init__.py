"""The kinds of source. A new kind is a file here and its settings' name in AnySource."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from ingest.model import Source
from ingest.source_settings import SourceSettings
from ingest.sources.feed import FeedSettings
from ingest.sources.folder import FolderSettings
from ingest.sources.git import GitSettings
from ingest.sources.resolved import Entries, ResolvedSettings, no_entries
from ingest.sources.website import WebsiteSettings

AnySource = FolderSettings | GitSettings | WebsiteSettings | FeedSettings | ResolvedSettings


@runtime_checkable
class Probing(Protocol):
    """A source whose listing is dear can say cheaply whether it would work."""

    def probe(self) -> str:
        """What was found, in a few words. Raises SourceError."""
        ...


def make_source(name: str, settings: SourceSettings, state_dir: Path, entries: Entries = no_entries) -> Source:
    """The source that [sources.NAME] describes; `state_dir` is its own. Opens nothing. `entries` list what desks have
    learnt, which no place of its own holds."""
    if isinstance(settings, ResolvedSettings):
        return settings.make(name, state_dir, entries)
    return settings.make(name, state_dir)
