"""Questions that want the same come together: three desks' questions that their documents do not answer, by hand."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from bot.gaps.clustering import central, clusters
from ingest.index import Embedder

SET = Path(__file__).parents[4] / "ops" / "evaluation" / "sets" / "gaps" / "questions.jsonl"


def questions() -> dict[str, list[tuple[str, str]]]:
    by_desk = defaultdict(list)
    for line in SET.read_text().splitlines():
        row = json.loads(line)
        by_desk[row["desk"]].append((row["question"], row["gap"]))
    return by_desk


def bcubed(wanted: list[str], found: list[int]) -> float:
    true, made = np.array(wanted), np.array(found)
    same, together = true[:, None] == true, made[:, None] == made
    both = (same & together).sum(axis=1)
    precision, recall = (both / together.sum(axis=1)).mean(), (both / same.sum(axis=1)).mean()
    return float(2 * precision * recall / (precision + recall))


# TechFlow's questions chose nothing: the distance was set on the two others. Measured .900, .860 and .907.
@pytest.mark.parametrize(("desk", "least"), [("electromart", 0.88), ("techflow", 0.84), ("people", 0.88)])
def test_questions_that_want_the_same_come_together(embedder: Embedder, desk: str, least: float) -> None:
    texts, wanted = map(list, zip(*questions()[desk], strict=True))
    groups = clusters(embedder.embed(texts))
    assert sorted(row for rows in groups for row in rows) == list(range(len(texts)))
    assert [len(rows) for rows in groups] == sorted(map(len, groups), reverse=True)
    found = [next(number for number, rows in enumerate(groups) if row in rows) for row in range(len(texts))]
    assert bcubed(wanted, found) >= least
    assert adjusted_rand_score(wanted, found) >= 0.65


def test_a_single_question_and_none(embedder: Embedder) -> None:
    assert clusters(embedder.embed(["Do you wrap gifts?"])) == [[0]]
    assert clusters(np.zeros((0, 384), np.float32)) == []


def test_all_may_be_one(embedder: Embedder) -> None:
    """HDBSCAN finds no cluster where there is only one."""
    texts = ["Can you gift wrap my order?", "do you offer gift wrapping", "is gift wrapping free?"]
    assert clusters(embedder.embed(texts)) == [[0, 1, 2]]


def test_the_middle_comes_first() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32)
    assert central(vectors, [0, 1, 3]) == [1, 0, 3]
