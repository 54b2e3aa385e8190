"""How long escalations took, in the time that counts for each: to be claimed, to be answered, to be over. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.human_path import DESK, OVER, TIMER, Escalation, EscalationState, Move, Transition
from bot.escalation.timetable import Timetable

_REPLIES = (Move.REPLY, Move.WAIT)


@dataclass(frozen=True, slots=True)
class Took:
    """Of one escalation; None: that has not happened. `in_time`: whether its asker had an answer within the time that
    its severity has; None: that is still to be seen, or they called it off before."""

    desk: str
    severity: int
    to_claim: timedelta | None
    to_reply: timedelta | None
    to_close: timedelta | None
    in_time: bool | None


@dataclass(frozen=True, slots=True)
class Spread:
    count: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a desk, or of a severity in it where that is not None. `in_time` of `judged`."""

    desk: str
    severity: int | None
    count: int
    to_claim: Spread | None
    to_reply: Spread | None
    to_close: Spread | None
    in_time: int
    judged: int


def took(one: Escalation, moves: Sequence[Transition], table: Timetable, now: datetime) -> Took:
    """By its first call; what happened after it was reopened is another wait, and not counted here."""
    time = table.time_for(one.severity)

    def since_call(at: datetime | None) -> timedelta | None:
        return None if at is None else time.between(one.created_at, at)

    owned = next((move.at for move in moves if move.owner is not None and move.by not in (DESK, TIMER)), None)
    replied = next((move.at for move in moves if move.move in _REPLIES), None)
    end = next((move for move in moves if move.after in (*OVER, EscalationState.CONFIRMED)), None)
    return Took(
        desk=one.desk,
        severity=one.severity or table.sla.default_severity,
        to_claim=since_call(owned),
        to_reply=since_call(replied),
        to_close=since_call(end.at if end else None),
        in_time=_in_time(one, replied, end, table, now),
    )


def _in_time(
    one: Escalation, replied: datetime | None, end: Transition | None, table: Timetable, now: datetime
) -> bool | None:
    """Whoever resolves it without a word in the thread has answered elsewhere."""
    by = table.response_by(one.severity, one.created_at)
    helped = [at for at in (replied, end.at if end and end.by != one.asker else None) if at is not None]
    if helped:
        return min(helped) <= by
    gone = end.at if end else now
    return False if gone > by else None


def figures(every: Iterable[Took]) -> list[Figures]:
    """For each desk, and then for each severity in it, the most severe first."""
    groups: dict[tuple[str, int | None], list[Took]] = {}
    for one in every:
        for key in ((one.desk, None), (one.desk, one.severity)):
            groups.setdefault(key, []).append(one)
    keys = sorted(groups, key=lambda key: (key[0], key[1] is not None, -(key[1] or 0)))
    return [_figures(desk, severity, groups[desk, severity]) for desk, severity in keys]


def _figures(desk: str, severity: int | None, some: Sequence[Took]) -> Figures:
    judged = [one.in_time for one in some if one.in_time is not None]
    return Figures(
        desk=desk,
        severity=severity,
        count=len(some),
        to_claim=_spread(one.to_claim for one in some),
        to_reply=_spread(one.to_reply for one in some),
        to_close=_spread(one.to_close for one in some),
        in_time=sum(judged),
        judged=len(judged),
    )


def _spread(spans: Iterable[timedelta | None]) -> Spread | None:
    known = sorted(span for span in spans if span is not None)
    return Spread(len(known), _nearest(known, 0.5), _nearest(known, 0.9)) if known else None


def _nearest(ordered: Sequence[timedelta], share: float) -> timedelta:
    """By nearest rank: one that really was."""
    return ordered[math.ceil(share * len(ordered)) - 1]
