"""Whom a message notifies and where it leads."""

from typing import Any

import pytest

from ops.workspace.mentions import links, mentions


def blocks(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"text": "", "blocks": list(parts)}


RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}, {"type": "user", "user_id": "U0DANA"}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"text": "<!channel> and <!here|here> and <@U0DANA>"}, ["<!channel>", "<!here|here>", "<@U0DANA>"]),
        ({"text": "<!subteam^S123> <!everyone>"}, ["<!subteam^S123>", "<!everyone>"]),
        ({"text": "&lt;!channel&gt; @channel <#C0SUPPORT> <!date^1^x|x>"}, []),
        (blocks({"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}), ["<!channel>"]),
        (blocks({"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}), []),
        (blocks({"type": "context", "elements": [{"type": "mrkdwn", "text": "<@U0DANA>"}]}), ["<@U0DANA>"]),
        (blocks({"type": "markdown", "text": "<!channel>"}), ["<!channel>"]),
        (blocks(RICH), ["<!here>", "<@U0DANA>"]),
    ],
)
def test_who_is_notified(message: dict[str, Any], found: list[str]) -> None:
    """As Slack reads it: escaped text and plain words notify nobody, and every block that takes markup can."""
    assert mentions(message) == found


def test_plain_words_notify_when_the_app_asks_to_link_names() -> None:
    assert mentions({"text": "hello @channel"}, link_names=True) == ["<!channel>"]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"text": "<https://a.example|click>"}, ["https://a.example"]),
        ({"text": "see https://a.example/x."}, ["https://a.example/x."]),
        (blocks({"type": "markdown", "text": "[click](https://a.example)"}), ["https://a.example"]),
        (blocks({"type": "actions", "elements": [{"type": "button", "url": "https://a.example"}]}), ["https://a.example"]),
        (blocks({"type": "rich_text", "elements": [{"type": "link", "url": "https://a.example"}]}), ["https://a.example"]),
        ({"text": "&lt;https is a protocol"}, []),
    ],
)  # fmt: skip
def test_where_it_leads(message: dict[str, Any], found: list[str]) -> None:
    assert links(message) == found
