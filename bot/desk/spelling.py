"""Misspelt words put right by the words of the documents that a search found. Pure.

A word that the reader knows is never touched, so that "rice" does not become "price"; and one that no document's word
is near stays as it was typed.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from bot.desk.places import countries
from bot.desk.sentences import split_sentences
from bot.desk.words import flat, stem

_WORD = re.compile(r"(?<![\w.@/-])[^\W\d_]{3,}(?![\w@/-]|\.\w)")
_PIECE = re.compile(r"[^\W\d_]{4,}")
_NAME = re.compile(
    r"(?<=[a-z,] )(?!I\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
    r"[A-Z][A-Za-z]*[a-z](?:,? [A-Z][A-Za-z]*[a-z])*(?![\w-])"
)
_SEVERAL = re.compile(r"[A-Z]{2,}s")  # AAs, TVs
_DOUBLES = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")  # "ship" makes "shipping"
_LEAST = 4  # letters of a word that others are formed from
_PAIR = re.compile(r"(?=\b([^\W\d_]{3,}) ([^\W\d_]{3,})\b)")


def doubtful(text: str, known: Callable[[str], bool]) -> list[str]:
    """The words of a text that may be misspelt."""
    words = dict.fromkeys(_WORD.findall(flat(text)))
    return [word for word in words if not any(map(known, _formed_from(word.lower())))]


def _formed_from(word: str) -> Iterator[str]:
    """The word, and those that it may be a form of: "lightest" is one of "light", which a dictionary may have alone."""
    yield word
    for prefix in ("un", "re"):
        if word.startswith(prefix) and len(word) >= len(prefix) + _LEAST:
            yield word.removeprefix(prefix)
    for ending in ("est", "er", "ers", "ed", "ing", "y", "ly", "s"):
        bare = word.removesuffix(ending)
        if bare == word or len(bare) < _LEAST:
            continue
        if ending == "s" or not _DOUBLES.fullmatch(bare):
            yield bare
        if bare[-1] == bare[-2]:
            yield bare[:-1]  # "choppy"
        if ending != "s":
            yield bare + "e"  # "grader"


def respelled(text: str, texts: Iterable[str], known: Callable[[str], bool]) -> str:
    """`text` with each doubtful word as the nearest word of `texts`; `known`: whether it is a word of the language."""
    unsure = doubtful(text, known)
    if not unsure:
        return text
    right: dict[str, str] = {}
    for one in texts:
        lowered = flat(one).lower()
        right.update((word, word) for word in _PIECE.findall(lowered))
        right.update((first + second, f"{first} {second}") for first, second in _PAIR.findall(lowered))
    stems = {stem(word) for word in right}
    for word in unsure:
        lowered = word.lower()
        if stem(lowered) in stems or (lowered in right and right[lowered] == lowered):
            continue
        if found := _nearest(lowered, right):
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", right[found], text)
    return text


def words_in(texts: Iterable[str]) -> set[str]:
    """The words of these texts, in small letters."""
    return {word for one in texts for word in _PIECE.findall(flat(one).lower())}


def _nearest(word: str, right: Iterable[str]) -> str | None:
    most = 1 if len(word) < 6 else 2
    best: tuple[int, int, str] | None = None
    for other in right:
        if abs(len(other) - len(word)) > most or (other[0] != word[0] and other[1] != word[1]):
            continue
        away = distance(word, other, most)
        if away <= most and (best is None or (away, -len(other), other) < best):
            best = away, -len(other), other
    return best[2] if best else None


def distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that make one word of the other; `most` + 1 when
    there are more."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, twin in enumerate(other, start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != twin))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == twin:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return min(last[-1], most + 1)


def unheard_of(question: str, texts: Iterable[str]) -> list[str]:
    """The names in the last sentence of a question that none of `texts` has: words in capitals that do not begin it."""
    asked = split_sentences(flat(question))
    if not asked or question.isupper():
        return []
    runs = [run.split() for run in _NAME.findall(asked[-1])]
    if not runs:
        return []
    there = {stem(word) for text in texts for word in re.findall(r"[^\W_]+", flat(text).lower())}
    return [
        " ".join(run)
        for run in runs
        if not countries(" ".join(run))
        and not all(_SEVERAL.fullmatch(word) for word in run)
        and not any(stem(word.lower().strip(",")) in there for word in run)
    ]
