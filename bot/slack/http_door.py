"""HTTP mode's server: uvicorn, in this process and on this loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from bot.desk.errors import DeskError
from bot.slack.request_url import RequestUrl

_READY_S = 10.0
_DRAIN_S = 5  # for what is being stored and answered


class DoorTaken(DeskError):
    """slack.host and slack.port can't be listened on. The text is one line for the operator."""

    public = "The connection to Slack is not set up."


class HttpDoor:
    """bot.slack.connection.Door where Slack calls us."""

    def __init__(self, application: RequestUrl, host: str, port: int) -> None:
        self._address = (host, port)
        config = uvicorn.Config(
            application,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_DRAIN_S,
            limit_concurrency=1000,
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises DoorTaken."""
        host, port = self._address
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            raise DoorTaken(f"slack.host and slack.port: {host}:{port} can't be listened on ({error.strerror})") from error
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        async with asyncio.timeout(_READY_S):
            while not self._server.started and not self._serving.done():
                await asyncio.sleep(0.01)  # uvicorn tells nobody

    async def is_open(self) -> bool:
        """Whether we listen. Whether Slack finds us it does not tell; requests that fail show in its app's pages."""
        return self._server.started and self._serving is not None and not self._serving.done()

    async def close(self) -> None:
        """Take no more; what has come is stored and answered first."""
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)


class _Server(uvicorn.Server):
    """Signals are `serve`'s: it stops us when it has stopped taking more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
