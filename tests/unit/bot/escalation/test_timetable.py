"""What is due of an escalation after each kind of story, and what its asker is told of when somebody comes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.desk.due import DueKey, DueKind, Planned
from bot.desk.human_path import Escalation, EscalationState, Move, Transition
from bot.escalation.hours import Hours, RoundTheClock
from bot.escalation.model import STEPS, owner_after
from bot.escalation.timetable import Timetable, Timetables, timetable_of
from bot.human_time_settings import HoursSettings, SlaSettings

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = (*(((540, 1050),),) * 5, (), ())  # 09:00-17:30 from Monday to Friday
K, M = DueKind, Move


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


FRIDAY = berlin("2026-11-27T10:00")
OFFICE = Timetable(Hours(BERLIN, WEEK), SlaSettings(lead="U0LEAD"), promises=True)


def told(*moves: tuple[str, Move], snooze: str = "", **more: Any) -> tuple[Escalation, list[Transition]]:
    """An escalation that was called on Friday at ten and then moved, at these times of Berlin."""
    one = Escalation("E1", "support", "T", "C", "1.0", "U1", "?", None, EscalationState.OPEN, FRIDAY, **more)
    past = [Transition("E1", 1, None, one.state, M.CALL, "U1", None, "asked", FRIDAY)]
    for at, move in moves:
        until = berlin(snooze) if move is M.SNOOZE else None
        after, owner = STEPS[move][past[-1].after].after, owner_after(move, one, "U2")
        number = len(past) + 1
        past.append(
            Transition(
                "E1", number, past[-1].after, after, move, "U2", owner, "", berlin(f"2026-{at}"), snoozed_until=until
            )
        )
        last = past[-1]
        one = Escalation(
            "E1", "support", "T", "C", "1.0", "U1", "?", None, last.after, FRIDAY, owner, number=number,
            snoozed_until=until, **more,
        )  # fmt: skip
    return one, past


def planned(
    table: Timetable, story: tuple[Escalation, list[Transition]], done: dict[DueKey, datetime] | None = None
) -> list[tuple[str, int, str]]:
    """Kind, round, and when, by Berlin's clock."""
    rows = table.plan(*story, done or {})
    return [(row.key.kind.value, row.key.round, f"{row.at.astimezone(BERLIN):%m-%dT%H:%M}") for row in rows]


RESPONSES = [("half", 1, "11-27T11:00"), ("response", 1, "11-27T12:00"), ("lead", 1, "11-27T14:00")]
CLAIM, WAIT, REPLY = ("11-27T10:30", M.CLAIM), ("11-27T11:00", M.WAIT), ("11-27T11:00", M.REPLY)


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ((), RESPONSES),
        ((CLAIM,), RESPONSES),  # the asker waits still
        ((("11-27T10:15", M.ASKER_WROTE),), RESPONSES),  # before somebody has it
        ((CLAIM, ("11-27T11:30", M.HAND_OVER)), RESPONSES),
        ((CLAIM, ("11-27T11:30", M.ASKER_WROTE)), RESPONSES),
        # 2 days after Friday is a Sunday, on which nobody would be there for who answers.
        ((CLAIM, WAIT), [("asker", 3, "11-30T09:00")]),
        ((CLAIM, WAIT, ("11-27T15:00", M.HAND_OVER)), [("asker", 3, "11-30T09:00")]),
        ((CLAIM, REPLY), [("close", 3, "11-30T11:00")]),
        ((CLAIM, REPLY, ("11-27T12:00", M.REPLY)), [("close", 4, "11-30T12:00")]),
        ((CLAIM, REPLY, ("11-27T12:00", M.CONFIRM)), [("close", 4, "11-30T12:00")]),
        # A new round where somebody waits anew: the next answer is due like the first.
        (
            (CLAIM, WAIT, ("11-27T17:00", M.ASKER_WROTE)),
            [("half", 4, "11-30T09:30"), ("response", 4, "11-30T10:30"), ("lead", 4, "11-30T12:30")],
        ),
        (
            (CLAIM, REPLY, ("11-28T03:00", M.NOT_YET)),
            [("half", 4, "11-30T10:00"), ("response", 4, "11-30T11:00"), ("lead", 4, "11-30T13:00")],
        ),
        (
            (CLAIM, REPLY, ("11-27T12:00", M.CLOSE), ("11-27T13:00", M.REOPEN)),
            [("half", 5, "11-27T14:00"), ("response", 5, "11-27T15:00"), ("lead", 5, "11-27T17:00")],
        ),
        ((CLAIM, REPLY, ("11-27T12:00", M.CLOSE)), []),
        ((CLAIM, ("11-27T11:00", M.SNOOZE)), [("wake", 3, "12-01T08:00")]),
        (
            (CLAIM, ("11-27T11:00", M.SNOOZE), ("12-01T09:00", M.WAKE)),
            [("half", 4, "12-01T10:00"), ("response", 4, "12-01T11:00"), ("lead", 4, "12-01T13:00")],
        ),
        (  # the asker ends it too
            (CLAIM, ("11-27T11:00", M.SNOOZE), ("11-30T09:00", M.ASKER_WROTE)),
            [("half", 4, "11-30T10:00"), ("response", 4, "11-30T11:00"), ("lead", 4, "11-30T13:00")],
        ),
        ((CLAIM, REPLY, ("11-27T11:00", M.SNOOZE), ("12-01T09:00", M.WAKE)), [("close", 5, "12-04T09:00")]),
    ],
)
def test_what_is_due_after_a_story(moves: tuple[tuple[str, Move], ...], expected: list[tuple[str, int, str]]) -> None:
    assert planned(OFFICE, told(*moves, snooze="2026-12-01T08:00")) == expected


@pytest.mark.parametrize(
    ("reminded", "expires"),
    [("2026-11-30T09:00", "12-03T09:00"), ("2026-12-02T15:00", "12-07T09:00")],  # 5 December is a Saturday
)
def test_who_was_asked_is_reminded_before_it_expires(reminded: str, expires: str) -> None:
    """However late the reminder was, it leaves them the same time."""
    story, key = told(CLAIM, WAIT), DueKey(K.ASKER, 3)
    assert planned(OFFICE, story, {key: berlin(reminded)}) == [("expire", 3, expires)]


@pytest.mark.parametrize(
    ("severity", "sla", "due"),
    [
        (None, {}, "11-27T12:00"),
        (None, {"default_severity": 1}, "11-30T09:30"),
        (5, {}, "11-27T10:15"),
        (4, {}, "11-27T10:30"),
        (2, {}, "11-27T14:00"),
        (1, {}, "11-30T09:30"),
        (3, {"first_response": {"3": "45m"}}, "11-27T10:45"),
        (2, {"first_response": {"3": "45m"}}, "11-27T14:00"),  # the others keep their defaults
        (1, {"round_the_clock_from": 4}, "11-30T09:30"),
        (4, {"round_the_clock_from": 4, "first_response": {"4": "20h"}}, "11-28T06:00"),
    ],
)
def test_how_soon_depends_on_the_severity(severity: int | None, sla: dict[str, Any], due: str) -> None:
    table = Timetable(Hours(BERLIN, WEEK), SlaSettings.model_validate(sla))
    half, response = planned(table, told(severity=severity))
    assert (half[0], response) == ("half", ("response", 1, due)), "without a lead nobody is told after that"


@pytest.mark.parametrize(
    ("moves", "due"),
    [
        ((), "11-27T12:00"),
        ((CLAIM,), "11-27T12:00"),
        ((CLAIM, WAIT), None),
        ((CLAIM, WAIT, ("11-27T17:00", M.ASKER_WROTE)), "11-30T10:30"),
        ((CLAIM, REPLY), None),
        ((CLAIM, ("11-27T11:00", M.SNOOZE)), None),
        ((CLAIM, REPLY, ("11-27T12:00", M.CLOSE)), None),
    ],
)
def test_when_an_answer_is_due_while_somebody_waits_for_it(
    moves: tuple[tuple[str, Move], ...], due: str | None
) -> None:
    """Of a desk that promised nothing, never."""
    story = told(*moves, snooze="2026-12-01T08:00")
    at = Timetables({"support": OFFICE}).answer_due(*story)
    assert (at and f"{at.astimezone(BERLIN):%m-%dT%H:%M}") == due
    assert Timetables({"support": Timetable(OFFICE.hours, OFFICE.sla)}).answer_due(*story) is None


def test_a_reminder_says_until_when() -> None:
    half, response, lead = OFFICE.plan(*told(), {})
    assert half == Planned(DueKey(K.HALF, 1), berlin("2026-11-27T11:00"), berlin("2026-11-27T12:00"))
    assert response.until == lead.until == response.at


@pytest.mark.parametrize(
    ("at", "severity", "said"),
    [
        ("2026-11-27T10:00", None, "Usually that takes no longer than 2 hours."),
        ("2026-11-27T10:00", 5, "Usually that takes no longer than 15 minutes."),
        ("2026-11-27T16:00", None, "You can expect an answer by Monday at 09:30 (Berlin)."),
        ("2026-11-26T17:00", None, "You can expect an answer by tomorrow at 10:30 (Berlin)."),
        (
            "2026-11-27T18:00",
            None,
            "The team is back on Monday at 09:00 (Berlin). You can expect an answer by 11:00 that day.",
        ),
        (
            "2026-11-27T03:00",
            None,
            "The team is back today at 09:00 (Berlin). You can expect an answer by 11:00 that day.",
        ),
        (
            "2026-11-26T22:00",
            1,
            "The team is back tomorrow at 09:00 (Berlin). You can expect an answer by 17:00 that day.",
        ),
        (
            "2026-11-29T22:00",
            2,
            "The team is back tomorrow at 09:00 (Berlin). You can expect an answer by 13:00 that day.",
        ),
    ],
)
def test_the_asker_is_told_when_to_expect_somebody(at: str, severity: int | None, said: str) -> None:
    assert OFFICE.expected(severity, berlin(at)) == said


def test_after_long_holidays_the_date_is_told() -> None:
    table = timetable_of(
        HoursSettings.model_validate(
            {"zone": "America/New_York", "mon": "08:00-12:00", "holidays": ["2026-12-21", "2026-12-28"]}
        ),
        None,
    )
    said = table.expected(3, datetime(2026, 12, 18, 20, tzinfo=UTC))
    assert said.startswith("The team is back on Monday 4 January at 08:00 (New York).")


def test_nobody_is_promised_what_no_operator_said() -> None:
    """Without hours and without an SLA its defaults are for humans only."""
    table = timetable_of(None, None)
    assert isinstance(table.hours, RoundTheClock)
    assert table.expected(3, FRIDAY) == ""
    assert timetable_of(None, SlaSettings()).expected(3, FRIDAY) == "Usually that takes no longer than 2 hours."
    desks = Timetables({"other": OFFICE})
    assert planned(desks.of("support"), told())[0] == ("half", 1, "11-27T11:00"), "a desk that is configured no more"


@pytest.mark.parametrize(
    "given",
    [
        {"first_response": {"6": "1h"}},
        {"first_response": {"3": "1 hour"}},
        {"first_response": {"3": "0m"}},
        {"reroute_group": "U123"},
        {"lead": "S123"},
        {"remind_asker_days": 5, "expire_days": 5},
    ],
)
def test_an_sla_that_means_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sla|SlaSettings|remind"):
        SlaSettings.model_validate(given)


def test_time_is_left_to_who_was_reminded() -> None:
    """The reminder's `until` is when it would expire."""
    [asker] = OFFICE.plan(*told(CLAIM, WAIT), {})
    assert asker.until is not None
    assert asker.until - asker.at >= timedelta(days=3)
