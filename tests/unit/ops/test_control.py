"""The socket between the commands and a running `serve`."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from ops.control import connect, serve_control, socket_path
from ops.operations import OnStep, OperationError
from ops.reports import (
    AskReport,
    AskRequest,
    CheckReport,
    FoundSource,
    IndexReport,
    ProductRequest,
    SourcesRequest,
    SyncOutcome,
    SyncRequest,
    SyncStep,
    VerifyRequest,
)

OUTCOME = SyncOutcome(
    source="docs",
    state="success",
    added=2,
    changed=0,
    removed=0,
    unchanged=1,
    failed=(),
    held=0,
    problem="",
    dry_run=False,
    seconds=0.5,
)


class FakeOperations:
    """Answers like the real ones; `sync` tells two steps from another thread, as the real one does."""

    async def ask(self, request: AskRequest) -> AskReport:
        if request.question == "crash":
            raise RuntimeError("secret detail")
        return AskReport(
            outcome="answered",
            text=f"you asked {request.question} " + "x" * 300_000,
            citations=(),
            passages=(),
            prompt=None,
            model=None,
            index_version=1,
            timings_ms={"total": 1.0},
            cost_usd=None,
            notice="",
            incident=None,
        )

    async def sync(self, request: SyncRequest, on_step: OnStep) -> tuple[SyncOutcome, ...]:
        if "unknown" in request.sources:
            raise OperationError("unknown is not a source; known: docs")
        for done in (1, 2):
            await asyncio.to_thread(on_step, SyncStep(source="docs", stage="embedding", done=done, total=2))
        return (OUTCOME,)

    async def sources(self, request: SourcesRequest) -> tuple[FoundSource, ...]:
        return ()

    async def product(self, request: ProductRequest) -> str | None:
        return "Orrin 9" if "orrin" in request.text else None

    async def index_status(self) -> IndexReport:
        raise OperationError("the index is away")

    async def index_verify(self, request: VerifyRequest, on_step: OnStep) -> CheckReport:
        assert request.repair
        return CheckReport(ok=True, documents=1, chunks=2, problems=())


async def test_a_command_gets_the_answer_and_the_steps(tmp_path: Path) -> None:
    steps: list[SyncStep] = []
    async with serve_control(FakeOperations(), tmp_path), connect(tmp_path) as remote:
        assert remote is not None
        answer = await remote.ask(AskRequest(question="naïve?"))
        assert answer.text.startswith("you asked naïve? xxx")
        assert len(answer.text) > 300_000
        assert await remote.sync(SyncRequest(), steps.append) == (OUTCOME,)
        assert [step.done for step in steps] == [1, 2]
        assert await remote.sources(SourcesRequest(words="x")) == ()
        said = [await remote.product(ProductRequest(text=text)) for text in ("my orrin 9", "it")]
        assert said == ["Orrin 9", None]
        assert (await remote.index_verify(VerifyRequest(repair=True), steps.append)).ok


async def test_errors_arrive_as_one_sentence_and_crashes_as_an_incident(tmp_path: Path) -> None:
    async with serve_control(FakeOperations(), tmp_path), connect(tmp_path) as remote:
        assert remote is not None
        with pytest.raises(OperationError, match="known: docs"):
            await remote.sync(SyncRequest(sources=("unknown",)), print)
        with pytest.raises(OperationError, match="the index is away"):
            await remote.index_status()
        with pytest.raises(OperationError, match="incident FD-") as error:
            await remote.ask(AskRequest(question="crash"))
        assert "secret detail" not in str(error.value)


async def test_only_the_owner_can_open_the_socket(tmp_path: Path) -> None:
    async with serve_control(FakeOperations(), tmp_path):
        assert stat.S_IMODE(os.stat(socket_path(tmp_path)).st_mode) == 0o600
    assert not socket_path(tmp_path).exists()


async def test_without_a_serve_there_is_no_connection(tmp_path: Path) -> None:
    """Also when a killed one left its socket behind, and the next one can take its place."""
    async with connect(tmp_path) as remote:
        assert remote is None
    server = await asyncio.start_unix_server(lambda _reader, _writer: None, socket_path(tmp_path))
    server.close()
    await server.wait_closed()
    socket_path(tmp_path).touch()
    async with connect(tmp_path) as remote:
        assert remote is None
    async with serve_control(FakeOperations(), tmp_path), connect(tmp_path) as remote:
        assert remote is not None


async def test_a_long_path_still_has_a_socket(tmp_path: Path) -> None:
    """The kernel takes 107 bytes; a deep data_dir gets a private folder elsewhere."""
    deep = tmp_path / ("d" * 120)
    async with serve_control(FakeOperations(), deep), connect(deep) as remote:
        assert remote is not None
    assert stat.S_IMODE(socket_path(deep).parent.stat().st_mode) == 0o700
