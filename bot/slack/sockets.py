"""Socket Mode: several connections, each kept by a task of its own, so that one carries on while another is replaced.

Not slack-sdk's client: after a failed dial that one dials the same dead ticket for ever, and on a refresh it closes the
old connection before it has a new one. See ops/decisions/0012-our-own-socket-loop.md.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Coroutine
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.desk.errors import DeskError
from bot.slack.client import SlackClients, SlackUnavailable, slack_errors

log = logging.getLogger(__name__)

AT_ONCE = 2  # Slack gives each event to one of them, and allows ten an app
_OPEN_S = 30.0  # until the first one must be there
_DIAL_S = 8.0  # of one try, Slack's hello included
_PAUSE_MOST_S = 8.0  # with the pings' one and a half intervals and a dial it stays below half a minute
_SHORT_LIVED = 20.0  # pauses: a connection that ended sooner counts as a failed one
_LEAVE_S = 30.0  # how long a connection that Slack takes back is still listened to
_ACKS_S = 5.0  # at the end, for what is being stored and acked

Socket = aiohttp.ClientWebSocketResponse


class Sockets:
    """bot.slack.connection.Door over `AT_ONCE` connections. A dead one is noticed by its missing pongs, within one and
    a half `ping_s`, and replaced with a new ticket, after a pause that grows from `redial_s`."""

    def __init__(self, app: AsyncApp, clients: SlackClients, address: str, ping_s: float, redial_s: float) -> None:
        """`address` has the first ticket, which can be used once: asking for two at once would be rate limited."""
        self._app = app
        self._clients = clients
        self._address = address
        self._ping_s = ping_s
        self._redial_s = redial_s
        self._open: set[Socket] = set()
        self._first = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Returns when the first connection is there; the others follow. Raises SlackUnavailable."""
        self._keepers.append(asyncio.create_task(self._keep(self._address)))
        try:
            await asyncio.wait_for(self._first.wait(), _OPEN_S)
        except TimeoutError as error:
            raise SlackUnavailable("no Socket Mode connection could be opened") from error
        self._keepers += [asyncio.create_task(self._keep()) for _ in range(AT_ONCE - 1)]

    async def is_open(self) -> bool:
        return any(not socket.closed for socket in self._open)

    async def hears(self) -> bool:
        return await self.is_open()

    async def close(self) -> None:
        """Take no more; what has come is stored and acked first. What was not read comes again from Slack."""
        readers = [*self._keepers, *self._leaving]
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        if self._answering:
            await asyncio.wait(self._answering, timeout=_ACKS_S)
        for socket in list(self._open):
            await socket.close()
        self._open.clear()

    # -- one connection

    async def _keep(self, address: str = "") -> None:
        """Have a connection, always. Whatever goes wrong ends in another try."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                socket = await self._dial(address or await open_ticket(self._clients))
                began = time.monotonic()
                if await self._listen(socket):  # Slack takes it back, and has a new one for us
                    failures, address = 0, ""
                    continue
                log.warning("a connection to Slack ended; asking for a new one")
            except DeskError as error:
                log.error("no new connection to Slack, trying again: %s", error)
            except Exception:
                log.exception("a connection to Slack stumbled; asking for a new one")
            address = ""
            lived = time.monotonic() - began
            failures = 0 if lived > _SHORT_LIVED * self._redial_s else failures + 1
            await asyncio.sleep(pause_s(failures, self._redial_s))

    async def _dial(self, address: str) -> Socket:
        """Raises SlackUnavailable, with a text that has no ticket in it."""
        with slack_errors():
            try:
                async with asyncio.timeout(_DIAL_S):
                    socket = await self._clients.websocket(address, self._ping_s)
                    hello = await socket.receive()
            except aiohttp.WSServerHandshakeError as error:
                raise SlackUnavailable(f"the dial was answered {error.status}: a dead ticket, or not Slack") from None
        if _read(hello).get("type") != "hello":
            await socket.close()
            raise SlackUnavailable("a connection that does not say hello")
        self._open.add(socket)
        self._first.set()
        return socket

    async def _listen(self, socket: Socket) -> bool:
        """Until it ends: False; or until Slack asks for a new connection: True, and it is listened to until it ends."""
        async for message in socket:
            if self._take(socket, message) == "disconnect":
                _spawn(self._leave(socket), self._leaving)
                return True
        self._open.discard(socket)
        return False

    async def _leave(self, socket: Socket) -> None:
        try:
            async with asyncio.timeout(_LEAVE_S):
                async for message in socket:
                    self._take(socket, message)
        except TimeoutError:
            log.debug("Slack left a connection open that it had taken back")
        await socket.close()
        self._open.discard(socket)

    def _take(self, socket: Socket, message: aiohttp.WSMessage) -> str:
        """Begin to answer an envelope; its type."""
        envelope = _read(message)
        kind = str(envelope.get("type"))
        if kind == "disconnect":
            log.info("Slack asks for a new connection (%s)", envelope.get("reason"))
        elif isinstance(envelope.get("payload"), dict) and (request := SocketModeRequest.from_dict(envelope)):
            _spawn(self._answer(socket, request), self._answering)
        return kind

    async def _answer(self, socket: Socket, request: SocketModeRequest) -> None:
        """What the app did not take (the store is down, say) is not acked, so it comes again."""
        try:
            response = await run_async_bolt_app(self._app, request)
        except Exception:
            log.exception("an envelope of no known form")
            return
        if response.status != 200:
            log.info("not acked (%s)", response.status)
            return
        ack = json.dumps(SocketModeResponse(request.envelope_id, payload_of(response)).to_dict())
        for one in (socket, *self._open):  # its own may be gone, and Slack takes an ack from any
            try:
                await one.send_str(ack)
            except (ConnectionError, aiohttp.ClientError):
                continue
            return
        log.warning("an ack was lost with its connection; Slack will send that again")


async def open_ticket(clients: SlackClients) -> str:
    """The address of a Socket Mode connection, which can be used once. Raises SlackRefused and SlackUnavailable."""
    with slack_errors():
        opened = await clients.web.apps_connections_open(app_token=clients.app_token)
    return str(opened["url"])


def pause_s(failures: int, first_s: float) -> float:
    """Seconds before the next try: doubled with each failure up to a limit, and scattered, because after an outage of
    Slack's everybody comes back at once."""
    return min(first_s * 2.0 ** min(failures, 20), _PAUSE_MOST_S) * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret


def payload_of(response: BoltResponse) -> dict[str, Any] | None:
    """What an ack carries: a listener's JSON, or its text."""
    if not response.body:
        return None
    if response.headers["content-type"][0].startswith("application/json"):
        return dict(json.loads(response.body))
    return {"text": response.body}


def _read(message: aiohttp.WSMessage) -> dict[str, Any]:
    """The JSON object of a message; {} where it is none."""
    try:
        read = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _spawn(work: Coroutine[Any, Any, None], held: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    held.add(task)
    task.add_done_callback(held.discard)
