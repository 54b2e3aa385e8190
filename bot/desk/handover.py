"""The desk's policy: when it calls a human though nobody asked for one. Pure."""

import re
from collections.abc import Sequence

from bot.desk.human_path import HandoverReason
from bot.desk.model import Outcome
from bot.desk.triage import Triage
from bot.handover_settings import HandoverSettings

_REFUND = re.compile(r"\b(?:refund\w*|money back|reimburse\w*)\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"[$€£]\s?(\d[\d,]*(?:\.\d\d)?)|\b(\d[\d,]*(?:\.\d\d)?)\s?(?:[$€£]|(?:dollars|euros|pounds|usd|eur|gbp)\b)",
    re.IGNORECASE,
)
TOLD = (Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.ASKED)


def handover(question: str, outcomes: Sequence[Outcome], rules: HandoverSettings) -> HandoverReason | None:
    """Why a human is called to the thread of a question that was dealt with; None: for no reason. `outcomes` of the
    thread's questions, the latest, which is this one's, first."""
    if not outcomes or outcomes[0] not in TOLD:
        return None
    if _is_topic(question, rules) or _is_large_refund(question, rules.refund_above):
        return HandoverReason.POLICY
    latest = outcomes[: rules.abstentions]
    if rules.abstentions and len(latest) == rules.abstentions and set(latest) == {Outcome.ABSTAINED}:
        return HandoverReason.ABSTAINED_TWICE
    return None


def calls(triage: Triage, rules: HandoverSettings) -> bool:
    """Whether a human is called to a complaint, beside whatever it was answered."""
    return 0 < rules.triage_severity <= triage.severity and triage.requires_escalation


def _is_topic(question: str, rules: HandoverSettings) -> bool:
    return any(re.search(pattern, question, re.IGNORECASE) for pattern in rules.topics.values())


def _is_large_refund(question: str, above: float | None) -> bool:
    if above is None or not _REFUND.search(question):
        return False
    amounts = [first or second for first, second in _AMOUNT.findall(question)]
    return any(float(amount.replace(",", "")) > above for amount in amounts)
