"""Socket Mode: envelopes to the app's connections, acks, redelivery without one, refreshes."""

import asyncio
import itertools
import json
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from ops.workspace.state import APP, State

Json = dict[str, Any]
Ack = Json  # what came with an ack: {} or {"payload": ...}


class Sockets:
    """The app's connections (up to 10). Each envelope goes to one of them, in turn; without one it waits."""

    MOST = 10

    def __init__(self, state: State, ack_timeout: float, redelivery_delays: tuple[float, ...]) -> None:
        self._state = state
        self._ack_timeout = ack_timeout
        self._delays = redelivery_delays
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._turn = itertools.count()
        self._connected = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self.dials = 0

    @property
    def connections(self) -> int:
        return len(self._open)

    def new_ticket(self) -> str:
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.dials += 1
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or len(self._open) >= self.MOST:
            return web.Response(status=408 if ticket not in self._tickets else 429, text="dead ticket")
        self._tickets.discard(ticket)  # a ticket opens one connection
        socket = web.WebSocketResponse(heartbeat=10)
        await socket.prepare(request)
        hello = {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "local-workspace", "approximate_connection_time": 3600},
        }
        await socket.send_json(hello)
        self._open.append(socket)
        self._connected.set()
        self._state.publish({"type": "connected"}, [])
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acked(message.data)
        finally:
            if socket in self._open:
                self._left(socket)
        return socket

    def _acked(self, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(ack.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)

    def _left(self, socket: web.WebSocketResponse) -> None:
        self._open.remove(socket)
        if not self._open:
            self._connected.clear()
        self._state.publish({"type": "disconnected"}, [])

    async def ask(self, kind: str, payload: Json) -> Ack | None:
        """A slash command or an interaction: delivered once. None: not acked in time."""
        return await self._send(kind, payload, responds=True)

    def tell(self, payload: Json) -> None:
        """An event: delivered until it is acked, at once, then after each of the delays."""
        task = asyncio.create_task(self._deliver(payload))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, payload: Json) -> None:
        for attempt, delay in enumerate((None, *self._delays)):
            if delay:
                await asyncio.sleep(delay)
            retry = {"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}
            if await self._send("events_api", payload, responds=False, **retry) is not None:
                return

    async def _send(self, kind: str, payload: Json, *, responds: bool, **retry: Any) -> Ack | None:
        await self._connected.wait()
        socket = self._open[next(self._turn) % len(self._open)]
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": responds,
            **retry,
        }
        ack = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer: Ack | None = None
        try:
            await socket.send_json(envelope)
            async with asyncio.timeout(self._ack_timeout):
                answer = await ack
        except (TimeoutError, ConnectionError):
            pass
        finally:
            del self._waiting[envelope_id]
        name = payload.get("event", {}).get("type") or payload.get("command") or payload.get("type", kind)
        self._state.log(
            direction="slack->bot",
            kind="socket",
            name=name,
            ok=answer is not None,
            error=None if answer is not None else "not acked",
            rule=None if answer is not None else "socket.ack_within_3_seconds",
            ms=round((loop.time() - began) * 1000, 1),
            request=envelope,
            response=answer,
        )
        return answer

    async def refresh(self) -> None:
        """Ask every connection to reconnect, as Slack does every hour or so, and close it."""
        for socket in list(self._open):
            self._left(socket)
            reason = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "local-workspace"}}
            await socket.send_json(reason)
            await socket.close()

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self._open):
            self._left(socket)
            if (transport := socket._req.transport if socket._req else None) is not None:
                transport.abort()

    async def stop(self) -> None:
        for task in self._deliveries:
            task.cancel()
        for socket in list(self._open):
            await socket.close()
