"""The moves of an escalation: from which state to which, and who may make them. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.desk.courtesy import FAREWELL, WELCOME, courtesy
from bot.desk.errors import TransitionRefused
from bot.desk.human_path import DESK, OVER, QUIET, TIMER, Escalation, EscalationState, Move

S = EscalationState


class Role(StrEnum):
    """What somebody is to an escalation; most are several."""

    ASKER = "asker"
    OWNER = "owner"
    AGENT = "agent"
    LEAD = "lead"
    DESK = "desk"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Step:
    after: EscalationState
    roles: frozenset[Role]


def _steps(roles: Collection[Role], **leads: EscalationState) -> dict[EscalationState, Step]:
    return {S(before): Step(after, frozenset(roles)) for before, after in leads.items()}


_AGENTS = (Role.AGENT, Role.LEAD)
_KEEPERS = (Role.OWNER, Role.LEAD)
_ENDERS = (Role.ASKER, Role.OWNER, Role.LEAD)

# Where nobody owns it, each agent counts as its owner, and becomes it by the move: see roles_of() and owner_after().
STEPS: Mapping[Move, Mapping[EscalationState, Step]] = {
    Move.CALL: {},  # it begins one
    Move.CLAIM: _steps(_AGENTS, open=S.CLAIMED, reopened=S.CLAIMED),
    Move.REPLY: _steps(
        _KEEPERS, open=S.ANSWERED, claimed=S.ANSWERED, waiting=S.ANSWERED, answered=S.ANSWERED, reopened=S.ANSWERED
    ),
    Move.WAIT: _steps(
        _KEEPERS, open=S.WAITING, claimed=S.WAITING, waiting=S.WAITING, answered=S.WAITING, reopened=S.WAITING
    ),
    Move.ASKER_WROTE: _steps(
        (Role.ASKER,), open=S.OPEN, claimed=S.CLAIMED, waiting=S.CLAIMED, answered=S.CLAIMED, reopened=S.REOPENED
    ),
    Move.HAND_OVER: _steps(
        _KEEPERS, open=S.CLAIMED, claimed=S.CLAIMED, waiting=S.WAITING, answered=S.ANSWERED, reopened=S.CLAIMED
    ),
    Move.CONFIRM: _steps(
        (Role.ASKER,), claimed=S.CONFIRMED, waiting=S.CONFIRMED, answered=S.CONFIRMED, reopened=S.CONFIRMED
    ),
    Move.NOT_YET: _steps((Role.ASKER,), answered=S.CLAIMED),
    Move.CLOSE: {
        **_steps(_ENDERS, open=S.CLOSED, claimed=S.CLOSED, waiting=S.CLOSED, reopened=S.CLOSED),
        **_steps((*_ENDERS, Role.TIMER), answered=S.CLOSED, confirmed=S.CLOSED),
    },
    Move.REOPEN: _steps(_ENDERS, confirmed=S.REOPENED, closed=S.REOPENED, expired=S.REOPENED),
    Move.SNOOZE: _steps(_KEEPERS, claimed=S.CLAIMED, waiting=S.WAITING, answered=S.ANSWERED),
    Move.WAKE: _steps((*_KEEPERS, Role.TIMER), claimed=S.CLAIMED, waiting=S.WAITING, answered=S.ANSWERED),
    Move.EXPIRE: _steps((Role.TIMER,), waiting=S.EXPIRED),
}


def roles_of(escalation: Escalation, user: str, *, agent: bool, lead: bool) -> frozenset[Role]:
    """What `user` is to it. `agent`: one of the desk's; `lead`: an admin, or the desk's lead."""
    if user in (DESK, TIMER):
        return frozenset((Role(user),))
    owns = user == escalation.owner or (escalation.owner is None and (agent or lead))
    held = {Role.ASKER: user == escalation.asker, Role.OWNER: owns, Role.AGENT: agent, Role.LEAD: lead}
    return frozenset(role for role, has in held.items() if has)


@dataclass(frozen=True, slots=True)
class Names:
    """Of the two whom a refusal may name."""

    owner: str
    asker: str


def step_for(move: Move, state: EscalationState, roles: Collection[Role]) -> Step | None:
    """None: it can't be made in that state, or not by somebody who is no more to it than that."""
    step = STEPS[move].get(state)
    return step if step and step.roles & set(roles) else None


def refusal(move: Move, escalation: Escalation | None, user: str, names: Names) -> TransitionRefused:
    """Why `user` can't make the move, in words for them."""
    if escalation is None:
        return TransitionRefused("This request is not known any more.")
    step = STEPS[move].get(escalation.state)
    if step is None:
        return TransitionRefused(_not_now(move, escalation, user, names))
    return TransitionRefused(_not_you(move, step, escalation, names))


def owner_after(move: Move, escalation: Escalation, user: str) -> str | None:
    """Who has it once `user` has made the move; of a HAND_OVER the caller says."""
    if move is Move.REOPEN:
        return None
    takes = move in (Move.CLAIM, Move.REPLY, Move.WAIT) or (
        move is Move.CLOSE and user not in (DESK, TIMER, escalation.asker)
    )
    return user if takes and escalation.owner is None else escalation.owner


def may_reopen(escalation: Escalation, user: str, now: datetime, within: timedelta) -> bool:
    """Whether its asker may still ask for more in what is over."""
    ended = escalation.changed_at or escalation.created_at
    return escalation.state in OVER and user == escalation.asker and now - ended <= within


def is_news(escalation: Escalation, last: Move, text: str) -> bool:
    """Whether humans are to hear that the asker wrote in the thread. A thank-you for the answer is no news; while the
    owner is at work, the first message is enough, except in a direct message, where they can't see the others. There it
    is news too before somebody has it."""
    in_dm = escalation.channel.startswith("D")
    if escalation.state is S.ANSWERED:
        return courtesy(text, len(text)) not in (WELCOME, FAREWELL)
    if escalation.state in (S.OPEN, S.REOPENED):
        return in_dm
    return escalation.state in QUIET and (in_dm or last is not Move.ASKER_WROTE)


def _not_now(move: Move, one: Escalation, user: str, names: Names) -> str:
    match one.state:
        case S.CLOSED:
            return f"{names.owner if one.owner else names.asker} has resolved this already."
        case S.EXPIRED:
            return f"This request has expired: {names.asker} was asked something and did not answer."
        case S.CONFIRMED:
            return f"{names.asker} has said that this is solved."
        case S.OPEN | S.REOPENED:
            return "Nobody has claimed this yet."
        case _ if move is Move.CLAIM:
            return "You have this already." if user == one.owner else f"{names.owner} has claimed this already."
        case _:
            return f"{names.owner} is at work on this."


def _not_you(move: Move, step: Step, one: Escalation, names: Names) -> str:
    if move is Move.CLOSE and one.owner:
        return f"{names.owner} has this one; only they, {names.asker} or an admin can resolve it."
    if Role.LEAD not in step.roles:
        return f"Only {names.asker} can say that." if Role.ASKER in step.roles else "That happens by itself."
    if move is Move.REOPEN:
        return f"Only {names.asker} or an admin can reopen this."
    if one.owner is None or Role.AGENT in step.roles:
        return "Only this desk's agents can take requests. Ask an admin to add you."
    return f"{names.owner} has this one; only they or an admin can do that."
