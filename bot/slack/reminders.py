"""Reminders in Slack: beside the brief, in the asker's thread, to a lead directly. Each is posted once (rule 2)."""

import logging

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.desk.due import DueKind, Reminder
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.conversations import conversation_with
from bot.slack.escalation_posts import metadata, some_time_before, with_role
from bot.slack.people import People
from bot.slack.reminder_texts import beside_the_brief, to_the_asker, to_the_lead

log = logging.getLogger(__name__)


class SlackReminders:
    """bot.desk.due.Reminders over the Web API."""

    def __init__(self, clients: SlackClients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def remind(self, reminder: Reminder, *, again: bool) -> None:
        one, key = reminder.escalation, reminder.due.key
        role = f"{key.kind.value} {key.round}"
        if key.kind is DueKind.ASKER:
            owner = await self._name(one.owner, "A colleague")
            await self._tell(reminder, role, to_the_asker(reminder, owner), one.channel, one.thread_ts, again=again)
            return
        if one.brief_channel is None or one.brief_ts is None:
            raise SlackUnavailable(f"the brief of {one.id} is not posted yet")
        asker = await self._name(one.asker, "Somebody")
        text = beside_the_brief(reminder, asker)
        await self._tell(reminder, role, text, one.brief_channel, one.brief_ts, again=again)
        if reminder.lead is not None:
            word = to_the_lead(reminder, asker, await self._link(one.brief_channel, one.brief_ts))
            await self._tell(reminder, f"{role} lead", word, reminder.lead, None, again=again)

    async def _tell(
        self, reminder: Reminder, role: str, text: str, channel: str, thread_ts: str | None, *, again: bool
    ) -> None:
        try:
            if again and await self._is_there(reminder, role, channel, thread_ts):
                return
            with slack_errors():
                await self._clients.poster.chat_postMessage(
                    channel=channel,
                    thread_ts=thread_ts,
                    text=text,
                    metadata=metadata(reminder.escalation.id, role),
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("%s can't be reminded of %s: %s", channel, reminder.escalation.id, error.code)

    async def _is_there(self, reminder: Reminder, role: str, channel: str, thread_ts: str | None) -> bool:
        """`thread_ts` None: in the direct conversation with whom `channel` names."""
        place = channel if thread_ts else await conversation_with(self._clients, channel)
        cursor = ""
        while place is not None:
            with slack_errors():
                page = await self._page(place, thread_ts, some_time_before(reminder.due.at), cursor)
            if with_role(page.get("messages") or [], reminder.escalation.id, role):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return False

    async def _page(self, channel: str, thread_ts: str | None, oldest: str, cursor: str) -> AsyncSlackResponse:
        web = self._clients.web
        if thread_ts is None:
            return await web.conversations_history(
                channel=channel, oldest=oldest, cursor=cursor, include_all_metadata=True, limit=200
            )
        return await web.conversations_replies(
            channel=channel, ts=thread_ts, oldest=oldest, cursor=cursor, include_all_metadata=True, limit=200
        )

    async def _name(self, user: str | None, otherwise: str) -> str:
        return (await self._people.person(user, "")).name or otherwise if user else otherwise

    async def _link(self, channel: str, ts: str) -> str | None:
        try:
            with slack_errors():
                return str((await self._clients.web.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("no link to the brief in %s: %s", channel, error)
            return None
