"""Talk to a human, Claim, Resolve."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.human_path import Escalation, HumanCalled, Humans, HumanState
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity
from bot.slack.listeners.feedback import whisper
from bot.slack.mrkdwn import escape

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]


class HumanButtons:
    def __init__(self, humans: Humans, clients: SlackClients, me: Identity) -> None:
        self._humans = humans
        self._clients = clients
        self._me = me

    async def call(self, ack: Ack, body: Body) -> None:
        """Somebody wants a human in the thread of the answer under which the button stands."""
        await ack()
        message, key = body.get("message") or {}, str(body["actions"][0].get("value") or "")
        thread_ts = str(message.get("thread_ts") or message.get("ts") or "")
        try:
            called = await self._humans.call(
                self._me.team, str(body["channel"]["id"]), thread_ts, str(body["user"]["id"]), key
            )
        except DeskError as error:
            log.error("nobody was called to %s: %s", key, error)
            await whisper(self._clients, body, "I could not record that. Please press again in a minute.")
            return
        text = what_came_of_it(called)
        if text:
            await whisper(self._clients, body, text)

    async def claim(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._move(body, self._humans.claim)

    async def resolve(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._move(body, self._humans.resolve)

    async def _move(self, body: Body, step: Callable[[str, str], Awaitable[Escalation]]) -> None:
        escalation_id, user = str(body["actions"][0].get("value") or ""), str(body["user"]["id"])
        try:
            one = await step(escalation_id, user)
            log.info("%s is %s by %s", one.id, one.state.value, user)
        except DeskError as error:
            log.info("%s by %s was refused: %s", escalation_id, user, error)
            await whisper(self._clients, body, escape(error.public))


def what_came_of_it(called: HumanCalled) -> str:
    """For the person who pressed; empty where the thread is told in public."""
    match called.state:
        case HumanState.ALREADY_OPEN:
            return "A human has been asked already; nobody has claimed it yet. You will be told here."
        case HumanState.ALREADY_CLAIMED:
            return escape(f"{called.owner} has this already and will answer here.")
        case HumanState.DELAYED:
            return "Your request is recorded, but I can't reach the team's channel yet. I'll keep trying."
        case HumanState.NOWHERE:
            return "No human team is set up for this desk, so I can't hand this over. Please ask your administrator."
        case HumanState.CALLED | HumanState.REOPENED:
            return ""
