"""Who says that what the desk answered was wrong, or no help: words that are no question and no page settles. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.abstention import hand_over, offer
from bot.desk.asking import asks
from bot.desk.model import Answer, Desk, Outcome, Turn
from bot.desk.sentences import split_sentences
from bot.desk.words import flat

SORRY = "I'm sorry that I was no help."
WHAT_WAS_WRONG = "I'm sorry. Tell me what was wrong"
_LONGEST = 300  # characters; who writes more has said what it is about

_LEAD = (
    r"(?:(?:no|nope|hm+|sorry|but|well|ok|okay|um|actually|i think|i'm afraid|unfortunately|hey|hi|bot|and|yes)[, ]+)*"
)
_SAID = r"(?:answer|reply|response|information|info|advice|suggestion)"
_IT = (
    rf"(?:that|this|it|(?:your|the|this|that) (?:(?:last|previous|first|latest|whole|other) )?{_SAID}"
    r"(?: above| you gave(?: me)?)?|what you (?:said|told me|wrote|answered))"
)
_VERY = (
    r"(?:(?:still|just|simply|completely|totally|absolutely|all|plain|so|really|quite|even|very|actually|clearly) )*"
)
_IS, _IS_NOT = r"(?:'s| is| was| were| seems| sounds)", r"(?: isn't| wasn't| (?:is|was) not|'s not)"
_GOOD = (
    r"(?:correct|right|true|accurate|helpful|useful|helping|any help|any use|an answer"
    r"|(?:the )?(?:right|correct) answer|(?:the|my) question|answering (?:my|the) question"
    r"|what i (?:asked|meant|was asking|am asking)(?: for| about)?)"
)
_BAD = (
    r"(?:wrong|incorrect|false|inaccurate|untrue|unhelpful|useless|nonsense|rubbish|garbage|mistaken|no help|no use"
    rf"|(?:a|the) (?:wrong|useless|bad|terrible) {_SAID}|of no (?:help|use)|not {_VERY}{_GOOD})"
)
_DID_NOT = r"(?:didn't|doesn't|did not|does not|hasn't|has not|do not|don't)"
_HELP = (
    r"(?:help(?:ed)?(?: me| us)?|answer(?:ed)? (?:(?:my|the) question|me|that|it|what i asked)"
    r"|solve(?:d)? (?:it|this|that|my (?:problem|issue)|the (?:problem|issue)|anything))"
)
_END = (
    r"(?: (?:at all|either|though|again|still|to me|for me|so far|then|one bit|one))*"
    r"(?:,? (?:it's|it is|i asked|i meant|i said|my question was|because) .+)?"
)
_AWFUL = r"bad|terrible|useless|awful|horrible|stupid|ridiculous|rubbish|pathetic|waste of time"
_UNHAPPY = re.compile(
    rf"\b(?:{_AWFUL}|wrong|incorrect|no (?:help|use|good)|nothing|badly|worse|worst|hate|angry|disappoint\w*|annoy\w*"
    r"|frustrat\w*|not|\w+n't)\b",
    re.IGNORECASE,
)
_FAULT = re.compile(
    rf"{_LEAD}(?:"
    rf"{_IT}(?:{_IS} {_VERY}{_BAD}|{_IS_NOT} {_VERY}{_GOOD}|(?: still| really)* {_DID_NOT} {_VERY}{_HELP})"
    r"|you(?:'re| are| were) "
    rf"{_VERY}(?:wrong|useless|no (?:help|use)|mistaken|unhelpful|not {_VERY}(?:{_GOOD}|listening))"
    rf"|you {_DID_NOT} {_VERY}{_HELP}|you (?:got|have|had) (?:it|that|this) {_VERY}wrong"
    rf"|(?:still )?{_DID_NOT} {_VERY}{_HELP}|i (?:didn't|did not) ask (?:for |about )?(?:that|this)"
    rf"|(?:that|this|it) makes no sense|thanks for nothing|you suck|what an? (?:{_AWFUL}) (?:bot|assistant|{_SAID})"
    rf"|(?:the )?worst (?:bot|assistant|support|{_SAID}) ever"
    rf"|this (?:bot|assistant) is {_VERY}(?:an? )?(?:joke|{_AWFUL})"
    rf"|i'm {_VERY}(?:not happy|unhappy|disappointed) with (?:this|that|your|the) (?:bot|assistant|{_SAID})"
    rf"|(?:still |completely |totally )?{_BAD}|(?:wrong|incorrect|useless) {_SAID}"
    rf"){_END}",
)


def finds_fault(text: str) -> bool:
    """As in "your last answer was wrong", not "what if my order is wrong?": a message that asks as well is answered."""
    if not text.strip() or len(text) > _LONGEST:
        return False
    sentences = split_sentences(flat(text))
    rest = [one for one in sentences if one.rstrip().endswith("?") or not _FAULT.fullmatch(_plain(one))]
    return 2 * len(rest) <= len(sentences) and not any(map(asks, rest))


def sounds_unhappy(text: str) -> bool:
    """Of a message that asks nothing: a cheerful reply would mock it."""
    said = _plain(flat(text)).replace("not bad", "")
    return re.match(r"(?:my bad|(?:oops )?sorry)\b", said) is None and _UNHAPPY.search(said) is not None


def apology(desk: Desk, turns: Sequence[Turn], *, in_thread: bool) -> Answer:
    """In a thread where the desk has answered, its policy for an answer that is marked as wrong decides whether a human
    is called; else it says how to fetch one, if there is one."""
    answered = in_thread and any(turn.role == "desk" for turn in turns)
    if answered and desk.handover.feedback_wrong and (called := hand_over(desk)).outcome is Outcome.ESCALATED:
        return replace(called, text=f"{SORRY} {called.text}")
    human = offer(desk)
    return Answer(
        Outcome.ASKED, f"{WHAT_WAS_WRONG}, or {human[:1].lower()}{human[1:]}" if human else f"{WHAT_WAS_WRONG}."
    )


def _plain(sentence: str) -> str:
    bare = re.sub(r"[^\w\s',]", " ", sentence.lower().replace("’", "'"))
    return " ".join(bare.split()).strip(" ,")
