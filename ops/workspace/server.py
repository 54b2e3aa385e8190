"""LocalWorkspace: the server, and the handle that tests and `frontdesk try` hold."""

import ipaddress
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from aiohttp import web

from ops.workspace import directory, files, streaming, ui, views
from ops.workspace.events import EVENTS, Events
from ops.workspace.faults import Fault, Faults, Hold, RateLimits
from ops.workspace.hands import Hands
from ops.workspace.people import People
from ops.workspace.request_url import SIGNING_SECRET, RequestUrl
from ops.workspace.rules import Refused
from ops.workspace.socket_mode import MOST_CONNECTIONS, Sockets
from ops.workspace.state import Json, State, Team, electromart
from ops.workspace.web_api import APP_TOKEN, BOT_TOKEN, WebApi, every_scope

_METHODS_IN = (directory, streaming, views)  # importing them fills the table of methods


class LocalWorkspace(Hands):
    """A local Slack workspace on this machine. `async with LocalWorkspace() as workspace:` serves until the block ends.

    Times come from `clock` (seconds since 1970) but for acks and redelivery, which take real seconds.
    """

    bot_token, app_token, signing_secret = BOT_TOKEN, APP_TOKEN, SIGNING_SECRET

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        manifest: Path | None = None,
        team: Team | None = None,
        clock: Callable[[], float] = time.time,
        streaming: bool = True,
        rate_limits: bool = False,
        ack_timeout: float = 3.0,
        redelivery_delays: Sequence[float] = (0, 60, 300),
        request_url: str = "",
    ) -> None:
        """With `request_url` the app is in HTTP mode: it is called there, and no socket is opened for it. Raises
        ValueError for a host that is not this machine's loopback."""
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"The local workspace has no passwords and binds to 127.0.0.1 only, not to {host}.")
        self._host, self._port = host, port
        state = State(team or electromart(), clock)
        self.sockets = Sockets(state, ack_timeout, redelivery_delays)
        granted = yaml.safe_load(manifest.read_text(encoding="utf-8")) if manifest else {}
        subscribed = _in(granted, "settings", "event_subscriptions", "bot_events") or EVENTS
        self.requests = RequestUrl(state, request_url, ack_timeout, redelivery_delays)
        app = self.requests if request_url else self.sockets
        self.events = Events(state, app, subscribed)
        scopes = _in(granted, "oauth_config", "scopes", "bot") or every_scope()
        self.api = WebApi(state, self.sockets, self.events, lambda: self.url, scopes)
        self.api.streaming = streaming
        super().__init__(state, People(state, app, self.api, self.events))
        if granted:
            self.people.commands = _in(granted, "features", "slash_commands") or []
            shortcuts = _in(granted, "features", "shortcuts") or []
            self.people.shortcuts = [one for one in shortcuts if one["type"] == "message"]
        self._faults = Faults()
        self._limits = RateLimits(lambda: self.state.clock(), on=rate_limits)
        self._runner: web.AppRunner | None = None

    # Serving

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind to the loopback. Raises OSError when the port is taken."""
        application = web.Application(middlewares=[_local_only], client_max_size=files.MOST_BYTES)
        application.router.add_route("*", "/api/{method}", self._call)
        application.router.add_get("/socket/", self.sockets.handle)
        application.router.add_post("/response/{key}", self._respond)
        files.add_routes(application, self.api, self._faults)
        ui.add_routes(application, self.state, self.people)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.sockets.stop()
        await self.requests.stop()
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
        fault, refused = self._faults.next(name, arguments), None
        status, headers = 200, {"X-OAuth-Scopes": ",".join(self.api.scopes)}
        try:
            await self._faults.stand(name, arguments, after=False)
            if fault and not fault.after_effect:
                raise Refused(fault.error or "internal_error", "fault.asked_for", status=fault.status or 200)
            self._limits.check(name, arguments)
            answer: Json = {"ok": True, **self.api.call(name, arguments, token)}
            await self._faults.stand(name, arguments, after=True)
            if fault:
                answer, status = {"ok": False, "error": fault.error or "internal_error"}, fault.status or 500
        except Refused as error:
            refused, status = error, error.status
            more = dict(error.more)
            if retry_after := more.pop("retry_after", None):
                headers["Retry-After"] = str(retry_after)
            answer = {"ok": False, "error": error.error, **more, "response_metadata": {"messages": [error.message]}}
        headers |= fault.headers if fault else {}
        self._log("web_api", name, arguments, answer, refused, began)
        return web.json_response(answer, status=status, headers=headers)

    async def _respond(self, request: web.Request) -> web.Response:
        began, refused = time.perf_counter(), None
        body: Any = None
        try:
            body = json.loads(await request.text())
            if not isinstance(body, dict):
                raise Refused("invalid_payload", "response_url.json_object", "the body is no JSON object", status=400)
            self.people.responses.use(request.match_info["key"], body)
        except ValueError:
            refused = Refused("invalid_payload", "response_url.json_object", "the body is no JSON object", status=400)
        except Refused as error:
            refused = error
        answer: Json = {"ok": False, "error": refused.error} if refused else {"ok": True}
        self._log("response_url", "response_url", body, answer, refused, began)
        if refused is None:
            return web.Response(text="ok")
        return web.json_response(answer, status=refused.status if refused.status >= 400 else 400)

    def _log(self, kind: str, name: str, sent: Any, answer: Json, refused: Refused | None, began: float) -> None:
        self.state.log(
            direction="bot->slack",
            kind=kind,
            name=name,
            ok=answer["ok"],
            error=answer.get("error"),
            rule=refused.rule if refused else None,
            ms=round((time.perf_counter() - began) * 1000, 1),
            request=sent,
            response=answer,
        )

    # Faults

    def fail(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        times: int = 1,
        after_effect: bool = False,
        carrying: str | None = None,
        of: Callable[[Json], bool] | None = None,
    ) -> None:
        """The next `times` calls of a method, or of "files.download", fail; with `after_effect` they are done, and only
        their answer is lost. `carrying`: of calls with this argument, such as "blocks"; `of`: of those whose arguments
        are such."""
        self._faults.add(method, Fault(error, status, headers or {}, times, after_effect, carrying, of))

    def forgive(self, method: str) -> None:
        """What was asked of fail() for this method, and not met yet, is forgotten."""
        self._faults.forget(method)

    def hold(self, method: str, of: Callable[[Json], bool] | None = None) -> Hold:
        """Calls of a method, or those whose arguments are such, wait, before they take effect, until `release` is set
        or let_go()."""
        self._faults.holds[method] = Hold(of=of)
        return self._faults.holds[method]

    def hold_reply(self, method: str, of: Callable[[Json], bool] | None = None) -> Hold:
        """The calls take effect, and their answers wait: the moment between Slack's accepting and our knowing."""
        self._faults.holds[method] = Hold(after=True, of=of)
        return self._faults.holds[method]

    def let_go(self, method: str) -> None:
        self._faults.holds.pop(method).release.set()

    async def drop_sockets(self) -> None:
        await self.sockets.drop()

    async def refresh_sockets(self, reason: str = "refresh_requested", most: int = MOST_CONNECTIONS) -> None:
        """Slack's disconnect message, and the end of the connections unless `reason` is "warning"."""
        await self.sockets.refresh(reason, most)

    def end_streams(self) -> None:
        """Every stream ends as Slack ends it after some minutes."""
        self.api.streams.clear()

    @property
    def streaming(self) -> bool:
        return self.api.streaming

    @streaming.setter
    def streaming(self, offered: bool) -> None:
        self.api.streaming = offered

    @property
    def lose_events(self) -> bool:
        """Events from now on never reach the app, as after a downtime longer than Slack's redeliveries."""
        return self.sockets.losing

    @lose_events.setter
    def lose_events(self, losing: bool) -> None:
        self.sockets.losing = self.requests.losing = losing

    @property
    def rate_limits(self) -> bool:
        return self._limits.on

    @rate_limits.setter
    def rate_limits(self, on: bool) -> None:
        self._limits.on = on


def _in(manifest: Json, *path: str) -> Any:
    for name in path:
        manifest = manifest.get(name) or {}
    return manifest


async def _arguments(request: web.Request) -> tuple[Json, str]:
    """A call's arguments and token, in any of the forms that slack-sdk sends."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    token = sent.strip() if scheme == "Bearer" else ""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        arguments |= body if isinstance(body, dict) else {}
    else:
        arguments |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return arguments, str(arguments.pop("token", None) or token)


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
