"""The admins hear of what was given up: once a target, and again when it happens a day or more later."""

import asyncio
import logging
from datetime import timedelta

from bot.desk.errors import DeskError
from bot.desk.model import OutboxNotice
from bot.desk.outgoing import GivenUp, Outbox
from bot.desk.ports import AdminChannel, Clock, Told

log = logging.getLogger(__name__)

EVERY_S = 30.0
_TOLD_FOR = timedelta(days=1)


class GivenUpWarnings:
    """Over restarts and replicas. Without a channel it stands in the log, where each is told when it is given up."""

    def __init__(self, outbox: Outbox, told: Told, channel: AdminChannel | None, clock: Clock) -> None:
        self._outbox = outbox
        self._told = told
        self._channel = channel
        self._clock = clock

    async def watch(self) -> None:
        while True:
            await self.check()
            await asyncio.sleep(EVERY_S)

    async def check(self) -> None:
        """Never raises: what could not be told is tried again by a later check."""
        if self._channel is None:
            return
        try:
            for one in await self._outbox.given_up(self._clock() - _TOLD_FOR):
                await self._tell(one, self._channel)
        except DeskError as error:
            log.error("the admins were not told of what was given up, trying again: %s", error)
        except Exception:
            log.exception("what was given up could not be looked up")

    async def _tell(self, one: GivenUp, channel: AdminChannel) -> None:
        key, until = f"outbox {one.target}", one.last + _TOLD_FOR
        if not await self._told.begin(key, until):
            return
        notice = OutboxNotice(f"{key} {one.first.isoformat()}", one.target, one.events, one.error, one.first)
        if not await channel.told(notice):
            await channel.tell(notice)
        await self._told.done(key, until)
