"""Which quotable units of the passages answer a question, and how sure that is.

A unit's score is a sum of features; the weights were fitted on questions with known answers, for this embedding model
(`python -m ops.evaluation.fit`).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.desk.asking import focus
from bot.desk.figures import figures, units_of_word
from bot.desk.model import Passage
from bot.desk.past import about_the_past
from bot.desk.places import countries, without_places
from bot.desk.synonyms import concepts, plainly
from bot.desk.words import codes, has_code, means_nothing, without_codes
from bot.engine.doubts import SURE, apart, doubts, missed
from bot.engine.quotable import Unit
from ingest.index.contract import Likeness

COMPARED = 32  # units that the model compares with the question, the likeliest by their words
SUBJECT = 80  # characters: a record's or a product sheet's own code stands in its first lines
READ = 1500  # characters of a passage
MET = 0.5  # how near the nearest word piece is to a word that a text speaks of
SAME = 0.75  # of all words of two questions, those that both have
LEAST_SHARE = 1e-9  # of a document: its logarithm is taken
ELSE = 6  # words of a heading that nobody asked for, beyond which one more says nothing

# What kind of figure a question wants.
_WANTED: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(units))
    for pattern, units in (
        (
            r"\bhow much (?:is|are|does|do|for|will|would)\b|\bpric|\bcosts?\b|\bfees?\b|\bcharge\b|\bdeposit",
            ("$", "%"),
        ),
        (
            r"\bhow (?:long|soon|late|fast|quick)|\bwhen\b|\bdeadline|\bhours\b|\bdays\b|\bperiod\b",
            ("day", "business day", "month", "min", "date", "time"),
        ),
        (r"\bwatts?\b|\bhow much power|\bwattage", ("W", "Wh")),
        (r"\bhow (?:big|large|wide|thick|tall)|\bsize\b|\binch", ("in", "m")),
        (r"\bhow heavy|\bweigh", ("kg", "lb", "oz")),
        (r"\bphone number|\bcall you\b|\btelephone", ("code",)),
    )
)
_MEASURED = re.compile(r"\b(?:how many|in) ((?:business |working )?[a-z]+)\b(?! of\b)", re.IGNORECASE)
_KIND = re.compile(
    r"\b(?:(?P<time>how (?:long|soon|late|fast|quick\w*)|when)|how (?:much|many|often|far)|where|who|why|how)\b",
    re.IGNORECASE,
)
_ANYTHING = concepts("something anything item product thing")

Compare = Callable[[str, Sequence[str]], Likeness]


@dataclass(slots=True)
class Ranked:
    unit: Unit
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Units, the best first, and the probability that the best one's document answers the question."""

    units: list[Ranked]
    sure: float


NOTHING = Ranking([], 0.0)


def rank(asked: str, units: Sequence[Unit], passages: Sequence[Passage], compare: Compare) -> Ranking:
    """Blocks while the model reads. Raises what `compare` raises."""
    asked = plainly(asked)
    likely = by_words(asked, units)[:COMPARED]
    if not likely:
        return NOTHING
    seen = features(asked, likely, passages, compare)
    scores = [_sum(WEIGHTS, one) for one in seen]
    shares = shares_of([passages[unit.passage].document_id for unit, _ in likely], scores)
    # Of documents that are about as near the one counts more that has more to say on it.
    together = [score + math.log(share) for score, share in zip(scores, shares, strict=True)]
    order = sorted(range(len(likely)), key=lambda at: -together[at])
    best = order[0]
    said = doubts(asked, likely[best][0], shares[best], seen[best], passages)
    ranked = [Ranked(likely[at][0], together[at]) for at in order]
    return Ranking(ranked, 1 / (1 + math.exp(-_sum(SURE, said))))


def shares_of(documents: Sequence[str], scores: Sequence[float]) -> list[float]:
    """Of each unit's document the share of all that speaks for one: a softmax over the scores."""
    top = max(scores)
    mass = dict.fromkeys(documents, 0.0)
    for document, score in zip(documents, scores, strict=True):
        mass[document] += math.exp(score - top)
    total = sum(mass.values())
    return [max(mass[document] / total, LEAST_SHARE) for document in documents]


def _sum(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return sum(weight * values[name] for name, weight in weights.items())


def by_words(asked: str, units: Sequence[Unit]) -> list[tuple[Unit, float]]:
    """Units with the share of the question's words that they or their headings hold, rare words counting more; the
    likeliest first.

    A code says which product is meant, and that is a matter of the passage: it does not count here.
    """
    words = concepts(without_codes(without_places(asked)))
    seen = Counter(word for unit in units for word in unit.words & words)
    weight = {word: math.log(1 + len(units) / (1 + seen[word])) for word in words}
    total = sum(weight.values()) or 1.0
    wanted, named = _wanted(asked), codes(asked)
    about = {unit.passage for unit in units if has_code(unit.text, named)}

    def lexical(unit: Unit) -> float:
        around = unit.context - unit.words
        return sum(weight[word] * ((word in unit.words) + 0.75 * (word in around)) for word in words) / total

    def promise(found: tuple[Unit, float]) -> float:
        unit, share = found
        coded = 0.3 * has_code(unit.text, named) or 0.2 * (unit.passage in about)
        return share + 0.3 * states(unit, wanted) + coded - 0.04 * unit.passage

    return sorted(((unit, lexical(unit)) for unit in units), key=promise, reverse=True)


def features(
    asked: str, likely: Sequence[tuple[Unit, float]], passages: Sequence[Passage], compare: Compare
) -> list[dict[str, float]]:
    """What speaks for each unit, and against it, by name."""
    units = [unit for unit, _ in likely]
    at = sorted({unit.passage for unit in units})
    read = {one: f"{passages[one].title}. {passages[one].section}. {passages[one].text}"[:READ] for one in at}
    meanings = [unit.meaning for unit in units]
    # A code is met exactly or not at all: its pieces are near those of any other.
    fields = [row for row, unit in enumerate(units) if unit.lead]
    like = compare(
        without_codes(without_places(focus(asked))),
        [*meanings, *(read[one] for one in at), *(units[row].text for row in fields)],
    )
    weights = _weights(like.words, meanings)
    of_passage = {one: like.met[len(units) + row] for row, one in enumerate(at)}
    nearest = {one: max(like.cosines[row] for row, unit in enumerate(units) if unit.passage == one) for one in at}
    best = max(max(passages[one].score for one in at), 1e-9)
    met_of_field = dict(zip(fields, like.met[len(units) + len(at) :], strict=True))
    read_of = (*(unit.passage for unit in units), *at, *(units[row].passage for row in fields))
    documents = [passages[one].document_id for one in read_of]
    shortfall = missed(like, documents, concepts(" ".join(one.title for one in passages)))
    here, named, past, wanted = countries(asked), codes(asked), about_the_past(asked), _wanted(asked)
    found = []
    for row, (unit, lexical) in enumerate(likely):
        passage = passages[unit.passage]
        own = f"{passage.title}\n{passage.section}\n{passage.text[:SUBJECT]}"
        found.append(
            {
                "like": like.cosines[row],
                "met": _mean(weights, like.met[row]),
                "words": lexical,
                **_headings(asked, unit),
                "first": float(unit.order == 0),
                "length": min(len(unit.text), 300) / 300,
                "record": float(bool(unit.lead)),
                "figure": float(states(unit, wanted)),
                "label": float(_is_a_label(unit, wanted)),
                "here": float(bool(here & (countries(unit.text) or countries(unit.heading)))),
                "named": float(has_code(own, named) or has_code(unit.text, named)),
                "pair": float(_pairs(own, unit.text, named)),
                "unnamed": float(bool(named) and not has_code(own, named) and not has_code(unit.text, named)),
                "superseded": float(passage.superseded and not past),
                "fused": max(passage.score, 0.0) / best,  # of few candidates the worse ones score below zero
                "near": nearest[unit.passage],
                "apart": float(row in met_of_field and apart(like.words, met_of_field[row], passage)),
                "missed": shortfall[passage.document_id],
                "unmet": _mean(weights, [float(met < MET) for met in of_passage[unit.passage]]),
            }
        )
    return found


def _headings(asked: str, unit: Unit) -> dict[str, float]:
    """What the question has of a unit's words and headings, and what they say that nobody asked."""
    spoken, parts = concepts(asked), unit.heading.split(" > ")
    title, heading = concepts(parts[0]), concepts(parts[-1])
    return {
        "own_words": len(spoken & unit.words) / max(len(spoken), 1),
        "asked_there": float(_asks_the_same(asked, parts[-1])),
        "heading": len(spoken & heading) / max(len(heading), 1),
        "heading_else": min(len(heading - spoken), ELSE) / ELSE,
        "title_else": min(len(title - spoken), ELSE) / ELSE,
    }


def _asks_the_same(asked: str, heading: str) -> bool:
    """Whether a heading is a question, as in an FAQ, and the asker's, or the same of anything: "How long do I have to
    return something?" """
    if not heading.endswith("?"):
        return False
    words, theirs, kinds = concepts(heading), concepts(asked), (_kind(heading), _kind(asked))
    if special := words - _ANYTHING if words & _ANYTHING and kinds[0] else frozenset():
        return special <= theirs and kinds[0] == kinds[1]
    return len(words & theirs) >= SAME * len(words | theirs) > 0 and (kinds[0] == kinds[1] or "" in kinds)


def _kind(asked: str) -> str:
    """What kind of thing a question asks for, as its question word says; "" may be any."""
    word = _KIND.search(asked)
    return "" if word is None else "when" if word["time"] else word[0].lower()


def _pairs(own: str, text: str, named: frozenset[str]) -> bool:
    """Whether a record or a product sheet says of its product something about another one that is named."""
    others = frozenset(code for code in named if not has_code(own, frozenset({code})))
    return len(others) < len(named) and has_code(text, others)


def _weights(words: Sequence[str], texts: Sequence[str]) -> list[float]:
    """How much each word of a question counts: rare ones more, and those without meaning not at all."""
    lowered = [set(re.findall(r"[a-z0-9]+", text.lower())) for text in texts]
    return [
        0.0 if means_nothing(word) else math.log(1 + len(lowered) / (1 + sum(word.lower() in one for one in lowered)))
        for word in words
    ]


def _mean(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / (sum(weights) or 1.0)


def _is_a_label(unit: Unit, wanted: frozenset[str]) -> bool:
    """It says no more than its heading, or hardly a word."""
    said = concepts(unit.text.split(": ", 1)[-1]) if unit.lead else unit.words
    return said <= unit.context or (len(unit.words) < 2 and not states(unit, wanted))


def _wanted(asked: str) -> frozenset[str]:
    return frozenset().union(*(units for pattern, units in _WANTED if pattern.search(asked)))


def measures(asked: str) -> frozenset[str]:
    """The unit that a question asks for by its name: "how many minutes", "in decibels"."""
    named = _MEASURED.search(asked)
    if named is None:
        return frozenset()
    units = units_of_word(named[1])
    return units | {"business day", "month", "date"} if units & {"day", "month"} else units


def states(unit: Unit, wanted: frozenset[str]) -> bool:
    return bool(wanted) and any(figure.unit in wanted for figure in figures(unit.text))


WEIGHTS: Mapping[str, float] = {
    "like": 8.39, "met": 8.1, "words": 1.43, "own_words": 1.3, "heading": 0.81, "heading_else": -0.72,
    "title_else": -1.23, "first": 0.33, "length": 1.57, "record": -0.15, "figure": 1.45, "label": -1.24, "here": 3.79,
    "unnamed": -3.84, "fused": 3.37, "near": 1.51, "unmet": -1.73,
    # Not fitted: the questions of the training avoid the words of the documents, people don't; few of them find what is
    # superseded, or name two products. Of 22 fields that were apart, 19 were wrong answers.
    "asked_there": 5.0, "superseded": -1.1, "pair": 4.0, "apart": -2.0,
}  # fmt: skip
