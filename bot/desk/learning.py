"""What a resolved thread taught: a question and its answer, from the draft to the document that others are answered
from, and what that needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.desk.human_path import Escalation
from bot.desk.model import Usage


def learnt_source(desk: str) -> str:
    """The source that holds what a desk has learnt. One a desk, so that no other desk answers from it."""
    return f"resolved-{desk}"


class LearningState(StrEnum):
    WANTED = "wanted"  # its thread is over, and nobody has read it yet
    NOTHING = "nothing"  # the thread held no answer
    OFFERED = "offered"  # drafted; a human is to decide
    APPROVED = "approved"
    DISCARDED = "discarded"
    RETIRED = "retired"  # it was approved, and is true no more


@dataclass(frozen=True, slots=True)
class Draft:
    """Without personal data."""

    question: str
    answer: str
    answered_by: str  # a Slack user
    answered_at: datetime
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """What an approver wants. `audience` None: who can see the thread; `months` 0: for ever; `owner` "": they."""

    question: str
    answer: str
    audience: str | None
    months: int
    owner: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What an approver has decided. `expires_at` None: never."""

    question: str
    answer: str
    audience: tuple[str, ...]
    owner: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Learning:
    """One resolved thread's. `offered_to` decides, or an agent or an admin does. `thread_audience`: who can see the
    thread; only the approver widens that (rule 6). `ready`: since its approval, or its end, the index was told."""

    id: str
    escalation_id: str
    desk: str
    team: str
    state: LearningState
    offered_to: str
    created_at: datetime
    question: str = ""
    answer: str = ""
    thread_audience: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    thread_url: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    owner: str = ""
    expires_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    ready: bool = False
    offer_channel: str = ""
    offer_ts: str = ""

    @property
    def uri(self) -> str:
        """Where it is from: the thread, which Slack shows to those who may see it; for others a name."""
        return self.thread_url or f"resolved/{self.id}"


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """A question with what a right answer to it says and cites, for the evaluation."""

    id: str
    desk: str
    question: str
    must_say: tuple[str, ...]
    cites: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a thread, as a person reads it."""

    user: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadThread:
    """A thread with those who had to do with it. `audience`: who can see it, as keywords; `names` as profiles have
    them, handles and the first part of addresses too; `url` "": nobody but its asker could open it."""

    messages: tuple[Said, ...]
    names: tuple[str, ...]
    audience: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a model made of a thread; question and answer "": nothing of use. It was paid for all the same."""

    question: str = ""
    answer: str = ""
    usage: Usage | None = None
    cost_usd: float | None = None


class Learnings(Protocol):
    """The record of them. Each step is made by whoever is first, and tells the others so. Raises StoreUnavailable."""

    async def get(self, learning_id: str) -> Learning | None: ...

    async def to_do(self) -> Sequence[Learning]:
        """Those that wait to be drafted, whose offer is not posted, and of which the index was not told."""
        ...

    async def draft(self, learning_id: str, draft: Draft, thread: ReadThread) -> Learning | None:
        """WANTED to OFFERED. None: it was not wanted any more."""
        ...

    async def give_up(self, learning_id: str) -> None:
        """WANTED to NOTHING."""
        ...

    async def set_offer(self, learning_id: str, channel: str, ts: str) -> None: ...

    async def approve(self, learning_id: str, saved: Saved, by: str, must_say: Sequence[str]) -> Learning | None:
        """OFFERED to APPROVED, with its golden case. None: somebody decided before."""
        ...

    async def discard(self, learning_id: str, by: str) -> Learning | None: ...

    async def renew(self, learning_id: str, expires_at: datetime | None, known: datetime | None) -> Learning | None:
        """`known`: until when it was good; None: somebody was first."""
        ...

    async def retire(self, learning_id: str, by: str) -> Learning | None: ...

    async def set_ready(self, known: Sequence[Learning]) -> None:
        """The index was told of these as they are; of one that has changed since, it was not."""
        ...

    async def expiring(self, before: datetime) -> Sequence[Learning]:
        """Approved ones that are good no longer than until then, and are not over yet."""
        ...

    async def good(self, desk: str) -> Sequence[Learning]:
        """What the desk may answer from now."""
        ...

    async def golden(self, desk: str | None = None) -> Sequence[GoldenRow]:
        """Of those that are good."""
        ...


class Drafter(Protocol):
    """A model that writes the draft. Raises ModelUnavailable."""

    async def write(self, messages: Sequence[tuple[str, str]]) -> Written:
        """`messages`: who ("asker", "agent") said what, oldest first, without personal data."""
        ...


class LearningDesk(Protocol):
    """Where threads are read and drafts are offered. Raises Unavailable, and DeskError for what Slack refuses."""

    async def read(self, escalation: Escalation) -> ReadThread: ...

    async def offer(self, learning: Learning, *, again: bool) -> tuple[str, str]:
        """Show the draft to whom it is offered, alone; where it stands. `again`: an earlier try may have (rule 2)."""
        ...

    async def update(self, learning: Learning) -> None:
        """Show in the offer how it stands."""
        ...

    async def warn(self, learning: Learning) -> None:
        """Tell its owner that it ends soon."""
        ...


class LearnFrom(Protocol):
    """The use case as the surfaces call it. Each raises TransitionRefused, in words for who tried it, and
    StoreUnavailable. What was decided is indexed by the next work()."""

    @property
    def months(self) -> int:
        """How long what is approved as it was drafted is good; 0: for ever."""
        ...

    async def shown(self, learning_id: str, user: str) -> Learning:
        """A draft that `user` may decide on, and that nobody has decided on."""
        ...

    async def approve(self, learning_id: str, user: str, edited: Edited | None = None) -> Learning:
        """`edited` None: as it was drafted, for those who can see its thread, as long as is usual."""
        ...

    async def discard(self, learning_id: str, user: str) -> Learning: ...

    async def renew(self, learning_id: str, user: str) -> Learning: ...

    async def retire(self, learning_id: str, user: str) -> Learning: ...

    async def watch(self) -> None:
        """Until it is cancelled: do what waits, and what is decided meanwhile at once."""
        ...

    async def refresh(self, one: Learning) -> None:
        """Show in its offer how it stands. Best effort; never raises for what is away."""
        ...
