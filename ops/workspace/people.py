"""What people do in the workspace, as their Slack client does it."""

import copy
from collections.abc import Sequence
from typing import Any

from ops.workspace.events import Ack, App, Events
from ops.workspace.files import file_of, share
from ops.workspace.posting import MAX_TEXT, react, take_back
from ops.workspace.responses import Responses
from ops.workspace.rules import Refused
from ops.workspace.state import APP, BOT, Channel, Json, State, User, on_wire
from ops.workspace.views import close_view, new_trigger, open_view, replace_view, stack
from ops.workspace.web_api import WebApi


class People:
    """Acts for a person. Raises Refused where Slack's client would refuse."""

    def __init__(self, state: State, app: App, api: WebApi, events: Events) -> None:
        self.state, self.app, self.api, self.events = state, app, api, events
        self.responses = Responses(api)
        self.commands: list[Json] = [{"command": "/sources", "description": "See what the documents say"}]
        self.shortcuts: list[Json] | None = None  # None: any callback_id

    # Messages

    def upload(self, user: User, name: str, content: bytes, **fields: Any) -> Json:
        """A file to be shared by a message; `fields` as of ops.workspace.files.share."""
        if not name.strip():
            raise Refused("no_name", "people.upload.name", "a file needs a name")
        return share(self.state, user.id, name, content, self.api.base_url(), **fields)

    def say(
        self, user: User, channel: Channel, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Json:
        self._member(user, channel)
        if not text.strip() and not files:
            raise Refused("no_text", "people.say.text", "write something first")
        if len(text) > MAX_TEXT:
            raise Refused("msg_too_long", f"message.text.max_{MAX_TEXT}", f"at most {MAX_TEXT} characters")
        message: Json = {
            "type": "message",
            "ts": self.state.now_ts(),
            "channel": channel.id,
            "user": user.id,
            "text": text,
            "team": self.state.team.id,
        }
        if thread_ts:
            root = self.state.message(channel.id, thread_ts, "thread_not_found")
            message["thread_ts"] = root.get("thread_ts", thread_ts)
        if files:
            shared = [file_of(self.state, one).json for one in files]
            message |= {"subtype": "file_share", "files": shared, "upload": False}
        if user.is_bot:
            message |= {"subtype": "bot_message", "bot_id": user.bot_id, "app_id": user.app_id}
        else:
            message["client_msg_id"] = f"local-{message['ts']}"
        self.state.add(message)
        self.events.message(message)
        return message

    def edit(self, user: User, channel: Channel, ts: str, text: str) -> None:
        message = self._own(user, channel, ts, "cant_update_message")
        previous = copy.deepcopy(on_wire(message))
        message |= {"text": text, "edited": {"user": user.id, "ts": self.state.now_ts()}}
        self.state.told("message_changed", message)
        self.events.changed(channel, message, previous)

    def delete(self, user: User, channel: Channel, ts: str) -> None:
        message = self._own(user, channel, ts, "cant_delete_message")
        take_back(self.api, channel, message)

    def react(self, user: User, channel: Channel, ts: str, name: str) -> None:
        self._member(user, channel)
        message = self.state.message(channel.id, ts)
        react(message, name, user.id)
        self.state.told("message_changed", message)
        self.events.reacted("reaction_added", user, message, name)

    def join(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members:
            channel.members.append(user.id)
            self.state.publish({"type": "channel", "channel": self.state.channel_json(channel)}, channel.members)
            self.events.joined(user, channel)

    def _member(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members:
            sentence = f"{user.real_name} is not in #{channel.name}"
            raise Refused("not_in_channel", "people.member_of_channel", sentence)

    def _own(self, user: User, channel: Channel, ts: str, error: str) -> Json:
        message = self.state.message(channel.id, ts)
        if message.get("user") != user.id:
            raise Refused(error, "people.own_messages", "this is somebody else's message")
        return message

    # Commands, buttons, shortcuts

    async def command(self, user: User, channel: Channel, command: str, text: str) -> None:
        self._member(user, channel)
        if command not in {one["command"] for one in self.commands}:
            raise Refused("unknown_command", "people.command.of_the_manifest", f"{command} is not a command here")
        answers = self.responses.new(user, channel)
        payload = {
            "token": "local-verification-token",
            "command": command,
            "text": text,
            "user_id": user.id,
            "user_name": user.name,
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            "team_id": self.state.team.id,
            "team_domain": "local",
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "trigger_id": new_trigger(self.api, user.id),
            "response_url": answers.url,
        }
        ack = await self.app.ask("slash_commands", payload)
        if ack is None:
            self.responses.notice(user, channel, f"{command} failed with the error “operation_timeout”.")
        elif ack.get("payload"):
            self.responses.use(answers.key, ack["payload"], counted=False)

    async def action(self, user: User, action: Json, *, message: Json | None, view: Json | None, state: Json) -> None:
        """A button pressed or a choice made, in a message or in a view."""
        payload = self._interaction("block_actions", user) | {
            "actions": [{**action, "action_ts": self.state.now_ts()}],
        }
        if message:
            payload |= self._in_message(user, message) | {"state": {"values": state}}
        elif view:
            view["state"] = {"values": state}
            payload |= {"container": {"type": "view", "view_id": view["id"]}, "view": view}
        else:
            raise Refused("no_such_surface", "actions.somewhere", "there is no such message or view")
        self._taken(await self.app.ask("interactive", payload))

    def _in_message(self, user: User, message: Json) -> Json:
        channel = self.state.team.channels[message["channel"]]
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
        container |= {"is_ephemeral": bool(message.get("ephemeral"))}
        if message.get("thread_ts"):
            container["thread_ts"] = message["thread_ts"]
        found = {
            "container": container,
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "response_url": self.responses.new(user, channel, message).url,
        }
        return found if message.get("ephemeral") else found | {"message": on_wire(message)}

    async def shortcut(self, user: User, callback_id: str, channel: Channel, ts: str) -> None:
        """A message shortcut, from the menu of a message. Its response_url can replace nothing."""
        self._member(user, channel)
        known = None if self.shortcuts is None else {one["callback_id"] for one in self.shortcuts}
        if known is not None and callback_id not in known:
            raise Refused("unknown_shortcut", "people.shortcut.of_the_manifest", f"{callback_id} is no shortcut here")
        message = self.state.message(channel.id, ts)
        payload = self._interaction("message_action", user) | {
            "callback_id": callback_id,
            "message_ts": ts,
            "action_ts": self.state.now_ts(),
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "message": on_wire(message),
            "response_url": self.responses.new(user, channel).url,
        }
        self._taken(await self.app.ask("interactive", payload))

    # Views

    async def submit(self, user: User, view_id: str, values: Json) -> Json:
        """Send a modal. The fields' errors by block_id, {} when it was taken."""
        held = self.state.views.get(view_id)
        if held is None or held.user != user.id:
            raise Refused("not_found", "views.exist", "this modal is not open")
        held.view["state"] = {"values": values}
        answer = self._taken(await self.app.ask("interactive", self._of_view("view_submission", user, held.view)))
        action = answer.get("response_action")
        if action == "errors":
            return dict(answer["errors"])
        if action == "update":
            replace_view(self.state, held, answer["view"])
        elif action == "push":
            open_view(self.state, answer["view"], user.id)
        else:
            gone = stack(self.state, user.id) if action == "clear" else [held.view]
            for view in gone:
                close_view(self.state, view["id"])
        return {}

    async def close(self, user: User, view_id: str) -> None:
        """The X of a modal. With clear_on_close those under it go too."""
        held = self.state.views.get(view_id)
        if held is None or held.user != user.id:
            return
        gone = stack(self.state, user.id) if held.view["clear_on_close"] else [held.view]
        for view in reversed(gone):
            close_view(self.state, view["id"])
            if view["notify_on_close"]:
                cleared = held.view["clear_on_close"]
                told = self._of_view("view_closed", user, view) | {"is_cleared": cleared}
                await self.app.ask("interactive", told)

    def look_at(self, user: User, channel: Channel, *, beside_app: bool) -> None:
        """The person has the channel open; `beside_app`: while the agent is in view, which is told."""
        self._member(user, channel)
        self.state.viewing[user.id] = channel.id
        if beside_app:
            self.events.context_changed(user)

    def open_home(self, user: User, tab: str = "home") -> None:
        self.events.home_opened(user, tab)

    def _of_view(self, kind: str, user: User, view: Json) -> Json:
        return self._interaction(kind, user) | {"view": view, "response_urls": []}

    def _interaction(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "token": "local-verification-token",
            "team": {"id": self.state.team.id, "domain": "local"},
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": self.state.team.id},
            "api_app_id": APP,
            "is_enterprise_install": False,
            "enterprise": None,
            "trigger_id": new_trigger(self.api, user.id),
        }

    @staticmethod
    def _taken(ack: Ack | None) -> dict[str, Any]:
        """What the app answered with its ack. Raises Refused when there was none."""
        if ack is None:
            raise Refused("operation_timeout", "interactive.ack_in_time", "the app did not answer in time")
        return ack.get("payload") or {}


BOT_NAMES = ("@frontdesk", "<@bot>")


def addressed(text: str) -> str:
    """Text in which the bot's names are mentions of it."""
    for name in BOT_NAMES:
        text = text.replace(name, f"<@{BOT}>")
    return text
