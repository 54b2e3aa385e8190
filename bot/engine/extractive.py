"""The writer that needs no model: it quotes the sentences that answer best, word for word, with the same citations."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.desk.conversation import standalone
from bot.desk.errors import RetrievalUnavailable
from bot.desk.figures import figures
from bot.desk.model import Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn
from bot.desk.words import codes, content_words, has_code
from bot.engine.quotable import Unit, units_of
from bot.engine.synthesizer import Draft
from ingest.index.contract import IndexUnavailable

NAME = "extractive"
NOTICE = "I quote the documents because no model is configured."
MOST = 4  # sentences
ROOM = 480  # characters; a phone's screen
COMPARED = 16  # units whose meaning is compared with the question: each costs about 3 ms
ENOUGH = 0.36  # the least score of a sentence that may stand first
NEAR_BEST = 0.86  # share of the best score that another sentence needs
_WANTS_FIGURE = re.compile(
    r"\bhow (?:much|many|long|big|heavy|far|often|late|soon)\b|\bwhen\b|\bprice|\bcosts?\b|\bfees?\b", re.I
)

Similarity = Callable[[str, Sequence[str]], list[float]]


@dataclass(slots=True)
class Scored:
    unit: Unit
    lexical: float
    similarity: float = 0.0
    score: float = field(default=0.0)


class ExtractiveWriter:
    """`similarity` compares a question with texts; it blocks, so it is called in a thread."""

    def __init__(self, similarity: Similarity) -> None:
        self._similarity = similarity

    async def write(
        self, question: str, passages: Sequence[Passage], prompt: Prompt | None, turns: Sequence[Turn]
    ) -> Draft:
        """One to four quotes, the best first; none when nothing fits."""
        asked = standalone(question, turns)
        for sentence in await self._quotes(asked, passages):
            yield sentence
        yield DraftEnd(model=NAME, cost_usd=0.0, notice=NOTICE)

    async def _quotes(self, asked: str, passages: Sequence[Passage]) -> list[DraftSentence]:
        named = codes(asked)
        candidates = [unit for at, passage in enumerate(passages) for unit in units_of(at, passage)]
        if named and not any(has_code(f"{one.title} {one.section} {one.text}", named) for one in passages):
            return []  # it names something that no passage knows
        ranked = _by_words(asked, candidates, passages)[:COMPARED]
        try:
            close = await asyncio.to_thread(self._similarity, asked, [one.unit.meaning for one in ranked])
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the question could not be compared with the passages: {error}") from error
        for one, similarity in zip(ranked, close, strict=True):
            one.similarity = similarity
            one.score = _score(one, asked, passages)
        return _drafted(_chosen(ranked), passages)


def _by_words(asked: str, units: Sequence[Unit], passages: Sequence[Passage]) -> list[Scored]:
    """Units by the share of the question's words that they hold, rare words counting more; headings count half."""
    words = content_words(asked)
    seen = Counter(word for unit in units for word in unit.words & words)
    weight = {word: math.log(1 + len(units) / (1 + seen[word])) for word in words}
    total = sum(weight.values()) or 1.0

    def lexical(unit: Unit) -> float:
        around = unit.context - unit.words
        return sum(weight[word] * ((word in unit.words) + 0.5 * (word in around)) for word in words) / total

    scored = [Scored(unit, lexical(unit)) for unit in units]
    return sorted(scored, key=lambda one: -one.lexical + 0.03 * one.unit.passage)


def _score(one: Scored, asked: str, passages: Sequence[Passage]) -> float:
    score = 0.6 * one.similarity + 0.4 * one.lexical - 0.015 * one.unit.passage
    if _WANTS_FIGURE.search(asked) and figures(one.unit.text):
        score += 0.06
    return score


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
