"""What Slack sends when a person uses an element."""

from typing import Any

from ops.workspace.block_kit import elements_of
from ops.workspace.rules import Refused
from ops.workspace.state import Json

_NAMED = {"users_select": "selected_user", "conversations_select": "selected_conversation"}
_ONE_OF = ("static_select", "radio_buttons", "overflow")
_MANY_OF = ("multi_static_select", "checkboxes")


def action_on(blocks: list[Json], action_id: str, value: str | None = None) -> Json:
    """Use the element with this action_id. `value`: which button (of feedback buttons), option, user, or day.

    Raises Refused when nothing like that is shown.
    """
    for block in blocks:
        for element in elements_of(block):
            if element.get("action_id") == action_id and (used := _used(element, value)) is not None:
                return {"type": element["type"], "block_id": block["block_id"], "action_id": action_id, **used}
    raise Refused("no_such_action", "blocks.actions.exist", f"nothing here has action_id {action_id} and value {value}")


def _used(element: Json, value: str | None) -> Json | None:
    kind = element["type"]
    if kind == "feedback_buttons":
        halves = [element["positive_button"], element["negative_button"]]
        chosen = [half for half in halves if value in (None, half["value"])]
        return {"value": chosen[0]["value"], "text": chosen[0]["text"]} if chosen else None
    if kind in ("button", "icon_button"):
        return _button(element) if value in (None, element.get("value")) else None
    if kind in _ONE_OF or kind in _MANY_OF:
        options = [one for one in _options(element) if value in (None, one["value"])]
        if not options:
            return None
        return {"selected_option": options[0]} if kind in _ONE_OF else {"selected_options": options[:1]}
    return {_NAMED.get(kind, "selected_date" if kind == "datepicker" else "value"): value}


def _button(element: Json) -> Json:
    told = {"text": element["text"]}
    return told | ({"value": element["value"]} if "value" in element else {})


def _options(element: Json) -> list[Any]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]
