"""What was told once: a lease a thing, which is not due again before it may be told again."""

from datetime import datetime

from bot.store.leases import SqlLeases

LEASE_S = 30.0  # whoever began to tell it and is not done by then has died


class SqlTold:
    """bot.desk.ports.Told over leases."""

    def __init__(self, leases: SqlLeases, lease_s: float = LEASE_S) -> None:
        self._leases = leases
        self._lease_s = lease_s

    async def begin(self, key: str, until: datetime) -> bool | None:
        if await self._leases.take(key, self._lease_s):
            return True
        # While it goes on it is the same thing, and it is over later.
        return False if await self._leases.put_off(key, until) else None

    async def done(self, key: str, until: datetime) -> None:
        await self._leases.give_back(key, next_due=until)
