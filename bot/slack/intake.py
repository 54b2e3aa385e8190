"""Where questions come in, whichever way they were asked."""

import logging

from bot.desk.model import Accepted
from bot.desk.ports import Inbox
from bot.slack.manners import Manners
from bot.slack.worker import Workers

log = logging.getLogger(__name__)


class Intake:
    """Stores a question by its asker's limits and wakes the workers for it."""

    def __init__(self, inbox: Inbox, workers: Workers, manners: Manners) -> None:
        self._inbox = inbox
        self._workers = workers
        self._manners = manners

    async def take(self, item: Accepted, *, limited: bool = True) -> bool:
        """False: it was there already. Raises StoreUnavailable: then nothing may be acked."""
        new = await self._inbox.accept(item, self._manners.allowance(item) if limited else None)
        if new:
            log.info("accepted %s", item.key)
            self._workers.wake()
        return new
