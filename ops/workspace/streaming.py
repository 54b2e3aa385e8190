"""chat.startStream, appendStream, stopStream: a message that grows while people read it."""

import asyncio
import copy
from typing import Any

from ops.workspace.block_kit import MAX_BLOCKS, check_blocks, check_chunks, strings
from ops.workspace.methods import method
from ops.workspace.posting import check_markdown_text, check_metadata, content, empty_message, name_blocks
from ops.workspace.rules import Refused, answered_with, at, choice
from ops.workspace.state import BOT_ID, Json, on_wire
from ops.workspace.web_api import STREAM_SECONDS, WebApi

_MORE = "markdown_text chunks"


@method(
    "chat.startStream",
    "channel thread_ts",
    f"{_MORE} recipient_team_id recipient_user_id task_display_mode icon_emoji icon_url username",
    scope="chat:write",
    tier=2,
)
def start_stream(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    for needed in ("recipient_team_id", "recipient_user_id"):
        if channel.kind != "dm" and not given.get(needed):
            raise Refused(f"missing_{needed}", f"chat.startStream.{needed}.in_channels", f"{needed} is missing")
    if given.get("recipient_user_id"):
        api.user(given["recipient_user_id"])
    with answered_with("invalid_arguments"), at("task_display_mode"):
        choice("timeline", "plan", "dense")(given.get("task_display_mode", "timeline"), "chat.startStream.mode")
    root = api.state.message(channel.id, given["thread_ts"], "thread_not_found")
    thread_ts = str(root.get("thread_ts", root["ts"]))
    message = empty_message(api, channel, thread_ts) | {"streaming": True, "stream": _Stream(given)}
    _append(api, message, given)
    api.streams[channel.id, message["ts"]] = api.state.clock()
    asyncio.get_running_loop().call_later(STREAM_SECONDS + 1, api.end_stale_stream, message)
    api.state.add(message)
    api.state.set_status(channel.id, thread_ts, "")
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.appendStream", "channel ts", _MORE, scope="chat:write", tier=4)
def append_stream(api: WebApi, given: Json) -> Json:
    if not given.get("markdown_text") and not given.get("chunks"):
        rule = "chat.appendStream.text_or_chunks"
        raise Refused("markdown_text_or_chunks_required", rule, "one of markdown_text and chunks is required")
    message = _streaming(api, given)
    _append(api, message, given)
    api.state.told("message_changed", message)
    return {"channel": given["channel"], "ts": given["ts"]}


@method("chat.stopStream", "channel ts", f"{_MORE} blocks metadata session_status", scope="chat:write", tier=2)
def stop_stream(api: WebApi, given: Json) -> Json:
    message = _streaming(api, given)
    check_metadata(given.get("metadata"))
    with at("blocks"):
        check_blocks(given.get("blocks", []), total=_size(message))
    _append(api, message, given)
    message["streaming"] = False
    closing = content(api.state, {name: given[name] for name in ("metadata", "blocks") if name in given})
    message["blocks"] = [*message.get("blocks", []), *closing.pop("blocks", [])]
    message |= closing
    del message["stream"], api.streams[given["channel"], given["ts"]]
    api.state.told("message_changed", message)
    api.events.message(message)
    return {"channel": given["channel"], "ts": given["ts"], "message": on_wire(message)}


class _Stream:
    """What came so far, in order: text, tasks, blocks. It takes either markdown_text or chunks, never both."""

    def __init__(self, given: Json) -> None:
        self.mode = ""
        self.plan = given.get("task_display_mode") == "plan"
        self.title = "Plan"
        self.parts: list[Json] = []

    def add(self, chunk: Json) -> None:
        last = self.parts[-1] if self.parts else {}
        if chunk["type"] == "markdown_text" and last.get("type") == "markdown":
            last["text"] += chunk["text"]
        elif chunk["type"] == "markdown_text":
            self.parts.append({"type": "markdown", "text": chunk["text"]})
        elif chunk["type"] == "task_update":
            self._task(chunk)
        elif chunk["type"] == "plan_update":
            self.title = chunk["title"]
        else:
            self.parts += copy.deepcopy(chunk["blocks"])

    def _task(self, chunk: Json) -> None:
        task: Json = {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"], "status": chunk["status"]}
        for name in ("details", "output"):
            if name in chunk:
                line = [{"type": "text", "text": chunk[name]}]
                task[name] = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": line}]}
        task |= {"sources": chunk["sources"]} if "sources" in chunk else {}
        for part in self.parts:
            if part.get("task_id") == chunk["id"]:
                part |= task
                return
        self.parts.append(task)

    def blocks(self) -> list[Json]:
        tasks = [part for part in self.parts if part["type"] == "task_card"]
        if not self.plan or not tasks:
            return self.parts
        rest = [part for part in self.parts if part["type"] != "task_card"]
        return [{"type": "plan", "title": self.title, "tasks": tasks}, *rest]

    def text(self) -> str:
        return "\n".join(part["text"] for part in self.parts if part["type"] == "markdown")


def _streaming(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"])
    message = api.state.message(channel.id, given["ts"])
    if message.get("bot_id") != BOT_ID:
        raise Refused("message_not_owned_by_app", "chat.stream.own_messages", "the app did not write this message")
    api.end_stale_stream(message)
    if not message.get("streaming"):
        rule = f"chat.stream.open_for_{STREAM_SECONDS}_seconds"
        raise Refused("message_not_in_streaming_state", rule, "the message is not streaming, or not any more")
    return message


def _append(api: WebApi, message: Json, given: Json) -> None:
    stream: _Stream = message["stream"]
    text, chunks = given.get("markdown_text"), given.get("chunks") or []
    if text and chunks:
        rule = "chat.stream.text_or_chunks_not_both"
        raise Refused("cannot_provide_both_markdown_text_and_chunks", rule, "markdown_text or chunks, not both")
    mode = "chunks" if chunks else "markdown_text" if text else ""
    if mode and stream.mode not in ("", mode):
        rule = "chat.stream.one_mode"
        raise Refused("streaming_mode_mismatch", rule, f"the stream was started with {stream.mode}, not {mode}")
    check_markdown_text(given)
    check_chunks(chunks) if chunks else None
    grown = copy.deepcopy(stream)
    for chunk in [*chunks, *([{"type": "markdown_text", "text": text}] if text else [])]:
        grown.add(chunk)
    _check_grown(grown.parts)
    grown.mode = stream.mode or mode
    name_blocks(api.state, grown.parts)
    message["stream"], message["text"] = grown, grown.text()
    blocks: list[Any] = copy.deepcopy(grown.blocks())
    name_blocks(api.state, blocks)
    message["blocks"] = blocks


def _check_grown(parts: list[Json]) -> None:
    """The whole message, however many calls brought it."""
    count = sum(part["type"] not in ("markdown", "task_card") for part in parts)
    if count > MAX_BLOCKS:
        raise Refused("msg_blocks_too_many", f"chat.stream.blocks.at_most_{MAX_BLOCKS}", f"{count} blocks")


def _size(message: Json) -> int:
    """Characters in blocks that came as chunks; streamed text has no limit but each call's own."""
    return sum(
        len(part) for block in message.get("blocks", []) if block["type"] != "markdown" for part in strings(block)
    )
