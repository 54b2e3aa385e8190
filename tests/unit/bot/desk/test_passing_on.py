"""What an asker only tells, while a human is to come."""

import pytest

from bot.desk.passing_on import only_tells


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("it is the Halden Book 14 btw", True),
        ("my order is EM-118402", True),
        ("your last answer was wrong", True),
        ("how long does shipping take", False),
        ("my order EM-999, how long is its shipping?", False),
        ("thank you!", False),
        ("I want to talk to a human", False),
        ("", False),
    ],
)
def test_what_asks_nothing_is_only_passed_on(text: str, tells: bool) -> None:
    assert only_tells(text) is tells
