"""Each move in each state by each role: it goes, or it is refused in a sentence that a person can read."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.human_path import DESK, OVER, QUIET, TIMER, Escalation, EscalationState, Move
from bot.escalation.model import STEPS, Names, Role, is_news, may_reopen, owner_after, refusal, roles_of, step_for

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = Names("Alex", "Dana")
S, M = EscalationState, Move

# What goes: move, the states it starts from, where it leads (None: it stays), and who may make it. Written down here a
# second time, by who may do what, not by how it is stored.
GOES = [
    (M.CLAIM, "open reopened", S.CLAIMED, "agent lead"),
    (M.REPLY, "open claimed waiting answered reopened", S.ANSWERED, "owner lead"),
    (M.WAIT, "open claimed waiting answered reopened", S.WAITING, "owner lead"),
    (M.ASKER_WROTE, "claimed waiting answered", S.CLAIMED, "asker"),
    (M.ASKER_WROTE, "open reopened", None, "asker"),
    (M.HAND_OVER, "open reopened", S.CLAIMED, "owner lead"),
    (M.HAND_OVER, "claimed waiting answered", None, "owner lead"),
    (M.CONFIRM, "claimed waiting answered reopened", S.CONFIRMED, "asker"),
    (M.NOT_YET, "answered", S.CLAIMED, "asker"),
    (M.CLOSE, "open claimed waiting reopened", S.CLOSED, "asker owner lead"),
    (M.CLOSE, "answered confirmed", S.CLOSED, "asker owner lead timer"),
    (M.REOPEN, "confirmed closed expired", S.REOPENED, "asker owner lead"),
    (M.SNOOZE, "claimed waiting answered", None, "owner lead"),
    (M.WAKE, "claimed waiting answered", None, "owner lead timer"),
    (M.EXPIRE, "waiting", S.EXPIRED, "timer"),
]
EXPECTED = {
    (move, S(state), Role(role)): after or S(state)
    for move, states, after, roles in GOES
    for state in states.split()
    for role in roles.split()
}


def one(state: EscalationState = S.CLAIMED, owner: str | None = "U2", channel: str = "C1") -> Escalation:
    return Escalation("E1", "support", "T1", channel, "1.1", "U1", "?", None, state, NOW, owner, changed_at=NOW)


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("move", M)
def test_each_move_goes_or_is_refused(move: Move, state: EscalationState) -> None:
    """720 of them."""
    for role in Role:
        step = step_for(move, state, [role])
        assert (step.after if step else None) == EXPECTED.get((move, state, role)), role
        if step is None:
            for owner in ("U2", None):
                said = refusal(move, one(state, owner), "U7", NAMES).public
                assert said[0].isupper()
                assert said.endswith(".")
                assert len(said) > 15


def test_every_state_can_be_reached_and_left() -> None:
    """What is over only by reopening it; nothing is a dead end."""
    reached = {S.OPEN} | {step.after for steps in STEPS.values() for step in steps.values()}
    assert reached == set(S)
    for state in S:
        onward = {move for move, steps in STEPS.items() if state in steps and steps[state].after is not state}
        assert onward == ({M.REOPEN} if state in OVER else onward)
        assert onward


@pytest.mark.parametrize(
    ("user", "owner", "agent", "lead", "roles"),
    [
        ("U1", "U2", False, False, "asker"),
        ("U2", "U2", True, False, "owner agent"),
        ("U3", "U2", True, False, "agent"),
        ("U3", None, True, False, "owner agent"),  # what nobody owns is each agent's
        ("U1", None, True, False, "asker owner agent"),
        ("U8", "U2", False, True, "lead"),
        ("U8", None, False, True, "owner lead"),
        ("U7", None, False, False, ""),
        (TIMER, None, False, False, "timer"),
        (DESK, "U2", False, False, "desk"),
    ],
)
def test_what_somebody_is_to_an_escalation(user: str, owner: str | None, agent: bool, lead: bool, roles: str) -> None:
    assert roles_of(one(owner=owner), user, agent=agent, lead=lead) == {Role(role) for role in roles.split()}


@pytest.mark.parametrize(
    ("move", "owner", "user", "after"),
    [
        (M.CLAIM, None, "U3", "U3"),
        (M.CLAIM, None, "U1", "U1"),  # an agent who asked may help themselves
        (M.REPLY, None, "U3", "U3"),
        (M.REPLY, "U2", "U8", "U2"),  # a lead speaks for its owner
        (M.WAIT, None, "U3", "U3"),
        (M.CLOSE, None, "U3", "U3"),
        (M.CLOSE, None, "U1", None),
        (M.CLOSE, None, TIMER, None),
        (M.CLOSE, "U2", "U1", "U2"),
        (M.CONFIRM, "U2", "U1", "U2"),
        (M.REOPEN, "U2", "U1", None),
        (M.EXPIRE, "U2", TIMER, "U2"),
    ],
)
def test_who_has_it_after_a_move(move: Move, owner: str | None, user: str, after: str | None) -> None:
    assert owner_after(move, one(owner=owner), user) == after


@pytest.mark.parametrize(
    ("move", "state", "owner", "user", "said"),
    [
        (M.CLAIM, S.CLAIMED, "U2", "U3", "Alex has claimed this already."),
        (M.CLAIM, S.WAITING, "U2", "U2", "You have this already."),
        (M.CLAIM, S.CLOSED, "U2", "U3", "Alex has resolved this already."),
        (M.CLAIM, S.CLOSED, None, "U3", "Dana has resolved this already."),
        (M.CLAIM, S.OPEN, None, "U7", "Only this desk's agents can take requests. Ask an admin to add you."),
        (M.REPLY, S.CONFIRMED, "U2", "U2", "Dana has said that this is solved."),
        (M.REPLY, S.CLAIMED, "U2", "U3", "Alex has this one; only they or an admin can do that."),
        (M.REPLY, S.OPEN, None, "U7", "Only this desk's agents can take requests. Ask an admin to add you."),
        (M.CLOSE, S.CLAIMED, "U2", "U3", "Alex has this one; only they, Dana or an admin can resolve it."),
        (M.CLOSE, S.OPEN, None, "U7", "Only this desk's agents can take requests. Ask an admin to add you."),
        (M.CONFIRM, S.ANSWERED, "U2", "U3", "Only Dana can say that."),
        (M.NOT_YET, S.OPEN, None, "U1", "Nobody has claimed this yet."),
        (M.SNOOZE, S.OPEN, None, "U3", "Nobody has claimed this yet."),
        (M.REOPEN, S.CLOSED, "U2", "U3", "Only Dana or an admin can reopen this."),
        (M.REOPEN, S.CLAIMED, "U2", "U1", "Alex is at work on this."),
        (M.EXPIRE, S.WAITING, "U2", "U2", "That happens by itself."),
    ],
)
def test_a_refusal_says_how_it_stands(
    move: Move, state: EscalationState, owner: str | None, user: str, said: str
) -> None:
    assert refusal(move, one(state, owner), user, NAMES).public == said


@pytest.mark.parametrize(
    ("state", "user", "days", "may"),
    [
        (S.CLOSED, "U1", 14, True),
        (S.CLOSED, "U1", 15, False),
        (S.EXPIRED, "U1", 1, True),
        (S.CLOSED, "U3", 1, False),
        (S.CONFIRMED, "U1", 1, False),  # it is not over
    ],
)
def test_what_is_over_is_its_askers_to_reopen_for_some_time(
    state: EscalationState, user: str, days: int, may: bool
) -> None:
    assert may_reopen(one(state), user, NOW + timedelta(days=days), timedelta(days=14)) is may


@pytest.mark.parametrize(
    ("state", "channel", "last", "text", "news"),
    [
        (S.WAITING, "C1", M.WAIT, "EM-100001", True),
        (S.WAITING, "C1", M.WAIT, "thanks!", True),  # it may be all that was asked for
        (S.ANSWERED, "C1", M.REPLY, "Thank you!", False),
        (S.ANSWERED, "C1", M.REPLY, "it is still broken", True),
        (S.ANSWERED, "C1", M.REPLY, "", True),  # a picture
        (S.CLAIMED, "C1", M.CLAIM, "are you there?", True),
        (S.CLAIMED, "C1", M.ASKER_WROTE, "hello?", False),
        (S.CLAIMED, "D1", M.ASKER_WROTE, "hello?", True),
        (S.OPEN, "C1", M.CALL, "hello?", False),
        (S.OPEN, "D1", M.CALL, "hello?", True),
        (S.OPEN, "D1", M.ASKER_WROTE, "EM-100001", True),
        (S.REOPENED, "D1", M.REOPEN, "hello?", True),
        (S.CONFIRMED, "D1", M.CONFIRM, "and one more thing", False),
        (S.CONFIRMED, "C1", M.CONFIRM, "and one more thing", False),
    ],
)
def test_what_the_owner_is_told_that_the_asker_wrote(
    state: EscalationState, channel: str, last: Move, text: str, news: bool
) -> None:
    assert is_news(one(state, channel=channel), last, text) is news
    assert news is False or state in QUIET or channel == "D1"
