"""The kinds of source. A new kind is a file here and a line in make_source."""

from ingest.model import Source
from ingest.settings import SourceSettings
from ingest.sources.folder import FolderSource


def make_source(name: str, settings: SourceSettings) -> Source:
    """The source that [sources.NAME] describes. Opens nothing."""
    return FolderSource(name, settings.path, settings.url, (settings.audience,))
