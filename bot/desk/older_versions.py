"""What an older version of a cited document says otherwise, and whether all that an answer cites is superseded. Pure.

A difference is told where the two versions certainly speak of the same: the documents have one title but for their
versions, or one says that it is superseded by the other, and of all their sentences the two are the nearest to each
other, about the same names and countries, with figures of one kind; tables are compared by older_cells.py. What is told
is the older document's own words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.desk.abstention import plain
from bot.desk.figures import MONTHS, Figure, figures
from bot.desk.freshness import day
from bot.desk.model import DraftSentence, Passage
from bot.desk.older_cells import NOT_COMPARED, cited_cells, differing_cells
from bot.desk.places import countries
from bot.desk.sentences import split_passage
from bot.desk.table_cells import Cell
from bot.desk.units import UNITS
from bot.desk.words import codes, content_words, flat, stem

_LEAST_SHARED = 2  # words
_LEAST_SHARE = 0.6  # of the words of the shorter of two sentences
_LEAST_ALIKE = 0.25  # of the words of both
_SURELY_ALIKE = 0.6
_QUOTED = 160  # characters
_NAMED = 60
_FEW = 3  # words
_LEAST_SHARE_OF_ONE = 0.4  # of the words of the shorter of two sentences that have a figure in common
_COUNTED = {stem(spelling): unit for spelling, (factor, unit) in UNITS.items() if factor == 1 and len(spelling) > 2}
_VERSION_WORDS = re.compile(
    r"\b(?:version|revision|rev|v)\.? ?\d+(?:\.\d+)*\b|\b20\d\d(?:-\d+)?\b|\b(?:superseded|archived?|effective|valid"
    rf"|{'|'.join(MONTHS)})\b|\(.*?\)",
    re.IGNORECASE,
)
_EMPTY = frozenset(content_words("version policy rule rules under usual possible every each any all whatever country"))
_EVERYWHERE = re.compile(r"\b(?:every|all|any|each|whatever|whichever)\b", re.IGNORECASE)
_OF_NOW = re.compile(  # an older document's word about what came after it
    r"\b(?:today|now|current(?:ly)?|in force|since|newer|chang\w+|no longer|version \d|v\d|supersed\w+|replac\w+)",
    re.IGNORECASE,
)
_OF_THEN = re.compile(  # and a current one's about what was before
    r"\b(?:supersed\w+|previous(?:ly)?|former(?:ly)?|older?|no longer|used to|replac\w+|was|were|had)\b", re.IGNORECASE
)
_LOW = r"(?:at least|from|more than|over|no less than)"
_HIGH = r"(?:up to|at most|no more than|less than|under|as much as|a maximum of)"
_BEFORE = re.compile(rf"\b(?:(?P<low>{_LOW})|(?P<high>{_HIGH}))\s$", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z0-9,;] )[A-Z][\w-]+")
_PARTED = re.compile(r"(?<=;)\s+")
_CELLS = re.compile(r"\s\|\s|\s{3,}")


# The line, for who has to tell it from what an answer says by itself.
OLDER = re.compile(r"An older version \(.*?\) says (?:“[^”]*”|[^“]*?)\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Older:
    """What `passage`, of an older version, says where the answer says otherwise."""

    passage: Passage
    said: str


@dataclass(frozen=True)
class _Unit:
    """A sentence or a line of a document, with what decides whether another one is about the same."""

    text: str
    figures: tuple[Figure, ...]
    words: frozenset[str]
    heading: frozenset[str] = frozenset()  # its words

    def of_kind(self, kind: str) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if _kind(figure) == kind)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for figure in self.figures if (kind := _kind(figure)))

    def beside(self, other: "_Unit") -> tuple[frozenset[str], frozenset[str]]:
        """The words of both to compare: where one has too few to say what it is about, with those of their headings."""
        if min(len(self.words), len(other.words)) < _FEW:
            return self.words | self.heading, other.words | other.heading
        return self.words, other.words

    def likeness(self, other: "_Unit") -> float:
        ours, theirs = self.beside(other)
        return len(ours & theirs) / (len(ours | theirs) or 1)

    def under_another(self, other: "_Unit") -> bool:
        """It has few words, and its heading says what `other` does not speak of."""
        few = len(self.words) < _FEW
        return few and bool(self.heading) and self.heading.isdisjoint(other.words | other.heading)


def older_notice(
    question: str, sentences: Sequence[DraftSentence], passages: Sequence[Passage], older: Sequence[Passage]
) -> tuple[str, tuple[Passage, ...]]:
    """A line about versions to stand under an answer, "" where there is none, and the passages that it was made from.
    `passages` are what the citations count, `older` all that was found of superseded documents."""
    cited = [passages[at] for at in dict.fromkeys(one.passage for said in sentences for one in said.citations)]
    documents = {passage.document_id: passage for passage in cited if passage.kind == "document"}
    gone = {key: passage for key, passage in documents.items() if passage.superseded}
    if gone and len(gone) == len(documents):
        named = "; ".join(_named(passage) for passage in gone.values())
        what = "The document that I cite is" if len(gone) == 1 else "The documents that I cite are"
        return f"{what} superseded ({named}).", ()
    found = differing(question, sentences, passages, older)
    if found is None:
        return "", ()
    return f"An older version ({_named(found.passage)}) says {found.said}.", (found.passage,)


def differing(
    question: str, sentences: Sequence[DraftSentence], passages: Sequence[Passage], older: Sequence[Passage]
) -> Older | None:
    """The first figure of an answer that an older version of a current document has otherwise. It may cite another
    document: then a sentence of the current version that says the same is compared."""
    said = frozenset(figure.same for sentence in sentences for figure in figures(sentence.text))
    pairs = [(one, current) for current in passages for one in older if _is_older(one, current)]
    for sentence in sentences:
        for one, current in pairs if sentence.citations else ():
            own = [unit for passage in passages if _is_older(one, passage) for unit in _units(passage)]
            if otherwise := _otherwise(question, sentence, current, one, own, passages.index(current), said):
                return Older(one, otherwise)
    return None


def _otherwise(
    question: str,
    sentence: DraftSentence,
    current: Passage,
    one: Passage,
    own: Sequence[_Unit],
    at: int,
    said: frozenset[tuple[str, str]],
) -> str:
    """What `one` says otherwise than the sentence does by `current`, which is passage `at` of its citations, or than
    what `current` says alike; `own`: all that is known of the current version."""
    stating = _unit(sentence.text)
    quotes = [citation.quote for citation in sentence.citations if citation.passage == at]
    if quotes:
        cited = cited_cells(current, quotes, {figure.same for figure in stating.figures})
        if row := differing_cells(question, cited, current, one):
            return f"“{plain(row, _QUOTED)}”"
        units = [unit for quote in quotes for unit in _units(replace(current, text=quote))]
        units += [_of_cell(cell) for cell in cited]
    else:
        asked = replace(stating, words=stating.words | content_words(question))
        units = [unit for unit in _units(current) if _says_it_too(asked, unit)]
    told = (_difference(unit, stating, own, one, said) for unit in units)
    return next(filter(None, told), "")


def _is_older(one: Passage, current: Passage) -> bool:
    """By one title, or by what an older version says that it is superseded by: a number and a date, or one of them
    where the titles have a word in common."""
    if not one.superseded or current.superseded or current.kind != "document" or one.source != current.source:
        return False
    if bool(_series(one.title)) and _series(one.title) == _series(current.title):
        return True
    by, now = _stands((one.version or "").lower().partition("superseded")[2]), _stands(current.version or "")
    agree = [part == its for part, its in zip(by, now, strict=True) if part and its]
    named_alike = not _series(one.title).isdisjoint(_series(current.title) - _EMPTY)
    return bool(agree) and all(agree) and (len(agree) > 1 or named_alike)


def _stands(version: str) -> tuple[str, str]:
    """Number and date of a version, or of what took its place, as far as it says: ("v3.0", "2026-07-01")."""
    number = re.search(r"\bv\d+(?:\.\d+)*", version)
    dates = [figure.value for figure in figures(version) if figure.unit == "date"]
    return number[0] if number else "", max(dates, default="")


def _series(title: str) -> frozenset[str]:
    """A title without what only says which version it is."""
    return content_words(_VERSION_WORDS.sub(" ", flat(title)))


def _difference(
    unit: _Unit, sentence: _Unit, own: Sequence[_Unit], older: Passage, said: frozenset[tuple[str, str]]
) -> str:
    """What the sentence of `older` says that is about the same as `unit`; "" when there is none, or nothing differs."""
    if _OF_THEN.search(unit.text):
        return ""
    others, itself = _units(older), re.compile(rf"\b(?:version |v){re.escape(_stated_number(older))}(?![.\d])", re.I)
    for kind in sorted(unit.kinds):
        alike = [one for one in others if kind in one.kinds and _about_the_same(unit, one)]
        if not alike:
            continue
        best = max(alike, key=unit.likeness)
        if any(best.likeness(one) > best.likeness(unit) for one in own if kind in one.kinds):
            continue  # another sentence of the current version is what took its place
        now, then = unit.of_kind(kind), best.of_kind(kind)
        if not {figure.same for figure in now} <= {figure.same for figure in sentence.figures}:
            continue
        if len(now) != len(then) or any(figure.same in said for figure in then):
            continue
        if _OF_NOW.search(itself.sub(" ", best.text)):
            continue
        if _turned(unit.text, now[0]) | _turned(best.text, then[0]) == {"low", "high"}:
            continue
        return _said(best, then, alone=len({value for value, unit in said if unit == then[0].unit}) == 1)
    return ""


def _says_it_too(asked: _Unit, unit: _Unit) -> bool:
    """Whether the current version says what a sentence with another source does: the same figure, about the same."""
    if _about_the_same(asked, unit):
        return True
    same = {figure.same for figure in asked.figures if _kind(figure)} & {figure.same for figure in unit.figures}
    theirs, ours = asked.beside(unit)
    shared, least = len(ours & theirs), min(len(ours), len(theirs))
    if not same or shared < _LEAST_SHARED or shared < _LEAST_SHARE_OF_ONE * least:
        return False
    return codes(asked.text) == codes(unit.text) and countries(asked.text) == countries(unit.text)


def _about_the_same(one: _Unit, other: _Unit) -> bool:
    ours, theirs = one.beside(other)
    shared, least = len(ours & theirs), min(len(ours), len(theirs))
    if shared < _LEAST_SHARED or shared < _LEAST_SHARE * least or one.likeness(other) < _LEAST_ALIKE:
        return False
    if one.under_another(other) or other.under_another(one):
        return False
    if codes(one.text) != codes(other.text) or not _names(other.text) <= _names(one.text):
        return False
    if one.likeness(other) < _SURELY_ALIKE and _names(one.text) != _names(other.text):
        return False  # a name says whom a rule is for, or only where something is done
    if _label(one.text) != _label(other.text):
        return False
    here, there = countries(one.text), countries(other.text)
    return here == there or (not there and bool(_EVERYWHERE.search(other.text)))


def _said(unit: _Unit, then: Sequence[Figure], *, alone: bool) -> str:
    """One figure with what qualifies it, where the answer has one of its kind alone: else nobody knew which of them it
    is about. Of several, or of a bare number, the sentence that they stand in."""
    shown = {figure.shown for figure in then}
    if alone and len(shown) == 1 and then[0].unit:
        at = unit.text.find(then[0].shown)
        before = _BEFORE.search(unit.text[: max(at, 0)])
        return f"{before[0] if before else ''}{then[0].shown}"
    return f"“{plain(unit.text, _QUOTED).rstrip('.')}”"


def _turned(text: str, figure: Figure) -> set[str]:
    found = _BEFORE.search(text[: max(text.find(figure.shown), 0)])
    return {found.lastgroup} if found and found.lastgroup else set()


def _names(text: str) -> frozenset[str]:
    dates = [figure.shown for figure in figures(text) if figure.unit == "date"]
    for date in dates:
        text = text.replace(date, " ")
    return frozenset(_NAME.findall(text))


def _stated_number(passage: Passage) -> str:
    return _stands((passage.version or "").partition("(")[0])[0].removeprefix("v") or "-"


def _label(text: str) -> frozenset[str]:
    """The first cell of a table's row: what the row is about."""
    cells = _CELLS.split(text.strip())
    return content_words(cells[0]) if len(cells) > 1 else frozenset()


def _units(passage: Passage) -> tuple[_Unit, ...]:
    return _split(passage.text, passage.section.rsplit(" > ", 1)[-1])


@lru_cache(maxsize=512)
def _split(text: str, section: str) -> tuple[_Unit, ...]:
    """Sentences, and what is parted by semicolons; tables are compared by their cells."""
    sentences = [sentence for sentence in split_passage(text) if " | " not in sentence]
    parts = [part for sentence in sentences for part in _PARTED.split(sentence) if part.strip()]
    about = content_words(_VERSION_WORDS.sub(" ", flat(section))) - _EMPTY
    return tuple(replace(_unit(part), heading=about) for part in parts)


def _of_cell(cell: Cell) -> _Unit:
    """A cell as the sentence that it stands for, so that its number is counted in what the column says."""
    return _unit(f"{cell.value} {cell.column}, {cell.row}")


def _unit(part: str) -> _Unit:
    text = part.strip() if _CELLS.search(part.strip()) else flat(part)
    bare = flat(text)
    found = tuple(figures(text))
    for figure in sorted(found, key=lambda one: -len(one.shown)):
        bare = bare.replace(figure.shown, " ") if figure.unit not in NOT_COMPARED else bare
    return _Unit(text, found, content_words(bare) - _EMPTY)


def _kind(figure: Figure) -> str:
    """ "" where it is not compared. "Two remote days" are days."""
    if figure.unit in NOT_COMPARED:
        return ""
    return figure.unit or next((_COUNTED[noun] for noun in figure.nouns if noun in _COUNTED), "")


def _named(passage: Passage) -> str:
    """ "v2.1, January 2024, superseded by v3.2, 1 March 2026"; with its title where it states no number, and with the
    day when it changed where it states no date."""
    version = plain(passage.version or "", 2 * _NAMED).replace(" (", ", ").rstrip(")")
    parts = [version] if re.match(r"v\d", version) else [f"“{plain(passage.title, _NAMED)}”", version]
    dated = any(figure.unit == "date" for figure in figures(version))
    return ", ".join([*parts, *([] if dated else [f"changed {day(passage.changed_at)}"])])
