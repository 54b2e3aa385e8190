"""The app's own pages: suggested prompts beside its messages, and its home."""

from collections.abc import Mapping
from typing import Any

from bot.slack.listeners.home import Home
from bot.slack.listeners.suggestions import Suggestions


class AppHome:
    def __init__(self, home: Home, suggestions: Suggestions) -> None:
        self._home = home
        self._suggestions = suggestions

    async def opened(self, event: Mapping[str, Any]) -> None:
        if event.get("tab") == "messages":
            await self._suggestions.suggest(event)
        else:
            await self._home.refresh(str(event["user"]))
