"""A few rounds of the sync's soak; `make soak` does hundreds."""

from ops.bench.soak_sync import FAULTS, main


def test_killed_or_failing_a_sync_shows_no_harm_and_converges() -> None:
    """Queries during, after and between see each document whole, once, old or new; then the index is the source."""
    report = main(kills=4, faults=len(FAULTS), seed=11)
    assert report["wrong"] == []
    assert sum(report["killed_in"].values()) >= 4  # type: ignore[attr-defined]
    assert len(report["faults"]) >= len(FAULTS)  # type: ignore[arg-type]
    assert report["queries"] > 20  # type: ignore[operator]
