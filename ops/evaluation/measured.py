"""What a measurement of retrieval gave: means with intervals, differences, and how both are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from ops.evaluation.reranking import RERANKED

METRICS = ("ndcg@10", "recall@10", "recall@100", "mrr@10")
RESAMPLES, SEED = 2000, 0

Values = npt.NDArray[np.float64]  # one a query, in the order of the queries


class Interval(BaseModel):
    """A mean over queries, and where 95 % of the bootstrap's means are."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """Each metric of each ranking for each query."""

    queries: tuple[str, ...]
    documents: int
    chunks: int
    model: str
    values: Mapping[str, Mapping[str, Values]]  # ranking -> metric -> values

    def better_leg(self) -> str:
        return max(("dense", "sparse"), key=lambda leg: float(self.values[leg]["ndcg@10"].mean()))

    def interval(self, metric: str, ranking: str, minus: str | None = None) -> Interval:
        values = self.values[ranking][metric]
        return bootstrap(values if minus is None else values - self.values[minus][metric])

    def report(self) -> dict[str, object]:
        """As --json prints it."""
        report: dict[str, object] = {
            "queries": len(self.queries),
            "documents": self.documents,
            "chunks": self.chunks,
            "model": self.model,
        }
        for ranking in self.values:
            found = {metric: self.interval(metric, ranking) for metric in METRICS}
            report[ranking] = {metric: one.mean for metric, one in found.items()} | {
                "ci": {metric: [one.low, one.high] for metric, one in found.items()}
            }
        report["best_leg"] = self.better_leg()
        for name, one, other in self.differences():
            report[name] = {metric: self.interval(metric, one, other).model_dump() for metric in METRICS}
        return report

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Which rankings are compared: a name, the one, and what is taken from it."""
        yield "ours-rrf", "ours", "rrf"
        yield "ours-best_leg", "ours", self.better_leg()
        if RERANKED in self.values:
            yield "reranked-ours", RERANKED, "ours"


def bootstrap(values: Values) -> Interval:
    """Over queries, seeded: the same values give the same interval. Rounded to four digits."""
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return Interval(mean=round(float(values.mean()), 4), low=round(float(low), 4), high=round(float(high), 4))


def show(measured: Measured) -> Iterator[str]:
    """The report as lines for a terminal."""
    yield f"{len(measured.queries)} queries, {measured.documents} documents, {measured.chunks} chunks, {measured.model}"
    yield "95 % intervals by bootstrap over the queries"
    yield " " * 12 + "".join(f"{metric:>24}" for metric in METRICS)
    for ranking in measured.values:
        yield f"{ranking:12}" + "".join(f"{_shown(measured.interval(metric, ranking)):>24}" for metric in METRICS)
    for _, one, other in measured.differences():
        found = [measured.interval(metric, one, other) for metric in METRICS]
        name = f"- {other}" if one == "ours" else f"{one} - {other}"
        yield f"{name:12}" + "".join(f"{_shown(value, '+'):>24}" for value in found)


def _shown(one: Interval, sign: str = "") -> str:
    return f"{one.mean:{sign}.3f} [{one.low:{sign}.3f}, {one.high:{sign}.3f}]"
