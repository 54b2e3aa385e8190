"""What the Messages API (version 2026-10-21) refuses, as the double refuses it; the text is the error's message.

Since that version temperature, top_p and top_k are no parameters any more.
"""

import base64
from collections.abc import Iterator
from typing import Any

COUNT_FIELDS = frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"})
MESSAGE_FIELDS = COUNT_FIELDS | {
    "max_tokens", "stream", "stop_sequences", "metadata", "service_tier", "container", "inference_geo", "cache_control",
}  # fmt: skip
BLOCK_FIELDS = {
    "text": ({"type", "text"}, {"cache_control", "citations"}),
    "search_result": ({"type", "source", "title", "content"}, {"cache_control", "citations"}),
    "tool_use": ({"type", "id", "name", "input"}, {"cache_control"}),
    "tool_result": ({"type", "tool_use_id"}, {"content", "is_error", "cache_control"}),
    "image": ({"type", "source"}, {"cache_control"}),
    "document": ({"type", "source"}, {"title", "context", "citations", "cache_control"}),
}
IMAGE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
MOST_IMAGE = 5 * 2**20  # characters of base64
EFFORTS = {"low", "medium", "high", "xhigh", "max"}
UNDECODABLE = {"maxItems", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "pattern"}
CACHE_BREAKPOINTS = 4


def problem_of(body: Any, *, counting: bool = False) -> str | None:
    """The first thing that is wrong with a request's body."""
    if not isinstance(body, dict):
        return "body: Input should be an object"
    return next(_problems(body, COUNT_FIELDS if counting else MESSAGE_FIELDS, counting), None)


def _problems(body: dict[str, Any], fields: frozenset[str], counting: bool) -> Iterator[str]:
    for name in body.keys() - fields:
        yield f"{name}: Extra inputs are not permitted"
    for name in ("model", "messages") if counting else ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    if not counting and (type(body["max_tokens"]) is not int or body["max_tokens"] < 1):
        yield "max_tokens: Input should be greater than or equal to 1"
    config = body.get("output_config") or {}
    if config.keys() - {"effort", "format"} or config.get("effort", "low") not in EFFORTS:
        yield f"output_config: {config} is not permitted"
    if config.get("format"):
        yield from _format(config["format"])
        if any(_citing(body["messages"])):
            yield "output_config.format: citations are not compatible with structured outputs"
    if body.get("tool_choice") and not body.get("tools"):
        yield "tool_choice: may only be specified while providing tools"
    for index, tool in enumerate(body.get("tools") or []):
        if not {"name", "input_schema"} <= tool.keys() and "type" not in tool:
            yield f"tools.{index}: name and input_schema are required"
    yield from _system(body.get("system", "x"))
    yield from _messages(body["messages"])
    breakpoints = list(_cache_controls(body))
    if len(breakpoints) > CACHE_BREAKPOINTS:
        yield f"A maximum of {CACHE_BREAKPOINTS} blocks with cache_control may be provided. Found {len(breakpoints)}."
    for control in breakpoints:
        if (
            control.get("type") != "ephemeral"
            or control.get("ttl", "5m") not in ("5m", "1h")
            or control.keys() - {"type", "ttl"}
        ):
            yield f"cache_control: {control} is not permitted"


def _format(wanted: Any) -> Iterator[str]:
    """Structured output: a JSON schema of closed objects, without the limits that constrained decoding can't hold."""
    if not isinstance(wanted, dict) or wanted.keys() != {"type", "schema"} or wanted["type"] != "json_schema":
        yield f"output_config.format: {wanted} is not permitted"
        return
    for part in _schemas(wanted["schema"]):
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            yield "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
        for name in part.keys() & UNDECODABLE:
            yield f"output_config.format.schema: For '{part.get('type')}' type, property '{name}' is not supported"


def _schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for part in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())):
        yield from _schemas(part)
    if "items" in schema:
        yield from _schemas(schema["items"])


def _system(system: Any) -> Iterator[str]:
    if isinstance(system, str):
        return
    for index, block in enumerate(system):
        if block.get("type") != "text":
            yield f"system.{index}: Input tag should be 'text'"
        yield from _block(f"system.{index}", block)


def _messages(messages: Any) -> Iterator[str]:
    if not isinstance(messages, list) or not messages:
        yield "messages: at least one message is required"
        return
    asked_for: set[str] = set()
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if message.keys() != {"role", "content"} or message["role"] not in ("user", "assistant"):
            yield f"{where}: needs a role of user or assistant and content, nothing else"
        content = message["content"]
        if isinstance(content, str):
            if not content.strip():
                yield f"{where}: all messages must have non-empty content"
            content = [{"type": "text", "text": content}]
        elif not content:
            yield f"{where}: all messages must have non-empty content"
        for at, block in enumerate(content):
            yield from _block(f"{where}.content.{at}", block)
            if message["role"] == "user" and block.get("type") == "text" and block.get("citations"):
                yield f"{where}.content.{at}: a user's text block has no citations"
        results = {block["tool_use_id"] for block in content if block["type"] == "tool_result"}
        if results != asked_for:
            yield f"{where}: tool_use ids {sorted(asked_for)} need tool_result blocks right after; found {sorted(results)}"
        asked_for = {block["id"] for block in content if block["type"] == "tool_use"}
    if messages[0]["role"] != "user":
        yield "messages: first message must use the user role"
    last = messages[-1]
    text = last["content"] if isinstance(last["content"], str) else last["content"][-1].get("text", "")
    if last["role"] == "assistant" and text != text.rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"
    if len(set(_citing(messages))) > 1:
        yield "messages: citations must be enabled on all or none of the search results"


def _block(where: str, block: Any) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCK_FIELDS:
        yield f"{where}: Input tag {kind!r} does not match any of the expected tags"
        return
    needed, allowed = BLOCK_FIELDS[kind]
    for name in needed - block.keys():
        yield f"{where}.{name}: Field required"
    for name in block.keys() - needed - allowed:
        yield f"{where}.{name}: Extra inputs are not permitted"
    if kind == "text" and not block["text"].strip():
        yield f"{where}: text content blocks must contain non-whitespace text"
    if kind == "image":
        yield from _image(where, block["source"])
    if kind == "search_result":
        if not block["source"] or not block["title"]:
            yield f"{where}: source and title should have at least 1 character"
        if not block["content"]:
            yield f"{where}.content: at least one text block is required"
        for at, part in enumerate(block["content"]):
            if part.get("type") != "text":
                yield f"{where}.content.{at}: Input tag should be 'text'"
            yield from _block(f"{where}.content.{at}", part)


def _image(where: str, source: dict[str, Any]) -> Iterator[str]:
    if source.get("type") != "base64" or source.get("media_type") not in IMAGE_TYPES:
        yield f"{where}.source.base64.media_type: Input should be one of {sorted(IMAGE_TYPES)}"
    data = source.get("data", "")
    if not data:
        yield f"{where}.source.base64.data: image cannot be empty"
    if len(data) > MOST_IMAGE:
        yield f"{where}.source.base64: image exceeds 5 MB maximum: {len(data)} bytes > {MOST_IMAGE} bytes"
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        yield f"{where}.source.base64.data: Invalid base64 data"


def _citing(messages: list[Any]) -> Iterator[bool]:
    for block in search_results({"messages": messages}):
        yield bool((block.get("citations") or {}).get("enabled"))


def search_results(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The request's search results in the order in which citations count them."""
    for message in body["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else []:
            if block["type"] == "search_result":
                yield block
            elif block["type"] == "tool_result" and isinstance(block.get("content"), list):
                yield from (part for part in block["content"] if part["type"] == "search_result")


def _cache_controls(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("cache_control"):
            yield value["cache_control"]
        for part in value.values():
            yield from _cache_controls(part)
    elif isinstance(value, list):
        for part in value:
            yield from _cache_controls(part)
