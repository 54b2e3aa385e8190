"""`frontdesk eval`: how good the answers are. Reports go to stdout, progress to stderr."""

import asyncio
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from ops.config import Config
from ops.evaluation.golden import GoldenError, Kind

if TYPE_CHECKING:
    from ops.evaluation.figures import Evaluation
    from ops.evaluation.judging import Judged
    from ops.evaluation.run import Selection

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415


class Counter:
    """How many cases are done, on stderr; nothing when that is not a terminal."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._right = total, 0, 0

    def __call__(self, judged: "Judged") -> None:
        self._done += 1
        self._right += judged.right
        if sys.stderr.isatty():
            end = "\n" if self._done == self._total else ""
            click.echo(f"\r{self._done} of {self._total} cases, {self._right} right{end}", nl=False, err=True)


def _part(tuned: bool, held: bool) -> bool | None:
    return None if tuned == held else held


def with_data_dir(config: Config, folder: Path | None) -> Config:
    """The configuration with its index in another folder."""
    if folder is None:
        return config
    moved = {"data_dir": folder.resolve()}
    return replace(config, bot=config.bot.model_copy(update=moved), ingest=config.ingest.model_copy(update=moved))


@click.command("run")
@click.option("--desk", help="Default: the first desk.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(get_args(Kind)), help="Only cases of this kind.")
@click.option("--held", is_flag=True, help="Only the cases that are kept out of tuning.")
@click.option("--tuned", is_flag=True, help="Only the others.")
@click.option("--all", "both", is_flag=True, help="Both, reported apart. The default.")
@click.option("--failures", is_flag=True, help="List what is wrong; of the held cases only with --held.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Another index, made when missing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
@click.pass_context
def run(
    context: click.Context,
    desk: str | None,
    kinds: tuple[str, ...],
    held: bool,
    tuned: bool,
    both: bool,
    failures: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Ask a desk its golden questions. Status 1: it leaked, obeyed an injection or stated something unsourced."""
    if held + tuned + both > 1:
        raise click.UsageError("--held, --tuned and --all exclude each other.")
    from ops.evaluation.run import Selection

    config = with_data_dir(context.obj.load(), data_dir)
    report, judged = asyncio.run(_run(config, desk, Selection(kinds, _part(tuned, held))))
    if failures:
        from ops.evaluation.figures import Failure

        listed = tuple(Failure.of(one) for one in judged if not one.right and (held or not one.held))
        report = report.model_copy(update={"failures": listed})
    if as_json:
        click.echo(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))
    else:
        from ops.evaluation.show import show_evaluation

        show_evaluation(report)
    if not report.zeros.hold:
        sys.exit(1)


async def _run(config: Config, desk_name: str | None, selection: "Selection") -> "tuple[Evaluation, list[Judged]]":
    from bot.desk.errors import DeskError
    from ops.evaluation.figures import Evaluation, parts_of, zeros_of
    from ops.evaluation.run import AT_ONCE, answering_of, answers, opened, selected, word_limit
    from ops.logs import log_to_stderr
    from ops.operations import OperationError
    from ops.reports import PromptReport
    from ops.show import Steps

    log_to_stderr(verbose=False)
    logging.getLogger("bot.desk").setLevel(logging.ERROR)  # what was cut is in the report
    with Steps(quiet=False) as steps:
        async with opened(config, desk_name, steps) as (local, desk):
            try:
                cases = selected(config, desk, selection)
                prompt = local.bot.prompts.live(desk.prompt).ref
            except (GoldenError, DeskError) as error:
                raise OperationError(str(error)) from error
            judged = await answers(
                cases,
                answering_of(local.bot, desk),
                at_once=AT_ONCE if local.bot.writer else 1,
                limit=word_limit(config, prompt),
                on_done=Counter(len(cases)),
            )
            version = (await local.index_status()).index_version
    report = Evaluation(
        desk=desk.name,
        prompt=PromptReport(name=prompt.name, version=prompt.version, sha256=prompt.sha256),
        model=config.bot.model.name if local.bot.writer else "extractive",
        index_version=version,
        parts=parts_of(judged),
        zeros=zeros_of(judged),
    )
    return report, judged
