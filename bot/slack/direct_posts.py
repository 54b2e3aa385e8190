"""What the bot writes to somebody directly: each part once, over crashes and lost replies (rule 2)."""

from dataclasses import dataclass

from bot.slack.blocks import Message
from bot.slack.client import SlackClients, SlackUnavailable, slack_errors
from bot.slack.conversations import conversation_with
from bot.slack.thread_posts import metadata


@dataclass(frozen=True, slots=True)
class DirectPost:
    channel: str
    ts: str


class DirectPosts:
    """Of several parts under one key. `since` is a ts before which nothing of them was posted. Raises SlackUnavailable
    and SlackRefused."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients

    async def post(self, user: str, key: str, message: Message, since: str, part: int = 0) -> DirectPost:
        try:
            with slack_errors():
                response = await self._clients.poster.chat_postMessage(
                    channel=user,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    metadata=metadata(key, part),
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackUnavailable:
            found = await self.found(user, key, since)  # its reply was lost, and it may be there
            if part not in found:
                raise
            return found[part]
        return DirectPost(str(response["channel"]), str(response["ts"]))

    async def found(self, user: str, key: str, since: str) -> dict[int, DirectPost]:
        """The parts that are there."""
        channel = await conversation_with(self._clients, user)
        if channel is None:
            return {}
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel, oldest=since, include_all_metadata=True, limit=200
            )
        found: dict[int, DirectPost] = {}
        for one in response.get("messages") or []:
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == key:
                found[int(payload.get("part", 0))] = DirectPost(channel, str(one["ts"]))
        return found
