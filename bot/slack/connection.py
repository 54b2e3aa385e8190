"""The edge as one thing that starts and stops: credentials, workers, Socket Mode and its watchdog."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler

from bot.desk.errors import DeskError
from bot.desk.ports import Feedback, Presence, SyncDesk
from bot.slack.answering import Answering, Work
from bot.slack.app import build_app
from bot.slack.attendance import Attendance
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.delivery import Delivery
from bot.slack.inbound import Identity
from bot.slack.listeners import register
from bot.slack.listeners.app_home import AppHome
from bot.slack.listeners.feedback import FeedbackButtons
from bot.slack.listeners.humans import HumanButtons
from bot.slack.listeners.messages import Messages
from bot.slack.listeners.sources_command import LookUpSources, SourcesCommand
from bot.slack.listeners.sync_command import PROGRESS_AFTER_S, SyncCommand
from bot.slack.people import People
from bot.slack.read_back import ReadBack
from bot.slack.worker import Workers

log = logging.getLogger(__name__)
_DIAL_S = 30.0


class CredentialsRefused(DeskError):
    """Slack does not take a token. The text is one line for the operator and names the setting."""

    public = "The connection to Slack is not set up."


async def check_credentials(clients: SlackClients) -> tuple[Identity, str]:
    """Who the tokens make us, and the address of a Socket Mode connection, which can be used once.

    Raises CredentialsRefused or SlackUnavailable; both tokens are tried.
    """
    try:
        with slack_errors():
            who = await clients.web.auth_test()
    except SlackRefused as error:
        raise CredentialsRefused(
            f"SLACK_BOT_TOKEN: Slack refused it ({error.code}); use the xoxb- token of OAuth & Permissions."
        ) from error
    try:
        with slack_errors():
            opened = await clients.web.apps_connections_open(app_token=clients.app_token)
    except SlackRefused as error:
        raise CredentialsRefused(
            f"SLACK_APP_TOKEN: Slack refused it ({error.code}); use an xapp- token with connections:write."
        ) from error
    me = Identity(str(who["team_id"]), str(who["user_id"]), str(who.get("bot_id") or ""), str(who.get("url") or ""))
    return me, str(opened["url"])


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge is given."""

    clients: SlackClients
    people: People
    work: Work
    look_up: LookUpSources
    feedback: Feedback
    presence: Presence
    suggestions: tuple[str, ...] = ()
    streaming: bool = True
    ping_every_s: float = 10.0
    watch_every_s: float = 20.0  # apps.connections.open is limited to about once a minute
    attend_every_s: float = 1.0
    sync_desk: SyncDesk | None = None
    admins: Sequence[str] = ()
    progress_after_s: Sequence[float] = PROGRESS_AFTER_S


class SlackConnection:
    """start() returns when events are coming in; stop() drains what is being answered and disconnects."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._handler: AsyncSocketModeHandler | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self._dial: asyncio.Task[None] | None = None
        self._attendance: Attendance | None = None
        self._syncs: SyncCommand | None = None
        self.workers: Workers | None = None

    async def start(self) -> Identity:
        """Raises CredentialsRefused (the SDK would dial for ever), SlackUnavailable or StoreUnavailable."""
        clients, work = self._edge.clients, self._edge.work
        await clients.open()
        try:
            me, address = await check_credentials(clients)
            delivery = Delivery(clients, work.posts, streaming=self._edge.streaming)
            workers = Workers(work, Answering(work, delivery, self._edge.people, me))
            messages = Messages(work.inbox, work.threads, workers, me, work.clock)
            app = build_app(clients, me, messages)
            if self._edge.sync_desk is not None:
                admins, after = self._edge.admins, self._edge.progress_after_s
                self._syncs = SyncCommand(self._edge.sync_desk, admins, work.desks, clients, work.clock, after)
            register(
                app,
                AppHome(clients, self._edge.suggestions),
                FeedbackButtons(self._edge.feedback, clients),
                HumanButtons(work.humans, clients, me),
                SourcesCommand(self._edge.look_up, work.desks, clients, me, work.clock, self._edge.people, self._syncs),
                self._syncs,
            )
            heard_until = await self._edge.presence.heard_until(me.team)
            await workers.start()
        except BaseException:
            await clients.close()
            raise
        self.workers = workers
        self._handler = AsyncSocketModeHandler(
            app, clients.app_token, web_client=clients.web, ping_interval=self._edge.ping_every_s
        )
        self._handler.client.wss_uri = address  # a second one at once would be rate limited (Tier 1)
        if clients.web.proxy is None:
            self._handler.client.proxy = None
        try:
            async with asyncio.timeout(_DIAL_S):
                await self._handler.connect_async()  # type: ignore[no-untyped-call]
        except TimeoutError as error:
            await self.stop(0)
            raise SlackUnavailable("no Socket Mode connection could be opened") from error
        self._watchdog = asyncio.create_task(self._watch())
        self._attendance = Attendance(
            self._handler.client.is_connected,
            ReadBack(clients, messages, work.clock),
            self._edge.presence,
            me.team,
            work.clock,
            self._edge.attend_every_s,
        )
        self._attendance.start(heard_until)
        log.info("connected to Slack as %s in %s", me.user_id, me.team)
        return me

    async def stop(self, drain_s: float = 20.0) -> None:
        """Take no more events, let answers end within `drain_s` seconds, give the rest back to the inbox."""
        for task in (self._watchdog, self._dial):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._attendance is not None:
            await self._attendance.stop()
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]
        if self.workers is not None:
            await self.workers.stop(drain_s)
        if self._syncs is not None:
            await self._syncs.drain(drain_s)
        await self._edge.clients.close()

    async def _watch(self) -> None:
        """The SDK redials the ticket it has. Where that one is dead, this gets a new one."""
        handler = self._handler
        if handler is None:
            return
        down = 0
        while True:
            await asyncio.sleep(self._edge.watch_every_s)
            down = 0 if await handler.client.is_connected() else down + 1
            if down < 2:
                continue
            log.warning("no connection to Slack; asking for a new one")
            down = 0
            if handler.client.connect_operation_lock.locked():  # it dials, for ever the same ticket
                await self._renew(handler)
            else:
                self._dial = asyncio.create_task(self._redial(handler))

    async def _renew(self, handler: AsyncSocketModeHandler) -> None:
        try:
            with slack_errors():
                opened = await self._edge.clients.web.apps_connections_open(app_token=handler.app_token)
            handler.client.wss_uri = str(opened["url"])
        except DeskError as error:
            log.error("Slack gives no new connection, trying again: %s", error)

    async def _redial(self, handler: AsyncSocketModeHandler) -> None:
        try:
            with slack_errors():
                await handler.client.connect_to_new_endpoint(force=True)
        except DeskError as error:
            log.error("Slack can't be reached, trying again: %s", error)


async def granted_scopes(clients: SlackClients) -> frozenset[str]:
    """What the bot token may do, as Slack says with every answer. Raises SlackRefused and SlackUnavailable."""
    with slack_errors():
        response = await clients.web.auth_test()
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())
