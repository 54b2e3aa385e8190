"""Approve, Edit, Discard of what a resolved thread taught; Renew and Retire of what was approved."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.learning import LearnFrom, Learning
from bot.slack.client import SlackClients, slack_errors
from bot.slack.learning_blocks import ANSWER, QUESTION, edit_modal, submitted
from bot.slack.listeners.feedback import whisper
from bot.slack.mrkdwn import escape

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

NOT_OPENED = "That window could not be opened. Please press again."
SEND_AGAIN = "I could not keep that. Please send it again in a minute."
_ACK_S = 2.0  # Slack waits three for the answer to a window


class LearningButtons:
    def __init__(self, learn: LearnFrom, clients: SlackClients) -> None:
        self._learn = learn
        self._clients = clients

    async def approve(self, ack: Ack, body: Body) -> None:
        await self._decide(ack, body, self._learn.approve)

    async def discard(self, ack: Ack, body: Body) -> None:
        await self._decide(ack, body, self._learn.discard)

    async def renew(self, ack: Ack, body: Body) -> None:
        await self._decide(ack, body, self._learn.renew)

    async def retire(self, ack: Ack, body: Body) -> None:
        await self._decide(ack, body, self._learn.retire)

    async def edit(self, ack: Ack, body: Body) -> None:
        """The draft in a window; who may not decide on it sees why."""
        await ack()
        try:
            one = await self._learn.shown(_pressed(body), str(body["user"]["id"]))
            view = edit_modal(one, str(body["user"]["id"]), self._learn.months)
        except DeskError as error:
            await whisper(self._clients, body, escape(error.public))
            return
        try:
            with slack_errors():
                await self._clients.once.views_open(trigger_id=str(body.get("trigger_id")), view=view)
        except DeskError as error:
            log.info("the window of %s was not opened: %s", one.id, error)
            await whisper(self._clients, body, NOT_OPENED)

    async def saved(self, ack: Ack, body: Body) -> None:
        """A refusal is shown in the window, which stays with what was written."""
        (learning_id, edited), user = submitted(body["view"]), str(body["user"]["id"])
        written = {QUESTION: edited.question, ANSWER: edited.answer}
        empty = {name: "Please write it." for name, text in written.items() if not text}
        if empty:
            await ack(response_action="errors", errors=empty)
            return
        try:
            async with asyncio.timeout(_ACK_S):
                one = await self._learn.approve(learning_id, user, edited)
        except (DeskError, TimeoutError) as error:
            log.info("%s was not saved: %s", learning_id, error or "it takes too long")
            said = error.public if isinstance(error, DeskError) else SEND_AGAIN
            await ack(response_action="errors", errors={ANSWER: said})
            return
        await ack()
        await self._told(one, user)

    async def _decide(self, ack: Ack, body: Body, step: Callable[[str, str], Awaitable[Learning]]) -> None:
        await ack()
        user = str(body["user"]["id"])
        try:
            one = await step(_pressed(body), user)
        except DeskError as error:
            log.info("%s by %s was refused: %s", _pressed(body), user, error)
            await whisper(self._clients, body, escape(error.public))
            return
        await self._told(one, user)

    async def _told(self, one: Learning, user: str) -> None:
        log.info("%s is %s by %s", one.id, one.state.value, user)
        await self._learn.refresh(one)


def _pressed(body: Body) -> str:
    return str(body["actions"][0].get("value") or "")
