"""The search is not worse than its committed figures."""

import pytest

from ingest.index import Embedder
from ops.evaluation.baseline import SetBaseline, differences, measure_sets, read_baseline


def test_the_search_has_not_become_worse_than_the_baseline(embedder: Embedder) -> None:
    """Compared query by query. After a change that is meant to move it: python -m ops.evaluation.baseline"""
    found = differences(measure_sets(embedder), read_baseline())
    assert {name: one for name, one in found.items() if one.high < 0} == {}


@pytest.mark.parametrize(
    ("loss", "hit", "noticed"), [(0.0, 1, False), (0.5, 3, True), (0.02, 1, True), (0.9, 90, False)]
)
def test_a_loss_beyond_the_noise_is_noticed(loss: float, hit: int, noticed: bool) -> None:
    """Every third query worse by a half is a loss, and so is each one a little; one query of a set alone is noise."""
    then = read_baseline()
    codes = then["codes"]
    worse = {key: max(0.0, value - loss * (at % hit == 0)) for at, (key, value) in enumerate(codes.ndcg_at_10.items())}
    now = then | {"codes": SetBaseline(means={}, ndcg_at_10=worse)}
    assert (differences(now, then)["codes"].high < 0) is noticed


def test_the_committed_figures_are_above_plain_rrf_on_average() -> None:
    means = [one.means for one in read_baseline().values()]
    ours, rrf = (sum(one[name]["ndcg@10"] for one in means) for name in ("ours", "rrf"))
    assert ours > rrf
