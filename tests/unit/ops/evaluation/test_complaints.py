"""The labelled complaints: enough of each kind, held by scenario, and nothing held that the others repeat."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ops import evaluation

Case = dict[str, object]
FIELDS = {"scenario", "text", "category", "severity", "requires_escalation", "held"}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    path = Path(evaluation.__file__).parent / "training" / "complaints.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_there_are_enough_of_each_category(cases: list[Case]) -> None:
    assert len(cases) >= 600
    assert all(one.keys() == FIELDS and one["severity"] in range(1, 6) for one in cases)
    counts = Counter(one["category"] for one in cases)
    assert len(counts) == 12
    assert min(counts.values()) >= 40
    assert len({one["text"] for one in cases}) == len(cases)


def test_scenarios_are_held_whole(cases: list[Case]) -> None:
    """Those of the first two authors; the others wrote to be learnt from."""
    for one in cases:
        scenario = str(one["scenario"])
        drawn = int(hashlib.sha256(scenario.encode()).hexdigest(), 16) % 10 < 3
        assert one["held"] == (drawn and scenario[0] in "ab")
    assert sum(bool(one["held"]) for one in cases) == 232


def test_no_held_text_is_nearly_one_of_the_others(cases: list[Case]) -> None:
    """By five letters at a time, of all that either has."""
    grams = [(one["held"], _fives(str(one["text"]))) for one in cases]
    others = [some for held, some in grams if not held]
    assert max(len(a & b) / len(a | b) for held, a in grams if held for b in others) < 0.6


def _fives(text: str) -> set[str]:
    letters = re.sub(r"\W+", " ", text.lower())
    return {letters[at : at + 5] for at in range(len(letters) - 4)}
