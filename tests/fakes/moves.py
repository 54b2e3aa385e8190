"""Moves of escalations straight in the store, for tests that are about something else than who may make them."""

from datetime import datetime

from bot.desk.human_path import Escalation, Escalations, Move, Transition
from bot.desk.reasons import reason_of
from bot.escalation.model import STEPS, owner_after


async def moved(escalations: Escalations, escalation_id: str, move: Move, by: str, at: datetime) -> Escalation | None:
    """Where the move leads from where it stands; None where somebody was faster."""
    one = await escalations.get(escalation_id)
    assert one is not None
    if one.state not in STEPS[move]:
        return None
    return await escalations.move(transition(one, move, by, at))


def transition(one: Escalation, move: Move, by: str, at: datetime, **more: str) -> Transition:
    after, owner = STEPS[move][one.state].after, owner_after(move, one, by)
    reason = reason_of(move, more.pop("reason", ""))
    return Transition(one.id, one.number + 1, one.state, after, move, by, owner, reason, at, **more)
