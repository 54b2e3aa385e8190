"""LocalWorkspace: the server, and the handle that tests and `frontdesk try` hold."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from aiohttp import web

from ops.workspace import ui
from ops.workspace.people import EVENTS, People
from ops.workspace.rules import Refused
from ops.workspace.socket_mode import Sockets
from ops.workspace.state import BOT, Json, State, Team, electromart
from ops.workspace.web_api import METHODS, WebApi

BOT_TOKEN, APP_TOKEN = "xoxb-local-workspace", "xapp-local-workspace"
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}  # calls a minute a method
SCOPES = "app_mentions:read,channels:history,chat:write,commands,groups:history,im:history,users:read,users:read.email"


@dataclass
class Fault:
    """What the next calls of a method meet. `after_effect`: the call is done, and its answer is lost."""

    error: str | None
    status: int | None
    headers: Json
    times: int
    after_effect: bool


@dataclass
class Hold:
    """A method that stands still, before or `after` it took effect, until `release`. `reached`: a call is there."""

    after: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)


class LocalWorkspace:
    """A local Slack workspace on 127.0.0.1. `async with LocalWorkspace() as workspace:` serves until the block ends."""

    bot_token, app_token = BOT_TOKEN, APP_TOKEN

    def __init__(
        self,
        port: int = 0,
        *,
        manifest: Path | None = None,
        team: Team | None = None,
        clock: Callable[[], float] = time.time,
        rate_limits: bool = False,
        ack_timeout: float = 3.0,
        redelivery_delays: tuple[float, ...] = (0, 60, 300),
    ) -> None:
        self._port = port
        self.rate_limits = rate_limits
        self.state = State(team or electromart(), clock)
        self.sockets = Sockets(self.state, ack_timeout, redelivery_delays)
        self.api = WebApi(self.state, self.sockets, lambda: self.url, self._echo)
        self.people = People(self.state, self.sockets, self.api, EVENTS)
        self.scopes = SCOPES
        if manifest is not None:
            self._subscribe(yaml.safe_load(manifest.read_text(encoding="utf-8")))
        self._faults: dict[str, Fault] = {}
        self._holds: dict[str, Hold] = {}
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None

    def _subscribe(self, manifest: Json) -> None:
        """What the app's manifest asks for is what it gets: events, scopes, commands, shortcuts."""
        self.people.events = frozenset(manifest["settings"]["event_subscriptions"]["bot_events"])
        self.scopes = ",".join(manifest["oauth_config"]["scopes"]["bot"])
        features = manifest["features"]
        self.people.commands = features.get("slash_commands", [])
        self.people.shortcuts = [one for one in features.get("shortcuts", []) if one["type"] == "message"]

    # Serving

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind to the loopback. Raises OSError when the port is taken."""
        application = web.Application(middlewares=[_local_only], client_max_size=4 * 2**20)
        application.router.add_route("*", "/api/{method}", self._call)
        application.router.add_get("/socket/", self.sockets.handle)
        application.router.add_post("/response/{key}", self._respond)
        ui.add_routes(application, self)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    async def _call(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        arguments, token = await _arguments(request)
        began = time.perf_counter()
        fault = self._fault(name)
        headers: dict[str, str] = {}
        refused: Refused | None = None
        try:
            await self._stand(name, after=False)
            if fault and not fault.after_effect:
                raise Refused(fault.error or "internal_error", "fault.asked_for", status=fault.status or 200)
            self._check_token(name, token)
            self._check_rate(name, arguments)
            answer: Json = {"ok": True, **self.api.call(name, arguments)}
            await self._stand(name, after=True)
            status = 200
            if fault:
                answer, status = {"ok": False, "error": fault.error or "internal_error"}, fault.status or 500
        except Refused as error:
            refused, status = error, error.status
            said = f"[ERROR] {error.sentence or error.error} [rule: {error.rule}]"
            answer = {"ok": False, "error": error.error, "response_metadata": {"messages": [said]}}
            if error.retry_after:
                headers = {"Retry-After": str(error.retry_after)}
        if fault:
            headers |= fault.headers
        self.state.log(
            direction="bot->slack",
            kind="web_api",
            name=name,
            ok=answer["ok"],
            error=answer.get("error"),
            rule=refused.rule if refused else None,
            ms=round((time.perf_counter() - began) * 1000, 1),
            request=arguments,
            response=answer,
        )
        return web.json_response(answer, status=status, headers={"X-OAuth-Scopes": self.scopes, **headers})

    async def _stand(self, name: str, *, after: bool) -> None:
        hold = self._holds.get(name)
        if hold is not None and hold.after == after:
            hold.reached.set()
            await hold.release.wait()

    def _fault(self, name: str) -> Fault | None:
        fault = self._faults.get(name)
        if fault is None or fault.times == 0:
            return None
        fault.times -= 1
        return fault

    def _check_token(self, name: str, token: str) -> None:
        if not token:
            raise Refused("not_authed", "token.present")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise Refused("invalid_auth", "token.valid")
        known = METHODS.get(name)
        if known and known.token != ("app" if token == APP_TOKEN else "bot") and name not in ("api.test", "auth.test"):
            raise Refused("not_allowed_token_type", f"{name}.{known.token}_token")

    def _check_rate(self, name: str, arguments: Json) -> None:
        """Slack's tiers, a minute's calls a method; posting also about one a second a channel (bursts of a few)."""
        known = METHODS.get(name)
        if not self.rate_limits or known is None:
            return
        limits = [((name, ""), TIERS[known.tier], 60.0)]
        if name == "chat.postMessage":
            limits = [((name, str(arguments.get("channel"))), 10, 10.0)]
        now = self.state.clock()
        for key, most, seconds in limits:
            calls = self._calls[key]
            while calls and calls[0] <= now - seconds:
                calls.popleft()
            if len(calls) >= most:
                wait = int(calls[0] + seconds - now) + 1
                rule = f"{name}.at_most_{most}_in_{seconds:.0f}_seconds"
                raise Refused("ratelimited", rule, status=429, retry_after=wait)
            calls.append(now)

    async def _respond(self, request: web.Request) -> web.Response:
        body = await request.json()
        refused: Refused | None = None
        try:
            self.people.respond(request.match_info["key"], body)
        except Refused as error:
            refused = error
        self.state.log(
            direction="bot->slack",
            kind="response_url",
            name="response_url",
            ok=refused is None,
            error=refused.error if refused else None,
            rule=refused.rule if refused else None,
            request=body,
            response={},
        )
        if refused:
            return web.json_response({"ok": False, "error": refused.error}, status=404)
        return web.Response(text="ok")

    def _echo(self, message: Json) -> None:
        """Slack tells an app of its own messages too."""
        self.people.written(message)

    # Faults

    def fail(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        headers: Json | None = None,
        times: int = 1,
        after_effect: bool = False,
    ) -> None:
        self._faults[method] = Fault(error, status, headers or {}, times, after_effect)

    def hold(self, method: str) -> Hold:
        self._holds[method] = Hold()
        return self._holds[method]

    def hold_reply(self, method: str) -> Hold:
        """The calls take effect, and their answers wait: the moment between Slack's accepting and our knowing."""
        self._holds[method] = Hold(after=True)
        return self._holds[method]

    def let_go(self, method: str) -> None:
        self._holds.pop(method).release.set()

    async def drop_sockets(self) -> None:
        await self.sockets.drop()

    async def refresh_sockets(self) -> None:
        await self.sockets.refresh()

    @property
    def streaming(self) -> bool:
        return self.api.streaming

    @streaming.setter
    def streaming(self, offered: bool) -> None:
        self.api.streaming = offered

    # People, by name or id

    async def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message; "@frontdesk" in it is a mention. Its ts. "@name" as channel is the DM with the bot."""
        text = text.replace("@frontdesk", f"<@{BOT}>").replace("<@bot>", f"<@{BOT}>")
        return str(self.people.say(self.state.user(user), self._channel(user, channel), text, thread_ts)["ts"])

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        self.people.edit(self.state.user(user), self._channel(user, channel), ts, text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        self.people.delete(self.state.user(user), self._channel(user, channel), ts)

    async def command(self, user: str, channel: str, command: str, text: str = "") -> None:
        await self.people.command(self.state.user(user), self._channel(user, channel), command, text)

    async def click(self, user: str, channel: str, ts: str, action_id: str, value: str | None = None) -> None:
        """Press the button (or half of the feedback buttons, by its value) of a message that `user` sees."""
        person = self.state.user(user)
        message = self._message(person.id, self._channel(user, channel).id, ts)
        action = ui.find_action(message.get("blocks", []), action_id, value)
        await self.people.action(person, action, message=message, view=None, state={})

    async def submit(self, view_id: str, user: str, values: Json) -> Json:
        return await self.people.submit(self.state.user(user), view_id, values)

    async def shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> None:
        await self.people.shortcut(self.state.user(user), callback_id, self._channel(user, channel), ts)

    async def open_home(self, user: str, tab: str = "home") -> None:
        self.people.open_home(self.state.user(user), tab)

    async def deliver(self, event: Json, *, event_id: str | None = None, times: int = 1) -> None:
        """Tell the app of any event, as often as wanted."""
        for _ in range(times):
            self.people.tell(event, event_id)

    def _channel(self, user: str, channel: str) -> Any:
        if channel in ("dm", "@frontdesk"):
            return self.state.dm(self.state.user(user).id, BOT)
        return self.state.channel(channel)

    def _message(self, user: str, channel: str, ts: str) -> Json:
        for ephemeral in self.state.ephemerals[user]:
            if (ephemeral["channel"], ephemeral["ts"]) == (channel, ts):
                return ephemeral
        return self.state.message(channel, ts)

    # Looking

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """The messages of a channel (its id or name; "dm:NAME" is that person's DM with the bot) or of a thread."""
        if channel.startswith("dm:"):
            held = self.state.dm(self.state.user(channel[3:]).id, BOT)
        else:
            held = self.state.channel(channel)
        every = sorted(self.state.messages[held.id].values(), key=lambda one: float(one["ts"]))
        return [one for one in every if thread_ts is None or thread_ts in (one["ts"], one.get("thread_ts"))]

    def ephemerals(self, user: str) -> list[Json]:
        return self.state.ephemerals[self.state.user(user).id]

    def views(self, user: str) -> list[Json]:
        return [held.view for held in self.state.views.values() if held.user == self.state.user(user).id]

    @property
    def calls(self) -> Sequence[Json]:
        """The wire log, oldest first."""
        return list(self.state.wire)

    def called(self, method: str) -> list[Json]:
        """What the app sent to this method."""
        return [entry for entry in self.state.wire if entry["kind"] == "web_api" and entry["name"] == method]

    async def wait_for(self, condition: Callable[[], Any], timeout: float = 10) -> Any:  # noqa: ASYNC109
        """Until the condition holds: its value. Looked at again after every change. Raises TimeoutError."""
        return await self.state.wait_for(condition, timeout)

    def set_notice(self, notice: Json | None) -> None:
        """The banner of the page: {"text", "done"?, "total"?}."""
        self.state.notice = notice
        self.state.publish({"type": "notice", "notice": notice})


async def _arguments(request: web.Request) -> tuple[Json, str]:
    """A call's arguments and token, in any of the forms that slack-sdk sends."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        arguments |= body if isinstance(body, dict) else {}
    else:
        arguments |= {key: str(value) for key, value in (await request.post()).items()}
    return arguments, str(arguments.pop("token", token) or token)


@web.middleware
async def _local_only(request: web.Request, handler: Any) -> web.StreamResponse:
    """A page elsewhere must not reach this server through the browser: neither by another host name nor by a form."""
    if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden(text="this workspace is only for this machine")
    origin = request.headers.get("Origin")
    if origin and origin.partition("//")[2] != request.host:
        raise web.HTTPForbidden(text="this workspace is only for its own page")
    response: web.StreamResponse = await handler(request)
    return response
