"""What a complaint is about and how grave it is: the record that goes with an escalation. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

LONGEST = 4000  # characters of a complaint: what is longer is cut


class Triage(BaseModel):
    """The record as it is handed on: exactly these four fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    complaint: str = Field(min_length=1, max_length=LONGEST)  # what the person wrote
    category: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60)
    severity: int = Field(ge=1, le=5)
    requires_escalation: bool


@dataclass(frozen=True, slots=True)
class TriageRecord:
    """A triage with what is kept beside it. `language` is a name such as "German"; `order` a number as its mask spells
    it; `product` as the catalogue spells it. `confidence` is how probable the category is, from 0 to 1."""

    triage: Triage
    language: str
    order: str | None
    product: str | None
    confidence: float
    made_by: str  # "claude" and the model's name, or "classifier"

    @property
    def category(self) -> str:
        return self.triage.category

    @property
    def severity(self) -> int:
        return self.triage.severity

    @property
    def requires_escalation(self) -> bool:
        return self.triage.requires_escalation


class Triager(Protocol):
    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord | None:
        """None: no complaint, or nobody can tell what kind. `escalated`: a human was called because of it, so it counts
        as one. Raises RetrievalUnavailable when nothing can be embedded."""
        ...


class Summarizer(Protocol):
    async def summary(self, wrote: str) -> str:
        """What somebody wants, in short, of the messages that they wrote, one a line; "": there is none to be had, or
        none is needed."""
        ...


@dataclass(frozen=True, slots=True)
class ToTriage:
    """A question of which a record is wanted. `text`: what its asker wrote, and where a human was called because of it,
    the last of what they had written in the thread before. `triaged`: what an earlier run found, and had not done with.
    `escalation_id`: that of its thread, unless it is solved or over; `called`: it is because of this question, and then
    it is given though it is over. Only who has the newest `fence` may say what came of it; it counts the tries."""

    key: str
    desk: str
    team: str
    channel: str
    thread_ts: str
    asker: str
    text: str
    escalation_id: str | None
    called: bool
    triaged: Triage | None
    fence: int
    summary: str = ""  # likewise what an earlier run made


class TriageRows(Protocol):
    """The records, and the questions that wait for one. Raises StoreUnavailable."""

    async def want(self, key: str) -> None:
        """Once a question; again it changes nothing."""
        ...

    async def claim(self, limit: int, lease_s: float) -> Sequence[ToTriage]:
        """Those that wait, first those to which a human was called; until the lease ends nobody else gets them."""
        ...

    async def keep(self, one: ToTriage, record: TriageRecord) -> bool:
        """False: it is claimed anew, because a human was called meanwhile, or it was forgotten."""
        ...

    async def summarise(self, one: ToTriage, summary: str) -> bool:
        """For the brief; False as for keep()."""
        ...

    async def done(self, one: ToTriage) -> None:
        """It waits no more, unless it is claimed anew."""
        ...
