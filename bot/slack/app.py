"""The Bolt app: middleware in order, listeners, errors. Nothing here calls the network."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.errors import Unavailable
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity
from bot.slack.listeners.messages import Messages

log = logging.getLogger(__name__)


def build_app(clients: SlackClients, me: Identity, messages: Messages, missed: Callable[[], None]) -> AsyncApp:
    """An app for one workspace, already authorized as `me`; listeners are registered by the caller. `missed`: a message
    could not be stored."""

    async def record(body: Mapping[str, Any], next: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        # Before authorization: Bolt acks events before a listener runs, and acks where authorization fails.
        event = body.get("event")
        if not isinstance(event, Mapping) or event.get("type") not in ("message", "app_mention"):
            await next()
            return None
        try:
            await messages.take(event)
        except Unavailable:
            missed()  # Slack sends it again for some minutes only
            raise
        return BoltResponse(status=200)

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team,
            bot_user_id=me.user_id,
            bot_id=me.bot_id or None,
            bot_token=clients.web.token,
        )

    # No token in Bolt's own client: with one, Bolt would call auth.test when the first event is there.
    client = AsyncWebClient(base_url=clients.web.base_url, session=clients.web.session)
    app = AsyncApp(
        name="frontdesk",
        client=client,
        authorize=authorize,
        before_authorize=record,
        raise_error_for_unhandled_request=True,  # Bolt's own warning reads the payload as if all of it were there
        request_verification_enabled=False,  # bot.slack.request_url has done it; a socket is authenticated itself
        ssl_check_enabled=False,
    )
    app.error(report)
    return app


async def report(error: Exception, body: Mapping[str, Any] | None) -> BoltResponse:
    """Bolt's error handler. A failed middleware is not acked, so Slack delivers the event again: 503, in HTTP mode."""
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("nothing listens to a payload of type %r", (body or {}).get("type"))
        return BoltResponse(status=404)
    event = (body or {}).get("event") or {}
    where = f"{(body or {}).get('type')} {event.get('type', '')} {event.get('ts', '')}".strip()
    incident = "FD-" + hashlib.sha256(f"{where} {error!r}".encode()).hexdigest()[:8].upper()
    log.error("incident %s: %s failed: %s", incident, where, error, exc_info=error)
    return BoltResponse(status=503 if isinstance(error, Unavailable) else 500)
