"""What people attach to a question (rule 7): what of it joins the search, and what is said of what was not read. Pure.

It tells what is meant, as a question does, but it is not the asker's word: no figure in it counts as known (grounding
is given the question alone), and none of it is quoted or stored.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.languages import is_english
from bot.desk.model import Attachment, Passage, Question
from bot.desk.words import codes, content_words, flat, has_code

MOST_TEXT = 12_000  # characters of a message's files that a writer is given
CONDENSED = 240  # and of them that join the search: an embedding of much more is about nothing
NOT_READ = "I couldn't read what you sent. Tell me in words what you need, and I'll look in the documents."
NOT_SEEN = "I didn't look at the pictures, because only the model can."
_NAME = 60
_LINE = 120

# What makes a line of a log another each time, and says nothing about the trouble.
_NOISE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?:0x)?[0-9a-f]{12,}\b|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?"
    r"|\w+://\S+|\S+@\S+",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:this|that|these|those|it|its|they|them|here|above|below|attach\w*|files?|logs?|screenshots?|pictures?|photos?"
    r"|images?|pdf|documents?|receipts?|invoices?|outputs?|traces?|messages?|errors?)\b",
    re.IGNORECASE,
)
_FEW = 2  # content words
_TROUBLE = re.compile(
    r"\b(?:errors?|fail\w*|exceptions?|fatal|critical|invalid|denied|refused|reject\w*|time(?:d[ -])?out|timeouts?"
    r"|cannot|can't|unable|missing|not found|expired|unsupported|crash\w*|code|status|warn\w*)\b",
    re.IGNORECASE,
)


def within_budget(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Texts cut to what a writer is given of them all; what a short one leaves is the others'."""
    left, kept = MOST_TEXT, dict[int, Attachment]()
    by_length = sorted(range(len(attachments)), key=lambda at: len(attachments[at].text))
    for done, at in enumerate(by_length):
        one, share = attachments[at], left // (len(by_length) - done)
        kept[at] = replace(one, text=one.text[:share], cut=one.cut or len(one.text) > share)
        left -= len(kept[at].text)
    return tuple(kept[at] for at in range(len(attachments)))


def to_read(question: Question, limit: int) -> bool:
    """Whether something was attached that tells what is meant, beside words that are not too many."""
    return len(question.text) <= limit and any(one.text or one.data for one in question.attachments)


def _needs(asked: str) -> bool:
    """Whether a question says only together with its files what it is about; else they could but lead away from it."""
    return len(content_words(asked)) <= _FEW or _POINTS.search(asked) is not None


def searched_with(searched: str, attachments: Sequence[Attachment]) -> str:
    """What is searched for: the question, and the lines of its files that say what it is about.

    Only their codes, where the question says that by itself, or where they are in another language: the question's is
    what counts.
    """
    told = _condensed(attachments)
    foreign = content_words(searched) and is_english(searched) and not is_english(told)
    if foreign or not _needs(searched):
        told = " ".join(sorted(codes(told)))
    return f"{searched} {told}".strip()


def told_with(asked: str, attachments: Sequence[Attachment], passages: Sequence[Passage]) -> str:
    """A question with those words of its files that the passages know; the others would only hide what it asks."""
    there = content_words(" ".join(one.whole for one in passages))
    said = content_words(asked)
    words = dict.fromkeys(re.findall(r"[\w$%.'-]*\w", _condensed(attachments)))
    if not _needs(asked):
        words = {word: None for word in words if codes(word)}
    known = [word for word in words if _is_known(word, there, passages) and not content_words(word) <= said]
    return " ".join([asked, *known]).strip()


def _is_known(word: str, there: frozenset[str], passages: Sequence[Passage]) -> bool:
    if named := codes(word):
        return any(has_code(one.whole, named) for one in passages)
    return bool(content_words(word)) and content_words(word) <= there


def _condensed(attachments: Sequence[Attachment]) -> str:
    """The lines that name codes and troubles; of a text without any, its beginning."""
    texts = [one.text for one in attachments if one.text]
    return " ".join(_told(text, CONDENSED // len(texts)) for text in texts).strip()


def _told(text: str, room: int) -> str:
    lines = list(dict.fromkeys(flat(_NOISE.sub(" ", line))[:_LINE] for line in text.split("\n")))
    lines = [line for line in lines if content_words(line)]
    weighed = [(bool(_TROUBLE.search(line)) + bool(codes(line)), -at) for at, line in enumerate(lines)]
    taken: list[int] = []
    for weight, at in sorted(weighed, reverse=True):
        if len(lines[-at]) <= room and (weight or not taken or not max(weighed)[0]):
            taken.append(-at)
            room -= len(lines[-at]) + 1
    return " ".join(lines[at] for at in sorted(taken))


def file_name(name: str) -> str:
    """A file's name as plain text: people choose it, and it may be a mention, a link or markup."""
    visible = "".join(char for char in flat(name) if unicodedata.category(char) not in ("Cf", "Cc"))
    bare = re.sub(r"\w+://|www\.", "", re.sub(r"[<>`*~\[\]|\\@“”\"]", "", visible)).strip()
    if len(bare) > _NAME:
        bare = f"{bare[: _NAME - 12]}…{bare[-11:]}"
    return bare or "a file without a name"


def names_of(attachments: Sequence[Attachment]) -> str:
    """As Markdown; in code, so that Slack makes no link of a name such as "example.com"."""
    return " and ".join(", ".join(f"`{file_name(one.name)}`" for one in attachments).rsplit(", ", 1))


def what_about(attachments: Sequence[Attachment]) -> str:
    """The question back about files that came without one and led to nothing."""
    read = [one for one in attachments if one.text or one.data]
    return f"I have read {names_of(read)}. What would you like to know about {'it' if len(read) == 1 else 'them'}?"


def unread(attachments: Sequence[Attachment]) -> str:
    """What of a message's files was not read, and why; plain text."""
    missing = [f"I couldn't read “{file_name(one.name)}”: {one.problem}" for one in attachments if one.problem]
    cut = [f"“{file_name(one.name)}” is long: I read only its beginning." for one in attachments if one.cut]
    return " ".join([*missing, *cut])
