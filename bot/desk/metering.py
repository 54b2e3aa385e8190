"""A meter for whoever is not watched: tests, and commands that end."""

from typing import Literal

from bot.desk.model import Outcome, Usage
from bot.desk.ports import Meter


class NoMeter:
    """bot.desk.ports.Meter that keeps nothing."""

    def question_ended(self, desk: str, outcome: Outcome, seconds: float) -> None: ...

    def shown(self, what: Literal["sign", "sentence"], seconds: float) -> None: ...

    def model_used(self, model: str, usage: Usage, cost_usd: float | None) -> None: ...

    def model_failed(self, kind: str) -> None: ...

    def slack_called(self, method: str, error: str, seconds: float) -> None: ...

    def slack_waited(self, method: str, seconds: float) -> None: ...


NO_METER: Meter = NoMeter()
