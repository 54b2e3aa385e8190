"""The app's own pages: suggested prompts beside its messages, and a small home."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.slack.client import SlackClients, slack_errors
from bot.slack.listeners.suggestions import Suggestions

log = logging.getLogger(__name__)

_HOME = (
    "*What I do*\nI answer questions from the documents of your company and show which ones I used.",
    "*How to ask*\nMention me in a channel, or write to me under Messages. In a thread where I take part you need"
    " not mention me again.\nType `/sources` and a few words to look into the documents yourself;"
    " `/sources status` says how fresh they are.",
    "*When I don't know*\nI say so, and “Talk to a human” under my answers fetches somebody.",
)


class AppHome:
    def __init__(self, clients: SlackClients, suggestions: Suggestions) -> None:
        self._clients = clients
        self._suggestions = suggestions

    async def opened(self, event: Mapping[str, Any]) -> None:
        if event.get("tab") == "messages":
            await self._suggestions.suggest(event)
            return
        try:
            with slack_errors():
                await self._publish(event)
        except DeskError as error:
            log.info("the app's %s page stays as it was: %s", event.get("tab"), error)

    async def _publish(self, event: Mapping[str, Any]) -> None:
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in _HOME]
        await self._clients.web.views_publish(user_id=str(event["user"]), view={"type": "home", "blocks": blocks})
