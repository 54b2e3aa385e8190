"""Which answers were meant for one person alone, and would be a promise to everybody once they are a document. Pure."""

import re

_WOULD = r"(?: can|'?ll| will|'d| would| could|(?:'m|'re| am| are) able to)"
_TO_ONE = re.compile(
    rf"\b(?:(?:i|we){_WOULD}(?: \w+)? (?:offer|give|send|refund|credit|waive|make) you"
    r"|(?:i|we)(?:'ve| have)? (?:just |already |now )?"
    r"(?:refunded|credited|waived|reimbursed|issued|sent you|given you|added|applied)"
    r"|gesture|goodwill|courtesy credit|(?:just|only) (?:this|for) (?:once|one time|time)"
    r"|this (?:once|one time|time only)|one[- ](?:time|off)|exceptions?|exceptionally|for you|in your case|discount\w*"
    r"|voucher|(?:\d ?%|percent) off|off (?:a|your|the) (?:next|different|new))\b",
    re.IGNORECASE,
)


def reads_like_an_offer(answer: str) -> bool:
    """Such as "I can offer you 10% off", "just this once": too often rather than not, for an approver decides."""
    return _TO_ONE.search(answer.replace("’", "'")) is not None
