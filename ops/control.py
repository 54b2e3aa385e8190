"""How commands reach a running `frontdesk serve`: HTTP over a Unix socket that only its owner can open.

With the embedded index one process owns the index folder (DESIGN.md, "Processes"), so `sync`, `ask`, `sources` and
`index` are done there while it runs. A response is one JSON value a line: {"step": ...} while a sync goes on, at last
{"result": ...} or {"error": "..."}.
"""

import asyncio
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiohttp
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.desk.model import incident_of
from ops.gap_reports import GapsReport, GapsRequest
from ops.operations import OnStep, OperationError, Operations
from ops.reports import (
    AskReport,
    AskRequest,
    CheckReport,
    ForgetReport,
    ForgetRequest,
    FoundSource,
    IndexReport,
    Nothing,
    ProductRequest,
    SourcesRequest,
    SyncOutcome,
    SyncRequest,
    SyncStep,
    VerifyRequest,
)

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_NOTHING = Nothing()
_SYNCED = TypeAdapter(tuple[SyncOutcome, ...])
_PRODUCT = TypeAdapter(str | None)
_FOUND = TypeAdapter(tuple[FoundSource, ...])
_LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes


def socket_path(data_dir: Path) -> Path:
    """`data_dir`/control.sock, or where that is too long for the kernel a private folder named after it."""
    path = data_dir / "control.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"frontdesk-{os.getuid()}-{digest}" / "control.sock"


@asynccontextmanager
async def serve_control(operations: Operations, data_dir: Path) -> AsyncIterator[None]:
    """Offer the operations on the socket while the block runs."""
    path = socket_path(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)  # left by a killed process: whoever owns the index folder owns the socket
    runner = web.AppRunner(_application(operations), access_log=None)
    await runner.setup()
    umask = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(umask)
    try:
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _application(operations: Operations) -> web.Application:
    async def ask(request: web.Request) -> web.StreamResponse:
        return await _respond(request, AskRequest, lambda asked, _: operations.ask(asked))

    async def sync(request: web.Request) -> web.StreamResponse:
        return await _respond(request, SyncRequest, operations.sync)

    async def sources(request: web.Request) -> web.StreamResponse:
        return await _respond(request, SourcesRequest, lambda asked, _: operations.sources(asked))

    async def product(request: web.Request) -> web.StreamResponse:
        return await _respond(request, ProductRequest, lambda asked, _: operations.product(asked))

    async def gaps(request: web.Request) -> web.StreamResponse:
        return await _respond(request, GapsRequest, lambda asked, _: operations.gaps(asked))

    async def index_status(request: web.Request) -> web.StreamResponse:
        return await _respond(request, Nothing, lambda _asked, _: operations.index_status())

    async def index_verify(request: web.Request) -> web.StreamResponse:
        return await _respond(request, VerifyRequest, operations.index_verify)

    async def forget(request: web.Request) -> web.StreamResponse:
        return await _respond(request, ForgetRequest, lambda asked, _: operations.forget(asked))

    application = web.Application()
    for handler in (ask, sync, sources, product, gaps, index_status, index_verify, forget):
        application.router.add_post(f"/{handler.__name__}", handler)
    return application


Asked = TypeVar("Asked", bound=BaseModel)


async def _respond(
    request: web.Request, model: type[Asked], operation: Callable[[Asked, OnStep], Awaitable[object]]
) -> web.StreamResponse:
    """Run one operation and write its steps and its end, a JSON value a line."""
    response = web.StreamResponse()
    await response.prepare(request)
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[SyncStep | None] = asyncio.Queue()

    def on_step(step: SyncStep) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, step)

    async def run() -> dict[str, object]:
        try:
            result = await operation(model.model_validate_json(await request.read()), on_step)
            return {"result": TypeAdapter(object).dump_python(result, mode="json", serialize_as_any=True)}
        except (OperationError, ValidationError) as error:
            return {"error": str(error)}
        except Exception:
            incident = incident_of(str(id(request)) + request.path)
            log.exception("control: %s failed (%s)", request.path, incident)
            return {"error": f"{request.path[1:]} failed inside `frontdesk serve`; its log has incident {incident}"}
        finally:
            loop.call_soon(lines.put_nowait, None)

    running = asyncio.create_task(run())
    with suppress(ConnectionError):  # the command was stopped; what it asked for is finished all the same
        while (step := await lines.get()) is not None:
            await response.write(json.dumps({"step": step.model_dump()}).encode() + b"\n")
    end = await running
    with suppress(ConnectionError):
        await response.write(json.dumps(end).encode() + b"\n")
        await response.write_eof()
    return response


class RemoteOperations:
    """ops.operations.Operations in the process that listens on the socket."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, request: AskRequest) -> AskReport:
        return AskReport.model_validate(await self._call("ask", request))

    async def sync(self, request: SyncRequest, on_step: OnStep) -> tuple[SyncOutcome, ...]:
        return _SYNCED.validate_python(await self._call("sync", request, on_step))

    async def sources(self, request: SourcesRequest) -> tuple[FoundSource, ...]:
        return _FOUND.validate_python(await self._call("sources", request))

    async def product(self, request: ProductRequest) -> str | None:
        return _PRODUCT.validate_python(await self._call("product", request))

    async def gaps(self, request: GapsRequest) -> GapsReport:
        return GapsReport.model_validate(await self._call("gaps", request))

    async def index_status(self) -> IndexReport:
        return IndexReport.model_validate(await self._call("index_status"))

    async def index_verify(self, request: VerifyRequest, on_step: OnStep) -> CheckReport:
        return CheckReport.model_validate(await self._call("index_verify", request, on_step))

    async def forget(self, request: ForgetRequest) -> ForgetReport:
        return ForgetReport.model_validate(await self._call("forget", request))

    async def _call(self, name: str, request: BaseModel = _NOTHING, on_step: OnStep | None = None) -> object:
        try:
            async with self._session.post(f"http://frontdesk/{name}", data=request.model_dump_json()) as response:
                async for line in response.content:
                    said = json.loads(line)
                    if "step" in said and on_step:
                        on_step(SyncStep.model_validate(said["step"]))
                    elif "error" in said:
                        raise OperationError(said["error"])
                    elif "result" in said:
                        return said["result"]
        except aiohttp.ClientError as error:
            raise OperationError(f"`frontdesk serve` did not answer ({error}); is it stopping? Try again") from error
        raise OperationError("`frontdesk serve` stopped in the middle; run the command again")


@asynccontextmanager
async def connect(data_dir: Path) -> AsyncIterator[RemoteOperations | None]:
    """The operations of the `serve` that runs on this data_dir; None when none does."""
    path = socket_path(data_dir)
    if not await asyncio.to_thread(path.exists):
        yield None
        return
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        yield None  # a killed process left its socket
        return
    writer.close()
    # A sync may take an hour: only reaching the socket has a limit.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**24) as session:
        yield RemoteOperations(session)
