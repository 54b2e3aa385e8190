"""What an answer tells its asker alone: a direct message, posted before the thread says that it was (rule 6).

A direct message and not an ephemeral one: an ephemeral message has no ts, is in no history and shows only where the
thread is open, so after a crash nobody could tell whether it was seen, and it would be lost or doubled.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.model import Answer, Question
from bot.desk.ports import Posts
from bot.slack.blocks import Block, Message
from bot.slack.client import SlackClients, SlackRefused
from bot.slack.direct_posts import DirectPosts
from bot.slack.forms import Forms, Frame, whole_forms
from bot.slack.plainer import in_some_form

log = logging.getLogger(__name__)


def private_key(key: str) -> str:
    """The key of a question's private part in the record of posts."""
    return f"{key}:private"


class PrivateNote:
    """Posts it at most once, over crashes and lost replies (rule 2)."""

    def __init__(self, clients: SlackClients, posts: Posts) -> None:
        self._direct = DirectPosts(clients)
        self._posts = posts

    async def send(self, question: Question, answer: Answer, closing: Sequence[Block] = ()) -> bool:
        """Whether the asker has it; `closing` ends it. False: Slack will not take it. Raises SlackUnavailable, and
        SlackRefused for what passes: it is safe to call again."""
        key, user = private_key(question.key), question.asker.user_id
        earlier = await self._posts.of(key)
        if earlier is not None and earlier.final:
            return True
        try:
            there = await self._direct.found(user, key, question.ts) if earlier is not None else {}
            await self._posts.started(key, user, "message")

            async def put(messages: Sequence[Message]) -> str:
                """Those that are not there, in this form or a better one; the ts of the first."""
                for part, message in enumerate(messages):
                    if part not in there:
                        there[part] = await self._direct.post(user, key, message, question.ts, part)
                return there[0].ts

            ts = await in_some_form(key, _forms(question, answer, closing), put)
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("the private part of %s can't be sent: %s", question.key, error.code)
            return False
        await self._posts.posted(key, ts, final=True)
        return True


def _forms(question: Question, answer: Answer, closing: Sequence[Block]) -> Forms:
    said = f"You asked in <#{question.place.channel}>; this is for you alone."
    opening: Block = {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}
    return whole_forms(replace(answer, text=answer.private), Frame(closing, [opening], said))
