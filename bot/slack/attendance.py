"""Until when everything was heard, as a record that survives; what was said in a gap is read back (rule 1)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.desk.errors import Unavailable
from bot.desk.ports import Clock, Presence

log = logging.getLogger(__name__)

_GAP = timedelta(seconds=5)  # a shorter one is Slack's own hourly reconnect, which loses nothing
_SAVE_EVERY = timedelta(seconds=30)
_A_DAY = timedelta(days=1)  # what is older is not answered any more


class Attendance:
    """start() returns at once. The record goes on only while nothing waits to be read back, so a kill loses nothing."""

    def __init__(
        self,
        read_back: Callable[[datetime], Coroutine[Any, Any, None]],
        presence: Presence,
        team: str,
        clock: Clock,
        tick_s: float,
    ) -> None:
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

    def start(self, heard_until: datetime | None, hears: Callable[[], Awaitable[bool]]) -> None:
        """`heard_until`: the record of the run before this one; None reads nothing back. `hears`: whether what Slack
        sends now is taken."""
        now = self._clock()
        if heard_until is not None:
            if heard_until > now + _GAP:  # by a clock that was ahead: who knows since when
                heard_until = now - _A_DAY
            self._missed = min(self._missed or heard_until, heard_until)
        self._watching = asyncio.create_task(self._watch(hears))

    def missed(self, sent_at: float | None = None) -> None:
        """What Slack sent now, or at that time by its clock, could not be taken, and in some minutes it gives up."""
        now = self._clock()
        sent = now if sent_at is None else datetime.fromtimestamp(min(sent_at, now.timestamp()), UTC)
        since = max(sent - _GAP, now - _A_DAY)
        self._missed = min(self._missed or since, since)

    async def stop(self) -> None:
        caught_up = self._caught_up
        tasks = [task for task in (self._watching, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if caught_up:
            await self._save()

    @property
    def _is_reading(self) -> bool:
        return self._reading is not None and not self._reading.done()

    @property
    def _caught_up(self) -> bool:
        return self._missed is None and not self._is_reading

    async def _watch(self, hears: Callable[[], Awaitable[bool]]) -> None:
        while True:
            now = self._clock()
            if await hears():
                if now - self._heard > _GAP:  # no connection, or this machine slept
                    log.warning("nothing was heard since %s; reading it back", self._heard.isoformat())
                    self._missed = min(self._missed or self._heard, self._heard)
                self._heard = now
            if self._missed is not None and not self._is_reading and await self._can_store():
                since, self._missed = self._missed, None
                self._reading = asyncio.create_task(self._read_back(since))
            elif self._caught_up and (self._saved is None or self._heard - self._saved >= _SAVE_EVERY):
                await self._save()
            await asyncio.sleep(self._tick_s)

    async def _can_store(self) -> bool:
        """Else what is read back could not be kept, and the next try might be long after the store is there again."""
        try:
            await self._presence.heard_until(self._team)
        except Unavailable:
            return False
        return True

    async def _save(self) -> None:
        heard = self._heard
        try:
            await self._presence.set_heard_until(self._team, heard)
            self._saved = heard
        except Unavailable as error:
            log.error("until when everything was heard is not recorded, trying again: %s", error)
