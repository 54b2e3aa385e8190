"""What the model may cost a day."""

from bot.desk.ports import Answers, Clock


class Budget:
    """Dollars a day, from 00:00 UTC, over all desks and replicas. Answers that are being written are not counted yet,
    so it may be overrun by as many as are written at once."""

    def __init__(self, answers: Answers, dollars: float, clock: Clock) -> None:
        self._answers = answers
        self._dollars = dollars
        self._clock = clock

    async def spent(self) -> bool:
        """Whether it is used up. Raises StoreUnavailable: then nobody knows."""
        midnight = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        return await self._answers.spent_since(midnight) >= self._dollars
