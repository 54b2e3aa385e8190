"""What people do in the workspace, and what Slack then tells the app."""

from collections.abc import Sequence
from typing import Any

from ops.workspace.rules import MAX_TEXT, Refused
from ops.workspace.socket_mode import Sockets
from ops.workspace.state import APP, BOT, Channel, Json, State, User
from ops.workspace.web_api import WebApi, mentions_in, react

RESPONSE_USES, RESPONSE_SECONDS = 5, 1800
EVENTS = ("app_mention", "message.channels", "message.groups", "message.im", "app_home_opened")
_MESSAGE_EVENTS = {"channel": "message.channels", "private": "message.groups", "dm": "message.im"}
_CHANNEL_TYPES = {"channel": "channel", "private": "group", "dm": "im"}


class People:
    """Acts for a person, like the client in their hand. Raises Refused where Slack's client would refuse."""

    def __init__(self, state: State, sockets: Sockets, api: WebApi, events: Sequence[str]) -> None:
        self.state, self.sockets, self.api = state, sockets, api
        self.events = frozenset(events)
        self.commands: list[Json] = []
        self.shortcuts: list[Json] = []
        self.responses: dict[str, Json] = {}  # response_url's last part -> where it leads and how often it was used

    # Messages

    def say(self, user: User, channel: Channel, text: str, thread_ts: str | None = None) -> Json:
        if user.id not in channel.members:
            raise Refused("not_in_channel", "people.member_of_channel", f"{user.real_name} is not in #{channel.name}")
        if not text.strip():
            raise Refused("no_text", "people.say.text")
        if len(text) > MAX_TEXT:
            raise Refused("msg_too_long", f"message.text.max_{MAX_TEXT}")
        if thread_ts:
            self.state.message(channel.id, thread_ts, "thread_not_found")
        message: Json = {
            "type": "message",
            "ts": self.state.now_ts(),
            "channel": channel.id,
            "user": user.id,
            "text": text,
            "team": self.state.team.id,
        }
        if thread_ts:
            message["thread_ts"] = thread_ts
        if user.is_bot:
            message |= {"subtype": "bot_message", "bot_id": user.bot_id}
        self.state.add(message)
        self.written(message)
        return message

    def written(self, message: Json) -> None:
        """Tell the app of a new message: as a message, and once more as a mention."""
        channel = self.state.team.channels[message["channel"]]
        if BOT not in channel.members:
            return
        hidden = ("channel", "streaming", "stream", "tasks", "reply_count", "reply_users", "latest_reply")
        event = {key: value for key, value in message.items() if key not in hidden} | {
            "channel": channel.id,
            "channel_type": _CHANNEL_TYPES[channel.kind],
            "event_ts": message["ts"],
        }
        if _MESSAGE_EVENTS[channel.kind] in self.events:
            self.tell(event)
        mentioned = f"<@{BOT}>" in message["text"] and message.get("user") != BOT and channel.kind != "dm"
        if mentioned and "app_mention" in self.events:
            mention = {key: value for key, value in event.items() if key not in ("channel_type", "subtype", "files")}
            self.tell(mention | {"type": "app_mention"})

    def edit(self, user: User, channel: Channel, ts: str, text: str) -> None:
        message = self._own(user, channel, ts, "cant_update_message")
        previous = dict(message)
        message["text"] = text
        message["edited"] = {"user": user.id, "ts": self.state.now_ts()}
        self.state.told("message_changed", message)
        self._changed(channel, "message_changed", message=message, previous_message=previous)

    def delete(self, user: User, channel: Channel, ts: str) -> None:
        message = self._own(user, channel, ts, "cant_delete_message")
        self.state.remove(channel.id, ts)
        self._changed(channel, "message_deleted", deleted_ts=ts, previous_message=message)

    def _own(self, user: User, channel: Channel, ts: str, error: str) -> Json:
        message = self.state.message(channel.id, ts)
        if message.get("user") != user.id:
            raise Refused(error, "people.own_messages")
        return message

    def _changed(self, channel: Channel, subtype: str, **parts: Any) -> None:
        if BOT in channel.members and _MESSAGE_EVENTS[channel.kind] in self.events:
            ts = self.state.now_ts()
            kind = _CHANNEL_TYPES[channel.kind]
            self.tell(
                {"type": "message", "subtype": subtype, "channel": channel.id, "channel_type": kind, "ts": ts, **parts}
            )

    def react(self, user: User, channel: Channel, ts: str, name: str) -> None:
        message = self.state.message(channel.id, ts)
        react(message, name, user.id)
        self.state.told("message_changed", message)
        if "reaction_added" in self.events and BOT in channel.members:
            item = {"type": "message", "channel": channel.id, "ts": ts}
            self.tell({"type": "reaction_added", "user": user.id, "reaction": name, "item": item})

    def tell(self, event: Json, event_id: str | None = None) -> None:
        self.sockets.tell(
            {
                "token": "verification",
                "team_id": self.state.team.id,
                "api_app_id": APP,
                "event": event,
                "type": "event_callback",
                "event_id": event_id or self.state.number("Ev0"),
                "event_time": int(self.state.clock()),
                "authorizations": [{"team_id": self.state.team.id, "user_id": BOT, "is_bot": True}],
            }
        )

    def open_home(self, user: User, tab: str = "home") -> None:
        channel = self.state.dm(user.id, BOT)
        if "app_home_opened" in self.events:
            self.tell({"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab})

    # Commands, buttons, modals

    async def command(self, user: User, channel: Channel, command: str, text: str) -> None:
        if command not in {one["command"] for one in self.commands}:
            raise Refused("unknown_command", "people.command.of_the_manifest", f"{command} is not a command here")
        payload = {
            "command": command,
            "text": text,
            "user_id": user.id,
            "user_name": user.name,
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            **self._context(user, channel),
        }
        ack = await self.sockets.ask("slash_commands", payload)
        if ack is None:
            self._whisper(user, channel, f"{command} failed with the error “operation_timeout”")
        elif ack.get("payload"):
            self.respond(payload["response_url"].rpartition("/")[2], ack["payload"], counted=False)

    def _context(self, user: User, channel: Channel | None, message: Json | None = None) -> Json:
        """What all interactions carry."""
        key = self.state.number("r")
        self.responses[key] = {
            "user": user.id,
            "channel": channel.id if channel else None,
            "message": message,
            "uses": 0,
            "began": self.state.clock(),
        }
        return {
            "team_id": self.state.team.id,
            "team_domain": "local",
            "api_app_id": APP,
            "trigger_id": self.api.new_trigger(user.id),
            "response_url": f"{self.api.base_url()}/response/{key}",
        }

    async def action(self, user: User, action: Json, *, message: Json | None, view: Json | None, state: Json) -> None:
        """A button pressed or a choice made, in a message or in a view."""
        channel = self.state.team.channels[message["channel"]] if message else None
        context = self._context(user, channel, message)
        payload: Json = {
            "type": "block_actions",
            "team": {"id": self.state.team.id, "domain": "local"},
            "user": self._person(user),
            "actions": [{"action_ts": self.state.now_ts(), **action}],
            "state": {"values": state},
            **context,
        }
        if message and channel:
            container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
            container["is_ephemeral"] = bool(message.get("ephemeral"))
            if message.get("thread_ts"):
                container["thread_ts"] = message["thread_ts"]
            payload |= {"container": container, "channel": {"id": channel.id, "name": channel.name}}
            if not message.get("ephemeral"):
                payload["message"] = message
        elif view:
            payload |= {"container": {"type": "view", "view_id": view["id"]}, "view": view}
            del payload["response_url"]
        if await self.sockets.ask("interactive", payload) is None:
            raise Refused("operation_timeout", "interactive.ack_within_3_seconds", "the app did not answer")

    async def shortcut(self, user: User, callback_id: str, channel: Channel, ts: str) -> None:
        message = self.state.message(channel.id, ts)
        payload = {
            "type": "message_action",
            "callback_id": callback_id,
            "team": {"id": self.state.team.id, "domain": "local"},
            "user": self._person(user),
            "channel": {"id": channel.id, "name": channel.name},
            "message": message,
            "message_ts": ts,
            **self._context(user, channel, message),
        }
        await self.sockets.ask("interactive", payload)

    async def submit(self, user: User, view_id: str, values: Json) -> Json:
        """Send a modal. The fields' errors, {} when it was taken."""
        held = self.state.views.get(view_id)
        if held is None or held.user != user.id:
            raise Refused("not_found", "views.open")
        view = held.view | {"state": {"values": values}}
        ack = await self.sockets.ask("interactive", self._view_payload("view_submission", user, view))
        if ack is None:
            raise Refused("operation_timeout", "interactive.ack_within_3_seconds", "the app did not answer")
        answer = ack.get("payload") or {}
        action = answer.get("response_action")
        if action == "errors":
            return dict(answer["errors"])
        self.state.views.pop(view_id)
        self.state.publish({"type": "view_closed", "view_id": view_id}, [user.id])
        if action in ("update", "push"):
            self.api.open_view(answer["view"], user.id)
        return {}

    async def close(self, user: User, view_id: str) -> None:
        held = self.state.views.pop(view_id, None)
        self.state.publish({"type": "view_closed", "view_id": view_id}, [user.id])
        if held and held.view.get("notify_on_close"):
            await self.sockets.ask("interactive", self._view_payload("view_closed", user, held.view))

    def _view_payload(self, kind: str, user: User, view: Json) -> Json:
        return {
            "type": kind,
            "team": {"id": self.state.team.id, "domain": "local"},
            "user": self._person(user),
            "view": view,
            "api_app_id": APP,
            "trigger_id": self.api.new_trigger(user.id),
        }

    def _person(self, user: User) -> Json:
        return {"id": user.id, "username": user.name, "name": user.name, "team_id": self.state.team.id}

    # response_url

    def respond(self, key: str, body: Json, *, counted: bool = True) -> None:
        """A message sent to a response_url (or with the ack of a command)."""
        held = self.responses.get(key)
        if held is None or self.state.clock() - held["began"] > RESPONSE_SECONDS:
            raise Refused("expired_url", f"response_url.within_{RESPONSE_SECONDS}_seconds")
        held["uses"] += counted
        if held["uses"] > RESPONSE_USES:
            raise Refused("used_url", f"response_url.at_most_{RESPONSE_USES}_uses")
        original = held["message"]
        flags = {"response_type", "replace_original", "delete_original"}
        content = {name: value for name, value in body.items() if name not in flags}
        if body.get("delete_original"):
            self._forget(held["user"], original)
        elif body.get("replace_original") and original is not None and not original.get("ephemeral"):
            self.api.call("chat.update", {"channel": original["channel"], "ts": original["ts"], **content})
        else:
            if body.get("replace_original"):
                self._forget(held["user"], original)
            self._say(held, content, public=body.get("response_type") == "in_channel")

    def _say(self, held: Json, content: Json, *, public: bool) -> None:
        channel, user = held["channel"], held["user"]
        if BOT not in self.state.team.channels[channel].members:  # a response reaches where the bot is not
            message = {"type": "message", "ts": self.state.now_ts(), "channel": channel, "user": BOT, **content}
            self.state.whisper(user, message | {"ephemeral": True}) if not public else self.state.add(message)
            return
        if original := held["message"]:
            content.setdefault("thread_ts", original.get("thread_ts"))
        if public:
            self.api.call("chat.postMessage", {"channel": channel, **content})
        else:
            self.api.call("chat.postEphemeral", {"channel": channel, "user": user, **content})

    def _forget(self, user: str, message: Json | None) -> None:
        if message is not None and message in self.state.ephemerals[user]:
            self.state.ephemerals[user].remove(message)
            gone = {"type": "ephemeral_removed", "channel": message["channel"], "ts": message["ts"]}
            self.state.publish(gone, [user])
        elif message is not None:
            self.state.remove(message["channel"], message["ts"])

    def _whisper(self, user: User, channel: Channel, text: str) -> None:
        message = {
            "type": "message",
            "ts": self.state.now_ts(),
            "channel": channel.id,
            "user": "USLACKBOT",
            "text": text,
        }
        self.state.whisper(user.id, message | {"ephemeral": True})

    def mentioned(self) -> list[str]:
        """Everybody whom the bot's messages would notify, over all channels; for tests."""
        return [
            one
            for held in self.state.messages.values()
            for message in held.values()
            if message.get("user") == BOT
            for one in mentions_in(message.get("text", ""))
        ]
