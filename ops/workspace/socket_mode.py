"""Socket Mode: envelopes to the app's connections, acks, redelivery without one, refreshes."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from ops.workspace.events import Ack
from ops.workspace.state import APP, Json, State

MOST_CONNECTIONS = 10
MOST_WAITING = 1000  # events that wait for a connection; then the oldest is given up


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    unanswered: set[str] = field(default_factory=set)  # envelopes
    leaving: bool = False  # told to go: an ack may still come, by its successor


class Sockets:
    """ops.workspace.events.App over Socket Mode: the app's connections (up to 10). Each envelope goes to one of them,
    in turn; without one it waits."""

    def __init__(self, state: State, ack_timeout: float, redelivery_delays: Sequence[float]) -> None:
        self._state = state
        self._ack_timeout = ack_timeout
        self._delays = tuple(redelivery_delays)
        self._tickets: set[str] = set()
        self._open: list[_Connection] = []
        self._waiting: dict[str, asyncio.Future[Ack | None]] = {}  # by envelope
        self._turn = itertools.count()
        self.losing = False  # events are given up at once, as Slack gives them up after its last redelivery
        self.mute = False  # new connections get no hello
        self._hearing = asyncio.Event()  # unset: new connections are half open
        self._hearing.set()
        self._connected = asyncio.Event()
        self._queue: dict[asyncio.Task[None], None] = {}  # events without a connection, oldest first
        self._deliveries: set[asyncio.Task[None]] = set()
        self.dials = 0

    @property
    def connections(self) -> int:
        return len(self._open)

    @property
    def deaf(self) -> bool:
        """New connections are half open: what is sent into them is not read, and no ping is answered."""
        return not self._hearing.is_set()

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        if deaf:
            self._hearing.clear()
        else:
            self._hearing.set()

    def new_ticket(self) -> str:
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A dial. A ticket opens one connection; a used or unknown one, and an eleventh connection, open none."""
        self.dials += 1
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408, text="dead ticket: ask apps.connections.open for a new one")
        self._tickets.discard(ticket)
        if len(self._open) >= MOST_CONNECTIONS:
            return web.Response(status=429, text=f"at most {MOST_CONNECTIONS} connections")
        connection = _Connection(web.WebSocketResponse(heartbeat=None if self.deaf else 10), request)
        await connection.socket.prepare(request)
        if self.mute:
            await asyncio.sleep(self._ack_timeout)
            return connection.socket
        await connection.socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._open) + 1,
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "local-workspace", "approximate_connection_time": 3600},
            }
        )
        self._open.append(connection)
        self._connected.set()
        self._state.publish({"type": "connected"}, [])
        try:
            await self._hearing.wait()  # who does not read answers no ping either
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._acked(message.data)
        finally:
            self._left(connection)
            for envelope_id in () if connection.leaving else connection.unanswered:
                self._settle(envelope_id, None)
        return connection.socket

    def _acked(self, text: str) -> None:
        """Through whichever connection it comes: slack-sdk answers on its newest."""
        try:
            ack = json.loads(text)
        except ValueError:
            return
        if isinstance(ack, dict):
            self._settle(str(ack.get("envelope_id")), ack)

    def _settle(self, envelope_id: str, ack: Ack | None) -> None:
        waiting = self._waiting.get(envelope_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)

    def _left(self, connection: _Connection) -> None:
        if connection not in self._open:
            return
        self._open.remove(connection)
        if not self._open:
            self._connected.clear()
        self._state.publish({"type": "disconnected"}, [])

    async def ask(self, kind: str, payload: Json) -> Ack | None:
        """A slash command or an interaction: delivered once. None: no connection, or no ack in time."""
        try:
            await asyncio.wait_for(self._connected.wait(), self._ack_timeout)
        except TimeoutError:
            self._log(kind, payload, {}, None, "no connection")
            return None
        return await self._send(kind, payload)

    def tell(self, payload: Json) -> None:
        """An event: delivered until it is acked, at once, then after each of the delays."""
        if self.losing:
            self._log("events_api", payload, {}, None, "given up")
            return
        task = asyncio.create_task(self._deliver(payload))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, payload: Json) -> None:
        for attempt, delay in enumerate((None, *self._delays)):
            if delay:
                await asyncio.sleep(delay)
            await self._connection(payload)
            retry = {"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}
            if await self._send("events_api", payload, retry) is not None:
                return
        self._log("events_api", payload, {}, None, "given up")

    async def _connection(self, payload: Json) -> None:
        """Wait for a connection in a line that has an end."""
        task = asyncio.current_task()
        if self._connected.is_set() or task is None:
            return
        self._queue[task] = None
        if len(self._queue) > MOST_WAITING:
            oldest = next(iter(self._queue))
            oldest.cancel()
            self._queue.pop(oldest)
            self._log("events_api", payload, {}, None, "given up")
        try:
            await self._connected.wait()
        finally:
            self._queue.pop(task, None)

    async def _send(self, kind: str, payload: Json, retry: Json | None = None) -> Ack | None:
        if not self._open:
            return None
        connection = self._open[next(self._turn) % len(self._open)]
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
            **(retry or {}),
        }
        loop = asyncio.get_running_loop()
        ack = self._waiting[envelope_id] = loop.create_future()
        connection.unanswered.add(envelope_id)
        began, answer = loop.time(), None
        try:
            await connection.socket.send_json(envelope)
            async with asyncio.timeout(self._ack_timeout):
                answer = await ack
        except (TimeoutError, ConnectionError):
            pass
        finally:
            del self._waiting[envelope_id]
            connection.unanswered.discard(envelope_id)
        self._log(kind, payload, envelope, answer, "" if answer is not None else "not acked", loop.time() - began)
        return answer

    def _log(
        self, kind: str, payload: Json, envelope: Json, answer: Ack | None, error: str, seconds: float = 0
    ) -> None:
        rule = {"not acked": "socket.ack_in_time", "no connection": "socket.connected"}.get(error, "socket.redelivery")
        self._state.log(
            direction="slack->bot",
            kind="socket",
            name=payload.get("event", {}).get("type") or payload.get("command") or payload.get("type", kind),
            ok=not error,
            error=error or None,
            rule=rule if error else None,
            ms=round(seconds * 1000, 1),
            request=envelope or {"payload": payload},
            response=answer,
        )

    async def refresh(self, reason: str = "refresh_requested", most: int = MOST_CONNECTIONS) -> None:
        """Ask connections to reconnect, the oldest first, as Slack does with each every hour or so. After a "warning"
        they may stay a while."""
        for connection in self._open[:most]:
            told = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local-workspace"}}
            await connection.socket.send_json(told)
            if reason != "warning":
                connection.leaving = True
                self._left(connection)
                await connection.socket.close()

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self._open):
            self._left(connection)
            if (transport := connection.request.transport) is not None:
                transport.abort()

    async def stop(self) -> None:
        self._hearing.set()
        for task in (*self._deliveries, *self._queue):
            task.cancel()
        for connection in list(self._open):
            await connection.socket.close()
