"""What a message tells the assistant to be or to do, apart from what it asks. Pure.

Nothing here protects: whoever writes an answer without a model obeys nobody. It only keeps "from now on you are a
pirate" from being looked up as if it were a question.
"""

import re

from bot.desk.sentences import split_sentences
from bot.desk.words import flat

_MARKED = re.compile(r"<(?P<tag>assistant|system|note|instructions?|prompt)>.*?</(?P=tag)>|<!\w+>", re.I | re.DOTALL)
_REPLY = r"(?:your |the ){0,2}(?:reply|replies|answers?|response|message)"
_COMMAND = re.compile(
    rf"(?:(?:please|now|then|also|first|ok|and),? )*(?:"
    rf"(?:ignore|forget|disregard|override|bypass)\b"
    rf"|(?:from (?:now|here) on|henceforth|before you answer)\b"
    rf"|you are now\b|you're now\b|(?:act|behave|respond|answer) as\b(?! (?:soon|fast|quick))|pretend\b"
    rf"|let's (?:play|pretend)\b|role-?play\b|(?:system|assistant|admin|developer)(?: \w+)?:"
    rf"|(?:enable|enter|activate|switch to) (?:the )?(?:debug|developer|admin|god|maintenance|dan|jailbreak)\b"
    rf"|in (?:debug|developer|admin|god|maintenance|dan) mode,? you\b"
    rf"|i(?:'m| am) [\w ]+,? (?:\w+ )?override\b|i hereby authori[sz]e\b"
    rf"|(?:begin|start|end|finish|append|add|close|sign|post|write)\b.*(?:\b{_REPLY} with\b|\bto {_REPLY}\b)"
    rf"|(?:say|reply|respond|answer)(?: me| only| just| back)* (?:with|that|\"|')"
    rf"|tell (?:me to\b|(?:them|everyone|everybody|the (?:user|customer|reader|people)s?) (?:to|that)\b)"
    rf"|confirm to\b|(?:list|show|give|send|export|dump|print)(?: me)? (?:[\w-]+ )*(?:e-?mails?|addresses|passwords"
    rf"|phone numbers|names|orders|data) of (?:[\w-]+ ){{0,4}}(?:customers?|users?|members?|employees|people)\b"
    rf"|(?:do|follow|obey) (?:exactly )?(?:what|as|the instructions)\b.*\b(?:says?|said|told)\b)",
    re.IGNORECASE,
)
_SYSTEM_PROMPT = re.compile(r"\b(?:your|hidden|initial|the system|your system) prompts?\b", re.IGNORECASE)
_REVEAL = re.compile(
    r"\b(?:print|reveal|show|translate|encode|output|summari[sz]e|repeat|leak|dump)(?: me)?"
    r" (?:everything above|(?:(?:your|the|hidden|initial) )*(?:system prompt|prompt|instructions|guidelines))\b"
    r"(?! (?:for|on|about|to|of)\b)",
    re.IGNORECASE,
)


def without_commands(text: str) -> str:
    """A message without the sentences that command the assistant, and without what is marked as said to it."""
    return " ".join(one for one in split_sentences(_MARKED.sub(" ", flat(text))) if not _commands(one.strip(" \"'*_-")))


def _commands(sentence: str) -> bool:
    if _SYSTEM_PROMPT.search(sentence):
        return True
    if sentence.endswith("?"):
        return False
    told = sentence.rpartition(": ")[2].strip()  # "the note reads: do what it says"
    return bool(_COMMAND.match(sentence) or _COMMAND.match(told) or _REVEAL.search(sentence))
