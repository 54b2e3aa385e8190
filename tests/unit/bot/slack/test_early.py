"""Edits and deletions that come before their message, in any order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack.early import Early
from bot.slack.inbound import Deleted, Edited, Heard, Identity, read

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = "T1:C1:10.000100"
FIRST, SECOND, GONE = Edited(KEY, "first", 11.0), Edited(KEY, "second", 12.0), Deleted(KEY)


def as_it_stands(early: Early, **given: Any) -> str | None:
    """What the desk takes the message for; None: it is gone."""
    event = {"type": "message", "channel": "C1", "user": "U1", "ts": "10.000100", "text": "as written"} | given
    heard = read(event, Identity("T1", "U0BOT"), NOW)
    assert isinstance(heard, Heard)
    item = early.as_it_stands(heard.item)
    return item and item.text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([], "as written"),
        ([FIRST], "first"),
        ([FIRST, SECOND], "second"),
        ([SECOND, FIRST], "second"),
        ([GONE], None),
        ([FIRST, GONE], None),
        ([GONE, FIRST], None),
        ([Edited("T1:C1:9.0", "another's", 11.0), Deleted("T1:C2:10.000100")], "as written"),
    ],
)
def test_a_message_counts_as_it_stands(changes: Sequence[Edited | Deleted], text: str | None) -> None:
    """Both times that it comes: as a message and as a mention."""
    early = Early(lambda: NOW)
    for change in changes:
        early.note(change)
    assert [as_it_stands(early), as_it_stands(early, type="app_mention")] == [text, text]


def test_a_later_version_of_the_message_is_not_undone() -> None:
    """A mention that an edit added comes with that edit's text, before or after the edit itself."""
    early = Early(lambda: NOW)
    early.note(FIRST)
    assert as_it_stands(early, text="second", edited={"user": "U1", "ts": "12.000000"}) == "second"


def test_it_is_kept_while_slack_may_deliver_the_message() -> None:
    """And no longer: most edits are of messages that are nothing to the desk."""
    now = NOW
    early = Early(lambda: now)
    early.note(FIRST)
    now += timedelta(minutes=6)
    early.note(Deleted("T1:C1:9.0"))
    assert as_it_stands(early) == "first"
    now += timedelta(minutes=6)
    early.note(Deleted("T1:C1:8.0"))
    assert as_it_stands(early) == "as written"
