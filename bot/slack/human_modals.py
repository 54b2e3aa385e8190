"""What opens over Slack when an agent replies as the desk, hands a request over or resolves it with a reason. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.blocks import Block, rich, span

View = dict[str, Any]

REPLIED, HANDED_OVER, RESOLVED = "human_replied", "human_handed_over", "human_resolved"  # callback ids
TEXT, THEN, TO, REASON = "text", "then", "to", "reason"  # the blocks, and what they are called in a view's state
_ASKS = "asks"
MOST_TEXT, MOST_REASON = 3_000, 300  # characters


@dataclass(frozen=True, slots=True)
class Submitted:
    """What an agent sent. `view` is the id of the window: sent twice it is one."""

    escalation_id: str
    user: str
    view: str
    text: str = ""
    asks: bool = False
    to: str = ""
    reason: str = ""


def reply_modal(escalation_id: str) -> View:
    told = "The asker reads this in their thread, under your name. It can mention nobody."
    after = [
        ("It should solve it: ask them whether it did", "solves"),
        ("I need an answer from them", _ASKS),
    ]
    options = [{"text": _text(label), "value": value} for label, value in after]
    then: Block = {"type": "radio_buttons", "action_id": THEN, "options": options, "initial_option": options[0]}
    return _modal(
        "Reply as the desk",
        REPLIED,
        escalation_id,
        "Send",
        [rich(span(told)), _written(TEXT, "Your reply", MOST_TEXT), _input(THEN, "And then", then)],
    )


def hand_over_modal(escalation_id: str) -> View:
    who: Block = {"type": "users_select", "action_id": TO, "placeholder": _text("Choose a colleague")}
    return _modal(
        "Hand over",
        HANDED_OVER,
        escalation_id,
        "Hand over",
        [_input(TO, "Who has it from now on", who), _written(REASON, "What they should know", optional=True)],
    )


def resolve_modal(escalation_id: str) -> View:
    return _modal(
        "Resolve",
        RESOLVED,
        escalation_id,
        "Resolve",
        [_written(REASON, "Why, in words for the asker")],
    )


def submitted(body: Mapping[str, Any]) -> Submitted:
    """What stands in a window that was sent."""
    view = body["view"]
    values = (view.get("state") or {}).get("values") or {}

    def of(name: str) -> Mapping[str, Any]:
        return (values.get(name) or {}).get(name) or {}

    return Submitted(
        escalation_id=str(view.get("private_metadata") or ""),
        user=str(body["user"]["id"]),
        view=str(view.get("id") or ""),
        text=_words(of(TEXT), MOST_TEXT),
        asks=(of(THEN).get("selected_option") or {}).get("value") == _ASKS,
        to=str(of(TO).get("selected_user") or ""),
        reason=_words(of(REASON), MOST_REASON),
    )


def _words(element: Mapping[str, Any], most: int) -> str:
    return str(element.get("value") or "").replace("\x00", "").strip()[:most]


def _written(name: str, label: str, most: int = MOST_REASON, *, optional: bool = False) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": True, "max_length": most}
    return _input(name, label, element) | ({"optional": True} if optional else {})


def _input(name: str, label: str, element: Block) -> Block:
    return {"type": "input", "block_id": name, "label": _text(label), "element": element}


def _modal(title: str, callback_id: str, escalation_id: str, submit: str, blocks: list[Block]) -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": escalation_id,
        "title": _text(title),
        "submit": _text(submit),
        "close": _text("Cancel"),
        "blocks": blocks,
    }


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": text}
