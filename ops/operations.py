"""What the commands do, whoever does it: this process, or the running `serve` through ops.control."""

from typing import Protocol

from ops.gap_reports import GapsReport, GapsRequest
from ops.reports import (
    AskReport,
    AskRequest,
    CheckReport,
    ForgetReport,
    ForgetRequest,
    FoundSource,
    IndexReport,
    ProductRequest,
    SourcesRequest,
    SyncOutcome,
    SyncRequest,
    SyncStep,
    VerifyRequest,
)


class OperationError(Exception):
    """The operation could not be done. One sentence for people: what happened, what was kept, what to do next."""


class OnStep(Protocol):
    """Told how far a sync is; called from any thread."""

    def __call__(self, step: SyncStep, /) -> None: ...


class Operations(Protocol):
    """All methods raise OperationError."""

    async def ask(self, request: AskRequest) -> AskReport: ...

    async def sync(self, request: SyncRequest, on_step: OnStep) -> tuple[SyncOutcome, ...]: ...

    async def sources(self, request: SourcesRequest) -> tuple[FoundSource, ...]: ...

    async def product(self, request: ProductRequest) -> str | None: ...

    async def gaps(self, request: GapsRequest) -> GapsReport: ...

    async def index_status(self) -> IndexReport: ...

    async def index_verify(self, request: VerifyRequest, on_step: OnStep) -> CheckReport: ...

    async def forget(self, request: ForgetRequest) -> ForgetReport: ...
