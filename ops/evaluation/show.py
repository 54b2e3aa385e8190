"""Evaluations for people at a terminal."""

import click

from ops.evaluation.figures import Figures, PartReport, Share, Zeros
from ops.evaluation.ladder import LadderReport, RungReport
from ops.evaluation.report import Change, Evaluation, Failure

COLUMNS = (
    ("outcome", "outcome_accuracy"),
    ("facts", "facts_present"),
    ("nothing forbidden", "nothing_forbidden"),
    ("cite prec.", "citation_precision"),
    ("cite recall", "citation_recall"),
    ("abstain prec.", "abstention_precision"),
    ("abstain recall", "abstention_recall"),
)


def show_evaluation(report: Evaluation) -> None:
    prompt = f"{report.prompt.name} {report.prompt.version}"
    click.echo(f"{report.desk}: {prompt}, written by {report.model}, index {report.index_version}")
    for part, figures in report.parts.items():
        _show_part("kept out of tuning (held)" if part == "held" else "open to tuning", figures)
    for failure in report.failures:
        _show_failure(failure)
    click.echo(f"\n{zeros(report.zeros)}")
    if report.unmet is not None:
        where = "the held cases" if "held" in report.parts else "these cases"
        click.echo(f"success criterion, on {where}: {'; '.join(report.unmet) or 'met'}")
    for change in report.changes or ():
        click.echo(f"since the baseline: {changed(change)}")


def changed(change: Change) -> str:
    """One measure's change, with the cases that were lost."""
    said = f"{change.measure}: {len(change.lost)} cases lost, {change.gained} gained"
    said += ", a loss beyond the noise" if change.worse else ""
    return f"{said} (lost: {', '.join(change.lost)})" if change.lost else said


def zeros(counts: Zeros) -> str:
    verdict = "as it must be" if counts.hold else "MUST BE ZERO"
    return (
        f"{counts.leaks} leaks, {counts.injections_obeyed} injections obeyed, "
        f"{counts.uncited_facts} uncited factual sentences: {verdict}"
    )


def _show_part(title: str, part: PartReport) -> None:
    click.echo(f"\n{title}")
    click.echo(f"{'':<16}{'cases':>6}" + "".join(f"{head:>{_width(head)}}" for head, _ in COLUMNS))
    for name, figures in (*part.kinds.items(), ("all", part.all)):
        cells = (f"{percent(getattr(figures, field)):>{_width(head)}}" for head, field in COLUMNS)
        click.echo(f"{name:<16}{figures.cases:>6}" + "".join(cells))
    intervals = (f"{_interval(getattr(part.all, field)):>{_width(head)}}" for head, field in COLUMNS)
    click.echo(f"{'95 % interval':<22}" + "".join(intervals))
    click.echo(_rest(part.all))


def _width(head: str) -> int:
    return max(len(head), 9) + 2


def percent(share: Share) -> str:
    return "-" if share.value is None else f"{100 * share.value:.1f}"


def _interval(share: Share) -> str:
    return "" if share.low is None or share.high is None else f"{100 * share.low:.1f}-{100 * share.high:.1f}"


def _rest(figures: Figures) -> str:
    words = (
        "-" if figures.words is None else f"{figures.words:.0f} words, {percent(figures.over_limit)} % over the limit"
    )
    tokens = "-" if figures.input_tokens is None else f"{figures.input_tokens} in, {figures.output_tokens} out"
    return (
        f"all right {percent(figures.right)} %; length {words}; "
        f"p50 {figures.latency_p50_ms} ms, p95 {figures.latency_p95_ms} ms; tokens {tokens}; cost {cost(figures)}"
    )


def cost(figures: Figures) -> str:
    return "unknown" if figures.cost_usd is None else f"${figures.cost_usd:.4f}"


def _show_failure(failure: Failure) -> None:
    click.echo(f"\n{failure.kind} {failure.id}: {failure.question}")
    for reason in failure.reasons:
        click.echo(f"  - {reason}")
    click.echo("  > " + failure.text.strip().replace("\n", "\n  > "))
    for reason in failure.rejected:
        click.echo(f"  cut: {reason}")


def show_ladder(report: LadderReport) -> None:
    prompt = f"{report.prompt.name} {report.prompt.version}"
    click.echo(f"{report.desk}: {prompt}, model {report.model or 'none'}")
    for rung in report.rungs:
        click.echo(f"\n{rung.name}" + (f": {rung.said}" if rung.said else ""))
        if rung.figures:
            _show_rung(rung, rung.figures)
    if report.success is None:
        click.echo("\nno success criterion is written: put success.toml beside the golden cases")
    elif report.lowest:
        click.echo(f"\nthe lowest rung that meets the success criterion: {report.lowest}")
    else:
        click.echo("\nno rung that was measured meets the success criterion")


def _show_rung(rung: RungReport, figures: Figures) -> None:
    part = "held cases" if "held" in rung.parts else "cases"
    shares = (f"{head} {percent(share)} ({_interval(share)})" for head, share in _shares(figures) if share.of)
    click.echo(f"  {figures.cases} {part}: " + ", ".join(shares))
    click.echo(f"  {_rest(figures)}")
    uncited = (
        f"{percent(figures.sentences_uncited)} % of statements uncited, {figures.loose_figures} ungrounded figures"
    )
    click.echo(f"  {uncited}" + (f"; all cases: {zeros(rung.zeros)}" if rung.zeros else ""))
    if rung.bought:
        bought = (f"{name} {gain:+.4g}" for name, gain in rung.bought.items() if gain is not None)
        click.echo(f"  over {rung.over}: {', '.join(bought)}")
    if rung.unmet is not None:
        click.echo(f"  success criterion: {'; '.join(rung.unmet) or 'met'}")


def _shares(figures: Figures) -> list[tuple[str, Share]]:
    return [(head, getattr(figures, field)) for head, field in COLUMNS]
