"""What is open, for whoever watches the desk."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from bot.store.database import Database
from bot.store.escalations import is_helping
from bot.store.tables import escalations, inbox


class OpenWork(NamedTuple):
    """`oldest`: when the question that waits longest was accepted; None when none waits."""

    questions: int
    oldest: datetime | None
    escalations: int


_QUESTIONS = select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.outcome.is_(None))
_ESCALATIONS = select(func.count()).select_from(escalations).where(is_helping())


async def open_work(database: Database) -> OpenWork:
    """Raises StoreUnavailable."""
    async with database.transaction() as connection:
        questions, oldest = (await connection.execute(_QUESTIONS)).one()
        waiting = await connection.scalar(_ESCALATIONS)
    return OpenWork(questions, oldest, int(waiting or 0))
