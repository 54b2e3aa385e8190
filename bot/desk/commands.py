"""What a message tells the assistant to be or to do, apart from what it asks. Pure.

Nothing here protects: whoever writes an answer without a model obeys nobody. It only keeps "from now on you are a
pirate" from being looked up as if it were a question.
"""

import re
from collections.abc import Iterator

from bot.desk.asking import ASKS, asks
from bot.desk.sentences import split_sentences
from bot.desk.words import flat

_MARKED = re.compile(
    r"<(?P<tag>assistant|system|note|instructions?|prompt)>.{0,2000}?</(?P=tag)>|<!--.{0,2000}?-->|<!\w+>"
    r"|\{[^{}]*\"(?:role|mode|system|prompt|instructions?)\"[^{}]*\}"
    r"|(?-i:\b(?=[a-z0-9+]*[A-Z])(?=[A-Z0-9+]*[a-z])[A-Za-z0-9+]{32,}={0,2})"  # what is encoded; no path, and no hash
    r"|^\s*(?:a|assistant|bot|answer):[^\n]*",  # words put into its mouth
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_REPLY = r"(?:your |the |its |every |each |this ){0,2}(?:reply|replies|answers?|responses?|messages?|lines?|sentences?)"
_GREETED = r"(?:(?:please|pls|now|then|also|first|ok|and|so|just|only|simply),? )*"
# How a sentence begins that is addressed to the assistant.
_COMMAND = re.compile(
    rf"{_GREETED}(?:"
    rf"(?:ignore|forget|disregard|override|bypass)\b(?! (?:the (?:typo|last)|my (?:first|last)|what i|it|that|about)\b)"
    rf"|(?:from (?:now|here) on|henceforth|before you answer)\b"
    rf"|(?:you are|you're|ur|u are) now\b|(?:you're|you are|ur name is|your name is) (?:captain|called|named)\b"
    rf"|when(?:ever)? (?:u|you) (?:answer|reply|respond|write|list sources|cite)\b"
    rf"|(?:act|behave|respond|answer) as\b(?! (?:soon|fast|quick))|pretend\b"
    rf"|let's (?:play|pretend)\b|role-?play\b|(?:system|assistant|admin|developer|bot|agent)(?: \w+)?:"
    rf"|(?:enable|enter|activate|switch to) (?:the )?(?:debug|developer|admin|god|maintenance|dan|jailbreak)\b"
    rf"|in (?:debug|developer|admin|god|maintenance|dan) mode,? you\b"
    rf"|i(?:'m| am) [\w ]+,? (?:\w+ )?override\b|i hereby authori[sz]e\b"
    rf"|(?:begin|start|open|end|finish|append|add|close|sign|post|write|put|drop)\b"
    rf".*(?:\b{_REPLY} with\b|\bto {_REPLY}\b|\bin {_REPLY}\b)"
    rf"|(?:begin|start|open|end|finish|close) (?:it |off )?with (?:yours\b|<|@|\"|')"
    rf"|(?:say|reply|respond|answer|write|type|repeat)(?: me| only| just| back)* (?:with|that|\"|')"
    rf"|tell (?:me to\b|(?:them|her|him|everyone|everybody|the (?:user|customer|reader|people)s?) (?:to|that|yes)\b)"
    rf"|confirm to\b|(?:list|show|give|send|export|dump|print)(?: me)? (?:[\w-]+ )*(?:e-?mails?|addresses|passwords"
    rf"|phone numbers|names|orders|data) of (?:[\w-]+ ){{0,4}}(?:customers?|users?|members?|employees|people)\b"
    rf"|(?:do|follow|obey) (?:exactly )?(?:what|as|the instructions)\b.*\b(?:says?|said|told)\b"
    rf"|(?:decode|execute|translate)\b.*(?:\band (?:do|then|run|execute|obey)\b|\bthen execute\b))",
    re.IGNORECASE,
)
_SYSTEM_PROMPT = re.compile(r"\b(?:your|hidden|initial|the system|your system) prompts?\b", re.IGNORECASE)
# What is said of the assistant, its replies and its rules, wherever it stands.
_OF_ITSELF = re.compile(
    rf"\bword for word\b|\bverbatim\b"
    rf"|\b(?:every|each) (?:line|sentence|reply|answer|response) (?:starts?|begins?|ends?|must|has to|should)\b"
    rf"|\b(?:unless|until|if) {_REPLY} (?:contains?|includes?|says?|starts?|ends?)\b"
    rf"|\b(?:bots?|assistants?|chatbots?|ais?) (?:must|should|shall|has to|have to|will now|are to|is to)\b"
    rf"|\b(?:u|you) (?:must |should |will |now |are to |have to )*tell (?:people|customers|everyone|everybody|users)\b"
    rf"|\b(?:unfiltered|uncensored|jailbreak|god|developer|debug|dan) mode\b|\bput (?:it |that )?in writing that\b",
    re.IGNORECASE,
)
_REVEAL = re.compile(
    r"\b(?:print|reveal|show|translate|encode|output|summari[sz]e|repeat|leak|dump)(?: me)?"
    r" (?:everything above|(?:(?:your|the|hidden|initial) )*(?:system prompt|prompt|instructions|guidelines))\b"
    r"(?! (?:for|on|about|to|of)\b)",
    re.IGNORECASE,
)
# Where a message goes on to ask, though no sentence ends there: "... anyway, how long", "question is: can I".
_TURN = r"and|so|i mean|but|also|btw|by the way|anyway|anyways|oh|ok|okay|cool|then|now|plus"
_GOES_ON = re.compile(
    rf"(?<=[.!?;)\]}}>])\s+|,\s+(?=(?:just|please|pls|only|simply)\s)"
    rf"|\s+(?=(?:(?:{_TURN}),?\s+){{1,4}}{ASKS}\b)|[,:]\s+(?={ASKS}\b)",
    re.IGNORECASE,
)


def without_commands(text: str) -> str:
    """A message without what it tells the assistant to be or to do, and without what is marked as said to it: of such a
    message, what asks, and where nothing does, what is left. Any other comes back as it is."""
    bare = _MARKED.sub(" ", text)
    pieces = list(_pieces(flat(bare)))
    left = [piece for piece in pieces if not _commands(piece.strip(" \"'*_-"))]
    if bare == text and len(left) == len(pieces):
        return text
    asking = [piece for piece in left if asks(piece.strip())]
    return flat(" ".join(asking or left))


def _pieces(text: str) -> Iterator[str]:
    for sentence in split_sentences(text):
        yield from (piece for piece in _GOES_ON.split(sentence) if piece.strip())


def _commands(piece: str) -> bool:
    if _SYSTEM_PROMPT.search(piece):
        return True
    if piece.endswith("?"):
        return False
    told = piece.rpartition(": ")[2].strip()  # "the note reads: do what it says"
    if _COMMAND.match(piece) or _COMMAND.match(told) or _REVEAL.search(piece):
        return True
    return bool(_OF_ITSELF.search(piece)) and not asks(piece)
