"""chat.* and reactions.*: what the app writes, changes and takes back."""

import copy
from typing import Any

from ops.workspace.block_kit import MAX_MARKDOWN, check_blocks, elements_of
from ops.workspace.methods import method
from ops.workspace.rules import Refused, at
from ops.workspace.state import APP, BOT, BOT_ID, REPLIES, SLACKBOT, Channel, Json, State, on_wire
from ops.workspace.web_api import WebApi

MAX_TEXT, MAX_UPDATED_TEXT = 40_000, 4_000
MAX_METADATA = 16_000  # characters as JSON
_CONTENT = "text blocks attachments mrkdwn parse link_names unfurl_links unfurl_media markdown_text"
_LOOK = "username icon_emoji icon_url"


@method("chat.postMessage", "channel", f"{_CONTENT} {_LOOK} metadata thread_ts reply_broadcast", scope="chat:write")
def post_message(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    message = new_message(api, channel, given)
    if given.get("reply_broadcast") and "thread_ts" in message:
        message["subtype"] = "thread_broadcast"
    publish(api, message)
    return {"channel": channel.id, "ts": message["ts"], "message": on_wire(message)}


@method("chat.postEphemeral", "channel user", f"{_CONTENT} {_LOOK} thread_ts metadata", scope="chat:write", tier=4)
def post_ephemeral(api: WebApi, given: Json) -> Json:
    channel, user = api.joined(given["channel"]), api.user(given["user"])
    if user.id not in channel.members:
        raise Refused("user_not_in_channel", "chat.postEphemeral.user_in_channel", f"{user.name} is not in it")
    message = new_message(api, channel, given)
    api.state.whisper(user.id, message)
    return {"message_ts": message["ts"]}


@method("chat.update", "channel ts", f"{_CONTENT} metadata reply_broadcast as_user file_ids", scope="chat:write")
def update_message(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    message = api.state.message(channel.id, given["ts"])
    if message.get("bot_id") != BOT_ID:
        raise Refused("cant_update_message", "chat.update.own_messages", "the app did not write this message")
    api.end_stale_stream(message)
    if message.get("streaming"):
        raise Refused("streaming_state_conflict", "chat.update.not_while_streaming", "the message is still streaming")
    if len(given.get("text", "")) > MAX_UPDATED_TEXT:
        rule = f"chat.update.text.max_{MAX_UPDATED_TEXT}"
        raise Refused("msg_too_long", rule, f"text has {len(given['text'])} characters")
    change_message(api, channel, message, given)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": on_wire(message)}


@method("chat.delete", "channel ts", "as_user", scope="chat:write")
def delete_message(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    message = api.state.message(channel.id, given["ts"])
    if message.get("bot_id") != BOT_ID:
        raise Refused("cant_delete_message", "chat.delete.own_messages", "the app did not write this message")
    take_back(api, channel, message)
    return {"channel": channel.id, "ts": given["ts"]}


@method("chat.getPermalink", "channel message_ts")
def permalink(api: WebApi, given: Json) -> Json:
    channel = api.seen(given["channel"])
    message = api.state.message(channel.id, given["message_ts"])
    thread = message.get("thread_ts", message["ts"])
    return {"channel": channel.id, "permalink": f"{api.base_url()}/?channel={channel.id}&thread={thread}"}


@method("reactions.add", "channel name timestamp", scope="reactions:write")
def reactions_add(api: WebApi, given: Json) -> Json:
    message = api.state.message(api.joined(given["channel"]).id, given["timestamp"])
    react(message, given["name"], BOT)
    api.state.told("message_changed", message)
    api.events.reacted("reaction_added", api.user(BOT), message, given["name"])
    return {}


@method("reactions.remove", "channel name timestamp", scope="reactions:write", tier=2)
def reactions_remove(api: WebApi, given: Json) -> Json:
    message = api.state.message(api.joined(given["channel"]).id, given["timestamp"])
    held = [one for one in message.get("reactions", []) if one["name"] == given["name"] and BOT in one["users"]]
    if not held:
        raise Refused("no_reaction", "reactions.remove.own", f"the bot has not reacted with {given['name']}")
    held[0]["users"].remove(BOT)
    held[0]["count"] -= 1
    message["reactions"] = [one for one in message["reactions"] if one["count"]]
    api.state.told("message_changed", message)
    api.events.reacted("reaction_removed", api.user(BOT), message, given["name"])
    return {}


@method("reactions.get", "channel timestamp", "full", scope="reactions:read")
def reactions_get(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    message = api.state.message(channel.id, given["timestamp"])
    return {"type": "message", "channel": channel.id, "message": on_wire(message)}


def react(message: Json, name: str, user: str) -> None:
    reactions = message.setdefault("reactions", [])
    for one in reactions:
        if one["name"] == name:
            if user in one["users"]:
                raise Refused("already_reacted", "reactions.add.once", f"{user} has reacted with {name}")
            one["users"].append(user)
            one["count"] += 1
            return
    reactions.append({"name": name, "users": [user], "count": 1})


def new_message(api: WebApi, channel: Channel, given: Json) -> Json:
    """A message of the bot, checked but not yet shown to anybody. Raises Refused."""
    check_content(given)
    if any(name in given for name in _LOOK.split()):
        api.need("chat:write.customize")
    thread_ts = given.get("thread_ts")
    if thread_ts:
        root = api.state.message(channel.id, thread_ts, "thread_not_found")
        thread_ts = root.get("thread_ts", thread_ts)  # a reply's ts leads to its thread
    message = empty_message(api, channel, thread_ts) | {"text": given.get("text", "")}
    message |= {name: given[name] for name in ("username", "attachments") if given.get(name)}
    return message | content(api.state, given)


def empty_message(api: WebApi, channel: Channel, thread_ts: str | None) -> Json:
    message: Json = {
        "type": "message",
        "ts": api.state.now_ts(),
        "channel": channel.id,
        "user": BOT,
        "bot_id": BOT_ID,
        "app_id": APP,
        "team": api.state.team.id,
        "text": "",
        "bot_profile": {"id": BOT_ID, "app_id": APP, "name": api.state.user(BOT).name, "team_id": api.state.team.id},
    }
    return message | ({"thread_ts": thread_ts} if thread_ts else {})


def publish(api: WebApi, message: Json) -> None:
    """Show a new message, end the status that announced it, and tell the app of it too."""
    api.state.add(message)
    api.state.set_status(message["channel"], str(message.get("thread_ts", message["ts"])), "")
    api.events.message(message)


def change_message(api: WebApi, channel: Channel, message: Json, given: Json) -> None:
    """Text without blocks takes the blocks away; metadata stays unless given anew. Raises Refused."""
    check_content(given)
    previous = copy.deepcopy(on_wire(message))
    if "text" in given or "markdown_text" in given:
        message["text"] = given.get("text", "")
        message.pop("blocks", None)
        if not given.get("blocks"):
            message["edited"] = {"user": BOT, "ts": api.state.now_ts()}
    message |= content(api.state, given)
    api.state.told("message_changed", message)
    api.events.changed(channel, message, previous)


def take_back(api: WebApi, channel: Channel, message: Json) -> None:
    """Delete a message. The root of a thread stays as a tombstone until its last reply is gone, as in Slack."""
    state, root = api.state, api.state.messages[channel.id].get(message.get("thread_ts", ""))
    if state.replies(channel.id, message["ts"]):
        previous = copy.deepcopy(on_wire(message))
        for name in set(message) - {"type", "ts", "thread_ts", "channel", *REPLIES}:
            del message[name]
        message |= {"subtype": "tombstone", "hidden": True, "user": SLACKBOT, "text": "This message was deleted."}
        state.told("message_changed", message)
        api.events.changed(channel, message, previous)
        return
    state.remove(channel.id, message["ts"])
    api.events.deleted(channel, message)
    if root and root is not message and root.get("subtype") == "tombstone" and not root["reply_count"]:
        take_back(api, channel, root)


def check_content(given: Json) -> None:
    """Raise Refused for what may not stand in a message."""
    if not any(given.get(name) for name in ("text", "blocks", "markdown_text", "attachments")):
        raise Refused("no_text", "message.text_or_blocks", "a message needs text or blocks")
    if len(given.get("text", "")) > MAX_TEXT:
        raise Refused("msg_too_long", f"message.text.max_{MAX_TEXT}", f"text has {len(given['text'])} characters")
    if given.get("markdown_text"):
        if given.get("blocks") or given.get("text"):
            raise Refused("markdown_text_conflict", "message.markdown_text.alone", "not with text or blocks")
        check_markdown_text(given)
    if given.get("attachments"):
        raise Refused("invalid_attachments", "attachments.none", "attachments are not offered here; use blocks")
    with at("blocks"):
        check_blocks(given.get("blocks", []))
    check_metadata(given.get("metadata"))


def check_markdown_text(given: Json) -> None:
    if len(given.get("markdown_text", "")) > MAX_MARKDOWN:
        rule = f"message.markdown_text.max_{MAX_MARKDOWN}"
        raise Refused("msg_too_long", rule, f"markdown_text has {len(given['markdown_text'])} characters")


def check_metadata(metadata: Any) -> None:
    if not metadata:
        return
    known = set(metadata) <= {"event_type", "event_payload", "entities"}
    if not known or not isinstance(metadata.get("event_type"), str) or not isinstance(
        metadata.get("event_payload"), dict
    ):  # fmt: skip
        rule = "message.metadata.event_type_and_event_payload"
        raise Refused(
            "invalid_metadata_format", rule, "metadata is event_type (a string) and event_payload (an object)"
        )
    if len(str(metadata)) > MAX_METADATA:
        raise Refused("metadata_too_large", f"message.metadata.max_{MAX_METADATA}")


def content(state: State, given: Json) -> Json:
    """Blocks (each named), metadata: as they are stored."""
    stored: Json = {}
    if given.get("blocks"):
        stored["blocks"] = copy.deepcopy(given["blocks"])
    if given.get("markdown_text"):
        stored |= {"text": given["markdown_text"], "blocks": [{"type": "markdown", "text": given["markdown_text"]}]}
    name_blocks(state, stored.get("blocks", []))
    if given.get("metadata"):
        stored["metadata"] = given["metadata"]
    if given.get("link_names") or given.get("parse") == "full":
        stored["link_names"] = True
    return stored


def name_blocks(state: State, blocks: list[Json]) -> None:
    """Slack names the blocks and elements that have no id."""
    for block in blocks:
        block.setdefault("block_id", state.number("b"))
        for element in elements_of(block):
            element.setdefault("action_id", state.number("a"))
