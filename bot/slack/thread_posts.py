"""The messages of one answer in its thread: posted at most once, found again after a crash (rule 2)."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.model import Question
from bot.desk.ports import Posts
from bot.slack.blocks import Message
from bot.slack.client import SlackBusy, SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.forms import Part
from bot.slack.inbound import Identity
from bot.slack.plainer import in_some_form

log = logging.getLogger(__name__)

EVENT_TYPE = "frontdesk_answer"
STREAMS_STILL = "streaming_state_conflict"  # a stream that could not be stopped; it ends by itself
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


def metadata(key: str, part: int = 0, piece: int = 0) -> dict[str, Any]:
    """`part` of an answer, `piece` of that part where its plainest form takes several messages."""
    payload = {"key": key, "part": part} | ({"piece": piece} if piece else {})
    return {"event_type": EVENT_TYPE, "event_payload": payload}


class ThreadPosts:
    """Posts and updates for one question. Raises SlackUnavailable and SlackRefused."""

    def __init__(self, clients: SlackClients, posts: Posts, question: Question, me: Identity) -> None:
        self._clients = clients
        self._posts = posts
        self._question = question
        self._me = me

    async def put(self, ts: str | None, part: Part, number: int = 0) -> str:
        """Update what stands at `ts`, or post; a form that Slack refuses is replaced by a plainer one."""

        async def put(messages: Sequence[Message]) -> str:
            nonlocal ts  # where a later piece is refused, the first one is there
            ts = await self._update_or_post(ts, messages[0], number)
            for piece, message in enumerate(messages[1:], 1):
                if await self.find(number, piece) is None:
                    await self.post(message, number, piece)
            return ts

        return await in_some_form(self._question.key, list(part.forms()), put)

    async def _update_or_post(self, ts: str | None, message: Message, number: int) -> str:
        if ts is None:
            return await self.post(message, number)
        try:
            with slack_errors():
                await self._clients.web.chat_update(**self.body(message, number), ts=ts)
            return ts
        except SlackRefused as error:
            if error.code == STREAMS_STILL:
                raise SlackUnavailable(error.code) from error
            if error.code not in GONE:
                raise
            return await self.post(message, number)

    async def post(self, message: Message, part: int = 0, piece: int = 0) -> str:
        """Post it, or find it: a reply that was lost says nothing about the post."""
        key, place = self._question.key, self._question.place
        first = part == piece == 0
        if first:
            await self._posts.started(key, place.channel, "message")
        for last in (False, True):
            try:
                with slack_errors():
                    response = await self._clients.poster.chat_postMessage(
                        **self.body(message, part, piece), thread_ts=self._question.thread_ts
                    )
                ts = str(response["ts"])
                break
            except SlackBusy:
                raise
            except SlackUnavailable:
                # Its reply was lost, and it may be there: look before posting again.
                found = await self.find(part, piece)
                if found is not None:
                    ts = found
                    break
                if last:
                    raise
        if first:
            await self._posts.posted(key, ts, final=False)
        return ts

    def body(self, message: Message, part: int = 0, piece: int = 0) -> dict[str, Any]:
        return {
            "channel": self._question.place.channel,
            "text": message.text,
            "blocks": list(message.blocks),
            "metadata": metadata(self._question.key, part, piece),
            "unfurl_links": False,
            "unfurl_media": False,
        }

    # -- recovery

    async def _ours(self) -> list[Mapping[str, Any]]:
        try:
            with slack_errors():
                response = await self._clients.web.conversations_replies(
                    channel=self._question.place.channel,
                    ts=self._question.thread_ts,
                    oldest=self._question.ts,
                    include_all_metadata=True,
                    limit=200,
                )
        except SlackRefused as error:
            if error.code != "thread_not_found":
                raise
            return []
        messages: list[Mapping[str, Any]] = response.get("messages") or []
        mine = [one for one in messages if one.get("user") == self._me.user_id or self._is_bot(one)]
        return [one for one in mine if float(one["ts"]) > float(self._question.ts)]

    def _is_bot(self, message: Mapping[str, Any]) -> bool:
        return bool(self._me.bot_id) and message.get("bot_id") == self._me.bot_id

    async def find(self, part: int = 0, piece: int = 0) -> str | None:
        """The ts of the part that was posted for this question."""
        wanted = metadata(self._question.key, part, piece)["event_payload"]
        for one in await self._ours():
            if (one.get("metadata") or {}).get("event_payload") == wanted:
                return str(one["ts"])
        return None

    async def find_stream(self) -> str | None:
        """Our message without metadata: a stream has none until it is stopped, and a thread one question at a time."""
        return next((str(one["ts"]) for one in await self._ours() if not one.get("metadata")), None)
