"""What a complaint is about and how grave it is: the record that goes with an escalation. Pure."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field


class Triage(BaseModel):
    """The record as it is handed on: exactly these four fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    complaint: str = Field(min_length=1, max_length=4000)  # what the person wrote
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


class Triager(Protocol):
    async def triage(self, text: str) -> TriageRecord | None:
        """None: no complaint. Raises IndexUnavailable when nothing can be embedded."""
        ...
