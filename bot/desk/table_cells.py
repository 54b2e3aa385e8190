"""The cells of a passage's tables, each with what it is about: its row, its column, its section. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.desk.words import flat

_BAR = " | "
_SET_APART = re.compile(r"(\S.*?)\s{3,}(\S.*)")  # "Pro      30 days": a table that a text file drew with blanks


@dataclass(frozen=True, slots=True)
class Cell:
    """`line` is the row as the passage has it; `column` is "" where the table has no heading."""

    row: str
    column: str
    section: str
    value: str
    line: str

    @property
    def shown(self) -> str:
        return f"{self.column}: {self.value}" if self.column else self.value


@lru_cache(maxsize=512)
def cells(text: str, section: str) -> tuple[Cell, ...]:
    """The first row of a table is its heading, its first column says what a row is about."""
    found: list[Cell] = []
    heading: list[str] = []
    under = section.rsplit(" > ", 1)[-1]
    for line in text.splitlines():
        bare = line.strip()
        row = [cell.strip() for cell in f" {bare} ".split(_BAR)]
        if len(row) > 1:
            if heading:
                values = zip(heading[1:], row[1:], strict=False)
                found += [Cell(row[0], column, under, value, bare) for column, value in values if value]
            heading = heading or row
            continue
        heading = []
        if apart := _SET_APART.fullmatch(bare):
            found.append(Cell(flat(apart[1]), "", under, flat(apart[2]), bare))
    return tuple(found)
