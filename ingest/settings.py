"""Ingest's part of frontdesk.toml and of the environment. Frozen; read once, handed down."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from ingest.source_settings import Section, SourceSettings, interval_of
from ingest.sources import AnySource

__all__ = ["IndexSettings", "IngestSettings", "SourceSettings", "interval_of"]


class IndexSettings(Section):
    """[index]. The embedding model is one for documents and queries; changing it rebuilds the index."""

    embedding_model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2", examples=["sentence-transformers/all-MiniLM-L6-v2"]
    )
    model_dir: Path | None = None  # where the model's files are kept; default: the user's cache
    reranker_dir: Path | None = None  # a folder with an ONNX cross-encoder; default: nothing is reranked
    qdrant_url: str | None = Field(None, pattern=r"^https?://", examples=["http://localhost:6333"])
    qdrant_api_key: SecretStr | None = None


class IngestSettings(Section):
    data_dir: Path
    database_url: SecretStr | None = None
    sources: dict[str, Annotated[AnySource, Field(discriminator="kind")]] = Field(default_factory=dict)
    index: IndexSettings = IndexSettings()

    @property
    def ledger(self) -> Path | str:
        """A file; where replicas share the index, the URL of the Postgres that they share too."""
        url = self.database_url.get_secret_value() if self.database_url else ""
        shared = self.index.qdrant_url is not None and url.startswith(("postgres:", "postgresql:", "postgresql+"))
        return url if shared else self.data_dir / "ledger.sqlite3"

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if not self.sources:
            raise ValueError('no source is configured; add [sources.docs] with kind = "folder" and path = "docs"')
        return self
