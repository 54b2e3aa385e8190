"""Where humans are, in Slack: briefs in the escalation channel, word to the asker in their thread."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.audience import OWNER, may_read
from bot.desk.human_path import Brief, Escalation, Transition
from bot.slack.announcements import announcement, word_to_owner
from bot.slack.blocks import Message
from bot.slack.brief_blocks import brief_forms
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.escalation_posts import metadata, some_time_before, with_role
from bot.slack.forms import Forms
from bot.slack.people import People
from bot.slack.plainer import in_some_form, plainer
from bot.slack.spent_buttons import take_out_buttons

log = logging.getLogger(__name__)


class SlackHumanDesk:
    """bot.desk.ports.HumanDesk over the Web API."""

    def __init__(self, clients: SlackClients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def post_brief(self, brief: Brief, channel: str) -> str:
        try:
            forms = brief_forms(await self._for_readers(brief, channel))
            return await self._post(channel, forms, brief.escalation, "brief")
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
        channel, ts = one.brief_channel, one.brief_ts

        async def update(messages: Sequence[Message]) -> None:
            with slack_errors():
                await self._clients.web.chat_update(
                    channel=channel,
                    ts=ts,
                    text=messages[0].text,
                    blocks=list(messages[0].blocks),
                    metadata=metadata(one.id, "brief"),
                )

        try:
            await in_some_form(one.id, brief_forms(await self._for_readers(brief, channel)), update)
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
                await self._post(channel, plainer(message), one, role, thread_ts)
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

    async def _post(self, channel: str, forms: Forms, one: Escalation, role: str, thread_ts: str | None = None) -> str:
        async def post(messages: Sequence[Message]) -> str:
            with slack_errors():
                response = await self._clients.poster.chat_postMessage(
                    channel=channel,
                    thread_ts=thread_ts,
                    text=messages[0].text,
                    blocks=list(messages[0].blocks) or None,
                    metadata=metadata(one.id, role),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            return str(response["ts"])

        return await in_some_form(one.id, forms, post)

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
