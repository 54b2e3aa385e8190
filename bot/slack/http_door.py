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
        self._application = application
        self._address = (host, port)
        config = uvicorn.Config(
            application,
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
            raise DoorTaken(f"slack.port: {host}:{port} can't be listened on ({error.strerror})") from error
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        await asyncio.wait_for(self._server.ready.wait(), _READY_S)

    async def is_open(self) -> bool:
        """Whether we listen. Whether Slack finds us it does not tell; requests that fail show in its app's pages."""
        return self._server.started and self._serving is not None and not self._serving.done()

    async def hears(self) -> bool:
        """Not while the last one who came was turned away: that may have been Slack, and the secret or a clock be
        wrong. By a forger it costs no more than reading back for nothing."""
        return await self.is_open() and not self._application.refused

    async def close(self) -> None:
        """Take no more; what has come is stored and answered first."""
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)


class _Server(uvicorn.Server):
    """Says when it is ready. Signals are left to `serve`, which stops more than this."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
