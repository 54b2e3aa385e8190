"""What of a thread is used: the turns that fit the budget, and a follow-up as a question that stands alone. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.asking import asks
from bot.desk.courtesy import wants_human
from bot.desk.light_words import weighty
from bot.desk.model import Turn
from bot.desk.number_words import NUMBER
from bot.desk.words import codes, content_words, flat, without_codes

_MARKS = re.compile(r"\s?\[\d{1,3}\]")
_ELLIPSIS = re.compile(
    r"(?:(?:ok(?:ay)?|thanks|thank you|great|so|hm+|yes|no)[,. ]+)*(?:and|or|but|also|plus|what|how|same)?[, ]*"
    r"(?:(?:what|how) about|what if|how if|about|and|for|with|if|in|to|on|at|by|without|only|even|not|also)\b.*",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:it|its|it's|they|them|their|theirs|that|those|this|these|ones?|there|he|she|him|her|the same|the other|then"
    r"|either|both|neither|the (?:first|second|third|last|latter|former)(?: one)?)\b",
    re.IGNORECASE,
)
_BARE_QUESTION = re.compile(
    r"(?:why|how|how so|when|where|how much|how long|how many|which|which one|who|really|and)(?: not)?"
)
_HOW_MANY_OF_IT = re.compile(  # of what, was said before
    r"(?:(?:and|so|ok(?:ay)?|but)[, ]+)?how many (?:can|could|may|do|does|did|is|are|will|would|should|must|have|has)"
    r"\b.*",
    re.IGNORECASE,
)
_POINTS_WITHIN = re.compile(
    r"\b(?:so|such|if|know|sure|say|says|think|(?<=\w )is|means?|in case|so) that\b|\bthis (?:week|month|year)\b",
    re.IGNORECASE,
)
_MENTION = re.compile(r"^\s*@[\w.-]+[,:]?\s+")
_OTHER = re.compile(  # a follow-up that names something else: the preposition, and what it names
    r"(?:(?:ok(?:ay)?|thanks|thank you|great|so|hm+|yes|no)[,. ]+)*"
    r"(?:(?:and |but |or )?(?:what|how) about|and|or|but|same|also|about|(?=(?:for|in|to|from|at|on|by)\b))[, ]*"
    r"(?:(?P<where>for|in|to|from|at|on|by)\b)?[, ]*"
    r"(?!(?:if|when|what|how|where|why|who|which|do|does|can|is|are)\b)(?P<what>.+)",
    re.IGNORECASE,
)
# What is asked about a thing, and the state that it is in; not the thing.
_ASPECTS = content_words(
    "return exchange refund cost price fee charge pay ship shipping delivery deliver pickup warranty guarantee"
    " insurance cover repair fix replace take long last day week month year hour work compatible support buy"
    " order cancel open opened used new broken damaged defective receipt policy time stock available sell"
    " restocking deposit discount need bring send back keep weigh size big large heavy deductible limit"
    " deadline expire box packaging mail store still ok allow accept late early included different apply happen"
    " mean know help use make"
)
_FEW = 2  # content words: a question with no more is short
_TOLD = 5  # and of what asks nothing, words that an answer has to speak of
_FILLER = re.compile(r"\b(?:hm+|uh|um|well|though|tho|actually|btw)\b[,.]?", re.IGNORECASE)
_COUNTED = re.compile(rf"\b(?:{NUMBER}|\d+)\b", re.IGNORECASE)


def fit(turns: Sequence[Turn], max_turns: int, max_chars: int) -> tuple[Turn, ...]:
    """The latest turns within the budget, oldest first, beginning with the asker's; citation marks are taken out."""
    kept: list[Turn] = []
    for turn in reversed(turns[-max_turns:]):
        text = _MARKS.sub("", turn.text).strip() if turn.role == "desk" else turn.text.strip()
        max_chars -= len(text)
        if max_chars < 0:
            break
        if text:
            kept.append(replace(turn, text=text))
    while kept and kept[-1].role != "asker":
        kept.pop()
    return tuple(reversed(kept))


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """A follow-up together with what it follows: "and for headphones?" after "How long can I return a laptop?".

    A question that says by itself what it is about comes back as it is.
    """
    asked = _asked(turns)
    question = _MENTION.sub("", question)
    root = _root(asked)
    if root is None or not _follows(question):
        return question.strip()
    context = [root]
    if not _ELLIPSIS.fullmatch(flat(question)) and asked[-1] != root:
        context.append(asked[-1])
    said, other = content_words(question), bool(codes(question))
    words = [word for text in context for word in _surface(text) if not content_words(word) <= said]
    words = [word for word in words if not (other and codes(word))]  # another product takes the place of the first
    old = replaced(question, turns)
    words = [word for word in words if not content_words(word) & old]
    return " ".join([question.strip(), *dict.fromkeys(words)])


def followed(question: str, turns: Sequence[Turn]) -> str:
    """The question of the thread that this one goes on from, as it was written; "": it stands alone."""
    bare = _MENTION.sub("", question)
    if not (_follows(bare) or is_elliptic(bare)):
        return ""
    return _MENTION.sub("", _root(_asked(turns)) or "").strip()


def is_elliptic(text: str) -> bool:
    """Whether it begins as what goes on from something: "and for ...", "what about ..."."""
    return _ELLIPSIS.fullmatch(flat(text)) is not None


def _asked(turns: Sequence[Turn]) -> list[str]:
    """A call for a human is none of what a thread is about."""
    said = (turn.text for turn in turns if turn.role == "asker")
    return [text for text in said if content_words(text) and not wants_human(text)]


def _root(asked: Sequence[str]) -> str | None:
    return next((text for text in reversed(asked) if not _follows(text)), asked[0] if asked else None)


def replaced(question: str, turns: Sequence[Turn]) -> frozenset[str]:
    """The stems of what a thread was about, where the question puts something else in its place; else empty."""
    new, where = _named(question)
    asked = _asked(turns)
    root = _root(asked)
    if not new or root is None or not _follows(question):
        return frozenset()
    if new == content_words(" ".join(_COUNTED.findall(question))):
        return content_words(" ".join(_COUNTED.findall(root))) - new  # "and for three?": another number of the same
    subjects = [_subject(root, where)]
    for text in asked[len(asked) - asked[::-1].index(root) :]:
        said, there = _named(text)
        subjects += [said] if there == where else []
    return frozenset().union(*subjects) - new


def _named(question: str) -> tuple[frozenset[str], str]:
    """What else a follow-up names, and the preposition that places it ("" for a thing)."""
    match = _OTHER.fullmatch(flat(_MENTION.sub("", question)).strip(" ?!."))
    if match is None or _POINTING.search(match["what"]):
        return frozenset(), ""
    where = (match["where"] or "for").lower()
    return content_words(match["what"]) - _ASPECTS, "" if where == "for" else where


def _subject(text: str, where: str) -> frozenset[str]:
    """The words of the thing that a question is about: what stands after "for", "of" or "on", else its last thing."""
    places = re.split(rf"\b(?:{where or 'for|of|on'})\b", flat(text), flags=re.IGNORECASE)
    if where and len(places) < 2:
        return frozenset()
    for part in reversed(places):
        run: list[str] = []
        for word in reversed(re.findall(r"[\w'-]+", part)):
            if content_words(word) - _ASPECTS:
                run.append(word)
            elif run:
                break
        if run:
            return content_words(" ".join(run))
        if where:
            break
    return frozenset()


def _follows(text: str) -> bool:
    """Whether a text, in a running thread, needs what was said before it."""
    plain = flat(_FILLER.sub(" ", _MENTION.sub("", text))).strip(" ?!.")
    words = content_words(without_codes(plain))
    if codes(plain):
        return not words and bool(_ELLIPSIS.fullmatch(plain))
    if _BARE_QUESTION.fullmatch(plain.lower()) or len(words) <= 1:
        return True
    if _ELLIPSIS.fullmatch(plain) and len(words) <= 3:
        return True
    if _HOW_MANY_OF_IT.fullmatch(plain):
        return True
    if _POINTING.search(_POINTS_WITHIN.sub(" ", plain)) and len(words) <= 4:
        return True
    if not asks(text):
        return len(weighty(plain)) <= _TOLD
    return len(words) <= _FEW and len(plain.split()) <= 5


def _surface(text: str) -> list[str]:
    """The words that carry a text's meaning, as they were written."""
    return [word for word in re.findall(r"[\w$%.'-]*\w", flat(text)) if content_words(word)]
