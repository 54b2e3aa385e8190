"""The edge as one thing that starts and stops: credentials, workers, and the door through which Slack comes in."""

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from slack_bolt.async_app import AsyncApp

from bot.desk.errors import DeskError
from bot.slack.answering import Answering
from bot.slack.app import build_app
from bot.slack.attendance import Attendance
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.delivery import Delivery
from bot.slack.edge import Edge
from bot.slack.http_door import HttpDoor
from bot.slack.inbound import Identity
from bot.slack.intake import Intake
from bot.slack.limit_notes import LimitNotes
from bot.slack.listeners import Surfaces, register
from bot.slack.listeners.messages import Messages
from bot.slack.offers import Offers
from bot.slack.read_back import ReadBack
from bot.slack.request_url import RequestUrl
from bot.slack.sockets import Sockets, open_ticket
from bot.slack.surfaces import surfaces_of
from bot.slack.whereabouts import SlackWhereabouts
from bot.slack.worker import Workers

log = logging.getLogger(__name__)


class CredentialsRefused(DeskError):
    """Slack does not take a token. The text is one line for the operator and names the setting."""

    public = "The connection to Slack is not set up."


class Door(Protocol):
    """How Slack comes in: Socket Mode or HTTP."""

    async def open(self) -> None:
        """Returns when events are coming in. Raises SlackUnavailable or another DeskError."""
        ...

    async def is_open(self) -> bool: ...

    async def hears(self) -> bool:
        """Whether what Slack sends now is taken, as far as can be known."""
        ...

    async def close(self) -> None:
        """Take no more events; what has come is stored and acked first."""
        ...


async def who_we_are(clients: SlackClients) -> Identity:
    """Who the bot token makes us. Raises CredentialsRefused or SlackUnavailable."""
    try:
        with slack_errors():
            who = await clients.web.auth_test()
    except SlackRefused as error:
        raise CredentialsRefused(
            f"SLACK_BOT_TOKEN: Slack refused it ({error.code}); use the xoxb- token of OAuth & Permissions."
        ) from error
    return Identity(str(who["team_id"]), str(who["user_id"]), str(who.get("bot_id") or ""), str(who.get("url") or ""))


async def first_ticket(clients: SlackClients) -> str:
    """The address of a Socket Mode connection, which can be used once. Raises CredentialsRefused or
    SlackUnavailable: a socket would ask for ever."""
    try:
        return await open_ticket(clients)
    except SlackRefused as error:
        raise CredentialsRefused(
            f"SLACK_APP_TOKEN: Slack refused it ({error.code}); use an xapp- token with connections:write."
        ) from error


class SlackConnection:
    """start() returns when events are coming in; stop() drains what is being answered and disconnects."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._door: Door | None = None
        self._attendance: Attendance | None = None
        self._surfaces: Surfaces | None = None
        self._offers: Offers | None = None
        self._notes: LimitNotes | None = None
        self._watches: list[asyncio.Task[None]] = []
        self.workers: Workers | None = None

    @property
    def whereabouts(self) -> SlackWhereabouts:
        """Good while it runs."""
        return SlackWhereabouts(self._edge.clients, self._edge.people)

    async def readers_of(self, channel: str, team: str) -> tuple[str, ...]:
        """The audience keywords that everybody has who can see a channel. Good while it runs."""
        return (await self._edge.people.readable_by(channel, "", team)).keywords

    async def start(self) -> Identity:
        """Raises CredentialsRefused, DoorTaken, SlackUnavailable or StoreUnavailable."""
        clients, work = self._edge.clients, self._edge.work
        await clients.open()
        try:
            me = await _with_app(clients, await who_we_are(clients))
            ticket = await first_ticket(clients) if clients.settings.mode == "socket" else ""
            delivery = Delivery(clients, work.posts)
            answering = Answering(work, delivery, self._edge.people, me)
            workers = Workers(work, answering, me.team)
            sure = work.settings.unasked_similarity
            self._offers = Offers(self._edge.look_up, sure, work.desks, self._edge.people, clients)
            intake = Intake(work.inbox, workers, self._edge.manners)
            messages = Messages(work, workers, intake, me, self._offers, self._edge.manners)
            read_back = ReadBack(clients, messages, work.clock)
            presence = self._edge.presence
            attendance = Attendance(read_back, presence, me.team, work.clock, self._edge.attend_every_s)
            app = build_app(clients, me, messages, attendance.missed)
            self._surfaces = surfaces_of(self._edge, me, intake)
            register(app, self._surfaces)
            await work.desks.refresh(me.team)
            heard_until = await presence.heard_until(me.team)
            await workers.start()
        except BaseException:
            await clients.close()
            raise
        self.workers = workers
        self._notes = LimitNotes(clients, work.inbox, self._edge.told, self._edge.manners.limits, work.clock)
        self._notes.start()
        for watch in (self._edge.learn, self._edge.triaging):
            if watch is not None:
                self._watches.append(asyncio.create_task(watch.watch()))
        self._door = self._built_door(app, ticket, attendance)
        try:
            await self._door.open()
        except BaseException:
            await self.stop(0)
            raise
        self._attendance = attendance
        attendance.start(heard_until, self._door.hears)
        if self._edge.timekeeper is not None:
            self._edge.timekeeper.start()
        log.info("connected to Slack as %s in %s", me.user_id, me.team)
        return me

    async def stop(self, drain_s: float = 20.0) -> None:
        """Take no more events, let answers end within `drain_s` seconds, give the rest back to the inbox."""
        if self._edge.timekeeper is not None:
            await self._edge.timekeeper.stop(drain_s)
        if self._attendance is not None:
            await self._attendance.stop()
        if self._door is not None:
            await self._door.close()
        if self._notes is not None:
            await self._notes.stop()
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        if self.workers is not None:
            await self.workers.stop(drain_s)
        if self._offers is not None:
            await self._offers.stop()
        if self._surfaces is not None:
            await self._surfaces.drain(drain_s)
        await self._edge.clients.close()

    @property
    def is_alive(self) -> bool:
        """Whether the loops that have questions answered go on; true before they have begun."""
        return self.workers is None or self.workers.alive

    async def is_connected(self) -> bool:
        return self._door is not None and await self._door.is_open()

    def _built_door(self, app: AsyncApp, ticket: str, attendance: Attendance) -> Door:
        edge, settings = self._edge, self._edge.clients.settings
        if settings.mode == "socket":
            return Sockets(app, edge.clients, ticket, edge.ping_every_s, edge.redial_s)
        secret = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
        application = RequestUrl(app, secret, edge.work.clock, attendance.missed)
        return HttpDoor(application, settings.host, settings.port)


async def _with_app(clients: SlackClients, me: Identity) -> Identity:
    """With our app's id, by which we know what it posts without its bot. Where Slack does not tell, without."""
    try:
        with slack_errors():
            known = await clients.web.bots_info(bot=me.bot_id)
    except DeskError as error:
        log.warning("Slack does not tell which app this is: %s", error)
        return me
    return replace(me, app_id=str((known.get("bot") or {}).get("app_id") or ""))


async def granted_scopes(clients: SlackClients) -> frozenset[str]:
    """What the bot token may do, as Slack says with every answer. Raises SlackRefused and SlackUnavailable."""
    with slack_errors():
        response = await clients.web.auth_test()
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())
