"""Whether a summary keeps to what was written. Pure."""

from dataclasses import replace

from bot.desk.figures import Figure, figures, stated
from bot.desk.foreign_figures import IN_ENGLISH, in_english
from bot.desk.languages import is_english
from bot.desk.words import has_code


def unstated(summary: str, wrote: str) -> str:
    """The first figure, date, amount or code of it that occurs nowhere in what was written, as the summary says it; "":
    none. Of what is not in English the values alone are compared."""
    foreign = not is_english(wrote)
    readings = [wrote, *(in_english(wrote, language) for language in IN_ENGLISH if foreign)]
    values = {value for text in readings for value, _ in stated(text).figures} if foreign else set()
    for one in figures(summary):
        if one.value not in values and not _occurs(one, wrote):
            return one.shown
    return ""


def _occurs(one: Figure, wrote: str) -> bool:
    if one.unit == "code":
        return has_code(wrote, frozenset((one.value,)))
    return stated(wrote).holds(replace(one, nouns=()))  # of what it is said may be put in other words
