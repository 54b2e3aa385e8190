"""`frontdesk triage`: what a message complains of. It needs neither index nor store, so it runs in this process; but
only an index knows products by their names."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

from ops.config import Config

if TYPE_CHECKING:
    from bot.desk.triage import TriageRecord

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415


@click.command("triage")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print the four fields as JSON; null: no complaint.")
@click.pass_context
def triage(context: click.Context, text: str, as_json: bool) -> None:
    """Say what a message complains of, how grave it is, and whether a human must look."""
    config: Config = context.obj.load()
    from bot.desk.errors import RetrievalUnavailable
    from ops.logs import log_to_stderr
    from ops.operations import OperationError

    log_to_stderr(verbose=False)
    try:
        record = asyncio.run(triaged(config, text))
    except RetrievalUnavailable as error:
        raise OperationError(str(error)) from error
    if as_json:
        click.echo(json.dumps(record.triage.model_dump() if record else None, ensure_ascii=False))
    else:
        click.echo("\n".join(_told(record)))


async def triaged(config: Config, text: str) -> "TriageRecord | None":
    """By Claude where there is a key, else by the classifier. Raises RetrievalUnavailable and PromptInvalid."""
    from bot.bootstrap import classifier_of, triager_of
    from bot.engine.claude_api import ClaudeApi
    from bot.prompting import PromptLibrary
    from ingest.index import make_embedder
    from ops.products import product_in

    bot, embedder = config.bot, make_embedder(config.ingest.index)
    named = await product_in(config, text)
    classifier = classifier_of(bot, embedder.embed, lambda: embedder.fingerprint, lambda _: named)
    if bot.model.api_key is None:
        return await classifier.triage(text)
    api = ClaudeApi(bot.model)
    try:
        return await triager_of(bot, PromptLibrary(bot.prompt_dirs), classifier, api).triage(text)
    finally:
        await api.close()


def _told(record: "TriageRecord | None") -> list[str]:
    if record is None:
        return ["No complaint, or none that can be triaged here (see the warnings)."]
    made = record.triage
    human = "a human must look" if made.requires_escalation else "no human has to look"
    return [
        f"{made.category}, severity {made.severity} of 5, {human}",
        f"language: {record.language or 'unknown'}   order: {record.order or '-'}   product: {record.product or '-'}",
        f"by {record.made_by}, confidence {record.confidence:.2f}",
    ]
