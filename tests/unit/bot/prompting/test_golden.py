"""The golden questions of each prompt: well-formed, and about documents that exist."""

import json
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bot.desk.model import Outcome
from ops.config import PACKAGE_PROMPTS
from ops.reports import SpokenTurn

DOCUMENTS = PACKAGE_PROMPTS.parent / "ops" / "demo" / "electromart" / "documents"


class Golden(BaseModel):
    """One question with what an honest answer has. `cites`: it cites a document of one of these folders or paths."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    question: str = Field(min_length=1)
    turns: tuple[SpokenTurn, ...] = ()
    outcome: Literal["answered", "asked", "abstained", "escalated"]
    must_say: tuple[str, ...]
    must_not_say: tuple[str, ...]
    cites: tuple[str, ...]


def cases() -> list[Golden]:
    lines = (PACKAGE_PROMPTS / "electromart" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    return [Golden.model_validate(json.loads(line)) for line in lines]


def test_there_are_enough_and_each_has_its_own_id() -> None:
    """Every way for a question to end well is among them."""
    found = cases()
    assert len(found) >= 25
    assert len({case.id for case in found}) == len(found)
    assert {case.outcome for case in found} == {"answered", "asked", "abstained", "escalated"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_can_be_met(case: Golden) -> None:
    """An answer is asked to cite documents that exist, and one that is none is asked for nothing."""
    assert bool(case.cites) == (case.outcome == Outcome.ANSWERED)
    assert all((DOCUMENTS / place).exists() for place in case.cites)
    assert not set(case.must_say) & set(case.must_not_say)
