"""The desk's policy: when it calls a human though nobody asked for one. Pure."""

import re
from collections.abc import Sequence

from bot.desk.human_path import HandoverReason
from bot.desk.model import Outcome
from bot.desk.triage import Triage
from bot.handover_settings import HandoverSettings

_REFUND = re.compile(
    r"\b(?:refund\w*|money back|reimburse\w*|(?:pay|give|want|demand|get)\b[^.?!]{0,40}\bback"
    r"|erstatt\w+|geld zurück)\b",
    re.IGNORECASE,
)
_FIGURE = r"(\d{1,3}(?:[,. ]\d{3})+(?:[.,]\d\d)?|\d+(?:[.,]\d\d)?)(?![\d]|[.,]\d)"
_AMOUNT = re.compile(
    rf"(?:[$€£]|\b(?:usd|eur|gbp))\s?{_FIGURE}|\b{_FIGURE}\s?(?:[$€£]|(?:dollars|euros?|pounds|usd|eur|gbp)\b)",
    re.IGNORECASE,
)
CONCLUDED = (Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.ASKED, Outcome.FAILED)


def handover(question: str, outcomes: Sequence[Outcome], rules: HandoverSettings) -> HandoverReason | None:
    """Why a human is called to the thread of a question that was dealt with; None: for no reason. `outcomes` of the
    thread's questions since a human was there, the latest, which is this one's, first. A danger is one, too, where
    nothing could be said."""
    if not outcomes or outcomes[0] not in CONCLUDED:
        return None
    if rule_of(question, rules):
        return HandoverReason.POLICY
    if outcomes[0] is Outcome.ABSTAINED and 0 < rules.abstentions <= outcomes.count(Outcome.ABSTAINED):
        return HandoverReason.ABSTAINED_TWICE
    return None


def calls(triage: Triage, rules: HandoverSettings) -> bool:
    """Whether a human is called to a complaint, beside whatever it was answered."""
    return 0 < rules.triage_severity <= triage.severity and triage.requires_escalation


def rule_of(question: str, rules: HandoverSettings) -> str:
    """The rule by which a human is told of a question, in words: a topic's name, or the refund; "": none."""
    topics = (name for name, pattern in rules.topics.items() if re.search(pattern, question, re.IGNORECASE))
    large = _is_large_refund(question, rules.refund_above)
    return next(topics, f"a refund above {rules.refund_above:g}" if large else "")


def _is_large_refund(question: str, above: float | None) -> bool:
    if above is None or not _REFUND.search(question):
        return False
    amounts = [first or second for first, second in _AMOUNT.findall(question)]
    return any(_number(amount) > above for amount in amounts)


def _number(amount: str) -> float:
    """Two digits after the last comma or point are cents."""
    whole, cents = (amount[:-3], amount[-2:]) if amount[-3:-2] in (",", ".") else (amount, "0")
    return float(f"{re.sub('[,. ]', '', whole)}.{cents}")
