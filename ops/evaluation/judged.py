"""Judged sets in BEIR's form: passages, queries, and which passage is relevant to which query."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.operations import OperationError

HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries without a relevant passage are left out. A relevant passage that the corpus lacks counts as missed."""

    documents: Mapping[str, tuple[str, str]]  # id -> title and text
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]  # query -> passage -> grade, above 0 somewhere


def read_judged(corpus: Path, queries: Path, qrels: Path) -> JudgedSet:
    """Raises OperationError with the file and the line of the first mistake."""
    documents = {key: (_text(row, "title", at), _text(row, "text", at)) for at, key, row in _rows(corpus)}
    asked = {key: _text(row, "text", at) for at, key, row in _rows(queries)}
    relevant: dict[str, dict[str, int]] = {}
    for at, (query, document, grade) in _judgements(qrels):
        if query not in asked:
            raise OperationError(f"{at}: the query {query!r} is not in {queries}")
        relevant.setdefault(query, {})[document] = grade
    relevant = {query: grades for query, grades in relevant.items() if max(grades.values()) > 0}
    if not documents or not relevant:
        raise OperationError(f"{qrels if documents else corpus} has nothing to measure with: it is empty")
    return JudgedSet(documents, {query: asked[query] for query in asked if query in relevant}, relevant)


def _rows(path: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Place, id and fields of each line."""
    seen = set[str]()
    for at, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise OperationError(f"{at} is not JSON: {error}") from error
        key = row.get("_id") if isinstance(row, dict) else None
        if not isinstance(key, str) or not key:
            raise OperationError(f'{at}: "_id" is missing or no text; a line is {{"_id": "7", "text": "..."}}')
        if key in seen:
            raise OperationError(f'{at}: the "_id" {key!r} was there before')
        seen.add(key)
        yield at, key, row


def _text(row: dict[str, object], field: str, at: str) -> str:
    value = row.get(field, "" if field == "title" else None)
    if not isinstance(value, str):
        raise OperationError(f'{at}: "{field}" is missing or no text')
    return value


def _judgements(path: Path) -> Iterator[tuple[str, tuple[str, str, int]]]:
    for number, (at, line) in enumerate(_lines(path)):
        columns = tuple(line.rstrip("\r\n").split("\t"))
        if number == 0 and columns == HEADER:
            continue
        if len(columns) != len(HEADER) or not columns[2].strip().lstrip("-").isdigit():
            expected = "query-id, corpus-id and a whole number as score, with tabs between them"
            raise OperationError(f"{at}: a line is {expected}")
        yield at, (columns[0], columns[1], int(columns[2]))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Lines that are not blank, each with its place for people."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}, line {number}", line
    except (OSError, UnicodeDecodeError) as error:
        raise OperationError(f"{path} can't be read ({error})") from error
