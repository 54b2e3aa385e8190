"""The ledger's tables. Items and documents are of one collection each, so that an index can be built beside another."""

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, Column, DateTime, Dialect, Integer, MetaData, String, Table, TypeDecorator

SCHEMA = 3  # PRAGMA user_version; the ledger can be rebuilt from the sources, so it has no migrations


class Utc(TypeDecorator[datetime]):
    """SQLite knows no time zones: stored as UTC, given back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()
items = Table(
    "items",
    metadata,
    Column("collection", String, primary_key=True),
    Column("item_id", String, primary_key=True),
    Column("source", String, nullable=False, index=True),
    Column("fingerprint", String, nullable=False),  # of what was last read, "" when it is to be read again
    Column("content_hash", String, nullable=False),
    Column("documents", Integer, nullable=False),  # that are indexed of it
    Column("error", String, nullable=False),  # why it could not be indexed as it is now, "" when it is
    Column("verified_at", Utc),  # when what is indexed of it was last known to be right; NULL: as its source
)
documents = Table(
    "documents",
    metadata,
    Column("collection", String, primary_key=True),
    Column("document_id", String, primary_key=True),
    Column("item_id", String, nullable=False, index=True),
    Column("source", String, nullable=False, index=True),
    Column("content_hash", String, nullable=False),
    Column("generation", Integer),
    Column("chunks", Integer, nullable=False),
    Column("dirty", Boolean, nullable=False, index=True),
)
sources = Table(
    "sources",
    metadata,
    Column("collection", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("synced_at", Utc, nullable=False),  # when its changes were last indexed, as far as it could be listed
    Column("verified_at", Utc),  # when it was last listed whole and its changes indexed
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
index = Table(
    "index_state",
    metadata,
    Column("index_version", Integer, nullable=False),
    Column("serving", String),  # the collection that queries are answered from
    Column("embedding_model", String),  # which made its vectors
    Column("fingerprint", String),  # the model's
)
schedules = Table(
    "schedules",
    metadata,
    Column("source", String, primary_key=True),
    Column("schedule", String, nullable=False),
    Column("next_due", Utc, nullable=False),
    Column("lease_until", Utc),
    Column("fence", Integer, nullable=False),
)
notices = Table(
    "notices",
    metadata,
    Column("source", String, primary_key=True),
    Column("kind", String, primary_key=True),  # what is wrong with it
    Column("over", Boolean, nullable=False),  # it is well again, which is to be told too
    Column("since", Utc, nullable=False),
    Column("told", String, nullable=False),  # "no", "tried" (nobody knows whether it arrived), "yes"
)
