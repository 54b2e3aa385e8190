"""A passage in units that can be quoted, each readable alone: sentences, list items, table rows, lines of a record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bot.desk.model import Passage
from bot.desk.sentences import split_passage
from bot.desk.synonyms import concepts
from bot.desk.words import codes, flat

_PAIR = re.compile(r"([\w][\w /()-]{0,40}): (.+)", re.DOTALL)
_ASKED = re.compile(r"([^.:?]{8,120}\?): (.+)", re.DOTALL)
_MARKER = re.compile(r"^\s*(?:\d{1,3}[.)]|[-–*•])\s+")
_LONG = 140  # characters: a longer cell of a record is quoted by its parts
_NOT_FIRST = 99  # a record has no order of importance
_SAYS_SOMETHING = 4  # words; fewer, without a figure, is a heading or a label
_UNITS = {"usd": "${}", "eur": "€{}", "months": "{} months", "days": "{} days", "hours": "{} hours", "kg": "{} kg"}


@dataclass(frozen=True)
class Unit:
    """`quote` stands in the passage as it is; `text` is it made readable; `lead` names the record that it is of."""

    passage: int
    quote: str
    text: str
    lead: str
    heading: str
    order: int  # in its passage

    @cached_property
    def words(self) -> frozenset[str]:
        words = concepts(self.text)
        return words - concepts(" ".join(codes(self.text)))

    @cached_property
    def context(self) -> frozenset[str]:
        return concepts(self.heading)

    @property
    def meaning(self) -> str:
        """What is compared with a question: a sentence alone may not say what it is about."""
        first, *inner = self.heading.split(" > ")
        about = ", ".join([first, *inner[-1:]])
        return f"{about}: {self.text}"[:400]


def units_of(index: int, passage: Passage) -> list[Unit]:
    lines = [line for line in passage.text.splitlines() if line.strip()]
    heading = " > ".join(part for part in (passage.title, passage.section) if part)
    if len(lines) > 2 and all(_PAIR.fullmatch(line) for line in lines):
        name = passage.section.rsplit(" > ", 1)[-1] or passage.title
        pairs = [pair for line in lines for pair in _record_line(line)]
        return [Unit(index, quote, text, name, heading, _NOT_FIRST) for quote, text in pairs]
    return [
        Unit(index, quote, _named(text, passage), "", f"{heading} > {asked}" if asked else heading, order)
        for order, (quote, text, asked) in enumerate(_prose(passage.text))
    ]


def _named(text: str, passage: Passage) -> str:
    """ "Price $249." does not say of what."""
    name = passage.section.rsplit(" > ", 1)[-1] or passage.title
    return f"{name}: {text}" if len(text.split()) < _SAYS_SOMETHING and not name.endswith("?") else text


def _record_line(line: str) -> Iterator[tuple[str, str]]:
    column, value = line.split(": ", 1)
    label = column.replace("_", " ").strip()
    last = label.rsplit(" ", 1)[-1].lower()
    if last in _UNITS and re.fullmatch(r"[\d.,]+", value.strip()):
        label, shown = label[: -len(last)].strip() or label, _UNITS[last].format(value.strip())
        yield line.strip(), f"{label} {shown}"
    elif len(line) <= _LONG:
        yield line.strip(), f"{label}: {value.strip()}"
    else:
        for part in re.split(r"(?<=;)\s+|(?<=\.)\s+(?=[A-Z])", value):
            bare = part.strip().rstrip(";.")
            if bare:
                yield bare, f"{label}: {bare}" if ": " not in bare else bare


def _prose(text: str) -> Iterator[tuple[str, str, str]]:
    """Quote, readable text, and the question that it follows, as in an FAQ: on a line before, or on its own."""
    header: list[str] = []
    asked = ""
    for unit in split_passage(text):
        quote = unit.strip()
        cells = [cell.strip() for cell in f" {quote} ".split(" | ")]  # the first or last may be empty
        if len(cells) > 1:
            if header:
                yield quote, _row(header, cells), ""
            else:
                header = cells
            continue
        header = []
        if both := _ASKED.fullmatch(quote):
            asked, quote = both[1], both[2]
        bare = re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", _MARKER.sub("", flat(quote)))
        if bare.endswith("?"):
            asked = bare
            continue
        if not bare.endswith(":") and _says_something(bare):
            yield quote, bare, asked
        if unit.endswith("\n"):
            asked = ""


def _row(header: list[str], cells: list[str]) -> str:
    """ "Express – Time: 1-2 business days; Price: $14.99"; with two columns "Express: 1-2 business days"."""
    name, *rest = cells
    if len(rest) == 1:
        return f"{name}: {rest[0]}"
    said = [f"{column}: {cell}" if column else cell for column, cell in zip(header[1:], rest, strict=False) if cell]
    return f"{name} – {'; '.join(said)}"


def _says_something(bare: str) -> bool:
    words = bare.split()
    return len(words) >= _SAYS_SOMETHING or (len(words) > 1 and bool(re.search(r"\d", bare)))
