"""Slack's Web API, metered: calls by method and error, and what an asker saw first."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.desk.ports import Meter

_TEXTS = frozenset({"chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"})
_SIGNS = _TEXTS | {"assistant.threads.setStatus", "reactions.add", "chat.postMessage"}


@dataclass(slots=True)
class _Watched:
    """An answer in the making, accepted so many seconds before `began`."""

    waited: float
    began: float = field(default_factory=time.monotonic)
    seen: set[str] = field(default_factory=set)


_watched: ContextVar[_Watched | None] = ContextVar("watched", default=None)


@contextmanager
def first_signs(waited_s: float) -> Iterator[None]:
    """Note what the asker sees first of the answer that is made in this block, or by tasks that it starts. `waited_s`:
    since the question was accepted."""
    token = _watched.set(_Watched(waited_s))
    try:
        yield
    finally:
        _watched.reset(token)


class MeteredClient(AsyncWebClient):
    """Every method of the client comes through api_call."""

    def __init__(self, meter: Meter, **given: Any) -> None:
        super().__init__(**given)
        self.meter = meter

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """As the SDK's. Retries are within one call."""
        began, error = time.monotonic(), ""
        try:
            response = await super().api_call(api_method, **options)
            self._saw(api_method, options)
            return response
        except SlackApiError as refused:
            error = _code(refused)
            raise
        except (aiohttp.ClientError, TimeoutError, OSError):
            error = "not_reached"
            raise
        finally:
            self.meter.slack_called(api_method, error, time.monotonic() - began)

    def _saw(self, method: str, options: dict[str, Any]) -> None:
        watched = _watched.get()
        if watched is None:
            return
        sent = options.get("json") or options.get("params") or {}
        if method in _SIGNS:
            self._first(watched, "sign")
        if method in _TEXTS or (method == "chat.postMessage" and sent.get("blocks")):  # a placeholder has none
            self._first(watched, "sentence")

    def _first(self, watched: _Watched, what: Literal["sign", "sentence"]) -> None:
        if what not in watched.seen:
            watched.seen.add(what)
            self.meter.shown(what, watched.waited + time.monotonic() - watched.began)


def _code(error: SlackApiError) -> str:
    """Slack's word for it, which is one of a few; else the status."""
    status = getattr(error.response, "status_code", 200)
    said = error.response.get("error") if hasattr(error.response, "get") else None
    return said if isinstance(said, str) and said else f"status_{status}"
