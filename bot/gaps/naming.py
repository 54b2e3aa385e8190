"""A group of questions named by its distinctive words, without a model: c-TF-IDF over phrases. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import log

from bot.desk.gaps import PRIVATE
from bot.desk.words import flat, means_nothing, stem

LONGEST = 60  # characters of a name
_PHRASES = 2  # of a name
_WORDS = 3  # of a phrase
_OFTEN = 1.3  # how much more it counts that many of the group say it
_WORD = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")
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


def name_of(group: Sequence[Asked], others: Sequence[Asked]) -> str:
    """The phrases that most of the group has and few others have: "battery replacement · out of warranty". It has no
    word that only one person wrote, and privately; PRIVATE where none is left. `group` begins with
    its middle one, and is not among `others`."""
    counts, spelt = _counted(group, _speakable(group, others))
    if not counts:
        return next((cut(flat(one.text)) for one in group if one.open), PRIVATE)
    elsewhere, _ = _counted(others, None)
    middle = [phrase for phrase, _ in _phrases(group[0].text)]

    def weight(phrase: Phrase) -> float:
        """How many have it, by how rare it is; what only one has is worth more where that is the middle one."""
        often = counts[phrase]
        rare = log(1 + (len(group) + len(others)) / (often + elsewhere[phrase]))
        longer = 1 + 0.6 * (len(phrase) - 1) if often > 1 else 1 + 0.2 * (len(phrase) - 1)
        return float(often**_OFTEN) * rare * longer * (1.5 if phrase in middle else 1.0)

    chosen: list[Phrase] = []
    for phrase in sorted(counts, key=lambda one: (-weight(one), one)):
        if len(chosen) < _PHRASES and all(set(phrase).isdisjoint(one) for one in chosen):
            chosen.append(phrase)
    if set(chosen) <= set(middle):
        chosen.sort(key=middle.index)  # as somebody would say it
    said = [spelt[phrase].most_common(1)[0][0] for phrase in chosen]
    return cut(" · ".join(said))


def cut(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _speakable(group: Sequence[Asked], others: Sequence[Asked]) -> set[str]:
    """Stems that may be told: said where everybody could read it, or by two people of the group."""
    told = {one for asked in (*group, *others) if asked.open for one in _stems(asked.text)}
    by_stem: defaultdict[str, set[str]] = defaultdict(set)
    for asked in group:
        for one in _stems(asked.text):
            by_stem[one].add(asked.asker)
    return told | {one for one, askers in by_stem.items() if len(askers) > 1}


def _stems(text: str) -> set[str]:
    return {stem(word.lower()) for word in _WORD.findall(flat(text))}


def _counted(
    asked: Sequence[Asked], allowed: AbstractSet[str] | None
) -> tuple[Counter[Phrase], dict[Phrase, Counter[str]]]:
    """In how many questions each phrase stands, and how it is spelt."""
    counts: Counter[Phrase] = Counter()
    spelt: defaultdict[Phrase, Counter[str]] = defaultdict(Counter)
    for one in asked:
        found: dict[Phrase, str] = {}
        for phrase, words in _phrases(one.text):
            if allowed is None or allowed >= set(phrase):
                found.setdefault(phrase, words)
        counts.update(found.keys())
        for phrase, words in found.items():
            spelt[phrase][words] += 1
    return counts, spelt


def _phrases(text: str) -> Iterator[tuple[Phrase, str]]:
    """Runs of up to three words that begin and end with one that means something."""
    for part in re.split(r"[,;:.!?()\[\]\"]+(?:\s|$)", flat(text)):
        words = _WORD.findall(part)
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
