"""HTTP mode: the request URL as an ASGI app. What is not Slack's is turned away here; the rest goes to the same Bolt
app as in Socket Mode, so an event is stored before it is answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.signatures import MOST_AGE_S, signed_at

log = logging.getLogger(__name__)

PATH = "/slack/events"  # events, buttons and commands alike
MOST_BYTES = 1_000_000  # Slack's largest, a modal full of text, are a fraction of it
BODY_S = 5.0  # Slack waits for 3 s; who sends slower is somebody else

_NAMES = ("callback_id", "action_id", "block_id", "command", "name")  # by which Bolt finds a listener

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Refused(Exception):
    """Turned away, with this status; `said` holds nothing of the request."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.response = BoltResponse(status=status, body=said)


class RequestUrl:
    """401: not Slack's, or older than five minutes. 400, 408, 413: no body of Slack's. 503: it could not be stored.
    Slack sends again whatever is not 200; it never hears that it need not, because the fault may be ours. `missed` is
    told of what Slack signed at a time that this clock is too far from."""

    def __init__(
        self, app: AsyncApp, secret: str, clock: Callable[[], datetime], missed: Callable[[float], None]
    ) -> None:
        self._app = app
        self._secret = secret
        self._clock = clock
        self._missed = missed
        self.refused = 0  # in a row: when only these come, the secret is wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"not served: {scope['type']}")
        try:
            response = await self._respond(scope, receive)
        except Refused as error:
            response = error.response
        headers = [(name.encode(), value.encode()) for name, values in response.headers.items() for value in values]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body.encode()})

    async def _respond(self, scope: Scope, receive: Receive) -> BoltResponse:
        if scope["path"] != PATH:
            raise Refused(404, "not found")
        if scope["method"] != "POST":
            raise Refused(405, "POST only")
        headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
        body = await _body(headers, receive)
        signed, now = signed_at(self._secret, headers, body), self._clock().timestamp()
        if signed is None or abs(now - signed) > MOST_AGE_S:
            if signed is not None:
                self._missed(signed)
            self.refused += 1
            if self.refused in (1, 10, 100) or self.refused % 1000 == 0:
                log.warning("%d requests in a row were not Slack's: SLACK_SIGNING_SECRET, or this clock?", self.refused)
            raise Refused(401, "not signed by Slack")
        self.refused = 0
        request = _request(headers, body, scope["query_string"])
        try:
            return await self._app.async_dispatch(request)
        except Exception as error:  # a listener's own errors are answered by bot.slack.app.report
            log.exception("Bolt could not read a payload of type %r", request.body.get("type"))
            raise Refused(400, "not a payload of Slack's") from error


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """Raises Refused where it is too large, too slow or broken off."""
    stated = headers.get(b"content-length", b"0")
    if not stated.isdigit() or int(stated) > MOST_BYTES:
        raise Refused(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                chunk = await receive()
                if chunk["type"] != "http.request":
                    raise Refused(400, "broken off")
                body += chunk.get("body", b"")
                if len(body) > MOST_BYTES:
                    raise Refused(413, "too large")
                if not chunk.get("more_body"):
                    return bytes(body)
    except TimeoutError as error:
        raise Refused(408, "too slow") from error


def _request(headers: Mapping[bytes, bytes], body: bytes, query: bytes) -> AsyncBoltRequest:
    """As Bolt takes it. Raises Refused for what Slack would never send, signed or not."""
    try:
        request = AsyncBoltRequest(
            body=body.decode(),
            query=query.decode(),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()},
        )
    except Exception as error:
        raise Refused(400, "not a payload of Slack's") from error
    if not isinstance(request.body, dict) or not _is_known_form(request.body):
        raise Refused(400, "not a payload of Slack's")
    return request


def _is_known_form(payload: Mapping[str, Any]) -> bool:
    """Whether it has the little that Bolt takes for granted; whatever else is in it is the listeners' to judge."""
    kind = payload.get("type", "")
    if not isinstance(kind, str):
        return False
    if kind == "event_callback" or "event" in payload:
        event = payload.get("event")
        return isinstance(event, dict) and isinstance(event.get("type"), str)
    actions = payload.get("actions", [{}])
    if not (isinstance(actions, list) and actions):
        return False
    view = {} if payload.get("view") is None else payload["view"]
    if not all(isinstance(one, dict) and _is_named(one) for one in (payload, view, actions[0])):
        return False
    if kind.startswith("view_") and not all(isinstance(view.get(name), str) for name in ("type", "callback_id")):
        return False
    return kind != "block_actions" or bool(actions[0].get("action_id"))


def _is_named(part: Mapping[str, Any]) -> bool:
    return all(isinstance(part[name], str) for name in _NAMES if part.get(name) is not None)
