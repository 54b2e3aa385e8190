"""What of an answer that somebody got alone may be shown to others (rule 6). Pure.

Of the documents all that it was made from must be readable there, or nothing is shown: a part of an answer would pass
for the whole. What it says of the asker's orders is theirs alone and is always left out.
"""

import re
from collections.abc import Mapping

from bot.desk.audience import OWNER, may_read
from bot.desk.model import ORDER_ID, Answer, AnswerRecord, Citation, Outcome, Readable

UNKNOWN_THERE = (
    "Nothing was shared: I can't see who can read this conversation right now. Please try again in a minute."
)
NOT_READABLE = (
    "Nothing was shared: this answer was made from documents that not everybody there may read. "
    "Mention me there, and I answer from what they may."
)
ONLY_ORDERS = "Nothing was shared: this answer is about your own orders, and that is for you alone."
NOTHING = "There is nothing to share: I found no answer."
_MARK = re.compile(r"\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\s?\[\d{1,3}\])+(?=\s*\Z)")


def to_share(record: AnswerRecord, there: Readable) -> Answer | str:
    """The answer for those who have the keywords `there`, or why there is none, for whoever wanted to share it."""
    answer = record.answer
    if answer.outcome is not Outcome.ANSWERED:
        return NOTHING
    documents = [one for one in record.passages if OWNER not in one.audience]
    if not all(may_read(one.audience, there.keywords) for one in documents):
        return NOT_READABLE if there.known else UNKNOWN_THERE
    if len(documents) == len(record.passages):
        shown = Answer(answer.outcome, answer.text, citations=answer.citations)
    else:
        shown = _without_orders(record)
    if not shown.text:
        return ONLY_ORDERS
    return Answer(
        shown.outcome, shown.text, citations=shown.citations, notice=answer.notice, answered_at=answer.created_at
    )


def _without_orders(record: AnswerRecord) -> Answer:
    """The sentences that rest on documents alone. One without a source may speak of the order, so it goes too."""
    numbers = {one.chunk_id.removeprefix(ORDER_ID) for one in record.passages if OWNER in one.audience}
    orders = {number for one in record.passages if OWNER in one.audience for number in one.cited}
    kept = [
        sentence
        for sentence in record.sentences
        if (cited := _cited(sentence))
        and not cited & orders
        and not any(number.lower() in sentence.lower() for number in numbers)
    ]
    new = {old: place for place, old in enumerate(sorted({one for text in kept for one in _cited(text)}), 1)}
    text = "".join(_renumbered(sentence, new) for sentence in kept).strip()
    return Answer(record.answer.outcome, text, citations=_of(record.answer.citations, new))


def _cited(sentence: str) -> set[int]:
    """The numbers of the marks that end it: brackets within it are its own."""
    ending = _MARKS.search(sentence)
    return {int(number) for number in _MARK.findall(ending[0])} if ending else set()


def _renumbered(sentence: str, new: Mapping[int, int]) -> str:
    return _MARKS.sub(lambda ending: _MARK.sub(lambda mark: f"[{new[int(mark[1])]}]", ending[0]), sentence)


def _of(citations: tuple[Citation, ...], new: Mapping[int, int]) -> tuple[Citation, ...]:
    return tuple(citations[old - 1] for old in new)
