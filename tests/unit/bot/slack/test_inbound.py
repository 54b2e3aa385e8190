"""What each event means; nothing that Slack or somebody sends makes it raise."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.inbound import Deleted, Edited, Heard, Identity, Ignored, clean, read

ME = Identity("T1", "U0BOT", "B0BOT", app_id="A0BOT")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def event(**given: Any) -> dict[str, Any]:
    base = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": "1.000100", "text": "hi"}
    return {name: value for name, value in (base | given).items() if value is not None}


def heard(**given: Any) -> Heard:
    meaning = read(event(**given), ME, NOW)
    assert isinstance(meaning, Heard)
    return meaning


def test_a_mention_and_its_message_have_one_key() -> None:
    """Both are addressed, and the same question by its key."""
    mention = heard(type="app_mention", text="<@U0BOT> returns?", channel_type=None)
    message = heard(text="<@U0BOT> returns?")
    assert mention.item.key == message.item.key == "T1:C1:1.000100"
    assert mention.addressed
    assert message.addressed
    assert message.item.text == "returns?"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"channel": "D1", "channel_type": "im"}, "dm"),
        ({"channel": "D1", "channel_type": None}, "dm"),
        ({"channel_type": "group", "text": "<@U0BOT> x"}, "private"),
        ({"channel_type": "mpim", "text": "<@U0BOT> x"}, "private"),
        ({"text": "<@U0BOT> x"}, "channel"),
    ],
)
def test_where_it_was_said(given: dict[str, Any], kind: str) -> None:
    """The kind of place, and that it is for the desk."""
    found = heard(**given)
    assert found.item.kind == kind
    assert found.addressed


def test_a_reply_is_for_the_desk_only_where_it_takes_part() -> None:
    """Without a mention it is left to the thread's state; a broadcast reply too; a root message to the channel's."""
    assert not heard(thread_ts="0.9").addressed
    assert not heard(thread_ts="0.9", subtype="thread_broadcast").addressed
    assert not heard().addressed
    assert isinstance(read(event(text="hi all, <@U2> knows?"), ME, NOW), Ignored)
    assert heard(thread_ts="1.000100").item.thread_ts is None
    assert not heard(thread_ts="0.9").aside
    for text in ("<@U2> see above", "Hi <@U2|sam> can you check?", "for <!subteam^S1>"):
        assert heard(thread_ts="0.9", text=text).aside
    assert not heard(thread_ts="0.9", text="<@U2> <@U0BOT> see above").aside
    assert heard(thread_ts="0.9", text="<@U2> <@U0BOT> see above").addressed


@pytest.mark.parametrize(
    "given",
    [
        {"user": "U0BOT"},
        {"bot_id": "B0BOT", "user": None},
        {"bot_id": "B9", "text": "<@U0BOT> loop"},
        {"subtype": "bot_message", "bot_id": "B9"},
        {"user": "USLACKBOT", "channel": "D1"},
        {"user": None, "channel": "D1"},
        {"subtype": "channel_join", "channel": "D1"},
        {"subtype": "message_replied", "channel": "D1"},
        {"hidden": True, "channel": "D1"},
        {"type": "reaction_added"},
        {"type": None},
        {"channel": None},
    ],
)
def test_what_is_not_for_us(given: dict[str, Any]) -> None:
    """Bots, ourselves, Slack's own messages and unknown events are ignored with a reason."""
    meaning = read(event(**given), ME, NOW)
    assert isinstance(meaning, Ignored)
    assert meaning.reason


MENTION = "<@U0BOT> what is the return window?"
LISTED = ("B0FORM", "A0FORM", "U0FORM", "B0BOT", "A0BOT", "U0BOT", "B0WEBHOOK")


@pytest.mark.parametrize(
    "given",
    [
        {"user": "U0BOT"},
        {"user": "U0BOT", "bot_id": "B0BOT", "app_id": "A0BOT", "bot_profile": {"id": "B0BOT", "app_id": "A0BOT"}},
        {"user": None, "bot_id": "B0BOT", "subtype": "bot_message"},
        {"user": None, "bot_id": "B0WEBHOOK", "app_id": "A0BOT", "subtype": "bot_message"},
        {"user": None, "bot_id": "B0WEBHOOK", "bot_profile": {"app_id": "A0BOT"}},
        {"user": "U0BOT", "bot_id": "B0BOT", "subtype": "thread_broadcast", "thread_ts": "0.9"},
        {"user": "U0FORM", "bot_id": "B0FORM", "metadata": {"event_type": "frontdesk_answer", "event_payload": {}}},
        {"user": "U1", "metadata": {"event_type": "frontdesk_limit", "event_payload": {}}},
    ],
)
@pytest.mark.parametrize("kind", ["message", "app_mention"])
def test_our_own_messages_are_never_questions(given: dict[str, Any], kind: str) -> None:
    """In whatever shape they come, also where somebody listed ourselves, and those of another Frontdesk."""
    assert read(event(type=kind, text=MENTION, **given), ME, NOW, LISTED) == Ignored("our own message")
    edit = event(subtype="message_changed", ts="2.0", message=event(text=MENTION, **given), previous_message={})
    assert read(edit, ME, NOW, LISTED) == Ignored("our own message")


@pytest.mark.parametrize("listed", ["B0FORM", "A0FORM", "U0FORM"])
@pytest.mark.parametrize("subtype", [None, "bot_message"])
def test_a_listed_bot_is_heard(listed: str, subtype: str | None) -> None:
    """By the id of the bot, of its app or of its user; what it wrote is marked as a bot's."""
    written = event(text=MENTION, subtype=subtype, bot_id="B0FORM", app_id="A0FORM", user="U0FORM")
    assert read(written, ME, NOW) == Ignored("another bot's message" if subtype is None else f"subtype {subtype}")
    found = read(written, ME, NOW, [listed])
    assert isinstance(found, Heard)
    assert (found.item.by_bot, found.addressed, found.item.user) == (True, True, "U0FORM")


def test_a_workflow_has_no_user() -> None:
    """Its bot's id stands for it."""
    posted = event(text=MENTION, subtype="bot_message", bot_id="B0FORM", user=None, username="Ask the desk")
    found = read(posted, ME, NOW, ["B0FORM"])
    assert isinstance(found, Heard)
    assert found.item.user == "B0FORM"


@pytest.mark.parametrize(
    "given",
    [
        {"text": "Done.", "thread_ts": "0.9"},
        {"text": MENTION, "channel": "D1", "channel_type": "im"},
        {"text": MENTION, "bot_id": "B0OTHER"},
        {"text": MENTION, "user": "USLACKBOT", "bot_id": None},
    ],
)
def test_what_a_bot_says_beside_the_desk_is_not_for_it(given: dict[str, Any]) -> None:
    """In a thread only with a mention, where two desks would answer each other; in a direct message never."""
    assert isinstance(read(event(**({"user": "U0OTHER", "bot_id": "B0FORM"} | given)), ME, NOW, ["B0FORM"]), Ignored)


def test_edits_and_deletions_name_the_question() -> None:
    """By the key of the message; an edit that only unfurled a link is nothing."""
    message = {"ts": "1.000100", "text": "<@U0BOT> new"}
    edit = event(subtype="message_changed", ts="2.0", message=message, previous_message={"text": "old"})
    assert read(edit, ME, NOW) == Edited("T1:C1:1.000100", "new")
    unfurled = edit | {"previous_message": {"text": message["text"]}}
    assert isinstance(read(unfurled, ME, NOW), Ignored)
    gone = event(subtype="message_deleted", ts="2.0", deleted_ts="1.000100")
    assert read(gone, ME, NOW) == Deleted("T1:C1:1.000100")
    tombstone = edit | {"message": {"ts": "1.000100", "subtype": "tombstone", "text": "This message was deleted."}}
    assert read(tombstone, ME, NOW) == Deleted("T1:C1:1.000100")


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [
        ("<@U0BOT>", ""),
        ("<@U0BOT|frontdesk>   hello", "hello"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("see <https://x.example/a|our page> now", "see our page (https://x.example/a) now"),
        ("see <https://x.example/a|x.example/a>", "see https://x.example/a"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("ask <@U2|dana> in <#C2|support> <!here>", "ask @dana in #support @here"),
        ("<!subteam^S1|@agents> <!date^1^{date}|yesterday>", "@agents yesterday"),
        ("1 < 2 and > 3", "1 < 2 and > 3"),
        ("line\n  two", "line\n two"),
    ],
)
def test_text_as_a_person_reads_it(raw: str, read_as: str) -> None:
    """Our mention gone, tokens readable, escapes undone."""
    assert clean(raw, ME) == read_as


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["message", "C1", "U1", "1.2", "<@U0BOT>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
fields = ["type", "subtype", "channel", "channel_type", "user", "ts", "text", "thread_ts", "message", "previous_message", "deleted_ts", "bot_id", "hidden", "app_id", "bot_profile", "metadata"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(fields), json, max_size=10),
    st.sampled_from([None, "message_changed", "message_deleted", "file_share", "bot_message", "x"]),
)
def test_no_payload_makes_it_raise(payload: dict[str, Any], subtype: str | None) -> None:
    """Whatever the fields hold, the answer is one of the four, and a question has a key and an author."""
    meaning = read({"type": "message", "channel": "D1", "subtype": subtype} | payload, ME, NOW, ["C1", "U1"])
    assert isinstance(meaning, Heard | Edited | Deleted | Ignored)
    if isinstance(meaning, Heard):
        assert meaning.item.user
        assert meaning.item.key.startswith("T1:")
