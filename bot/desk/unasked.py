"""Questions that nobody put to the desk: which of a channel's messages are some, and which answers are worth giving
unasked. Pure.

Whoever writes into a channel writes to its people. The desk may answer them, and then it has to be right: where it is
not sure it is silent, and only the inbox knows that it looked. How near a passage has to be is a setting
(answering.unasked_similarity), above the floor of what the desk is asked itself. On the ElectroMart demo the best
passage of 11 questions that it answers had 0.60 to 0.87, of 15 that colleagues ask each other 0.22 to 0.55.
"""

import re
from collections.abc import Sequence

from bot.desk.asking import asks
from bot.desk.courtesy import courtesy, wants_human
from bot.desk.model import Answer, Outcome, Passage
from bot.desk.words import codes, content_words, flat

_FEW = 2  # words with a meaning
_TO_PEOPLE = re.compile(
    r"\b(?:lunch|coffee|drinks|pizza|meeting|standup|stand-up|on call|on-call|out of office|day off today|weekend"
    r"|who(?:'s| is| wants| can| has time| is in)|you guys|are you (?:all|free|there|around|coming|ok(?:ay)?)"
    r"|how are you|what's up|what do you (?:all )?think|thoughts)\b",
    re.IGNORECASE,
)


def asks_everybody(text: str, limit: int) -> bool:
    """Whether a message at the root of a channel is a question that documents could answer."""
    if wants_human(text):
        return True
    if not asks(text) or courtesy(text, limit) is not None:
        return False
    words = content_words(text)
    return (len(words) >= _FEW or bool(codes(text))) and not asks_people(text)


def asks_people(text: str) -> bool:
    """Whether what is asked is what only those can say who are there."""
    return _TO_PEOPLE.search(flat(text)) is not None


def worth_saying(answer: Answer, sure: float, *, in_thread: bool = False) -> bool:
    """Whether an answer is given that nobody asked the desk for: it is cited and what it cites is near to the question,
    or it goes to the asker alone, or the asker called for a human. `in_thread`: among others, where a call that was not
    the desk's to hear is one to them."""
    if answer.outcome is Outcome.ESCALATED:
        return not in_thread
    if answer.private:
        return True
    cited = [answer.passages[one.passage] for one in answer.citations]
    return answer.outcome is Outcome.ANSWERED and close(cited, sure)


def close(passages: Sequence[Passage], sure: float) -> bool:
    """Whether one of them is surely about what was searched for: `sure` is the least cosine of the two."""
    return any(one.similarity is not None and one.similarity >= sure for one in passages)
