"""Orders from a database that is there already, over SQLAlchemy: read only, and only by the owner's address."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, MetaData, Select, Table, bindparam, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.errors import OrdersInvalid, OrdersUnavailable
from bot.desk.model import Order, OrderEvent, OrderItem
from bot.orders.mapping import Mapping
from bot.settings import OrdersSettings

_TIMEOUT_S = 10.0
_READ_ONLY = {
    "sqlite": "PRAGMA query_only=ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}


class SqlOrders:
    """bot.desk.ports.Orders. Nothing is connected before the first use or prepare()."""

    def __init__(self, settings: OrdersSettings) -> None:
        self._settings = settings
        self._engine = _engine(settings)
        self._mapping: Mapping | None = None
        self._preparing = asyncio.Lock()

    async def prepare(self) -> None:
        """Compare the mapping with the database. Raises OrdersInvalid where it does not fit, OrdersUnavailable where
        the database can't be reached."""
        await self._mapped()

    async def count(self) -> int:
        """How many orders there are, for `frontdesk doctor`."""
        mapping = await self._mapped()
        [[count]] = await self._run([select(func.count()).select_from(mapping.orders)])
        return int(count[0])

    async def close(self) -> None:
        await self._engine.dispose()

    async def get_order(self, number: str, email: str) -> Order | None:
        mapping = await self._mapped()
        given = mapping.as_stored(number)
        # Each statement is restricted by number and address, and all of them run whatever the first one finds.
        wanted = [
            one.where(mapping.number == bindparam(None, given, mapping.number.type)) for one in mapping.owned(email)
        ]
        found = _orders(mapping, await self._run(wanted))
        return found[0] if found else None

    async def list_orders(self, email: str, limit: int) -> Sequence[Order]:
        mapping = await self._mapped()
        latest, *details = mapping.owned(email)
        newest_first = mapping.newest_first()
        numbers = latest.with_only_columns(mapping.number).order_by(*newest_first).limit(limit).subquery()
        chosen = [one.where(mapping.number.in_(select(numbers.c[0]))) for one in details]
        return _orders(mapping, await self._run([latest.order_by(*newest_first).limit(limit), *chosen]))

    async def _mapped(self) -> Mapping:
        async with self._preparing:
            if self._mapping is None:
                async with self._connected() as connection:
                    self._mapping = await connection.run_sync(self._reflected)
            return self._mapping

    def _reflected(self, connection: Connection) -> Mapping:
        metadata = MetaData()

        def table(name: str) -> Table:
            schema, _, bare = name.rpartition(".")
            return Table(bare, metadata, schema=schema or None, autoload_with=connection, resolve_fks=False)

        tables: dict[str, Table] = {}
        for setting, name in Mapping.tables(self._settings):
            try:
                tables[setting] = table(name)
            except NoSuchTableError as error:
                raise OrdersInvalid(f"{setting}: the order database has no table {name}") from error
        return Mapping(self._settings, tables)

    async def _run(self, statements: Sequence[Select[Any]]) -> list[Sequence[Sequence[Any]]]:
        """The rows of each, all read in one transaction."""
        async with self._connected() as connection:
            return [(await connection.execute(statement)).all() for statement in statements]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(_TIMEOUT_S), self._engine.connect() as connection:
                yield connection
        except TimeoutError as error:
            raise OrdersUnavailable(f"the order database did not answer within {_TIMEOUT_S:g} s") from error
        except (SQLAlchemyError, OSError) as error:
            # Only its kind: a driver's text may hold the address, and with it a password.
            told = type(getattr(error, "orig", None) or error).__name__
            raise OrdersUnavailable(f"the order database did not do it ({told})") from error


def _engine(settings: OrdersSettings) -> AsyncEngine:
    try:
        url = make_url(settings.url.get_secret_value())
        engine = create_async_engine(_asynchronous(url), hide_parameters=True, pool_pre_ping=url.host is not None)
    except (ArgumentError, ImportError) as error:
        # The address itself may hold a password, and SQLAlchemy repeats it.
        raise OrdersInvalid(f"orders.url can't be used ({type(error).__name__}); example: orders.sqlite") from error
    statement = _READ_ONLY.get(url.get_backend_name())
    if statement is not None:
        event.listen(engine.sync_engine, "connect", lambda connection, _record: _execute(connection, statement))
    return engine


def _asynchronous(url: URL) -> URL:
    """The URL with a driver that does not block. SQLite is opened read only."""
    match url.get_backend_name():
        case "sqlite":
            path = Path(url.database or "")
            if not path.is_file():
                raise OrdersInvalid(f"orders.url: there is no file {path}")
            database = f"file:{path.as_posix()}"
            return url.set(drivername="sqlite+aiosqlite", database=database, query={"mode": "ro", "uri": "true"})
        case "postgresql" if "+" not in url.drivername:
            return url.set(drivername="postgresql+psycopg")
        case _:
            return url


def _execute(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()
    connection.commit()


def _orders(mapping: Mapping, found: Sequence[Sequence[Sequence[Any]]]) -> list[Order]:
    rows, *details = found
    parts = dict(zip(mapping.details, details, strict=True))
    return [
        Order(
            number=mapping.as_written(row["number"]),
            status=str(row["status"]),
            placed_at=_moment(row.get("placed")),
            shipped_at=_moment(row.get("shipped")),
            delivered_at=_moment(row.get("delivered")),
            carrier=str(row.get("carrier") or ""),
            tracking=str(row.get("tracking") or ""),
            total=_amount(row.get("total")),
            currency=mapping.currency,
            items=tuple(_items(row["number"], parts.get("items", ()))),
            history=tuple(sorted(_events(row["number"], parts.get("history", ())), key=lambda one: one.at)),
        )
        for row in (one._mapping for one in rows)  # type: ignore[attr-defined]
    ]


def _items(number: object, rows: Sequence[Any]) -> Iterator[OrderItem]:
    for row in (one._mapping for one in rows if one.number == number):
        quantity = _amount(row.get("quantity"))
        yield OrderItem(
            name=" ".join(str(row[key]) for key in ("name", "sku") if row.get(key)),
            quantity=1 if quantity is None else int(quantity),
            price=_amount(row.get("price")),
        )


def _events(number: object, rows: Sequence[Any]) -> Iterator[OrderEvent]:
    for row in rows:
        if row.number == number and (at := _moment(row.at)) is not None:
            yield OrderEvent(at, str(row.note or ""))


def _moment(value: object) -> datetime | None:
    """A time as databases keep it: a timestamp, a date, ISO text, or seconds since 1970; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    elif isinstance(value, int | float | Decimal):
        seconds = float(value)
        value = datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) and abs(seconds) < 1e11 else None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _amount(value: object) -> Decimal | None:
    try:
        amount = None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() else None
