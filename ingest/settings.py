"""Ingest's part of frontdesk.toml and of the environment. Frozen; read once, handed down."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


def _schedule(value: str) -> str:
    """Accept "15m", "6h", "1d" or a cron expression of five fields, and say so when it is neither."""
    if interval_of(value) is None:
        try:
            CronTrigger.from_crontab(value)
        except ValueError as error:
            raise ValueError(f"neither an interval nor a cron expression ({error})") from error
    return value


def interval_of(value: str) -> timedelta | None:
    """The interval that "30s", "15m", "6h" or "1d" names; None for anything else."""
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}.get(value[-1:])
    if unit is None or not value[:-1].isdigit() or int(value[:-1]) == 0:
        return None
    return timedelta(**{unit: int(value[:-1])})


def _duration(value: str) -> str:
    if interval_of(value) is None:
        raise ValueError("not a duration such as 30m, 6h or 2d")
    return value


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceSettings(Section):
    """[sources.NAME]. `path` is absolute here: relative ones are resolved against the file's folder on loading."""

    kind: Literal["folder"] = Field(examples=["folder"])
    path: Path = Field(examples=["docs"])
    url: str | None = Field(None, examples=["https://docs.example.com/"])  # the prefix of the documents' links
    schedule: Annotated[str, AfterValidator(_schedule)] = Field("15m", examples=["15m"])
    audience: str = Field("everyone", pattern=r"^\S+$", examples=["everyone"])
    shrink_limit: float = Field(0.3, ge=0, le=1, examples=[0.3])
    stale_after: Annotated[str, AfterValidator(_duration)] = Field("2d", examples=["2d"])


class IndexSettings(Section):
    """[index]. The embedding model is one for documents and queries; changing it rebuilds the index."""

    embedding_model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2", examples=["sentence-transformers/all-MiniLM-L6-v2"]
    )
    model_dir: Path | None = None  # where the model's files are kept; default: the user's cache
    qdrant_url: str | None = Field(None, pattern=r"^https?://", examples=["http://localhost:6333"])
    qdrant_api_key: SecretStr | None = None


class IngestSettings(Section):
    data_dir: Path
    sources: dict[str, SourceSettings] = {}
    index: IndexSettings = IndexSettings()

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if not self.sources:
            raise ValueError('no source is configured; add [sources.docs] with kind = "folder" and path = "docs"')
        return self
