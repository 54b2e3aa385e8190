"""What the model may cost a day."""

import logging
from datetime import datetime

from bot.desk.errors import StoreUnavailable
from bot.desk.ports import Answers, Clock

log = logging.getLogger(__name__)


class Budget:
    """Dollars a day, from 00:00 UTC, over all desks and replicas, for answers and what else the model is asked. What
    is being written is not counted yet, so it may be overrun by as much as is written at once."""

    def __init__(self, answers: Answers, dollars: float, clock: Clock) -> None:
        self._answers = answers
        self.dollars = dollars
        self._clock = clock

    @property
    def began(self) -> datetime:
        """When the day did."""
        return self._clock().replace(hour=0, minute=0, second=0, microsecond=0)

    async def today(self) -> float:
        """Dollars. Raises StoreUnavailable: then nobody knows."""
        return await self._answers.spent_since(self.began)

    async def spent(self) -> bool:
        """Whether it is used up. Raises StoreUnavailable."""
        return await self.today() >= self.dollars


async def may_spend(budget: Budget | None) -> bool:
    """Whether a call that can be done without may be made: not where nobody knows what was spent."""
    try:
        return budget is None or not await budget.spent()
    except StoreUnavailable as error:
        log.warning("the model is not asked: %s", error)
        return False
