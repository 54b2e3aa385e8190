"""Plain text of any encoding: paragraphs, and headings where they are underlined or in capitals."""

import re
from collections.abc import Iterator, Sequence

from ingest.model import ParseError
from ingest.parsing.parsed import Outline, Parsed

_RULE = re.compile(r"(=|-|~|\*|#|\^)\1{2,}")
_BOMS = (  # UTF-32's first: it begins with UTF-16's
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SAMPLE = 2**18  # bytes by which an encoding is guessed


def decode(content: bytes) -> str:
    """Text of any common encoding; UTF-8 first, then the best guess. Raises ParseError for what is not text."""
    text = _decoded(content)
    head = text[:_SAMPLE]
    if len(_UNPRINTABLE.findall(head)) > 0.02 * len(head):
        raise ParseError("It is not text.")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """Without what no reader sees and no database stores: NULs, control characters, halves of surrogate pairs."""
    return _UNPRINTABLE.sub("", text.replace("\x0c", "\n").replace("\x1b", ""))


def _decoded(content: bytes) -> str:
    sample = content if len(content) <= _SAMPLE else content[: content.rfind(b"\n", 0, _SAMPLE) + 1 or _SAMPLE]
    nulls = sample.count(0)
    wide = nulls > len(sample) / 4  # UTF-16 without a byte order mark: Latin letters have a NUL each
    guess = "utf-16-le" if sample[1::2].count(0) > nulls / 2 else "utf-16-be"
    for bom, encoding in (*_BOMS, (b"", guess if wide else "utf-8")):
        if content.startswith(bom):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    if nulls == 0:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - UTF-8, nearly every file, need not wait for it

        if best := from_bytes(sample).best():
            return content.decode(best.encoding, "replace")
    text = content.decode(errors="replace")
    if text[:_SAMPLE].count("\ufffd") > 0.02 * len(text[:_SAMPLE]):
        raise ParseError("It is not text.")
    return text


def parse(content: bytes) -> Parsed:
    outline = Outline()
    add_text(decode(content), outline)
    return Parsed(outline.title, outline.finish())


def add_text(text: str, outline: Outline) -> None:
    """The text's paragraphs, each with the line where it begins."""
    found = list(paragraphs(text))
    for at, (start, whole) in enumerate(found):
        lines = [line for line in whole if not _RULE.fullmatch(line.strip())]
        ruled = len(lines) < len(whole)
        first = lines[0].strip() if lines else ""
        title = at == 0 and len(lines) == 1 and len(found) > 1 and _is_short(first)
        if title or (first and (_is_underlined(whole) or (len(lines) == 1 and ruled) or _is_shouted(first))):
            outline.heading(1 if at == 0 else 2, first.strip("*#=~ "), line=start)
            lines = lines[1:]
            start += len(whole) - len(lines)
        outline.add("\n".join(lines).rstrip(), line=start)


def paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines between empty lines, with the number of the first."""
    start, group = 0, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            start = start if group else number
            group.append(line)
        elif group:
            yield start, group
            group = []
    if group:
        yield start, group


def _is_short(line: str) -> bool:
    return len(line) <= 80 and not line.endswith((".", ",", ";", ":", "!"))


def _is_underlined(lines: Sequence[str]) -> bool:
    return len(lines) > 1 and bool(_RULE.fullmatch(lines[1].strip())) and not _RULE.fullmatch(lines[0].strip())


def _is_shouted(line: str) -> bool:
    return line.isupper() and _is_short(line) and sum(character.isalpha() for character in line) >= 4
