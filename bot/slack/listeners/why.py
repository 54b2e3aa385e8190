"""Why this answer?: a window for whoever presses, and nobody else."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.desk.errors import DeskError
from bot.desk.model import Explanation, incident_of
from bot.slack.client import SlackClients, slack_errors
from bot.slack.inbound import Identity
from bot.slack.listeners.feedback import whisper
from bot.slack.modals import View, explained, why_modal
from bot.slack.people import People

log = logging.getLogger(__name__)

LOOKING = "One moment, I am looking it up."
NOT_OPENED = "I could not open that in time. Please press again."
NOT_KEPT = "I keep no record of this answer, so I can't say."


class ExplainAnswer(Protocol):
    def __call__(self, key: str, user: str, channel: str, readable: Sequence[str]) -> Awaitable[Explanation | None]: ...


class WhyButton:
    """Admins are told what it cost, too."""

    def __init__(
        self, explain: ExplainAnswer, clients: SlackClients, people: People, me: Identity, admins: Sequence[str]
    ) -> None:
        self._explain = explain
        self._clients = clients
        self._people = people
        self._me = me
        self._admins = admins

    async def pressed(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Opened at once, because the permission to open a window lives for three seconds, and filled then."""
        await ack()
        try:
            with slack_errors():
                opened = await self._clients.once.views_open(
                    trigger_id=str(body.get("trigger_id")), view=why_modal(LOOKING)
                )
        except DeskError as error:
            log.info("no window for %s: %s", body["user"]["id"], error)
            await whisper(self._clients, body, NOT_OPENED)
            return
        view = await self._view(body)
        try:
            with slack_errors():
                await self._clients.web.views_update(view_id=str((opened.get("view") or {})["id"]), view=view)
        except DeskError as error:  # it was closed
            log.info("the window of %s was not filled: %s", body["user"]["id"], error)

    async def _view(self, body: Mapping[str, Any]) -> View:
        key, user = str(body["actions"][0].get("value") or ""), str(body["user"]["id"])
        channel = str((body.get("channel") or {}).get("id") or "")
        try:
            own = await self._people.own(user, self._me.team)
            explanation = await self._explain(key, user, channel, own.keywords)
        except DeskError as error:
            log.warning("%s is not explained to %s: %s", key, user, error)
            return why_modal(error.public)
        except Exception:
            incident = incident_of(f"why {key}")
            log.exception("incident %s: %s can't be explained", incident, key)
            return why_modal(f"Something went wrong on our side; the log has incident {incident}.")
        return explained(explanation, admin=user in self._admins) if explanation else why_modal(NOT_KEPT)
