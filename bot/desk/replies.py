"""Replies that address nobody, in a thread where the desk takes part: which of them are for it. Pure.

Whoever has put something to the desk there goes on talking to it until somebody else writes; then they talk to each
other, as do all who have not. See ops/decisions/0019.
"""

import re
from typing import Literal

from bot.desk.asking import asks
from bot.desk.conversation import is_elliptic
from bot.desk.courtesy import FAREWELL, PRESS_FOR_HUMAN, WELCOME, YOUR_QUESTION, courtesy, wants_human
from bot.desk.model import Exchange, Turn
from bot.desk.sentences import split_sentences
from bot.desk.unasked import asks_everybody, asks_people
from bot.desk.words import codes, flat

# "asked": it is answered as a mention would be. "unasked": only where the answer is surely known.
Meant = Literal["asked", "unasked"]

_OF_SOMEBODY = re.compile(r"\b(?:he|she|him|her|say|says|said|tell|told|reply|replied)\b", re.IGNORECASE)
_ECHO = re.compile(r"\+1|(?:lol,? )?same(?: here| too)?", re.IGNORECASE)
_REPLIED_TO = (WELCOME, FAREWELL, PRESS_FOR_HUMAN, YOUR_QUESTION)
_LEAD = (
    r"(?:(?:ok|okay|k|done|hm+|ah+|oh|so|well|great|good|alright|all right|yes|yep|no|cool|got it|perfect|lol|thanks"
    r"|thank you|and)[,.! ]+)*"
)
_DOES = (
    r"(?:call|check|ask|tell|see|wait|look|try|do (?:it|that|this|so)|get back|get (?:it|this) done"
    r"|take (?:it|this|care|a look)|handle|fix|close|ping|talk|speak|write|message|let|keep|follow up|sort|forward|pass"
    r"|update|come back|go (?:with|for)|have a look|send (?:it|them|her|him))\b"
    r"(?!.*\b(?:lawyer|attorney|police|court|press|bank|refund"
    r"|how|what|which|why|but|error)\b).*"  # it goes on to ask or to complain
)
# What somebody says of what they do, or to a person: nothing that could be answered, and no complaint.
_REMARK = re.compile(
    _LEAD + r"(?:(?:i'm|i am|we're|we are) (?:on (?:it|that|this)|looking into (?:it|that|this)|checking|closing"
    r" (?:it|this|that))(?: now| already)?"
    rf"|(?:(?:i|we)(?:'ll| will|'m going to|'re going to| am going to| are going to)|let me|lemme|gonna|will) {_DOES}"
    r"|(?:i've|i have|i|we've|we have|we) (?:just |already )?(?:told|informed|pinged) (?:her|him|them|the \w+)"
    r"|(?:closing|closed|resolved|solved|fixed|sorted)(?: (?:this|it|that|now|here|the \w+|one|thread|ticket))*"
    r"|ok|okay|great|cool|nice|done|noted|agreed|on it|makes sense|good to know|sounds good|found (?:it|them)"
    r"|no worries|np|brb|interesting|works(?: now| fine| again| for me)?"
    r"|(?:many )?(?:thanks|thank you|thx|cheers),? (?!(?:and|but|for|so|that|this|it|a|the|also|what|how|very|again|in"
    r"|with|without|if|or)\b)\w+(?:,? (?:that|this|it|you)\b.{0,40})?)",
    re.IGNORECASE,
)
_REMARK_WORDS = 14


def meant_for_the_desk(
    text: str, exchange: Exchange | None, limit: int, *, files: bool = False, urgent: bool = False
) -> Meant | None:
    """`exchange`: what its writer had with the desk in the thread, None: nothing. `urgent`: the desk's policy calls a
    human to such a message. None: it is for the people there."""
    calls = wants_human(text)
    if exchange is not None and (calls or urgent):
        return "asked"
    if exchange is not None and exchange.people_since and asks(text) and is_elliptic(text) and not asks_people(text):
        return "asked"
    if exchange is None or exchange.people_since:
        theirs = calls or _OF_SOMEBODY.search(text) or not asks_everybody(text, limit)
        return None if theirs else "unasked"
    if files or asks(text):
        return "asked"
    reply = courtesy(text, limit, [Turn("desk", exchange.said)])
    if reply is not None and len(text) <= limit:
        return "asked" if reply in _REPLIED_TO else None
    return None if _is_remark(text) else "asked"


def _is_remark(text: str) -> bool:
    said = flat(text).strip(" .!:)")
    if codes(said) or len(said.split()) > _REMARK_WORDS or len(split_sentences(said)) > 1:
        return False
    return (_REMARK.fullmatch(said) or _ECHO.fullmatch(said)) is not None


def joins_in(text: str, limit: int) -> bool:
    """Whether somebody takes part in what is talked of, by more than a thanks, an emoji or a "+1"."""
    nothing = courtesy(text, limit, [Turn("asker", "")]) is not None and len(text) <= limit
    return not (nothing or _ECHO.fullmatch(flat(text).strip(" .!:)")))
