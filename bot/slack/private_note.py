"""What an answer tells its asker alone: one direct message, posted before the thread says that it was (rule 6).

A direct message and not an ephemeral one: an ephemeral message has no ts, is in no history and shows only where the
thread is open, so after a crash nobody could tell whether it was seen, and it would be lost or doubled.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.model import Answer, Question
from bot.desk.ports import Posts
from bot.slack.blocks import TEXT_LIMIT, Block, links_of
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.conversations import conversation_with
from bot.slack.mrkdwn import safe_markdown, split
from bot.slack.spoken import spoken
from bot.slack.thread_posts import metadata

log = logging.getLogger(__name__)


def private_key(key: str) -> str:
    """The key of a question's private part in the record of posts."""
    return f"{key}:private"


class PrivateNote:
    """Posts it at most once, over crashes and lost replies (rule 2)."""

    def __init__(self, clients: SlackClients, posts: Posts) -> None:
        self._clients = clients
        self._posts = posts

    async def send(self, question: Question, answer: Answer, closing: Sequence[Block] = ()) -> bool:
        """Whether the asker has it; `closing` ends it. False: Slack will not take it. Raises SlackUnavailable, and
        SlackRefused for what passes: it is safe to call again."""
        key = private_key(question.key)
        earlier = await self._posts.of(key)
        if earlier is not None and earlier.final:
            return True
        try:
            ts = await self._find(question, key) if earlier is not None else None
            await self._posts.started(key, question.asker.user_id, "message")
            ts = ts or await self._post(question, answer, key, closing)
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("the private part of %s can't be sent: %s", question.key, error.code)
            return False
        await self._posts.posted(key, ts, final=True)
        return True

    async def _post(self, question: Question, answer: Answer, key: str, closing: Sequence[Block]) -> str:
        asked = f"You asked in <#{question.place.channel}>; this is for you alone."
        shown = safe_markdown(split(answer.private, TEXT_LIMIT)[0], links_of(answer))
        blocks: list[Block] = [
            {"type": "context", "elements": [{"type": "mrkdwn", "text": asked}]},
            {"type": "markdown", "text": shown},
            *closing,
        ]
        try:
            with slack_errors():
                response = await self._clients.poster.chat_postMessage(
                    channel=question.asker.user_id,
                    text=spoken(shown),
                    blocks=blocks,
                    metadata=metadata(key),
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackUnavailable:
            found = await self._find(question, key)  # its reply was lost, and it may be there
            if found is None:
                raise
            return found
        return str(response["ts"])

    async def _find(self, question: Question, key: str) -> str | None:
        channel = await conversation_with(self._clients, question.asker.user_id)
        if channel is None:
            return None
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel, oldest=question.ts, include_all_metadata=True, limit=200
            )
        messages: list[Mapping[str, Any]] = response.get("messages") or []
        for one in messages:
            if ((one.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                return str(one["ts"])
        return None
