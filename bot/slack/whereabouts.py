"""Names and links for those who are told outside Slack."""

import logging

from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.people import People

log = logging.getLogger(__name__)


class SlackWhereabouts:
    """bot.desk.outgoing.Whereabouts over the Web API."""

    def __init__(self, clients: SlackClients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def name(self, user: str) -> str | None:
        return (await self._people.person(user, "")).name or None

    async def thread_url(self, channel: str, thread_ts: str) -> str | None:
        try:
            with slack_errors():
                found = await self._clients.web.chat_getPermalink(channel=channel, message_ts=thread_ts)
            return str(found["permalink"])
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("no link to %s in %s: %s", thread_ts, channel, error)
            return None
