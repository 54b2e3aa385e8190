"""What a quoted piece of a passage stands under, where it needs that to say what it says. Pure.

"Loss, theft and intentional damage" is the opposite of itself without "What is not covered"; "the receipt," is no
sentence. Words are looked at, not meanings: a heading that is shown without need does no harm, one left out does.
"""

import re

from bot.desk.words import flat

_NEGATIVE = re.compile(r"\b(?:not|no|never|none|nothing|cannot|without|except\w*|exclu\w*)\b|n't\b", re.IGNORECASE)
_BOTH_WAYS = re.compile(r"\b(?:and|or) (?:(?:what|it|we|you|does|do|is|are) )*(?:not|cannot|\w+n't)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|could|will|would|may|might|must|shall|should|do|does|did|cannot)\b|n't\b"
    r"|(?:^|[,;:] |\b(?:and|but|so|then) )(?:i|you|we|it|they|he|she) ",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:i|you|we|it|they|them|he|she)\b", re.IGNORECASE)
_SUBORDINATE = re.compile(r"(?<=\w )(?:that|which|who|whose|where|when|if|unless|as)\b.*", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"(?:first |then |now )?(?:add|ask|back up|bring|call|change|charge|check|choose|clean|click|close|connect|contact"
    r"|delete|do|download|dry|enter|find|fit|give|go|hold|install|keep|leave|let|log|look|make|move|open|plug|press"
    r"|print|pull|put|read|remove|repeat|reset|restart|run|scan|select|send|set|show|sign|speak|start|switch|take|talk"
    r"|tell|test|try|turn|type|unplug|update|use|wait|wipe|write)\b(?! (?:of|for|by|as)\b)",
    re.IGNORECASE,
)
_LOWER = re.compile(r"[a-z]+(?:[\s,;]|$)")
_LOWER_OR_KEY = re.compile(r"[a-z]+(?:[\s,;:]|$)")
_NUMBERED = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2})*[.)]?|[A-Za-z][.)])\s+(?=\S)")


def lead_of(heading: str, above: str, bare: str, *, item: bool) -> str:
    """The line `above` a list, or else the heading, where a unit can't be quoted without it; "" where it can.

    An instruction can: under "The screen does not start" it says what to do.
    """
    lead = above or heading
    if item and (_LOWER_OR_KEY if above else _LOWER).match(bare):
        return lead
    if not _NEGATIVE.search(lead) or _BOTH_WAYS.search(lead) or _INSTRUCTION.match(bare):
        return ""
    own = _SUBORDINATE.sub("", bare)
    if item:
        return "" if _CLAUSE.search(own) and bare.endswith(".") else lead
    return "" if _CLAUSE.search(own) or _PRONOUN.search(own) or lead.endswith("?") else lead


def spoken(lead: str) -> str:
    """As a sentence begins with it: "4. NOT INCLUDED" -> "Not included:"."""
    bare = _NUMBERED.sub("", flat(lead)).strip("*_ ").rstrip(":. ")
    shown = bare.capitalize() if bare.isupper() else bare
    return shown if shown.endswith("?") else f"{shown}:"


def without_lead(said: str, lead: str) -> str:
    """A sentence without the lead that it begins with."""
    shown = spoken(lead)
    return said[len(shown) :].lstrip() if len(shown) > 1 and said.lower().startswith(shown.lower()) else said
