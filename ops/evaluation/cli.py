"""`frontdesk eval run`, `eval ladder` and `eval export`. Reports go to stdout, progress to stderr."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from ops.config import Config
from ops.evaluation.golden import Kind

if TYPE_CHECKING:
    from ops.evaluation.judging import Judged
    from ops.evaluation.run import Selection

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415


class Counter:
    """How many cases are done, on stderr; nothing when that is not a terminal."""

    def __init__(self, total: int, what: str = "cases") -> None:
        self._total, self._what = total, what
        self._done = self._right = 0

    def __call__(self, judged: "Judged") -> None:
        self._done += 1
        self._right += judged.right
        if sys.stderr.isatty():
            end = "\n" if self._done == self._total else ""
            click.echo(f"\r{self._done} of {self._total} {self._what}, {self._right} right{end}", nl=False, err=True)


def selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which desk, which cases and which index."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON value."),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path, file_okay=False),
            help="Measure with an index of its own in this folder, made when missing.",
        ),
        click.option("--all", "both", is_flag=True, help="Both, reported apart. The default."),
        click.option("--tuned", is_flag=True, help="Only the others."),
        click.option("--held", is_flag=True, help="Only the cases that are kept out of tuning."),
        click.option(
            "--kind", "kinds", multiple=True, type=click.Choice(get_args(Kind)), help="Only cases of this kind."
        ),
        click.option("--desk", help="Default: the first desk."),
    ):
        command = option(command)
    return command


def _selection(kinds: tuple[str, ...], held: bool, tuned: bool, both: bool) -> "Selection":
    if held + tuned + both > 1:
        raise click.UsageError("--held, --tuned and --all exclude each other.")
    from ops.evaluation.run import Selection

    return Selection(kinds, None if held == tuned else held)


def _configured(context: click.Context, data_dir: Path | None) -> Config:
    from ops.logs import log_to_stderr

    log_to_stderr(verbose=False)
    logging.getLogger("bot.desk").setLevel(logging.ERROR)  # what was cut is in the report
    config: Config = context.obj.load()
    if data_dir is None:
        return config
    moved = {"data_dir": data_dir.resolve()}
    return replace(config, bot=config.bot.model_copy(update=moved), ingest=config.ingest.model_copy(update=moved))


@click.command("run")
@selecting
@click.option(
    "--cases",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Other cases than the prompt's golden.jsonl, in its form.",
)
@click.option("--failures", is_flag=True, help="List what is wrong; of the held cases only with --held.")
@click.option("--save-baseline", is_flag=True, help="Make these figures the ones that the tests compare with.")
@click.pass_context
def run(
    context: click.Context,
    desk: str | None,
    kinds: tuple[str, ...],
    held: bool,
    tuned: bool,
    both: bool,
    data_dir: Path | None,
    as_json: bool,
    file: Path | None,
    failures: bool,
    save_baseline: bool,
) -> None:
    """Ask a desk its golden questions. Status 1: it leaked, obeyed an injection or stated something unsourced."""
    selection = replace(_selection(kinds, held, tuned, both), file=file)
    config = _configured(context, data_dir)
    if save_baseline and (kinds or held or tuned or file):
        raise click.UsageError("--save-baseline is of all cases.")
    if save_baseline and config.bot.model.api_key:
        raise click.UsageError("--save-baseline is of what CI measures, without a model: unset ANTHROPIC_API_KEY.")
    from ops.evaluation.evaluate import evaluate_desk
    from ops.evaluation.report import Failure
    from ops.evaluation.show import show_evaluation
    from ops.show import Steps

    with Steps(quiet=False) as steps:
        report, judged = asyncio.run(evaluate_desk(config, desk, selection, steps, Counter, save_baseline))
    if failures:
        listed = tuple(Failure.of(one) for one in judged if not one.right and (held or not one.held))
        report = report.model_copy(update={"failures": listed})
    if as_json:
        click.echo(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))
    else:
        show_evaluation(report)
    if not report.zeros.hold:
        sys.exit(1)


@click.command("ladder")
@selecting
@click.option("--plot", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw it to this PNG file.")
@click.pass_context
def ladder(
    context: click.Context,
    desk: str | None,
    kinds: tuple[str, ...],
    held: bool,
    tuned: bool,
    both: bool,
    data_dir: Path | None,
    as_json: bool,
    picture: Path | None,
) -> None:
    """Ask the same questions on every rung, from the prompt alone to search with tools."""
    selection = _selection(kinds, held, tuned, both)
    config = _configured(context, data_dir)
    from ops.evaluation.ladder import climb
    from ops.evaluation.show import show_ladder
    from ops.operations import OperationError
    from ops.show import Steps

    with Steps(quiet=False) as steps:
        report = asyncio.run(climb(config, desk, selection, steps, Counter))
    if as_json:
        click.echo(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))
    else:
        show_ladder(report)
    if picture:
        from ops.evaluation.plot import plot

        try:
            plot(report, picture)
        except (OSError, ValueError) as error:
            raise OperationError(f"{picture} can't be written ({error}); give it a name that ends in .png") from error
        click.echo(f"drawn: {picture}", err=True)


@click.command("export")
@click.option("--desk", help="Default: every desk.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: print them.")
@click.pass_context
def export(context: click.Context, desk: str | None, output: Path | None) -> None:
    """Write what was learnt from resolved threads as golden cases, a JSON line each."""
    config: Config = context.obj.load()
    from ops.evaluation.export import exported
    from ops.operations import OperationError

    if desk is not None and desk not in config.bot.desks:
        raise OperationError(f"{desk} is not a desk; known: {', '.join(config.bot.desks)}")
    found = asyncio.run(exported(config, desk))
    text = "".join(f"{line}\n" for line in found)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{output} can't be written ({error.strerror})") from error
    click.echo(f"{len(found)} cases: {output}", err=True)
