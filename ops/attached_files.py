"""bot.desk.ports.ReadFile over the parsers: what people attach to their messages, as text."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from bot.desk.errors import FileUnreadable
from ingest.model import Content, Document, Listed, ParseError
from ingest.parsing import ParserProcess
from ingest.parsing.text import decode

TIME_LIMIT_S = 20.0
MEMORY_LIMIT = 768  # MiB
_AT_ONCE = 2
_DOCUMENTS = frozenset({".pdf", ".docx", ".pptx", ".xlsx", ".xlsm", ".html", ".htm", ".xhtml"})
# A PDF, a ZIP (which Office files are), an Office file of before 2007: whatever it is named, it is no plain text.
_PACKED = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
IN_A_FILE = "It is an archive; attach the files that are in it."
NO_TEXT = "It is no text, and no document that I can read."


class FileTexts:
    """Documents are read in a process of their own, one for each file: what a hostile one breaks is gone with it, and
    sees nobody else's. Text of any kind, code and logs too, needs no parser and is taken as it is."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, name: str, content: bytes) -> str:
        async with self._turn:
            return await asyncio.to_thread(text_of, name, content)


def text_of(name: str, content: bytes) -> str:
    """Blocks. Raises FileUnreadable."""
    suffix = PurePosixPath(name).suffix.lower()
    try:
        if suffix in _DOCUMENTS or content.startswith(_PACKED):
            text = _parsed(name, suffix, content)
        else:
            text = decode(content)
    except ParseError as error:
        raise FileUnreadable(_told(str(error))) from error
    if not text.strip():
        raise FileUnreadable("It has no text.")
    return text.strip()


def _parsed(name: str, suffix: str, content: bytes) -> str:
    if suffix == ".zip":
        raise FileUnreadable(IN_A_FILE)
    listed = Listed("attachment", "attachment", "", datetime.now(UTC))
    with ParserProcess(TIME_LIMIT_S, MEMORY_LIMIT) as parser:
        return "\n".join(_lines(parser.parse(listed, Content(content, name)).documents))


def _lines(documents: Sequence[Document]) -> Iterator[str]:
    """Headings on lines of their own, each before what is under it."""
    for document in documents:
        yield document.title
        above: tuple[str, ...] = ()
        for block in document.blocks:
            if block.section and block.section != above:
                yield f"\n{' > '.join(block.section)}"
            above = block.section
            yield block.text


def _told(reason: str) -> str:
    """For people: without what a library said of it, which stands at the end in brackets and may quote the file."""
    if reason == "It is not text." or reason.startswith("Files of its kind"):
        return NO_TEXT
    return re.sub(r" \(.*\)\.$", ".", reason, flags=re.DOTALL)
