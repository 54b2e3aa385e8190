"""A desk's hours against a walk from minute to minute by the clock on its wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.escalation.hours import Hours, RoundTheClock, hours_of
from bot.human_time_settings import HoursSettings

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = (*(((540, 1050),),) * 5, (), ())  # 09:00-17:30 from Monday to Friday
MINUTE = timedelta(minutes=1)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def walked_open(hours: Hours, at: datetime) -> bool:
    wall = at.astimezone(hours.zone)
    minute = wall.hour * 60 + wall.minute
    return wall.date() not in hours.holidays and any(a <= minute < b for a, b in hours.week[wall.weekday()])


def walked_add(hours: Hours, at: datetime, minutes: int) -> datetime:
    """Where so many open minutes have been walked through; at the next open one where it is none."""
    while not walked_open(hours, at):
        at += MINUTE
    while minutes:
        minutes -= walked_open(hours, at)
        at += MINUTE
    return at


spans = st.lists(st.integers(0, 96), unique=True, max_size=4).map(
    lambda edges: tuple(zip(*[iter(15 * one for one in sorted(edges)[: len(edges) // 2 * 2])] * 2, strict=True))
)
# Zones whose clocks change at 01:00 UTC, at midnight, by half an hour, and not at all.
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kolkata"])
changes = ["2026-03-29T00:30", "2026-10-25T00:30", "2026-03-08T06:30", "2026-11-01T05:30", "2026-04-23T21:30"]
changes += ["2026-10-29T20:30", "2026-04-04T14:45", "2026-10-03T15:15", "2026-12-24T09:00"]
moments = st.builds(
    lambda near, minutes: utc(near) + minutes * MINUTE, st.sampled_from(changes), st.integers(-2_000, 2_000)
)
weeks = st.tuples(*[spans] * 7).filter(any)
many_hours = st.builds(
    lambda zone, week, off: Hours(ZoneInfo(zone), week, frozenset(off)),
    zones,
    weeks,
    st.sets(st.sampled_from([date(2026, 3, 29), date(2026, 10, 26), date(2026, 12, 25)])),
)


@settings(max_examples=60, deadline=None)
@given(many_hours, moments, st.integers(0, 240))
@example(Hours(BERLIN, ((), (), (), (), (), (), ((135, 150),))), utc("2026-10-25T00:10"), 20)
def test_hours_agree_with_a_walk_from_minute_to_minute(hours: Hours, at: datetime, minutes: int) -> None:
    """Also over changes of the clocks, holidays and closed days."""
    assert hours.is_open(at) == walked_open(hours, at)
    end = walked_add(hours, at, minutes)
    assert hours.add(at, minutes * MINUTE) == end
    assert hours.between(at, end) == minutes * MINUTE


@pytest.mark.parametrize(
    ("at", "span", "expected"),
    [
        ("2026-11-27T10:00", "2h", "2026-11-27T12:00"),
        ("2026-11-27T17:00", "2h", "2026-11-30T10:30"),  # over a weekend
        ("2026-11-27T15:30", "2h", "2026-11-27T17:30"),  # to the very end of the day, not the next morning
        ("2026-11-28T11:00", "0h", "2026-11-30T09:00"),
        ("2026-12-24T17:00", "1h", "2026-12-28T09:30"),  # over Christmas
        ("2026-03-27T17:00", "1h", "2026-03-30T09:30"),  # the clocks were put forward in between
        ("2026-10-23T17:00", "1h", "2026-10-26T09:30"),
    ],
)
def test_time_is_added_while_the_desk_is_there(at: str, span: str, expected: str) -> None:
    hours = hours_of(HoursSettings(zone="Europe/Berlin", holidays_of="DE", **dict.fromkeys(WORKDAYS, "09:00-17:30")))
    assert hours.add(berlin(at), timedelta(hours=int(span[:-1]))) == berlin(expected)


@pytest.mark.parametrize(
    ("where", "day", "is_open"),
    [
        ("DE", "2026-10-03T10:00", False),  # a Saturday
        ("DE-BY", "2026-01-06T10:00", False),
        ("DE", "2026-01-06T10:00", True),
        ("US", "2026-11-26T10:00", False),
        (None, "2026-12-25T10:00", True),
        (None, "2026-12-31T10:00", False),  # the desk's own
    ],
)
def test_holidays_are_those_of_the_country_and_the_desks_own(where: str | None, day: str, is_open: bool) -> None:
    days = dict.fromkeys((*WORKDAYS, "sat"), "08:00-12:00")
    given = HoursSettings(zone="Europe/Berlin", holidays_of=where, holidays=(date(2026, 12, 31),), **days)
    assert hours_of(given).is_open(berlin(day)) is is_open


def test_a_desk_that_never_opens_again_and_one_that_always_is_open() -> None:
    at = utc("2026-11-27T10:00")
    closed = Hours(BERLIN, WEEK, frozenset(date(2026, 11, 1) + timedelta(days=n) for n in range(900)))
    assert closed.add(at, MINUTE) == at, "no loop without an end"
    always = hours_of(None)
    assert isinstance(always, RoundTheClock)
    assert (always.is_open(at), always.next_opening(at), always.add(at, MINUTE)) == (True, at, at + MINUTE)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"zone": "Mars/Olympus", "mon": "09:00-17:00"}, "not a time zone"),
        ({"zone": "Europe", "mon": "09:00-17:00"}, "not a time zone"),
        ({"zone": "UTC"}, "never open"),
        ({"zone": "UTC", "mon": "9-17"}, "not times of one day"),
        ({"zone": "UTC", "mon": "17:00-09:00"}, "not times of one day"),
        ({"zone": "UTC", "mon": "09:00-13:00, 12:00-17:00"}, "not times of one day"),
        ({"zone": "UTC", "mon": "20:00-24:30"}, "not times of one day"),
        ({"zone": "UTC", "mon": "09:00-17:00", "holidays_of": "DE-XX"}, "holidays are known"),
    ],
)
def test_hours_that_mean_nothing_are_refused(given: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        HoursSettings.model_validate(given)
