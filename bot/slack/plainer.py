"""Posts in the best form that Slack takes."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.slack.blocks import Block, Message
from bot.slack.client import SlackRefused
from bot.slack.mrkdwn import split

log = logging.getLogger(__name__)
T = TypeVar("T")
_SECTION = 2_900  # characters of mrkdwn

TOO_MUCH = frozenset(
    {
        "invalid_attachments",  # more tables than one
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "too_many_blocks",
    }
)


async def in_some_form(
    key: str, forms: Sequence[Sequence[Message]], post: Callable[[Sequence[Message]], Awaitable[T]]
) -> T:
    """What `post` gives for the first of the forms whose form is not refused, best first. Raises what `post` raises
    for another reason, or for the last one. `key`: whose they are, for the log."""
    for messages in forms[:-1]:
        try:
            return await post(messages)
        except SlackRefused as error:
            if error.code not in TOO_MUCH:
                raise
            log.warning("Slack refused the form of %s (%s); posting it plainer", key, error.code)
    return await post(forms[-1])


def plainer(message: Message, more: str = "") -> list[list[Message]]:
    """The forms of one message whose text, as mrkdwn, says what matters of it: as it is; its text and its buttons; its
    text. `more`: what the text lacks, and is to stand in the plainer ones."""
    if not message.blocks:
        return [[message]]
    text = "\n".join(filter(None, (message.text, more)))
    sections: list[Block] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": piece}} for piece in split(text, _SECTION)
    ]
    buttons = [block for block in message.blocks if block["type"] == "actions"]
    return [[message], [Message(message.text, (*sections, *buttons))], [Message(text)]]
