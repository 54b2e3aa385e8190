"""bot.desk.ports.SyncDesk over the knowledge of this process: what /sources sync and status do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.desk.errors import SyncRefused, Unavailable
from bot.desk.model import SourceStatus, SyncResult
from bot.desk.model import SyncStep as DeskStep
from ops.knowledge import Knowledge
from ops.operations import OnStep, OperationError
from ops.reports import FailedDocument, SourceState, SyncOutcome, SyncRequest, SyncStep


class KnowledgeDesk:
    """`on_step` is told of every step, too, and `after` is awaited after every sync: the admins' notices."""

    def __init__(
        self, knowledge: Knowledge, on_step: OnStep, after: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._knowledge = knowledge
        self._on_step = on_step
        self.after = after

    @property
    def sources(self) -> Sequence[str]:
        return tuple(self._knowledge.settings.sources)

    async def sync(self, source: str, on_step: Callable[[DeskStep], None], *, approve: bool = False) -> SyncResult:
        def both(step: SyncStep) -> None:
            self._on_step(step)
            on_step(DeskStep(step.source, step.stage, step.done, step.total))

        request = SyncRequest(sources=(source,), approve=approve)
        try:
            [outcome] = await asyncio.to_thread(self._knowledge.sync, request, both)
        except OperationError as error:
            raise SyncRefused(str(error)) from error
        if self.after is not None:
            await self.after()
        return _result(outcome)

    async def status(self) -> Sequence[SourceStatus]:
        try:
            states = await asyncio.to_thread(self._knowledge.states)
        except OperationError as error:
            raise Unavailable(str(error)) from error
        return [_status(one, self._knowledge.settings.sources[one.source].audience) for one in states]


def _result(one: SyncOutcome) -> SyncResult:
    return SyncResult(
        source=one.source,
        state=one.state,
        added=one.added,
        changed=one.changed,
        removed=one.removed,
        unchanged=one.unchanged,
        failed=_pairs(one.failed),
        held=one.held,
        problem=one.problem,
        seconds=one.seconds,
    )


def _status(one: SourceState, audience: tuple[str, ...]) -> SourceStatus:
    return SourceStatus(
        source=one.source,
        documents=one.documents,
        state=one.state,
        verified_at=one.verified_at,
        stale=one.stale,
        syncing=one.syncing,
        held=one.held,
        next_due=one.next_due,
        problem=one.problem,
        failures=_pairs(one.failures),
        audience=audience,
    )


def _pairs(failed: Sequence[FailedDocument]) -> tuple[tuple[str, str], ...]:
    return tuple((one.uri, one.reason) for one in failed)
