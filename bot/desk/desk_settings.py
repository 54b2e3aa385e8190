"""What admins set in Slack while the desk runs. Values only; they go before the configuration file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    """How the desk takes part in a channel. A mention always counts."""

    MENTIONS = "mentions"  # who mentions it is answered
    QUESTIONS = "questions"  # so is each question at the root of the channel, where the documents surely answer it
    OFFER = "offer"  # whoever asks such a question is asked privately whether they want an answer


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """Of one channel, by its id: renaming it changes nothing. `desk` None: the one that the configuration says."""

    channel: str
    mode: Mode
    desk: str | None
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is answered since then; `by` is who paused it."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class SetInSlack:
    """All of it, of one workspace."""

    channels: Mapping[str, ChannelSetting] = field(default_factory=dict)
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """What came of the questions of one day. `median_s`: from arrival to the end, of what was answered. `dollars`: of
    answers and of what a model did beside them, as far as prices are known; None: none is. `unpriced`: answers and
    other calls of a model whose price is not known."""

    questions: int
    outcomes: Mapping[str, int]
    median_s: float | None
    dollars: float | None
    unpriced: int = 0

    def of(self, outcome: str) -> int:
        return self.outcomes.get(outcome, 0)


@dataclass(frozen=True, slots=True)
class RecentThread:
    """A thread in which the desk answered; `question` is the latest there."""

    thread_ts: str
    question: str
    at: datetime
