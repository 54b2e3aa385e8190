"""The model of the human path."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.desk.model import Escalation, EscalationState

__all__ = ["Escalation", "EscalationState", "Move", "Transition"]


class Move(StrEnum):
    CALL = "call"
    CLAIM = "claim"
    REPLY = "reply"
    WAIT = "wait"
    ASKER_WROTE = "asker_wrote"
    HAND_OVER = "hand_over"
    CONFIRM = "confirm"
    CLOSE = "close"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Transition:
    escalation_id: str
    number: int
    before: EscalationState | None
    after: EscalationState
    move: Move
    by: str
    owner: str | None
    reason: str
    at: datetime
