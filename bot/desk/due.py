"""What becomes due of an escalation: planned with each of its moves, and done once by whichever process is there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from bot.desk.human_path import Escalation, Transition


class DueKind(StrEnum):
    HALF = "half"  # half of the time for a response has passed
    RESPONSE = "response"  # all of it has
    LEAD = "lead"  # twice as much has
    ASKER = "asker"  # the asker was asked something and says nothing
    WAKE = "wake"
    EXPIRE = "expire"
    CLOSE = "close"


class DueKey(NamedTuple):
    """`round`: the number of the move since which it is waited for; waiting anew is another round."""

    kind: DueKind
    round: int


@dataclass(frozen=True, slots=True)
class Planned:
    """`until`: when what it reminds of will be too late. A HALF is not due any more then."""

    key: DueKey
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something due that was claimed. `fence` tells the claim from earlier and later ones."""

    escalation_id: str
    key: DueKey
    at: datetime
    until: datetime | None
    attempts: int
    fence: int


# What is due of an escalation, by its moves and by what was done already, and when that was.
Plan = Callable[[Escalation, Sequence[Transition], Mapping[DueKey, datetime]], Sequence[Planned]]


class DueRows(Protocol):
    """The record of it. Raises StoreUnavailable."""

    async def claim(self, limit: int, lease_s: float) -> list[Due]:
        """What is due and nobody else is at, the oldest first."""
        ...

    async def renew(self, one: Due, lease_s: float) -> bool:
        """Whether it is still to be done, and still ours: to be asked before anybody hears of it."""
        ...

    async def complete(self, one: Due) -> None:
        """It was done; what follows from that is planned. Nothing where the claim is not the latest."""
        ...

    async def put_off(self, one: Due, until: datetime) -> None:
        """It could not be done: nobody claims it before then."""
        ...

    async def set_severity(self, escalation_id: str, severity: int) -> None:
        """What its triage says; what is due changes with it."""
        ...

    async def plan_all(self) -> None:
        """Plan anew what is not over: by other settings, or by an earlier version, something else may be due."""
        ...


@dataclass(frozen=True, slots=True)
class Reminder:
    """`group` and `lead` are Slack ids, of whom somebody is to help out."""

    escalation: Escalation
    due: Due
    group: str | None = None
    lead: str | None = None


class Reminders(Protocol):
    async def remind(self, reminder: Reminder, *, again: bool) -> None:
        """Post it. `again`: an earlier try may have, so that is looked for first (rule 2). A place where nothing can
        ever be posted again counts as reminded. Raises Unavailable."""
        ...


class Expectations(Protocol):
    def expected(self, escalation: Escalation, at: datetime) -> str:
        """What the asker is told at that time of when somebody will be there, as sentences; "" where nothing was
        promised."""
        ...

    def answer_due(self, escalation: Escalation, moves: Sequence[Transition]) -> datetime | None:
        """When its asker is to have an answer; None: nothing was promised, or nobody waits for a human now."""
        ...
