"""App Home: shown when it is opened and again after whatever is done there; syncing, pausing, resuming."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.desk.audience import shown_of
from bot.desk.due import Expectations
from bot.desk.errors import DeskError
from bot.desk.human_path import Escalation, Escalations
from bot.desk.model import SourceStatus, SyncStep, incident_of
from bot.desk.ports import Clock, Numbers, SyncDesk
from bot.slack.client import SlackClients, slack_errors
from bot.slack.desks import Desks
from bot.slack.home_blocks import MOST_REQUESTS, SYNC_ALL, AdminPart, ChannelLine, Page, home_blocks
from bot.slack.inbound import Identity
from bot.slack.people import People
from bot.slack.sync_blocks import ended

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]
T = TypeVar("T")

NOT_YOURS = "Only an admin can do that."
NOT_SO = "Nothing was done: other removals wait now than the page said. This is how it stands."
NOT_NOW = "That could not be done just now. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class HomeRecords:
    """What App Home reads. Without a `sync_desk` nothing is known of sources, without `expectations` of when anybody is
    to have an answer."""

    desks: Desks
    escalations: Escalations
    numbers: Numbers
    sync_desk: SyncDesk | None
    admins: Sequence[str]
    expectations: Expectations | None = None


class Home:
    """Syncs that it starts go on in the background; drain() waits for them."""

    def __init__(self, records: HomeRecords, clients: SlackClients, people: People, me: Identity, clock: Clock) -> None:
        self._records = records
        self._desks = records.desks
        self._clients = clients
        self._people = people
        self._me = me
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def is_admin(self, user: str) -> bool:
        return user in self._records.admins

    async def refresh(self, user: str, said: str = "") -> None:
        """Show `user` their page as things stand. Best effort: they can open it again."""
        try:
            blocks = home_blocks(await self._page(user, said))
            with slack_errors():
                await self._clients.web.views_publish(user_id=user, view={"type": "home", "blocks": blocks})
        except DeskError as error:
            log.info("the home page of %s stays as it was: %s", user, error)

    async def sync(self, ack: Ack, body: Body) -> None:
        """One source, or all."""
        await ack()
        action = body["actions"][0]
        named = str(action.get("value") or "")
        await self._begin(str(body["user"]["id"]), None if action["action_id"] == SYNC_ALL else named)

    async def approve(self, ack: Ack, body: Body) -> None:
        """Remove what was held, unless it is something else by now than what the button says."""
        await ack()
        user = str(body["user"]["id"])
        count, _, source = str(body["actions"][0].get("value") or "").partition(" ")
        known = await _or_none(self._sources(None))
        held = {one.source: one.held for one in known or ()}
        if self.is_admin(user) and str(held.get(source)) != count:
            await self.refresh(user, NOT_SO)
            return
        await self._begin(user, source, approve=True)

    async def _begin(self, user: str, named: str | None, *, approve: bool = False) -> None:
        desk = self._records.sync_desk
        if desk is None or not self.is_admin(user):
            await self.refresh(user, NOT_YOURS)
            return
        sources = [one for one in desk.sources if named in (None, one)]
        log.info("%s syncs %s from App Home%s", user, ", ".join(sources), ", with its removals" if approve else "")
        task = asyncio.create_task(self._sync(desk, sources, user, approve=approve))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def pause(self, ack: Ack, body: Body) -> None:
        await ack()
        user = str(body["user"]["id"])
        await self._do(user, lambda: self._desks.pause_for(self._me.team, user), "paused the desk")

    async def resume(self, ack: Ack, body: Body) -> None:
        await ack()
        user = str(body["user"]["id"])
        await self._do(user, lambda: self._desks.resume(self._me.team), "resumed the desk")

    async def drain(self, seconds: float) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _do(self, user: str, step: Callable[[], Awaitable[None]], what: str) -> None:
        said = ""
        if not self.is_admin(user):
            said = NOT_YOURS
        else:
            try:
                await step()
                log.warning("%s %s", user, what)
            except DeskError as error:
                log.error("%s by %s failed: %s", what, user, error)
                said = NOT_NOW
        await self.refresh(user, said)

    async def _sync(self, desk: SyncDesk, sources: Sequence[str], user: str, *, approve: bool) -> None:
        """One after the other: a sync uses all cores. How each ended, the page itself says."""
        said: list[str] = []
        for name in sources:
            running = asyncio.create_task(desk.sync(name, _nothing, approve=approve))
            await asyncio.wait({running}, timeout=0.2)  # by then the page can say that it is being synced
            await self.refresh(user, " ".join(said))
            try:
                said.append(f"“{name}”: {ended(await running)[0]}.")
            except DeskError as error:
                said.append(f"“{name}”: {error.public}")
            except Exception as error:
                incident = incident_of(f"sync {name} {error!r}")
                log.exception("%s: the sync of %s failed", incident, name)
                said.append(f"“{name}”: something went wrong on our side; the log has incident {incident}.")
        await self.refresh(user, " ".join(said))

    async def _page(self, user: str, said: str) -> Page:
        now, admin = self._clock(), self.is_admin(user)
        sources, requests, part = await asyncio.gather(
            _or_none(self._sources(None if admin else user)),
            _or_none(self._records.escalations.unresolved(self._me.team, MOST_REQUESTS, user)),
            self._admin_part(now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1), admin),
        )
        humans = any(desk.has_humans for desk in self._desks.all)
        return Page(now, self._me.url, sources, requests, self._desks.pause, part, said, humans)

    async def _sources(self, of: str | None) -> Sequence[SourceStatus]:
        """`of` somebody: those that answers in their direct messages come from, and that are for them."""
        if self._records.sync_desk is None:
            return ()
        every = await self._records.sync_desk.status()
        if of is None:
            return every
        own = await self._people.own(of, self._me.team)
        return shown_of(every, self._desks.all[0], own.keywords)

    async def _admin_part(self, day: datetime, admin: bool) -> AdminPart | None:
        if not admin:
            return None
        records, team = self._records, self._me.team
        escalations, numbers = await asyncio.gather(
            _or_none(records.escalations.unresolved(team, MOST_REQUESTS + 1)),
            _or_none(records.numbers.between(team, day, day + timedelta(days=1))),
        )
        lines = [ChannelLine(one.channel, one.mode, self._desks.of(one.channel).name) for one in self._desks.given]
        due = await _or_none(self._due(escalations or ()))
        return AdminPart(escalations, numbers, day, lines, records.sync_desk is not None, due or {})

    async def _due(self, some: Sequence[Escalation]) -> dict[str, datetime]:
        expectations = self._records.expectations
        if expectations is None:
            return {}
        moves = await asyncio.gather(*(self._records.escalations.transitions(one.id) for one in some))
        due = ((one.id, expectations.answer_due(one, made)) for one, made in zip(some, moves, strict=True))
        return {escalation_id: at for escalation_id, at in due if at is not None}


async def _or_none(reading: Awaitable[T]) -> T | None:
    """None for what can't be read now: the rest of the page is there all the same."""
    try:
        return await reading
    except DeskError as error:
        log.error("a part of App Home can't be read: %s", error)
        return None


def _nothing(step: SyncStep) -> None:
    return None
