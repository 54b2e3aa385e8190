"""Words that look like somebody's name, for questions that were asked privately: whoever is asked about there is not to
be read of by others, however many asked. Pure.

By capitals, as nobody keeps a list of all people: too much is taken for a name rather than too little.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from bot.desk.words import flat, means_nothing, stem
from bot.gaps.naming import WORD

_ACRONYM = 4  # letters up to which capitals alone are one: VPN, HDMI


def persons_in(text: str, knows: Callable[[str], bool]) -> set[str]:
    """The stems of words with a capital inside a sentence. One that begins a sentence is among them before another such
    word ("Dana Whitfield"), as an owner ("Dana's"), or where `knows` says that it is no common word."""
    found = set[str]()
    shouted = text.isupper()
    for sentence in re.split(r"[.!?:]+(?:\s|$)", flat(text)):
        words = WORD.findall(sentence)
        capitals = [_is_capital(word, shouted) for word in words]
        begins = bool(capitals) and capitals[0] and _begins_with_one(words, capitals, knows)
        found |= {one for word, is_one in zip(words[1:], capitals[1:], strict=True) if is_one for one in _stems(word)}
        found |= set(_stems(words[0])) if begins else set()
    return found


def stems_of(text: str) -> set[str]:
    return {one for word in WORD.findall(flat(text)) for one in _stems(word)}


def without(text: str, persons: AbstractSet[str]) -> str:
    """A full stop stands in the place of each, so that no phrase goes across."""
    return WORD.sub(lambda word: word[0] if persons.isdisjoint(_stems(word[0])) else " . ", flat(text))


def _begins_with_one(words: Sequence[str], capitals: Sequence[bool], knows: Callable[[str], bool]) -> bool:
    return any(capitals[1:2]) or words[0].endswith("'s") or not knows(words[0].lower())


def _is_capital(word: str, shouted: bool) -> bool:
    if means_nothing(word) or not word[0].isupper() or any(map(str.isdigit, word)):
        return False
    return shouted or not (word.isupper() and len(word) <= _ACRONYM)


def _stems(word: str) -> Iterator[str]:
    """Of the whole and of its parts: "joost.becker"."""
    yield stem(word.lower())
    yield from (stem(part) for part in re.split(r"[-'.]", word.lower()) if len(part) > 1)
