"""`frontdesk outbox`: what other systems were not told yet, and telling it again.

It works on the database, whether `serve` runs or not: a running one finds what is due within a second.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ops.config import Config
from ops.operations import OperationError

if TYPE_CHECKING:
    from bot.desk.outgoing import OutboxEntry
    from bot.store import Store

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415

Result = TypeVar("Result")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


@click.group(invoke_without_command=True)
@click.pass_context
def outbox(context: click.Context) -> None:
    """What webhooks and mailboxes were not told yet; alone it is `outbox list`."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@outbox.command("list")
@json_option
@click.pass_obj
def list_(settings: Any, as_json: bool = False) -> None:
    """What waits or was given up, the oldest first, with its last error and when it is tried next."""
    config: Config = settings.load()
    entries = _in_store(config, lambda store: store.outbox_upkeep.undelivered())
    if as_json:
        click.echo(json.dumps([_plain(entry) for entry in entries]))
        return
    known = _configured(config)
    for entry in entries:
        click.echo("\n".join(_lines(entry, known, datetime.now(UTC))))
    if not entries:
        click.echo("Nothing waits.")


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything that failed or was given up.")
@click.pass_obj
def retry(settings: Any, ids: tuple[str, ...], every: bool) -> None:
    """Try the deliveries with these IDS again now.

    What was given up goes before what still waits, but after what was told meanwhile: `number` says where it belongs.
    """
    if every == bool(ids):
        raise click.UsageError("name the deliveries, or say --all")
    count = _in_store(settings.load(), lambda store: store.outbox_upkeep.retry(None if every else ids))
    if count < len(ids):
        raise OperationError(f"{count} of {len(ids)} are due again; the others are not in the outbox, or are delivered")
    click.echo(f"{count} due again; a running `frontdesk serve` tries them now")


def _in_store(config: Config, work: "Callable[[Store], Awaitable[Result]]") -> Result:
    from bot.store import open_store
    from ingest.schedule import utc_now
    from ops.logs import log_to_stderr

    log_to_stderr(verbose=False)

    async def run() -> Result:
        store = await open_store(config.store_url, utc_now)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _configured(config: Config) -> Collection[str]:
    return {hook.name for hook in config.bot.webhooks} | ({"email"} if config.bot.email else set())


def _plain(entry: "OutboxEntry") -> dict[str, Any]:
    at = {"created_at": entry.created_at.isoformat(), "due_at": entry.due_at and entry.due_at.isoformat()}
    return entry._asdict() | at | {"state": "waiting" if entry.due_at else "given up"}


def _lines(entry: "OutboxEntry", known: Collection[str], now: datetime) -> list[str]:
    if entry.due_at is None:
        state = f"GIVEN UP after {_attempts(entry.attempts)}"
    elif entry.due_at <= now:
        state = f"due now, {_attempts(entry.attempts)} so far"
    else:
        state = f"next try {entry.due_at:%Y-%m-%d %H:%M:%S} UTC, {_attempts(entry.attempts)} so far"
    orphan = "" if entry.target in known else f"; {entry.target} is not in the configuration"
    lines = [f"{entry.id}: {state}; written {entry.created_at:%Y-%m-%d %H:%M} UTC{orphan}"]
    return [*lines, f"  {entry.last_error}"] if entry.last_error else lines


def _attempts(count: int) -> str:
    return f"{count} attempt" if count == 1 else f"{count} attempts"
