"""Text set in columns on a page, told by the gaps that run down through its lines: tables without rules, and prose in
two columns, which is read down one and then down the other."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import NamedTuple

from ingest.parsing.parsed import as_table

_GAP = 0.9  # of the letters' size: a wider gap parts two columns
_MARKER = re.compile(r"[•▪◦‣·●○■*–-]|\(?\w{1,3}[.)]|[^\w\s]")  # of a list's item, set apart from its text
_PROSE = 28  # characters: the cells of a table are mostly shorter, the lines of a column of prose longer


class Cell(NamedTuple):
    left: float  # points
    right: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    size: float  # points
    bold: bool
    top: float
    bottom: float
    page: int
    margin: bool  # at the page's upper or lower edge
    room: float = 0.0  # points left free to the right
    kind: str = "text"
    cells: Sequence[Cell] = ()


def cells_of(chars: Sequence[dict[str, float | str]]) -> list[Cell]:
    """A line's characters, cut where the gaps are wide."""
    cells: list[Cell] = []
    for char in chars:
        left, right, size, text = float(char["x0"]), float(char["x1"]), float(char["size"]), str(char["text"])
        gap = left - cells[-1].right if cells else 0.0
        if not cells or (gap > _GAP * size and not _MARKER.fullmatch(cells[0].text)):
            cells.append(Cell(left, right, text))
        else:
            space = " " if gap > 0.15 * size and not text.isspace() else ""
            cells[-1] = Cell(cells[-1].left, max(right, cells[-1].right), cells[-1].text + space + text)
    return [cell._replace(text=" ".join(cell.text.split())) for cell in cells]


@dataclass(slots=True)
class _Grid:
    """Lines whose cells stand in the same columns. A column is the stretch of the page that its cells cover."""

    columns: list[tuple[float, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def takes(self, line: Line) -> bool:
        """Add the line, unless it closes a gap between two columns, stands far below, or is on another page."""
        if self.lines:
            above = self.lines[-1]
            if line.page != above.page or line.top - above.bottom > 2.2 * max(line.size, above.size):
                return False
        columns = list(self.columns)
        used: set[tuple[float, float]] = set()
        for cell in line.cells:
            over = [column for column in columns if cell.left < column[1] + 1 and cell.right > column[0] - 1]
            if len(over) > 1 or (over and over[0] in used):
                return False
            wide = (
                (min(cell.left, *(left for left, _ in over)), max(cell.right, *(right for _, right in over)))
                if over
                else cell[:2]
            )
            columns = [column for column in columns if column not in over] + [wide]
            used.add(wide)
        self.columns = sorted(columns)
        self.lines.append(line)
        return True

    def row(self, line: Line) -> list[str]:
        row = [""] * len(self.columns)
        for cell in line.cells:
            at = next(at for at, (_, right) in enumerate(self.columns) if cell.left < right)
            row[at] = cell.text
        return row

    def is_prose(self) -> bool:
        lengths = [len(cell.text) for line in self.lines for cell in line.cells]
        return len(self.columns) < 4 and len(self.lines) > 5 and sum(lengths) > _PROSE * len(lengths)


def in_columns(lines: Sequence[Line], is_heading: Callable[[Line], bool]) -> Iterator[Line]:
    """The lines, with those of a table as one of kind "table", and those of prose in columns in reading order."""
    at = 0
    while at < len(lines):
        grid = _grid(lines[at : at + 400], is_heading) if len(lines[at].cells) > 1 else _Grid()
        if sum(len(line.cells) > 1 for line in grid.lines) < 2:
            yield lines[at]
            at += 1
            continue
        at += len(grid.lines)
        rows = [grid.row(line) for line in grid.lines]
        first = grid.lines[0]
        if not grid.is_prose():
            yield replace(first, text=as_table(rows), size=0, bold=False, bottom=grid.lines[-1].bottom, kind="table")
            continue
        for column, (_, right) in enumerate(grid.columns):
            for line, row in zip(grid.lines, rows, strict=True):
                if row[column]:
                    end = next(cell.right for cell in line.cells if cell.text == row[column])
                    yield replace(line, text=row[column], room=right - end)


def _grid(lines: Sequence[Line], is_heading: Callable[[Line], bool]) -> _Grid:
    """The longest run of lines from the first on that share their columns; it ends with a line of several cells.

    A line across the columns is a row of the table where the next line goes on with it.
    """
    grid, kept = _Grid(), _Grid()
    for line, below in zip_longest(lines, lines[1:]):
        single = len(line.cells) < 2
        if line.kind != "text" or (single and is_heading(line)):
            break
        if not grid.takes(line):
            if not (single and below and len(below.cells) > 1 and line.page == below.page and grid.lines):
                break
            grid.lines.append(line)
        if not single:
            kept = _Grid(grid.columns, list(grid.lines))
    return kept
