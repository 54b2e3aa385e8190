"""When a desk's humans are there: what is open, when it opens, and how long something takes in their time. Pure.

A span such as 09:00-17:30 is what a clock on their wall shows, so a day on which the clocks change is an hour shorter
or longer, also where that hour lies within a span.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from bot.human_time_settings import HoursSettings

Span = tuple[int, int]  # minutes of the day
Moments = tuple[datetime, datetime]  # from, to; UTC
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_FARTHEST = timedelta(hours=15)  # of any zone from UTC
_STEP = timedelta(hours=6)  # no zone changes its clocks twice within it
_HORIZON = 800  # days; only a list of holidays without a gap is longer


class RoundTheClock:
    """Hours where somebody is always there."""

    zone = ZoneInfo("UTC")

    def is_open(self, at: datetime) -> bool:
        return True

    def next_opening(self, at: datetime) -> datetime:
        return at

    def add(self, at: datetime, span: timedelta) -> datetime:
        return at + span

    def between(self, begin: datetime, end: datetime) -> timedelta:
        return max(end - begin, timedelta())


@dataclass(frozen=True, slots=True)
class Hours:
    """`week` from Monday."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: Container[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self._open(_local_day(at, self.zone), 1))

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself while open."""
        return self.add(at, timedelta())

    def add(self, at: datetime, span: timedelta) -> datetime:
        """When so much time of the desk has passed after `at`. Where it does not open again within two years, `at`."""
        left = span
        for begin, end in self._open(_local_day(at, self.zone), _HORIZON):
            begin = max(begin, at)
            if begin < end and left <= end - begin:
                return begin + left
            left -= max(end - begin, timedelta())
        return at

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much time of the desk lies between them."""
        first = _local_day(begin, self.zone)
        days = (_local_day(end, self.zone) - first).days + 1
        shared = (min(end, to) - max(begin, since) for since, to in self._open(first, days))
        return sum((one for one in shared if one > timedelta()), timedelta())

    def _open(self, first: date, days: int) -> Iterator[Moments]:
        """In order, of so many days."""
        for day in (first + timedelta(days=number) for number in range(days)):
            if day not in self.holidays:
                yield from _moments(self.zone, self.week[day.weekday()], day)


BusinessTime = Hours | RoundTheClock


def hours_of(settings: HoursSettings | None) -> BusinessTime:
    """Without settings it is always open."""
    if settings is None:
        return RoundTheClock()
    country, _, part = (settings.holidays_of or "").partition("-")
    official: Container[date] = country_holidays(country, subdiv=part or None) if country else frozenset()
    return Hours(ZoneInfo(settings.zone), settings.week, _Either(frozenset(settings.holidays), official))


@dataclass(frozen=True, slots=True)
class _Either:
    own: Container[date]
    official: Container[date]

    def __contains__(self, day: object) -> bool:
        return day in self.own or day in self.official


def _local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


@lru_cache(maxsize=4_096)
def _moments(zone: ZoneInfo, spans: tuple[Span, ...], day: date) -> tuple[Moments, ...]:
    """When the wall's clock shows a span on that day: where it is put back, it may be twice."""
    midnight = datetime.combine(day, time(), UTC)
    found = []
    for since, to, offset in _offsets(zone, midnight - _FARTHEST, midnight + _DAY + _FARTHEST):
        shown = ((midnight + timedelta(minutes=each) - offset for each in span) for span in spans)
        found += [(max(begin, since), min(end, to)) for begin, end in shown]
    return tuple(sorted(one for one in found if one[0] < one[1]))


def _offsets(zone: ZoneInfo, since: datetime, to: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches in which the zone's offset from UTC is the same, with it."""
    begin, at, offset = since, since, _offset(zone, since)
    while at < to:
        after = min(at + _STEP, to)
        if (then := _offset(zone, after)) != offset:
            change = _change(zone, at, after)
            yield begin, change, offset
            begin, offset = change, then
        at = after
    yield begin, to, offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the new offset."""
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
