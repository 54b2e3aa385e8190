"""Whose turn it is on a connection that everybody shares."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Line = deque[asyncio.Future[None]]


class Turns:
    """One at a time, first come first served; those who are `urgent` go before all others who wait."""

    def __init__(self) -> None:
        self._taken = False
        self._urgent: Line = deque()
        self._others: Line = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool, patience_s: float) -> AsyncIterator[None]:
        """Raises TimeoutError when it does not come within `patience_s`."""
        if self._taken:
            async with asyncio.timeout(patience_s):
                await self._wait(self._urgent if urgent else self._others)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, line: Line) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it came at the same moment
                self._pass_on()
            with suppress(ValueError):
                line.remove(mine)
            raise

    def _pass_on(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                following = line.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._taken = False
