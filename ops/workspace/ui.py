"""What the page asks of the server: the state for one person, a stream of changes, and what that person does."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from ops.workspace.people import People
from ops.workspace.rules import Refused
from ops.workspace.state import BOT, Channel, Json, State, User, shown

PAGE = Path(__file__).parent / "page"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:"
_SILENCE_SECONDS = 15  # then a line keeps proxies and browsers from closing the stream
_USER = ("id", "name", "real_name", "email", "is_bot", "is_admin", "title", "color")

Action = Callable[..., Awaitable[Json | None]]


def add_routes(application: web.Application, state: State, people: People) -> None:
    page = _Ui(state, people)
    application.router.add_get("/", _page)
    application.router.add_get("/page/{file}", _page)
    application.router.add_get("/ui/state", page.state)
    application.router.add_get("/ui/stream", page.stream)
    application.router.add_get("/ui/wire", page.wire)
    application.router.add_post("/ui/upload", page.upload)
    application.router.add_post("/ui/{action}", page.do)


async def _page(request: web.Request) -> web.StreamResponse:
    path = PAGE / request.match_info.get("file", "index.html")
    if path.parent != PAGE or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})


def _refused(error: Refused) -> web.Response:
    return web.json_response({"ok": False, "error": error.sentence, "rule": error.rule}, status=400)


class _Ui:
    def __init__(self, state: State, people: People) -> None:
        self._state, self._people = state, people
        self._actions: dict[str, Action] = {
            "say": self._say,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "command": self._command,
            "shortcut": self._shortcut,
            "action": self._action,
            "view_submit": self._view_submit,
            "view_close": self._view_close,
            "open_dm": self._open_dm,
            "open_home": self._open_home,
            "look_at": self._look_at,
        }

    def _me(self, request: web.Request) -> User:
        """Who asks; without `as` the first person."""
        given = request.query.get("as")
        return self._state.user(given) if given else next(iter(self._state.team.users.values()))

    # Looking

    async def state(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(self._snapshot(self._me(request)))
        except Refused as error:
            return _refused(error)

    def _snapshot(self, me: User) -> Json:
        state, people = self._state, self._people
        seen = [channel for channel in state.team.channels.values() if me.id in channel.members]
        ids = {channel.id for channel in seen}
        statuses = [state.status(*place) for place in state.statuses if place[0] in ids]
        return {
            "team": {"id": state.team.id, "name": state.team.name},
            "me": me.id,
            "users": [
                {name: getattr(user, name) for name in _USER}
                for user in state.team.users.values()
                if user.id == BOT or not user.is_bot
            ],
            "channels": [state.channel_json(channel) for channel in seen],
            "messages": {channel.id: self._messages(me, channel) for channel in seen},
            "commands": [
                {name: one.get(name, "") for name in ("command", "description", "usage_hint")}
                for one in people.commands
            ],
            "shortcuts": [{"callback_id": one["callback_id"], "name": one["name"]} for one in people.shortcuts or ()],
            "views": [held.view for held in state.views.values() if held.user == me.id],
            "home": state.homes.get(me.id),
            "statuses": [status for status in statuses if status],
            "suggested_prompts": [one for one in state.prompts if one["channel"] in ids],
            "notice": state.notice,
            "wire_seq": state.wire[-1]["n"] if state.wire else 0,
        }

    def _messages(self, me: User, channel: Channel) -> list[Json]:
        whispered = [one for one in self._state.ephemerals[me.id] if one["channel"] == channel.id]
        held = [*self._state.messages[channel.id].values(), *whispered]
        return [shown(one) for one in sorted(held, key=lambda one: float(one["ts"]))]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        try:
            me = self._me(request)
        except Refused as error:
            return _refused(error)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._state.watch(me.id) as changes, suppress(ConnectionError):  # the page was closed
            while True:
                try:
                    event = await asyncio.wait_for(changes.get(), _SILENCE_SECONDS)
                    await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                except TimeoutError:
                    await response.write(b": still here\n\n")
        return response

    async def wire(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        since = int(after) if after.isdigit() else 0
        return web.json_response({"entries": [entry for entry in self._state.wire if entry["n"] > since]})

    # Doing

    async def do(self, request: web.Request) -> web.Response:
        try:
            given = await _body(request)
            action = self._actions.get(request.match_info["action"])
            if action is None:
                raise Refused("unknown_action", "ui.actions.known", "there is no such action")
            answer = await action(self._state.user(str(given.pop("as", ""))), **given)
        except Refused as error:
            return _refused(error)
        except TypeError as error:  # arguments that the action does not take
            return _refused(Refused("invalid_arguments", "ui.arguments", str(error)))
        return web.json_response({"ok": True, **(answer or {})})

    async def upload(self, request: web.Request) -> web.Response:
        """A file's bytes; the type of the body is one that a form of another site cannot send."""
        try:
            if request.content_type != "application/octet-stream":
                raise Refused("invalid_type", "ui.octet_stream", "the body is no file")
            name, type_ = request.query.get("name", ""), request.query.get("type")
            held = self._people.upload(self._me(request), name, await request.read(), mimetype=type_)
        except Refused as error:
            return _refused(error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(Refused("file_too_large", "ui.upload.size", "the file is too large for this workspace"))
        return web.json_response({"ok": True, "file": held})

    async def _say(
        self,
        user: User,
        *,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[str] = (),
    ) -> Json:
        return {"ts": self._people.say(user, self._state.channel(channel), text, thread_ts, files)["ts"]}

    async def _edit(self, user: User, *, channel: str, ts: str, text: str) -> None:
        self._people.edit(user, self._state.channel(channel), ts, text)

    async def _delete(self, user: User, *, channel: str, ts: str) -> None:
        self._people.delete(user, self._state.channel(channel), ts)

    async def _react(self, user: User, *, channel: str, ts: str, name: str) -> None:
        self._people.react(user, self._state.channel(channel), ts, name)

    async def _command(self, user: User, *, channel: str, command: str, text: str = "") -> None:
        await self._people.command(user, self._state.channel(channel), command, text)

    async def _shortcut(self, user: User, *, callback_id: str, channel: str, ts: str) -> None:
        await self._people.shortcut(user, callback_id, self._state.channel(channel), ts)

    async def _action(
        self,
        user: User,
        *,
        action: Json,
        channel: str = "",
        message_ts: str = "",
        view_id: str = "",
        state: Json | None = None,
    ) -> None:
        message = None if view_id else self._state.visible(user.id, channel, message_ts)
        view = self._state.view(user.id, view_id) if view_id else None
        await self._people.action(user, action, message=message, view=view, state=state or {})

    async def _view_submit(self, user: User, *, view_id: str, values: Json) -> Json:
        errors = await self._people.submit(user, view_id, values)
        return {"ok": False, "errors": errors} if errors else {}

    async def _view_close(self, user: User, *, view_id: str) -> None:
        await self._people.close(user, view_id)

    async def _open_dm(self, me: User, /, *, user: str) -> Json:
        return {"channel": self._state.dm(me.id, self._state.user(user).id).id}

    async def _look_at(self, user: User, *, channel: str) -> None:
        self._people.look_at(user, self._state.channel(channel), beside_app=False)

    async def _open_home(self, user: User, *, tab: str = "home") -> None:
        self._people.open_home(user, tab)


async def _body(request: web.Request) -> Json:
    """JSON only: a form of another site cannot send that without asking first."""
    try:
        body = await request.json() if request.content_type == "application/json" else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused("invalid_json", "ui.json_object", "the body is no JSON object")
    return body
