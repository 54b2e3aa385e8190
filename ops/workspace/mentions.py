"""Whom a message would notify and where its links lead, read as Slack's clients read mrkdwn, Markdown and rich text."""

import re
from collections.abc import Iterator
from typing import Any

_MENTION = re.compile(r"<!(?:channel|here|everyone|subteam\^\w+)(?:\|[^>]*)?>|<@[UWB]\w+(?:\|[^>]*)?>")
_AT_WORDS = re.compile(r"(?<![\w<!])@(?:channel|here|everyone)\b")
_LINK = re.compile(r"<((?:https?|mailto|tel|slack):[^|>]+)(?:\|[^>]*)?>")
_MARKDOWN_LINK = re.compile(r"\]\(<?((?:https?|mailto|tel|slack):[^)\s>]+)")
_BARE = re.compile(r"(?<![(<|\w])https?://[^\s<>|)\]]+")
_RICH = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}


def mentions(message: dict[str, Any], *, link_names: bool = False) -> list[str]:
    """Such as ["<!channel>", "<@U0DANA>"]; `link_names`: plain "@channel" counts too."""
    found: list[str] = []
    for marked in _marked(message):
        found += _MENTION.findall(marked)
        found += [f"<!{word[1:]}>" for word in _AT_WORDS.findall(marked)] if link_names else []
    for part in _objects(message.get("blocks", [])):
        if part.get("type") in _RICH and _RICH[part["type"]] in part:
            found.append(f"<{'!' if part['type'] == 'broadcast' else '@'}{part[_RICH[part['type']]]}>")
    return found


def links(message: dict[str, Any]) -> list[str]:
    """Every address that somebody who sees the message can follow."""
    found: list[str] = []
    for marked in _marked(message):
        for pattern in (_LINK, _MARKDOWN_LINK, _BARE):
            found += pattern.findall(marked)
    found += [part["url"] for part in _objects(message.get("blocks", [])) if isinstance(part.get("url"), str)]
    return found


def _marked(message: dict[str, Any]) -> Iterator[str]:
    """The texts in which markup counts."""
    yield str(message.get("text", ""))
    for part in _objects(message.get("blocks", [])):
        if part.get("type") in ("mrkdwn", "markdown") and isinstance(part.get("text"), str):
            yield part["text"]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _objects(one)
    elif isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _objects(one)
