"""/sources sync and /sources status, and the button that approves what a sync held back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.desk.audience import shown_of
from bot.desk.errors import DeskError
from bot.desk.model import SyncResult, SyncStep, incident_of
from bot.desk.ports import Clock, SyncDesk
from bot.slack.blocks import Message
from bot.slack.client import SlackClients
from bot.slack.desks import Desks
from bot.slack.listeners.feedback import whisper
from bot.slack.mrkdwn import escape
from bot.slack.people import People
from bot.slack.sync_blocks import outcome, progress, status

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

NOT_YOURS = (
    "Only an admin can start a sync. The documents are kept up to date anyway:"
    " `/sources status` says how fresh they are."
)
NOT_NOW = "I can't read how fresh the documents are right now. Please try again in a minute."
# A response_url takes five messages: beginning, these, end. Seconds, each after the one before.
PROGRESS_AFTER_S = (10.0, 60.0)


class SyncCommand:
    """What it starts goes on in the background; drain() waits for it."""

    def __init__(
        self,
        desk: SyncDesk,
        admins: Sequence[str],
        desks: Desks,
        clients: SlackClients,
        people: People,
        team: str,
        clock: Clock,
        progress_after_s: Sequence[float] = PROGRESS_AFTER_S,
    ) -> None:
        self._desk = desk
        self._admins = admins
        self._desks = desks
        self._clients = clients
        self._people = people
        self._team = team
        self._clock = clock
        self._progress_after_s = progress_after_s
        self._running: set[asyncio.Task[None]] = set()

    @property
    def sources(self) -> Sequence[str]:
        return self._desk.sources

    async def status(self, ack: Ack, body: Body) -> None:
        """An admin sees every source and why one failed; others see those that answers in their channel come from, and
        that are for them."""
        await ack()
        user = str(body.get("user_id"))
        admin = user in self._admins
        try:
            known = await self._desk.status()
        except DeskError as error:
            log.error("/sources status failed: %s", error)
            await self._reply(body, Message(NOT_NOW))
            return
        seen = known
        if not admin:
            own = await self._people.own(user, self._team)
            seen = shown_of(known, self._desks.of(str(body.get("channel_id"))), own.keywords)
        await self._reply(body, status(seen, self._clock(), admin=admin, pause=self._desks.pause))

    async def sync(self, ack: Ack, body: Body, sources: Sequence[str]) -> None:
        if str(body.get("user_id")) not in self._admins:
            await ack(response_type="ephemeral", text=NOT_YOURS)
            return
        await ack()
        names = ", ".join(f"“{name}”" for name in sources)
        await self._reply(body, Message(escape(f"Syncing {names}. I'll tell you here how it ends.")))
        log.info("%s syncs %s from Slack", body.get("user_id"), names)
        self._begin(body, sources, approve=False)

    async def approve(self, ack: Ack, body: Body) -> None:
        """Remove what was held, unless it is something else by now than what the button says."""
        await ack()
        user, value = str(body["user"]["id"]), str(body["actions"][0].get("value") or "")
        count, _, source = value.partition(" ")
        if user not in self._admins:
            await whisper(self._clients, body, "Only an admin can approve that.")
            return
        try:
            held = {one.source: one.held for one in await self._desk.status()}.get(source, 0)
        except DeskError as error:
            log.error("an approval could not be looked up: %s", error)
            await whisper(self._clients, body, NOT_NOW)
            return
        if str(held) != count:
            now = (
                f"{held} removals wait now: look at them with `/sources status`"
                if held
                else "no removal waits any more"
            )
            await whisper(self._clients, body, escape(f"Nothing was done, because of “{source}” {now}."))
            return
        log.info("%s approves %s removals of %s", user, count, source)
        await self._reply(body, Message(escape(f"Removing them: syncing “{source}”.")))
        self._begin(body, (source,), approve=True)

    async def drain(self, seconds: float) -> None:
        """Wait for what was started; tell the syncs to stop first."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _begin(self, body: Body, sources: Sequence[str], *, approve: bool) -> None:
        task = asyncio.create_task(self._run(body, sources, approve))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, body: Body, sources: Sequence[str], approve: bool) -> None:
        latest: list[SyncStep | None] = [None]

        def on_step(step: SyncStep) -> None:
            latest[0] = step

        work = asyncio.create_task(self._all(sources, on_step, approve))
        for seconds in self._progress_after_s:
            if (await asyncio.wait({work}, timeout=seconds))[0]:
                break
            await self._reply(body, progress(latest[0]))
        await self._reply(body, outcome(await work), last=True)

    async def _all(
        self, sources: Sequence[str], on_step: Callable[[SyncStep], None], approve: bool
    ) -> list[tuple[str, SyncResult | str]]:
        """One after the other: a sync uses all cores."""
        results: list[tuple[str, SyncResult | str]] = []
        for name in sources:
            try:
                results.append((name, await self._desk.sync(name, on_step, approve=approve)))
            except DeskError as error:
                results.append((name, error.public))
            except Exception as error:
                incident = incident_of(f"sync {name} {error!r}")
                log.exception("%s: the sync of %s failed", incident, name)
                results.append((name, f"Something went wrong on our side; the log has incident {incident}."))
        return results

    async def _reply(self, body: Body, message: Message, *, last: bool = False) -> None:
        """To the one who asked, in place of what only they see already; a message that all see stays."""
        shared = "container" in body and not (body["container"] or {}).get("is_ephemeral")
        payload = {
            "text": message.text,
            "blocks": list(message.blocks),
            "response_type": "ephemeral",
            "replace_original": not shared,
        }
        try:
            await self._clients.respond(str(body["response_url"]), payload)
        except DeskError as error:  # it is good for half an hour
            log.info("no word through the response_url: %s", error)
            if last:
                await self._whisper(body, message)

    async def _whisper(self, body: Body, message: Message) -> None:
        channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
        user = body.get("user_id") or (body.get("user") or {}).get("id")
        try:
            await self._clients.whisper(str(channel), str(user), message.text, message.blocks)
        except DeskError as error:
            log.warning("%s was not told how the sync ended (%s): %s", user, error, message.text)
