"""What somebody is told who asks too much."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.model import Accepted, Limited, LimitName
from bot.settings import LimitSettings
from bot.slack.limit_notes import note

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def limited(by: LimitName, minutes: float, *, refused: bool = False, text: str = "May I?") -> str:
    item = Accepted("k", "T1", "C1", "1.0", "U1", "channel", text, {}, NOW)
    return note(Limited(item, by, NOW + timedelta(minutes=minutes), refused), LimitSettings(), NOW)


@pytest.mark.parametrize(
    ("by", "minutes", "said"),
    [
        ("user", 1, "up to 10 questions a minute for each person. I'll get to the rest in a minute;"),
        ("user", 5, "I'll get to the rest in a few minutes;"),
        ("channel", 1, "more questions in this channel right now than I can answer at once. I'll get to yours in"),
        ("day", 60, "up to 500 questions a day for each person. I'll get to the rest after <!date^1795431600^"),
    ],
)
def test_what_waits(by: LimitName, minutes: float, said: str) -> None:
    assert said in limited(by, minutes)


def test_what_is_left_out() -> None:
    """Which question, in its asker's words, which mention nobody; and a time that is not before it will be taken."""
    said = limited("day", 60.5, refused=True, text="<!channel> how *long* " + "x" * 100)
    assert "&lt;!channel&gt; how *long* xxx" in said
    assert "<!channel>" not in said
    assert "…” or what you write after it: please ask again after <!date^1795431690^" in said
    assert "your last message" in limited("user", 9, refused=True, text="")
