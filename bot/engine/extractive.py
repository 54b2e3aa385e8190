"""The writer that needs no model: it quotes the sentences that answer best, word for word, with the same citations."""

import asyncio
import re
from collections.abc import Callable, Sequence
from itertools import combinations

from bot.desk.abstention import plain
from bot.desk.asking import left_out, questions_in
from bot.desk.attachments import told_with
from bot.desk.commands import without_commands
from bot.desk.conversation import replaced, standalone
from bot.desk.errors import RetrievalUnavailable
from bot.desk.figures import figures
from bot.desk.light_words import weighty
from bot.desk.model import Attachment, DraftEnd, DraftSentence, Passage, Prompt, Turn
from bot.desk.order_numbers import asks_status
from bot.desk.orders import order_sentences
from bot.desk.past import about_the_past
from bot.desk.places import countries
from bot.desk.ports import OrderTools
from bot.desk.spelling import respelled, unheard_of
from bot.desk.synonyms import plainly
from bot.desk.words import codes, content_words, has_code
from bot.engine.drafting import drafted
from bot.engine.quotable import Unit, about_itself, units_of
from bot.engine.ranking import NOTHING, Compare, Ranked, Ranking, measures, rank, states
from bot.engine.synthesizer import Draft
from ingest.index.contract import IndexUnavailable

NAME = "extractive"
NOTICE = "I quote the documents because no model is configured."
MOST = 3  # sentences
ROOM = 480  # characters; a phone's screen
LEAST_SURE = 0.22  # of an answer, as the ranking puts it; chosen on the open part of three desks' golden sets
SURE_BESIDE = 0.35  # and of one beside a surer answer: what is missing is told
# How far below the best score another sentence of its document may be: two in three times the best one answers alone,
# and one more sentence is read sooner than asked for (chosen on the questions of ops/evaluation/training/quotes.jsonl).
NEAR = 1.5
ELSEWHERE = 0.3  # and one of another document
ALIKE = 1.6  # and the same rule for another country, and the first one with the measure that is asked for
_NAMED = 100  # characters of a question that is named
_REFERENCE = re.compile(
    r"\b[A-Z]{1,4}-?\d{5,}\b", re.IGNORECASE
)  # somebody's own order: in no document but as an example

_AS_THE_ASKER = re.compile(r"(?:I|I'm|I've|My)\b")  # "I forgot to ask." heads an answer, and is none
_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9-]*")
_ASKS_FOR_CODE = re.compile(r"\b(?:ids?|skus?|codes?|numbers?|models?|identif\w+)\b", re.IGNORECASE)
_OF_DOCUMENTS = re.compile(
    r"\b(?:version|reviewed|updated|revised|effective|in force|valid|take effect|owns?|owner|up to date)\b",
    re.IGNORECASE,
)


class ExtractiveWriter:
    """`compare` holds a question against texts, `knows` tells whether a word is spelt as it should be; both block, so
    they are called in a thread."""

    def __init__(self, compare: Compare, knows: Callable[[str], bool]) -> None:
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
        bare = without_commands(question)
        asked = told_with(_without_references(standalone(bare, turns) if bare else ""), attachments, passages)
        try:
            said, unanswered = await asyncio.to_thread(self._answers, asked, question, passages, turns)
        except IndexUnavailable as error:
            raise RetrievalUnavailable(f"the question could not be compared with the passages: {error}") from error
        for sentence in said:
            yield sentence
        yield DraftEnd(model=NAME, cost_usd=0.0, notice=" ".join([NOTICE, *unanswered]))

    def _answers(
        self, asked: str, question: str, passages: Sequence[Passage], turns: Sequence[Turn]
    ) -> tuple[list[DraftSentence], list[str]]:
        """What is said, and what is to be told of the questions that it does not answer."""
        parts, units = self.parts(asked, question, passages, turns)
        chosen: list[Unit] = []
        missed: list[str] = []
        rankings = [self._ranked(part, units, passages) for part in parts]
        surest = max(one.sure for one in rankings)
        for part, ranking in zip(parts, rankings, strict=True):
            ranked = ranking.units if ranking.sure >= min(SURE_BESIDE, surest) else []
            if len(parts) == 1 and (differing := _countries_differ(part, ranked, units)):
                which = f"Is it about {', '.join(differing[:-1])} or {differing[-1]}?"
                return [DraftSentence(which)], []
            left = [one for one in ranked if one.unit not in chosen]
            if left and left[0].score >= ranked[0].score - ELSEWHERE:  # else what was said for another part answers it
                chosen += _chosen(left, passages, weighty(part), ROOM // len(parts))
            missed += [] if ranked else [part]
        if not chosen or any(passage.kind == "order" for passage in passages):
            missed.clear()  # nothing is answered, and that is told; or what is known of an order may be the answer
        return drafted(chosen, units, passages, " ".join(parts)), _unanswered(missed, left_out(asked))

    def parts(
        self, asked: str, question: str, passages: Sequence[Passage], turns: Sequence[Turn]
    ) -> tuple[tuple[str, ...], list[Unit]]:
        """What is asked, one thing at a time, and what may be quoted. What is only about what the thread was about
        before the question named something else is not quoted."""
        documents = [(at, passage) for at, passage in enumerate(passages) if passage.kind == "document"]
        asked = respelled(asked, (one.whole for _, one in documents), self._knows)
        old, new = replaced(question, turns), content_words(question)
        units = [unit for at, passage in documents for unit in units_of(at, passage)]
        parts = questions_in(asked)
        if any(passage.kind == "order" for passage in passages):  # which have told how they stand
            parts = tuple(part for part in parts if not asks_status(part)) or parts
        return parts, [
            unit for unit in units if not (unit.words | unit.context) & old or (unit.words | unit.context) & new
        ]

    def _ranked(self, asked: str, units: Sequence[Unit], passages: Sequence[Passage]) -> Ranking:
        texts = [one.whole for one in passages if one.kind == "document"]
        named = codes(asked)
        if not (named or content_words(asked)):
            return NOTHING
        if (named and not any(has_code(text, named) for text in texts)) or unheard_of(plainly(asked), texts):
            return NOTHING  # it names something that no passage knows
        ranking = rank(asked, units, passages, self._compare)
        if ranking.sure < LEAST_SURE:
            return NOTHING
        ranked = ranking.units if about_the_past(asked) else _in_force(ranking.units, passages)
        ranked = [one for one in ranked if _may_answer(asked, one.unit)]
        wanted = measures(asked)  # "how many minutes": what states none of them does not answer
        if wanted and ranked:
            least = ranked[0].score - ALIKE
            ranked = [one for one in ranked if one.score >= least and states(one.unit, wanted)]
        return Ranking(ranked, ranking.sure)


def _may_answer(asked: str, unit: Unit) -> bool:
    """Not what the asker says in an FAQ; which record it is, or what the document is, only where that is asked."""
    if _AS_THE_ASKER.match(unit.text):
        return False
    if unit.lead and _CODE.fullmatch(unit.text.rpartition(": ")[2]):
        return bool(_ASKS_FOR_CODE.search(asked))
    return bool(_OF_DOCUMENTS.search(asked)) or not about_itself(unit)


def _in_force(ranked: list[Ranked], passages: Sequence[Passage]) -> list[Ranked]:
    """Without what is superseded, where what is in force answers about as well."""
    current = [one for one in ranked if not passages[one.unit.passage].superseded]
    return current if current and current[0].score >= ranked[0].score - NEAR else ranked


def _countries_differ(asked: str, ranked: Sequence[Ranked], units: Sequence[Unit]) -> list[str]:
    """Where the question names no country, and the best sentences state other rules for each: all the countries of
    their tables or sections. One sentence that names several answers for them all."""
    alike: list[Unit] = []
    for one in ranked:
        if countries(asked) or one.score < ranked[0].score - ALIKE or not _countries(one.unit):
            break
        alike.append(one.unit)
    if not any(_differ(one, other) for one, other in combinations(alike, 2)):
        return []
    rules = {_rules(unit) for unit in alike}
    return sorted(frozenset().union(*(_countries(unit) for unit in units if _rules(unit) in rules)))


def _countries(unit: Unit) -> frozenset[str]:
    return countries(unit.text) or countries(unit.heading)


def _differ(one: Unit, other: Unit) -> bool:
    stated = [frozenset(figure.same for figure in figures(unit.text)) for unit in (one, other)]
    return _countries(one).isdisjoint(_countries(other)) and not (stated[0] and stated[0] == stated[1])


def _rules(unit: Unit) -> tuple[str, str]:
    """The document and the section, of which each country's own may be a part."""
    title, _, section = unit.heading.partition(" > ")
    *parents, last = section.split(" > ")
    return title, " > ".join(parents if countries(last) else (*parents, last))


def _unanswered(missed: Sequence[str], left: Sequence[str]) -> list[str]:
    found, asked = (" and ".join(f"“{plain(one, _NAMED)}”" for one in some) for some in (missed, left))
    return [f"I found no answer to {found}."] * bool(found) + [f"Please ask me {asked} once more."] * bool(asked)


def _without_references(asked: str) -> str:
    return _REFERENCE.sub(" ", asked)


def _chosen(ranked: Sequence[Ranked], passages: Sequence[Passage], wanted: frozenset[str], room: int) -> list[Unit]:
    """The best, and what adds to it; of another passage only what says more of what is asked. Of a record that is
    named, and nothing asked of it, what it says."""
    if not ranked:
        return []
    best = ranked[0]
    own = passages[best.unit.passage].document_id
    chosen: list[Unit] = []
    open_ = wanted
    named = bool(best.unit.lead) and wanted <= best.unit.context
    for one in ranked:
        if one.score < best.score - NEAR or len(chosen) == MOST:
            break
        unit, said = one.unit, one.unit.words | one.unit.context
        if passages[unit.passage].document_id != own and one.score < best.score - ELSEWHERE:
            continue
        if (
            chosen
            and not (named and unit.passage == best.unit.passage)
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
