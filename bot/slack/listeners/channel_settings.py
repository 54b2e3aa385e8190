"""Channel settings: opened from App Home by admins, filled with what is set once a channel is picked, saved."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.ports import Clock
from bot.slack.channel_modal import CHANNEL, Chosen, asks_about, chosen_in, modal
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.desks import Desks
from bot.slack.inbound import Identity
from bot.slack.listeners.home import NOT_YOURS, Home

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

NOT_IN = "I am not in that channel. Invite me there first, then save this again."
UNSEEN = "I can't look at that channel just now. Please save this again in a moment."
NOT_KEPT = "I could not keep that just now. Please save it again in a moment."
_LOOK_S = 2.0  # a submission has to be answered within three seconds


class ChannelSettingsModal:
    def __init__(self, desks: Desks, home: Home, clients: SlackClients, me: Identity, clock: Clock) -> None:
        self._desks = desks
        self._home = home
        self._clients = clients
        self._me = me
        self._clock = clock

    async def open(self, ack: Ack, body: Body) -> None:
        await ack()
        user = str(body["user"]["id"])
        if not self._home.is_admin(user):
            await self._home.refresh(user, NOT_YOURS)
            return
        try:
            with slack_errors():
                await self._clients.web.views_open(trigger_id=str(body["trigger_id"]), view=self._modal(None))
        except DeskError as error:
            log.warning("the channel settings could not be opened for %s: %s", user, error)

    async def picked(self, ack: Ack, body: Body) -> None:
        """A channel was picked: show what is set for it."""
        await ack()
        view = body["view"]
        chosen = chosen_in(view, self._desks.all)
        if chosen is None:
            return
        try:
            with slack_errors():
                await self._clients.web.views_update(
                    view_id=str(view["id"]), hash=str(view["hash"]), view=self._modal(chosen.channel)
                )
        except DeskError as error:
            log.info("the channel settings stay as they were: %s", error)

    async def submitted(self, ack: Ack, body: Body) -> None:
        user, view = str(body["user"]["id"]), body["view"]
        chosen = chosen_in(view, self._desks.all)
        wrong = NOT_YOURS if not self._home.is_admin(user) else await self._problem(chosen)
        if wrong or chosen is None:
            await ack(response_action="errors", errors={CHANNEL: wrong or UNSEEN})
            return
        if not asks_about(view, chosen.channel):  # sent before it was shown what is set there
            await ack(response_action="update", view=self._modal(chosen.channel))
            return
        try:
            await self._desks.set_channel(self._me.team, chosen.channel, chosen.mode, chosen.desk, user, self._clock())
        except DeskError as error:
            log.error("the settings of %s were not kept: %s", chosen.channel, error)
            await ack(response_action="errors", errors={CHANNEL: NOT_KEPT})
            return
        await ack()
        log.info("%s set %s to %s, desk %s", user, chosen.channel, chosen.mode.value, chosen.desk)
        await self._home.refresh(user)

    def _modal(self, channel: str | None) -> dict[str, Any]:
        desks = self._desks
        if channel is None:
            return modal(desks.all, None, None)
        given = next((one.desk for one in desks.given if one.channel == channel), None)
        return modal(desks.all, desks.configured(channel), Chosen(channel, desks.mode(channel), given))

    async def _problem(self, chosen: Chosen | None) -> str:
        """Why it can't be set; "" where it can."""
        if chosen is None:
            return UNSEEN
        try:
            async with asyncio.timeout(_LOOK_S):
                with slack_errors():
                    response = await self._clients.once.conversations_info(channel=chosen.channel)
        except SlackRefused:
            return NOT_IN  # a private channel is unknown to whoever is not in it
        except (DeskError, TimeoutError):
            return UNSEEN
        return "" if (response.get("channel") or {}).get("is_member") else NOT_IN
