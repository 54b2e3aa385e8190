"""The writer that needs no model: it quotes the sentences that answer best, word for word, with the same citations."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.desk.asking import focus, questions_in
from bot.desk.attachments import told_with
from bot.desk.conversation import replaced, standalone
from bot.desk.errors import RetrievalUnavailable
from bot.desk.figures import figures
from bot.desk.model import Attachment, Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn
from bot.desk.orders import order_sentences
from bot.desk.places import countries, without_places
from bot.desk.ports import OrderTools
from bot.desk.spelling import respelled, unheard_of
from bot.desk.synonyms import concepts, plainly
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
SURE = 0.75  # of a sentence that is about what is asked without a doubt
ENOUGH = 0.42  # the least score of a sentence that may stand first
NEAR_BEST = 0.88  # share of the best score that another sentence needs
ELSEWHERE = 0.95  # and one of another passage
ALIKE = 0.85  # share of the best score that the same rule for another country has
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
    r"^updated\b|\bversion [\d.]+, (?:\w+ )?\d{4}|\bsuperseded\b"
    r"|\breviewed (?:in |on )?(?:\w+ )?\d|\bkept for reference|^(?:version|v)\b|\bv\d[\d.]*, effective"
    r"|\bthis (?:document|page|policy|leaflet|text|card)\b|\blast (?:changed|updated|reviewed)",
    re.IGNORECASE,
)
_COMPATIBLE = re.compile(r"\b(?:works?|compatib|fits?|supports?|connect|use|plug|run|pair)", re.IGNORECASE)
_MEASURED = re.compile(r"\b(?:how many|in) ((?:business |working )?[a-z]+)\b(?! of\b)", re.IGNORECASE)
_YEAR = re.compile(r"\b20\d\d\b")
_YES_NO = re.compile(
    r"(?:.*[.!,] )?(?:and |but |so )?(?:is|are|do|does|did|can|could|may|will|would|should|has|have|am)\b",
    re.IGNORECASE,
)
_DECIDES = re.compile(r"(?:yes|no|not)\b[.,;:!]?", re.IGNORECASE)
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
    """`compare` compares a question with texts, `knows` tells whether a word is spelt as it should be; both block, so
    they are called in a thread."""

    def __init__(self, compare: Similarity, knows: Callable[[str], bool]) -> None:
        self._compare = compare
        self._knows = knows

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt | None,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> Draft:
        """What is known of the asker's orders, then one to four quotes for each thing asked, the best first; none
        when nothing fits."""
        for sentence in order_sentences(passages):
            yield sentence
        if passages and all(passage.kind == "order" for passage in passages):
            yield DraftEnd(model=NAME, cost_usd=0.0)
            return
        asked = told_with(_without_references(standalone(question, turns)), attachments, passages)
        try:
            for sentence in await asyncio.to_thread(self._answers, asked, question, passages, turns):
                yield sentence
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the question could not be compared with the passages: {error}") from error
        yield DraftEnd(model=NAME, cost_usd=0.0, notice=NOTICE)

    def _answers(
        self, asked: str, question: str, passages: Sequence[Passage], turns: Sequence[Turn]
    ) -> list[DraftSentence]:
        """What is only about what the thread was about before the question named something else is not quoted."""
        documents = [(at, passage) for at, passage in enumerate(passages) if passage.kind == "document"]
        asked = respelled(asked, (f"{one.title} {one.section} {one.text}" for _, one in documents), self._knows)
        old, new = replaced(question, turns), content_words(question)
        units = [unit for at, passage in documents for unit in units_of(at, passage)]
        units = [unit for unit in units if not (unit.words | unit.context) & old or (unit.words | unit.context) & new]
        parts = questions_in(asked)
        chosen: list[Unit] = []
        for part in parts:
            ranked = self._ranked(part, units, passages, COMPARED // len(parts))
            if len(parts) == 1 and (differing := _countries_differ(part, ranked)):
                return [DraftSentence(f"Which country is it about: {', '.join(differing[:-1])} or {differing[-1]}?")]
            chosen += [unit for unit in _chosen(ranked, concepts(part), ROOM // len(parts)) if unit not in chosen]
        return _drafted(chosen, passages)

    def _ranked(self, asked: str, units: Sequence[Unit], passages: Sequence[Passage], most: int) -> list[Scored]:
        texts = [f"{one.title} {one.section} {one.text}" for one in passages if one.kind == "document"]
        named = codes(asked)
        if not (named or content_words(asked)):
            return []
        if (named and not any(has_code(text, named) for text in texts)) or unheard_of(asked, texts):
            return []  # it names something that no passage knows
        ranked = _by_words(asked, units)[:most]
        close = self._compare(plainly(without_places(focus(asked))), [one.unit.meaning for one in ranked])
        best: dict[int, float] = {}
        for one, similarity in zip(ranked, close, strict=True):
            one.similarity = similarity
            best[one.unit.passage] = max(similarity, best.get(one.unit.passage, similarity))
        documents = Counter(passage.document_id for passage in passages)
        for one in ranked:
            passage = passages[one.unit.passage]
            around = _Around(passage, best[one.unit.passage], documents[passage.document_id] / len(passages))
            one.score = _score(one, asked, around)
        ranked.sort(key=lambda one: -one.score)
        measures = _measures(asked)
        return [] if measures and ranked and not _states(ranked[0].unit, measures) else ranked


def _countries_differ(asked: str, ranked: Sequence[Scored]) -> list[str]:
    """The countries whose rules the best sentences state one by one, where the question names none."""
    if not ranked or ranked[0].score < SURE or countries(asked):
        return []
    found: set[str] = set()
    for one in ranked:
        named = countries(one.unit.text) or countries(one.unit.heading)
        if one.score < ALIKE * ranked[0].score or not named:
            break
        if one.unit.heading.split(" > ")[0] != ranked[0].unit.heading.split(" > ")[0]:
            continue
        found |= named
    return sorted(found) if len(found) > 1 else []


def _by_words(asked: str, units: Sequence[Unit]) -> list[Scored]:
    """Units by the share of the question's words that they or their headings hold, rare words counting more.

    A code says which product is meant, and that is a matter of the passage: it does not count here.
    """
    words = concepts(without_codes(without_places(asked)))
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


@dataclass(frozen=True, slots=True)
class _Around:
    """The passage of a unit, how near its nearest unit is, and its document's share of the passages."""

    passage: Passage
    nearest: float
    share: float


def _score(one: Scored, asked: str, around: _Around) -> float:
    return sum(WEIGHTS[name] * value for name, value in _features(one, asked, around).items())


# What each feature of a unit counts; chosen by hand, on the open part of three desks' golden sets.
WEIGHTS = {
    "unit": 0.45, "near": 0.25, "words": 0.3, "first": 0.05, "second": 0.025, "figure": 0.08, "step": 0.05,
    "fragment": -0.10, "label": -0.15, "itself": -0.15, "superseded": -0.15, "dated": -0.05,
    "passage": 0.15, "document": 0.15,
    "measure": -0.3, "yes": 0.03, "here": 0.10, "elsewhere": -0.25,
    "about": 0.20, "unnamed": -0.10, "fits": 0.20, "misfits": -0.15,
}  # fmt: skip


def _features(one: Scored, asked: str, around: _Around) -> dict[str, float]:
    """What speaks for a unit, and against it, by name."""
    passage = around.passage
    unit, named = one.unit, codes(asked)
    about = has_code(f"{passage.title}\n{passage.section}\n{passage.text[:SUBJECT]}", named)
    listed = has_code(unit.text, named)
    fit = bool(named and _COMPATIBLE.search(asked))
    here, there = countries(asked), countries(unit.text) or countries(unit.heading)
    return {
        "unit": one.similarity,
        "near": UNKNOWN if passage.similarity is None else passage.similarity,
        "words": one.lexical,
        "first": unit.order == 0,
        "second": unit.order == 1,
        "figure": _states(unit, _wanted(asked)),
        "step": bool(_HOW_TO.search(asked) and _STEP.match(unit.text)),
        "fragment": unit.text[:1].islower() and not unit.lead,
        "label": _is_a_label(unit, asked),
        "itself": bool(_ABOUT_ITSELF.search(unit.text)),
        "superseded": passage.superseded and not about_the_past(asked),
        "dated": not about_the_past(asked) and _of_an_earlier_year(passage.title),
        "passage": around.nearest,
        "document": around.share,
        "measure": bool(measures := _measures(asked)) and not _states(unit, measures),
        "yes": bool(_YES_NO.match(asked) and _DECIDES.match(unit.text)),
        "here": bool(here & there),
        "elsewhere": bool(here and there and not here & there),
        "about": about,
        "unnamed": bool(named) and not (about or listed),
        "fits": fit and listed,
        "misfits": fit and not listed and "compatible" in unit.text[:20],
    }


def _of_an_earlier_year(title: str) -> bool:
    return any(int(year) < datetime.now(UTC).year for year in _YEAR.findall(title))


def _is_a_label(unit: Unit, asked: str) -> bool:
    """It says no more than its heading, or hardly a word."""
    said = concepts(unit.text.split(": ", 1)[-1]) if unit.lead else unit.words
    return said <= unit.context or (len(unit.words) < 2 and not _states(unit, _wanted(asked)))


def _wanted(asked: str) -> frozenset[str]:
    return frozenset().union(*(units for pattern, units in _WANTED if pattern.search(asked)))


def _measures(asked: str) -> frozenset[str]:
    """The unit that a question asks for by its name: "how many minutes", "in decibels"."""
    named = _MEASURED.search(asked)
    if named is None:
        return frozenset()
    units = frozenset(figure.unit for figure in figures(f"2 {named[1]}")) - {""}
    return units | {"business day", "month", "date"} if units & {"day", "month"} else units


def _states(unit: Unit, wanted: frozenset[str]) -> bool:
    return bool(wanted) and any(figure.unit in wanted for figure in figures(unit.text))


def _without_references(asked: str) -> str:
    return _REFERENCE.sub(" ", asked)


def _chosen(ranked: Sequence[Scored], wanted: frozenset[str], room: int) -> list[Unit]:
    """The best, and what adds to it; of another passage only what says more of what is asked."""
    if not ranked or ranked[0].score < ENOUGH:
        return []
    best = ranked[0]
    chosen: list[Unit] = []
    open_ = wanted
    for one in ranked:
        if one.score < NEAR_BEST * best.score or len(chosen) == MOST:
            break
        unit, said = one.unit, one.unit.words | one.unit.context
        if unit.passage != best.unit.passage and one.score < ELSEWHERE * best.score:
            continue
        if (
            chosen
            and not open_ & (unit.words if unit.lead else said)
            and (unit.lead or unit.passage != best.unit.passage)
        ):
            continue
        if chosen and (len(unit.text) > room or _repeats(unit, chosen)):
            continue
        chosen.append(unit)
        open_ -= said
        room -= len(unit.text)
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
