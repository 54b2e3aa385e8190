"""[orders] against the tables that there are: which column is what, and the statements that are made of them."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Named
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, func, select

from bot.desk.errors import OrdersInvalid
from bot.settings import CustomerColumns, OrdersSettings

_OPTIONAL = ("placed", "shipped", "delivered", "carrier", "tracking", "total")


class Mapping:
    """The orders' columns by what they mean. Raises OrdersInvalid for a column that the database does not have."""

    def __init__(self, settings: OrdersSettings, tables: Named[str, Table]) -> None:
        self._settings = settings
        self._tables = tables
        self.currency = settings.currency
        self.orders = tables["orders.table"]
        self.number = self._column("orders.table", "orders.number", settings.number)
        self._fields = {"number": self.number, "status": self._column("orders.table", "orders.status", settings.status)}
        for name in _OPTIONAL:
            if (column := getattr(settings, name)) is not None:
                self._fields[name] = self._column("orders.table", f"orders.{name}", column)
        self._email, self._from = self._owner(settings.customers)
        self.details = tuple(name for name in ("items", "history") if getattr(settings, name) is not None)
        self._selects = [self._select(), *(self._detail(name) for name in self.details)]

    @staticmethod
    def tables(settings: OrdersSettings) -> Iterator[tuple[str, str]]:
        """The tables that are needed: (setting, name)."""
        yield "orders.table", settings.table
        for part in ("customers", "items", "history"):
            if (columns := getattr(settings, part)) is not None:
                yield f"orders.{part}.table", columns.table

    def owned(self, email: str) -> list[Select[Any]]:
        """The orders of this address, then a statement for each of `details`: all of them hold its orders only."""
        mine = func.lower(self._email) == bindparam(None, email.strip().lower())
        return [one.where(mine) for one in self._selects]

    def newest_first(self) -> list[ColumnElement[Any]]:
        placed = self._fields.get("placed")
        return [*([placed.desc()] if placed is not None else []), self.number.desc()]

    def as_stored(self, number: str) -> object:
        """A number as its column has it: where that is an integer, its digits."""
        if self._python_type() is int:
            digits = re.sub(r"\D", "", number)
            return int(digits) if digits else -1
        return number

    def as_written(self, stored: object) -> str:
        """A number as people are shown it: a bare integer in its mask."""
        text = str(stored)
        for mask in self._settings.numbers if text.isdigit() else ():
            if mask.count("#") == len(text):
                digits = iter(text)
                return "".join(next(digits) if letter == "#" else letter for letter in mask)
        return text

    def _python_type(self) -> type:
        try:
            return self.number.type.python_type
        except NotImplementedError:
            return str

    def _owner(self, customers: CustomerColumns | None) -> tuple[Column[Any], Any]:
        if customers is None:
            return self._column("orders.table", "orders.email", str(self._settings.email)), self.orders
        table = "orders.customers.table"
        theirs = self._column(table, "orders.customers.id", customers.id)
        ours = self._column("orders.table", "orders.customers.order_column", customers.order_column)
        email = self._column(table, "orders.customers.email", customers.email)
        return email, self.orders.join(self._tables[table], ours == theirs)

    def _select(self) -> Select[Any]:
        return select(*(column.label(name) for name, column in self._fields.items())).select_from(self._from)

    def _detail(self, part: str) -> Select[Any]:
        columns = getattr(self._settings, part)
        place, table = f"orders.{part}", f"orders.{part}.table"
        fields = {
            name: self._column(table, f"{place}.{name}", column)
            for name, column in columns.model_dump(exclude={"table", "order", "refers_to"}, exclude_none=True).items()
        }
        key = self._column(table, f"{place}.order", columns.order)
        target = self._column("orders.table", f"{place}.refers_to", columns.refers_to or self._settings.number)
        labelled = [column.label(name) for name, column in fields.items()]
        return select(self.number.label("number"), *labelled).select_from(
            self._from.join(self._tables[table], key == target)
        )

    def _column(self, table: str, setting: str, name: str) -> Column[Any]:
        columns = self._tables[table].columns
        if name not in columns:
            known = ", ".join(columns.keys())
            raise OrdersInvalid(f"{setting}: the table {self._tables[table].name} has no column {name}; it has {known}")
        column: Column[Any] = columns[name]
        return column
