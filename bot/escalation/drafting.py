"""A question and its answer from a resolved thread, without personal data. Pure: by rules, or by what a model wrote."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.desk.conversation import followed
from bot.desk.courtesy import courtesy, wants_human
from bot.desk.human_path import DESK, TIMER, Escalation, Move, Transition
from bot.desk.learning import Draft, ReadThread, Said, Written
from bot.desk.model import Turn
from bot.redaction import Known, Redactor

LONGEST_QUESTION, LONGEST_ANSWER = 300, 2_900  # characters; a field of a modal holds 3,000
_MOST = 40  # messages that a model reads, the last ones
_HELPS = (Move.CLAIM, Move.REPLY, Move.WAIT, Move.HAND_OVER, Move.CLOSE)
_BEGUN = (Turn("asker", ""),)  # in a running conversation a short message is no riddle
_LEAST = 20  # characters of an answer that says something
_PUTS_OFF = re.compile(
    r"\b(?:let me|i'?ll|i will|we'?ll|we will|i'?m going to|going to|just)\b[^.!?\n]{0,20}\b(?:check|look"
    r"|find out|ask|see|get"
    r" back|come back|investigate)\b|\b(?:one moment|one sec|bear with|hold on|looking into|give me a (?:minute"
    r"|moment|sec))",
    re.IGNORECASE,
)
_BEGINS = re.compile(  # up to where the greeting ends: a question that follows without a stop is none of it
    r"\A\W*(?:(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|welcome back)\b(?: (?:there|all|team|again))*"
    r"(?:(?: [\w@'-]+){0,2} ?(?:\[name\]|[,.!:\n–]| -))?|(?:thanks|thank you|sorry)\b[^.!?,\n\[]{0,25}"
    r"(?:\[name\]|[,.!:\n–-]))[,.!: \n–-]*|\[name\][,:!\s]+)+",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\A\W*\[name\][,:!\s]+")  # whom a message is addressed to
_ENDS = re.compile(
    r"[\s,]*(?:\n|(?<=[.!?]) )\W*(?:(?:kind|best|warm|many)? ?(?:regards|wishes|thanks)|best|thanks|thank you|cheers"
    r"|sincerely|yours(?: \w+)?|all the best|(?:i )?hope (?:this|that) helps|let me know[^.!?\n]*"
    r"|any(?:thing)? else[^.!?\n]*)?"
    r"[,.!\s–-]*(?:\[name\])?[\s.!]*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread as what its asker and its agents said, without personal data."""

    lines: tuple[tuple[str, Said], ...]  # ("asker" or "agent", what they said)
    question: str  # as the desk was asked it
    known: Known
    redactor: Redactor

    @property
    def answers(self) -> Sequence[Said]:
        return [said for role, said in self.lines if role == "agent" and _says_something(said.text)]

    @property
    def for_model(self) -> Sequence[tuple[str, str]]:
        asked = (("asker", self.question),) if self.question else ()
        return (*asked, *((role, said.text) for role, said in self.lines[-_MOST:] if said.text != self.question))


def talk_of(escalation: Escalation, moves: Sequence[Transition], thread: ReadThread, redactor: Redactor) -> Talk:
    """What was written to the asker through the desk is among it. Others in the thread are left out: nobody knows
    whether they were right."""
    agents = {move.by for move in moves if move.move in _HELPS} | {move.owner for move in moves}
    agents -= {DESK, TIMER, escalation.asker, None}
    known = Known(thread.names)
    passed_on = [
        Said(move.by, move.text, move.at) for move in moves if move.move in (Move.REPLY, Move.WAIT) and move.text
    ]
    said = sorted((*thread.messages, *passed_on), key=lambda one: one.at)
    lines = tuple(
        ("asker" if one.user == escalation.asker else "agent", replace(one, text=redactor.redact(one.text, known)))
        for one in said
        if one.user == escalation.asker or one.user in agents
    )
    return Talk(lines, redactor.redact(escalation.question, known), known, redactor)


def by_rules(talk: Talk) -> Draft | None:
    """What was asked, and the last thing that an agent said about it. None: no agent said anything of use."""
    if not talk.answers:
        return None
    last = talk.answers[-1]
    question, answer = _tidy(_asked(talk), LONGEST_QUESTION), _tidy(last.text, LONGEST_ANSWER)
    return Draft(question, answer, last.user, last.at) if question and answer else None


def by_model(written: Written, talk: Talk) -> Draft | None:
    """As the model has put it. None: it is of no use, or states a number that nobody in the thread did."""
    ruled = by_rules(talk)
    if ruled is None or not (written.question.strip() and written.answer.strip()):
        return None
    said = _numbers([text for _, text in talk.for_model])
    if not _numbers([written.question, written.answer]) <= said:
        return None
    question = _cut(talk.redactor.redact(written.question.strip(), talk.known), LONGEST_QUESTION)
    answer = _cut(talk.redactor.redact(written.answer.strip(), talk.known), LONGEST_ANSWER)
    return replace(ruled, question=question, answer=answer, by_model=True)


def _asked(talk: Talk) -> str:
    """The question that the desk was asked; where that was only a call for a human, what the asker wrote besides."""
    if talk.question and not _is_courtesy(talk.question) and not wants_human(talk.question):
        return _standing_alone(talk)
    asked = [said.text for role, said in talk.lines if role == "asker" and _says_something(said.text, question=True)]
    return next((text for text in asked if "?" in text), asked[0] if asked else "")


def _standing_alone(talk: Talk) -> str:
    """A follow-up after the question that it goes on from, as its asker wrote both."""
    said = [said.text for role, said in talk.lines if role == "asker"]
    at = next((at for at, text in enumerate(said) if text.endswith(talk.question)), 0)
    earlier = followed(talk.question, [Turn("asker", _CALLED.sub("", text)) for text in said[:at]])
    if not earlier:
        return talk.question
    return f"{earlier}{'' if earlier.endswith(('?', '.', '!')) else '.'} {talk.question}"


def _says_something(text: str, *, question: bool = False) -> bool:
    plain = text.strip()
    if not re.search(r"\d", plain) and (len(plain) < _LEAST or _is_courtesy(plain)):
        return False
    if question:
        return not wants_human(plain)
    short = len(plain) < 120
    return not (short and (plain.endswith("?") or _PUTS_OFF.search(plain)))


def _is_courtesy(text: str) -> bool:
    return courtesy(text, len(text), _BEGUN) is not None


def _tidy(text: str, most: int) -> str:
    """Without how it greets and takes leave: the document is for nobody in particular."""
    plain = _ENDS.sub("", _BEGINS.sub("", text.strip(), count=1), count=1).strip() or text.strip()
    return _cut(plain[:1].upper() + plain[1:], most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _numbers(texts: Collection[str]) -> set[str]:
    return {number.rstrip(".,") for text in texts for number in re.findall(r"\d[\d.,]*", text)}


def must_say(answer: str) -> tuple[str, ...]:
    """What a right answer to the question says, whoever words it: the figures, or else how it begins."""
    figures = [one.strip() for one in re.findall(r"[$€£]? ?\d[\d.,]*\d|[$€£]? ?\d", answer)]
    if figures:
        return tuple(dict.fromkeys(figures))[:3]
    first = re.split(r"(?<=[.!?])\s", answer.strip(), maxsplit=1)[0].rstrip(".!?")
    return (" ".join(first.split()[:6]),)
