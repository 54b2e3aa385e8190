"""JSON and JSON lines: a list of objects is a table, an object a row."""

import json
from collections.abc import Iterator, Mapping, Sequence

from ingest.model import Block, ParseError
from ingest.parsing.parsed import Parsed
from ingest.parsing.tabular import Row, documents
from ingest.parsing.text import decode

_DEPTH = 4  # how deep a record's own objects are spelled out as "outer.inner"


def parse(content: bytes, options: Mapping[str, str], title: str) -> list[Parsed]:
    """Raises ParseError where the text is not JSON, and says in which line."""
    loaded = _loaded(decode(content))
    listed = [(record, line) for record, line in loaded if isinstance(record, dict)]
    if len(loaded) == 1 and listed:
        inner = [value for value in listed[0][0].values() if isinstance(value, list) and _is_table(value)]
        if len(inner) != 1:
            if options:
                raise ParseError("It holds no list of records.")
            return [Parsed(None, [Block("\n".join(f"{name}: {value}" for name, value in _flat(listed[0][0])))])]
        listed = [(record, None) for record in inner[0]]
    if not listed:
        raise ParseError("It holds no list of records.")
    flat = [(dict(_flat(record)), line) for record, line in listed]
    header = list(dict.fromkeys(name for record, _ in flat for name in record))
    rows = [Row([record.get(name, "") for name in header], line) for record, line in flat]
    return documents(header, rows, options, title)


def _loaded(text: str) -> Sequence[tuple[object, int | None]]:
    """The records, with their lines where each has its own."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        lines = [(line, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        records: list[tuple[object, int | None]] = []
        for line, number in lines:
            try:
                records.append((json.loads(line), number))
            except ValueError:
                broken = number if records else getattr(error, "lineno", number)
                raise ParseError(f"It is not JSON: line {broken} can't be read.") from error
        return records
    return [(record, None) for record in whole] if isinstance(whole, list) else [(whole, None)]


def _is_table(value: list[object]) -> bool:
    return bool(value) and all(isinstance(record, dict) for record in value)


def _flat(record: Mapping[str, object], above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _flat(value, f"{path}.", depth + 1)
        elif isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
            yield path, ", ".join(_shown(each) for each in value)
        else:
            yield path, _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    return "" if value is None else json.dumps(value, ensure_ascii=False)
