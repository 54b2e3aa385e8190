"""The SDK's client at Slack's pace: every call takes its turn, and a 429 holds back all calls of its kind."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.desk.ports import Meter
from bot.slack.metered import MeteredClient
from bot.slack.pace import Pace

log = logging.getLogger(__name__)
_TRIES = 8
_NOTED_S = 0.05  # a shorter wait is none


class PacedClient(MeteredClient):
    """`waits`: for its turn, and again after a 429. Else a call that can't go out now raises at once. Both raise the
    SlackApiError of Slack's own "ratelimited"."""

    def __init__(self, pace: Pace, meter: Meter, *, waits: bool, **given: Any) -> None:
        super().__init__(meter, **given)
        self._pace = pace
        self._waits = waits

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        channel = _channel(given)
        for left in reversed(range(_TRIES)):
            await self._metered_turn(api_method, channel)
            try:
                return await super().api_call(api_method, **given)
            except SlackApiError as error:
                if _status(error) != 429:
                    raise
                seconds = self._pace.hold(api_method, channel, _retry_after(error))
                log.info("Slack wants no %s for %g s", api_method, seconds)
                if not (self._waits and left):
                    raise
        raise AssertionError("unreachable")

    async def _metered_turn(self, method: str, channel: str) -> None:
        began = time.monotonic()
        try:
            await self._turn(method, channel)
        finally:
            waited = time.monotonic() - began
            if waited >= _NOTED_S:
                self.meter.slack_waited(method, waited)

    async def _turn(self, method: str, channel: str) -> None:
        if await self._pace.take(method, channel) if self._waits else self._pace.take_now(method, channel):
            return
        error = SlackApiError(f"{method} would be one call too many", self._refusal())  # type: ignore[no-untyped-call]
        raise error

    def _refusal(self) -> AsyncSlackResponse:
        """As Slack's own: the SDK looks into it."""
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url="",
            req_args={},
            data={"ok": False, "error": "ratelimited"},
            headers={},
            status_code=429,
        )


def _channel(given: Mapping[str, Any]) -> str:
    for name in ("json", "params", "data"):
        arguments = given.get(name)
        if isinstance(arguments, Mapping) and arguments.get("channel"):
            return str(arguments["channel"])
    return ""


def _status(error: SlackApiError) -> int:
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", 200)
    return status if isinstance(status, int) else 200


def _retry_after(error: SlackApiError) -> str | None:
    headers = getattr(error.response, "headers", None) or {}
    return next((str(value) for name, value in headers.items() if str(name).lower() == "retry-after"), None)
