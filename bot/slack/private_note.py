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
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.conversations import conversation_with
from bot.slack.forms import Forms, Frame, whole_forms
from bot.slack.plainer import in_some_form
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
            there = await self._found(question, key) if earlier is not None else {}
            await self._posts.started(key, question.asker.user_id, "message")
            ts = await in_some_form(
                key, _forms(question, answer, closing), lambda messages: self._put(question, key, messages, there)
            )
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("the private part of %s can't be sent: %s", question.key, error.code)
            return False
        await self._posts.posted(key, ts, final=True)
        return True

    async def _put(self, question: Question, key: str, messages: Sequence[Message], there: dict[int, str]) -> str:
        """Post those that are not `there`, in this form or a better one; the ts of the first."""
        for part, message in enumerate(messages):
            if part not in there:
                there[part] = await self._post(question, key, part, message)
        return there[0]

    async def _post(self, question: Question, key: str, part: int, message: Message) -> str:
        try:
            with slack_errors():
                response = await self._clients.poster.chat_postMessage(
                    channel=question.asker.user_id,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    metadata=metadata(key, part),
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackUnavailable:
            found = await self._found(question, key)  # its reply was lost, and it may be there
            if part not in found:
                raise
            return found[part]
        return str(response["ts"])

    async def _found(self, question: Question, key: str) -> dict[int, str]:
        """The parts that were posted, with their ts."""
        channel = await conversation_with(self._clients, question.asker.user_id)
        if channel is None:
            return {}
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel, oldest=question.ts, include_all_metadata=True, limit=200
            )
        found: dict[int, str] = {}
        for one in response.get("messages") or []:
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == key:
                found[int(payload.get("part", 0))] = str(one["ts"])
        return found


def _forms(question: Question, answer: Answer, closing: Sequence[Block]) -> Forms:
    said = f"You asked in <#{question.place.channel}>; this is for you alone."
    opening: Block = {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}
    return whole_forms(replace(answer, text=answer.private), Frame(closing, [opening], said))
