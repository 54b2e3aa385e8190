"""What somebody shows to others: posted once, whoever presses how often and whatever is lost on the way (rule 2)."""

import logging
from collections.abc import Sequence

from bot.desk.errors import DeskError
from bot.desk.ports import Shares
from bot.slack.blocks import Message
from bot.slack.client import SlackClients, slack_errors

log = logging.getLogger(__name__)

EVENT_TYPE = "frontdesk_share"


class SharedPosts:
    def __init__(self, clients: SlackClients, shares: Shares) -> None:
        self._clients = clients
        self._shares = shares

    async def post(self, key: str, user: str, channel: str, thread_ts: str | None, messages: Sequence[Message]) -> bool:
        """Whether this call posted them; False: they are there, or on their way. Raises StoreUnavailable,
        SlackUnavailable and SlackRefused: then nothing is claimed, and what was posted is found the next time."""
        if not await self._shares.begin(key, channel, user):
            return False
        try:
            first = await self._posted(key, channel, thread_ts, messages)
        except BaseException:
            await self._shares.give_back(key)
            raise
        try:
            await self._shares.done(key, first)
        except DeskError as error:  # it is found before it is posted again
            log.error("%s was shared and that is not stored: %s", key, error)
        return True

    async def _posted(self, key: str, channel: str, thread_ts: str | None, messages: Sequence[Message]) -> str:
        there = await self._found(key, channel, thread_ts) if thread_ts else {}
        for part, message in enumerate(messages):
            if part in there:
                continue
            with slack_errors():
                response = await self._clients.poster.chat_postMessage(
                    channel=channel,
                    thread_ts=thread_ts,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    metadata={"event_type": EVENT_TYPE, "event_payload": {"share": key, "part": part}},
                    unfurl_links=False,
                    unfurl_media=False,
                )
            there[part] = str(response["ts"])
        return there[0]

    async def _found(self, key: str, channel: str, thread_ts: str) -> dict[int, str]:
        """The parts that an earlier try posted, which was killed or whose reply was lost."""
        found: dict[int, str] = {}
        cursor = ""
        while True:
            with slack_errors():
                page = await self._clients.web.conversations_replies(
                    channel=channel, ts=thread_ts, include_all_metadata=True, limit=200, cursor=cursor or None
                )
            for one in page.get("messages") or []:
                payload = (one.get("metadata") or {}).get("event_payload") or {}
                if payload.get("share") == key:
                    found[int(payload.get("part", 0))] = str(one["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found
