"""Whether a question asks for rules that no longer hold, and not only of something old. Pure."""

import re
from datetime import UTC, datetime

from bot.desk.figures import MONTHS
from bot.desk.words import flat

_RULE = (
    r"(?:polic(?:y|ies)|versions?|rules?|lists?|prices?|pricing|fees?|rates?|terms|conditions|editions?|leaflets?|cards?"
    r"|handbooks?|guides?|guidelines?|documents?|schedules?|regulations?|agreements?|limits?|windows?|periods?"
    r"|deadlines?|hours|allowances?)"
)
# A word that joins two things: "my old TV for the price".
_JOINS = (
    r"(?:what|which|how|when|is|are|was|were|do|does|did|can|and|or|the|a|an|my|your"
    r"|to|in|for|of|with|at|on|from|by|had)"
)
_OLD_RULE = re.compile(
    rf"\b(?:old(?:er)?|previous|former|earlier|prior|past(?!\s(?:\d|few\b|couple\b|two\b|three\b))"
    r"|superseded|archived|withdrawn|last year'?s)"
    rf"(?:\s(?!{_JOINS}\b)[\w'.-]+){{0,3}}?\s{_RULE}\b"
    rf"|\bv\d|\bversion \d|\bsuperseded\b",
    re.IGNORECASE,
)
# "What did express cost last year?", "How much did it use to cost?"; of the asker's own doings it says nothing.
_WAS = re.compile(
    r"\b(?:what|which|how|when|who|where)\b[^.?!;,]{0,80}?\b(?:did|was|were)\b[^.?!;,]{0,80}?"
    r"\b(?:previously|formerly|earlier|last year|back then|in the past|at the time|used? to"
    rf"|(?:before|until) (?:\w+ 20\d\d|20\d\d|the change|that|then|{'|'.join(MONTHS)})|before(?=\W*$))\b",
    re.IGNORECASE,
)
_ASKER = re.compile(r"\b(?:i|my|we|our)\b", re.IGNORECASE)


def about_the_past(question: str) -> bool:
    """Whether a question may be about rules that no longer hold: it names an old rule, a version, a year that is over,
    or asks what something was before. "My dock is two weeks old" and "I ordered earlier today" do not."""
    plain = flat(question)
    years = (int(year) for year in re.findall(r"\b20\d\d\b", plain))
    return (
        bool(_OLD_RULE.search(plain))
        or any(year < datetime.now(UTC).year for year in years)
        or any(not _ASKER.search(found[0]) for found in _WAS.finditer(plain))
    )
