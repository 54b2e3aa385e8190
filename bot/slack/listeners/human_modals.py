"""The windows of the human path: opened at once, for a trigger lives three seconds; judged when they are sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.human_path import Escalation, Humans
from bot.slack.client import SlackClients, slack_errors
from bot.slack.human_modals import REASON, TEXT, TO, View, hand_over_modal, reply_modal, resolve_modal, submitted
from bot.slack.listeners.feedback import whisper

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

NOT_OPENED = "That window could not be opened. Please press again."
NOTHING_WRITTEN = "Please write something."
SEND_AGAIN = "I could not keep that. Please send it again in a minute."
_ACK_S = 2.0  # Slack waits three for the answer to a window


class HumanModals:
    def __init__(self, humans: Humans, clients: SlackClients) -> None:
        self._humans = humans
        self._clients = clients

    async def reply(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._open(body, reply_modal(str(body["actions"][0].get("value") or "")))

    async def hand_over(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._open(body, hand_over_modal(str(body["actions"][0].get("value") or "")))

    async def give_reason(self, body: Body, escalation_id: str) -> None:
        """Acked by whoever calls."""
        await self._open(body, resolve_modal(escalation_id))

    async def replied(self, ack: Ack, body: Body) -> None:
        sent = submitted(body)
        if not sent.text:
            await ack(response_action="errors", errors={TEXT: NOTHING_WRITTEN})
            return
        move = self._humans.reply(sent.escalation_id, sent.user, sent.text, asks=sent.asks, cause=sent.view)
        await self._take(ack, move, TEXT)

    async def handed_over(self, ack: Ack, body: Body) -> None:
        sent = submitted(body)
        move = self._humans.hand_over(sent.escalation_id, sent.user, sent.to, sent.reason, cause=sent.view)
        await self._take(ack, move, TO)

    async def resolved(self, ack: Ack, body: Body) -> None:
        sent = submitted(body)
        move = self._humans.resolve(sent.escalation_id, sent.user, sent.reason, cause=sent.view)
        await self._take(ack, move, REASON)

    async def _take(self, ack: Ack, move: Awaitable[Escalation], field: str) -> None:
        """A refusal is shown in the window, which stays with what was written. Sent again it is one move."""
        try:
            async with asyncio.timeout(_ACK_S):
                one = await move
        except (DeskError, TimeoutError) as error:
            log.info("a window of the human path was refused: %s", error or "it takes too long")
            said = error.public if isinstance(error, DeskError) else SEND_AGAIN
            await ack(response_action="errors", errors={field: said})
            return
        log.info("%s is %s", one.id, one.state.value)
        await ack()

    async def _open(self, body: Body, view: View) -> None:
        try:
            with slack_errors():
                await self._clients.once.views_open(trigger_id=str(body.get("trigger_id")), view=view)
        except DeskError as error:
            log.info("a window of the human path was not opened: %s", error)
            await whisper(self._clients, body, NOT_OPENED)
