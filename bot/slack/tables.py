"""Markdown tables as Slack's table blocks, or as text in columns where a block can't hold them. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

MOST_ROWS, MOST_COLUMNS = 100, 20
MOST_CHARS = 6_000  # of a table block: the text, the sources and the buttons of its message need the rest
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_PIPE = re.compile(r"(?<!\\)\|")
_SPAN = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)\)"
)
_WIDEST = 60  # columns of text


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are Markdown of one line. Every row has as many as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligned: tuple[str, ...]  # left, center or right, a column


def is_table(lines: list[str]) -> bool:
    """Whether these lines begin with a table's head and the rule under it."""
    return len(lines) > 1 and "|" in lines[0] and bool(_RULE.fullmatch(lines[1])) and "|" in lines[1]


def read_table(lines: list[str]) -> Table:
    """The table that is_table() saw. Rows that are too short are filled, the surplus of long ones joins the last."""
    head = _cells(lines[0])
    marks = [*_cells(lines[1]), *["-"] * len(head)][: len(head)]
    return Table(tuple(head), tuple(_row(_cells(line), len(head)) for line in lines[2:]), tuple(map(_side, marks)))


def _cells(line: str) -> list[str]:
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(line)]


def _row(cells: list[str], width: int) -> tuple[str, ...]:
    if len(cells) > width:
        cells = [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return (*cells, *[""] * (width - len(cells)))


def _side(mark: str) -> str:
    return "center" if mark[0] == mark[-1] == ":" and len(mark) > 1 else "right" if mark.endswith(":") else "left"


def parts(markdown: str) -> Iterator[str | Table]:
    """Text and tables in order. Code fences are text, whatever stands in them."""
    text: list[str] = []
    fenced = False
    lines = markdown.split("\n")
    at = 0
    while at < len(lines):
        fenced ^= lines[at].startswith("```")
        if fenced or not is_table(lines[at : at + 2]):
            text.append(lines[at])
            at += 1
            continue
        end = at + 2
        while end < len(lines) and "|" in lines[end] and not lines[end].startswith("```"):
            end += 1
        if "\n".join(text).strip():
            yield "\n".join(text).strip("\n")
        yield read_table(lines[at:end])
        text, at = [], end
    if "\n".join(text).strip():
        yield "\n".join(text).strip("\n")


def table_block(table: Table, allowed: Collection[str]) -> dict[str, Any] | None:
    """None: it is larger than Slack takes, or than a message has room for."""
    rows = (table.head, *table.rows)
    size = sum(len(cell) for row in rows for cell in row)
    if len(rows) > MOST_ROWS or len(table.head) > MOST_COLUMNS or size > MOST_CHARS:
        return None
    return {
        "type": "table",
        "column_settings": [{"align": side, "is_wrapped": True} for side in table.aligned],
        "rows": [[_cell(cell, allowed) for cell in row] for row in rows],
    }


def _cell(cell: str, allowed: Collection[str]) -> dict[str, Any]:
    spans = list(_spans(cell, allowed))
    if not spans or all(set(span) == {"type", "text"} for span in spans):
        return {"type": "raw_text", "text": "".join(span["text"] for span in spans) or " "}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]}


def _spans(cell: str, allowed: Collection[str]) -> Iterator[dict[str, Any]]:
    at = 0
    for match in _SPAN.finditer(cell):
        if match.start() > at:
            yield {"type": "text", "text": cell[at : match.start()]}
        at = match.end()
        if match["label"] and match["url"] in allowed and len(match["url"]) <= 1_000:
            yield {"type": "link", "url": match["url"], "text": match["label"]}
        elif match["label"]:
            yield {"type": "text", "text": match["label"]}
        else:
            style = {"bold": True} if match["bold"] else {"code": True}
            yield {"type": "text", "text": match["bold"] or match["code"], "style": style}
    if at < len(cell):
        yield {"type": "text", "text": cell[at:]}


def as_text(table: Table) -> str:
    """In columns within a code fence, which every font and screen reader keeps; a wide table as a list, a row an item
    with each cell after its column's name."""
    rows = [tuple(map(_bare, row)) for row in (table.head, *table.rows)]
    widths = [max(1, *map(_width, column)) for column in zip(*rows, strict=True)]
    linked = any("](http" in cell for row in table.rows for cell in row)
    if linked or sum(widths) + 3 * len(widths) > _WIDEST:
        return as_list(table)
    lines = ["  ".join(_padded(*one) for one in zip(row, widths, table.aligned, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(["```", *(line.rstrip() for line in lines), "```"])


def as_list(table: Table) -> str:
    """A row an item."""
    return "\n".join(_item(table.head, row) for row in table.rows) or " · ".join(table.head)


def _item(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    named = [f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=True) if cell]
    return "- " + "; ".join(named)


def _bare(cell: str) -> str:
    return _SPAN.sub(lambda match: match["bold"] or match["code"] or match["label"], cell)


def _width(text: str) -> int:
    """In columns: what is wide in East Asian type takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _padded(cell: str, width: int, side: str) -> str:
    room = " " * (width - _width(cell))
    if side == "center":
        return room[: len(room) // 2] + cell + room[len(room) // 2 :]
    return room + cell if side == "right" else cell + room
