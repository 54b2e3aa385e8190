"""What the table of an older version has otherwise than the row that an answer cites. Pure.

Two cells are the same one where a heading of theirs, of row or column, is equal and the other is alike, and neither has
another that it could be. Tables are turned, too: what was a row may be a column now.
"""

import re
from collections import Counter
from collections.abc import Sequence, Set
from functools import lru_cache

from bot.desk.figures import Figure, figures
from bot.desk.model import Passage
from bot.desk.places import countries
from bot.desk.table_cells import Cell, cells
from bot.desk.words import content_words, flat

_ALIKE = 0.5  # more than this share of the words of two headings
_ASIDE = re.compile(
    r"\(.*?\)|\b(?:under |in )?(?:version|v)\.? ?\d+(?:\.\d+)*\b|\b(?:in )?20\d\d\b|\bper\b", re.IGNORECASE
)
NOT_COMPARED = frozenset(("code", "version", "weekday"))


def cited_cells(passage: Passage, quotes: Sequence[str], stated: Set[tuple[str, str]]) -> list[Cell]:
    """The cells in the rows that are quoted whose every figure is `stated`."""
    told = [flat(quote) for quote in quotes]
    return [
        cell
        for cell in cells(passage.text, passage.section)
        if any(flat(cell.line) in quote for quote in told)
        and (found := _compared(cell))
        and {figure.same for figure in found} <= stated
    ]


def differing_cells(question: str, cited: Sequence[Cell], current: Passage, older: Passage) -> str:
    """The cells of one row of `older` that differ from the cited ones of `current`, as one line; "" when there is none,
    or when it is not sure which of them is meant."""
    if not cited:
        return ""
    matches = _matches(cells(current.text, current.section), cells(older.text, older.section))
    pairs = [(cell, then) for cell in cited if (then := matches.get(cell)) and _differ(cell, then)]
    asked = content_words(question)
    meant = {pair: sum(_named(label, asked) for label in (pair[0].row, pair[0].column)) for pair in pairs}
    told = [then for (cell, then), names in meant.items() if names == max(meant.values())]
    if not told or len({then.line for then in told}) > 1:
        return ""
    return f"{told[0].row}{' – ' if told[0].column else ': '}{'; '.join(then.shown for then in told)}"


def _matches(ours: Sequence[Cell], theirs: Sequence[Cell]) -> dict[Cell, Cell]:
    """Each cell with the only one that it can be. What fits exactly goes first, and leaves the rest fewer to choose."""
    near = {(one, other): fit for one in ours for other in theirs if (fit := _nearness(one, other))}
    exact = [pair for pair, fit in near.items() if fit == 1.0]
    taken = {cell for pair in exact for cell in pair}
    found: dict[Cell, Cell] = {}
    for pairs in (exact, [pair for pair in near if taken.isdisjoint(pair)]):
        times = Counter(cell for pair in pairs for cell in pair)
        found |= {one: other for one, other in pairs if times[one] == times[other] == 1}
    return {one: other for one, other in found.items() if _countries(one) == _countries(other)}


def _countries(cell: Cell) -> frozenset[str]:
    return countries(f"{cell.row}; {cell.column}")


def _nearness(one: Cell, other: Cell) -> float:
    here, there = one.column or one.section, other.column or other.section
    straight = _alike(here, there) if _key(one.row) == _key(other.row) else 0.0
    turned = _alike(one.row, there) if one.column and _key(one.column) == _key(other.row) else 0.0
    back = _alike(here, other.row) if other.column and _key(other.column) == _key(one.row) else 0.0
    return max(straight, turned, back)


def _alike(one: str, other: str) -> float:
    ours, theirs = _words(one), _words(other)
    alike = len(ours & theirs) / (len(ours | theirs) or 1)
    return alike if alike > _ALIKE else 0.0


def _key(label: str) -> frozenset[str]:
    return _words(label) or frozenset([flat(label).lower()])  # "A" of zones A, B and C


def _differ(one: Cell, other: Cell) -> bool:
    """They have figures of one kind, and of no kind one in common."""
    ours, theirs = _compared(one), _compared(other)
    kinds = {figure.unit for figure in ours} & {figure.unit for figure in theirs}
    return bool(kinds) and {figure.same for figure in ours}.isdisjoint(figure.same for figure in theirs)


def _compared(cell: Cell) -> list[Figure]:
    return [figure for figure in figures(cell.value) if figure.unit not in NOT_COMPARED]


def _named(label: str, asked: frozenset[str]) -> bool:
    return bool(_words(label)) and _words(label) <= asked


@lru_cache(maxsize=4096)
def _words(label: str) -> frozenset[str]:
    return content_words(_ASIDE.sub(" ", label))
