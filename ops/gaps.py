"""`frontdesk gaps`: what the documents lack, by what was asked in vain. The running `serve` does it, where there is
one: it owns the index."""

import asyncio
from typing import TYPE_CHECKING

import click

from ops.config import Config
from ops.gap_reports import GapReport, GapsReport, GapsRequest

if TYPE_CHECKING:
    from rich.console import Console

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415

MOST = 25  # gaps that people are shown; --json has all
_TREND = {"new": "new", "rising": "↑", "falling": "↓", "steady": "="}


@click.command("gaps")
@click.option("--desk", help="Default: all desks.")
@click.option("--weeks", type=click.IntRange(1, 52), default=4, show_default=True, help="How far back it looks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
@click.pass_context
def gaps(context: click.Context, desk: str | None, weeks: int, as_json: bool) -> None:
    """Say what the documents lack: questions that went unanswered or were rated badly, and what to do about them."""
    from rich.console import Console

    from ops.logs import log_to_stderr

    config: Config = context.obj.load()
    log_to_stderr(verbose=False)
    report = asyncio.run(_found(config, GapsRequest(weeks=weeks, desk=desk)))
    if as_json:
        click.echo(report.model_dump_json())
    else:
        show(report, Console(highlight=False))


async def _found(config: Config, request: GapsRequest) -> GapsReport:
    from ops.composition import operations

    async with operations(config) as available:
        return await available.gaps(request)


def show(report: GapsReport, console: "Console") -> None:
    """A row a gap, the dearest first."""
    from rich.markup import escape
    from rich.table import Table

    if not report.gaps:
        console.print(f"Nothing went unanswered in the last {_weeks(report.weeks)}, and nothing was rated badly.")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name, justify in (("a week", "right"), ("", "left"), ("people", "right"), ("desk", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("what is missing, and what to do", overflow="fold")
    for one in report.gaps[:MOST]:
        cells = (f"{one.per_week:.3g}", _TREND[one.trend], str(one.askers), one.desk, _told(one))
        table.add_row(*map(escape, cells))
    console.print(table)
    if len(report.gaps) > MOST:
        console.print(f"and {len(report.gaps) - MOST} more, which --json has")
    if report.left_out:
        console.print(f"{report.left_out} older questions were too many to be looked at; take fewer --weeks")


def _told(one: GapReport) -> str:
    return "\n".join((one.name, *([f"“{one.sample}”"] if one.sample else []), *(f"→ {said}" for said in one.advice)))


def _weeks(count: int) -> str:
    return "week" if count == 1 else f"{count} weeks"
