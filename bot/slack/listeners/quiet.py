"""Silence in a thread: by the menu of an answer, or by `/sources quiet`, which can't be typed in a thread and so asks
which one. A mention, or Wake up, is the way back."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.desk.desk_settings import RecentThread
from bot.desk.errors import DeskError
from bot.desk.freshness import ago
from bot.desk.ports import Clock, Threads
from bot.slack.blocks import QUIET, Block, button, rich, span
from bot.slack.client import SlackClients
from bot.slack.inbound import Identity
from bot.slack.mrkdwn import plain

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

HUSH, WAKE = "quiet_thread", "wake_thread"  # HUSH and a number: the ids of a message's buttons differ
HUSHED = "I keep quiet in this thread from now on. Mention me there, or press the button, when you want me back."
AWAKE = "I'm back in this thread."
NONE_HERE = "There is no thread of the last 7 days here in which I answered and am not quiet already."
WHICH = "In which thread shall I keep quiet?"
NOT_NOW = "I could not do that just now. Please press again in a minute."
_BACK = timedelta(days=7)
_SHOWN = 5


class QuietButtons:
    """Anybody who takes part may silence the desk in a thread, and anybody wakes it."""

    def __init__(self, threads: Threads, clients: SlackClients, me: Identity, clock: Clock) -> None:
        self._threads = threads
        self._clients = clients
        self._me = me
        self._clock = clock

    async def chosen(self, ack: Ack, body: Body) -> None:
        """An entry of the menu under an answer."""
        await ack()
        if body["actions"][0].get("selected_option", {}).get("value") != QUIET:
            return
        message = body.get("message") or {}
        thread_ts = str(message.get("thread_ts") or message.get("ts"))
        text, blocks = HUSHED, [rich(span(HUSHED)), _wake(thread_ts)]
        try:
            await self._hush(body, thread_ts)
        except DeskError as error:
            log.error("a thread could not be silenced: %s", error)
            text, blocks = NOT_NOW, []
        try:
            await self._clients.whisper(_channel(body), str(body["user"]["id"]), text, blocks, thread_ts)
        except DeskError as error:
            log.warning("nobody was told that %s is quiet: %s", thread_ts, error)

    async def choose(self, ack: Ack, body: Body) -> None:
        """`/sources quiet`: which of the latest threads of the channel."""
        await ack()
        channel, now = str(body.get("channel_id")), self._clock()
        try:
            threads = await self._threads.recent(self._me.team, channel, now - _BACK, _SHOWN)
        except DeskError as error:
            log.error("/sources quiet failed: %s", error)
            await self._respond(body, NOT_NOW)
            return
        if not threads:
            await self._respond(body, NONE_HERE)
            return
        lines = [_choice(at, one, f"answered {ago(one.at, now)}") for at, one in enumerate(threads)]
        await self._respond(body, WHICH, [rich(span(WHICH, bold=True)), *lines])

    async def hush(self, ack: Ack, body: Body) -> None:
        """Chosen of those that `/sources quiet` shows."""
        await ack()
        thread_ts = str(body["actions"][0].get("value") or "")
        try:
            await self._hush(body, thread_ts)
        except DeskError as error:
            log.error("a thread could not be silenced: %s", error)
            await self._respond(body, NOT_NOW, replace_original=False)
            return
        await self._respond(body, HUSHED, [rich(span(HUSHED)), _wake(thread_ts)], replace_original=True)

    async def wake(self, ack: Ack, body: Body) -> None:
        await ack()
        thread_ts = str(body["actions"][0].get("value") or "")
        try:
            await self._threads.wake(self._me.team, _channel(body), thread_ts, self._clock())
        except DeskError as error:
            log.error("a thread could not be woken: %s", error)
            await self._respond(body, NOT_NOW, replace_original=False)
            return
        await self._respond(body, AWAKE, replace_original=True)

    async def _hush(self, body: Body, thread_ts: str) -> None:
        user = str(body["user"]["id"])
        await self._threads.hush(self._me.team, _channel(body), thread_ts, user)
        log.info("%s silenced the thread %s of %s", user, thread_ts, _channel(body))

    async def _respond(self, body: Body, text: str, blocks: Sequence[Block] = (), **options: object) -> None:
        payload = {"text": text, "blocks": list(blocks), "response_type": "ephemeral", **options}
        try:
            await self._clients.respond(str(body["response_url"]), payload)
        except DeskError as error:
            log.warning("no word about the quiet thread: %s", error)


def _channel(body: Body) -> str:
    return str((body.get("channel") or {}).get("id") or (body.get("container") or {}).get("channel_id"))


def _choice(at: int, thread: RecentThread, when: str) -> Block:
    asked = plain(thread.question, 200) or "(no question in words)"
    return {
        "type": "section",
        "text": {"type": "plain_text", "text": f"“{asked}” · {when}", "emoji": False},
        "accessory": button("Keep quiet", f"{HUSH}_{at}", thread.thread_ts),
    }


def _wake(thread_ts: str) -> Block:
    return {"type": "actions", "elements": [button("Wake up", WAKE, thread_ts)]}
