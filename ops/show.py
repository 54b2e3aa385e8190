"""Reports for people at a terminal: plain lines, wide enough for a phone's ssh."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.desk.freshness import checked, freshness, stale_notice
from ops.checks import Check
from ops.reports import AskReport, CheckReport, ForgetReport, FoundSource, IndexReport, SyncOutcome, SyncStep

if TYPE_CHECKING:
    from bot.prompting import ListedPrompt


class Steps:
    """A progress bar a source on stderr; nothing at all when stderr is not a terminal or `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, step: SyncStep) -> None:
        if step.source not in self._tasks:
            self._tasks[step.source] = self._progress.add_task(step.source)
        self._progress.update(
            self._tasks[step.source],
            description=f"{step.source}: {step.stage}",
            completed=step.done,
            total=step.total or None,
        )


def show_sync(reports: Sequence[SyncOutcome]) -> None:
    for report in reports:
        would = "would be " if report.dry_run else ""
        counts = (
            f"{report.added} {would}added, {report.changed} {would}changed, {report.removed} {would}removed, "
            f"{report.unchanged} unchanged, {len(report.failed)} failed"
        )
        click.echo(f"{report.source}: {report.state}: {counts} ({report.seconds:.1f} s)")
        if report.problem:
            click.echo(f"  {report.problem}")
        if report.held:
            click.echo(f"  {report.held} removals wait for `frontdesk sync --approve`: that is more than shrink_limit")
        for one in report.failed:
            click.echo(f"  {one.uri}: {one.reason}")


def show_answer(report: AskReport) -> None:
    now = datetime.now(UTC)
    click.echo(report.text)
    if report.citations:
        click.echo()
    for number, cited in enumerate(report.citations, start=1):
        section = f" › {cited.section}" if cited.section else ""
        click.echo(f"[{number}] {cited.title}{section} ({freshness(cited, now)}) {cited.uri}")
    if report.notice:
        click.echo(f"\n{report.notice}")
    if report.withheld:
        click.echo(
            f"\nDocuments that fit, but are not for everybody: {report.withheld}. People who may read them are answered"
            " in Slack, or as one of them in `frontdesk try`."
        )
    if report.incident:
        click.echo(f"\nIncident {report.incident}", err=True)


def show_sources(found: Sequence[FoundSource]) -> None:
    if not found:
        click.echo("Nothing found. Try other words, or `frontdesk index status` to see what is indexed.")
    now = datetime.now(UTC)
    for one in found:
        section = f" › {one.section}" if one.section else ""
        click.echo(f"{one.title}{section} ({freshness(one, now)})\n  {one.snippet}\n  {one.uri}")
    if old := stale_notice(found, now):
        click.echo(old)


def show_index(report: IndexReport) -> None:
    click.echo(
        f"{report.collection}: {report.documents} documents, {report.chunks} chunks, "
        f"version {report.index_version}, {report.embedding_model}"
    )
    if new := report.rebuilding:
        click.echo(
            f"  being rebuilt as {new.collection} with {new.embedding_model}: {new.documents} documents are in it; "
            f"it answers once these are synced: {', '.join(new.waiting_for)}"
        )
    now = datetime.now(UTC)
    for source in report.sources:
        when = f"last sync {minute(source.last_sync)}: {source.state}" if source.last_sync else "never synced"
        failed = f", {source.failed} failed" if source.failed else ""
        due = "syncing now" if source.syncing else f"next due {minute(source.next_due)}" if source.next_due else ""
        age = checked(source.verified_at, now) + (", STALE" if source.stale else "")
        click.echo(
            "; ".join(filter(None, (f"  {source.source}: {source.documents} documents{failed}", age, when, due)))
        )
        if source.problem:
            click.echo(f"    {source.problem}")
        if source.held:
            click.echo(f"    {source.held} removals wait for `frontdesk sync {source.source} --approve`")


_FORGOTTEN = {
    "questions": "questions emptied",
    "questions_withdrawn": "of them withdrawn, because they were still open",
    "answers": "answers deleted",
    "feedback": "ratings deleted",
    "posts": "records of posts deleted",
    "threads": "records of threads deleted",
    "shares": "records of what was shared deleted",
    "notes": "records of notes about limits deleted",
    "settings": "settings kept without the person who made them",
    "moves": "moves of requests for a human deleted or emptied",
    "escalations": "resolved requests for a human deleted",
    "escalations_kept": "requests for a human kept without the person",
    "outgoing": "messages that wait to leave for other systems, without the person now",
}


def show_forgotten(report: ForgetReport) -> None:
    found = {kind: count for kind, count in report.deleted.items() if count}
    click.echo(f"{', '.join(report.known_as)}: " + ("forgotten" if found else "nothing is held of this person"))
    for kind, count in found.items():
        click.echo(f"  {count} {_FORGOTTEN[kind]}")
    if not report.slack_asked:
        click.echo("  Slack was not asked for the other name of this person: SLACK_BOT_TOKEN is not set.")
    click.echo("Not touched: messages in Slack, the documents, the order database, the log, what others wrote of them.")


def show_check(report: CheckReport) -> None:
    click.echo(
        f"{report.documents} documents, {report.chunks} chunks: {'consistent' if report.ok else 'NOT consistent'}"
    )
    for line in (*report.problems, *report.notes):
        click.echo(f"  {line}")


def show_checks(checks: "Sequence[Check]") -> None:
    marks = {"ok": "ok     ", "warning": "note   ", "failed": "FAILED "}
    for check in checks:
        click.echo(f"{marks[check.verdict]}{check.name}: {check.said}")


def show_prompts(listed: "Sequence[ListedPrompt]") -> None:
    for one in listed:
        mark = "live" if one.live else "    " if one.released else "draft"
        click.echo(f"{mark:5} {one.name} {one.version} ({one.date}): {one.summary}")


def minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
