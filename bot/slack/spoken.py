"""The beginning of a message in plain text: what notifications show and screen readers read. Pure."""

import re

from bot.slack.mrkdwn import escape, has_address, split
from bot.slack.tables import Table, as_list, parts

LIMIT = 3_000  # characters, before what Slack wants escaped is
_MOST = 3_900  # after it: chat.update takes 4,000
_FENCE = re.compile(r"^```.*\n?", re.MULTILINE)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_BULLET = re.compile(r"^(\s*)[-*+]\s+", re.MULTILINE)
_BOLD = re.compile(r"\*\*(?=\S)(.{1,500}?)(?<=\S)\*\*")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*\)")


def spoken(markdown: str) -> str:
    """Of what safe_markdown() gave. It mentions nobody and has no link."""
    limit = LIMIT
    while True:
        text = escape(without_marks(split(markdown, limit)[0])).strip()
        if len(text) <= _MOST or limit < 400:
            return text[:_MOST] or "…"
        limit //= 2


def without_marks(markdown: str) -> str:
    """Its words and lines; what has no syntax but Slack's could still be markup."""
    text = "\n".join(as_list(part) if isinstance(part, Table) else part for part in parts(markdown))
    text = _BULLET.sub(r"\1• ", _HEADING.sub("", _FENCE.sub("", text)))
    text = _LINK.sub(r"\1", _BOLD.sub(r"\1", text))
    # An address that may not be a link is kept in code, where it is none.
    return _CODE.sub(lambda match: match[0] if has_address(match[1]) else match[1], text)
