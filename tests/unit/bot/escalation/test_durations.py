"""How long escalations took, in the desk's own time, and how many were answered in time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.desk.human_path import Move
from bot.escalation.durations import Took, figures, took

from .test_timetable import OFFICE, berlin, told

M = Move
MINUTES = timedelta(minutes=1)
CLAIM, REPLY = ("11-27T10:30", M.CLAIM), ("11-27T11:00", M.REPLY)
LATER = berlin("2026-12-02T10:00")


def took_of(*moves: tuple[str, Move], now: datetime = LATER) -> tuple[int | None, int | None, int | None, bool | None]:
    """In minutes: claimed, answered, over; and whether in time."""
    one = took(*told(*moves), OFFICE, now)
    claim, reply, close = (span and int(span / MINUTES) for span in (one.to_claim, one.to_reply, one.to_close))
    return claim, reply, close, one.in_time


@pytest.mark.parametrize(
    ("moves", "now", "expected"),
    [
        ((), berlin("2026-11-27T11:00"), (None, None, None, None)),  # there is time left
        ((), LATER, (None, None, None, False)),
        ((CLAIM,), LATER, (30, None, None, False)),  # a claim is no answer
        ((CLAIM, REPLY), LATER, (30, 60, None, True)),
        ((CLAIM, ("11-27T11:00", M.WAIT)), LATER, (30, 60, None, True)),
        ((CLAIM, REPLY, ("11-27T11:10", M.CONFIRM), ("11-30T11:00", M.CLOSE)), LATER, (30, 60, 70, True)),
        # Over a weekend: Friday has 7.5 hours left, Monday an hour.
        ((("11-30T10:00", M.CLAIM), ("11-30T10:30", M.REPLY)), LATER, (510, 540, None, False)),
        ((("11-27T11:30", M.CLOSE),), LATER, (90, None, 90, True)),  # an agent resolved it elsewhere
        # What happens after it was reopened is not counted.
        ((CLAIM, REPLY, ("11-27T12:00", M.CLOSE), ("11-30T09:00", M.REOPEN)), LATER, (30, 60, 120, True)),
    ],
)
def test_how_long_one_took(moves: tuple[tuple[str, Move], ...], now: datetime, expected: tuple[object, ...]) -> None:
    assert took_of(*moves, now=now) == expected


def test_one_that_its_asker_called_off_in_time_is_not_judged() -> None:
    one, moves = told(("11-27T10:10", M.CLOSE))
    by_asker = [moves[0], replace(moves[1], by="U1", owner=None)]
    assert took(one, by_asker, OFFICE, LATER).in_time is None
    late = [moves[0], replace(moves[1], by="U1", owner=None, at=berlin("2026-11-27T13:00"))]
    assert took(one, late, OFFICE, LATER).in_time is False


def test_figures_are_of_each_desk_and_severity() -> None:
    """Medians and ninetieth percentiles are times that really were, by nearest rank."""
    some = [
        Took("support", 3, n * MINUTES, None, None, n <= 7 if n <= 9 else None) for n in (5, 1, 2, 3, 4, 6, 7, 8, 9, 10)
    ]
    every = figures([*some, Took("support", 5, None, 3 * MINUTES, None, None), Took("hr", 1, None, None, None, None)])
    assert [(one.desk, one.severity, one.count) for one in every] == [
        ("hr", None, 1),
        ("hr", 1, 1),
        ("support", None, 11),
        ("support", 5, 1),
        ("support", 3, 10),
    ]
    third = every[-1]
    assert third.to_claim is not None
    assert (third.to_claim.count, third.to_claim.median, third.to_claim.p90) == (10, 5 * MINUTES, 9 * MINUTES)
    assert (third.to_reply, third.in_time, third.judged) == (None, 7, 9)
