"""The committed figures of the committed sets, and whether a change made the search worse than them.

`python -m ops.evaluation.baseline` writes them anew: after a change that is meant to move them, with its reason in the
commit.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from ingest.index import Embedder
from ingest.settings import IndexSettings
from ops.evaluation.judged import JudgedSet, read_judged
from ops.evaluation.measured import Interval, Measured, bootstrap
from ops.evaluation.retrieval import RANKINGS, measure

SETS = Path(__file__).parent / "sets"
BASELINE = Path(__file__).parent / "baselines" / "retrieval.json"
CORPORA = {"electromart": ("electromart", "codes"), "library": ("library",)}  # corpus -> the sets that ask it


class SetBaseline(BaseModel):
    """What a set measured: the means of each ranking for people, and ours query by query to compare with."""

    means: dict[str, dict[str, float]]  # ranking -> metric -> mean
    ndcg_at_10: dict[str, float]  # query -> ours


def read_baseline() -> dict[str, SetBaseline]:
    return {name: SetBaseline.model_validate(one) for name, one in json.loads(BASELINE.read_text("utf-8")).items()}


def measure_sets(embedder: Embedder, rankings: tuple[str, ...] = ("ours",)) -> dict[str, SetBaseline]:
    """All committed sets; those that share a corpus are asked of one index."""
    found: dict[str, SetBaseline] = {}
    for corpus, names in CORPORA.items():
        sets = {name: _read(corpus, name) for name in names}
        first = next(iter(sets.values()))
        together = replace(
            first,
            queries={key: text for one in sets.values() for key, text in one.queries.items()},
            relevant={key: grades for one in sets.values() for key, grades in one.relevant.items()},
        )
        measured = measure(together, IndexSettings(), embedder, rankings)
        found |= {name: _baseline(measured, one) for name, one in sets.items()}
    return found


def _read(corpus: str, name: str) -> JudgedSet:
    return read_judged(SETS / corpus / "corpus.jsonl", SETS / name / "queries.jsonl", SETS / name / "qrels.tsv")


def _baseline(measured: Measured, judged: JudgedSet) -> SetBaseline:
    place = {key: at for at, key in enumerate(measured.queries)}
    mine = [place[key] for key in judged.queries]
    means = {
        ranking: {metric: round(float(values[mine].mean()), 4) for metric, values in metrics.items()}
        for ranking, metrics in measured.values.items()
    }
    ours = measured.values["ours"]["ndcg@10"]
    return SetBaseline(means=means, ndcg_at_10={key: round(float(ours[place[key]]), 4) for key in judged.queries})


def differences(now: Mapping[str, SetBaseline], then: Mapping[str, SetBaseline]) -> dict[str, Interval]:
    """Ours now minus ours then, of each set's queries and of all; below zero as a whole: worse by more than noise."""
    paired = {
        name: np.array([one.ndcg_at_10[key] - then[name].ndcg_at_10[key] for key in one.ndcg_at_10])
        for name, one in now.items()
    }
    return {name: bootstrap(values) for name, values in (paired | {"all": np.concatenate([*paired.values()])}).items()}


if __name__ == "__main__":
    from ingest.index import make_embedder

    written = measure_sets(make_embedder(IndexSettings()), tuple(RANKINGS))
    BASELINE.write_text(json.dumps({name: one.model_dump() for name, one in written.items()}, indent=1) + "\n", "utf-8")
    for name, one in written.items():
        sys.stdout.write(f"{name}: {json.dumps(one.means)}\n")
