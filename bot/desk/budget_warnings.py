"""The admins hear of the day's budget: once when most of it is spent, once when it is used up."""

import asyncio
import logging
from datetime import timedelta
from typing import Literal

from bot.desk.budget import Budget
from bot.desk.errors import DeskError
from bot.desk.model import BudgetNotice
from bot.desk.ports import AdminChannel, Told

log = logging.getLogger(__name__)

NEAR = 0.8  # of the budget
EVERY_S = 30.0


class BudgetWarnings:
    """Once a day and budget, over restarts and replicas. Without a channel they go to the log."""

    def __init__(self, budget: Budget, told: Told, channel: AdminChannel | None) -> None:
        self._budget = budget
        self._told = told
        self._channel = channel

    async def watch(self) -> None:
        while True:
            await self.check()
            await asyncio.sleep(EVERY_S)

    async def check(self) -> None:
        """Never raises: what could not be told is tried again by a later check."""
        try:
            await self._check()
        except DeskError as error:
            log.error("the admins were not told of the budget, trying again: %s", error)
        except Exception:
            log.exception("the budget could not be looked up")

    async def _check(self) -> None:
        dollars, began, spent = self._budget.dollars, self._budget.began, await self._budget.today()
        if spent < NEAR * dollars:
            return
        kind: Literal["near", "spent"] = "spent" if spent >= dollars else "near"
        notice = BudgetNotice(f"budget {began:%Y-%m-%d} {dollars:g} {kind}", kind, spent, dollars, began)
        tomorrow = began + timedelta(days=1)
        if not await self._told.begin(notice.key, tomorrow):
            return
        if self._channel is not None and not await self._channel.told(notice):
            await self._channel.tell(notice)
        log.warning("the model's budget: $%.2f of today's $%.2f are spent", spent, dollars)
        await self._told.done(notice.key, tomorrow)
