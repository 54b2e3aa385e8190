"""The states of an escalation and who may move it. Pure."""

from collections.abc import Collection

from bot.desk.errors import TransitionRefused
from bot.desk.model import Escalation, EscalationState

_BEFORE = {
    EscalationState.CLAIMED: (EscalationState.OPEN,),
    EscalationState.RESOLVED: (EscalationState.OPEN, EscalationState.CLAIMED),
}


def may_follow(new: EscalationState) -> tuple[EscalationState, ...]:
    """The states from which `new` can be reached; for OPEN none."""
    return _BEFORE.get(new, ())


def check_resolver(escalation: Escalation, user: str, admins: Collection[str], owner: str) -> None:
    """Only its owner or an admin resolves a claimed one; `owner` is the owner's name. Raises TransitionRefused."""
    if escalation.state is EscalationState.CLAIMED and user != escalation.owner and user not in admins:
        raise TransitionRefused(f"{owner} has this one; only they or an admin can resolve it.")


def refusal(escalation: Escalation | None, new: EscalationState, owner: str) -> TransitionRefused:
    """Why an escalation can't go to `new`, in words for the person who tried."""
    if escalation is None:
        return TransitionRefused("This request is not known any more.")
    if escalation.state is EscalationState.RESOLVED:
        return TransitionRefused(f"{owner} has resolved this already.")
    return TransitionRefused(f"{owner} has claimed this already.")
