"""A webhook: each event posted as signed JSON. Any 2xx means that the receiver has it."""

import json
from datetime import timedelta

import httpx

from bot.desk.errors import DeliveryFailed
from bot.desk.outgoing import Delivery
from bot.desk.ports import Clock
from bot.outbox.backoff import retry_after
from bot.outbox.signing import signature
from bot.outgoing_settings import WebhookSettings, signing_keys

_TIMEOUTS = httpx.Timeout(10.0)
_GONE = 410  # the receiver wants no more of it


class Webhook:
    """bot.desk.outgoing.Target. Redirects are not followed: what is signed for one address is for no other."""

    def __init__(self, settings: WebhookSettings, clock: Clock) -> None:
        self.give_up_after: timedelta = settings.give_up_after
        self._url = settings.url
        self._keys = signing_keys(settings.secret.get_secret_value()) if settings.secret else ()
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_TIMEOUTS, follow_redirects=False)

    async def send(self, delivery: Delivery) -> None:
        now = self._clock()
        timestamp = int(now.timestamp())
        body = json.dumps(delivery.event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Frontdesk",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._keys, delivery.id, timestamp, body),
            "frontdesk-delivery": delivery.id,
            "frontdesk-attempt": str(delivery.attempts),
        }
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                status, asked_for = response.status_code, response.headers.get("retry-after")
        except httpx.HTTPError as error:
            raise DeliveryFailed(f"{type(error).__name__}: {error}".removesuffix(": ")) from error
        if 200 <= status < 300:
            return
        said = f"it answered {status}" + (", and redirects are not followed" if 300 <= status < 400 else "")
        raise DeliveryFailed(said, retry_after_s=retry_after(asked_for, now), final=status == _GONE)

    async def close(self) -> None:
        await self._client.aclose()
