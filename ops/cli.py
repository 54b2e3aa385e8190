"""The `frontdesk` command. Each command reads the configuration, does one thing and reports; nothing is decided here.

Reports go to stdout (with --json one JSON value), logs and progress to stderr. Exit status 1: the command failed, with
one line on stderr; 2: it was called wrongly.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from bot.desk.errors import DeskError
from ops.config import Config, ConfigError, find_config, load_config
from ops.escalations import escalations
from ops.evaluation.cli import export, ladder, run
from ops.evaluation.triage_cli import fit as triage_fitted
from ops.evaluation.triage_cli import triage as triage_measured
from ops.gaps import gaps
from ops.operations import OperationError, Operations
from ops.outbox import outbox
from ops.reports import AskRequest, ForgetRequest, SourcesRequest, SpokenTurn, SyncRequest, VerifyRequest
from ops.triage import triage

# Heavy parts (LlamaIndex, Qdrant, Slack) take seconds to import, so each command imports what it runs: `--help`, a
# wrong setting and `prompts` answer at once.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from bot.prompting import PromptLibrary

Result = TypeVar("Result")


@dataclass
class Settings:
    """What stands before the command's name."""

    file: Path | None

    def load(self) -> Config:
        return load_config(find_config(self.file, Path.cwd()))


class Commands(click.Group):
    """Turns what can go wrong into one line and status 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (ConfigError, OperationError, DeskError) as error:
            _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    click.echo(f"frontdesk: {sentence}", err=True)
    sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="Default: frontdesk.toml in this folder."
)
@click.version_option(package_name="frontdesk")
@click.pass_context
def main(context: click.Context, file: Path | None) -> None:
    """Frontdesk answers questions in Slack from your own documents."""
    context.obj = Settings(file)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


def _print(report: object, as_json: bool, show: Callable[[], None]) -> None:
    if as_json:
        value = TypeAdapter(object).dump_python(report, mode="json", serialize_as_any=True)
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        show()


def _operate(settings: Settings, operation: Callable[[Operations], Awaitable[Result]]) -> Result:
    """Run an operation in the `serve` that owns the data, or here when none runs."""
    config = settings.load()
    from ops.composition import operations
    from ops.logs import log_to_stderr

    log_to_stderr(verbose=False)

    async def run() -> Result:
        async with operations(config) as available:
            return await operation(available)

    return asyncio.run(run())


@main.command("try")
@click.option("--port", default=8484, show_default=True, help="Port of the page on this machine; 0: any free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
@click.pass_obj
def try_(settings: Settings, port: int, no_browser: bool) -> None:
    """Open a local Slack workspace in the browser and talk to the desk. Needs no account."""
    config = settings.load()
    from ops.local import try_locally
    from ops.logs import log_to_stderr

    log_to_stderr(verbose=False)
    asyncio.run(try_locally(config, port=port, browser=not no_browser))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--documents", default="docs", show_default=True, help="The folder that holds your documents.")
def init(folder: Path, documents: str) -> None:
    """Write a commented frontdesk.toml and a first prompt, to be filled in."""
    from ops.init import write_project

    for line in write_project(folder, documents, date=datetime.now(UTC).date().isoformat()):
        click.echo(line)


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run the desk: Slack, the scheduled syncs, and the socket for the other commands."""
    config = settings.load()
    from ops.logs import log_to_stderr
    from ops.serve import serve as run

    log_to_stderr(verbose=True)
    asyncio.run(run(config))


@main.command()
@click.argument("sources", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--approve", is_flag=True, help="Also remove what a shrinking source no longer has.")
@json_option
@click.pass_obj
def sync(settings: Settings, sources: tuple[str, ...], dry_run: bool, approve: bool, as_json: bool) -> None:
    """Bring the index up to date with SOURCES (default: all)."""
    from ops.show import Steps, show_sync

    request = SyncRequest(sources=sources, dry_run=dry_run, approve=approve)
    with Steps(quiet=as_json) as steps:
        reports = _operate(settings, lambda available: available.sync(request, steps))
    _print(reports, as_json, lambda: show_sync(reports))
    if any(report.state == "failed" for report in reports):
        sys.exit(1)


@main.command()
@click.argument("question")
@click.option("--desk", help="Default: the first desk.")
@click.option("--as", "email", help="Ask as the person with this e-mail address.")
@click.option("--conversation", type=click.Path(path_type=Path, dir_okay=False), help='JSON: [{"role", "text"}, ...]')
@json_option
@click.pass_obj
def ask(
    settings: Settings, question: str, desk: str | None, email: str | None, conversation: Path | None, as_json: bool
) -> None:
    """Ask one question and print the answer with its sources."""
    from ops.show import show_answer

    turns = _read_conversation(conversation) if conversation else ()
    request = AskRequest(question=question, desk=desk, email=email, conversation=turns)
    report = _operate(settings, lambda available: available.ask(request))
    _print(report, as_json, lambda: show_answer(report))
    if report.outcome == "failed":
        sys.exit(1)


def _read_conversation(path: Path) -> tuple[SpokenTurn, ...]:
    try:
        return TypeAdapter(tuple[SpokenTurn, ...]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise OperationError(
            f'{path} is not a conversation ({first}); it is a JSON list of {{"role": "asker", "text": "..."}}'
        ) from error


@main.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--desk", help="Default: the first desk.")
@json_option
@click.pass_obj
def sources(settings: Settings, words: tuple[str, ...], desk: str | None, as_json: bool) -> None:
    """List the document sections that WORDS find, as /sources does in Slack."""
    from ops.show import show_sources

    request = SourcesRequest(words=" ".join(words), desk=desk)
    found = _operate(settings, lambda available: available.sources(request))
    _print(found, as_json, lambda: show_sources(found))


@main.command()
@click.argument("user")
@json_option
@click.pass_obj
def forget(settings: Settings, user: str, as_json: bool) -> None:
    """Delete what is held of USER, a Slack member id or an e-mail address. Slack and the documents are not touched."""
    from ops.show import show_forgotten

    report = _operate(settings, lambda available: available.forget(ForgetRequest(user=user)))
    _print(report, as_json, lambda: show_forgotten(report))


@main.command()
@json_option
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """Check everything that can be checked, one line each."""
    config = settings.load()
    from ops.doctor import examine
    from ops.logs import log_to_stderr
    from ops.show import show_checks

    log_to_stderr(verbose=False)
    checks = asyncio.run(examine(config))
    _print(checks, as_json, lambda: show_checks(checks))
    if any(check.verdict == "failed" for check in checks):
        sys.exit(1)


@main.group()
def prompts() -> None:
    """The versioned system prompts."""


@prompts.command("list")
@json_option
@click.pass_obj
def list_prompts(settings: Settings, as_json: bool) -> None:
    """Every prompt and version; the live one is marked."""
    from ops.show import show_prompts

    listed = _prompts(settings).list()
    _print(listed, as_json, lambda: show_prompts(listed))


@prompts.command("show")
@click.argument("name")
@click.argument("version", required=False)
@json_option
@click.pass_obj
def show_prompt(settings: Settings, name: str, version: str | None, as_json: bool) -> None:
    """The text of a prompt as the model gets it (default: the live version)."""
    prompt = _prompts(settings).load(name, version)
    _print(prompt, as_json, lambda: click.echo(prompt.text))


@prompts.command("diff")
@click.argument("name")
@click.argument("old")
@click.argument("new")
@json_option
@click.pass_obj
def diff_prompts(settings: Settings, name: str, old: str, new: str, as_json: bool) -> None:
    """What changed between two versions."""
    diff = _prompts(settings).diff(name, old, new)
    _print({"name": name, "old": old, "new": new, "diff": diff}, as_json, lambda: click.echo(diff, nl=False))


def _prompts(settings: Settings) -> "PromptLibrary":
    from bot.prompting import PromptLibrary

    return PromptLibrary(settings.load().bot.prompt_dirs)


@main.group()
def index() -> None:
    """The index of the documents."""


@index.command()
@json_option
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """What the index holds and how fresh each source is."""
    from ops.show import show_index

    report = _operate(settings, lambda available: available.index_status())
    _print(report, as_json, lambda: show_index(report))


@index.command()
@click.option("--repair", is_flag=True, help="Mend what is wrong, and sync.")
@json_option
@click.pass_obj
def verify(settings: Settings, repair: bool, as_json: bool) -> None:
    """Compare the index, its ledger and the sources. Status 1 when index and ledger disagree."""
    from ops.show import Steps, show_check

    request = VerifyRequest(repair=repair)
    with Steps(quiet=as_json) as steps:
        report = _operate(settings, lambda available: available.index_verify(request, steps))
    _print(report, as_json, lambda: show_check(report))
    if not report.ok:
        sys.exit(1)


@main.group("eval")
def evaluate() -> None:
    """How good the desk is, measured."""


judged_file = click.Path(path_type=Path, dir_okay=False)


@evaluate.command()
@click.option("--corpus", type=judged_file, required=True, help='JSON lines: {"_id", "title", "text"}')
@click.option("--queries", type=judged_file, required=True, help='JSON lines: {"_id", "text"}')
@click.option("--qrels", type=judged_file, required=True, help="Columns with tabs: query-id, corpus-id, score")
@json_option
@click.pass_obj
def retrieval(settings: Settings, corpus: Path, queries: Path, qrels: Path, as_json: bool) -> None:
    """Measure the search on a judged set in BEIR's form, with the configured embedding model."""
    from ingest.index import IndexUnavailable, make_embedder, make_reranker
    from ops.evaluation.judged import read_judged
    from ops.evaluation.measured import show
    from ops.evaluation.retrieval import measure

    config = settings.load()
    index, candidates = config.ingest.index, config.bot.answering.candidates
    judged = read_judged(corpus, queries, qrels)

    try:
        reranker = make_reranker(index)
        if reranker is not None:
            reranker.load()
        measured = measure(
            judged,
            index,
            make_embedder(index),
            on_step=lambda step: click.echo(step, err=True),
            reranker=reranker,
            candidates=candidates,
        )
    except IndexUnavailable as error:
        raise OperationError(str(error)) from error
    _print(measured.report(), as_json, lambda: click.echo("\n".join(show(measured))))


main.add_command(escalations)
main.add_command(gaps)
main.add_command(outbox)
main.add_command(triage)
evaluate.add_command(run)
evaluate.add_command(ladder)
evaluate.add_command(export)
evaluate.add_command(triage_measured)
evaluate.add_command(triage_fitted)


if __name__ == "__main__":
    main()
