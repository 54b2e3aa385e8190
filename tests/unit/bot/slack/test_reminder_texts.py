"""What reminders say: who is mentioned, by whom it is read, and that names can do nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.due import Due, DueKey, DueKind, Reminder
from bot.desk.human_path import Escalation, EscalationState
from bot.slack.reminder_texts import beside_the_brief, to_the_asker, to_the_lead

K, S = DueKind, EscalationState
AT = datetime(2026, 11, 27, 10, tzinfo=UTC)


def reminder(kind: DueKind, state: S, *, hours: int = 1, channel: str = "C1", **more: str) -> Reminder:
    owner = None if state is S.OPEN else "U2"
    one = Escalation(
        "E1", "support", "T", channel, "1.0", "U1", "?", None, state, AT, owner, brief_channel="C9", brief_ts="9.0"
    )
    return Reminder(one, Due("E1", DueKey(kind, 1), AT, AT + timedelta(hours=hours), 1, 1), **more)


@pytest.mark.parametrize(
    ("kind", "state", "more", "begins", "ends"),
    [
        (K.HALF, S.OPEN, {}, "Nobody has taken this yet. Dana waits for an answer until <!date^", ">."),
        (K.HALF, S.CLAIMED, {}, "<@U2> Dana waits for an answer until <!date^", ">."),
        (K.RESPONSE, S.OPEN, {}, "Dana was to have an answer by <!date^", "and has none. Who takes it?"),
        (K.RESPONSE, S.OPEN, {"group": "S1"}, "<!subteam^S1> Dana was to", "Who takes it?"),
        (K.RESPONSE, S.CLAIMED, {}, "Dana was to have", "<@U2> has it."),
        (K.RESPONSE, S.CLAIMED, {"group": "S1"}, "<!subteam^S1> Dana", "<@U2> has it: can somebody help?"),
        (K.LEAD, S.OPEN, {"lead": "U8"}, "<@U8> Dana was to have an answer by", "Nobody has taken it."),
        (K.LEAD, S.REOPENED, {"lead": "U8"}, "<@U8> Dana", "Nobody has taken it."),
        (K.LEAD, S.CLAIMED, {"lead": "U8"}, "<@U8> Dana", "<@U2> has it."),
    ],
)
def test_beside_the_brief(kind: DueKind, state: S, more: dict[str, str], begins: str, ends: str) -> None:
    said = beside_the_brief(reminder(kind, state, **more), "Dana")
    assert said.startswith(begins)
    assert said.endswith(ends)


@pytest.mark.parametrize(
    ("link", "where"), [("https://x.example/1", "<https://x.example/1|Open the request>."), (None, "It is in <#C9>.")]
)
def test_a_lead_is_told_the_way_there(link: str | None, where: str) -> None:
    said = to_the_lead(reminder(K.LEAD, S.OPEN, lead="U8"), "Dana", link)
    assert said.startswith("Dana was to have an answer from a human by <!date^")
    assert said.endswith(f"nobody has taken it. {where}")


@pytest.mark.parametrize(("hours", "within"), [(72, "3 days"), (24, "a day"), (1, "a day"), (71, "3 days")])
def test_an_asker_is_told_how_long_they_have(hours: int, within: str) -> None:
    said = to_the_asker(reminder(K.ASKER, S.WAITING, hours=hours), "Alex")
    assert said.startswith("<@U1> Alex still needs your answer to go on.")
    assert f"within {within}, I close" in said
    assert not to_the_asker(reminder(K.ASKER, S.WAITING, channel="D1"), "Alex").startswith("<@")


def test_names_can_mention_nobody() -> None:
    name = "<!channel> Dana"
    for said in (
        beside_the_brief(reminder(K.HALF, S.OPEN), name),
        to_the_lead(reminder(K.LEAD, S.OPEN), name, None),
        to_the_asker(reminder(K.ASKER, S.WAITING), name),
    ):
        assert "<!channel>" not in said
