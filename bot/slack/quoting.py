"""What the bot once wrote, quoted where text has no syntax: its lines stay, its marks go. Pure."""

import re

from bot.slack.mrkdwn import plain
from bot.slack.spoken import without_marks

_SLANTED = re.compile(
    r"(?<![\w*])\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]{1,500}?)(?<=\S)_(?!\w)"
)


def quoted(markdown: str, limit: int) -> str:
    """At most `limit` characters; lists and tables are lines with a bullet."""
    text = _SLANTED.sub(lambda match: match[1] or match[2], without_marks(markdown))
    lines = "\n".join(plain(line, limit) for line in text.splitlines())
    whole = re.sub(r"\n{2,}", "\n", lines).strip()
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"
