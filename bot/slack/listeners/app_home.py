"""The app's own pages: suggested prompts beside its messages, and its home."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.slack.client import SlackClients, slack_errors
from bot.slack.listeners.home import Home

log = logging.getLogger(__name__)


class AppHome:
    """`suggestions` are up to four questions that the documents can answer."""

    def __init__(self, clients: SlackClients, suggestions: tuple[str, ...], home: Home) -> None:
        self._home = home
        self._clients = clients
        self._suggestions = suggestions

    async def opened(self, event: Mapping[str, Any]) -> None:
        if event.get("tab") != "messages":
            await self._home.refresh(str(event["user"]))
            return
        try:
            with slack_errors():
                await self._suggest(event)
        except DeskError as error:
            log.info("no prompts are suggested: %s", error)

    async def _suggest(self, event: Mapping[str, Any]) -> None:
        if not self._suggestions:
            return
        # No thread_ts: in an agent app it would make the call fail without an error.
        await self._clients.web.assistant_threads_setSuggestedPrompts(
            channel_id=str(event["channel"]),
            title="Ask me, for example",
            prompts=[{"title": question, "message": question} for question in self._suggestions],
        )
