"""Threads that were resolved, read from Slack, and what was learnt of them, shown to one person in a direct message."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.desk.audience import MEMBERS
from bot.desk.human_path import Escalation
from bot.desk.learning import Learning, ReadThread, Said
from bot.slack.blocks import Message
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.conversations import conversation_with
from bot.slack.inbound import readable
from bot.slack.learning_blocks import offer_message, warning_message
from bot.slack.profiles import channel_of

log = logging.getLogger(__name__)

_EVENT_TYPE = "frontdesk_learning"
_PAGES = 5  # of 200 messages: the end of a longer thread is not read
_WRITTEN = (None, "file_share", "thread_broadcast")


class SlackLearningDesk:
    """bot.desk.learning.LearningDesk over the Web API. Raises SlackUnavailable and SlackRefused."""

    def __init__(self, clients: SlackClients, months: int) -> None:
        self._clients = clients
        self._months = months

    async def read(self, escalation: Escalation) -> ReadThread:
        """What people wrote; what the desk itself did is no part of it."""
        messages = [one for one in await self._replies(escalation) if _is_written(one)]
        said = tuple(
            Said(str(one["user"]), readable(str(one.get("text") or "")), datetime.fromtimestamp(float(one["ts"]), UTC))
            for one in messages
        )
        people = {one.user for one in said} | {escalation.asker, escalation.owner or escalation.asker}
        audience = await self._audience(escalation)
        return ReadThread(said, await self._names(sorted(people - {""})), audience, await self._url(escalation))

    async def _replies(self, escalation: Escalation) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(_PAGES):
            with slack_errors():
                page = await self._clients.web.conversations_replies(
                    channel=escalation.channel, ts=escalation.thread_ts, cursor=cursor or None, limit=200
                )
            found += page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    async def _names(self, people: Iterable[str]) -> tuple[str, ...]:
        names: list[str] = []
        for user in people:
            with slack_errors():
                info = (await self._clients.web.users_info(user=user)).get("user") or {}
            profile = info.get("profile") or {}
            known = ("real_name", "display_name", "first_name", "last_name")
            names += [str(profile[name]) for name in known if profile.get(name)]
            names += [str(info[name]) for name in ("name", "real_name") if info.get(name)]
            names += [str(profile["email"]).partition("@")[0]] if profile.get("email") else []
        return tuple(dict.fromkeys(names))

    async def _audience(self, escalation: Escalation) -> tuple[str, ...]:
        """Who can see the thread (rule 6), and no more. Of a direct message that is one asker, whom no keyword names,
        and those who read its brief."""
        if escalation.channel.startswith("D"):
            return (f"channel:{escalation.brief_channel}",) if escalation.brief_channel else ()
        with slack_errors():
            info = await self._clients.web.conversations_info(channel=escalation.channel)
        channel = channel_of(info.get("channel") or {})
        within = f"channel:{escalation.channel}"
        return (within,) if channel.shared or channel.kind != "channel" else (MEMBERS, within)

    async def _url(self, escalation: Escalation) -> str:
        if escalation.channel.startswith("D"):
            return ""
        try:
            with slack_errors():
                response = await self._clients.web.chat_getPermalink(
                    channel=escalation.channel, message_ts=escalation.thread_ts
                )
            return str(response["permalink"])
        except SlackRefused as error:
            log.warning("no link to the thread of %s: %s", escalation.id, error)
            return ""

    async def offer(self, learning: Learning, *, again: bool) -> tuple[str, str]:
        found = await self._find(learning) if again else None
        if found is not None:
            return found
        try:
            return await self._post(learning.offered_to, offer_message(learning, self._months), learning, "offer")
        except SlackUnavailable:
            found = await self._find(learning)  # its reply was lost, and it may be there
            if found is None:
                raise
            return found

    async def update(self, learning: Learning) -> None:
        message = offer_message(learning, self._months)
        with slack_errors():
            await self._clients.web.chat_update(
                channel=learning.offer_channel, ts=learning.offer_ts, text=message.text, blocks=list(message.blocks)
            )

    async def warn(self, learning: Learning) -> None:
        await self._post(learning.owner, warning_message(learning), learning, "ends")

    async def _post(self, user: str, message: Message, learning: Learning, role: str) -> tuple[str, str]:
        with slack_errors():
            response = await self._clients.poster.chat_postMessage(
                channel=user,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"learning": learning.id, "role": role}},
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(response["channel"]), str(response["ts"])

    async def _find(self, learning: Learning) -> tuple[str, str] | None:
        channel = await conversation_with(self._clients, learning.offered_to)
        if channel is None:
            return None
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel,
                oldest=f"{learning.created_at.timestamp() - 60:.6f}",  # Slack's clock is not ours
                include_all_metadata=True,
                limit=200,
            )
        for one in response.get("messages") or []:
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("learning") == learning.id and payload.get("role") == "offer":
                return channel, str(one["ts"])
        return None


def _is_written(message: Mapping[str, Any]) -> bool:
    return bool(message.get("user")) and not message.get("bot_id") and message.get("subtype") in _WRITTEN
