"""Bytes to title, version and blocks, by the name's ending. Runs in the worker process."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from ingest.model import ParseError
from ingest.parsing.html import parse_docx, parse_html, parse_markdown
from ingest.parsing.parsed import Parsed, stated_version
from ingest.parsing.pdf import parse_pdf
from ingest.parsing.tabular import parse_csv
from ingest.parsing.text import parse_text

_PARSERS = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".html": parse_html,
    ".htm": parse_html,
    ".pdf": parse_pdf,
    ".docx": parse_docx,
    ".csv": parse_csv,
    ".txt": parse_text,
    ".text": parse_text,
}

_STAMP = re.compile(
    r"(?i)(?:superseded|archived|draft|confidential|internal)\b"
)  # says how a document stands, not what


def parse(name: str, content: bytes, options: Mapping[str, str]) -> list[Parsed]:
    """The documents in a file, each with its text under its headings. Raises ParseError, and what a library raises."""
    path = PurePosixPath(name)
    parsed = _PARSERS[path.suffix.lower()](content) if content.strip() else Parsed(None, [])
    if not any(block.text.strip() for block in parsed.blocks):
        scanned = " It may be a scan: run it through text recognition (OCR) first." if path.suffix == ".pdf" else ""
        raise ParseError(f"It has no text.{scanned}")
    title = " ".join((parsed.title or "").split())
    if not title or _STAMP.match(title):
        title = _readable(path.stem)
    return [Parsed(title, parsed.blocks, parsed.version or stated_version(title, parsed.blocks))]


def _readable(stem: str) -> str:
    """ "returns-policy_v2" -> "Returns policy v2"."""
    words = re.sub(r"[-_\s]+", " ", stem.rsplit(":", 1)[-1]).strip()
    return words[:1].upper() + words[1:] or stem
