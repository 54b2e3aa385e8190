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

from bot.desk.number_words import NUMBER, SCALES, value_of
from bot.desk.units import SPELLINGS, UNITS
from bot.desk.words import codes, content_words, flat, without_codes

MONTHS = [date(2000, number, 1).strftime("%B").lower() for number in range(1, 13)]
_MONTH = "|".join([*MONTHS, *(f"{month[:3]}\\.?" for month in MONTHS), r"sept\.?"])
_UNIT = "|".join(
    re.escape(unit) if unit != "a" else "(?-i:A)"  # amperes; not "$39 a year"
    for unit in sorted(UNITS, key=len, reverse=True)
    if unit != "business day"
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CURRENCY = r"(?:(?:US|CA|AU?|C)?\$|[€£¥₹]|(?:USD|EUR|GBP|CAD|AUD|CHF|JPY|INR)(?=\s?\d))\s?"
_OF_MONEY = {"US$": "$", "C$": "CA$", "AU$": "A$"}
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<sign>(?<!\d\s)-)?(?P<money>{_CURRENCY})?(?P<low>{_NUMBER})"
    rf"(?:(?P<by>\s?-\s?|\s(?:to|or|and)\s)(?:{_CURRENCY})?(?P<high>[+-]?(?:{_NUMBER})))?"
    rf"(?P<scale>\s?(?:{'|'.join(SCALES)})(?![\w-]))?"
    r"(?:[\s-]?(?:(?:calendar|full|whole|consecutive|more|free|extra)[\s-])?(?:(?P<business>(?:business|working|week)[\s-]?days?)(?!\w)|(?P<percent>%)"
    rf"|(?P<unit>{_UNIT}|\"|'')(?!\w)))?"
    r"(?![\d])(?!\.\d)",
    re.IGNORECASE,
)
_ARTICLE = r"(?:(?<=\bin )|(?<=\bwithin )|(?<=\btakes )|(?<=\bafter ))an?"  # "within a day"; not "$39 a year"
_SPELLED = re.compile(
    rf"\b(?P<low>{NUMBER}|{_ARTICLE})(?:(?P<by>[\s-](?:to|or|and)[\s-])(?P<high>{NUMBER}))?"
    rf"[\s-](?:(?:calendar|full|whole|consecutive|more|free|extra)[\s-])?(?:(?P<business>(?:business|working)[\s-]days?)|(?P<unit>{_UNIT}))(?!\w)",
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
    r"|(?<![\d:])(?P<hour2>\d{1,2}):(?P<minute2>\d{2})(?!:?\d)",
    re.IGNORECASE,
)
_NEXT_LABEL = re.compile(r"\n(?=\w[\w ]*: )")  # a record's next line is no unit of the number before it
# A code of two or three characters is one only where it is called so; "v3.2" and "version 3.2" are the same.
_SHORT_CODE = re.compile(
    r"\b(?:error|fault|alarm|status|model|code)s?(?: code| number| no\.?)?:? "
    r"(?P<code>[a-z]{1,2}-?\d{1,2}|\d{1,2}[a-z])(?![\w-])",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\b(?:v|(?:version|revision|rev\.?) v?)(?P<number>\d+(?:\.\d+)*)(?!\w)", re.IGNORECASE)
_MARK = re.compile(r"(?<![\w-])(?:[a-z]{1,2}-?\d{1,2}|\d{1,2}[a-z])(?![\w-])", re.IGNORECASE)
_TIMES = "hour|day|night|week|month|quarter|year"
# How often an amount is due or had: "$100 a month", "€5 per user and year".
_PERIOD = re.compile(
    rf"(?:(?:\s?/\s?|\s(?:an?|per|each|every)\s)(?!(?:{_TIMES})\b)[a-z]+,?)?"
    rf"(?:(?:\s?/\s?|\s(?:(?:for )?(?:an?|per|each|every)|and)\s)(?:calendar )?(?P<one>{_TIMES})\b(?!-)"
    r"|\s(?P<often>hourly|daily|weekly|monthly|quarterly|yearly|annually|per annum)\b)",
    re.IGNORECASE,
)
_OFTEN = {"daily": "day", "annually": "year", "per annum": "year"}
_NUMBERED = re.compile(r"(?<![\w-])\d+(?:-\d+){2,}(?![\w-])")  # telephone numbers and the like


_COUNTED_THING = re.compile(rf"\b(?P<low>(?>{NUMBER}))(?![\w-])", re.IGNORECASE)  # "three devices"
_SMALL = 100  # a number in words below it counts where what it counts follows
# Counts of what the answer itself lists, and "one" as a pronoun, are no figures of the source.
_OWN_COUNT = re.compile(
    r"\s(?:(?:\w+\s)?(?:ways?|options?|steps?|things?|parts?|cases?|conditions?|exceptions?|kinds?|types?|choices?"
    r"|questions?|documents?|sources?|points?|pages?|policies|rules?|reasons?|answers?|versions?)|of|or|and|more|at|to)\b",
    re.IGNORECASE,
)
_NOUNS = re.compile(r"(?:\s[a-z][a-z'-]*){1,3}", re.IGNORECASE)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(
    rf"\b(?P<low>{'|'.join(_WEEKDAYS)}|(?:mon|tue|wed|thu|fri|sat|sun)(?=\s?-))s?"
    rf"(?:(?:\s?-\s?|\s(?:to|through|until)\s)(?P<high>{'|'.join(_WEEKDAYS)}|mon|tue|wed|thu|fri|sat|sun)s?)?\b",
    re.IGNORECASE,
)
_SAID_OTHERWISE = (
    (re.compile(r"\bpercentage points?\b", re.IGNORECASE), "pp"),
    (re.compile(r"\bbasis points?\b", re.IGNORECASE), "bp"),
    (re.compile(r"(?<=\d) ?(?:° ?|\bdegrees? )(?:c|celsius)\b", re.IGNORECASE), " °C"),
    (re.compile(r"(?<=\d) ?(?:° ?|\bdegrees? )(?:f|fahrenheit)\b", re.IGNORECASE), " °F"),
    (re.compile(r"(?<=\d) degrees?\b", re.IGNORECASE), "°"),
    (re.compile(r"(?<=°[CF])\s?-\s?(?=-?\d)"), " to "),
    (re.compile(r"\bminus (?=\d)", re.IGNORECASE), "-"),
    (re.compile(r"\bhalf a dozen\b", re.IGNORECASE), "six"),
    (re.compile(r"\bhalf an hour\b", re.IGNORECASE), "30 minutes"),
    (re.compile(r"\ban hour and a half\b", re.IGNORECASE), "90 minutes"),
    (re.compile(r"\b(?:a|one) fortnight\b", re.IGNORECASE), "14 days"),
    (re.compile(r"\bhalf a year\b", re.IGNORECASE), "6 months"),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`, as the text says it in `shown`. Units also are date, time, weekday, code, version; "": a bare
    number, with the words that follow it in `nouns`. `end`: of a range, its "low" or its "high"; "one" of two. `per`:
    the period of which it is said, such as "month"."""

    value: str
    unit: str
    shown: str
    end: str = ""
    nouns: tuple[str, ...] = ()
    per: str = ""

    @property
    def same(self) -> tuple[str, str]:
        return self.value, self.unit


@dataclass(frozen=True, slots=True)
class Stated:
    """What a text states, ready to be compared with."""

    figures: frozenset[tuple[str, str]]
    words: frozenset[str]
    stems: frozenset[str]
    ends: frozenset[tuple[str, str, str]]  # of ranges, where the value stands nowhere by itself
    periods: frozenset[tuple[str, str, str]]  # of each figure, where one is said; else ""
    marks: frozenset[str]  # what may be a code of two or three characters

    def narrows(self, figure: Figure) -> str:
        """Which end of a range a figure is that is said without the other: "low", "high" or ""."""
        if figure.end or not figure.unit:
            return ""
        return next((end for end in ("low", "high") if (*figure.same, end) in self.ends), "")

    def holds(self, figure: Figure) -> bool:
        if figure.same in self.figures:
            if figure.per and not {(*figure.same, figure.per), (*figure.same, "")} & self.periods:
                return False
            return not figure.nouns or not self.stems.isdisjoint(figure.nouns)
        if figure.unit == "version" and (figure.value, "") in self.figures:  # "macOS 13" is version 13
            return True
        if figure.unit == "" and (figure.value, "version") in self.figures:
            return True
        if figure.unit == "date":
            return self._holds_date(figure.value)
        if figure.unit == "code":
            return figure.value.replace("-", "") in self.marks
        if figure.unit == "":  # "14 of them" where the source says "14 days": the value is what must stand there
            return not figure.nouns and any(
                value == figure.value for value, unit in self.figures if unit not in ("date", "time", "code", "version")
            )
        bare = (figure.value, "") in self.figures  # a table's or a record's heading has the unit
        return bare and not SPELLINGS.get(figure.unit, set()).isdisjoint(self.words)

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


def units_of_word(word: str) -> frozenset[str]:
    """The units that a word names: "watts" is W. A month is none."""
    return frozenset(figure.unit for figure in figures(f"2 {word}")) - {"", "date"}


@lru_cache(maxsize=1024)
def stated(text: str) -> Stated:
    plain = flat(_NEXT_LABEL.sub(" ; ", text).replace("_", " "))
    found = figures(plain)
    alone = {figure.same for figure in found if figure.end in ("", "one")}
    return Stated(
        frozenset(figure.same for figure in found),
        frozenset(re.findall(r"[a-z/%$€£¥₹°\"]+", plain.lower())),
        content_words(plain),
        frozenset((*figure.same, figure.end) for figure in found if figure.end and figure.same not in alone),
        frozenset((*figure.same, figure.per) for figure in found),
        frozenset(mark.replace("-", "").upper() for mark in _MARK.findall(plain)),
    )


def figures(text: str) -> list[Figure]:
    """Every figure of a text, in reading order of their kinds: codes, versions, dates, times, amounts, weekdays."""
    plain = flat(text)
    for pattern, instead in _SAID_OTHERWISE:
        plain = pattern.sub(instead, plain)
    found: list[Figure] = []
    found += [Figure(code, "code", code) for code in sorted(codes(plain))]
    plain = without_codes(plain)
    for pattern, read in _READERS:
        for match in pattern.finditer(plain):
            found.extend(read(match))
        plain = pattern.sub(" ; ", plain)
    return found


def _short_code(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(match["code"].replace("-", "").upper(), "code", match["code"])


def _version(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(re.sub(r"(?:\.0)+$", "", match["number"]), "version", match.group())


def _numbered(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(match.group(), "code", match.group())


def _date(match: re.Match[str]) -> Iterator[Figure]:
    parts = {name.rstrip("2345"): value for name, value in match.groupdict().items() if value}
    month = parts["month"]
    number = int(month) if month.isdigit() else [name[:3] for name in MONTHS].index(month[:3].lower()) + 1
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
        money = match["money"].strip().upper()
        unit = _OF_MONEY.get(money) or (UNITS[money.lower()][1] if money.lower() in UNITS else money)
    elif match["business"]:
        unit = "business day"
    elif match["percent"]:
        unit = "%"
    elif match["unit"]:
        factor, unit = (Decimal(1), "in") if match["unit"] in ('"', "''") else UNITS[match["unit"].lower()]
    if match["scale"]:
        factor *= SCALES[match["scale"].strip().lower()]
    if match["money"] and match["high"] and (match["unit"] or match["business"]):  # "$960 - 6 months" is no range
        counted = UNITS.get((match["unit"] or "business-day").lower(), (Decimal(1), "in"))
        yield Figure(_value(Decimal(match["low"].replace(",", ""))), unit, match.group().strip())
        yield Figure(_value(Decimal(match["high"].replace(",", "")) * counted[0]), counted[1], match.group().strip())
        return
    nouns = () if unit or match["high"] or match["scale"] else _following(match)
    per = _per(match) if unit else ""
    signed = unit in ("°C", "°F")
    for number, end in _ends(match):
        value = Decimal(number.replace(",", "").lstrip("+" if signed else "+-")) * factor
        if signed and match["sign"] and end != "high" and number == match["low"]:
            value = -value
        yield Figure(_value(value), unit, match.group().strip(), end, nouns, per)


def _spelled(match: re.Match[str]) -> Iterator[Figure]:
    factor, unit = (Decimal(1), "business day") if match["business"] else UNITS[match["unit"].lower()]
    for word, end in _ends(match):
        value = Decimal(1) if word.lower() in ("a", "an") else value_of(word)
        yield Figure(_value(value * factor), unit, match.group(), end, per=_per(match))


def _counted(match: re.Match[str]) -> Iterator[Figure]:
    value = value_of(match["low"])
    follows = _NOUNS.match(match.string, match.end()) and not _OWN_COUNT.match(match.string, match.end())
    if value >= _SMALL or (value > 1 and follows):
        yield Figure(_value(value), "", match.group(), nouns=_following(match))


def _weekday(match: re.Match[str]) -> Iterator[Figure]:
    """A range of days names each of them."""
    first = [day[:3] for day in _WEEKDAYS].index(match["low"][:3].lower())
    last = [day[:3] for day in _WEEKDAYS].index(match["high"][:3].lower()) if match["high"] else first
    for offset in range((last - first) % 7 + 1):
        yield Figure(_WEEKDAYS[(first + offset) % 7], "weekday", match.group())


def _ends(match: re.Match[str]) -> list[tuple[str, str]]:
    if not match["high"]:
        return [(match["low"], "")]
    low, high = ("low", "high") if match["by"].strip(" -") in ("", "to") else ("one", "one")
    return [(match["low"], low), (match["high"], high)]


def _per(match: re.Match[str]) -> str:
    period = _PERIOD.match(match.string, match.end())
    if period is None:
        return ""
    often = (period["often"] or "").lower()
    return (period["one"] or _OFTEN.get(often) or often.removesuffix("ly")).lower()


def _following(match: re.Match[str]) -> tuple[str, ...]:
    """The stems of the words that say what is counted."""
    after = _NOUNS.match(match.string, match.end())
    return tuple(sorted(content_words(after.group()))) if after else ()


_READERS = (
    (_SHORT_CODE, _short_code),
    (_VERSION, _version),
    (_DATE, _date),
    (_NUMBERED, _numbered),
    (_TIME, _time),
    (_AMOUNT, _amount),
    (_SPELLED, _spelled),
    (_COUNTED_THING, _counted),
    (_WEEKDAY, _weekday),
)


def _value(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
