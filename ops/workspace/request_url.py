"""HTTP mode: what Slack sends to an app's request URL, signed, with its retries.

Source: Slack's pages on the Events API, interactivity, slash commands and verifying requests.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import aiohttp

from ops.workspace.events import Ack
from ops.workspace.state import Json, State

SIGNING_SECRET = "local-signing-secret"  # noqa: S105 - of a workspace without secrets
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


def signed(body: bytes, secret: str = SIGNING_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers by which an app knows that Slack sent this body, at `at` (seconds since 1970; default: now)."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


class RequestUrl:
    """ops.workspace.events.App over HTTP. An app that is not there is called again as Slack calls it."""

    def __init__(self, state: State, url: str, ack_timeout: float, redelivery_delays: Sequence[float]) -> None:
        self._state = state
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=ack_timeout)
        self._delays = tuple(redelivery_delays)
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()
        self.losing = False

    async def ask(self, kind: str, payload: Json) -> Ack | None:
        """A slash command is a form; an interaction is a form with JSON in its field `payload`."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        ack, _, _ = await self._post(payload, urlencode(form).encode(), _FORM, {})
        return ack

    def tell(self, payload: Json) -> None:
        if self.losing:
            self._log(payload, {}, None, "given up", 0)
            return
        task = asyncio.create_task(self._deliver(payload))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def verify(self) -> bool:
        """What Slack does when the URL is entered: it sends a challenge and wants it back."""
        challenge = self._state.number("challenge-")
        payload = {"token": "local-verification-token", "challenge": challenge, "type": "url_verification"}
        ack, _, _ = await self._post(payload, json.dumps(payload).encode(), _JSON, {})
        return bool(ack) and (ack or {}).get("payload") in ({"challenge": challenge}, {"text": challenge})

    async def stop(self) -> None:
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, payload: Json) -> None:
        reason, body = "", json.dumps(payload).encode()
        for attempt, delay in enumerate((None, *self._delays)):
            if delay:
                await asyncio.sleep(delay)
            retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
            ack, reason, final = await self._post(payload, body, _JSON, retry)
            if ack is not None or final:
                return
        self._log(payload, {}, None, "given up", 0)

    async def _post(
        self, payload: Json, body: bytes, content_type: str, headers: Mapping[str, str]
    ) -> tuple[Ack | None, str, bool]:
        """The app's answer, else why there is none, in Slack's word, and whether the app wants no retry."""
        began, ack, reason, final = time.perf_counter(), None, "", False
        self._session = self._session or aiohttp.ClientSession(timeout=self._timeout)
        sent = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **signed(body), **headers}
        try:
            async with self._session.post(self._url, data=body, headers=sent) as response:
                text = await response.text()
                final = response.headers.get("X-Slack-No-Retry") == "1"
                ack = _ack(response, text) if response.status == 200 else None
                reason = "" if ack is not None else "http_error"
        except TimeoutError:
            reason = "http_timeout"
        except aiohttp.ClientError:
            reason = "connection_failed"
        self._log(payload, headers, ack, reason, time.perf_counter() - began)
        return ack, reason, final

    def _log(self, payload: Json, headers: Mapping[str, str], ack: Ack | None, error: str, seconds: float) -> None:
        event = payload.get("event", {})
        self._state.log(
            direction="slack->bot",
            kind="request_url",
            name=event.get("type") or payload.get("command") or payload.get("type"),
            ok=not error,
            error=error or None,
            rule="request_url.ok_in_time" if error else None,
            ms=round(seconds * 1000, 1),
            request={"payload": payload, "headers": dict(headers)},
            response=ack,
        )


def _ack(response: aiohttp.ClientResponse, text: str) -> Ack:
    if not text:
        return {}
    return {"payload": json.loads(text) if response.content_type == _JSON else {"text": text}}
