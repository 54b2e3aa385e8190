"""Plain text: paragraphs, and headings where they are underlined or in capitals."""

import re

from charset_normalizer import from_bytes

from ingest.model import ParseError
from ingest.parsing.parsed import Outline, Parsed

_RULE = re.compile(r"(=|-|~|\*|#)\1{2,}")


def decode(content: bytes) -> str:
    """Text of any common encoding; UTF-8 first, then the best guess. Raises ParseError for what is not text."""
    for bom, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if content.startswith(bom):
            try:
                text = content.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    else:
        best = from_bytes(content).best()
        if best is None or b"\0" in content:
            raise ParseError("It is not text.")
        text = str(best)
    if "\0" in text:
        raise ParseError("It is not text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_text(content: bytes) -> Parsed:
    outline = Outline()
    paragraphs = [part.strip("\n").rstrip() for part in re.split(r"\n\s*\n", decode(content)) if part.strip()]
    for at, paragraph in enumerate(paragraphs):
        lines = [line for line in paragraph.split("\n") if not _RULE.fullmatch(line.strip())]
        ruled = len(paragraph.split("\n")) - len(lines)
        first = lines[0].strip() if lines else ""
        title = at == 0 and len(lines) == 1 and len(paragraphs) > 1 and _is_short(first)
        if title or (first and (_is_underlined(paragraph) or (len(lines) == 1 and ruled) or _is_shouted(first))):
            outline.heading(1 if at == 0 else 2, first.strip("*#=~ "))
            lines = lines[1:]
        outline.add("\n".join(lines))
    return Parsed(outline.title, outline.finish())


def _is_short(line: str) -> bool:
    return len(line) <= 80 and not line.endswith((".", ",", ";", ":", "!"))


def _is_underlined(paragraph: str) -> bool:
    lines = [line.strip() for line in paragraph.split("\n")]
    return len(lines) > 1 and bool(_RULE.fullmatch(lines[1])) and not _RULE.fullmatch(lines[0])


def _is_shouted(line: str) -> bool:
    return line.isupper() and _is_short(line) and sum(character.isalpha() for character in line) >= 4
