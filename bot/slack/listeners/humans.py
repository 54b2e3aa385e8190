"""Talk to a human, and what stands under a brief and under what is told of it."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

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


class Press(NamedTuple):
    """Of a button under a message."""

    action: str
    value: str
    at: str
    user: str
    channel: str
    thread_ts: str

    @classmethod
    def of(cls, body: Body) -> "Press | None":
        """None: nothing that Slack sends."""
        try:
            action, message, container = body["actions"][0], body.get("message") or {}, body.get("container") or {}
            of_thread, own = container.get("thread_ts") or message.get("thread_ts"), message.get("ts")
            thread_ts = str(of_thread or own or "")
            pressed = str(action.get("action_id")), str(action.get("value") or ""), str(action.get("action_ts"))
            return cls(*pressed, str(body["user"]["id"]), str(body["channel"]["id"]), thread_ts)
        except (LookupError, TypeError, AttributeError):
            return None


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
        press = Press.of(body)
        if press is None:
            await ack()
            return
        key, place = press.value, (self._me.team, press.channel, press.thread_ts)
        try:
            called = await self._humans.call(*place, press.user, key, stored=ack)
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

        async def snooze(_: str, user: str, cause: str) -> Escalation:
            end = until(choice, self._clock(), await self._people.utc_offset(user))
            return await self._humans.snooze(escalation_id, user, end, cause)

        await self._move(ack, body, snooze)

    async def drain(self, seconds: float) -> None:
        await self._humans.drain(seconds)

    async def _move(self, ack: Ack, body: Body, step: Callable[[str, str, str], Awaitable[Escalation]]) -> None:
        press = Press.of(body)
        if press is None:
            await ack()
            return
        try:
            one = await step(press.value, press.user, f"{press.user} {press.at}")
            log.info("%s is %s by %s", one.id, one.state.value, press.user)
        except DeskError as error:
            log.info("%s of %s by %s was refused: %s", press.action, press.value, press.user, error)
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
