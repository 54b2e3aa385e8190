"""Block Kit as data: which blocks, elements and fields Slack takes, with their limits. Everything else is refused.

Source: Slack's reference of Block Kit. Observed, not documented: the total over all blocks of a message.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.workspace.rules import (
    Check,
    Refused,
    Shape,
    answered_with,
    at,
    boolean,
    choice,
    integer,
    items,
    no,
    number,
    string,
    text,
    typed,
)  # fmt: skip

MAX_BLOCKS, MAX_VIEW_BLOCKS = 50, 100
MAX_MARKDOWN = 12_000  # characters: of one markdown block, of all of a message, and of one call's markdown_text
MAX_ALL_BLOCKS = 13_200  # characters over all blocks of a message
MAX_VIEW_BYTES = 250_000

PLAIN = "plain_text"
URL = string(3000, shortest=1, pattern=r"(https?|mailto|slack|tel):.+")
ID = string(255, shortest=1)
CONFIRM = Shape(
    {"title": text(100, PLAIN), "text": text(300), "confirm": text(30, PLAIN), "deny": text(30, PLAIN)},
    {"style": choice("primary", "danger")},
)
OPTION = Shape({"text": text(75), "value": string(150, shortest=1)}, {"description": text(75), "url": URL})
PLAIN_OPTION = Shape({"text": text(75, PLAIN), "value": string(150, shortest=1)}, {"description": text(75, PLAIN)})
_GROUP = Shape({"label": text(75, PLAIN), "options": items(PLAIN_OPTION, 100)})
_ACTIVE: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PICKED: dict[str, Check] = _ACTIVE | {"placeholder": text(150, PLAIN)}
_CHOICES: dict[str, Check] = {"options": items(PLAIN_OPTION, 100), "option_groups": items(_GROUP, 100)}
_IMAGE: dict[str, Check] = {"image_url": URL, "alt_text": string(2000, shortest=1)}
_FEEDBACK = Shape({"text": text(75, PLAIN), "value": string(2000, shortest=1)}, {"accessibility_label": string(75)})
_STYLED: dict[str, Check] = {"value": string(2000), "accessibility_label": string(75)}
_DISPATCH = Shape({}, {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)})
_CONVERSATIONS = Shape(
    {},
    {"include": items(choice("im", "mpim", "private", "public"), 4)}
    | dict.fromkeys(("exclude_external_shared_channels", "exclude_bot_users"), boolean),
    ("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
_DAY = string(10, shortest=10, pattern=r"\d{4}-\d{2}-\d{2}")

ELEMENTS: dict[str, Check] = {
    "button": Shape({"text": text(75, PLAIN)}, _ACTIVE | _STYLED | {"url": URL, "style": choice("primary", "danger")}),
    "overflow": Shape({"options": items(OPTION, 5)}, _ACTIVE),
    "static_select": Shape({}, _PICKED | _CHOICES | {"initial_option": PLAIN_OPTION}, ("options", "option_groups")),
    "multi_static_select": Shape(
        {},
        _PICKED | _CHOICES | {"initial_options": items(PLAIN_OPTION, 100), "max_selected_items": integer},
        ("options", "option_groups"),
    ),
    "users_select": Shape({}, _PICKED | {"initial_user": ID}),
    "conversations_select": Shape(
        {},
        _PICKED | {"initial_conversation": ID, "default_to_current_conversation": boolean, "filter": _CONVERSATIONS},
    ),
    "plain_text_input": Shape(
        {},
        _PICKED
        | {"initial_value": string(3000), "multiline": boolean, "min_length": integer, "max_length": integer}
        | {"dispatch_action_config": _DISPATCH},
    ),
    "checkboxes": Shape({"options": items(OPTION, 10)}, _ACTIVE | {"initial_options": items(OPTION, 10)}),
    "radio_buttons": Shape({"options": items(OPTION, 10)}, _ACTIVE | {"initial_option": OPTION}),
    "datepicker": Shape({}, _PICKED | {"initial_date": _DAY}),
    "image": Shape(_IMAGE),
    "feedback_buttons": Shape({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}),
    "icon_button": Shape(
        {"icon": choice("trash"), "text": text(75, PLAIN)},
        _STYLED | {"action_id": ID, "confirm": CONFIRM, "visible_to_user_ids": items(ID, 100)},
    ),
}
_CHOOSERS = (
    "static_select", "multi_static_select", "users_select", "conversations_select", "checkboxes", "radio_buttons",
    "datepicker",
)  # fmt: skip
_INPUTS = ("plain_text_input", *_CHOOSERS)
_ACTIONS = ("button", "overflow", *_CHOOSERS)

_STYLE = Shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_LONG = string(40_000)
_INLINE: dict[str, Check] = {
    "text": Shape({"text": string(40_000, shortest=1)}, {"style": _STYLE}),
    "link": Shape({"url": URL}, {"text": _LONG, "style": _STYLE, "unsafe": boolean}),
    "user": Shape({"user_id": ID}, {"style": _STYLE}),
    "channel": Shape({"channel_id": ID}, {"style": _STYLE}),
    "emoji": Shape({"name": ID}, {"unicode": ID, "skin_tone": integer, "style": _STYLE}),
    "broadcast": Shape({"range": choice("here", "channel", "everyone")}, {"style": _STYLE}),
    "usergroup": Shape({"usergroup_id": ID}, {"style": _STYLE}),
    "date": Shape({"timestamp": integer, "format": ID}, {"url": URL, "fallback": ID, "style": _STYLE}),
    "color": Shape({"value": ID}, {"style": _STYLE}),
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
_RICH_TEXT = Shape({"elements": items(typed(_RICH), 1000)}, {"block_id": ID})
_RICH_TYPED = typed({"rich_text": _RICH_TEXT})
_CELL = typed(
    {
        "raw_text": Shape({"text": string(40_000, shortest=1)}),
        "raw_number": Shape({"value": number}, {"text": _LONG}),
        "rich_text": _RICH_TEXT,
    }
)
_COLUMN = Shape({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})
_STATUS = choice("pending", "in_progress", "complete", "error")
_SOURCES = items(typed({"url": Shape({"url": URL, "text": string(255, shortest=1)}, {"icon_url": URL})}), 100)
_TITLE = string(256, shortest=1)
_TASK = Shape(
    {"task_id": ID, "title": _TITLE, "status": _STATUS},
    {"details": _RICH_TYPED, "output": _RICH_TYPED, "sources": _SOURCES, "block_id": ID},
)
_PICTURE = typed(ELEMENTS, "image")
_CARD = Shape(
    {},
    {"title": text(150), "subtitle": text(150), "body": text(200), "subtext": text(200), "block_id": ID}
    | {"hero_image": _PICTURE, "icon": _PICTURE, "actions": items(typed(ELEMENTS, "button"), 3)},
    ("hero_image", "title", "actions", "body"),
)
_CONTEXT = typed({PLAIN: text(3000), "mrkdwn": text(3000), "image": ELEMENTS["image"]})

BLOCKS: dict[str, Shape] = {
    "section": Shape(
        {},
        {
            "text": text(3000),
            "fields": items(text(2000), 10),
            "accessory": typed(ELEMENTS, "image", *_ACTIONS),
            "expand": boolean,
        },
        ("text", "fields"),
    ),
    "divider": Shape(),
    "header": Shape({"text": text(150, PLAIN)}),
    "context": Shape({"elements": items(_CONTEXT, 10)}),
    "actions": Shape({"elements": items(typed(ELEMENTS, *_ACTIONS), 25)}),
    "context_actions": Shape({"elements": items(typed(ELEMENTS, "feedback_buttons", "icon_button"), 5)}),
    "image": Shape(_IMAGE, {"title": text(2000, PLAIN)}),
    "input": Shape(
        {"label": text(2000, PLAIN), "element": typed(ELEMENTS, *_INPUTS)},
        {"hint": text(2000, PLAIN), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _RICH_TEXT,
    "markdown": Shape({"text": string(MAX_MARKDOWN, shortest=1)}),
    "table": Shape({"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(_COLUMN, 20)}),
    "task_card": _TASK,
    "plan": Shape({"title": _TITLE}, {"tasks": items(typed({"task_card": _TASK}), 50)}),
    "alert": Shape({"text": text(200)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "carousel": Shape({"elements": items(typed({"card": _CARD}), 10)}),
}
_NOT_IN = {
    "message": ("alert",),
    "view": ("markdown", "context_actions", "task_card", "plan", "table", "card", "carousel"),
}


def check_blocks(blocks: Any, *, view: bool = False, total: int = 0) -> None:
    """Raise Refused for blocks that Slack would not take in a message (or a view).

    `total`: characters that other blocks of the same message have already.
    """
    surface = "view" if view else "message"
    most = MAX_VIEW_BLOCKS if view else MAX_BLOCKS
    if not isinstance(blocks, list):
        raise no("blocks.list", "must be a list")
    if len(blocks) > most:
        raise no(f"blocks.at_most_{most}", f"no more than {most} items allowed; there are {len(blocks)}")
    seen: dict[str, set[str]] = {"block_id": set(), "action_id": set()}
    for place, block in enumerate(blocks):
        with at(place):
            kind = str(block.get("type")) if isinstance(block, dict) else ""
            if kind not in BLOCKS or kind in _NOT_IN[surface]:
                raise no(f"blocks.unknown_type.{kind}", f"unsupported type in a {surface}: {kind}")
            shape = BLOCKS[kind]
            Shape(shape.required, {"block_id": ID, **shape.optional}, shape.one_of)(block, kind)
            _check_unique(block, seen)
    if not view:
        _check_whole(blocks, total)


def _check_whole(blocks: list[Any], total: int) -> None:
    """What a message's blocks may be together."""
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MAX_MARKDOWN:
        raise Refused(
            "msg_blocks_too_long", f"markdown.all.max_{MAX_MARKDOWN}", f"the markdown blocks have {markdown} characters"
        )
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise Refused("invalid_attachments", "table.one_a_message", "only_one_table_allowed")
    total += sum(len(part) for part in strings(blocks))
    if total > MAX_ALL_BLOCKS:
        raise Refused("msg_blocks_too_long", f"blocks.max_{MAX_ALL_BLOCKS}", f"all blocks have {total} characters")


def _check_unique(block: Mapping[str, Any], seen: dict[str, set[str]]) -> None:
    for name, parts in (("block_id", [block]), ("action_id", list(elements_of(block)))):
        for part in parts:
            if (value := part.get(name)) is None:
                continue
            if value in seen[name]:
                raise no(f"blocks.unique_{name}", f"`{name}` {value} is not unique in this message")
            seen[name].add(value)


def elements_of(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of a block that people can press or fill in, cards in a carousel included."""
    inner = [*block.get("elements", ()), block.get("accessory"), block.get("element"), *block.get("actions", ())]
    for one in inner:
        if isinstance(one, dict) and one.get("type") == "card":
            yield from elements_of(one)
        elif isinstance(one, dict) and one.get("type") in ELEMENTS and one["type"] != "image":
            yield one


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


def _view_blocks(value: Any, rule: str) -> None:
    check_blocks(value, view=True)


_VIEW = Shape(
    {"type": choice("modal", "home"), "blocks": _view_blocks},
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
    with answered_with("invalid_arguments"), at("view"):
        _VIEW(view, "view")
        choice(kind)(view["type"], "view.type")
        if kind == "modal" and "title" not in view:
            raise no("view.title.required", "missing required field: title")
        if kind == "modal" and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
            raise no("view.submit.required", "a modal with inputs needs submit")
    if len(str(view).encode()) > MAX_VIEW_BYTES:
        raise Refused("view_too_large", f"view.max_{MAX_VIEW_BYTES}_bytes")


def _message_blocks(value: Any, rule: str) -> None:
    check_blocks(value)


_CHUNKS: dict[str, Check] = {
    "markdown_text": Shape({"text": string(MAX_MARKDOWN, shortest=1)}),
    "task_update": Shape(
        {"id": ID, "title": _TITLE, "status": _STATUS}, {"details": _TITLE, "output": _TITLE, "sources": _SOURCES}
    ),
    "plan_update": Shape({"title": _TITLE}),
    "blocks": Shape({"blocks": _message_blocks}),
}


def check_chunks(chunks: Any) -> None:
    """Raise Refused for chunks that a stream would not take."""
    with answered_with("invalid_chunks"), at("chunks"):
        items(typed(_CHUNKS), 100)(chunks, "chunks")
