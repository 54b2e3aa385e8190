"""What Slack takes, as data; everything else is refused. Each refusal names its rule.

Rule names follow from the tables: "section.text.max_3000", "actions.elements.at_most_25", "button.unknown_field.href".
Source: Slack's reference of Block Kit and the limits in it; the total over all blocks was observed, not documented.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_TEXT = 40_000
MAX_MARKDOWN = 12_000
MAX_BLOCKS, MAX_VIEW_BLOCKS = 50, 100
MAX_ALL_BLOCKS = 13_200  # characters over all blocks of a message


class Refused(Exception):
    """Slack would not take it: `error` as Slack gives it, the rule, and a sentence."""

    def __init__(self, error: str, rule: str, sentence: str = "", status: int = 200, retry_after: int = 0) -> None:
        super().__init__(f"{error} [{rule}] {sentence}")
        self.error, self.rule, self.sentence = error, rule, sentence
        self.status, self.retry_after = status, retry_after


Check = Callable[[Any, str], None]  # (value, the rule's name so far)


def _no(rule: str, sentence: str) -> Refused:
    return Refused("invalid_blocks", rule, sentence)


def string(longest: int, *, shortest: int = 0, pattern: str = "") -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, str):
            raise _no(f"{rule}.string", "must be a string")
        if len(value) > longest:
            raise _no(f"{rule}.max_{longest}", f"is longer than {longest} characters ({len(value)})")
        if len(value) < shortest:
            raise _no(f"{rule}.min_{shortest}", f"is shorter than {shortest} characters")
        if pattern and not re.fullmatch(pattern, value):
            raise _no(f"{rule}.form", f"does not have the form {pattern}")

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise _no(f"{rule}.one_of", f"must be one of {', '.join(allowed)}")

    return check


def boolean(value: Any, rule: str) -> None:
    if not isinstance(value, bool):
        raise _no(f"{rule}.boolean", "must be true or false")


def integer(value: Any, rule: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _no(f"{rule}.integer", "must be an integer")


def items(of: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, list):
            raise _no(f"{rule}.list", "must be a list")
        if len(value) > most:
            raise _no(f"{rule}.at_most_{most}", f"has more than {most} items ({len(value)})")
        if len(value) < least:
            raise _no(f"{rule}.at_least_{least}", f"has fewer than {least} items")
        for item in value:
            of(item, rule)

    return check


@dataclass(frozen=True)
class Shape:
    """An object: its fields and their checks. What is not named is refused."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()  # at least one of these must be there

    def __call__(self, value: Any, rule: str) -> None:
        if not isinstance(value, dict):
            raise _no(f"{rule}.object", "must be an object")
        for name in self.required:
            if name not in value:
                raise _no(f"{rule}.{name}.required", f"{name} is missing")
        if self.one_of and not any(name in value for name in self.one_of):
            raise _no(f"{rule}.one_of_{'_'.join(self.one_of)}", f"needs one of {', '.join(self.one_of)}")
        for name, inner in value.items():
            known = self.required.get(name) or self.optional.get(name)
            if known is None and name != "type":
                raise _no(f"{rule}.unknown_field.{name}", f"{name} is not a field of it")
            if known is not None:
                known(inner, f"{rule}.{name}")


def typed(table: Mapping[str, Check], *allowed: str) -> Check:
    """An object whose `type` chooses its shape, out of `allowed` (all, when none is named)."""

    def check(value: Any, rule: str) -> None:
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in table or (allowed and kind not in allowed):
            raise _no(f"{rule}.unknown_type.{kind}", f"type {kind!r} is not taken here")
        table[kind](value, kind)

    return check


def text(longest: int, *kinds: str, shortest: int = 1) -> Check:
    shape = Shape(
        {"type": choice(*(kinds or ("plain_text", "mrkdwn"))), "text": string(longest, shortest=shortest)},
        {"emoji": boolean, "verbatim": boolean},
    )

    def check(value: Any, rule: str) -> None:
        shape(value, rule)

    return check


PLAIN = "plain_text"
URL = string(3000, shortest=1, pattern=r"(https?|mailto|slack):.*")
ID = string(255, shortest=1)
CONFIRM = Shape(
    {"title": text(100, PLAIN), "text": text(300), "confirm": text(30, PLAIN), "deny": text(30, PLAIN)},
    {"style": choice("primary", "danger")},
)
OPTION = Shape({"text": text(75), "value": string(150, shortest=1)}, {"description": text(75), "url": URL})
_OPTIONS = items(OPTION, 100)
_ACTIVE: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PLACEHOLDER: dict[str, Check] = {"placeholder": text(150, PLAIN)}
_IMAGE = Shape({"image_url": URL, "alt_text": string(2000, shortest=1)}, {"title": text(2000, PLAIN)})
_FEEDBACK = Shape({"text": text(75, PLAIN), "value": string(2000, shortest=1)}, {"accessibility_label": string(75)})

ELEMENTS: dict[str, Check] = {
    "button": Shape(
        {"text": text(75, PLAIN)},
        _ACTIVE
        | {
            "url": URL,
            "value": string(2000),
            "style": choice("primary", "danger"),
            "accessibility_label": string(75),
        },
    ),
    "overflow": Shape({"options": items(OPTION, 5)}, _ACTIVE),
    "static_select": Shape({"options": _OPTIONS}, _ACTIVE | _PLACEHOLDER | {"initial_option": OPTION}),
    "multi_static_select": Shape(
        {"options": _OPTIONS},
        _ACTIVE | _PLACEHOLDER | {"initial_options": _OPTIONS, "max_selected_items": integer},
    ),
    "users_select": Shape({}, _ACTIVE | _PLACEHOLDER | {"initial_user": ID}),
    "conversations_select": Shape(
        {}, _ACTIVE | _PLACEHOLDER | {"initial_conversation": ID, "default_to_current_conversation": boolean}
    ),
    "plain_text_input": Shape(
        {},
        _ACTIVE
        | _PLACEHOLDER
        | {"initial_value": string(3000), "multiline": boolean, "min_length": integer, "max_length": integer},
    ),
    "checkboxes": Shape({"options": items(OPTION, 10)}, _ACTIVE | {"initial_options": items(OPTION, 10)}),
    "radio_buttons": Shape({"options": items(OPTION, 10)}, _ACTIVE | {"initial_option": OPTION}),
    "datepicker": Shape({}, _ACTIVE | _PLACEHOLDER | {"initial_date": string(10)}),
    "image": _IMAGE,
    "feedback_buttons": Shape({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}),
    "icon_button": Shape(
        {"icon": choice("trash"), "text": text(75, PLAIN)},
        {
            "action_id": ID,
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": items(ID, 100),
        },
    ),
}
_INPUTS = (
    "plain_text_input", "static_select", "multi_static_select", "users_select", "conversations_select", "checkboxes",
    "radio_buttons", "datepicker",
)  # fmt: skip
_ACTIONS = (
    "button", "overflow", "static_select", "multi_static_select", "users_select", "conversations_select",
    "checkboxes", "radio_buttons", "datepicker",
)  # fmt: skip

_STYLE = Shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_INLINE: dict[str, Check] = {
    "text": Shape({"text": string(MAX_TEXT, shortest=1)}, {"style": _STYLE}),
    "link": Shape({"url": URL}, {"text": string(MAX_TEXT), "style": _STYLE, "unsafe": boolean}),
    "user": Shape({"user_id": ID}, {"style": _STYLE}),
    "channel": Shape({"channel_id": ID}, {"style": _STYLE}),
    "emoji": Shape({"name": ID}, {"unicode": ID, "style": _STYLE}),
    "broadcast": Shape({"range": choice("here", "channel", "everyone")}, {"style": _STYLE}),
    "usergroup": Shape({"usergroup_id": ID}, {"style": _STYLE}),
    "date": Shape({"timestamp": integer, "format": ID}, {"url": URL, "fallback": ID, "style": _STYLE}),
}
_INLINES = items(typed(_INLINE), 1000, least=0)
_SECTION = Shape({"elements": _INLINES})
_RICH: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": Shape(
        {"style": choice("bullet", "ordered"), "elements": items(typed({"rich_text_section": _SECTION}), 1000)},
        {"indent": integer, "offset": integer, "border": integer},
    ),
    "rich_text_quote": Shape({"elements": _INLINES}, {"border": integer}),
    "rich_text_preformatted": Shape({"elements": _INLINES}, {"border": integer, "language": ID}),
}
_RICH_TEXT = Shape({"elements": items(typed(_RICH), 1000)})
_CELL = typed({"raw_text": Shape({"text": string(MAX_TEXT)}), "rich_text": _RICH_TEXT})
_COLUMN = Shape({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})
_STATUS = choice("pending", "in_progress", "complete", "error")
_TASK: dict[str, Check] = {
    "task_id": ID,
    "title": string(256, shortest=1),
    "status": _STATUS,
}
_TASK_MORE: dict[str, Check] = {
    "details": _RICH_TEXT,
    "output": _RICH_TEXT,
    "sources": items(Shape({}, {"url": URL, "text": ID}), 20),
}
_CARD: dict[str, Check] = {
    "title": text(150),
    "subtitle": text(150),
    "body": text(200),
    "hero_image": typed(ELEMENTS, "image"),
    "icon": typed(ELEMENTS, "image"),
    "actions": items(typed(ELEMENTS, "button"), 3),
}
_CARD_SHAPE = Shape({}, _CARD, one_of=("hero_image", "title", "actions", "body"))

_BLOCKS: dict[str, Shape] = {
    "section": Shape(
        {},
        {
            "text": text(3000),
            "fields": items(text(2000), 10),
            "accessory": typed(ELEMENTS, "image", *_ACTIONS),
            "expand": boolean,
        },
        one_of=("text", "fields"),
    ),
    "divider": Shape(),
    "header": Shape({"text": text(150, PLAIN)}),
    "context": Shape(
        {"elements": items(typed({"plain_text": text(3000), "mrkdwn": text(3000), "image": _IMAGE}), 10)}
    ),
    "actions": Shape({"elements": items(typed(ELEMENTS, *_ACTIONS), 25)}),
    "context_actions": Shape({"elements": items(typed(ELEMENTS, "feedback_buttons", "icon_button"), 5)}),
    "image": _IMAGE,
    "input": Shape(
        {"label": text(2000, PLAIN), "element": typed(ELEMENTS, *_INPUTS)},
        {"hint": text(2000, PLAIN), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _RICH_TEXT,
    "markdown": Shape({"text": string(MAX_MARKDOWN, shortest=1)}),
    "table": Shape({"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(_COLUMN, 20)}),
    "task_card": Shape(_TASK, _TASK_MORE),
    "plan": Shape({"title": string(256, shortest=1)}, {"tasks": items(Shape(_TASK, _TASK_MORE), 50)}),
    "alert": Shape({"text": text(200)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "card": _CARD_SHAPE,
    "carousel": Shape({"elements": items(typed({"card": _CARD_SHAPE}), 10)}),
}  # fmt: skip
_NOT_IN_VIEWS = ("markdown", "context_actions", "task_card", "plan", "table", "card", "carousel")


def check_blocks(blocks: Any, *, view: bool = False) -> None:
    """Raise Refused for blocks that Slack would not take in a message (or a view)."""
    most = MAX_VIEW_BLOCKS if view else MAX_BLOCKS
    if not isinstance(blocks, list):
        raise _no("blocks.list", "must be a list")
    if len(blocks) > most:
        raise _no(f"blocks.at_most_{most}", f"more than {most} blocks ({len(blocks)})")
    seen: dict[str, set[str]] = {"block_id": set(), "action_id": set()}
    for block in blocks:
        kind = str(block.get("type")) if isinstance(block, dict) else ""
        if kind not in _BLOCKS or (view and kind in _NOT_IN_VIEWS):
            raise _no(f"blocks.unknown_type.{kind}", f"block type {kind!r} is not taken here")
        shape = _BLOCKS[kind]
        Shape(shape.required, {"block_id": ID, **shape.optional}, shape.one_of)(block, kind)
        _check_unique(block, seen)
    if not view and (total := sum(len(part) for part in strings(blocks))) > MAX_ALL_BLOCKS:
        raise Refused("msg_blocks_too_long", f"blocks.max_{MAX_ALL_BLOCKS}", f"all blocks together have {total}")


def _check_unique(block: Mapping[str, Any], seen: dict[str, set[str]]) -> None:
    parts = [block, *_elements(block)]
    for name, known in seen.items():
        for part in parts:
            if (value := part.get(name)) is not None:
                if value in known and (name == "block_id" or part is not block):
                    raise _no(f"blocks.unique_{name}", f"{name} {value!r} stands twice in one message")
                known.add(value)


def _elements(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    inner = [*block.get("elements", []), block.get("accessory"), block.get("element"), *block.get("actions", [])]
    yield from (one for one in inner if isinstance(one, dict))


def strings(value: Any) -> Iterator[str]:
    """Every text, value and address in blocks."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in ("type", "block_id", "action_id", "style"):
                yield from strings(one)


_VIEW: dict[str, Check] = {
    "type": choice("modal", "home"),
    "blocks": lambda value, rule: check_blocks(value, view=True),
}
_VIEW_SHAPE = Shape(
    _VIEW,
    {
        "title": text(24, PLAIN),
        "submit": text(24, PLAIN),
        "close": text(24, PLAIN),
        "private_metadata": string(3000),
        "callback_id": string(255),
        "external_id": string(255),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)


def check_view(view: Any, kind: str) -> None:
    """Raise Refused for a view that Slack would not open (`kind` modal) or publish (`kind` home)."""
    _VIEW_SHAPE(view, "view")
    if view["type"] != kind:
        raise Refused("invalid_arguments", f"view.type.{kind}", f"this method takes a view of type {kind}")
    if kind == "modal" and "title" not in view:
        raise Refused("invalid_arguments", "view.title.required", "a modal needs a title")
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if kind == "modal" and has_input and "submit" not in view:
        raise Refused("invalid_arguments", "view.submit.required", "a modal with inputs needs submit")


_SOURCE = Shape({}, {"type": ID, "url": URL, "text": ID})
_CHUNKS: dict[str, Check] = {
    "markdown_text": Shape({"text": string(MAX_MARKDOWN, shortest=1)}),
    "task_update": Shape(
        {"id": ID, "title": string(256, shortest=1), "status": _STATUS},
        {"details": string(256), "output": string(256), "sources": items(_SOURCE, 20)},
    ),
    "plan_update": Shape({"title": string(256, shortest=1)}),
    "blocks": Shape({"blocks": lambda value, rule: check_blocks(value)}),
}  # fmt: skip


def check_chunks(chunks: Any) -> None:
    items(typed(_CHUNKS), 100)(chunks, "chunks")
