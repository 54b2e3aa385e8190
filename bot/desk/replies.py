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
from bot.desk.unasked import asks_everybody
from bot.desk.words import flat

# "asked": it is answered as a mention would be. "unasked": only where the answer is surely known.
Meant = Literal["asked", "unasked"]

_ECHO = re.compile(r"\+1|(?:lol,? )?same(?: here| too)?", re.IGNORECASE)
_REPLIED_TO = (WELCOME, FAREWELL, PRESS_FOR_HUMAN, YOUR_QUESTION)
_LEAD = (
    r"(?:(?:ok|okay|k|done|hm+|ah+|oh|so|well|great|good|alright|all right|yes|yep|no|cool|got it|perfect|lol|thanks"
    r"|thank you|and)[,.! ]+)*"
)
# What somebody says of what they do, or to a person: nothing that could be answered.
_REMARK = re.compile(
    _LEAD + r"(?:(?:i'm|i am|we're|we are) (?:on (?:it|that|this)|going to|about to|closing|looking into|checking)\b.*"
    r"|(?:i'll|i will|we'll|we will|let me|lemme|gonna) (?!know|need|want|have|lose|not|never|be )\w+.*"
    r"|(?:i've|i have|i|we've|we have|we) (?:just |already )?(?:told|informed|pinged) (?:her|him|them|the \w+)\b.*"
    r"|(?:closing|closed|resolved|solved|fixed|sorted)(?: (?:this|it|that|now|here|the \w+|one|thread|ticket))*"
    r"|ok|okay|great|cool|nice|done|noted|agreed|on it|makes sense|good to know|sounds good|found (?:it|them)"
    r"|no worries|np|brb|interesting"
    r"|works(?: now| fine| again| for me)?"
    r"|(?:many )?(?:thanks|thank you|thx|cheers),? (?!(?:and|but|for|so|that|this|it|a|the|also|what|how|very|again|in"
    r"|with|without|if|or)\b)\w+(?:,? (?:that|this|it|you)\b.{0,40})?)",
    re.IGNORECASE,
)


def meant_for_the_desk(text: str, exchange: Exchange | None, limit: int, *, files: bool = False) -> Meant | None:
    """`exchange`: what its writer had with the desk in the thread, None: nothing. None: it is for the people there."""
    calls = wants_human(text)
    if exchange is not None and calls:
        return "asked"
    if exchange is None or exchange.people_since:
        goes_on = exchange is not None and asks(text) and is_elliptic(text)
        return "unasked" if (goes_on or asks_everybody(text, limit)) and not calls else None
    if files or asks(text):
        return "asked"
    reply = courtesy(text, limit, [Turn("desk", exchange.said)])
    if reply is not None and len(text) <= limit:
        return "asked" if reply in _REPLIED_TO else None
    said = flat(text).strip(" .!:)")
    return None if _REMARK.fullmatch(said) or _ECHO.fullmatch(said) else "asked"


def joins_in(text: str, limit: int) -> bool:
    """Whether somebody takes part in what is talked of, by more than a thanks, an emoji or a "+1"."""
    nothing = courtesy(text, limit, [Turn("asker", "")]) is not None and len(text) <= limit
    return not (nothing or _ECHO.fullmatch(flat(text).strip(" .!:)")))
