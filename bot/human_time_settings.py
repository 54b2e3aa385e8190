"""[desks.NAME.hours] and [desks.NAME.sla]: when a desk's humans are there, and how soon they answer."""

import re
from datetime import date, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from holidays import country_holidays
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.section import Section

DAY_MINUTES = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)")
_DURATION = re.compile(r"(\d{1,4})([mh])")
_UNITS = {"m": "minutes", "h": "hours"}


def _spans(text: object) -> object:
    """ "09:00-12:30, 13:15-17:30" as minutes of the day; what is no text is left to pydantic."""
    if not isinstance(text, str):
        return text
    found = [_SPAN.fullmatch(part.strip()) for part in text.split(",")]
    spans = [(_minutes(one[1], one[2]), _minutes(one[3], one[4])) for one in found if one]
    edges = [edge for span in spans for edge in span]
    if len(spans) < len(found) or edges != sorted(set(edges)) or edges[-1] > DAY_MINUTES:
        raise ValueError("not times of one day in their order, such as 09:00-12:30, 13:15-17:30")
    return spans


def _minutes(hour: str, minute: str) -> int:
    return int(hour) * 60 + int(minute)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        raise ValueError("not a time zone of the IANA database") from error
    return name


def _country(code: str) -> str:
    country, _, part = code.partition("-")
    try:
        country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ValueError("no country, or no part of one, whose holidays are known") from error
    return code


def _duration(text: object) -> object:
    """ "15m" or "2h"; what is no such thing is left to pydantic, which refuses it."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else text


Spans = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_spans)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
Response = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0), le=timedelta(days=30))]
Severity = Annotated[int, Field(ge=1, le=5)]
Days = Annotated[int, Field(ge=1, le=365)]
_SPANS = Field((), examples=["09:00-17:30"])


class HoursSettings(Section):
    """Each day's spans in the zone's time; a day that is not named is closed, and so is a holiday."""

    zone: Zone = Field(examples=["Europe/Berlin"])
    mon: Spans = _SPANS
    tue: Spans = _SPANS
    wed: Spans = _SPANS
    thu: Spans = _SPANS
    fri: Spans = _SPANS
    sat: Spans = _SPANS
    sun: Spans = _SPANS
    holidays: tuple[date, ...] = Field((), examples=[["2026-12-31"]])
    holidays_of: Country | None = Field(None, examples=["DE-BY"])  # a country, or a part of one

    @property
    def week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """From Monday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not any(self.week):
            raise ValueError('the desk is never open; say when it is, such as mon = "09:00-17:30"')
        return self


FIRST_RESPONSE = {
    5: timedelta(minutes=15),
    4: timedelta(minutes=30),
    3: timedelta(hours=2),
    2: timedelta(hours=4),
    1: timedelta(hours=8),
}


class SlaSettings(Section):
    """How soon the asker has an answer, in the desk's hours, and what happens when they have none."""

    first_response: Annotated[dict[Severity, Response], AfterValidator(lambda given: FIRST_RESPONSE | given)] = Field(
        FIRST_RESPONSE, examples=[{"5": "15m"}]
    )
    round_the_clock_from: Severity | None = None  # from this severity on, nights and holidays count too
    default_severity: Severity = 3  # of what nobody has looked at yet
    reroute_group: Annotated[str, Field(pattern=r"^S[A-Z0-9]{2,}$")] | None = Field(None, examples=["S0123456789"])
    lead: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,}$")] | None = Field(None, examples=["U0123456789"])
    remind_asker_days: Days = 2  # they were asked something and say nothing
    expire_days: Days = 5  # as long after they were asked, and not before they were reminded
    close_days: Days = 3  # they have an answer and do not say whether it solved it

    @model_validator(mode="after")
    def _reminds_first(self) -> Self:
        if self.expire_days <= self.remind_asker_days:
            raise ValueError("expire_days must be more than remind_asker_days: the asker is reminded first")
        return self
