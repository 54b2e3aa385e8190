"""What the page asks of the server: the state for one person, a stream of changes, and what that person does."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ops.workspace.rules import Refused
from ops.workspace.state import BOT, Json, State, User

if TYPE_CHECKING:
    from ops.workspace.server import LocalWorkspace

PAGE = Path(__file__).parent / "page"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:"
_HIDDEN = ("stream", "tasks")


def add_routes(application: web.Application, workspace: "LocalWorkspace") -> None:
    actions = _Actions(workspace)
    application.router.add_get("/", _page)
    application.router.add_get("/page/{file}", _page)
    application.router.add_get("/ui/state", actions.state)
    application.router.add_get("/ui/stream", actions.stream)
    application.router.add_get("/ui/wire", actions.wire)
    application.router.add_post("/ui/{action}", actions.do)


async def _page(request: web.Request) -> web.StreamResponse:
    path = PAGE / request.match_info.get("file", "index.html")
    if path.parent != PAGE or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})


class _Actions:
    def __init__(self, workspace: "LocalWorkspace") -> None:
        self._workspace = workspace
        self._state: State = workspace.state

    def _me(self, request: web.Request) -> User:
        given = self._state.team.users.get(request.query.get("as", ""))
        return given or next(iter(self._state.team.users.values()))

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(self._snapshot(self._me(request)))

    def _snapshot(self, me: User) -> Json:
        state, people = self._state, self._workspace.people
        seen = [channel for channel in state.team.channels.values() if me.id in channel.members]
        messages = {
            channel.id: sorted(
                [*state.messages[channel.id].values()]
                + [one for one in state.ephemerals[me.id] if one["channel"] == channel.id],
                key=lambda one: float(one["ts"]),
            )
            for channel in seen
        }
        return {
            "team": {"id": state.team.id, "name": state.team.name},
            "me": me.id,
            "users": [
                {
                    "id": user.id,
                    "name": user.name,
                    "real_name": user.real_name,
                    "email": user.email,
                    "is_bot": user.is_bot,
                    "is_admin": user.is_admin,
                    "title": user.title,
                    "color": user.color,
                }
                for user in state.team.users.values()
                if user.id == BOT or not user.is_bot
            ],
            "channels": [state.channel_json(channel) for channel in seen],
            "messages": {channel: [_shown(one) for one in held] for channel, held in messages.items()},
            "commands": [
                {key: one.get(key, "") for key in ("command", "description", "usage_hint")} for one in people.commands
            ],
            "shortcuts": [{"callback_id": one["callback_id"], "name": one["name"]} for one in people.shortcuts],
            "views": self._workspace.views(me.id),
            "home": state.homes.get(me.id),
            "statuses": list(state.statuses.values()),
            "suggested_prompts": state.prompts,
            "notice": state.notice,
            "wire_seq": state.wire[-1]["n"] if state.wire else 0,
        }

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._state.watch(self._me(request).id) as changes:
            while True:
                try:
                    event = await asyncio.wait_for(changes.get(), 15)
                    if "message" in event:
                        event = event | {"message": _shown(event["message"])}
                    await response.write(b"data: " + json.dumps(event, default=str).encode() + b"\n\n")
                except TimeoutError:
                    await response.write(b": still here\n\n")
                except ConnectionError:
                    return response

    async def wire(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        return web.json_response({"entries": [entry for entry in self._state.wire if entry["n"] > after]})

    async def do(self, request: web.Request) -> web.Response:
        given = await request.json()
        handler = getattr(self, f"_{request.match_info['action']}", None)
        try:
            if handler is None:
                raise Refused("unknown_action", "ui.actions.known")
            user = self._state.user(given.pop("as"))
            answer = await handler(user, **given)
        except Refused as error:
            return web.json_response({"ok": False, "error": error.sentence or error.error}, status=400)
        except (KeyError, TypeError) as error:
            return web.json_response({"ok": False, "error": f"bad request: {error}"}, status=400)
        return web.json_response({"ok": True, **(answer or {})})

    async def _say(self, user: User, channel: str, text: str, thread_ts: str | None = None) -> Json:
        message = self._workspace.people.say(user, self._state.channel(channel), text, thread_ts)
        return {"ts": message["ts"]}

    async def _edit(self, user: User, channel: str, ts: str, text: str) -> None:
        self._workspace.people.edit(user, self._state.channel(channel), ts, text)

    async def _delete(self, user: User, channel: str, ts: str) -> None:
        self._workspace.people.delete(user, self._state.channel(channel), ts)

    async def _react(self, user: User, channel: str, ts: str, name: str) -> None:
        self._workspace.people.react(user, self._state.channel(channel), ts, name)

    async def _command(self, user: User, channel: str, command: str, text: str = "") -> None:
        await self._workspace.people.command(user, self._state.channel(channel), command, text)

    async def _shortcut(self, user: User, callback_id: str, channel: str, ts: str) -> None:
        await self._workspace.people.shortcut(user, callback_id, self._state.channel(channel), ts)

    async def _action(
        self,
        user: User,
        action: Json,
        channel: str | None = None,
        message_ts: str | None = None,
        view_id: str | None = None,
        state: Json | None = None,
    ) -> None:
        message = view = None
        if view_id:
            held = self._state.views.get(view_id)
            view = held.view if held else self._state.homes.get(user.id)
        elif channel and message_ts:
            message = self._workspace._message(user.id, channel, message_ts)
        await self._workspace.people.action(user, action, message=message, view=view, state=state or {})

    async def _view_submit(self, user: User, view_id: str, values: Json) -> Json:
        errors = await self._workspace.people.submit(user, view_id, values)
        return {"ok": False, "errors": errors} if errors else {}

    async def _view_close(self, user: User, view_id: str) -> None:
        await self._workspace.people.close(user, view_id)

    async def _open_dm(self, user: User, **given: Any) -> Json:
        return {"channel": self._state.dm(user.id, given["user"]).id}

    async def _open_home(self, user: User, tab: str = "home") -> None:
        self._workspace.people.open_home(user, tab)


def _shown(message: Json) -> Json:
    shown = {key: value for key, value in message.items() if key not in _HIDDEN}
    return shown | {"streaming": bool(message.get("streaming")), "ephemeral": bool(message.get("ephemeral"))}


def find_action(blocks: list[Json], action_id: str, value: str | None) -> Json:
    """What Slack sends when this element is pressed: feedback buttons by the value of one of them."""
    for block in blocks:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if element.get("action_id") != action_id:
                continue
            action = {"type": element["type"], "block_id": block["block_id"], "action_id": action_id}
            if element["type"] == "feedback_buttons":
                halves = (element["positive_button"], element["negative_button"])
                if chosen := [half for half in halves if value in (None, half["value"])]:
                    return action | {"value": chosen[0]["value"], "text": chosen[0]["text"]}
            elif value in (None, element.get("value")):
                return action | {"value": element.get("value", ""), "text": element.get("text")}
    raise Refused("no_such_action", "blocks.actions.exist", f"nothing here has action_id {action_id}")
