"""The weekly digest: once among replicas, and a week that was missed once, when somebody is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.desk.errors import DeskError
from bot.desk.gaps import GapsNotice, UnmetQuestions
from bot.desk.ports import AdminChannel, Clock, Told
from bot.gaps.find import FindGaps

log = logging.getLogger(__name__)

EVERY_S = 60.0
AT = time(9)  # on Mondays
MOST = 5  # gaps
_LONGEST_S = 540.0  # the lease on it is a little longer
_WEEK = timedelta(days=7)

Readers = Callable[[], Awaitable[Sequence[str]]]


def last_due(now: datetime, zone: ZoneInfo) -> datetime:
    """The latest Monday at nine, in that zone, that is not in the future; in the zone's time."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    due = datetime.combine(monday, AT, zone)
    return due if due <= local else _week_before(due)


def _week_before(due: datetime) -> datetime:
    """By the calendar: it may be an hour more or less."""
    return datetime.combine(due.date() - _WEEK, AT, due.tzinfo)


def _week_after(due: datetime) -> datetime:
    return datetime.combine(due.date() + _WEEK, AT, due.tzinfo)


class WeeklyDigest:
    """`readers` are the audience keywords of those who see the admins' channel. A week in which nobody asked anything
    is passed over, and so is what was before the desk was first used."""

    def __init__(
        self,
        store: UnmetQuestions,
        find: FindGaps,
        told: Told,
        channel: AdminChannel,
        readers: Readers,
        zone: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._find = find
        self._told = told
        self._channel = channel
        self._readers = readers
        self._zone = ZoneInfo(zone)
        self._clock = clock
        self._over: datetime | None = None  # the last one that we know was told
        self._made: GapsNotice | None = None  # and is yet to be told: to make it may cost calls of a model

    async def watch(self) -> None:
        while True:
            await self.check()
            await asyncio.sleep(EVERY_S)

    async def check(self) -> None:
        """Never raises: what could not be told is tried again by a later check."""
        due = last_due(self._clock(), self._zone)
        if due == self._over:
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                if await self._tell_once(due):
                    self._over = due
        except (DeskError, TimeoutError) as error:
            log.error("the weekly digest was not told, trying again: %s", error or "it takes too long")
        except Exception:
            log.exception("the weekly digest could not be made")

    async def _tell_once(self, due: datetime) -> bool:
        """Whether it is over and done with, by us or by another process."""
        key, until = f"gaps {due:%Y-%m-%d}", _week_after(due)
        began = await self._told.begin(key, until)
        if not began:
            return began is False
        if self._made is None or self._made.key != key:
            self._made = await self._notice(key, due)
        if self._made is not None and not await self._channel.told(self._made):
            await self._channel.tell(self._made)
        await self._told.done(key, until)
        return True

    async def _notice(self, key: str, due: datetime) -> GapsNotice | None:
        begin = _week_before(due)
        numbers = await self._store.numbers(begin, due)
        if not numbers.asked:
            return None
        found = await self._find(await self._readers())
        shown = found.gaps[:MOST]
        return GapsNotice(key, due, begin, numbers, shown, found.weeks, len(found.gaps) - len(shown))
