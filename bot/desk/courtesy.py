"""Messages that need no documents: a greeting, thanks, an emoji, nothing, far too much; a call for a human. Pure.

The replies hold no factual sentence (Outcome.ASKED).
"""

import re
from collections.abc import Sequence

from bot.desk.model import Turn
from bot.desk.words import flat

EMPTY = "You mentioned me without a question. What would you like to know?"
EMOJI = "Noted. Is there something I can look up for you?"
TOO_LONG = (
    "That message is too long for me to answer well ({length:,} characters). "
    "Could you put your question in a few sentences?"
)
PRESS_FOR_HUMAN = "Press *Talk to a human* below and somebody takes it from here."

_ADDRESS = (
    r"(?: (?:there|all|team|everyone|bot|frontdesk|desk|again|so much|a lot|very much|much|for (?:the|your) help))*"
)
_REPLIES = tuple(
    (re.compile(rf"(?:{words}){_ADDRESS}"), reply)
    for words, reply in (
        (
            r"(?:ok|okay|great|perfect|awesome|got it|cool|nice|super|no|yes)?[, ]*(?:many )?"
            r"(?:thanks|thank you|thx|ty|cheers|much appreciated|appreciated|tysm)",
            "You're welcome. Ask me whenever something else comes up.",
        ),
        (
            r"hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo",
            "Hello! What can I look up for you?",
        ),
        (
            r"bye|goodbye|see you|see ya|good night|have a (?:nice|good|great) (?:day|one|evening|weekend)",
            "Goodbye! Take care.",
        ),
        (
            r"ok|okay|k|great|perfect|awesome|got it|cool|nice|super|alright|all right|understood|fine|good|will do",
            "Good. Ask me whenever something else comes up.",
        ),
        (r"sorry|my bad|oops|never ?mind|nvm|ignore (?:that|this)", "No problem. What would you like to know?"),
        (
            r"help|help me|can you help(?: me)?|i need help|i have a question|question|test|ping",
            "Sure. What is your question?",
        ),
        (r"how are you(?: doing)?|what's up|sup", "Ready to help. What can I look up for you?"),
        (r"lol|haha+|hehe+|wow|hmm+|huh", "Is there something I can look up for you?"),
    )
)
_EMOJI = re.compile(r"(?::[a-z0-9_+'-]+(?:::skin-tone-\d)?:|[^\w\s?])+", re.IGNORECASE)
_YES = re.compile(r"(?:yes|yep|yeah|sure|ok|okay|please|yes please|please do|sure please|go ahead|do it)")
_HUMAN = re.compile(
    r"(?:please |can you |could you |can i |could i |may i |i (?:want|need|would like|wish|prefer) (?:to )?"
    r"|i'd like to |let me |just |get me |give me |connect me (?:to|with) |transfer me to )*"
    r"(?:(?:talk|speak|chat|connect|transfer|put me through|hand (?:me )?over|escalate)(?: me| this)?"
    r" ?(?:to|with)? )?(?:an? |the |some |your )?(?:real |live |actual |human )*"
    r"(?:human|person|agent|representative|rep|someone|somebody|human being|support agent|operator|manager|supervisor)"
    r"(?: (?:please|now|instead|help me|from support))*"
)

# Said with a reason or in anger: "I want to speak to a manager NOW, this is ridiculous".
_CALL = re.compile(
    r"(?:please |i (?:want|need|would like|demand) (?:to )?|i'd like to |let me |can i |could i |may i )*"
    r"(?:talk|speak|chat) (?:to|with) (?:an? |the |some |your )?(?:real |live |actual |human )*"
    r"(?:human|person|agent|representative|rep|someone|somebody|operator|manager|supervisor)\b.*"
)


def courtesy(text: str, limit: int, turns: Sequence[Turn] = ()) -> str | None:
    """The reply to a message that asks nothing, or too much; None where there is a question to look up."""
    if len(text) > limit:
        return TOO_LONG.format(length=len(text))
    plain = flat(text)
    if not plain:
        return EMPTY
    if _EMOJI.fullmatch(plain.replace(" ", "")):
        return EMPTY if re.fullmatch(r"[.,;!:-]+", plain) else EMOJI
    said = _words(plain)
    if _YES.fullmatch(said) and turns and turns[-1].role == "desk" and "human" in turns[-1].text[-200:].lower():
        return PRESS_FOR_HUMAN
    return next((reply for pattern, reply in _REPLIES if pattern.fullmatch(said)), None)


def wants_human(text: str) -> bool:
    """The message is a call for a human; "can a person return two items?" is not."""
    said = _words(flat(text))
    if len(said) <= 120 and _CALL.fullmatch(said):
        return True
    return len(said) <= 80 and bool(_HUMAN.fullmatch(said)) and said not in ("someone", "somebody", "the manager")


def _words(plain: str) -> str:
    """Lower case, without emoji and punctuation around the words."""
    bare = re.sub(r":[a-z0-9_+'-]+:", " ", plain.lower())
    return " ".join(re.sub(r"[^\w\s',:]|[,:](?!\S)", " ", bare).replace(",", " ").split())
