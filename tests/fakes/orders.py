"""The demo's order database as the desk has it, with the statements that each look-up executes."""

from pathlib import Path

from sqlalchemy import Connection, event

from bot.desk.order_numbers import OrderNumbers
from bot.desk.orders import OrderDesk
from bot.desk.ports import Clock
from bot.orders import SqlOrders
from bot.settings import OrdersSettings
from ops.config import load_config

DEMO = Path(__file__).parents[2] / "ops" / "demo" / "electromart" / "frontdesk.toml"


def demo_settings(**changed: object) -> OrdersSettings:
    settings = load_config(DEMO).bot.orders
    assert settings is not None
    return settings.model_copy(update=changed)


def order_desk(orders: SqlOrders, clock: Clock) -> OrderDesk:
    return OrderDesk(orders, OrderNumbers(("EM-######",)), clock)


def statements(orders: SqlOrders) -> list[tuple[str, object]]:
    """Every statement with its parameters, from now on."""
    seen: list[tuple[str, object]] = []

    def note(_c: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(orders._engine.sync_engine, "before_cursor_execute", note)
    return seen
