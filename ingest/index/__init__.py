"""The index. Its contract, and the only way to its parts; all of ingest that the bot may import."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.index.contract import (
    Collection,
    Current,
    Embedder,
    Found,
    Generations,
    Hit,
    IndexInUse,
    IndexUnavailable,
    Payload,
    Point,
    Query,
    Ranking,
    Reranker,
    SearchIndex,
    Serving,
    TableRow,
    Vectors,
)
from ingest.index.schema import collection_name
from ingest.index.search import CurrentSearch, Searched
from ingest.settings import IndexSettings

__all__ = [
    "Collection",
    "Current",
    "CurrentSearch",
    "Embedder",
    "Found",
    "Generations",
    "Hit",
    "IndexInUse",
    "IndexUnavailable",
    "Payload",
    "Point",
    "Query",
    "Ranking",
    "Reranker",
    "SearchIndex",
    "Searched",
    "Serving",
    "TableRow",
    "Vectors",
    "bulk_embedder",
    "drop_other_collections",
    "installation_of",
    "make_embedder",
    "make_reranker",
    "open_collection",
    "reopen_collection",
]


def make_embedder(settings: IndexSettings) -> Embedder:
    """The embedding model of the settings. It is loaded by the first call that needs it, from disk if it can be."""
    import platformdirs  # noqa: PLC0415 - start-up

    from ingest.index.embedder import FastEmbedder  # noqa: PLC0415 - numpy and the model's parts load late

    folder = settings.model_dir or platformdirs.user_cache_path("frontdesk") / "models"
    return FastEmbedder(settings.embedding_model, folder)


def make_reranker(settings: IndexSettings) -> Reranker | None:
    """The cross-encoder of the settings, not loaded yet; None where none is configured."""
    if settings.reranker_dir is None:
        return None
    from ingest.index.reranker import FastReranker  # noqa: PLC0415 - as the embedder

    return FastReranker(settings.reranker_dir)


@contextmanager
def bulk_embedder(embedder: Embedder, data_dir: Path) -> Iterator[Embedder]:
    """The same model for one sync: each text once, and many of them in a process beside this one."""
    from ingest.index.bulk import bulk_embedder as bulk  # noqa: PLC0415 - as above

    with bulk(embedder, data_dir / "embeddings.sqlite3") as many:
        yield many


def open_collection(
    settings: IndexSettings, data_dir: Path, embedder: Embedder, layout: str = "", installation: str | None = None
) -> Collection:
    """The collection of this embedder's vectors: on the server of `qdrant_url`, else in data_dir/index.

    `installation` is who we are on a server that others may share; by default who owns data_dir. `layout` names what
    else decides its content, such as how documents are cut: another one is another collection. Raises IndexInUse when
    another process has the folder, IndexUnavailable when it cannot be opened. A server is asked by the first call that
    needs it.
    """
    owner = "" if settings.qdrant_url is None else installation or installation_of(data_dir)
    name = collection_name(embedder.fingerprint, layout, owner)
    return reopen_collection(settings, data_dir, name, embedder.dimensions)


def reopen_collection(settings: IndexSettings, data_dir: Path, name: str, dimensions: int) -> Collection:
    """A collection by its name, as open_collection() raises and gives it."""
    if settings.qdrant_url is None:
        from ingest.index.edge import EdgeCollection  # noqa: PLC0415 - loads the engine

        return EdgeCollection(data_dir / "index" / name, dimensions)
    from ingest.index.server import ServerCollection, connect  # noqa: PLC0415 - qdrant_client costs 1.4 s

    return ServerCollection(connect(settings.qdrant_url, settings.qdrant_api_key), name, dimensions)


def drop_other_collections(collection: Collection) -> None:
    """Remove the collections of other embedding models. Call it once a rebuild's sync has finished.

    Foreign collections on a server, and folders that another process has open, are left alone.
    """
    collection.drop_others()


def installation_of(data_dir: Path) -> str:
    """The name of what works on this data_dir: drawn once, kept there. Raises IndexUnavailable."""
    path = data_dir / "installation"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(secrets.token_hex(4), encoding="utf-8")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise IndexUnavailable(f"{path} can't be kept ({error}); check data_dir.") from error
