"""The two thumbs under an answer."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.ports import Feedback
from bot.slack.client import SlackClients, slack_errors

log = logging.getLogger(__name__)

THANKS = {
    "up": "Thank you, noted: this helped.",
    "down": "Thank you, noted: this did not help. You can ask for a human.",
}


class FeedbackButtons:
    def __init__(self, feedback: Feedback, clients: SlackClients) -> None:
        self._feedback = feedback
        self._clients = clients

    async def pressed(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Keep the verdict with the answer; a later press of the same person replaces it."""
        await ack()
        verdict, _, key = str(body["actions"][0].get("value") or "").partition(" ")
        user, text = str(body["user"]["id"]), THANKS.get(verdict)
        if text is None or not key:
            log.warning("a feedback button without an answer: %r", verdict)
            return
        try:
            await self._feedback.save(key, user, "up" if verdict == "up" else "down")
        except DeskError as error:
            log.error("feedback of %s on %s was not kept: %s", user, key, error)
            text = "I could not keep that. Please press again in a minute."
        await whisper(self._clients, body, text)


async def whisper(clients: SlackClients, body: Mapping[str, Any], text: str) -> None:
    """Say something to the person who pressed a button, beside its message, seen by nobody else. Best effort."""
    container, message = body.get("container") or {}, body.get("message") or {}
    try:
        with slack_errors():
            await clients.poster.chat_postEphemeral(
                channel=str((body.get("channel") or {}).get("id") or container.get("channel_id")),
                user=str(body["user"]["id"]),
                thread_ts=message.get("thread_ts") or container.get("thread_ts"),
                text=text,
            )
    except DeskError as error:
        log.warning("could not say it to %s: %s", body["user"]["id"], error)
