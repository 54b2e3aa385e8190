"""Where humans are, in Slack: briefs in the escalation channel, word to the asker in their thread."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.desk.audience import OWNER, may_read
from bot.desk.model import Brief, Escalation, EscalationState
from bot.slack.blocks import Message, brief_message
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.mrkdwn import escape
from bot.slack.people import People

log = logging.getLogger(__name__)

_EVENT_TYPE = "frontdesk_escalation"


def _metadata(escalation: Escalation, role: str) -> dict[str, Any]:
    return {"event_type": _EVENT_TYPE, "event_payload": {"escalation": escalation.id, "role": role}}


def announcement(brief: Brief) -> str:
    """What the asker's thread is told, as mrkdwn. The owner is the one person whom the bot mentions."""
    owner = brief.escalation.owner
    who = f"<@{owner}>" if owner else escape(brief.owner or "A colleague")
    where = "write to you directly" if brief.escalation.channel.startswith("D") else "answer here"
    if brief.escalation.state is EscalationState.CLAIMED:
        return f"{who} has taken this and will {where}. I keep quiet in this thread until it is resolved."
    if brief.escalation.state is EscalationState.RESOLVED:
        return f"{who} has marked this as resolved. Write here or mention me if you need more."
    return f"I have asked a human to help. Somebody will {where}."


class SlackHumanDesk:
    """bot.desk.ports.HumanDesk over the Web API."""

    def __init__(self, clients: SlackClients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def post_brief(self, brief: Brief, channel: str) -> str:
        found = await self._find(brief.escalation, channel)
        if found is not None:
            return found
        try:
            message = brief_message(await self._for_readers(brief, channel))
            return await self._post(channel, message, brief.escalation, "brief")
        except SlackUnavailable:
            found = await self._find(brief.escalation, channel)  # its reply was lost, and it may be there
            if found is None:
                raise
            return found

    async def update_brief(self, brief: Brief) -> None:
        one = brief.escalation
        if one.brief_channel is None or one.brief_ts is None:
            return
        message = brief_message(await self._for_readers(brief, one.brief_channel))
        try:
            with slack_errors():
                await self._clients.web.chat_update(
                    channel=one.brief_channel,
                    ts=one.brief_ts,
                    text=message.text,
                    blocks=list(message.blocks),
                    metadata=_metadata(one, "brief"),
                )
        except SlackRefused as error:
            log.error("the brief of %s can't be updated: %s", one.id, error.code)

    async def _for_readers(self, brief: Brief, channel: str) -> Brief:
        """Without the answer, where not everybody in the channel may read what it was made from (rule 6)."""
        readable = await self._people.readable_by(channel, "", brief.escalation.team)
        # In a channel an answer holds nothing of an order that only its owner may read; in a DM it may.
        owners = () if brief.escalation.channel.startswith("D") else (OWNER,)
        if all(may_read(audience, (*readable.keywords, *owners)) for audience in brief.audiences):
            return brief
        return replace(brief, answered="", sources=(), withheld=True)

    async def announce(self, brief: Brief, *, again: bool) -> None:
        one = brief.escalation
        try:
            if not (again and await self._told(one)):
                await self._post(one.channel, Message(announcement(brief)), one, one.state.value, one.thread_ts)
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("the thread of %s can't be told that it is %s: %s", one.id, one.state.value, error.code)

    async def thread_url(self, escalation: Escalation) -> str | None:
        try:
            with slack_errors():
                response = await self._clients.web.chat_getPermalink(
                    channel=escalation.channel, message_ts=escalation.thread_ts
                )
            return str(response["permalink"])
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("no link to the thread of %s: %s", escalation.id, error)
            return None

    async def name(self, user: str) -> str:
        return (await self._people.person(user, "")).name or "A colleague"

    async def is_member(self, channel: str, user: str) -> bool:
        return await self._people.is_member(channel, user)

    async def _post(
        self, channel: str, message: Message, one: Escalation, role: str, thread_ts: str | None = None
    ) -> str:
        with slack_errors():
            response = await self._clients.poster.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=message.text,
                blocks=list(message.blocks) or None,
                metadata=_metadata(one, role),
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(response["ts"])

    async def _find(self, one: Escalation, channel: str) -> str | None:
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel, oldest=_before(one.created_at), include_all_metadata=True, limit=200
            )
        return _with_role(response.get("messages") or [], one, "brief")

    async def _told(self, one: Escalation) -> bool:
        with slack_errors():
            response = await self._clients.web.conversations_replies(
                channel=one.channel,
                ts=one.thread_ts,
                oldest=_before(one.changed_at or one.created_at),
                include_all_metadata=True,
                limit=200,
            )
        return _with_role(response.get("messages") or [], one, one.state.value) is not None


def _before(at: datetime) -> str:
    """Some time before, as a ts: Slack's clock is not ours."""
    return f"{at.timestamp() - 60:.6f}"


def _with_role(messages: list[Mapping[str, Any]], one: Escalation, role: str) -> str | None:
    for message in messages:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if payload.get("escalation") == one.id and payload.get("role") == role:
            return str(message["ts"])
    return None
