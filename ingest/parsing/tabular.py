"""CSV: each row is a block of its own, one "column: value" a line, under the name of the thing it describes."""

import csv
import io
import re

from ingest.model import Block
from ingest.parsing.parsed import Parsed
from ingest.parsing.text import decode

_NAMES = ("title", "name", "product", "product name", "product_name", "item", "question", "subject", "topic")
_FIGURE = re.compile(r"[\s\d.,:/%$€£+-]*")
csv.field_size_limit(2**24)


def parse_csv(content: bytes) -> Parsed:
    text = decode(content)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), _dialect(text))]
    rows = [row for row in rows if any(row)]
    if not rows:
        return Parsed(None, [])
    if _is_header(rows[0]) and len(rows) > 1:
        header, rows = rows[0], rows[1:]
    else:
        header = [f"column {number}" for number in range(1, len(rows[0]) + 1)]
    named = _name_column(header, rows)
    blocks = []
    for row in rows:
        pairs = [(header[at] if at < len(header) else f"column {at + 1}", cell) for at, cell in enumerate(row)]
        lines = [f"{column}: {cell}" if column else cell for column, cell in pairs if cell]
        name = row[named] if named < len(row) else ""
        blocks.append(Block("\n".join(lines), (name,) if name else (), "row"))
    return Parsed(None, blocks)


def _dialect(text: str) -> type[csv.Dialect]:
    sample = text[:16384]
    try:
        return csv.Sniffer().sniff(sample[: sample.rfind("\n") + 1] or sample, ",;\t|")
    except csv.Error:
        return csv.excel


def _is_header(row: list[str]) -> bool:
    """A header has a different name for every column, and none is a figure."""
    names = [cell for cell in row if cell]
    return len(set(names)) == len(names) and not any(_FIGURE.fullmatch(name) for name in names)


def _name_column(header: list[str], rows: list[list[str]]) -> int:
    """The column that names a row: by its heading, else the first whose texts all differ, rather words than codes."""
    plain = [column.lower() for column in header]
    for name in _NAMES:
        if name in plain:
            return plain.index(name)
    columns = [[row[at] for row in rows if at < len(row)] for at in range(len(header))]
    distinct = [at for at, cells in enumerate(columns) if len(set(cells)) == len(rows)]
    wordy = [at for at in distinct if not any(re.search(r"\d|^$", cell) for cell in columns[at])]
    return (wordy or distinct or [0])[0]
