"""Bytes to documents, by what they are and are named. Runs in the worker process.

A format's module is imported when its first file comes: Markdown must not wait for the libraries of PDF and Office.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import PurePosixPath

from ingest.model import Block, ParseError
from ingest.parsing.parsed import MOST_DOCUMENTS, Found, Parsed
from ingest.parsing.sniff import real_suffix
from ingest.parsing.stated import stated_version
from ingest.parsing.text import clean

# One document: parse(content) -> Parsed.
_DOCUMENTS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "word",
    ".pptx": "slides",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
}
# A document a row: parse(content, options, title) -> list[Parsed].
_TABLES = {
    ".csv": "tabular",
    ".tsv": "tabular",
    ".json": "records",
    ".jsonl": "records",
    ".ndjson": "records",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
}
# Files in a file: parse(content, read_part, readable) -> Found.
_CONTAINERS = {".zip": "archive", ".eml": "mail"}
_DEPTH = 2  # a mail in an archive, an archive in a mail; no further

# What a folder's files may be; a feed may be JSON, too.
FILES = frozenset({*_DOCUMENTS, *_TABLES, *_CONTAINERS}) - {".json", ".jsonl", ".ndjson"}

_STAMP = re.compile(
    r"(?i)(?:superseded|archived|draft|confidential|internal)\b"
)  # says how a document stands, not what


def parse(name: str, content: bytes, options: Mapping[str, str], depth: int = 0) -> Found:
    """The documents in a file, each with its text under its headings. Raises ParseError only; keys are unique."""
    try:
        found = _found(name, content, options, depth)
    except ParseError:
        raise
    except MemoryError as error:
        raise ParseError("Reading it needs more memory than a document may use.") from error
    except RecursionError as error:
        raise ParseError("It is nested too deeply to be read.") from error
    except Exception as error:  # any file may break any library, and must break only itself
        raise ParseError(f"It is damaged or not of its kind ({type(error).__name__}: {str(error)[:200]}).") from error
    if len(found.documents) > MOST_DOCUMENTS:
        raise ParseError(f"It holds {len(found.documents):,} documents; more than {MOST_DOCUMENTS:,} are not read.")
    documents = [_finished(parsed, name) for parsed in found.documents]
    documents = [parsed for parsed in documents if parsed.blocks]
    if not documents:
        raise ParseError(_why_empty(found, name, content))
    return Found(list(_with_unique_keys(documents)), found.problems)


def _found(name: str, content: bytes, options: Mapping[str, str], depth: int) -> Found:
    if not content.strip():
        return Found([], [])
    suffix = real_suffix(PurePosixPath(name).suffix.lower(), content)
    if options.get("extract") == "main" and _DOCUMENTS.get(suffix) == "html":
        return Found([import_module("ingest.parsing.html").parse_page(content)], [])
    if module := _DOCUMENTS.get(suffix):
        return Found([import_module(f"ingest.parsing.{module}").parse(content)], [])
    if module := _TABLES.get(suffix):
        return Found(import_module(f"ingest.parsing.{module}").parse(content, options, _readable(name)), [])
    if suffix not in _CONTAINERS:
        raise ParseError(f'Files of its kind ("{suffix}") are not read.')
    if depth >= _DEPTH:
        raise ParseError("It is an archive or mail inside others; unpack it to have it read.")

    def read_part(part: str, data: bytes) -> Found:
        return parse(part, data, {}, depth + 1)

    found: Found = import_module(f"ingest.parsing.{_CONTAINERS[suffix]}").parse(content, read_part, FILES)
    return found


def _finished(parsed: Parsed, name: str) -> Parsed:
    """With a title, the version that it states, and no character that cannot be stored."""
    blocks = [
        replace(block, text=text, section=tuple(clean(part) for part in block.section))
        for block in parsed.blocks
        if (text := clean(block.text)).strip()
    ]
    stated = " ".join(clean(parsed.title or "").split())
    title = stated if stated and not _STAMP.match(stated) else _readable(name)
    named = "\n".join(dict.fromkeys(filter(None, (stated, title))))  # a stamp tells how the document stands
    version = parsed.version or (None if _is_row(blocks) else stated_version(named, blocks))
    return replace(parsed, title=title, blocks=blocks, version=version, key=clean(parsed.key))


def _is_row(blocks: list[Block]) -> bool:
    return len(blocks) == 1 and blocks[0].kind == "row"


def _with_unique_keys(documents: list[Parsed]) -> Iterator[Parsed]:
    """A key that came before gets a number: two members of one name, two rows of one id."""
    times: Counter[str] = Counter()
    taken = {parsed.key for parsed in documents}
    for parsed in documents:
        times[parsed.key] += 1
        key = parsed.key
        while times[parsed.key] > 1 and key in taken:
            key = f"{parsed.key} ({times[parsed.key]})"
            times[parsed.key] += key in taken
        taken.add(key)
        yield replace(parsed, key=key)


def _why_empty(found: Found, name: str, content: bytes) -> str:
    if found.problems:
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        return f'Nothing in it could be read; "{found.problems[0][0]}"{more}: {found.problems[0][1]}'
    scanned = content.startswith(b"%PDF") or name.lower().endswith(".pdf")
    return "It has no text." + (" It may be a scan: run it through text recognition (OCR) first." if scanned else "")


def _readable(name: str) -> str:
    """ "returns-policy_v2.pdf" -> "Returns policy v2"."""
    stem = PurePosixPath(name).stem
    words = re.sub(r"[-_\s]+", " ", stem.rsplit(":", 1)[-1]).strip()
    return words[:1].upper() + words[1:] or stem
