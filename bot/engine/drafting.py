"""Chosen units as sentences that can be read in a row, each with what it quotes. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.leads import spoken
from bot.desk.model import Citation, DraftSentence, Passage
from bot.desk.synonyms import concepts
from bot.engine.quotable import SAYS_SOMETHING, Unit

_SAME = 0.75  # of all words of two questions, those that both have
_ANSWER = re.compile(r"(?:yes|no)(?P<stop>[.!]?),?\s+(?=\S)", re.IGNORECASE)
_END = re.compile(r"[\s,;.:]+(?:(?:and|or)$)?$")  # of an item, where another follows it
_POINTS_BACK = re.compile(
    r"(?:(?:they|it|he|she|those|both|neither|otherwise|then)\b|(?:this|that|these) (?:is|are|was|were|has|have|can|may"
    r"|will|does|do|also|applies|apply|holds?|means?|takes?|costs?|includes?|must)\b)",
    re.IGNORECASE,
)


def drafted(
    chosen: Sequence[Unit], units: Sequence[Unit], passages: Sequence[Passage], asked: str
) -> list[DraftSentence]:
    """A sentence a unit, in the order of its passage; the lines of one record, or of one list, together under its name.
    `units`: all there are, for what stands before a sentence that points back."""
    drafts: list[DraftSentence] = []
    for passage, lead, under in dict.fromkeys((unit.passage, unit.lead, unit.under) for unit in chosen):
        own = (unit for unit in chosen if (unit.passage, unit.lead, unit.under) == (passage, lead, under))
        group = sorted(own, key=lambda unit: unit.order)
        if lead or under:
            said = "; ".join(_END.sub("", unit.text) for unit in group)
            drafts.append(_sentence(f"{spoken(under) if under else f'{lead}:'} {said}", group, passages))
        else:
            drafts += [_sentence(unit.text, [unit], passages) for unit in _readable(group, units, asked)]
    return drafts


def _readable(group: Sequence[Unit], units: Sequence[Unit], asked: str) -> list[Unit]:
    """Sentences of one passage, each that points back after the one that it points to, or with its heading."""
    shown: list[Unit] = []
    for unit in group:
        heading = unit.heading.rsplit(" > ", 1)[-1]
        before = _before(unit, units)
        if not _POINTS_BACK.match(unit.text) or (shown and before and shown[-1].quote == before.quote):
            shown.append(_as_answer(unit, heading, asked))
        elif heading.endswith("?"):
            shown.append(unit if _is_asked(heading, asked) else replace(unit, text=f"{heading} {unit.text}"))
        elif before is None or before.under or _POINTS_BACK.match(before.text):
            shown.append(replace(unit, text=f"{spoken(heading)} {unit.text}"))
        else:
            shown += [before, unit]
    return shown


def _before(unit: Unit, units: Sequence[Unit]) -> Unit | None:
    place = (unit.passage, unit.heading, unit.order - 1)
    return next((one for one in units if (one.passage, one.heading, one.order) == place), None)


def _as_answer(unit: Unit, heading: str, asked: str) -> Unit:
    """A yes or no answers the question that it stands under: where that is not the asker's, it is left out, or, where
    the rest would be no sentence, the question is said with it."""
    answer = _ANSWER.match(unit.text)
    if answer is None or not heading.endswith("?") or _is_asked(heading, asked):
        return unit
    rest = unit.text[answer.end() :]
    if answer["stop"] and len(rest.split()) >= SAYS_SOMETHING:
        return replace(unit, text=rest[0].upper() + rest[1:])
    return replace(unit, text=f"{heading} {unit.text}")


def _is_asked(heading: str, asked: str) -> bool:
    words, theirs = concepts(heading), concepts(asked)
    return words <= theirs or len(words & theirs) >= _SAME * len(words | theirs)


def _sentence(text: str, group: Sequence[Unit], passages: Sequence[Passage]) -> DraftSentence:
    return DraftSentence(f"{_closed(text)} ", tuple(cite for unit in group for cite in _cited(unit, passages)))


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?", ".)", ".”", '."')) else text.rstrip(" ,;:") + "."


def _cited(unit: Unit, passages: Sequence[Passage]) -> list[Citation]:
    """What it quotes, and the line of the passage that it stands under; a heading is not of the passage's text."""
    passage = passages[unit.passage]
    quotes = [quote for quote in (unit.under, unit.quote) if quote and quote in passage.text]
    return [
        Citation(unit.passage, quote, passage.title, passage.url, passage.section, passage.changed_at)
        for quote in quotes
    ]
