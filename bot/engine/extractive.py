"""The writer that needs no model: it quotes the sentences that answer best, word for word, with the same citations."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.desk.conversation import replaced, standalone
from bot.desk.errors import RetrievalUnavailable
from bot.desk.figures import figures
from bot.desk.model import Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn
from bot.desk.orders import order_sentences
from bot.desk.ports import OrderTools
from bot.desk.words import codes, content_words, has_code, without_codes
from bot.engine.postprocessors import about_the_past
from bot.engine.quotable import Unit, units_of
from bot.engine.synthesizer import Draft
from ingest.index.contract import IndexUnavailable

NAME = "extractive"
NOTICE = "I quote the documents because no model is configured."
MOST = 4  # sentences
ROOM = 480  # characters; a phone's screen
COMPARED = 16  # units whose meaning is compared with the question: each costs about 3 ms
ENOUGH = 0.45  # the least score of a sentence that may stand first
NEAR_BEST = 0.88  # share of the best score that another sentence needs
SUBJECT = 80  # characters: a record's or a product sheet's own code stands in its first lines
UNKNOWN = 0.3  # the similarity of a passage that only the keywords found

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
_ABOUT_ITSELF = re.compile(
    r"\bsuperseded\b|\breviewed (?:in |on )?(?:\w+ )?\d|\bkept for reference|^(?:version|v)\b|\bv\d[\d.]*, effective"
    r"|\bthis (?:document|page|policy|leaflet|text|card)\b|\blast (?:changed|updated|reviewed)",
    re.IGNORECASE,
)
_COMPATIBLE = re.compile(r"\b(?:works?|compatib|fits?|supports?|connect|use|plug|run|pair)", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b[A-Z]{1,4}-?\d{5,}\b", re.IGNORECASE
)  # somebody's own order: in no document but as an example
_HOW_TO = re.compile(r"\bhow (?:do|can|should|to)\b|\bwhat (?:now|(?:should|can|do) i do)\b", re.IGNORECASE)
_STEP = re.compile(
    r"(?:add|ask|back up|bring|call|check|choose|click|close|collect|contact|drop|enter|fill|give|go|hold|keep|log|open"
    r"|pack|pick|plug|press|print|pull|put|register|remove|report|restart|return|select|send|show|sign|start|switch|take"
    r"|tap|tell|turn|unplug|update|use|visit|wait|write|you can)\b|.*\bdo this\b",
    re.IGNORECASE,
)

Similarity = Callable[[str, Sequence[str]], list[float]]


@dataclass(slots=True)
class Scored:
    unit: Unit
    lexical: float
    similarity: float = 0.0
    score: float = 0.0


class ExtractiveWriter:
    """`similarity` compares a question with texts; it blocks, so it is called in a thread."""

    def __init__(self, similarity: Similarity) -> None:
        self._similarity = similarity

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt | None,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
    ) -> Draft:
        """What is known of the asker's orders, then one to four quotes, the best first; none when nothing fits."""
        for sentence in order_sentences(passages):
            yield sentence
        if passages and all(passage.kind == "order" for passage in passages):
            yield DraftEnd(model=NAME, cost_usd=0.0)
            return
        asked = _without_references(standalone(question, turns))
        old = replaced(question, turns)
        for sentence in await self._quotes(asked, passages, old, content_words(question)):
            yield sentence
        yield DraftEnd(model=NAME, cost_usd=0.0, notice=NOTICE)

    async def _quotes(
        self, asked: str, passages: Sequence[Passage], old: frozenset[str], new: frozenset[str]
    ) -> list[DraftSentence]:
        """`old`: what the thread was about before the question named `new`; what is only about that is not quoted."""
        documents = [(at, passage) for at, passage in enumerate(passages) if passage.kind == "document"]
        named = codes(asked)
        if named and not any(has_code(f"{one.title} {one.section} {one.text}", named) for _, one in documents):
            return []  # it names something that no passage knows
        units = [unit for at, passage in documents for unit in units_of(at, passage)]
        units = [unit for unit in units if not (unit.words | unit.context) & old or (unit.words | unit.context) & new]
        ranked = _by_words(asked, units)[:COMPARED]
        try:
            close = await asyncio.to_thread(self._similarity, asked, [one.unit.meaning for one in ranked])
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the question could not be compared with the passages: {error}") from error
        for one, similarity in zip(ranked, close, strict=True):
            one.similarity = similarity
            one.score = _score(one, asked, passages[one.unit.passage])
        return _drafted(_chosen(ranked), passages)


def _by_words(asked: str, units: Sequence[Unit]) -> list[Scored]:
    """Units by the share of the question's words that they or their headings hold, rare words counting more.

    A code says which product is meant, and that is a matter of the passage: it does not count here.
    """
    words = content_words(without_codes(asked))
    seen = Counter(word for unit in units for word in unit.words & words)
    weight = {word: math.log(1 + len(units) / (1 + seen[word])) for word in words}
    total = sum(weight.values()) or 1.0

    def lexical(unit: Unit) -> float:
        around = unit.context - unit.words
        return sum(weight[word] * ((word in unit.words) + 0.75 * (word in around)) for word in words) / total

    wanted, named = _wanted(asked), codes(asked)

    def promise(one: Scored) -> float:
        stated = 0.3 * _states(one.unit, wanted) + 0.3 * has_code(one.unit.text, named)
        return one.lexical + stated - 0.04 * one.unit.passage

    return sorted((Scored(unit, lexical(unit)) for unit in units), key=promise, reverse=True)


def _score(one: Scored, asked: str, passage: Passage) -> float:
    unit = one.unit
    near = UNKNOWN if passage.similarity is None else passage.similarity
    score = 0.45 * one.similarity + 0.25 * near + 0.3 * one.lexical
    score += (0.05, 0.025)[unit.order] if unit.order < 2 else 0.0  # what is asked is mostly answered first
    score += 0.08 * _states(unit, _wanted(asked))
    score += 0.05 * bool(_HOW_TO.search(asked) and _STEP.match(unit.text))
    score -= 0.10 * unit.text[:1].islower() * (not unit.lead)  # a fragment of a list
    score -= 0.15 * _is_a_label(unit, asked)
    score -= 0.15 * bool(_ABOUT_ITSELF.search(unit.text))
    score -= 0.15 * (passage.superseded and not about_the_past(asked))
    if named := codes(asked):
        about = f"{passage.title}\n{passage.section}\n{passage.text[:SUBJECT]}"
        listed = has_code(unit.text, named)
        score += 0.20 * has_code(about, named) - 0.10 * (not (listed or has_code(about, named)))
        if _COMPATIBLE.search(asked):
            score += 0.20 * listed - 0.15 * (not listed and "compatible" in unit.text[:20])
    return score


def _is_a_label(unit: Unit, asked: str) -> bool:
    """It says no more than its heading, or hardly a word."""
    return unit.words <= unit.context or (len(unit.words) < 2 and not _states(unit, _wanted(asked)))


def _wanted(asked: str) -> frozenset[str]:
    return frozenset().union(*(units for pattern, units in _WANTED if pattern.search(asked)))


def _states(unit: Unit, wanted: frozenset[str]) -> bool:
    return bool(wanted) and any(figure.unit in wanted for figure in figures(unit.text))


def _without_references(asked: str) -> str:
    return _REFERENCE.sub(" ", asked)


def _chosen(ranked: Sequence[Scored]) -> list[Unit]:
    """The best, and what adds to it."""
    best_first = sorted(ranked, key=lambda one: -one.score)
    if not best_first or best_first[0].score < ENOUGH:
        return []
    chosen: list[Unit] = []
    room = ROOM
    for one in best_first:
        if one.score < NEAR_BEST * best_first[0].score or len(chosen) == MOST:
            break
        if chosen and (len(one.unit.text) > room or _repeats(one.unit, chosen)):
            continue
        chosen.append(one.unit)
        room -= len(one.unit.text)
    return chosen


def _repeats(unit: Unit, chosen: Sequence[Unit]) -> bool:
    return any(len(unit.words & other.words) > 0.6 * min(len(unit.words), len(other.words)) for other in chosen)


def _drafted(chosen: Sequence[Unit], passages: Sequence[Passage]) -> list[DraftSentence]:
    """A sentence a unit; the lines of one record together under its name."""
    drafted: list[DraftSentence] = []
    for lead in dict.fromkeys((unit.passage, unit.lead) for unit in chosen):
        units = [unit for unit in chosen if (unit.passage, unit.lead) == lead]
        groups = [units] if lead[1] else [[unit] for unit in units]
        for group in groups:
            said = "; ".join(unit.text for unit in group)
            text = f"{lead[1]}: {said}" if lead[1] else said
            drafted.append(DraftSentence(f"{_closed(text)} ", tuple(_cite(unit, passages) for unit in group)))
    return drafted


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?", ".)", ".”", '."')) else text.rstrip(" ,;:") + "."


def _cite(unit: Unit, passages: Sequence[Passage]) -> Citation:
    passage = passages[unit.passage]
    return Citation(unit.passage, unit.quote, passage.title, passage.url, passage.section, passage.changed_at)
