"""The shortcuts in a message's menu: its sources, and a question about it that only the asker sees answered."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.ports import Clock
from bot.slack.asked_privately import asked, message_of, text_of
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity
from bot.slack.intake import Intake
from bot.slack.listeners.sources_command import SourcesCommand

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

SOURCES_FOR, ASK_ABOUT = "sources_for_message", "ask_about_message"  # callback ids, as in the manifest
LOOKING = "I'm looking into this message. Only you will see what I find."
NO_WORDS = "This message has no words that I could look up."
NOT_KEPT = "I can't keep my records right now, so I did not begin. Please try again in a minute."


class MessageShortcuts:
    def __init__(
        self, intake: Intake, sources: SourcesCommand, clients: SlackClients, me: Identity, clock: Clock
    ) -> None:
        self._intake = intake
        self._sources = sources
        self._clients = clients
        self._me = me
        self._clock = clock

    async def sources(self, ack: Ack, body: Body) -> None:
        """What /sources does, which can't be used in a thread."""
        await ack()
        words = text_of(body, self._me)
        if words:
            await self._sources.about_message(body, words, message_of(body))
        else:
            await self._say(body, NO_WORDS)

    async def ask(self, ack: Ack, body: Body) -> None:
        """Stored before it is acked, as every question (rule 1)."""
        item = asked(body, self._me, self._clock())
        if not (item.text or item.payload["files"]):
            await ack()
            await self._say(body, NO_WORDS)
            return
        try:
            new = await self._intake.take(item)
        except DeskError as error:
            log.error("a question about a message was not stored: %s", error)
            await ack()
            await self._say(body, NOT_KEPT)
            return
        await ack()
        if new:
            await self._say(body, LOOKING)

    async def _say(self, body: Body, text: str) -> None:
        """Through the response_url, which reaches channels that the bot is not in, too."""
        thread = message_of(body).in_thread
        payload: dict[str, object] = {"text": text, "response_type": "ephemeral"}
        payload |= {"thread_ts": thread} if thread else {}
        try:
            await self._clients.respond(str(body["response_url"]), payload)
        except DeskError as error:
            log.warning("%s was not told: %s", body["user"]["id"], error)
