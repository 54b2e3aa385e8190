"""Slack's Web API as this bot calls it: one HTTP session, errors as ours, and no retry that could post twice."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from yarl import URL

from bot.desk.errors import DeskError, Unavailable
from bot.desk.metering import NO_METER
from bot.desk.ports import Meter
from bot.settings import SlackSettings
from bot.slack.pace import Pace
from bot.slack.paced_client import PacedClient

_LIMITED = frozenset({"ratelimited", "rate_limited"})
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", ""})
# A token that stopped working in mid-run: nothing is wrong with the call, and the operator can replace the token.
TOKEN_REFUSED = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})


class SlackUnavailable(Unavailable):
    """Slack did not answer, or said to come back later: the same call may work in a while."""

    public = "Slack is not reachable right now."


class SlackBusy(SlackUnavailable):
    """A rate limit, Slack's or our own keeping to it: the call was surely not done."""


class SlackRefused(DeskError):
    """Slack answered no. `code` is its error, such as channel_not_found."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused: {code}")
        self.code = code

    @property
    def passing(self) -> bool:
        """Whether the same call may work in a while: with a new token, not for a channel that is gone."""
        return self.code in TOKEN_REFUSED


@contextmanager
def slack_errors() -> Iterator[None]:
    """Turns the SDK's and the network's errors into SlackUnavailable, SlackBusy and SlackRefused."""
    try:
        yield
    except SlackApiError as error:
        code = _code(error)
        if code in _LIMITED:
            raise SlackBusy(code) from error
        if code in _PASSING:
            raise SlackUnavailable(code or str(error)) from error
        raise SlackRefused(code) from error
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
        raise SlackUnavailable(f"{type(error).__name__}: {error}") from error


def _code(error: SlackApiError) -> str:
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", 200)
    if isinstance(status, int) and status == 429:
        return "ratelimited"
    if isinstance(status, int) and status >= 500:
        return ""
    try:
        return str(error.response["error"])
    except (TypeError, KeyError, AttributeError):
        return ""


class SlackClients:
    """Three ways to call, over one session that open() makes and close() ends; constructing does no I/O. All keep to
    one pace.

    `web` repeats what may be repeated. `poster` waits for rate limits and repeats nothing else, because a post
    whose reply was lost may have happened. `once` waits and repeats nothing: for what is dropped or done otherwise
    instead.
    """

    def __init__(self, settings: SlackSettings, meter: Meter = NO_METER) -> None:
        self.settings = settings
        self._meter = meter
        self.pace = Pace(settings.rate_limit_factor)
        self.web = self._client(AsyncConnectionErrorRetryHandler(2), AsyncServerErrorRetryHandler(2))
        self.poster = self._client()
        self.once = self._client(waits=False)
        self._session: aiohttp.ClientSession | None = None

    def _client(self, *handlers: AsyncRetryHandler, waits: bool = True) -> PacedClient:
        token = self.settings.bot_token
        client = PacedClient(
            self.pace,
            self._meter,
            waits=waits,
            token=token.get_secret_value() if token else None,
            base_url=self.settings.api_url.rstrip("/") + "/",
            timeout=30,
            retry_handlers=list(handlers),
        )
        if urlsplit(self.settings.api_url).hostname in ("127.0.0.1", "localhost", "::1"):
            client.proxy = None  # the SDK takes a proxy from the environment even for this machine
        return client

    @property
    def app_token(self) -> str:
        token = self.settings.app_token
        return token.get_secret_value() if token else ""

    async def whisper(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]] = (),
        thread_ts: str | None = None,
    ) -> str:
        """Show something to one person alone; its ts. In a thread they see it only while they have that open. Raises
        SlackUnavailable and SlackRefused."""
        with slack_errors():
            response = await self.poster.chat_postEphemeral(
                channel=channel, user=user, thread_ts=thread_ts, text=text, blocks=[dict(one) for one in blocks] or None
            )
        return str(response["message_ts"])

    async def respond(self, url: str, payload: Mapping[str, object]) -> None:
        """Answer a command or a button through its response_url. Raises SlackUnavailable and SlackRefused."""
        if self._session is None:
            raise SlackUnavailable("the connection is closed")
        with slack_errors():
            async with self._session.post(url, json=payload, timeout=aiohttp.ClientTimeout(30)) as response:
                if response.status >= 500 or response.status == 429:
                    raise SlackUnavailable(f"response_url: {response.status}")
                if response.status >= 400:
                    raise SlackRefused((await response.text())[:80])

    def is_slacks(self, url: URL) -> bool:
        """Whether the token may go there: to the Web API's own address, or by https to its host and those below it, as
        files.slack.com is below slack.com."""
        home = URL(self.settings.api_url)
        if (url.scheme, url.host, url.port) == (home.scheme, home.host, home.port):
            return True
        host = (url.host or "").lower()
        own = host == home.host or host.endswith(f".{home.host}")
        return url.scheme == "https" and url.port == 443 and own

    def get(self, url: URL) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Fetch what is not the Web API's, such as a file, with the bot's token and no redirect followed. Raises
        SlackUnavailable when the connection is closed; the caller meets aiohttp's errors."""
        if self._session is None:
            raise SlackUnavailable("the connection is closed")
        headers = {"Authorization": f"Bearer {self.web.token}", "Accept-Encoding": "identity"}
        return self._session.get(url, headers=headers, allow_redirects=False, proxy=self.web.proxy)

    async def websocket(self, address: str, ping_s: float) -> aiohttp.ClientWebSocketResponse:
        """A Socket Mode connection, which ends by itself when a ping is not answered for half of `ping_s`. The caller
        meets aiohttp's errors."""
        if self._session is None:
            raise SlackUnavailable("the connection is closed")
        patience = aiohttp.ClientWSTimeout(ws_close=2.0)
        return await self._session.ws_connect(address, heartbeat=ping_s, timeout=patience, proxy=self.web.proxy)

    async def open(self) -> None:
        self._session = aiohttp.ClientSession()
        for client in (self.web, self.poster, self.once):
            client.session = self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
