"""Excel: a sheet is a section whose tables stay whole, or a catalogue whose rows are documents.

Only a sheet that is one table of things with ids of their own, or a long one with names of their own, is a catalogue.
Any other stays together: in a price matrix or a form a row alone means little, and a small table is best read whole.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from ingest.model import Block, ParseError
from ingest.parsing.archive import open_package
from ingest.parsing.parsed import Parsed, as_table, bounded
from ingest.parsing.tabular import (
    Row,
    documents,
    header_of,
    id_column,
    is_header,
    name_column,
    nearly_distinct,
)
from ingest.parsing.word import core_title

_MOST_CELLS = 5_000_000
_LONG = 20  # rows from which names alone make a catalogue
_TALLEST = 1000  # rows that a merged cell is repeated in
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_CURRENCY = re.compile(r"\[?\"?([$€£¥])")


def parse(content: bytes, options: Mapping[str, str], title: str) -> list[Parsed]:
    with open_package(content) as package:
        stated = core_title(package)
        try:
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        except (InvalidFileException, KeyError, ValueError) as error:
            raise ParseError("It is not a workbook, or a damaged one.") from error
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        grids = [(sheet.title, _grid(sheet, package)) for sheet in sheets]
        workbook.close()
    found: list[Parsed] = []
    blocks: list[Block] = []
    for name, grid in grids:
        alone = len(grids) == 1 and re.fullmatch(r"(?i)(?:sheet|tabelle|feuil|hoja|foglio)\s*\d", name)
        if options or _is_catalogue(grid):
            header, rows = header_of([Row(row.cells) for row in grid if row.cells] or [Row([])])
            each = documents(header, rows, options, title if alone else f"{title}, {name}")
            prefix = "" if len(grids) == 1 else f"{name}/"
            found += [Parsed(one.title, one.blocks, None, prefix + one.key, one.url) for one in each]
        else:
            blocks += _blocks(grid, () if alone else (name,))
    return [*([Parsed(stated, blocks)] if blocks else []), *found]


def _grid(sheet: Any, package: zipfile.ZipFile) -> list[Row]:
    """The rows as they are shown, a cell merged over several rows repeated in each; Row.line is the row's number."""
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    merged = _merged_down(package.read(sheet._worksheet_path))
    hanging: list[tuple[int, int, str]] = []  # column, last row and text of the merged cells that reach further down
    rows: list[Row] = []
    cells = size = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row) + 1
        if cells > _MOST_CELLS:
            raise ParseError(f"It has more than {_MOST_CELLS:,} cells; split it.")
        shown = [_shown(cell) for cell in row]
        hanging = [each for each in hanging if each[1] >= number]
        for column, _, text in hanging:
            shown += [""] * (column - len(shown))
            shown[column - 1] = shown[column - 1] or text
        hanging += [
            (column, last, shown[column - 1]) for column, last in merged.get(number, ()) if column <= len(shown)
        ]
        while shown and not shown[-1]:
            shown.pop()
        size = bounded(size + sum(map(len, shown)))
        if shown or (rows and rows[-1].cells):  # one empty row parts two tables, a million do no more
            rows.append(Row(shown, number))
    return rows[:-1] if rows and not rows[-1].cells else rows


def _merged_down(xml: bytes) -> dict[int, list[tuple[int, int]]]:
    """First row -> column and last row of what is merged over rows, which openpyxl leaves out of a stream."""
    found: dict[int, list[tuple[int, int]]] = {}
    for merged in _MERGED.finditer(xml, max(0, xml.rfind(b"sheetData>"))):
        left, top, _, bottom = range_boundaries(merged[1].decode())
        if left and top and bottom and bottom > top:
            found.setdefault(top, []).append((left, min(bottom, top + _TALLEST)))
    return found


def _shown(cell: Any) -> str:
    """A value as its sheet shows it: percentages, currency, decimals; dates in ISO. An error is no value."""
    value = cell.value
    if value is None or (cell.data_type == "e"):
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return " ".join(str(value).split())
    return _figure(value, str(cell.number_format).split(";")[0])


def _figure(value: float, shown_as: str) -> str:
    decimals = re.search(r"0\.(0+)", shown_as)
    places = len(decimals[1]) if decimals else None
    if "%" in shown_as:
        return f"{value * 100:.{places or 0}f}%"
    currency = _CURRENCY.match(shown_as)
    if places is not None and "E" not in shown_as:
        text = f"{value:.{places}f}"
    else:
        text = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return (currency[1] if currency else "") + text


def _is_catalogue(grid: Sequence[Row]) -> bool:
    if len(grid) < 2 or any(not row.cells for row in grid) or not is_header(grid[0].cells) or len(grid[0].cells) < 2:
        return False
    header, rows = header_of(grid)
    named = name_column(header)
    return id_column(header, rows) is not None or (
        named is not None and len(rows) >= _LONG and nearly_distinct(rows, named)
    )


def _blocks(grid: Sequence[Row], section: tuple[str, ...]) -> Iterator[Block]:
    """Its tables, parted by empty rows; rows of a single cell are text."""
    for filled, rows in groupby(grid, key=lambda row: bool(row.cells)):
        if filled:
            lines = [row.cells for row in rows]
            left = min(next(at for at, cell in enumerate(line) if cell) for line in lines)
            table = [line[left:] for line in lines]
            wide = max(len(line) for line in table) > 1
            yield Block(as_table(table), section, "table" if wide else "text")
