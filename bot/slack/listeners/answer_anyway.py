"""A human has the thread, and somebody wants the bot's word all the same: it answers them alone, so that what the
human says there stands by itself."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.model import Accepted, private_question_key
from bot.desk.ports import Clock
from bot.slack.attached import read_again
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity, clean
from bot.slack.intake import Intake
from bot.slack.keeping_quiet import ANSWER_ANYWAY
from bot.slack.listeners.message_shortcuts import LOOKING, NOT_KEPT

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

GONE = "That message is gone, so there is nothing to answer."


class AnswerAnyway:
    """A press makes the message a private question of who pressed; pressed twice it is one."""

    def __init__(self, intake: Intake, clients: SlackClients, me: Identity, clock: Clock) -> None:
        self._intake = intake
        self._clients = clients
        self._me = me
        self._clock = clock

    async def pressed(self, ack: Ack, body: Body) -> None:
        await ack()
        try:
            item = await self._asked(body)
            if item is not None:
                await self._intake.take(item)
        except DeskError as error:
            log.error("a question in a human's thread was not stored: %s", error)
            await self._say(body, NOT_KEPT, replace_original=False)
            return
        await self._say(body, LOOKING if item else GONE, replace_original=True)

    async def _asked(self, body: Body) -> Accepted | None:
        """The message as it stands now; None when it is gone."""
        thread_ts, _, ts = str(body["actions"][0].get("value") or "").partition(" ")
        channel, user, team = str(body["channel"]["id"]), str(body["user"]["id"]), self._me.team
        key, now = private_question_key(user, team, ts), self._clock()
        message = await read_again(
            self._clients, Accepted(key, team, channel, ts, user, "channel", "", {}, now, thread_ts)
        )
        if message is None:
            return None
        payload = {
            "type": ANSWER_ANYWAY,
            "channel": channel,
            "message_ts": ts,
            "in_thread": thread_ts if thread_ts != ts else None,
            "author": str(message.get("user") or ""),
            "files": message.get("files") or [],
        }
        text = clean(str(message.get("text") or ""), self._me)
        return Accepted(key, team, user, ts, user, "dm", text, payload, now)

    async def _say(self, body: Body, text: str, *, replace_original: bool) -> None:
        thread_ts = str(body["actions"][0].get("value") or "").partition(" ")[0]
        payload: dict[str, object] = {"text": text, "response_type": "ephemeral", "thread_ts": thread_ts}
        try:
            await self._clients.respond(str(body["response_url"]), payload | {"replace_original": replace_original})
        except DeskError as error:
            log.info("no word about an answer in a human's thread: %s", error)
