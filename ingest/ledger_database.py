"""Where the ledger is kept: an SQLite file, or a schema of its own in a Postgres that several processes share.

Either way writers come one after the other, so that what a transaction read is still so when it writes.
"""

import secrets
import zlib
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
    text,
)

from ingest import tables

SCHEMA = "frontdesk_ledger"
_WRITING = 0x6C6564676572  # what the advisory lock of writers is about
_LIMITS = "-c statement_timeout=30000 -c lock_timeout=20000 -c idle_in_transaction_session_timeout=600000"
_LIVENESS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 1}
# What a file has elsewhere: its version in a PRAGMA, the name of the installation in data_dir.
_shared_metadata = MetaData()
_shared = Table(
    "shared",
    _shared_metadata,
    Column("version", Integer, nullable=False),
    Column("installation", String, nullable=False),
)


def engine_of(place: Path | str) -> Engine:
    """Of a file, whose folder is made, or of Postgres' URL. Nothing is connected yet. Raises OSError, ArgumentError."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{place}")
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    url = make_url(place).set(drivername="postgresql+psycopg")
    given: dict[str, Any] = {"application_name": "frontdesk ledger", "options": _LIMITS, **_LIVENESS}
    engine = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={name: value for name, value in given.items() if name not in url.query},
        execution_options={"schema_translate_map": {None: SCHEMA}},
    )
    event.listen(engine, "begin", _begin_alone)
    return engine


def create(connection: Connection) -> bool:
    """Make the tables, anew where they are of an older version: the next sync fills them. False: of a newer one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        _shared_metadata.create_all(connection)
        found = connection.execute(select(_shared.c.version)).scalar() or 0
    else:
        found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > tables.SCHEMA:
        return False
    if 0 < found < tables.SCHEMA:
        tables.metadata.drop_all(connection)
    tables.metadata.create_all(connection)
    if connection.execute(select(func.count()).select_from(tables.index)).scalar_one() == 0:
        connection.execute(insert(tables.index).values(index_version=0))
    if found != tables.SCHEMA:
        _keep_version(connection, found)
    return True


def _keep_version(connection: Connection, found: int) -> None:
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"PRAGMA user_version = {tables.SCHEMA}")
    elif found:
        connection.execute(_shared.update().values(version=tables.SCHEMA))
    else:
        connection.execute(insert(_shared).values(version=tables.SCHEMA, installation=secrets.token_hex(4)))


def installation_of(connection: Connection) -> str:
    """The name, on the index's server, of all that share this Postgres; create() has drawn it."""
    return str(connection.execute(select(_shared.c.installation)).scalar_one())


def lock(connection: Connection, what: str) -> bool:
    """Until the connection's transaction ends; False: another process has it. A file has one process anyway."""
    if connection.dialect.name != "postgresql":
        return True
    key = func.pg_try_advisory_xact_lock(_WRITING & 0x7FFFFFFF, _signed(zlib.crc32(what.encode())))
    return bool(connection.execute(select(key)).scalar_one())


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail when another writer came between.
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_alone(connection: Connection) -> None:
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING})")
