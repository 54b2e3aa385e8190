"""`frontdesk escalations`: which requests for a human there are, all that happened to them, and how long it took.

It works on the database, whether `serve` runs or not.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ops.config import Config
from ops.operations import OperationError

if TYPE_CHECKING:
    from bot.store.escalation_log import Logged

# As in ops.cli, what the command runs is imported by it.
# ruff: noqa: PLC0415

STDOUT = "-"


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
@click.option("--days", type=click.IntRange(min=1), help="Only what was asked for in the last DAYS.")
@click.option("--stats", is_flag=True, help="How long things took, of all of them, in each desk's own time.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, allow_dash=True), help="Write a row an event.")
@click.option(
    "--json",
    "json_file",
    is_flag=False,
    flag_value=STDOUT,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write one JSON value with all events; without a file: print it.",
)
@click.pass_obj
def escalations(
    settings: Any, every: bool, days: int | None, stats: bool, csv_file: str | None, json_file: str | None
) -> None:
    """Requests for a human that are not over; with --csv or --json, all of them and what happened to each."""
    from ops import escalation_reports as reports

    if csv_file and (stats or json_file):
        raise click.UsageError("--csv goes with neither --stats nor --json")
    config: Config = settings.load()
    now = datetime.now(UTC)
    exports = csv_file is not None or (json_file is not None and not stats)
    since = now - timedelta(days=days) if days else None
    logged = _read(config, over=every or stats or exports, since=since)
    if csv_file:
        _write(csv_file, reports.as_csv(logged), len(logged))
    elif stats:
        figures = reports.stats(logged, config.bot, now)
        if json_file:
            _write(json_file, json.dumps(reports.plain_figures(figures)) + "\n", len(logged))
        else:
            click.echo("\n".join(reports.figure_lines(figures)))
    elif json_file:
        exported = [reports.plain(one, config.bot) for one in logged]
        _write(json_file, json.dumps(exported, ensure_ascii=False) + "\n", len(logged))
    else:
        click.echo("\n".join(reports.lines(logged, config.bot, now)))


def _read(config: Config, *, over: bool, since: datetime | None) -> "list[Logged]":
    from bot.store import open_store
    from ingest.schedule import utc_now
    from ops.logs import log_to_stderr

    log_to_stderr(verbose=False)

    async def run() -> "list[Logged]":
        store = await open_store(config.store_url, utc_now)
        try:
            return [one async for one in store.escalation_log.read(over=over, since=since)]
        finally:
            await store.close()

    return asyncio.run(run())


def _write(file: str, text: str, count: int) -> None:
    if file == STDOUT:
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OperationError(f"{file} can't be written ({error})") from error
    click.echo(f"{count} requests written to {file}", err=True)
