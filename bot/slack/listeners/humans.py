"""Talk to a human, and what stands under a brief and under what is told of it."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.human_path import Escalation, HumanCalled, Humans, HumanState
from bot.desk.ports import Clock
from bot.slack.brief_blocks import WITH_REASON
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity
from bot.slack.listeners.feedback import whisper
from bot.slack.listeners.human_modals import HumanModals
from bot.slack.mrkdwn import escape
from bot.slack.people import People
from bot.slack.snoozing import until

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]


class HumanButtons:
    """Presses that need no window. Each is known by its time: delivered twice it is one move. It is acked when what
    came of it is stored, or was refused in words: who sees no warning under the button need not press again."""

    def __init__(
        self, humans: Humans, modals: HumanModals, people: People, clients: SlackClients, me: Identity, clock: Clock
    ) -> None:
        self._humans = humans
        self._modals = modals
        self._people = people
        self._clients = clients
        self._me = me
        self._clock = clock

    async def call(self, ack: Ack, body: Body) -> None:
        """Somebody wants a human in the thread of the answer under which the button stands."""
        message, key = body.get("message") or {}, str(body["actions"][0].get("value") or "")
        thread_ts = str(message.get("thread_ts") or message.get("ts") or "")
        try:
            called = await self._humans.call(
                self._me.team, str(body["channel"]["id"]), thread_ts, str(body["user"]["id"]), key, stored=ack
            )
        except DeskError as error:
            log.error("nobody was called to %s: %s", key, error)
            await whisper(self._clients, body, "I could not record that. Please press again in a minute.")
            await ack()
            return
        text = what_came_of_it(called)
        if text:
            await whisper(self._clients, body, text)
        await ack()  # where it made no new one; Bolt sends the first

    async def claim(self, ack: Ack, body: Body) -> None:
        await self._move(ack, body, self._humans.claim)

    async def resolve(self, ack: Ack, body: Body) -> None:
        """Also by the asker, who needs nobody any more."""
        await self._move(ack, body, lambda one, user, cause: self._humans.resolve(one, user, cause=cause))

    async def solved(self, ack: Ack, body: Body) -> None:
        await self._move(ack, body, self._humans.confirm)

    async def not_yet(self, ack: Ack, body: Body) -> None:
        await self._move(ack, body, self._humans.not_yet)

    async def more(self, ack: Ack, body: Body) -> None:
        """An entry of the menu under a brief."""
        option = body["actions"][0].get("selected_option") or {}
        choice, _, escalation_id = str(option.get("value") or "").partition(" ")
        if choice == WITH_REASON:
            await ack()
            await self._modals.give_reason(body, escalation_id)
            return
        offset = await self._people.utc_offset(str(body["user"]["id"]))
        end = until(choice, self._clock(), offset)
        await self._move(ack, body, lambda _, user, cause: self._humans.snooze(escalation_id, user, end, cause))

    async def drain(self, seconds: float) -> None:
        await self._humans.drain(seconds)

    async def _move(self, ack: Ack, body: Body, step: Callable[[str, str, str], Awaitable[Escalation]]) -> None:
        action, user = body["actions"][0], str(body["user"]["id"])
        escalation_id = str(action.get("value") or "")
        try:
            one = await step(escalation_id, user, f"{user} {action.get('action_ts')}")
            log.info("%s is %s by %s", one.id, one.state.value, user)
        except DeskError as error:
            log.info("%s of %s by %s was refused: %s", action.get("action_id"), escalation_id, user, error)
            await whisper(self._clients, body, escape(error.public))
        await ack()


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
