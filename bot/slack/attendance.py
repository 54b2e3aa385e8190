"""Until when everything was heard, as a record that survives; what was said in a gap is read back (rule 1)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.desk.errors import Unavailable
from bot.desk.ports import Clock, Presence

log = logging.getLogger(__name__)

_GAP = timedelta(seconds=5)  # a shorter one is Slack's own hourly reconnect, which loses nothing
_SAVE_EVERY = timedelta(seconds=30)


class Attendance:
    """start() returns at once. The record goes on only while nothing waits to be read back, so a kill loses nothing."""

    def __init__(
        self,
        connected: Callable[[], Awaitable[bool]],
        read_back: Callable[[datetime], Awaitable[None]],
        presence: Presence,
        team: str,
        clock: Clock,
        tick_s: float,
    ) -> None:
        self._connected = connected
        self._read_back = read_back
        self._presence = presence
        self._team = team
        self._clock = clock
        self._tick_s = tick_s
        self._heard = clock()
        self._saved: datetime | None = None
        self._missed: datetime | None = None  # since when something may have been said that nobody heard
        self._reading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def start(self, heard_until: datetime | None) -> None:
        """`heard_until`: the record of the run before this one; None reads nothing back."""
        self._missed = heard_until
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        caught_up = self._caught_up
        tasks = [task for task in (self._watching, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if caught_up:
            await self._save()

    @property
    def _caught_up(self) -> bool:
        return self._missed is None and (self._reading is None or self._reading.done())

    async def _watch(self) -> None:
        while True:
            now = self._clock()
            if await self._connected():
                if now - self._heard > _GAP:  # no connection, or this machine slept
                    log.warning("nothing was heard since %s; reading it back", self._heard.isoformat())
                    self._missed = min(self._missed or self._heard, self._heard)
                self._heard = now
            if self._missed is not None and (self._reading is None or self._reading.done()):
                self._reading = asyncio.create_task(self._read())
            elif self._caught_up and (self._saved is None or now - self._saved >= _SAVE_EVERY):
                await self._save()
            await asyncio.sleep(self._tick_s)

    async def _read(self) -> None:
        while self._missed is not None:
            since, self._missed = self._missed, None
            await self._read_back(since)

    async def _save(self) -> None:
        heard = self._heard
        try:
            await self._presence.set_heard_until(self._team, heard)
            self._saved = heard
        except Unavailable as error:
            log.error("until when everything was heard is not recorded, trying again: %s", error)
