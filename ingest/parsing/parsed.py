"""What every format's parser gives, and what is read from it alike: title, sections, the version it states."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.model import Block


@dataclass(frozen=True, slots=True)
class Parsed:
    title: str | None  # None: the document states none
    blocks: Sequence[Block]
    version: str | None = None
    key: str = ""  # which of its item's documents it is; "": the only one
    url: str | None = None  # where it has one of its own
    changed_at: str | None = None  # ISO, where it states one, as an e-mail does


@dataclass(slots=True)
class Outline:
    """Puts blocks under their headings. The first top heading is the title and no section."""

    title: str | None = None
    blocks: list[Block] = field(default_factory=list)
    _path: list[tuple[int, str]] = field(default_factory=list)
    _bare: bool = False  # the last heading has nothing under it yet

    def heading(self, level: int, text: str, page: int | None = None) -> None:
        if not text:
            return
        if self._bare and self._path and self._path[-1][0] >= level:
            self._keep_bare_heading(page)
        self._path = [above for above in self._path if above[0] < level]
        if self.title is None and level == 1:
            self.title = text
        else:
            self._path.append((level, text))
            self._bare = True

    def add(self, text: str, kind: str = "text", page: int | None = None) -> None:
        if text.strip():
            self._bare = False
            self.blocks.append(Block(text.strip("\n"), tuple(text for _, text in self._path), kind, page))

    def finish(self) -> Sequence[Block]:
        if self._bare:
            self._keep_bare_heading(None)
        if not self.blocks and self.title:
            self.add(self.title)
        return self.blocks

    def _keep_bare_heading(self, page: int | None) -> None:
        """A heading with nothing under it is text, or it would not be found."""
        section = tuple(text for _, text in self._path)
        self.blocks.append(Block(section[-1], section[:-1], "text", page))
        self._bare = False


_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = rf"(?:(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}},)? \d{{4}}|\d{{4}}-\d{{2}}(?:-\d{{2}})?)"
_NUMBER = r"(?:v\.? ?|version |revision |rev\.? ?)(?P<{0}>\d+(?:\.\d+)*)\b"
_VERSION = re.compile(
    rf"(?P<lead>^\W*|\b){_NUMBER.format('number')}"
    rf"(?:[,;:]? \(?(?:(?:effective|valid|in force|dated|printed|issued|as of|from|since|of)(?: from| since)? )?"
    rf"(?P<date>{_DATE}))?",
    re.IGNORECASE | re.MULTILINE,
)
_SUPERSEDED = re.compile(
    rf"\bsuperseded\b(?: (?:by|with) (?:[a-z]+ ){{0,4}}?{_NUMBER.format('by')})?"
    rf"(?:,? (?:on|in|from|as of|since)? ?(?P<on>{_DATE}))?",
    re.IGNORECASE,
)
_HEAD = 800  # characters; what a document says of itself stands at its top


def stated_version(title: str, blocks: Sequence[Block]) -> str | None:
    """The version as the document states it of itself: "v3.2, March 2026", "v2.1 (superseded by v3.2, 1 March 2026)".

    A version named in passing ("for returns policy version 3.2.") is another document's: it counts in the title, at the
    start of a line, or with its date. "Superseded" counts in the same places, or with what replaced it.
    """
    head = "\n".join([*(part for block in blocks[:1] for part in block.section), *(block.text for block in blocks)])
    text = f"{title}\n{head[:_HEAD]}"
    own = next((found for found in _VERSION.finditer(text) if _of_itself(found, title)), None)
    gone = [found for found in _SUPERSEDED.finditer(text) if _says_superseded(found, title, own)]
    version = ""
    if own:
        version = f"v{own['number']}" + (f", {own['date']}" if own["date"] else "")
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


def _says_superseded(found: re.Match[str], title: str, own: re.Match[str] | None) -> bool:
    if found["by"] and own and found["by"] == own["number"]:
        return False  # "v2.1 was superseded by version 3.2", said by version 3.2
    return found.start() < len(title) or _line_start(found) or bool(found["by"])


def _line_start(found: re.Match[str]) -> bool:
    line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
    return not re.search(r"\w", line)
