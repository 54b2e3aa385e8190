"""A passage in units that can be quoted, each readable alone: sentences, list items, table rows, lines of a record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bot.desk.leads import lead_of
from bot.desk.model import Passage
from bot.desk.sentences import split_passage
from bot.desk.synonyms import concepts
from bot.desk.words import codes, flat

_PAIR = re.compile(r"([\w][\w /()-]{0,40}): (.+)", re.DOTALL)
_ASKED = re.compile(r"([^.:?]{8,120}\?): (.+)", re.DOTALL)
_MARKER = re.compile(r"^\s*(?:\d{1,3}[.)]|[-–*•])\s+")
_LONG = 140  # characters: a longer cell of a record is quoted by its parts
_NOT_FIRST = 99  # a record has no order of importance
_BLANK = 2  # line ends, or more: a blank line
SAYS_SOMETHING = 4  # words; fewer, without a figure, is a heading or a label
_ALIGNED = re.compile(r"(?<=\S) {3,}(?=\S)")
_ITSELF = re.compile(
    r"\bversion v?\d|\b(?:reviewed|updated|revised|effective|in force|valid|as of)\b.*\b\d{4}\b|^owner:|^replaces v",
    re.IGNORECASE,
)
_OF_ITSELF = """
    version v reviewed updated revised effective in force valid from since as of owner last date on and for to the
    current guide page statement document product sheet programme terms list policy team
"""
_UNITS = {"usd": "${}", "eur": "€{}", "months": "{} months", "days": "{} days", "hours": "{} hours", "kg": "{} kg"}


@dataclass(frozen=True)
class Unit:
    """`quote` stands in the passage as it is; `text` is it made readable; `lead` names the record that it is of, and
    `under` is the heading or the line of the passage without which it would say something else, or nothing."""

    passage: int
    quote: str
    text: str
    lead: str
    heading: str
    order: int  # in its passage
    under: str = ""

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
    name = passage.section.rsplit(" > ", 1)[-1] or passage.title
    if len(lines) > 2 and all(_PAIR.fullmatch(line) for line in lines):
        pairs = [pair for line in lines for pair in _record_line(line)]
        return [Unit(index, quote, text, name, heading, _NOT_FIRST) for quote, text in pairs]
    return [
        Unit(
            index,
            said.quote,
            said.text if said.under else _named(said.text, name),
            "",
            f"{heading} > {said.asked}" if said.asked else heading,
            order,
            said.under,
        )
        for order, said in enumerate(_prose(passage.text, passage.section.rsplit(" > ", 1)[-1]))
    ]


def about_itself(unit: Unit) -> bool:
    """Whether it says only which version a document is, since when, and whose, "Version 2.3, effective 1 May 2026", or
    of a record only its name."""
    if unit.lead:
        return unit.text.endswith(f": {unit.lead}")
    title = unit.heading.split(" > ")[0].lower()
    words = re.findall(r"[^\W\d_]+", re.sub(r"\S*[@#]\S*", "", unit.text))
    return bool(_ITSELF.search(unit.text)) and all(
        not word.islower() or word in _OF_ITSELF.split() or word in title for word in words
    )


def _named(text: str, name: str) -> str:
    """ "Price $249." does not say of what."""
    return f"{name}: {text}" if len(text.split()) < SAYS_SOMETHING and not name.endswith("?") else text


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


@dataclass(frozen=True, slots=True)
class _Said:
    """`asked`: the question that it follows, as in an FAQ, on a line before or on its own."""

    quote: str
    text: str
    asked: str = ""
    under: str = ""


def _prose(text: str, heading: str) -> Iterator[_Said]:
    header: list[str] = []
    asked, above, after = "", "", "\n\n"  # `above`: the line, ending in a colon, that a list stands under
    for unit in split_passage(text):
        quote = unit.strip()
        before, after = after, unit[len(unit.rstrip()) :]
        if cells := _cells(quote):
            if header:
                yield _Said(quote, _row(header, cells))
            header = header or cells
            continue
        header = []
        item = before.endswith("\n") and bool(_MARKER.match(quote))
        above = above if item or before.count("\n") < _BLANK else ""
        if both := _ASKED.fullmatch(quote):
            asked, quote = both[1], both[2]
        bare = _bare(quote)
        if bare.endswith("?"):
            asked = bare
            continue
        under = lead_of(heading, above, bare, item=item)
        if bare.endswith(":"):
            above = quote if bare[0].isupper() else above
        elif _says_something(bare) or (under and (item or " " in bare)):
            yield _Said(quote, bare, asked, under)
        if "\n" in after:
            asked = ""


def _cells(quote: str) -> list[str]:
    """Of a row of a table; the first or last may be empty."""
    cells = [cell.strip() for cell in f" {quote} ".split(" | ")]
    return cells if len(cells) > 1 else []


def _bare(quote: str) -> str:
    return re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", _MARKER.sub("", flat(_in_columns(quote))))


def _in_columns(quote: str) -> str:
    """A row of a table that is drawn with spaces, with a colon after its first column."""
    cells = _ALIGNED.split(quote)
    if len(cells) == 1 or not all(re.match(r"[\w$€£]", cell) for cell in cells):
        return quote
    return f"{cells[0]}: {'; '.join(cells[1:])}"


def _row(header: list[str], cells: list[str]) -> str:
    """ "Express – Time: 1-2 business days; Price: $14.99"; with two columns "Express: 1-2 business days"."""
    name, *rest = cells
    if len(rest) == 1:
        return f"{name}: {rest[0]}"
    said = [f"{column}: {cell}" if column else cell for column, cell in zip(header[1:], rest, strict=False) if cell]
    return f"{name} – {'; '.join(said)}"


def _says_something(bare: str) -> bool:
    words = bare.split()
    return len(words) >= SAYS_SOMETHING or (len(words) > 1 and bool(re.search(r"\d", bare)))
