"""The index: its published contract (all of ingest that the bot may import) and how to open one."""

from pathlib import Path

from ingest.index.contract import (
    Collection,
    Embedder,
    Generations,
    Hit,
    IndexInUse,
    IndexUnavailable,
    Payload,
    Point,
    Query,
    SearchIndex,
    Vectors,
)
from ingest.index.embedder import make_embedder
from ingest.index.search import CurrentSearch
from ingest.settings import IndexSettings

__all__ = [
    "Collection",
    "CurrentSearch",
    "Embedder",
    "Generations",
    "Hit",
    "IndexInUse",
    "IndexUnavailable",
    "Payload",
    "Point",
    "Query",
    "SearchIndex",
    "Vectors",
    "drop_other_collections",
    "make_embedder",
    "open_collection",
]


def open_collection(settings: IndexSettings, data_dir: Path, embedder: Embedder) -> Collection:
    """The collection of this embedding model, made when it is not there. Raises IndexUnavailable or IndexInUse."""
    name = f"frontdesk-{embedder.fingerprint}"
    # Either client takes a second or more to import, and a process needs one of them.
    if settings.qdrant_url is None:
        from ingest.index.edge import EdgeCollection  # noqa: PLC0415

        return EdgeCollection(data_dir / "index", name, embedder.dimensions)
    from qdrant_client import QdrantClient  # noqa: PLC0415

    from ingest.index.server import ServerCollection  # noqa: PLC0415

    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    client = QdrantClient(url=settings.qdrant_url, api_key=key, timeout=10, check_compatibility=False)
    return ServerCollection(client, name, embedder.dimensions)


def drop_other_collections(collection: Collection, data_dir: Path) -> None:
    """Remove what other embedding models left behind: call it once this one's collection is complete."""
    from ingest.index.edge import EdgeCollection, drop_other_folders  # noqa: PLC0415 - see open_collection

    if isinstance(collection, EdgeCollection):
        drop_other_folders(data_dir / "index", collection.name)
    else:
        from ingest.index.server import ServerCollection  # noqa: PLC0415

        if isinstance(collection, ServerCollection):
            collection.drop_others()
