"""Suggested prompts beside the agent's messages: the questions of the desk that will answer there."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.errors import DeskError
from bot.slack.client import SlackClients, slack_errors
from bot.slack.desks import Desks
from bot.slack.viewing import viewed_channel

log = logging.getLogger(__name__)

# In place of another desk's: Slack has no way to take prompts away. The desk asks back which one.
A_QUESTION = "I have a question"


class Suggestions:
    def __init__(self, clients: SlackClients, desks: Desks) -> None:
        self._clients = clients
        self._desks = desks

    def _questions(self, channel: str) -> Sequence[str]:
        others = any(desk.suggestions for desk in self._desks.all)
        return self._desks.of(channel).suggestions or ((A_QUESTION,) if others else ())

    async def suggest(self, event: Mapping[str, Any]) -> None:
        """For an app_home_opened or an app_context_changed: both tell what the person looks at. Best effort."""
        channel, questions = event.get("channel"), self._questions(viewed_channel(event.get("context")))
        if not channel or not questions:
            return
        try:
            with slack_errors():
                # No thread_ts: in an agent app it would make the call fail without an error.
                await self._clients.web.assistant_threads_setSuggestedPrompts(
                    channel_id=str(channel),
                    title="Ask me, for example",
                    prompts=[{"title": question, "message": question} for question in questions],
                )
        except DeskError as error:
            log.info("the suggested prompts stay as they were: %s", error)
