"""A group of questions named by its distinctive words, without a model: c-TF-IDF over phrases. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from bot.desk.gaps import PRIVATE
from bot.desk.words import flat, means_nothing, stem

LONGEST = 60  # characters of a name
_PHRASES = 2  # of a name
_WORDS = 3  # of a phrase
_OFTEN = 1.3  # how much more it counts that many of the group say it
WORD = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")
_INSIDE = frozenset({"of", "for", "in", "on"})  # words that a phrase may have within: "out of warranty"
# They ask, and say nothing of what about; bot.desk.words leaves them in, because a search needs them at times.
_WORDS_ASKING = """
    able anybody anyone anything else ever exactly far figure figures happen help here hi hello hey know like looking
    mean name old one people possible possibly question say somebody someone something still such take there thing use
    used way wondering work works new find let make time week ask asking available really actually via kind
    answer book bring brings come comes coming contact date do done each figure go going list next number own pay run
    sit wants within its it'd i'd they're whom
"""
_ASKING = frozenset(_WORDS_ASKING.split())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as a name needs it. `open`: everybody could read it."""

    text: str
    asker: str
    open: bool


Phrase = tuple[str, ...]  # stems


def names_of(groups: Sequence[Sequence[Asked]]) -> list[str]:
    """Of each group the phrases that most of it has and few others have: "battery replacement · out of warranty". They
    have no word that only one person wrote, and privately; PRIVATE where none is left. A group begins with its middle
    one."""
    found = [[dict(_phrases(asked.text)) for asked in group] for group in groups]
    counts = [Counter(phrase for phrases in group for phrase in phrases) for group in found]
    everywhere: Counter[Phrase] = Counter()
    for count in counts:
        everywhere.update(count)
    opened = {one for group in groups for asked in group if asked.open for one in _stems(asked.text)}
    questions = sum(map(len, groups))
    names = []
    for group, phrases, count in zip(groups, found, counts, strict=True):
        told = opened | _said_by_two(group)
        rare = {one: log(1 + questions / everywhere[one]) for one in count if told.issuperset(one)}
        names.append(_name(group, phrases, _chosen(phrases[0], count, rare)))
    return names


def _chosen(middle: Mapping[Phrase, str], count: Mapping[Phrase, int], rare: Mapping[Phrase, float]) -> list[Phrase]:
    def weight(phrase: Phrase) -> float:
        """How many have it, by how rare it is; what only one has is worth more where that is the middle one."""
        often = count[phrase]
        longer = 1 + (0.6 if often > 1 else 0.2) * (len(phrase) - 1)
        return float(often**_OFTEN) * rare[phrase] * longer * (1.5 if phrase in middle else 1.0)

    chosen: list[Phrase] = []
    for phrase in sorted(rare, key=lambda one: (-weight(one), one)):
        if len(chosen) < _PHRASES and all(set(phrase).isdisjoint(one) for one in chosen):
            chosen.append(phrase)
    if set(chosen) <= middle.keys():
        chosen.sort(key=list(middle).index)  # as somebody would say it
    return chosen


def _name(group: Sequence[Asked], phrases: Sequence[Mapping[Phrase, str]], chosen: Sequence[Phrase]) -> str:
    """Each phrase as most spell it; where there is none, a question that everybody could read."""
    if not chosen:
        return next((cut(flat(one.text)) for one in group if one.open), PRIVATE)
    spelt = [Counter(one[phrase] for one in phrases if phrase in one) for phrase in chosen]
    return cut(" · ".join(spellings.most_common(1)[0][0] for spellings in spelt))


def cut(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _said_by_two(group: Sequence[Asked]) -> set[str]:
    """The stems that two people of the group wrote."""
    by_stem: defaultdict[str, set[str]] = defaultdict(set)
    for asked in group:
        for one in _stems(asked.text):
            by_stem[one].add(asked.asker)
    return {one for one, askers in by_stem.items() if len(askers) > 1}


def _stems(text: str) -> set[str]:
    return {stem(word.lower()) for word in WORD.findall(flat(text))}


def _phrases(text: str) -> Iterator[tuple[Phrase, str]]:
    """Runs of up to three words that begin and end with one that means something."""
    for part in re.split(r"[,;:.!?()\[\]\"]+(?:\s|$)", flat(text)):
        words = WORD.findall(part)
        for begin in range(len(words)):
            for end in range(begin + 1, min(begin + _WORDS, len(words)) + 1):
                run = words[begin:end]
                inner = run[1:-1]
                begins = not _empty(run[0]) or [word.lower() for word in run[:2]] == ["out", "of"]
                if not begins or _empty(run[-1]) or any(_empty(word) and word.lower() not in _INSIDE for word in inner):
                    continue
                yield tuple(stem(word.lower()) for word in run), " ".join(map(_spelling, run))


def _empty(word: str) -> bool:
    return means_nothing(word) or word.lower() in _ASKING or len(word) < 2


def _spelling(word: str) -> str:
    """Capitals are kept where they are more than the beginning of a sentence: TPM, iPhone, TFG-200."""
    return word if sum(letter.isupper() for letter in word) > 1 or any(map(str.isdigit, word)) else word.lower()
