"""Tables whose rows are things: CSV here, records and catalogue-like sheets by the same rules.

A row is a document of its own, named by its title column and kept by its id, so that one changed price is one changed
document, and a citation leads to the thing.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.model import Block, ParseError
from ingest.parsing.parsed import Parsed, bounded
from ingest.parsing.text import decode

_IDS = (
    *(
        "id",
        "sku",
        "item id",
        "product id",
        "article id",
        "code",
        "item code",
        "product code",
        "part number",
        "part no",
    ),
    *("part", "item number", "item no", "product number", "article", "article number", "article no", "mpn", "ean"),
    *("gtin", "upc", "asin", "isbn", "key", "slug", "handle", "store id", "number", "no", "#"),
)
_NAMES = (
    *("title", "name", "product", "product name", "item name", "product title", "item", "question", "subject", "topic"),
    *("store", "store name", "term"),
)
_NEARLY = 0.95  # of the rows; a catalogue with one id typed twice still goes by its ids
_FIGURE = re.compile(r"[\s\d.,:/%$€£+-]*")
csv.field_size_limit(2**24)


@dataclass(frozen=True, slots=True)
class Row:
    cells: Sequence[str]
    line: int | None = None


def parse(content: bytes, options: Mapping[str, str], title: str) -> list[Parsed]:
    text = decode(content)
    all_rows = list(_rows(text))
    if not all_rows:
        return []
    header, rows = header_of(all_rows)
    return documents(header, rows, options, title)


def documents(header: Sequence[str], rows: Sequence[Row], options: Mapping[str, str], table: str) -> list[Parsed]:
    """A document for each row: its title, its text as "column: value" a line, and a key that other rows do not change.

    `table` is what they are rows of. Raises ParseError when `options` name a column that is not there.
    """
    ids, titles, urls = (_named(header, options.get(use, "")) for use in ("id", "title", "url"))
    ids = ids if ids is not None else id_column(header, rows)
    titles = titles if titles is not None else _title_column(header, rows)
    if ids is None and titles is not None and nearly_distinct(rows, titles):
        ids = titles
    size = 0
    found = []
    for row in rows:
        lines = [f"{header[at] or 'column ' + str(at + 1)}: {cell}" for at, cell in enumerate(row.cells) if cell]
        text = "\n".join(lines)
        size = bounded(size + len(text))
        name = _cell(row, titles)
        if not re.search(r"[^\W\d]", name):  # nothing, or a bare number, which says little without what it is of
            name = f"{table}: {name or ', '.join([cell for cell in row.cells if cell][:3])}"
        key = _cell(row, ids) or hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
        url = _cell(row, urls)
        found.append(Parsed(name, [Block(text, (), "row", None, row.line)], None, key, url or None))
    return found


def header_of(rows: Sequence[Row]) -> tuple[list[str], Sequence[Row]]:
    """The columns' names, each other, and the rows below; a table without a header keeps its first row."""
    width = max(len(row.cells) for row in rows)
    first = [*rows[0].cells, *[""] * (width - len(rows[0].cells))]
    if is_header(rows[0].cells) and len(rows) > 1:
        return first, rows[1:]
    return [f"column {number}" for number in range(1, width + 1)], rows


def is_header(cells: Sequence[str]) -> bool:
    """A header has a different name for every column, and none is a figure."""
    names = [cell for cell in cells if cell]
    return len(set(names)) == len(names) and not any(_FIGURE.fullmatch(name) for name in names)


def id_column(header: Sequence[str], rows: Sequence[Row]) -> int | None:
    """The column that tells the rows apart for good: by its name, when its values do."""
    return next((at for at in _known(header, _IDS) if nearly_distinct(rows, at)), None)


def name_column(header: Sequence[str]) -> int | None:
    """The column whose name says that it names things."""
    return next(_known(header, _NAMES), None)


def nearly_distinct(rows: Sequence[Row], column: int) -> bool:
    values = {_cell(row, column) for row in rows} - {""}
    return len(values) >= _NEARLY * len(rows)


def _title_column(header: Sequence[str], rows: Sequence[Row]) -> int | None:
    """By its name, else the first column whose texts all differ, rather words than codes."""
    if (known := name_column(header)) is not None:
        return known
    columns = [[_cell(row, at) for row in rows] for at in range(len(header))]
    distinct = [at for at, cells in enumerate(columns) if len(set(cells)) == len(rows)]
    wordy = [at for at in distinct if not any(re.search(r"\d|^$", cell) for cell in columns[at])]
    return next(iter(wordy or distinct), None)


def _known(header: Sequence[str], names: Iterable[str]) -> Iterator[int]:
    plain = [re.sub(r"[\s_.-]+", " ", column).strip().lower() for column in header]
    return (plain.index(name) for name in names if name in plain)


def _named(header: Sequence[str], column: str) -> int | None:
    if not column:
        return None
    if column not in header:
        raise ParseError(f'It has no column "{column}"; it has: {", ".join(header)[:500]}.')
    return header.index(column)


def _cell(row: Row, at: int | None) -> str:
    return row.cells[at] if at is not None and at < len(row.cells) else ""


def _rows(text: str) -> Iterator[Row]:
    delimiter = _delimiter(text)
    _refuse_open_quote(text, delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield Row(cells, line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ParseError(f"It is not CSV: line {line} can't be read ({error}).") from error


def _refuse_open_quote(text: str, delimiter: str) -> None:
    """A quotation mark that is never closed makes one cell of all the rows below; csv says so only when strict."""
    if text.count('"') % 2 == 0:
        return
    strict = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begun = 1
    try:
        for _ in strict:
            begun = strict.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise ParseError(
                f"A quotation mark in line {begun} or below is never closed, so its rows can't be told apart."
            ) from error


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, as many in each."""

    def score(delimiter: str) -> float:
        reader = csv.reader(io.StringIO(text[:32768], newline=""), delimiter=delimiter)
        widths = Counter(len(row) for row, _ in zip(reader, range(50), strict=False) if row)
        if not widths:
            return 0
        width, rows = widths.most_common(1)[0]
        return (rows / widths.total()) * (1 - 1 / width) if width > 1 else 0

    return max(",;\t|", key=score)
