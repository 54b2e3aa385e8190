"""The version and the date of effect that a document states of itself."""

import re
from collections.abc import Sequence

from ingest.model import Block

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WORDED = rf"(?:{_DAY} )?{_MONTH}(?: {_DAY},)? \d{{4}}"
_DATE = rf"(?:{_WORDED}|\d{{4}}-\d{{2}}(?:-\d{{2}})?|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})(?!\d)"
_NUMBER = r"(?:v\.? ?|(?:version|revision)[ :|]{{1,3}}|rev\.? ?)(?P<{0}>\d+(?:\.\d+)*)\b"
_VERSION = re.compile(
    rf"(?P<lead>^\W*|\b){_NUMBER.format('number')}"
    rf"(?:[,;:]? \(?(?:(?:effective|valid|in force|dated|printed|issued|as of|from|since|of)(?: from| since)? )?"
    rf"(?P<date>{_DATE}))?",
    re.IGNORECASE | re.MULTILINE,
)
# "Effective date: 2026-03-01", "Last updated March 2026" at a line's start; "These terms are effective from May 2026".
_IN_FORCE = re.compile(
    r"(?:^|[|•·] ?|\bth(?:is|ese)\b[^.\n]{0,60}? )\W*(?:(?P<effective>effective|in force|valid|in effect)|"
    r"(?:last |date )?(?:updated|revised|modified|changed|amended))(?: date| since| from| as of| on| of)*[ :|]{1,3}"
    rf"(?P<date>{_DATE})",
    re.IGNORECASE | re.MULTILINE,
)
_SUPERSEDED = re.compile(
    r"\b(?P<word>superseded|archived|withdrawn|obsolete|no longer (?:valid|in force|in effect|current|applicable)"
    r"|replaced(?= (?:by|with)\b))\b(?! (?:after|once|if|when|unless)\b)"
    rf"(?: (?:by|with) (?:[a-z]+ ){{0,4}}?{_NUMBER.format('by')})?(?:,? (?:on|in|from|as of|since)? ?(?P<on>{_DATE}))?",
    re.IGNORECASE,
)
_STAMPED = re.compile(r"(?:\W*$|[^\w\n]*[.:;!,)\]|*–—-]| (?:by|with|on|in|from|as of|since|and)\b)", re.MULTILINE)
_ITSELF = re.compile(
    r"\bth(?:is|ese) (?:[\w-]+ ){0,2}?(?:page|document|policy|version|guide|handbook|leaflet|terms|edition|FAQ)"
    r" (?:is|are|was|were|has been|have been) (?:now )?$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\b(?:if|when|once|unless|until|whether|before|after|as soon as)\b[^.]*$", re.IGNORECASE)
_STATUS = re.compile(r"\b(?:status|state) ?: ?\W*$", re.IGNORECASE)
_HEAD = 800  # characters; what a document says of itself stands at its top


def stated_version(title: str, blocks: Sequence[Block]) -> str | None:
    """The version as the document states it of itself: "v3.2, March 2026", "v2.1 (superseded by v3.2, 1 March 2026)",
    "effective 1 March 2026" where it states no number.

    A version named in passing ("for returns policy version 3.2.") is another document's: it counts in the title, at the
    start of a line, or with its date. "Superseded" counts in the same places, or with what replaced it; "archived",
    "no longer valid" and the like, which are said of many things, where they stamp the document. All of them give
    "superseded", which is what the index and the desk know.
    """
    head = "\n".join([*(part for block in blocks[:1] for part in block.section), *(block.text for block in blocks)])
    text = f"{title}\n{head[:_HEAD]}"
    own = next((found for found in _VERSION.finditer(text) if _of_itself(found, title)), None)
    dates = list(_IN_FORCE.finditer(text))
    force = next((found for found in dates if found["effective"]), dates[0] if dates else None)
    opening = len(title) + 1 + len("\n".join(part for block in blocks[:1] for part in block.section))
    gone = [found for found in _SUPERSEDED.finditer(text) if _says_superseded(found, title, own, opening)]
    version = ""
    if own:
        date = own["date"] or (force["date"] if force else "")
        version = f"v{own['number']}" + (f", {date}" if date else "")
    elif force:
        version = f"{'effective' if force['effective'] else 'updated'} {force['date']}"
    if gone:
        best = max(gone, key=lambda found: bool(found["by"]) + bool(found["on"]))
        by = f" by v{best['by']}" if best["by"] else ""
        on = (", " if by else " ") + best["on"] if best["on"] else ""
        version = f"{version} (superseded{by}{on})" if version else f"superseded{by}{on}"
    return version or None


def _of_itself(found: re.Match[str], title: str) -> bool:
    before = found.string[max(0, found.start("number") - 40) : found.start("number")].lower()
    if "superseded by" in before or "replaced by" in before or "supersedes" in before or "replaces" in before:
        return False
    at_start = not re.search(r"\w", found["lead"]) and _line_start(found)
    return found.start() < len(title) or at_start or bool(found["date"])


def _says_superseded(found: re.Match[str], title: str, own: re.Match[str] | None, opening: int) -> bool:
    """`opening`: where the document's first line begins."""
    if found["by"] and own and found["by"] == own["number"]:
        return False  # "v2.1 was superseded by version 3.2", said by version 3.2
    stamped = _line_start(found) and _STAMPED.match(found.string, found.end("word")) is not None
    if found["word"].lower() == "superseded":
        return found.start() < len(title) or stamped or bool(found["by"])
    return _stamps(found, title, opening, stamped=stamped)


def _stamps(found: re.Match[str], title: str, opening: int, *, stamped: bool) -> bool:
    """In brackets or before a colon in the title, alone in the first line or in capitals, as the document's status, or
    said of "this page"."""
    before, word = found.string[max(0, found.start() - 90) : found.start()], found["word"]
    if found.start() < len(title):
        return _STAMPED.match(title, found.end("word")) is not None and (
            stamped or before.rstrip()[-1:] in tuple("([:-–—|")
        )
    first = word.isupper() or not found.string[opening : found.start()].strip(" \n*>[(#")
    if stamped and first and (found["by"] or word.lower() != "replaced"):
        return True
    own = _ITSELF.search(before)
    return bool(_STATUS.search(before)) or (own is not None and not _SUPPOSED.search(before[: own.start()]))


def _line_start(found: re.Match[str]) -> bool:
    line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
    return not re.search(r"\w", line)
