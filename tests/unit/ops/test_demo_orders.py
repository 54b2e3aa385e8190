"""The committed database of ElectroMart's orders: complete, coherent, and what its script writes."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ops.demo.electromart.build_orders import DATABASE, build, shipping_cents
from ops.demo.electromart.order_plans import AS_OF, read_catalogue

STATUSES = ["placed", "paid", "packed", "shipped", "delivered", "return_requested", "returned", "refunded"]
TABLES = ("customers", "orders", "order_items", "order_history")


def rows(path: Path, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(query).fetchall()


@pytest.fixture(scope="module")
def orders() -> list[sqlite3.Row]:
    return rows(DATABASE, "SELECT * FROM orders ORDER BY placed_at")


@pytest.fixture(scope="module")
def histories() -> dict[str, list[sqlite3.Row]]:
    by_order: dict[str, list[sqlite3.Row]] = {}
    for event in rows(DATABASE, "SELECT * FROM order_history ORDER BY order_number, at"):
        by_order.setdefault(event["order_number"], []).append(event)
    return by_order


def test_the_script_writes_the_committed_rows_again(tmp_path: Path) -> None:
    """Two runs and the committed file hold the same rows, so nobody edits the database by hand."""
    build(tmp_path / "again.sqlite")
    for table in TABLES:
        again = [tuple(row) for row in rows(tmp_path / "again.sqlite", f"SELECT * FROM {table}")]
        assert again == [tuple(row) for row in rows(DATABASE, f"SELECT * FROM {table}")], table


def test_500_orders_of_120_customers_with_rising_numbers(orders: list[sqlite3.Row]) -> None:
    """Each customer has an address of the reserved domain and ordered something; later orders have higher numbers."""
    customers = rows(DATABASE, "SELECT * FROM customers")
    assert (len(orders), len(customers)) == (500, 120)
    assert {order["customer_id"] for order in orders} == {customer["id"] for customer in customers}
    assert all(customer["email"].endswith("@customers.example") for customer in customers)
    numbers = [order["order_number"] for order in orders]
    assert numbers == sorted(set(numbers))
    assert orders[0]["placed_at"] >= "2026-03-01"
    assert orders[-1]["placed_at"] < "2026-11-21"


def test_items_are_in_the_catalogue_and_totals_add_up(orders: list[sqlite3.Row]) -> None:
    """An order's total is its items at the catalogue's prices plus the shipping fee of the shop's rule."""
    catalogue = read_catalogue()
    assert len(catalogue) == 300
    goods: Counter[str] = Counter()
    for item in rows(DATABASE, "SELECT * FROM order_items"):
        assert item["quantity"] >= 1
        assert round(item["unit_price_usd"] * 100) == catalogue[item["sku"]].cents
        goods[item["order_number"]] += item["quantity"] * catalogue[item["sku"]].cents
    for order in orders:
        cents = goods[order["order_number"]]
        assert round(order["total_usd"] * 100) == cents + shipping_cents(order["shipping_method"], cents)


@pytest.mark.parametrize(
    ("method", "goods", "fee"),
    [
        ("standard", 4899, 599),
        ("standard", 4900, 0),
        ("express", 99999, 1499),
        ("store_pickup", 100, 0),
        ("scheduled", 99999, 3900),
        ("alaska_hawaii", 99999, 1999),
    ],
)
def test_shipping_fees_follow_the_shipping_policy(method: str, goods: int, fee: int) -> None:
    """Free from $49 for standard shipping only; the other ways have one price."""
    assert shipping_cents(method, goods) == fee


def test_large_tvs_come_by_scheduled_delivery_and_nothing_else_does(orders: list[sqlite3.Row]) -> None:
    """A TV of more than 55 inches never travels by parcel."""
    catalogue = read_catalogue()
    large = {
        item["order_number"] for item in rows(DATABASE, "SELECT * FROM order_items") if catalogue[item["sku"]].is_large
    }
    assert large == {order["order_number"] for order in orders if order["shipping_method"] == "scheduled"}
    assert large


def test_histories_are_coherent(orders: list[sqlite3.Row], histories: dict[str, list[sqlite3.Row]]) -> None:
    """Times rise, no step is left out, the status is the last step, and what the order says of its parcel is in it."""
    for order in orders:
        history = histories[order["order_number"]]
        times = [datetime.fromisoformat(event["at"]) for event in history]
        assert all(earlier < later for earlier, later in pairwise(times))
        assert times[-1] < AS_OF
        steps = list(dict.fromkeys(event["status"] for event in history))
        assert steps[-1] == order["status"]
        assert steps[0] == "placed"
        assert history[0]["at"] == order["placed_at"]
        passed = [step for step in STATUSES if step != "shipped" or order["shipping_method"] != "store_pickup"]
        if steps[-1] == "cancelled":
            assert steps in (["placed", "cancelled"], ["placed", "paid", "cancelled"])  # never after packing
        else:
            assert steps == passed[: len(steps)]
        first = {event["status"]: event["at"] for event in reversed(history)}
        assert (order["shipped_at"], order["delivered_at"]) == (first.get("shipped"), first.get("delivered"))
        assert bool(order["tracking_number"]) == bool(order["carrier"]) == bool(order["shipped_at"])


def test_every_status_of_the_shop_occurs(orders: list[sqlite3.Row]) -> None:
    """A demo can show each of the nine."""
    assert {order["status"] for order in orders} == {*STATUSES, "cancelled"}


def test_dana_has_four_orders_in_different_states(histories: dict[str, list[sqlite3.Row]]) -> None:
    """The customer of the local workspace: a dock delivered on 12 November 2026, and a parcel silent for six days."""
    query = "SELECT * FROM orders JOIN customers ON id = customer_id WHERE email = 'dana@customers.example' ORDER BY placed_at"
    dana = rows(DATABASE, query)
    assert [order["status"] for order in dana] == ["refunded", "delivered", "shipped", "paid"]
    assert {order["name"] for order in dana} == {"Dana Whitfield"}
    docked = dana[1]
    assert docked["order_number"] == "EM-104233"
    assert docked["delivered_at"].startswith("2026-11-12")
    items = [item["sku"] for item in rows(DATABASE, "SELECT * FROM order_items WHERE order_number = 'EM-104233'")]
    assert "VX-TB4-DOCK" in items
    last_scan = datetime.fromisoformat(histories[dana[2]["order_number"]][-1]["at"])
    assert (AS_OF - last_scan).days == 6
