"""A message_action payload as a question for the inbox."""

from datetime import UTC, datetime
from typing import Any

from bot.desk.model import is_private, question_key
from bot.slack.asked_privately import AboutMessage, asked, message_of
from bot.slack.inbound import Identity

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ME = Identity("T1", "U0BOT", "B1")


def body(**message: Any) -> dict[str, Any]:
    return {
        "type": "message_action",
        "user": {"id": "U1"},
        "channel": {"id": "C1", "name": "support"},
        "action_ts": "9.0",
        "message_ts": "5.0",
        "message": {"ts": "5.0", "user": "U2", "text": "<@U0BOT> how &amp; when?", **message},
    }


def test_nothing_of_it_belongs_to_the_channel() -> None:
    """What reads a channel's or a thread's questions by channel or thread can't find it; its key is the asker's."""
    item = asked(body(thread_ts="1.0", files=[{"id": "F1"}]), ME, NOW)
    assert (item.channel, item.thread_ts, item.user, item.kind) == ("U1", None, "U1", "dm")
    assert (item.text, item.ts, item.payload["files"]) == ("how & when?", "9.0", [{"id": "F1"}])
    assert is_private(item.key)
    assert not any(is_private(question_key("T1", channel, "9.0")) for channel in ("C1", "D1", "G1"))
    assert AboutMessage.of(item) == AboutMessage("C1", "5.0", "1.0", "U2")


def test_twice_delivered_it_is_one_and_asked_again_another() -> None:
    assert asked(body(), ME, NOW).key == asked(body(), ME, NOW).key
    assert asked(body(), ME, NOW).key != asked(body() | {"action_ts": "9.1"}, ME, NOW).key


def test_where_it_is_seen_and_shared() -> None:
    """About a reply in its thread; about a root in the channel, also when others have replied, and shared below it."""
    for thread_ts, seen, shared in (("1.0", "1.0", "1.0"), ("5.0", None, "5.0"), (None, None, "5.0")):
        about = message_of(body(thread_ts=thread_ts))
        assert (about.in_thread, about.thread_ts) == (seen, shared)
    assert message_of({"message_ts": "5.0"}) == AboutMessage("", "5.0", None, "")
