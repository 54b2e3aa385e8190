"""What was told once: a row a thing, which goes when it may be told again."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.tables import told

_LEASE = timedelta(seconds=30)  # whoever began to tell it and is not done by then has died


class SqlTold:
    """bot.desk.ports.Told over SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, key: str, until: datetime) -> bool | None:
        now = self._clock()
        row = {"key": key, "until": until, "told": False, "lease_until": now + _LEASE}
        async with self._database.transaction() as connection:
            await connection.execute(delete(told).where(told.c.until < now))
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            begin = insert(told).values(row)
            mine = begin.on_conflict_do_update(
                index_elements=[told.c.key], set_=row, where=~told.c.told & (told.c.lease_until < now)
            )
            if await connection.scalar(mine.returning(told.c.key)) is not None:
                return True
            # While it goes on it is the same thing, and it is over later.
            longer = update(told).where(told.c.key == key, told.c.told, told.c.until < until).values(until=until)
            await connection.execute(longer)
            done = await connection.scalar(select(told.c.told).where(told.c.key == key))
        return False if done else None

    async def done(self, key: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(told).where(told.c.key == key).values(told=True))
