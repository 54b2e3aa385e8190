"""Where humans are, in Slack: briefs in the escalation channel, word to the asker in their thread."""

import logging
from dataclasses import replace

from bot.desk.audience import OWNER, may_read
from bot.desk.human_path import Brief, Escalation, Transition
from bot.slack.announcements import announcement, word_to_owner
from bot.slack.blocks import Message
from bot.slack.brief_blocks import brief_message
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.escalation_posts import metadata, some_time_before, with_role
from bot.slack.people import People
from bot.slack.spent_buttons import take_out_buttons

log = logging.getLogger(__name__)


class SlackHumanDesk:
    """bot.desk.ports.HumanDesk over the Web API."""

    def __init__(self, clients: SlackClients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def post_brief(self, brief: Brief, channel: str) -> str:
        try:
            message = brief_message(await self._for_readers(brief, channel))
            return await self._post(channel, message, brief.escalation, "brief")
        except SlackUnavailable:
            found = await self.find_brief(brief.escalation, channel)  # its reply was lost, and it may be there
            if found is None:
                raise
            return found

    async def find_brief(self, escalation: Escalation, channel: str) -> str | None:
        with slack_errors():
            response = await self._clients.web.conversations_history(
                channel=channel, oldest=some_time_before(escalation.created_at), include_all_metadata=True, limit=200
            )
        return with_role(response.get("messages") or [], escalation.id, "brief")

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
                    metadata=metadata(one.id, "brief"),
                )
        except SlackRefused as error:
            log.error("the brief of %s can't be updated: %s", one.id, error.code)

    async def _for_readers(self, brief: Brief, channel: str) -> Brief:
        """Without the answer, where not everybody in the channel may read what it was made from (rule 6)."""
        readable = await self._people.readable_by(channel, "", brief.escalation.team)
        # In a channel an answer holds nothing of an order that only its owner may read; in a DM it may.
        owns = brief.sees_orders or not brief.escalation.channel.startswith("D")
        owners = (OWNER,) if owns else ()
        private = brief.private if brief.sees_orders else ""
        if all(may_read(audience, (*readable.keywords, *owners)) for audience in brief.audiences):
            return replace(brief, private=private)
        return replace(brief, answered="", sources=(), private="", withheld=True)

    async def announce(self, brief: Brief, transition: Transition, *, again: bool) -> None:
        one, role = brief.escalation, str(transition.number)
        message = announcement(brief, transition)
        if message is not None:
            await self._tell(one, transition, role, message, one.channel, one.thread_ts, again=again)
        word = word_to_owner(brief, transition)
        if word is not None and one.brief_channel and one.brief_ts:
            role = f"{role} owner"
            await self._tell(one, transition, role, word, one.brief_channel, one.brief_ts, again=again)
        # Last, for it may wait for its turn, and nobody should wait for it.
        if (
            message is not None
            and transition.number > 1
            and any(block["type"] == "actions" for block in message.blocks)
        ):
            await take_out_buttons(self._clients, one, transition.number)

    async def _tell(
        self,
        one: Escalation,
        transition: Transition,
        role: str,
        message: Message,
        channel: str,
        thread_ts: str,
        *,
        again: bool,
    ) -> None:
        try:
            if not (again and await self._told(one, transition, role, channel, thread_ts)):
                await self._post(channel, message, one, role, thread_ts)
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("%s can't be told that %s is %s: %s", channel, one.id, transition.after.value, error.code)

    async def look_ahead(self, escalation: Escalation, channel: str) -> None:
        await self._people.readable_by(channel, "", escalation.team)  # remembered for as long as it takes to post

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
                metadata=metadata(one.id, role),
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(response["ts"])

    async def _told(self, one: Escalation, transition: Transition, role: str, channel: str, thread_ts: str) -> bool:
        with slack_errors():
            response = await self._clients.web.conversations_replies(
                channel=channel,
                ts=thread_ts,
                oldest=some_time_before(transition.at),
                include_all_metadata=True,
                limit=200,
            )
        return with_role(response.get("messages") or [], one.id, role) is not None
