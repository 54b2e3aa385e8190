"""What an answer never holds, however well it is cited: our instructions, our tools' names, secrets, deeds. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.desk.model import Passage
from bot.desk.words import flat

SHINGLE = 8  # words in a row that two texts do not share by chance
_WHOLE = 5  # words of a sentence that stands in the prompt as it is
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_TOOLS = re.compile(
    r"\b(?:get_order|list_orders|tool_(?:use|result|choice)|search_result(?:_\w+)?|cited_text|cache_control|function_calls?"
    r"|toolu_\w+|msg_\w{6,}|srvtoolu_\w+|max_tokens|system_prompt)\b|</?(?:antml|system|instructions?|search_result)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{8,}|xox[abeprs]-[\w-]{6,}|xapp-[\w-]{6,}|gh[pousr]_\w{16,}|AKIA[0-9A-Z]{12,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*|AIza[\w-]{20,}|glpat-[\w-]{10,})|-----BEGIN [A-Z ]+-----"
    r"|\b(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/_-]{32,}={0,2}"
    r"|\b[0-9a-f]{32,}\b|\b(?:api[_ -]?key|password|passwort|secret|access token|bot token)\b\s*(?:is|=|:)\s*[`'\"]?\S+"
    r"|\b[a-z]+://[^\s/:@]+:[^\s/@]+@"
)
_OF_ITSELF = re.compile(
    r"\b(?:my|these|the|our) (?:\w+ )?(?:system prompt|system message|prompt|instructions?|guidelines|rules"
    r"|configuration) (?:say|says|state|tell|are|is|read|include|forbid|require|begin)"
    r"|\bsystem prompt\b|\bi(?:'m| am| was| have been) (?:told|instructed|programmed|configured|prompted) to\b"
    r"|\bas an ai\b|\b(?:developer|debug|god|jailbreak|dan|admin(?:istrator)?|maintenance|unrestricted) mode\b"
    r"|\bignor(?:e|ing) (?:all |any |the |my )?(?:previous|prior|above|earlier) (?:instructions|rules)\b"
    r"|\bi(?:'m| am) (?:now )?(?:dan|an? (?:unrestricted|evil|pirate))\b|\bmy (?:new |real )?(?:persona|master)\b",
    re.IGNORECASE,
)
_ASKS_FOR_A_SECRET = re.compile(
    r"\b(?:send|give|tell|share|post|reply with|dm|message|e-?mail|confirm)\b(?:\W+\w+){0,4}\W+(?:password|pin\b|cvv"
    r"|passcode|credit card|card number|social security|one-time code|api key|private key|seed phrase)",
    re.IGNORECASE,
)
_UNLESS = re.compile(r"\b(?:never|not|don't|won't|no one|nobody|if|when|once|after|until|unless)\b", re.IGNORECASE)
# It can look things up and fetch a human; whatever else it says that it did, it did not.
_DEED = re.compile(
    r"\bi(?:'ve| have| will|'ll|'m| am)?(?: just| already| now| gladly| happily| going to| be)*\s"
    r"(?:cancel|refund|reset|delet|updat|chang|approv|waiv|upgrad|unlock|disabl|enabl|grant|book|ship|sent|send|sending"
    r"|process|appl(?:y|ied)|add|remov|charg|credit|replac|order|email|e-mail|issu|clos|reopen|authori[sz]|escalat|mark"
    r"|post|notif)(?:e|ed|ing|s|led|ling|\b)(?!\w)",
    re.IGNORECASE,
)
_DONE_TO_IT = re.compile(
    r"\byour (?:order|account|password|subscription|return|address|request|plan|card) (?:has been|have been|is now|was"
    r" just) (?:cancel|reset|delet|updat|chang|approv|upgrad|unlock|disabl|enabl|refund|clos|charg)",
    re.IGNORECASE,
)


def leaks(text: str, prompt: str, cited: Sequence[Passage]) -> list[str]:
    """What of a sentence must not be said. The words of a cited passage are the documents' own, and so no leak of ours;
    but no document makes true what a sentence says of the desk itself. What the asker wrote is no excuse either: a
    secret is not said back."""
    plain = flat(text)
    sources = flat(" ".join(f"{one.title} {one.section} {one.text} {one.url}" for one in cited)).lower()
    found = []
    if _shares(plain, prompt, sources):
        found.append("it repeats our instructions")
    for pattern, what in ((_TOOLS, "it names what only the machinery uses"), (_SECRET, "it looks like a secret")):
        if any(match[0].lower() not in sources for match in pattern.finditer(plain)):
            found.append(what)
    if _OF_ITSELF.search(plain):
        found.append("it speaks of its instructions")
    done = _DONE_TO_IT.search(plain) and not (_UNLESS.search(plain) or any(one.kind == "order" for one in cited))
    if done or _DEED.search(plain):
        found.append("it says that it did what it can't do")
    if _ASKS_FOR_A_SECRET.search(plain) and not _UNLESS.search(plain):
        found.append("it asks for a secret")
    return found


def _shares(text: str, prompt: str, sources: str) -> bool:
    words = _words(text)
    if not prompt or len(words) < _WHOLE:
        return False
    size = min(SHINGLE, len(words))
    own = _shingles(prompt, size)
    known = _shingles(sources, size) if sources else frozenset()
    return any(
        shingle in own and shingle not in known for shingle in zip(*(words[at:] for at in range(size)), strict=False)
    )


@lru_cache(maxsize=256)
def _shingles(text: str, size: int) -> frozenset[tuple[str, ...]]:
    words = _words(flat(text))
    return frozenset(zip(*(words[at:] for at in range(size)), strict=False))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
