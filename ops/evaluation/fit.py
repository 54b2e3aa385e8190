"""Fits the weights of bot/engine/ranking.py and doubts.py: `python -m ops.evaluation.fit`, after a change of their
features or of the embedding model. Prints them, and how well they do on questions that they were not fitted on.

Trained on the open golden cases of the three desks and on `training/DESK.jsonl` (questions with the documents that
answer them, written from the documents); never on a held case. `training/quotes.jsonl` says which sentences answer
them: `answers` each alone, `beside` are true and useful next to one of those.
"""

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from bot.desk.audience import readable_in
from bot.desk.conversation import standalone
from bot.desk.synonyms import plainly
from bot.engine import ranking
from bot.engine.doubts import doubts
from bot.engine.extractive import ExtractiveWriter
from ops.config import load_config
from ops.evaluation.golden import load
from ops.evaluation.run import golden_of, opened, question_of

HERE = Path(__file__).parent
CONFIG = HERE.parent / "demo" / "three-desks.toml"
DESKS = ("support", "people", "techflow")
FOLDS = 8
MEMBER = ("public", "everyone", "members")  # what a full member may read
ANSWERS, BESIDE, DOCUMENT = 0.5, 0.2, 0.3  # what it counts that a sentence answers, is useful, is of a right document
HELD_BACK = 2.0  # the ridge of the ranking's weights
DOUBT = 2.0  # and of those that say how sure it is
WRITTEN_FOR_THIS = 0.6  # what a training question counts beside a golden case: a third of them have no answer

RANKING = ("like", "met", "words", "own_words", "heading", "heading_else", "title_else", "first", "length", "record",
           "figure", "label", "here", "unnamed", "fused", "near", "unmet")  # fmt: skip
SURE = ("one", "asked", "share", "named", "unnamed", "near", "figure", "missed", "left", "literal", "uncounted", "name",
        "identifier", "plan")  # fmt: skip


@dataclass
class Example:
    """A question with what was found: a row a unit."""

    name: str
    asked: str
    passages: Sequence[Any]
    likely: list[tuple[Any, float]]
    seen: list[dict[str, float]]
    right: Any  # units of a document that answers; none where there is no answer
    answers: Any  # units that answer alone
    useful: Any  # those, and the ones to be quoted beside them
    weight: float


async def examples(desk_name: str) -> list[Example]:
    config, quotes = load_config(CONFIG), _quotes()
    found = []
    async with opened(config, desk_name, lambda *_: None) as (local, desk):
        engine, search = local.bot.engine, local.knowledge.search
        writer = ExtractiveWriter(search.likeness, search.knows)
        for name, question, turns, readable, cites, weight in _questions(config, desk):
            alone = standalone(question, turns)
            got = await engine.retrieve(alone, sources=desk.sources, audience=readable)
            parts, units = writer.parts(alone, question, got.passages, turns)
            asked = plainly(parts[0])
            likely = ranking.by_words(asked, units)[: ranking.COMPARED]
            if len(parts) > 1 or not likely:
                continue
            right = np.array([_cited(got.passages[unit.passage].url, cites) for unit, _ in likely])
            quoted, beside = quotes.get((desk_name, question), ((), ()))
            answers = np.array([unit.text in quoted for unit, _ in likely])
            useful = answers | np.array([unit.text in beside for unit, _ in likely])
            seen = ranking.features(asked, likely, got.passages, search.likeness)
            found.append(Example(name, asked, got.passages, likely, seen, right, answers, useful, weight))
    return found


def _quotes() -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """Of a desk and a question, the sentences that answer it and those that are useful beside them."""
    lines = map(json.loads, (HERE / "training" / "quotes.jsonl").read_text().splitlines())
    return {(one["desk"], one["question"]): (one.get("answers", []), one.get("beside", [])) for one in lines}


def _questions(config: Any, desk: Any) -> Any:
    for case in load(golden_of(config, desk)):
        if case.held or case.kind in ("order", "courtesy", "human", "vague", "language"):
            continue
        question = question_of(case)
        turns = tuple(turn.turn() for turn in case.conversation)
        cites = [part for entry in case.cites for part in entry] if "answered" in case.outcome else []
        yield case.id, case.question, turns, readable_in(question.place, question.asker).keywords, cites, 1.0
    for number, line in enumerate((HERE / "training" / f"{desk.prompt}.jsonl").read_text().splitlines()):
        written = json.loads(line)
        yield f"{number}", written["question"], (), MEMBER, written["cites"], WRITTEN_FOR_THIS


def _cited(url: str, cites: Sequence[str]) -> bool:
    return any(part in unquote(url) for part in cites)


def fit_ranking(found: Sequence[Example]) -> dict[str, float]:
    """Weights that put right units before wrong ones: the likelihood of the right ones under a softmax over all units
    of a question (ListNet's top-one loss)."""
    known = [each for each in found if each.right.any()]
    pairs = [(np.array([[one[name] for name in RANKING] for one in each.seen]), each) for each in known]
    spread = np.vstack([rows for rows, _ in pairs]).std(axis=0) + 1e-9

    def loss(weights: Any) -> tuple[float, Any]:
        total, slope = 0.0, np.zeros(len(RANKING))
        for rows, each in pairs:
            rows = rows / spread
            scores = rows @ weights
            chance = np.exp(scores - logsumexp(scores))
            for which, counts in ((each.answers, ANSWERS), (each.useful, BESIDE), (each.right, DOCUMENT)):
                if which.any():
                    mass = chance[which].sum() + 1e-12
                    total -= counts * np.log(mass)
                    slope -= counts * rows.T @ (np.where(which, chance / mass, 0) - chance)
        return total / len(pairs) + HELD_BACK * weights @ weights / len(pairs), (slope + 2 * HELD_BACK * weights) / len(
            pairs
        )

    return dict(zip(RANKING, _smallest(loss, len(RANKING)) / spread, strict=True))


def fit_sure(found: Sequence[Example], scored: Callable[[Example], Sequence[float]]) -> dict[str, float]:
    """Weights of a logistic regression: whether the best unit's document answers."""
    rows = np.array([_doubts(each, scored(each)) for each in found])
    right = np.array([float(each.right[_best(each, scored(each))]) for each in found])
    count = np.array([each.weight for each in found])
    spread = rows.std(axis=0) + 1e-9
    spread[0] = 1.0  # the constant

    def loss(weights: Any) -> tuple[float, Any]:
        scores = rows / spread @ weights
        chance = 1 / (1 + np.exp(-scores))
        ridge = DOUBT * np.append(0.0, weights[1:])
        likely = np.log(np.where(right > 0, chance, 1 - chance) + 1e-12)
        return -(count * likely).sum() + ridge @ weights, (rows / spread).T @ (count * (chance - right)) + 2 * ridge

    return dict(zip(SURE, _smallest(loss, len(SURE)) / spread, strict=True))


def _doubts(each: Example, scores: Sequence[float]) -> list[float]:
    best, shares = _best(each, scores), _shares(each, scores)
    said = doubts(each.asked, each.likely[best][0], shares[best], each.seen[best], each.passages)
    return [said[name] for name in SURE]


def _best(each: Example, scores: Sequence[float]) -> int:
    return int(np.argmax(np.array(scores) + np.log(_shares(each, scores))))


def _shares(each: Example, scores: Sequence[float]) -> list[float]:
    return ranking.shares_of([each.passages[unit.passage].document_id for unit, _ in each.likely], scores)


def _smallest(loss: Callable[[Any], tuple[float, Any]], size: int) -> Any:
    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B").x


def scores_by(weights: Mapping[str, float]) -> Callable[[Example], list[float]]:
    return lambda each: [sum(weight * one[name] for name, weight in weights.items()) for one in each.seen]


def crossed(found: Sequence[Example]) -> None:
    """What each fold's weights, fitted on the others, make of it: at each threshold the share that ends as it should
    (answered where there is an answer, else not), and how often the first document is a right one; how often the first
    sentence is one that answers."""
    sure, right, answers, answerable, golden = [], [], [], [], []
    fold = [zlib.crc32(each.asked.encode()) % FOLDS for each in found]
    for number in range(FOLDS):
        others = [each for each, its in zip(found, fold, strict=True) if its != number]
        score = scores_by(fit_ranking(others))
        weights = fit_sure(others, score)
        for each in (each for each, its in zip(found, fold, strict=True) if its == number):
            doubts = dict(zip(SURE, _doubts(each, score(each)), strict=True))
            sure.append(1 / (1 + np.exp(-sum(weight * doubts[name] for name, weight in weights.items()))))
            best = _best(each, score(each))
            right.append(bool(each.right[best]))
            answers.append(float(each.answers[best]) if each.answers.any() else np.nan)
            answerable.append(each.right.any())
            golden.append(each.weight == 1.0)
    for name, which in (("golden", np.array(golden)), ("training", ~np.array(golden))):
        print(f"{name}: first sentence answers {np.nanmean(np.array(answers)[which]):.3f}")  # noqa: T201
        for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
            given, there, first = np.array(sure) >= threshold, np.array(answerable), np.array(right)
            fine = np.where(there, given, ~given)[which].mean()
            first_right = first[which & given & there].mean()
            print(f"{name} {threshold}: outcome {fine:.3f}, first document right {first_right:.3f}")  # noqa: T201


async def main() -> None:
    found = [one for desk in DESKS for one in await examples(desk)]
    crossed(found)
    weights = fit_ranking(found)
    for name, fitted in (("WEIGHTS", weights), ("SURE", fit_sure(found, scores_by(weights)))):
        print(name, {key: round(float(value), 2) for key, value in fitted.items()})  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
