"""The ledger's tables."""

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, Column, DateTime, Dialect, Integer, MetaData, String, Table, TypeDecorator

SCHEMA = 1  # PRAGMA user_version; the ledger can be rebuilt from the sources, so it has no migrations


class Utc(TypeDecorator[datetime]):
    """SQLite knows no time zones: stored as UTC, given back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()
documents = Table(
    "documents",
    metadata,
    Column("collection", String, primary_key=True),
    Column("document_id", String, primary_key=True),
    Column("source", String, nullable=False, index=True),
    Column("uri", String, nullable=False),
    Column("fingerprint", String, nullable=False),  # of what was last read, "" when it is to be read again
    Column("content_hash", String, nullable=False),
    Column("generation", Integer),
    Column("chunks", Integer, nullable=False),
    Column("dirty", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("error", String, nullable=False),  # why the document as it is now could not be indexed, "" when it is
)
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False, index=True),
    Column("started", Utc, nullable=False),
    Column("finished", Utc),
    Column("report", JSON),
)
version = Table("version", metadata, Column("index_version", Integer, nullable=False))
schedules = Table(
    "schedules",
    metadata,
    Column("source", String, primary_key=True),
    Column("schedule", String, nullable=False),
    Column("next_due", Utc, nullable=False),
    Column("lease_until", Utc),
    Column("fence", Integer, nullable=False),
)
