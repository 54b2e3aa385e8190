"""What only one process may do at a time, as rows: a dead process keeps nothing from the others for long."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, case, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.ports import Clock
from bot.store.database import Database
from bot.store.tables import leases

_NOW: BindParameter[datetime] = bindparam("now")
_ROW: Mapping[str, BindParameter[Any]] = {
    "name": bindparam("name"),
    "holder": bindparam("holder"),
    "lease_until": bindparam("until"),
}


def _take(insert: sqlite.Insert | postgresql.Insert) -> Executable:
    free = or_(leases.c.lease_until.is_(None), leases.c.lease_until < _NOW, leases.c.holder == insert.excluded.holder)
    due = or_(leases.c.next_due.is_(None), leases.c.next_due <= _NOW)
    taken = {"holder": insert.excluded.holder, "lease_until": insert.excluded.lease_until}
    return insert.on_conflict_do_update(index_elements=["name"], set_=taken, where=free & due).returning(leases.c.name)


_TAKE = {
    "sqlite": _take(sqlite.insert(leases).values(_ROW)),
    "postgresql": _take(postgresql.insert(leases).values(_ROW)),
}


class SqlLeases:
    """Between processes only: one and the same `holder` takes again what its run before had taken."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder

    async def take(self, name: str, seconds: float) -> bool:
        """False: somebody else has it, or it is not due yet."""
        now = self._clock()
        values = {"name": name, "holder": self._holder, "now": now, "until": now + timedelta(seconds=seconds)}
        async with self._database.transaction() as connection:
            return (await connection.execute(_TAKE[connection.dialect.name], values)).first() is not None

    async def renew(self, name: str, seconds: float) -> bool:
        """False: it ended, and somebody else took it."""
        mine = update(leases).where(leases.c.name == name, leases.c.holder == self._holder)
        async with self._database.transaction() as connection:
            held = await connection.execute(mine.values(lease_until=self._clock() + timedelta(seconds=seconds)))
        return bool(held.rowcount)

    async def put_off(self, name: str, next_due: datetime) -> bool:
        """What is not due yet becomes due at that time, if that is later. False: it is due, or somebody has it."""
        now = self._clock()
        later = case((leases.c.next_due < next_due, next_due), else_=leases.c.next_due)
        waits = update(leases).where(leases.c.name == name, leases.c.lease_until.is_(None), leases.c.next_due > now)
        async with self._database.transaction() as connection:
            return bool((await connection.execute(waits.values(next_due=later))).rowcount)

    async def give_back(self, name: str, next_due: datetime | None = None) -> None:
        """`next_due`: nobody takes it before. What is due again needs no row."""
        mine = leases.c.name == name, leases.c.holder == self._holder
        done = (
            delete(leases).where(*mine)
            if next_due is None
            else update(leases).where(*mine).values(lease_until=None, next_due=next_due)
        )
        spent = delete(leases).where(leases.c.lease_until.is_(None), leases.c.next_due <= self._clock())
        async with self._database.transaction() as connection:
            await connection.execute(done)
            await connection.execute(spent)
