"""The figures of a text: amounts, durations, dates, times, measures, codes; and whether a source states them. Pure.

A figure is a value with its unit in one spelling: "1,000 grams" and "1000 g" are one, "two weeks" is 14 days, not 30. A
range gives both its ends.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from bot.desk.words import codes, flat, without_codes

_MONTHS = [date(2000, number, 1).strftime("%B").lower() for number in range(1, 13)]
_MONTH = "|".join([*_MONTHS, *(f"{month[:3]}\\.?" for month in _MONTHS), r"sept\.?"])
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
_WORDS = {word: number for number, word in enumerate(_COUNTED.split())}
_WORDS |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100}

# unit -> (canonical unit, factor, spellings)
_UNITS: dict[str, tuple[Decimal, str]] = {}
_SPELLINGS: dict[str, set[str]] = {}
for _name, _factor, _spellings in (
    ("$", "1", "dollar dollars usd bucks price cost fee"),
    ("$", "0.01", "cent cents"),
    ("€", "1", "euro euros eur"),
    ("£", "1", "pounds-sterling gbp"),
    ("%", "1", "percent pct"),
    ("min", "1", "minute minutes mins"),
    ("min", "60", "hour hours hr hrs"),
    ("s", "1", "second seconds sec secs"),
    ("day", "1", "day days"),
    ("day", "7", "week weeks"),
    ("business day", "1", "business-day"),
    ("month", "1", "month months"),
    ("month", "12", "year years yr yrs"),
    ("in", "1", "inch inches"),
    ("in", "12", "foot feet ft"),
    ("m", "1", "metre metres meter meters"),
    ("m", "0.01", "cm centimetre centimetres centimeter centimeters"),
    ("m", "0.001", "mm millimetre millimetres millimeter millimeters"),
    ("kg", "1", "kilogram kilograms kilo kilos"),
    ("kg", "0.001", "g gram grams"),
    ("lb", "1", "lbs pound pounds"),
    ("oz", "1", "ounce ounces"),
    ("W", "1", "w watt watts"),
    ("Wh", "1", "wh watt-hour watt-hours"),
    ("V", "1", "v volt volts"),
    ("A", "1", "amp amps ampere amperes"),
    ("mAh", "1", "mah"),
    ("mAh", "1000", "ah"),
    ("GB", "1", "gb gigabyte gigabytes"),
    ("GB", "0.001", "mb megabyte megabytes"),
    ("GB", "1000", "tb terabyte terabytes"),
    ("Gbps", "1", "gbps gbit/s gb/s"),
    ("Gbps", "0.001", "mbps mbit/s"),
    ("Hz", "1", "hz hertz"),
    ("Hz", "1000000", "mhz"),
    ("Hz", "1000000000", "ghz"),
    ("nits", "1", "nit nits cd/m2"),
    ("dB", "1", "db decibel decibels"),
    ("lm", "1", "lumen lumens"),
    ("MP", "1", "mp megapixel megapixels"),
    ("K", "1", "k"),
    ("point", "1", "point points"),
):
    _SPELLINGS.setdefault(_name, {_name.lower()}).update(_spellings.split())
    for _spelling in {*_spellings.split(), _name.lower()} if _factor == "1" else _spellings.split():
        if _spelling not in ("price", "cost", "fee"):
            _UNITS[_spelling] = (Decimal(_factor), _name)

_UNIT = "|".join(
    sorted((re.escape(unit) for unit in _UNITS if unit not in ("$", "€", "£", "business day")), key=len, reverse=True)
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CURRENCY = r"(?:US|usd\s?)?[$€£]\s?"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<money>{_CURRENCY})?(?P<low>{_NUMBER})"
    rf"(?:(?:\s?-\s?|\s(?:to|or|and)\s)(?:{_CURRENCY})?(?P<high>{_NUMBER}))?"
    rf"(?P<scale>\s?(?:k|million)(?![\w-]))?"
    r"(?:[\s-]?(?:(?P<business>(?:business|working|week)[\s-]?days?)(?!\w)|(?P<percent>%)"
    rf"|(?P<unit>{_UNIT}|\"|'')(?!\w)))?"
    r"(?![\d])(?!\.\d)",
    re.IGNORECASE,
)
_WORD = "|".join(_WORDS)
_ARTICLE = r"(?:(?<=\bin )|(?<=\bwithin )|(?<=\btakes )|(?<=\bafter ))an?"  # "within a day"; not "$39 a year"
_SPELLED = re.compile(
    rf"\b(?P<low>{_WORD}|{_ARTICLE})(?:[\s-](?:to|or|and)[\s-](?P<high>{_WORD}))?"
    rf"[\s-](?:(?P<business>(?:business|working)[\s-]days?)|(?P<unit>{_UNIT}))(?!\w)",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})(?!\w)(?:,?\s(?P<year>\d{{4}}))?"
    rf"|(?P<month2>{_MONTH})\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s(?P<year2>\d{{4}}))?"
    rf"|(?P<month3>{_MONTH})\s(?P<year3>\d{{4}})"
    r"|(?P<year4>\d{4})-(?P<month4>\d{2})-(?P<day4>\d{2})(?!\d)"
    r"|(?P<month5>\d{1,2})/(?P<day5>\d{1,2})/(?P<year5>\d{4}))",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?<![\d:])(?P<hour2>\d{1,2}):(?P<minute2>\d{2})(?![\d:])",
    re.IGNORECASE,
)
_NEXT_LABEL = re.compile(r"\n(?=\w[\w ]*: )")  # a record's next line is no unit of the number before it
_NUMBERED = re.compile(r"(?<![\w-])\d+(?:-\d+){2,}(?![\w-])")  # telephone numbers and the like


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`, as the text says it in `shown`. Units also are date, time and code; "": a bare number."""

    value: str
    unit: str
    shown: str

    @property
    def same(self) -> tuple[str, str]:
        return self.value, self.unit


@dataclass(frozen=True, slots=True)
class Stated:
    """What a text states, ready to be compared with."""

    figures: frozenset[tuple[str, str]]
    words: frozenset[str]

    def holds(self, figure: Figure) -> bool:
        if figure.same in self.figures:
            return True
        if figure.unit == "date":
            return self._holds_date(figure.value)
        if figure.unit == "":  # "14 of them" where the source says "14 days": the value is what must stand there
            return any(value == figure.value for value, unit in self.figures if unit not in ("date", "time", "code"))
        bare = (figure.value, "") in self.figures  # a table's or a record's heading has the unit
        return bare and not _SPELLINGS.get(figure.unit, set()).isdisjoint(self.words)

    def _holds_date(self, value: str) -> bool:
        """A day without its year is the same day; with a year, the year may stand elsewhere in the source."""
        year, month, day = value.split("-")
        for stated, unit in self.figures:
            if unit != "date":
                continue
            its_year, its_month, its_day = stated.split("-")
            if its_month != month or (day and its_day != day):
                continue
            if not year or its_year == year or (not its_year and self._mentions_year(year)):
                return True
        return False

    def _mentions_year(self, year: str) -> bool:
        return any(value.startswith(year) for value, unit in self.figures if unit in ("", "date"))


@lru_cache(maxsize=1024)
def stated(text: str) -> Stated:
    plain = flat(_NEXT_LABEL.sub(" ; ", text).replace("_", " "))
    found = frozenset(figure.same for figure in figures(plain))
    return Stated(found, frozenset(re.findall(r"[a-z/%$€£\"]+", plain.lower())))


def figures(text: str) -> list[Figure]:
    """Every figure of a text, in reading order of their kinds: codes, dates, times, then amounts."""
    plain = flat(text)
    found: list[Figure] = []
    found += [Figure(code, "code", code) for code in sorted(codes(plain))]
    plain = without_codes(plain)
    for pattern, read in _READERS:
        for match in pattern.finditer(plain):
            found.extend(read(match))
        if pattern is not _SPELLED:
            plain = pattern.sub(" ; ", plain)
    return found


def _numbered(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(match.group(), "code", match.group())


def _date(match: re.Match[str]) -> Iterator[Figure]:
    parts = {name.rstrip("2345"): value for name, value in match.groupdict().items() if value}
    month = parts["month"]
    number = int(month) if month.isdigit() else [name[:3] for name in _MONTHS].index(month[:3].lower()) + 1
    day = f"{int(parts['day']):02}" if "day" in parts else ""
    yield Figure(f"{parts.get('year', '')}-{number:02}-{day}", "date", match.group())


def _time(match: re.Match[str]) -> Iterator[Figure]:
    hour = int(match["hour"] or match["hour2"])
    half = (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    yield Figure(f"{hour:02}:{match['minute'] or match['minute2'] or '00'}", "time", match.group())


def _amount(match: re.Match[str]) -> Iterator[Figure]:
    unit, factor = "", Decimal(1)
    if match["money"]:
        unit = match["money"].strip()[-1]
    elif match["business"]:
        unit = "business day"
    elif match["percent"]:
        unit = "%"
    elif match["unit"]:
        factor, unit = (Decimal(1), "in") if match["unit"] in ('"', "''") else _UNITS[match["unit"].lower()]
    if match["scale"]:
        factor *= 1000 if "k" in match["scale"].lower() else 1_000_000
    for number in (match["low"], match["high"]):
        if number:
            yield Figure(_value(Decimal(number.replace(",", "")) * factor), unit, match.group().strip())


def _spelled(match: re.Match[str]) -> Iterator[Figure]:
    factor, unit = (Decimal(1), "business day") if match["business"] else _UNITS[match["unit"].lower()]
    for word in (match["low"], match["high"]):
        if word:
            yield Figure(_value(_WORDS.get(word.lower(), 1) * factor), unit, match.group())


_READERS = ((_DATE, _date), (_NUMBERED, _numbered), (_TIME, _time), (_AMOUNT, _amount), (_SPELLED, _spelled))


def _value(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
