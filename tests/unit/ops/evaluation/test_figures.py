"""Judged answers as figures, what must be zero, the criterion, and what a change lost of the baseline."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ops.evaluation.figures import figures_of, parts_of, zeros_of
from ops.evaluation.golden_baseline import GoldenBaseline, baseline_of, compare, path_of, read, write
from ops.evaluation.judging import Judged
from ops.evaluation.report import Evaluation
from ops.evaluation.success import read_success
from ops.operations import OperationError
from ops.reports import PromptReport

numbers = count()


def judged(**changes: Any) -> Judged:
    fields = {
        "id": f"case-{next(numbers)}",
        "kind": "answerable",
        "held": False,
        "question": "?",
        "expected": ("answered",),
        "outcome": "answered",
        "text": "30 days",
        "facts": 1,
        "missing": (),
        "forbidden": (),
        "cited": ("a",),
        "foreign": (),
        "sources": 1,
        "unsourced": (),
        "factual": 1,
        "bare": (),
        "loose": (),
        "words": 10,
        "limit": 80,
        "ms": 10.0,
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": 0.0,
        "rejected": (),
    }
    return Judged.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (95, 100, 0.8882, 0.9785)]
)
def test_shares_have_wilsons_interval(right: int, of: int, low: float, high: float) -> None:
    """As the literature tabulates it: honest near 0 and 1, where the plain interval is not."""
    share = figures_of([judged(outcome="answered" if at < right else "abstained") for at in range(of)]).outcome_accuracy
    assert (share.value, share.of) == (right / of, of)
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_citations_are_counted_one_by_one() -> None:
    """Two answers with 1 of 3 and 1 of 1 right sources have 2 of 4, as uncertain as 1 of 2 answers."""
    some = [judged(cited=("a", "b", "c"), foreign=("b", "c")), judged()]
    share = figures_of(some).citation_precision
    assert (share.value, share.of) == (0.5, 4)
    assert (share.low, share.high) == (pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4))


def test_all_right_is_not_certain() -> None:
    """Five right answers do not prove that the sixth is."""
    share = figures_of([judged() for _ in range(5)]).citation_precision
    assert (share.value, share.high) == (1.0, 1.0)
    assert share.low == pytest.approx(0.5655, abs=1e-4)


def test_abstentions() -> None:
    """Precision: was it right to abstain? Recall: of what no document says, how much ended in a fine way."""
    nothing: dict[str, Any] = {"facts": 0, "sources": 0, "cited": ()}
    some = [
        judged(outcome="abstained"),
        judged(outcome="abstained", expected=("abstained", "escalated"), **nothing),
        judged(outcome="escalated", expected=("abstained", "escalated"), **nothing),
        judged(outcome="answered", expected=("abstained",), **nothing),
        judged(outcome="asked", expected=("asked",), **nothing),
    ]
    found = figures_of(some)
    assert (found.abstention_precision.value, found.abstention_precision.of) == (0.5, 2)
    assert (found.abstention_recall.value, found.abstention_recall.of) == (pytest.approx(2 / 3), 3)


def test_what_does_not_apply_is_not_a_number() -> None:
    """No answers, no length; one unknown price, no sum; no tokens, no tokens: never a 0 that nobody measured."""
    found = figures_of([judged(outcome="asked", expected=("asked",), facts=0, sources=0), judged(cost_usd=None)])
    assert found.cost_usd is None
    assert found.input_tokens is None
    assert figures_of([judged(outcome="abstained", words=90)]).words is None
    assert figures_of([judged(words=81), judged(words=80), judged(limit=None, words=90)]).over_limit.value == 0.5
    assert figures_of([]).latency_p50_ms is None


def test_held_cases_are_apart() -> None:
    """Each part has its own figures, by kind too; a part that was not asked is not there."""
    parts = parts_of([judged(), judged(kind="typo"), judged(held=True, outcome="abstained")])
    assert parts["tuned"].all.cases == 2
    assert set(parts["tuned"].kinds) == {"answerable", "typo"}
    assert parts["held"].all.outcome_accuracy.value == 0
    assert set(parts_of([judged()])) == {"tuned"}


def test_zeros() -> None:
    """A leak is somebody else's, an obeyed injection its words; a wrong figure elsewhere is neither."""
    wrong: dict[str, Any] = {"forbidden": ("x", "y")}
    some = [judged(kind=kind, **wrong) for kind in ("order", "other_audience", "injection", "superseded")]
    assert zeros_of(some).model_dump() == {"leaks": 2, "injections_obeyed": 1, "uncited_facts": 0}
    assert not zeros_of([judged(bare=("Free.", "Fast."))]).hold
    assert zeros_of([judged()]).hold


def criterion(folder: Path, text: str) -> Path:
    (folder / "success.toml").write_text(text)
    return folder / "golden.jsonl"


def test_the_criterion_says_what_is_missed(tmp_path: Path) -> None:
    """What can't be known is not reached: a price that nobody set meets no limit."""
    golden = criterion(tmp_path, "[at_least]\noutcome_accuracy = 0.9\n[at_most]\nleaks = 0\ncost_usd = 0.01\n")
    success = read_success(golden)
    assert success is not None
    good, poor = [judged()], [judged(outcome="abstained", cost_usd=None), judged(kind="order", forbidden=("x",))]
    assert success.unmet(figures_of(good), zeros_of(good)) == ()
    assert success.unmet(figures_of(poor), zeros_of(poor)) == (
        "outcome_accuracy 0.5 < 0.9",
        "leaks 1 > 0",
        "cost_usd unknown > 0.01",
    )


def test_a_misspelt_criterion_is_refused(tmp_path: Path) -> None:
    """A criterion that nobody reads would always be met."""
    with pytest.raises(OperationError, match=r"success\.toml: at_least\.outcome"):
        read_success(criterion(tmp_path, "[at_least]\noutcome = 0.9\n"))
    assert read_success(tmp_path / "elsewhere" / "golden.jsonl") is None


def baseline(some: list[Judged]) -> GoldenBaseline:
    report = Evaluation(
        desk="support",
        prompt=PromptReport(name="electromart", version="1.0.0", sha256="0"),
        model="extractive",
        index_version=1,
        parts=parts_of(some),
        zeros=zeros_of(some),
        unmet=None,
        changes=None,
    )
    return baseline_of(report, some)


def worse(some: list[Judged], count: int, gained: int = 0, **wrong: Any) -> bool:
    """Whether `count` cases going wrong, and `gained` coming right, is a loss."""
    before = [one.model_copy(update=wrong) if at >= len(some) - gained else one for at, one in enumerate(some)]
    now = [one.model_copy(update=wrong) if at < count else one for at, one in enumerate(some)]
    return any(change.worse for change in compare(baseline(before), now))


def test_a_loss_is_more_than_the_noise() -> None:
    """Four lost cases may be chance, five are not; what was gained counts against them; a gain is never a loss."""
    some = [judged(held=at % 3 == 0) for at in range(60)]
    assert not worse(some, 4, missing=("30 days",))
    assert worse(some, 5, missing=("30 days",))
    assert not worse(some, 10, 5, missing=("30 days",))
    assert worse(some, 20, 5, missing=("30 days",))
    assert not worse(some, 0, 60, missing=("30 days",))


def test_an_answer_where_there_was_none_is_no_loss() -> None:
    """A desk that begins to answer, not always from the best source, is not worse for it; the same answers are."""
    wrong: dict[str, Any] = {"foreign": ("a",), "words": 200}
    silent = [judged(outcome="abstained", missing=("x",), unsourced=("a",), cited=()) for _ in range(20)]
    answered = [one.model_copy(update={"outcome": "answered", "cited": ("a",), **wrong}) for one in silent]
    assert not any(change.worse for change in compare(baseline(silent), answered))
    assert worse([judged() for _ in range(20)], 6, **wrong)


def test_one_leak_is_a_loss() -> None:
    """What must never happen has no noise."""
    some = [judged(kind="order") for _ in range(9)]
    assert worse(some, 1, forbidden=("NLP188",))
    assert worse(some, 1, bare=("It is free.",))
    assert not worse([judged() for _ in range(9)], 1, forbidden=("14 days",))


def test_a_baseline_names_no_held_case(tmp_path: Path) -> None:
    """Whoever reads the file, or its difference, learns nothing to tune on; new cases are compared later."""
    kept, open_case = judged(id="secret-case", held=True, missing=("x",)), judged(id="open-case")
    path = tmp_path / "baseline.json"
    write(path, baseline([kept, open_case]))
    assert "secret-case" not in path.read_text()
    assert "open-case" in path.read_text()
    then = read(path)
    assert then is not None
    assert compare(then, [kept, open_case, judged(id="new-case", missing=("x",))]) == ()
    (change,) = compare(then, [kept.model_copy(update={"missing": ()}), open_case])
    assert (change.measure, change.lost, change.gained, change.worse) == ("facts", (), 1, False)


def test_a_baseline_lies_beside_ones_own_golden_cases(tmp_path: Path) -> None:
    """An installed package is not written to for somebody else's desk."""
    assert path_of("support", tmp_path / "golden.jsonl") == tmp_path / "baseline.json"
    assert read(tmp_path / "baseline.json") is None
