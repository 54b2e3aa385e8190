"""The two thumbs under an answer, and the window that asks what was wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.human_path import HandoverReason, Humans
from bot.desk.model import Verdict, is_private
from bot.desk.ports import AnswerRecords, Feedback
from bot.slack.client import SlackClients, slack_errors
from bot.slack.modals import COMMENT, WRONG, feedback_modal, thanks_modal, verdict_of

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

THANKS = "Thank you, noted: this helped."
NOT_OPENED = "Thank you, noted: this did not help. Press it again to say what was wrong."
NOT_KEPT = "I could not keep that. Please press again in a minute."
SEND_AGAIN = "I could not keep that. Please send it again in a minute."
_ACK_S = 2.0  # Slack waits three for the answer to a window


class FeedbackButtons:
    """`calls` are the desks whose policy it is to call a human to an answer that somebody says is wrong."""

    def __init__(
        self, feedback: Feedback, clients: SlackClients, humans: Humans, records: AnswerRecords, calls: Collection[str]
    ) -> None:
        self._feedback = feedback
        self._clients = clients
        self._humans = humans
        self._records = records
        self._calls = calls

    async def pressed(self, ack: Ack, body: Body) -> None:
        """Keep the verdict with the answer; the other thumb of the same person replaces it. A thumb down is kept
        whether or not they go on to say what was wrong."""
        await ack()
        verdict, _, key = str(body["actions"][0].get("value") or "").partition(" ")
        user = str(body["user"]["id"])
        if verdict not in ("up", "down") or not key:
            log.warning("a feedback button without an answer: %r", verdict)
            return
        try:
            earlier = await self._feedback.of(key, user)
            if earlier is None or earlier.verdict != verdict:
                await self._feedback.save(key, user, Verdict("up" if verdict == "up" else "down"))
        except DeskError as error:
            log.error("feedback of %s on %s was not kept: %s", user, key, error)
            await whisper(self._clients, body, NOT_KEPT)
            return
        if verdict == "up":
            await whisper(self._clients, body, THANKS)
        else:
            await self._ask(body, key, earlier)

    async def _ask(self, body: Body, key: str, earlier: Verdict | None) -> None:
        try:
            with slack_errors():
                view = feedback_modal(key, earlier)
                await self._clients.once.views_open(trigger_id=str(body.get("trigger_id")), view=view)
        except DeskError as error:  # a trigger_id lives for three seconds
            log.info("what was wrong with %s could not be asked: %s", key, error)
            await whisper(self._clients, body, NOT_OPENED)

    async def given(self, ack: Ack, body: Body) -> None:
        """What was wrong, kept before it is acked, and so is the human who is called for it: where it can't be, the
        window stays with what was written."""
        key, verdict = verdict_of(body["view"])
        try:
            async with asyncio.timeout(_ACK_S):
                await self._feedback.save(key, str(body["user"]["id"]), verdict)
        except (DeskError, TimeoutError) as error:
            log.error("why %s did not help was not kept: %s", key, error or "it takes too long")
            await ack(response_action="errors", errors={COMMENT: SEND_AGAIN})
            return
        thanks = partial(ack, response_action="update", view=thanks_modal())
        if verdict.reason == WRONG and not is_private(key):
            await self._call(key, str(body["user"]["id"]), thanks)
        await thanks()  # where nobody new was called; Bolt sends the first

    async def _call(self, key: str, user: str, stored: Callable[[], Awaitable[object]]) -> None:
        """A human to the thread of an answer that was wrong. What was said of it is kept, whatever comes of this."""
        try:
            record = await self._records.record(key)
            if record is not None and record.answer.desk in self._calls:
                team = key.split(":")[0]
                place = team, record.channel, record.thread_ts
                await self._humans.call(*place, user, key, HandoverReason.FEEDBACK, stored=stored)
        except DeskError as error:
            log.error("nobody was called to %s, which %s says is wrong: %s", key, user, error)


async def whisper(clients: SlackClients, body: Mapping[str, Any], text: str) -> None:
    """Say something to the person who pressed a button, beside its message, seen by nobody else. Best effort."""
    container, message = body.get("container") or {}, body.get("message") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id"))
    thread_ts = message.get("thread_ts") or container.get("thread_ts")
    try:
        await clients.whisper(channel, str(body["user"]["id"]), text, thread_ts=thread_ts)
    except DeskError as error:
        log.warning("could not say it to %s: %s", body["user"]["id"], error)
