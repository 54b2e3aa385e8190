"""HTTP mode: the request URL as an ASGI app. What is not Slack's is turned away here; the rest goes to the same Bolt
app as in Socket Mode, so an event is stored before it is answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.signatures import is_slacks

log = logging.getLogger(__name__)

PATH = "/slack/events"  # events, buttons and commands alike
MOST_BYTES = 1_000_000  # Slack's largest, a modal full of text, are a fraction of it
BODY_S = 5.0  # Slack waits for 3 s; who sends slower is somebody else

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_NO_RETRY = {"x-slack-no-retry": "1"}  # the same bytes will fare no better


class Refused(Exception):
    """Turned away, with this status; `said` holds nothing of the request."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.response = BoltResponse(status=status, body=said, headers=dict(_NO_RETRY))


class RequestUrl:
    """401: not Slack's, or older than five minutes. 400, 408, 413: no body of Slack's. 503: it could not be stored, and
    Slack is to send it again."""

    def __init__(self, app: AsyncApp, secret: str, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._secret = secret
        self._clock = clock
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
        if not is_slacks(self._secret, headers, body, self._clock().timestamp()):
            self.refused += 1
            if self.refused in (1, 10, 100) or self.refused % 1000 == 0:
                log.warning("%d requests in a row were not Slack's: SLACK_SIGNING_SECRET, or this clock?", self.refused)
            raise Refused(401, "not signed by Slack")
        self.refused = 0
        return await self._app.async_dispatch(_request(headers, body, scope["query_string"]))


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
    if not isinstance(request.body, dict) or not has_slacks_form(request.body):
        raise Refused(400, "not a payload of Slack's")
    return request


def has_slacks_form(payload: Mapping[str, Any]) -> bool:
    """Whether the parts that Bolt and the listeners reach into are what they take them for."""
    kind = payload.get("type")
    if kind == "url_verification":
        return isinstance(payload.get("challenge"), str)
    if kind == "event_callback":
        event = payload.get("event")
        return isinstance(event, dict) and isinstance(event.get("type"), str) and _plain(event)
    return ("command" in payload or isinstance(kind, str)) and _plain(payload)


_OBJECTS = ("team", "user", "channel", "container", "message", "view", "enterprise")
_NAMES = ("user", "channel", "enterprise")  # in events and some payloads the id alone


def _plain(payload: Mapping[str, Any]) -> bool:
    for name in _OBJECTS:
        value = payload.get(name)
        if value is not None and not isinstance(value, dict | str if name in _NAMES else dict):
            return False
    actions = payload.get("actions", [])
    return isinstance(actions, list) and all(isinstance(one, dict) for one in actions)
