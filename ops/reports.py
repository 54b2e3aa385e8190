"""What the commands report: the JSON that --json prints and that the control socket carries. Names are stable."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.desk.model import Answer, Turn
from ingest.model import SyncReport


class Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Report):
    """The request of an operation that takes none."""


class SpokenTurn(Report):
    """One line of the file that `ask --conversation` reads: a JSON list of these, oldest first."""

    role: Literal["asker", "desk", "human"]
    text: str

    def turn(self) -> Turn:
        return Turn(self.role, self.text)


class AskRequest(Report):
    question: str
    desk: str | None = None
    email: str | None = None
    conversation: tuple[SpokenTurn, ...] = ()


class ForgetRequest(Report):
    user: str  # a member id or an address


class ForgetReport(Report):
    """What the store held of a person and holds no more, by what it is."""

    user: str
    known_as: tuple[str, ...]
    slack_asked: bool  # which address belongs to which id: without a token nobody knows
    deleted: dict[str, int]


class Cited(Report):
    title: str
    uri: str
    section: str
    quote: str
    changed_at: datetime
    verified_at: datetime | None  # when its source was last compared with the index
    version: str | None  # as the document states it: "v3.2, March 2026"
    source: str
    stale: bool  # verified longer ago than the source's stale_after


class PassageReport(Report):
    chunk_id: str
    document_id: str
    source: str
    title: str
    section: str
    uri: str
    score: float
    similarity: float | None
    text: str


class PromptReport(Report):
    name: str
    version: str
    sha256: str


class AskReport(Report):
    outcome: str
    text: str
    citations: tuple[Cited, ...]
    passages: tuple[PassageReport, ...]
    prompt: PromptReport | None
    model: str | None
    index_version: int | None
    timings_ms: Mapping[str, float]
    cost_usd: float | None
    notice: str
    incident: str | None
    withheld: int = 0  # documents that fit, and that who asked may not read

    @classmethod
    def of(cls, answer: Answer, withheld: int) -> "AskReport":
        return cls(
            outcome=answer.outcome.value,
            text=answer.text,
            citations=tuple(
                Cited(
                    title=one.title,
                    uri=one.uri,
                    section=one.section,
                    quote=one.quote,
                    changed_at=one.changed_at,
                    verified_at=one.verified_at,
                    version=one.version,
                    source=one.source,
                    stale=one.stale,
                )
                for one in answer.citations
            ),
            passages=tuple(
                PassageReport(
                    chunk_id=one.chunk_id,
                    document_id=one.document_id,
                    source=one.source,
                    title=one.title,
                    section=one.section,
                    uri=one.url,
                    score=one.score,
                    similarity=one.similarity,
                    text=one.text,
                )
                for one in answer.passages
            ),
            prompt=PromptReport(name=answer.prompt.name, version=answer.prompt.version, sha256=answer.prompt.sha256)
            if answer.prompt
            else None,
            model=answer.model,
            index_version=answer.index_version,
            timings_ms=answer.timings_ms,
            cost_usd=answer.cost_usd,
            notice=answer.notice,
            incident=answer.incident,
            withheld=withheld,
        )


class SyncRequest(Report):
    """`sources` empty: all of them."""

    sources: tuple[str, ...] = ()
    dry_run: bool = False
    approve: bool = False


class FailedDocument(Report):
    uri: str
    reason: str


class SyncOutcome(Report):
    source: str
    state: Literal["success", "partial", "failed"]
    added: int
    changed: int
    removed: int
    unchanged: int
    failed: tuple[FailedDocument, ...]
    held: int
    problem: str
    dry_run: bool
    seconds: float

    @classmethod
    def of(cls, report: SyncReport) -> "SyncOutcome":
        return cls(
            source=report.source,
            state=report.state.value,
            added=report.added,
            changed=report.changed,
            removed=report.removed,
            unchanged=report.unchanged,
            failed=tuple(FailedDocument(uri=one.uri, reason=one.reason) for one in report.failed),
            held=report.held,
            problem=report.problem,
            dry_run=report.dry_run,
            seconds=round(report.seconds, 3),
        )


class SyncStep(Report):
    """How far a running sync is."""

    source: str
    stage: str
    done: int
    total: int


class SourcesRequest(Report):
    words: str
    desk: str | None = None


class ProductRequest(Report):
    text: str


class FoundSource(Report):
    title: str
    section: str
    snippet: str
    uri: str
    changed_at: datetime
    verified_at: datetime | None
    version: str | None
    source: str
    stale: bool


class SourceState(Report):
    """A source as the ledger knows it."""

    source: str
    documents: int
    failed: int
    last_sync: datetime | None
    verified_at: datetime | None  # its last sync that did not fail: how fresh answers from it are
    state: str | None
    stale: bool  # not verified for longer than its stale_after
    held: int  # removals that wait for approval, as of the last sync
    next_due: datetime | None  # None: no `serve` has taken its schedule over yet
    syncing: bool
    problem: str  # why the last sync failed, or what it could not list
    failures: tuple[FailedDocument, ...]  # of the last sync, at most 20


class Rebuilding(Report):
    """An index that is being built, because of another embedding model or another way to cut, while the old answers."""

    collection: str
    embedding_model: str
    documents: int  # that are in it already
    waiting_for: tuple[str, ...]  # sources that have not been synced into it


class IndexReport(Report):
    collection: str
    embedding_model: str
    index_version: int
    documents: int
    chunks: int
    rebuilding: Rebuilding | None = None
    sources: tuple[SourceState, ...]


class VerifyRequest(Report):
    repair: bool = False


class CheckReport(Report):
    """`index verify`: what ledger and index disagree on; `ok` when on nothing. `notes`: what the sources hold that the
    next sync looks at."""

    ok: bool
    documents: int
    chunks: int
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
