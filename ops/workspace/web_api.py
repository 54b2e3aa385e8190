"""The Web API methods that Frontdesk calls, as Slack answers them. A method or an argument that is not here is refused.

Source: Slack's reference of each method, and the bodies that slack-sdk sends (form fields with JSON inside, or JSON).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ops.workspace.rules import MAX_MARKDOWN, MAX_TEXT, Refused, check_blocks, check_chunks, check_view
from ops.workspace.socket_mode import Sockets
from ops.workspace.state import APP, BOT, BOT_ID, Channel, Json, State, User, View

STREAM_SECONDS = 300
TRIGGER_SECONDS = 3
_JSON_ARGUMENTS = ("blocks", "metadata", "view", "chunks", "prompts", "loading_messages", "attachments")
_POSTED = "text blocks metadata attachments mrkdwn parse link_names unfurl_links unfurl_media thread_ts"


@dataclass(frozen=True)
class Method:
    handler: Callable[["WebApi", Json], Json]
    required: frozenset[str]
    optional: frozenset[str]
    token: str
    tier: int


METHODS: dict[str, Method] = {}
Handler = Callable[["WebApi", Json], Json]


def method(
    name: str,
    required: str = "",
    optional: str = "",
    *,
    token: str = "bot",  # noqa: S107 - a kind of token
    tier: int = 3,
) -> Callable[["Handler"], "Handler"]:
    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, frozenset(required.split()), frozenset(optional.split()), token, tier)
        return handler

    return register


class WebApi:
    """Answers calls against the state."""

    def __init__(
        self, state: State, sockets: Sockets, base_url: Callable[[], str], echo: Callable[[Json], None]
    ) -> None:
        self.state, self.sockets, self.base_url, self.echo = state, sockets, base_url, echo
        self.streaming = True
        self.triggers: dict[str, float] = {}
        self._streams: dict[tuple[str, str], float] = {}

    def call(self, name: str, arguments: Json) -> Json:
        """The method's answer without "ok". Raises Refused."""
        known = METHODS.get(name)
        if known is None or (not self.streaming and name.endswith("Stream")):
            raise Refused("unknown_method", "methods.known", f"{name} is not offered")
        given = {key: _decoded(key, value) for key, value in arguments.items() if value is not None}
        if given.pop("team_id", self.state.team.id) != self.state.team.id:  # bolt's client sends it with every call
            raise Refused("team_access_not_granted", "team_id.of_this_workspace")
        for key in given:
            if key not in known.required | known.optional:
                raise Refused("invalid_arguments", f"{name}.unknown_argument.{key}", f"{key} is not an argument of it")
        for key in sorted(known.required):
            if given.get(key) in (None, ""):
                raise Refused("invalid_arguments", f"{name}.{key}.required", f"{key} is missing")
        return known.handler(self, given)

    # Who and where

    @method("api.test", tier=4)
    def api_test(self, given: Json) -> Json:
        return {}

    @method("auth.test", tier=4)
    def auth_test(self, given: Json) -> Json:
        team = self.state.team
        return {
            "url": self.base_url() + "/",
            "team": team.name,
            "team_id": team.id,
            "user": self.state.user(BOT).name,
            "user_id": BOT,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    @method("apps.connections.open", token="app", tier=1)  # noqa: S106 - a kind of token
    def apps_connections_open(self, given: Json) -> Json:
        base = self.base_url().replace("http://", "ws://")
        return {"url": f"{base}/socket/?ticket={self.sockets.new_ticket()}&app_id={APP}"}

    @method("team.info", optional="team")
    def team_info(self, given: Json) -> Json:
        return {"team": {"id": self.state.team.id, "name": self.state.team.name, "domain": "local"}}

    @method("bots.info", optional="bot")
    def bots_info(self, given: Json) -> Json:
        for user in self.state.team.users.values():
            if user.bot_id == given.get("bot", BOT_ID):
                return {"bot": {"id": user.bot_id, "app_id": APP, "name": user.name, "user_id": user.id}}
        raise Refused("bot_not_found", "bots.exist")

    @method("users.info", "user", "include_locale", tier=4)
    def users_info(self, given: Json) -> Json:
        return {"user": self._user(self._user_by_id(given["user"]))}

    @method("users.lookupByEmail", "email")
    def users_lookup(self, given: Json) -> Json:
        for user in self.state.team.users.values():
            if user.email and user.email == given["email"]:
                return {"user": self._user(user)}
        raise Refused("users_not_found", "users.exist")

    @method("users.list", optional="cursor limit include_locale", tier=2)
    def users_list(self, given: Json) -> Json:
        members = [self._user(user) for user in self.state.team.users.values()]
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    @method("usergroups.list", optional="include_users include_count include_disabled", tier=2)
    def usergroups_list(self, given: Json) -> Json:
        return {"usergroups": []}

    @method("users.conversations", optional="cursor limit types user exclude_archived")
    def users_conversations(self, given: Json) -> Json:
        return self.conversations_list({**given, "mine": True})

    @method("conversations.list", optional="cursor limit types exclude_archived", tier=2)
    def conversations_list(self, given: Json) -> Json:
        kinds = {"public_channel": "channel", "private_channel": "private", "im": "dm"}
        wanted = {kinds.get(one.strip(), "") for one in str(given.get("types", "public_channel")).split(",")}
        found = [
            self._conversation(channel)
            for channel in self.state.team.channels.values()
            if channel.kind in wanted
            and (BOT in channel.members or (channel.kind == "channel" and "mine" not in given))
        ]
        return {"channels": found, "response_metadata": {"next_cursor": ""}}

    @method("conversations.info", "channel", "include_locale include_num_members")
    def conversations_info(self, given: Json) -> Json:
        return {"channel": self._conversation(self._seen(given["channel"]))}

    @method("conversations.members", "channel", "cursor limit", tier=4)
    def conversations_members(self, given: Json) -> Json:
        return {"members": list(self._seen(given["channel"]).members), "response_metadata": {"next_cursor": ""}}

    @method("conversations.open", optional="users channel return_im prevent_creation")
    def conversations_open(self, given: Json) -> Json:
        channel = self.state.dm(self._user_by_id(str(given["users"])).id, BOT)
        return {"channel": {"id": channel.id}}

    @method("conversations.join", "channel")
    def conversations_join(self, given: Json) -> Json:
        channel = self._seen(given["channel"])
        if BOT not in channel.members:
            channel.members.append(BOT)
        return {"channel": self._conversation(channel)}

    # Reading

    @method("conversations.history", "channel", "cursor limit latest oldest inclusive include_all_metadata")
    def conversations_history(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        roots = [
            one
            for one in self.state.messages[channel.id].values()
            if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") == "thread_broadcast"
        ]
        return self._page(sorted(roots, key=_ts, reverse=True), given)

    @method("conversations.replies", "channel ts", "cursor limit latest oldest inclusive include_all_metadata")
    def conversations_replies(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        root = self.state.message(channel.id, given["ts"], "thread_not_found")
        return self._page([root, *sorted(self.state.replies(channel.id, root["ts"]), key=_ts)], given)

    def _page(self, messages: list[Json], given: Json) -> Json:
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
        inclusive = str(given.get("inclusive", "")).lower() in ("1", "true")
        inside = [
            one
            for one in messages
            if oldest < float(one["ts"]) < latest or (inclusive and float(one["ts"]) in (oldest, latest))
        ]
        start, limit = int(given.get("cursor") or 0), min(int(given.get("limit") or 100), 999)
        page = inside[start : start + limit]
        more = start + limit < len(inside)
        with_metadata = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        shown = [one if with_metadata else {key: one[key] for key in one if key != "metadata"} for one in page]
        return {
            "messages": [{key: one[key] for key in one if key not in ("channel", "streaming")} for one in shown],
            "has_more": more,
            "response_metadata": {"next_cursor": str(start + limit) if more else ""},
        }

    @method("chat.getPermalink", "channel message_ts")
    def permalink(self, given: Json) -> Json:
        channel = self._seen(given["channel"])
        self.state.message(channel.id, given["message_ts"])
        address = f"{self.base_url()}/?channel={channel.id}&thread={given['message_ts']}"
        return {"channel": channel.id, "permalink": address}

    # Posting

    @method(
        "chat.postMessage", "channel", f"{_POSTED} reply_broadcast username icon_emoji icon_url markdown_text", tier=4
    )
    def post_message(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        message = self._new(channel, given)
        self.state.add(message)
        self.statuses_end(channel.id, str(message.get("thread_ts", message["ts"])))
        self.echo(message)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    @method("chat.update", "channel ts", f"{_POSTED} reply_broadcast markdown_text as_user file_ids")
    def update(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        message = self.state.message(channel.id, given["ts"])
        if message.get("bot_id") != BOT_ID:
            raise Refused("cant_update_message", "chat.update.own_messages")
        _check_content(given)
        if message.get("streaming"):
            message["streaming"] = False
        message["text"] = given.get("text", "")
        message["edited"] = {"user": BOT, "ts": self.state.now_ts()}
        message.pop("blocks", None)
        message |= _content(self.state, given)
        self.state.told("message_changed", message)
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}

    @method("chat.delete", "channel ts", "as_user")
    def delete(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        message = self.state.message(channel.id, given["ts"])
        if message.get("bot_id") != BOT_ID:
            raise Refused("cant_delete_message", "chat.delete.own_messages")
        self.state.remove(channel.id, message["ts"])
        return {"channel": channel.id, "ts": message["ts"]}

    @method("chat.postEphemeral", "channel user", f"{_POSTED} username icon_emoji icon_url markdown_text", tier=4)
    def post_ephemeral(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        user = self._user_by_id(given["user"])
        if user.id not in channel.members:
            raise Refused("user_not_in_channel", "chat.postEphemeral.user_in_channel")
        message = self._new(channel, given) | {"ephemeral": True}
        self.state.whisper(user.id, message)
        return {"message_ts": message["ts"]}

    def _new(self, channel: Channel, given: Json) -> Json:
        _check_content(given)
        thread_ts = given.get("thread_ts")
        if thread_ts is not None:
            self.state.message(channel.id, thread_ts, "invalid_thread_ts")
        message: Json = {
            "type": "message",
            "subtype": "bot_message" if given.get("username") else None,
            "ts": self.state.now_ts(),
            "thread_ts": thread_ts,
            "channel": channel.id,
            "user": BOT,
            "bot_id": BOT_ID,
            "app_id": APP,
            "team": self.state.team.id,
            "text": given.get("text", ""),
        }
        return {key: value for key, value in message.items() if value is not None} | _content(self.state, given)

    # Streaming

    @method(
        "chat.startStream",
        "channel thread_ts",
        "markdown_text recipient_team_id recipient_user_id chunks task_display_mode icon_emoji icon_url username",
        tier=2,
    )
    def start_stream(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        for needed in ("recipient_team_id", "recipient_user_id"):
            if channel.kind != "dm" and not given.get(needed):
                raise Refused(f"missing_{needed}", f"chat.startStream.{needed}.in_channels")
        message = self._new(channel, {"thread_ts": given["thread_ts"]}) | {"streaming": True, "stream": [], "tasks": {}}
        self._append(message, given)
        self._streams[channel.id, message["ts"]] = self.state.clock()
        self.state.add(message)
        self.statuses_end(channel.id, given["thread_ts"])
        return {"channel": channel.id, "ts": message["ts"]}

    @method("chat.appendStream", "channel ts", "markdown_text chunks", tier=4)
    def append_stream(self, given: Json) -> Json:
        if not given.get("markdown_text") and not given.get("chunks"):
            raise Refused("no_text", "chat.appendStream.text_or_chunks")
        message = self._streamed(given)
        self._append(message, given)
        self.state.told("message_changed", message)
        return {"channel": given["channel"], "ts": given["ts"]}

    @method("chat.stopStream", "channel ts", "markdown_text chunks blocks metadata", tier=2)
    def stop_stream(self, given: Json) -> Json:
        message = self._streamed(given)
        self._append(message, given)
        if given.get("blocks"):
            check_blocks([*message.get("blocks", []), *given["blocks"]])
        message["streaming"] = False
        content = _content(self.state, {key: given[key] for key in ("metadata", "blocks") if key in given})
        message["blocks"] = [*message.get("blocks", []), *content.pop("blocks", [])]
        message |= content
        self.state.told("message_changed", message)
        self.echo(message)
        return {"channel": given["channel"], "ts": given["ts"], "message": message}

    def _streamed(self, given: Json) -> Json:
        channel = self._member(given["channel"])
        message = self.state.message(channel.id, given["ts"])
        began = self._streams.get((channel.id, message["ts"]), 0.0)
        if not message.get("streaming") or self.state.clock() - began > STREAM_SECONDS:
            message["streaming"] = False
            raise Refused("message_not_in_streaming_state", f"chat.stream.open_for_{STREAM_SECONDS}_seconds")
        return message

    def _append(self, message: Json, given: Json) -> None:
        parts = [{"type": "markdown_text", "text": given["markdown_text"]}] if given.get("markdown_text") else []
        parts += given.get("chunks") or []
        if parts:
            if len(given.get("markdown_text", "")) > MAX_MARKDOWN:
                raise Refused("msg_too_long", f"chat.stream.markdown_text.max_{MAX_MARKDOWN}")
            check_chunks(parts)
        extra: list[Json] = []
        for part in parts:
            if part["type"] == "markdown_text":
                message["stream"].append(part["text"])
            elif part["type"] == "task_update":
                message["tasks"][part["id"]] = {
                    "type": "task_card", "task_id": part["id"], "title": part["title"], "status": part["status"],
                }  # fmt: skip
            elif part["type"] == "blocks":
                extra += part["blocks"]
        message["text"] = "".join(message["stream"])
        text = [{"type": "markdown", "text": message["text"], "block_id": "stream"}] if message["text"] else []
        blocks = [*message["tasks"].values(), *text, *extra]
        _name_blocks(self.state, blocks)
        message["blocks"] = blocks

    # Reactions, views, status

    @method("reactions.add", "channel name timestamp")
    def reactions_add(self, given: Json) -> Json:
        message = self.state.message(self._member(given["channel"]).id, given["timestamp"])
        react(message, given["name"], BOT)
        self.state.told("message_changed", message)
        return {}

    @method("reactions.remove", "channel name timestamp")
    def reactions_remove(self, given: Json) -> Json:
        message = self.state.message(self._member(given["channel"]).id, given["timestamp"])
        held = [one for one in message.get("reactions", []) if one["name"] == given["name"] and BOT in one["users"]]
        if not held:
            raise Refused("no_reaction", "reactions.remove.own")
        message["reactions"].remove(held[0])
        self.state.told("message_changed", message)
        return {}

    @method("views.open", "view trigger_id", "interactivity_pointer", tier=4)
    def views_open(self, given: Json) -> Json:
        user = self._trigger(given["trigger_id"])
        return {"view": self.open_view(given["view"], user)}

    @method("views.update", "view", "view_id external_id hash", tier=4)
    def views_update(self, given: Json) -> Json:
        held = self.state.views.get(given.get("view_id", ""))
        if held is None:
            raise Refused("not_found", "views.open")
        check_view(given["view"], "modal")
        held.view = _with_ids(self.state, given["view"]) | {"id": held.view["id"], "root_view_id": held.view["id"]}
        self.state.publish({"type": "view", "view": held.view}, [held.user])
        return {"view": held.view}

    @method("views.publish", "user_id view", "hash", tier=4)
    def views_publish(self, given: Json) -> Json:
        user = self._user_by_id(given["user_id"])
        check_view(given["view"], "home")
        view = _with_ids(self.state, given["view"]) | {"id": f"V0HOME{user.id}"}
        self.state.homes[user.id] = view
        self.state.publish({"type": "home", "view": view}, [user.id])
        return {"view": view}

    def open_view(self, view: Json, user: str) -> Json:
        check_view(view, "modal")
        identifier = self.state.number("V0")
        shown = _with_ids(self.state, view) | {"id": identifier, "root_view_id": identifier, "hash": identifier}
        self.state.views[identifier] = View(shown, user)
        self.state.publish({"type": "view", "view": shown}, [user])
        return shown

    def new_trigger(self, user: str) -> str:
        trigger = f"{self.state.number('trigger')}.{user}"
        self.triggers[trigger] = self.state.clock()
        return trigger

    def _trigger(self, trigger: str) -> str:
        began = self.triggers.pop(trigger, None)
        if began is None:
            raise Refused("exchanged_trigger_id", "trigger_id.used_once")
        if self.state.clock() - began > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id", f"trigger_id.within_{TRIGGER_SECONDS}_seconds")
        return trigger.rpartition(".")[2]

    @method(
        "assistant.threads.setStatus", "channel_id thread_ts", "status loading_messages username icon_emoji icon_url"
    )
    def set_status(self, given: Json) -> Json:
        channel = self._member(given["channel_id"])
        loading = given.get("loading_messages") or []
        if len(loading) > 10:
            raise Refused("invalid_arguments", "assistant.threads.setStatus.loading_messages.at_most_10")
        if not given.get("status"):
            self.statuses_end(channel.id, given["thread_ts"])
            return {}
        status = {
            "channel": channel.id,
            "thread_ts": given["thread_ts"],
            "status": given["status"],
            "loading_messages": loading,
        }
        self.state.statuses[channel.id, given["thread_ts"]] = status
        self.state.publish({"type": "status", **status}, channel.members)
        return {}

    def statuses_end(self, channel: str, thread_ts: str) -> None:
        if self.state.statuses.pop((channel, thread_ts), None):
            gone = {"channel": channel, "thread_ts": thread_ts, "status": "", "loading_messages": []}
            self.state.publish({"type": "status", **gone}, self.state.team.channels[channel].members)

    @method("assistant.threads.setSuggestedPrompts", "channel_id prompts", "title thread_ts")
    def set_prompts(self, given: Json) -> Json:
        prompts = given["prompts"]
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
            raise Refused("invalid_arguments", "assistant.threads.setSuggestedPrompts.prompts.1_to_4")
        for prompt in prompts:
            if set(prompt) != {"title", "message"}:
                raise Refused("invalid_arguments", "assistant.threads.setSuggestedPrompts.title_and_message")
        channel = self._member(given["channel_id"])
        entry = {"channel": channel.id, "title": given.get("title"), "prompts": prompts}
        self.state.prompts = [one for one in self.state.prompts if one["channel"] != entry["channel"]] + [entry]
        self.state.publish({"type": "prompts", **entry}, channel.members)
        return {}

    # Looking things up

    def _user_by_id(self, identifier: str) -> User:
        try:
            return self.state.team.users[identifier]
        except KeyError:
            raise Refused("user_not_found", "users.exist", identifier) from None

    def _seen(self, identifier: str) -> Channel:
        channel = self.state.team.channels.get(identifier)
        if channel is None or (channel.kind != "channel" and BOT not in channel.members):
            raise Refused("channel_not_found", "channels.visible_to_the_bot", identifier)
        return channel

    def _member(self, identifier: str) -> Channel:
        if identifier in self.state.team.users:  # posting to a person opens the conversation with them
            return self.state.dm(identifier, BOT)
        channel = self._seen(identifier)
        if BOT not in channel.members:
            raise Refused("not_in_channel", "channels.bot_is_member", channel.name)
        return channel

    def _conversation(self, channel: Channel) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "is_channel": channel.kind == "channel",
            "is_group": channel.kind == "private",
            "is_im": channel.kind == "dm",
            "is_private": channel.kind != "channel",
            "is_member": BOT in channel.members,
            "is_ext_shared": False,
            "is_archived": False,
            "num_members": len(channel.members),
            "topic": {"value": channel.topic},
        }

    def _user(self, user: User) -> Json:
        return {
            "id": user.id,
            "team_id": self.state.team.id,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": False,
            "is_bot": user.is_bot,
            "is_admin": user.is_admin,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_stranger": False,
            "is_email_confirmed": bool(user.email),
            "tz": "America/New_York",
            "profile": {"real_name": user.real_name, "display_name": user.real_name, "email": user.email},
        }


def react(message: Json, name: str, user: str) -> None:
    reactions = message.setdefault("reactions", [])
    for one in reactions:
        if one["name"] == name:
            if user in one["users"]:
                raise Refused("already_reacted", "reactions.add.once")
            one["users"].append(user)
            one["count"] += 1
            return
    reactions.append({"name": name, "users": [user], "count": 1})


def mentions_in(text: str) -> list[str]:
    """Who would be notified by a message's mrkdwn."""
    return re.findall(r"<!(?:channel|here|everyone|subteam\^\w+)(?:\|[^>]*)?>|<@\w+(?:\|[^>]*)?>", text)


def _check_content(given: Json) -> None:
    if not any(given.get(name) for name in ("text", "blocks", "markdown_text", "thread_ts")) or (
        "text" in given and not given["text"] and not given.get("blocks") and not given.get("markdown_text")
    ):
        raise Refused("no_text", "message.text_or_blocks")
    if len(given.get("text", "")) > MAX_TEXT:
        raise Refused("msg_too_long", f"message.text.max_{MAX_TEXT}")
    if "markdown_text" in given:
        if given.get("blocks") or given.get("text"):
            raise Refused("markdown_text_conflict", "message.markdown_text.alone")
        if len(given["markdown_text"]) > MAX_MARKDOWN:
            raise Refused("msg_too_long", f"message.markdown_text.max_{MAX_MARKDOWN}")
    if given.get("blocks"):
        check_blocks(given["blocks"])
    if metadata := given.get("metadata"):
        if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
            raise Refused("invalid_metadata_format", "message.metadata.event_type_and_event_payload")
        if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
            raise Refused("invalid_metadata_format", "message.metadata.event_type_and_event_payload")


def _content(state: State, given: Json) -> Json:
    content: Json = {}
    if given.get("blocks"):
        content["blocks"] = json.loads(json.dumps(given["blocks"]))
    if given.get("markdown_text"):
        content |= {"text": given["markdown_text"], "blocks": [{"type": "markdown", "text": given["markdown_text"]}]}
    _name_blocks(state, content.get("blocks", []))
    if given.get("metadata"):
        content["metadata"] = given["metadata"]
    return content


def _name_blocks(state: State, blocks: list[Json]) -> None:
    """Slack names blocks and elements that have no id."""
    for block in blocks:
        block.setdefault("block_id", state.number("b"))
        for element in [*block.get("elements", []), block.get("accessory"), block.get("element")]:
            if isinstance(element, dict) and element.get("type") not in ("image", "plain_text", "mrkdwn"):
                element.setdefault("action_id", state.number("a")) if block["type"] in (
                    "actions", "context_actions", "section", "input",
                ) else None  # fmt: skip


def _with_ids(state: State, view: Json) -> Json:
    shown: Json = json.loads(json.dumps(view))
    _name_blocks(state, shown["blocks"])
    return shown | {"team_id": state.team.id, "app_id": APP, "bot_id": BOT_ID, "state": {"values": {}}}


def _ts(message: Json) -> float:
    return float(message["ts"])


def _decoded(key: str, value: Any) -> Any:
    if key in _JSON_ARGUMENTS and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise Refused("invalid_arguments", f"{key}.json", f"{key} is not JSON") from None
    return value
