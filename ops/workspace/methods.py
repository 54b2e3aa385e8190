"""The table of Web API methods: who may call them, with which arguments, how often. What is not in it is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.workspace.rules import Refused, at
from ops.workspace.state import Json

if TYPE_CHECKING:
    from ops.workspace.web_api import WebApi

Handler = Callable[["WebApi", Json], Json]

# What an argument must be; a string where nothing is said.
_LISTS = frozenset({"blocks", "chunks", "prompts", "loading_messages", "attachments"})
_OBJECTS = frozenset({"metadata", "view"})
_NUMBERS = frozenset({"limit"})
_FLAGS = frozenset(
    {
        "as_user", "exclude_archived", "full", "inclusive", "link_names", "mrkdwn", "prevent_creation",
        "reply_broadcast", "return_im", "unfurl_links", "unfurl_media",
    }
)  # fmt: skip
_ERRORS = {
    "blocks": "invalid_blocks_format",
    "chunks": "invalid_chunks",
    "metadata": "invalid_metadata_format",
    "attachments": "invalid_attachments",
}


@dataclass(frozen=True)
class Method:
    name: str
    handler: Handler
    required: frozenset[str]
    optional: frozenset[str]
    scope: str  # "" when any token will do; "@read" and "@history": by the kind of channel
    tier: int
    by: str  # the kind of token that may call it: bot, app, any


METHODS: dict[str, Method] = {}


def method(
    name: str, required: str = "", optional: str = "", *, scope: str = "", tier: int = 3, by: str = "bot"
) -> Callable[[Handler], Handler]:
    """Put a handler into the table. Arguments are named in one string, with blanks between."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, frozenset(required.split()), frozenset(optional.split()), scope, tier, by)
        return handler

    return register


def arguments_of(known: Method, given: Json) -> Json:
    """The arguments in their own types, however slack-sdk sent them. Raises Refused."""
    decoded: Json = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in known.required | known.optional:
            rule = f"{known.name}.unknown_argument.{name}"
            raise Refused("invalid_arguments", rule, f"no more properties allowed: {name}")
        with at(name):
            decoded[name] = _decoded(name, value)
    for name in sorted(known.required):
        if decoded.get(name) in (None, ""):
            rule = f"{known.name}.{name}.required"
            raise Refused("invalid_arguments", rule, f"missing required field: {name}")
    return decoded


def _decoded(name: str, value: Any) -> Any:
    if name in _LISTS or name in _OBJECTS:
        wanted = list if name in _LISTS else dict
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            value = None
        if not isinstance(value, wanted):
            raise _wrong(name, f"must be a JSON {'array' if wanted is list else 'object'}")
        return value
    if name in _NUMBERS:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise _wrong(name, "must be a number") from None
    if name in _FLAGS or name.startswith("include_"):
        if str(value).lower() not in ("0", "1", "true", "false"):
            raise _wrong(name, "must be true or false")
        return str(value).lower() in ("1", "true")
    if not isinstance(value, str):
        raise _wrong(name, "must be a string")
    return value


def _wrong(name: str, sentence: str) -> Refused:
    return Refused(_ERRORS.get(name, "invalid_arguments"), f"arguments.{name}.type", sentence)
