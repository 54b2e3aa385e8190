"""Text to sentences. Pure; every split keeps all characters: the pieces, joined, are the text.

Whether a sentence ends depends on what stands before and on the next visible character only, so a text that arrives in
pieces is split as the whole text would be.
"""

import re
from collections.abc import Sequence

_STOP = r"[.!?…]+[\"'”’)\]*_`]*(?=\s+(\S))"
_END = re.compile(_STOP + r"|\n(?=\s*(\S))")
_END_IN_LINE = re.compile(_STOP + r"|(?!)()")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|approx|no|vs|etc|mr|mrs|ms|dr|st|inc|ltd|min|max|fig|incl|excl|ca|(?:[a-z]\.)+[a-z])\.$",
    re.IGNORECASE,
)
_BEGUN = re.compile(r"\s*(?:\d{1,3}[.)]|[-*•]|(?:yes|no)[.,!]?)\**\s*", re.IGNORECASE)  # not a sentence by itself
_KEYED = re.compile(r"\w[\w /()-]{0,40}: ")
_MARKED = re.compile(r"\s*(?:[-–*•|#>]|\d{1,3}[.)]\s)")
_ALIGNED = re.compile(r"\S {3,}\S")  # a row of a table that is drawn with spaces
_WRAPPED_AT = 60  # characters: a shorter line without a full stop ends on purpose


def split_sentences(text: str, *, lines: bool = True) -> list[str]:
    """Sentences, each with the white space that follows it. With `lines` the end of a line ends a sentence too."""
    pieces: list[str] = []
    start = 0
    for match in (_END if lines else _END_IN_LINE).finditer(text):
        piece = text[start : match.end()]
        if match.group(1) is not None and not _ends_sentence(piece, match.group(1)):
            continue
        if not piece.strip():
            continue
        end = match.start(1) if match.group(1) is not None else match.start(2)
        pieces.append(text[start:end])
        start = end
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _ends_sentence(piece: str, following: str) -> bool:
    return not (following.islower() or _BEGUN.fullmatch(piece) or _ABBREVIATION.search(piece.rstrip("\"'”’)]*_`")))


def split_passage(text: str) -> list[str]:
    """A document's text in units that can be quoted: sentences, list items, table rows, lines of a record."""
    lines = text.splitlines(keepends=True)
    units: list[str] = []
    for line in _unwrapped(lines):
        if " | " in line or not line.strip():
            units.append(line)
        else:
            units.extend(split_sentences(line, lines=False))
    return _without_blanks(units)


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Lines that a text file broke for its width, put together again."""
    logical: list[str] = []
    for line in lines:
        if logical and _goes_on(logical[-1].splitlines()[-1], line):
            logical[-1] += line
        else:
            logical.append(line)
    return logical


def _goes_on(before: str, line: str) -> bool:
    bare = before.rstrip()
    if len(bare) < _WRAPPED_AT or bare.endswith((".", "!", "?", ":", ";")) or "|" in before or not line.strip():
        return False
    if _ALIGNED.search(bare) or _ALIGNED.search(line.strip()):
        return False
    return not (_MARKED.match(line) or _KEYED.match(line) or "|" in line)


def _without_blanks(units: Sequence[str]) -> list[str]:
    """Blank units belong to the one before them."""
    kept: list[str] = []
    for unit in units:
        if kept and not (unit.strip() and kept[-1].strip()):
            kept[-1] += unit
        else:
            kept.append(unit)
    return kept
