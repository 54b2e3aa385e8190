"""Writes orders.sqlite: 500 orders of 120 customers, the same rows on every run, as they stood at AS_OF.

    python -m ops.demo.electromart.build_orders

The whole history of an order follows from its plan (see order_plans.py) by the shop's rules, and what lies after AS_OF
is cut off, so that statuses, dates and totals cannot disagree. Prices come from the catalogue.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from ops.demo.electromart.order_plans import AS_OF, Plan, Product, Shop, customers, order_number, read_catalogue

DATABASE = Path(__file__).with_name("orders.sqlite")
FEDERAL_HOLIDAYS = {date(2026, *day) for day in ((5, 25), (6, 19), (7, 3), (9, 7), (10, 12), (11, 11))}
CARRIERS = {"Northline Parcel": "NLP", "Swiftway Express": "SWX", "Homerun Delivery": "HRD"}
HUBS = ("Columbus, OH", "Allentown, PA", "Joliet, IL", "Memphis, TN", "Reno, NV", "Fort Worth, TX")
SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
CREATE UNIQUE INDEX customers_by_email ON customers (email);
CREATE TABLE orders (
    order_number TEXT NOT NULL, customer_id INTEGER NOT NULL REFERENCES customers (id), placed_at TEXT NOT NULL,
    status TEXT NOT NULL, carrier TEXT, tracking_number TEXT, shipped_at TEXT, delivered_at TEXT,
    shipping_method TEXT NOT NULL, total_usd REAL NOT NULL, payment_method TEXT NOT NULL);
CREATE UNIQUE INDEX orders_by_number ON orders (order_number);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE TABLE order_items (
    order_number TEXT NOT NULL REFERENCES orders (order_number), sku TEXT NOT NULL, quantity INTEGER NOT NULL,
    unit_price_usd REAL NOT NULL, PRIMARY KEY (order_number, sku)) WITHOUT ROWID;
-- What happened: the changes of status, and between them the carrier's scans.
CREATE TABLE order_history (
    order_number TEXT NOT NULL REFERENCES orders (order_number), at TEXT NOT NULL, status TEXT NOT NULL,
    note TEXT NOT NULL, PRIMARY KEY (order_number, at)) WITHOUT ROWID;
"""


class Event(NamedTuple):
    at: datetime
    status: str
    note: str


def shipping_cents(method: str, goods_cents: int) -> int:
    if method == "standard":
        return 0 if goods_cents >= 4900 else 599
    return {"express": 1499, "store_pickup": 0, "scheduled": 3900, "alaska_hawaii": 1999}[method]


def business_day(day: date, ahead: int) -> date:
    """The day that is `ahead` business days later; with 0 the day itself, or the next business day."""
    while ahead or day.weekday() > 4 or day in FEDERAL_HOLIDAYS:
        day += timedelta(days=1)
        ahead -= ahead > 0 and day.weekday() < 5 and day not in FEDERAL_HOLIDAYS
    return day


class Story:
    """Turns a plan into the events that follow from it, those after AS_OF included."""

    def __init__(self, plan: Plan, goods: list[tuple[Product, int]], rng: random.Random) -> None:
        self.plan, self.goods, self.rng = plan, goods, rng
        self.goods_cents = sum(product.cents * quantity for product, quantity in goods)
        self.total_cents = self.goods_cents + shipping_cents(plan.method, self.goods_cents)
        self.carrier = "ElectroMart Delivery" if plan.method == "scheduled" else rng.choice(list(CARRIERS))
        self.tracking = f"{CARRIERS.get(self.carrier, 'EMD')}{rng.randrange(10**9, 10**10)}"

    def events(self) -> Iterator[Event]:
        plan = self.plan
        yield Event(plan.placed_at, "placed", "Order received")
        if plan.ending == "unpaid":
            return
        paid_at = plan.placed_at + timedelta(minutes=self.rng.randint(1, 25))
        yield Event(paid_at, "paid", f"Payment confirmed: {plan.payment}")
        packed_at = self._packed_at(paid_at)
        if plan.ending == "cancelled":
            at = paid_at + (packed_at - paid_at) * self.rng.uniform(0.1, 0.9)
            yield Event(at.replace(second=0), "cancelled", "Cancelled by the customer before packing, nothing charged")
            return
        pickup = plan.method == "store_pickup"
        yield Event(packed_at, "packed", "Ready on the pickup shelf of the store" if pickup else "Packed and labelled")
        delivered_at = packed_at
        for event in self._collected(packed_at) if pickup else self._carried(packed_at):
            yield event
            delivered_at = event.at
        if plan.ending in {"changed_mind", "defect"}:
            yield from self._sent_back(delivered_at)

    def _at(self, day: date, first_hour: int, last_hour: int) -> datetime:
        return datetime.combine(day, time(self.rng.randint(first_hour, last_hour), self.rng.randint(0, 59)), UTC)

    def _packed_at(self, paid_at: datetime) -> datetime:
        today = paid_at.date()
        if self.plan.method == "scheduled":  # on the evening before the delivery day
            ahead = self.plan.transit or self.rng.randint(3, 8)
            return self._at(business_day(today, ahead) - timedelta(days=1), 21, 22)
        if self.plan.method == "store_pickup":  # within two hours while the stores are open, else in the morning
            if 14 <= paid_at.hour < 22:
                return paid_at + timedelta(minutes=self.rng.randint(25, 110))
            return self._at(today + timedelta(days=paid_at.hour >= 22), 15, 15)
        if paid_at.hour < 18 and business_day(today, 0) == today:
            return max(paid_at, self._at(today, 13, 13)) + timedelta(minutes=self.rng.randint(60, 170))
        return self._at(business_day(today, int(business_day(today, 0) == today)), 14, 17)

    def _collected(self, ready_at: datetime) -> Iterator[Event]:
        days = self.plan.transit if self.plan.transit is not None else self.rng.randint(0, 3)
        at = ready_at + timedelta(hours=1) if days == 0 else self._at(ready_at.date() + timedelta(days=days), 16, 22)
        yield Event(at, "delivered", "Collected in the store with photo ID")

    def _carried(self, packed_at: datetime) -> Iterator[Event]:
        plan, rng = self.plan, self.rng
        if plan.method == "scheduled":
            day = packed_at.date() + timedelta(days=1)
            yield Event(self._at(day, 11, 11), "shipped", "On the truck of our delivery crew")
            yield Event(self._at(day, 13, 21), "delivered", "Delivered, unpacked and signed for")
            return
        shipped_at = self._at(packed_at.date(), 22, 23)
        yield Event(shipped_at, "shipped", f"Handed to {self.carrier}")
        hub = rng.choice(HUBS)
        yield Event(self._at(shipped_at.date() + timedelta(days=1), 5, 9), "shipped", f"Arrived at the hub in {hub}")
        if plan.ending == "stalled":
            return
        shortest, longest = {"standard": (3, 5), "express": (1, 2), "alaska_hawaii": (5, 9)}[plan.method]
        day = business_day(shipped_at.date(), plan.transit or rng.randint(shortest, longest))
        if (day - shipped_at.date()).days > 2:
            yield Event(self._at(day - timedelta(days=1), 2, 9), "shipped", "Arrived at the local depot")
        yield Event(self._at(day, 11, 13), "shipped", "Out for delivery")
        yield Event(self._at(day, 14, 22), "delivered", "Delivered, photo taken")

    def _sent_back(self, delivered_at: datetime) -> Iterator[Event]:
        plan, rng = self.plan, self.rng
        asked_on = delivered_at.date() + timedelta(days=plan.return_after or rng.randint(1, 22))
        yield Event(self._at(asked_on, 14, 23), "return_requested", plan.reason)
        in_store = plan.method == "store_pickup"
        received_on = asked_on + timedelta(days=2) if in_store else business_day(asked_on, rng.randint(3, 6))
        yield Event(self._at(received_on, 15, 22), "returned", "Received and checked" + (", in the store" * in_store))
        refunded_on = business_day(received_on, rng.randint(1, 5))
        yield Event(self._at(refunded_on, 14, 20), "refunded", f"{self._refund()} to {plan.payment}")

    def _refund(self) -> str:
        if self.plan.ending == "defect":
            return f"${self.total_cents / 100:,.2f}, shipping included,"
        deductions = {"scheduled": ("return pickup", 4900), "store_pickup": ("in store", 0)}
        what, cents = deductions.get(self.plan.method, ("return shipping", 695))
        text = f" less ${cents / 100:.2f} {what}" if cents else ""
        fee = sum(round(p.cents * 0.15) * n for p, n in self.goods if p.has_restocking_fee and self.plan.opened)
        text += f" less ${fee / 100:,.2f} restocking fee" if fee else ""
        return f"${(self.goods_cents - cents - fee) / 100:,.2f} (${self.goods_cents / 100:,.2f}{text})"


def _stamp(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _insert(db: sqlite3.Connection, table: str, *row: object) -> None:
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - our own table names


def _write(db: sqlite3.Connection, plan: Plan, story: Story) -> None:
    number = order_number(plan.placed_at)
    events = [event for event in story.events() if event.at < AS_OF]
    shipped_at = next((event.at for event in events if event.status == "shipped"), None)
    delivered_at = next((event.at for event in events if event.status == "delivered"), None)
    carrier, tracking = (story.carrier, story.tracking) if shipped_at else (None, None)
    _insert(
        db, "orders", number, plan.customer, _stamp(plan.placed_at), events[-1].status, carrier, tracking,
        _stamp(shipped_at), _stamp(delivered_at), plan.method, story.total_cents / 100, plan.payment,
    )  # fmt: skip
    for product, quantity in story.goods:
        _insert(db, "order_items", number, product.sku, quantity, product.cents / 100)
    for event in events:
        _insert(db, "order_history", number, _stamp(event.at), event.status, event.note)


def build(path: Path) -> None:
    """Replaces the database at `path`. Totals are goods and shipping in US dollars, before sales tax."""
    rng = random.Random(2026)  # noqa: S311 - made-up orders, the same each time
    products = read_catalogue()
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        for customer in customers(rng):
            _insert(db, "customers", *customer)
        for plan in Shop(products, rng).plans():
            _write(db, plan, Story(plan, [(products[sku], quantity) for sku, quantity in plan.lines], rng))


if __name__ == "__main__":
    build(DATABASE)
