"""What was written, quoted where text has no syntax: its lines stay, and of what the bot wrote the marks go. Pure."""

import re

from bot.slack.mrkdwn import plain
from bot.slack.spoken import without_marks

_SLANTED = re.compile(
    r"(?<![\w*])\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]{1,500}?)(?<=\S)_(?!\w)"
)


def quoted(markdown: str, limit: int) -> str:
    """At most `limit` characters of what the bot wrote; lists and tables are lines with a bullet."""
    return lines(_SLANTED.sub(lambda match: match[1] or match[2], without_marks(markdown)), limit)


def lines(text: str, limit: int) -> str:
    """At most `limit` characters of what somebody wrote, without empty lines."""
    found = (plain(line, limit) for line in text.splitlines())
    whole = "\n".join(line for line in found if line)
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"
