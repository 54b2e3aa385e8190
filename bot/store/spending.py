"""What calls of a model cost that are part of no answer: triage, summaries, drafts, names of gaps."""

import secrets

from sqlalchemy import Column, Float, Index, String, Table, insert

from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.tables import UtcDateTime, metadata

spending = Table(
    "spending",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("model", String(120), nullable=False),
    Column("cost_usd", Float),  # None: a price is not known
    Index(None, "at"),
)


class SqlSpending:
    """bot.desk.ports.Spending over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, purpose: str, model: str, cost_usd: float | None) -> None:
        call = {"id": secrets.token_hex(16), "purpose": purpose, "model": model, "cost_usd": cost_usd}
        async with self._database.transaction() as connection:
            await connection.execute(insert(spending).values(at=self._clock(), **call))
