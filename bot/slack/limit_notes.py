"""Tells those who ask more than they may: once a burst and conversation, and so that nobody else sees it."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.model import Accepted, Limited, Outcome, is_private
from bot.desk.ports import Clock, Inbox, Told
from bot.settings import LimitSettings
from bot.slack.asked_privately import AboutMessage
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.mrkdwn import escape, moment, plain

log = logging.getLogger(__name__)
_EVENT_TYPE = "frontdesk_limit"
_SOON = timedelta(seconds=90)
_LATER = timedelta(minutes=15)


class LimitNotes:
    """start() returns at once. What an earlier process had not told yet is told too (rule 1)."""

    def __init__(
        self, clients: SlackClients, inbox: Inbox, told: Told, limits: LimitSettings, clock: Clock, tick_s: float = 0.5
    ) -> None:
        self._clients = clients
        self._inbox = inbox
        self._told = told
        self._limits = limits
        self._clock = clock
        self._tick_s = tick_s
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop

    async def _watch(self) -> None:
        while True:
            try:
                for one in await self._inbox.limited():
                    await self._settle(one)
            except DeskError as error:
                log.error("who asks too much is not told yet, trying again: %s", error)
            except Exception:
                log.exception("the notes on limits stumbled and will be tried again")
            await asyncio.sleep(self._tick_s)

    async def _settle(self, one: Limited) -> None:
        """Tell it unless its burst was told, then let a delayed question wait and close a refused one. Where nobody
        asked the desk, nobody waits to be told."""
        if not one.item.unasked and not await self._told_once(one):
            return
        if one.refused:
            await self._inbox.finish(one.item.key, Outcome.ASKED)
        else:
            await self._inbox.limit_told(one.item.key)

    async def _told_once(self, one: Limited) -> bool:
        """Whether its asker knows by now; if not, somebody is about to tell it."""
        item = one.item
        what = "refused" if one.refused else "delayed"
        key = f"limit {what} {item.team}:{item.channel}:{item.user}"
        begun = await self._told.begin(key, one.due_at)
        if begun:
            log.warning("%s asks more than the limit (%s): %s is %s", item.user, one.by, item.key, what)
            await self._tell(one, key)
            await self._told.done(key, one.due_at)
        return begun is not None

    async def _tell(self, one: Limited, key: str) -> None:
        item, text = one.item, note(one, self._limits, self._clock())
        try:
            if is_private(item.key):
                await self._whisper_about(item, text)
            elif item.kind != "dm":
                await self._clients.whisper(item.channel, item.user, text, thread_ts=item.thread_ts)
            else:
                await self._write(item, f"{key} {item.ts}", text)
        except SlackRefused as error:
            if error.passing:
                raise
            log.error("%s can't be told that %s is over a limit: %s", item.user, item.key, error.code)

    async def _whisper_about(self, item: Accepted, text: str) -> None:
        """Where the message is that was asked about. Where the bot is not, by direct message."""
        about = AboutMessage.of(item)
        try:
            await self._clients.whisper(about.channel, item.user, text, thread_ts=about.in_thread)
        except SlackRefused as error:
            if error.passing:
                raise
            with slack_errors():
                await self._clients.poster.chat_postMessage(channel=item.user, text=text)

    async def _write(self, item: Accepted, key: str, text: str) -> None:
        with slack_errors():
            if await self._stands(item, key):
                return
            await self._clients.poster.chat_postMessage(
                channel=item.channel,
                thread_ts=item.thread_ts or item.ts,
                text=text,
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"limit": key}},
            )

    async def _stands(self, item: Accepted, key: str) -> bool:
        """Whether a run that was killed has posted it (rule 2)."""
        replies = await self._clients.web.conversations_replies(
            channel=item.channel, ts=item.thread_ts or item.ts, oldest=item.ts, include_all_metadata=True, limit=200
        )
        found: list[Mapping[str, Any]] = replies.get("messages") or []
        return any(((one.get("metadata") or {}).get("event_payload") or {}).get("limit") == key for one in found)


def note(one: Limited, limits: LimitSettings, now: datetime) -> str:
    """What the asker is told, as mrkdwn. Never how many wait before them."""
    reason, own = {
        "user": (f"I answer up to {_questions(limits.per_user_per_minute)} a minute for each person.", "the rest"),
        "channel": ("There are more questions in this channel right now than I can answer at once.", "yours"),
        "day": (f"I answer up to {_questions(limits.per_user_per_day)} a day for each person.", "the rest"),
    }[one.by]
    if one.refused:
        asked = f"“{escape(plain(one.item.text, 60))}”" if one.item.text else "your last message"
        after = moment(one.due_at + timedelta(minutes=1))  # it is shown without seconds
        return (
            f"{reason} I can't take {asked} or what you write after it: please ask again after {after}."
            " I still answer what you asked before."
        )
    wait = one.due_at - now
    when = "in a minute" if wait <= _SOON else "in a few minutes" if wait <= _LATER else f"after {moment(one.due_at)}"
    return f"{reason} I'll get to {own} {when}; you don't have to ask again."


def _questions(count: int) -> str:
    return f"{count:,} question{'s' if count != 1 else ''}"
