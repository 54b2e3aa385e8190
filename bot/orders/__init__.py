"""Order look-ups over the company's own database."""

from bot.orders.sql_orders import SqlOrders

__all__ = ["SqlOrders"]
