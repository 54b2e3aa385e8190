"""Whether a summary keeps to what was written. Pure."""

import re
from dataclasses import replace

from bot.desk.figures import Figure, figures, stated
from bot.desk.foreign_figures import IN_ENGLISH, in_english
from bot.desk.languages import is_english
from bot.desk.words import has_code

# What a summary counts by itself: "two separate complaints". Not what it says that people own, or how often they wrote.
_OWN_COUNT = re.compile(
    r"\b(?:two|three|four|five)(?= (?:[a-z]+ )?(?:complaints|problems|issues|concerns|matters|questions|requests)\b)"
    r"|\btwo times\b",  # as "twice", which is no figure
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\ban? (?=(?:day|week|month|year)s?\b)", re.IGNORECASE)  # "it's been a month"
_MONTH = Figure("30", "day", ""), Figure("1", "month", "")


def unstated(summary: str, wrote: str) -> str:
    """The first figure, date, amount or code of it that occurs nowhere in what was written, as the summary says it; "":
    none. Of what is not in English the values alone are compared."""
    foreign = not is_english(wrote)
    summary, wrote = _OWN_COUNT.sub("some", summary), _ARTICLE.sub("one ", wrote)
    readings = [wrote, *(in_english(wrote, language) for language in IN_ENGLISH if foreign)]
    values = {value for text in readings for value, _ in stated(text).figures} if foreign else set()
    for one in figures(summary):
        if one.value not in values and not _occurs(one, wrote):
            return one.shown
    return ""


def _occurs(one: Figure, wrote: str) -> bool:
    if one.unit == "code":
        return has_code(wrote, frozenset((one.value,)))
    one = replace(one, nouns=())  # of what it is said may be put in other words
    same = _MONTH if any(one.same == figure.same for figure in _MONTH) else (one,)
    return any(stated(wrote).holds(figure) for figure in same)
