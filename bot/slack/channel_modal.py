"""The modal in which admins set how the desk takes part in a channel. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.desk.desk_settings import Mode
from bot.desk.model import Desk
from bot.slack.blocks import Block
from bot.slack.mrkdwn import plain

MODAL, PICKED = "channel_settings", "channel_picked"
CHANNEL = "channel"  # the picker's block
_AS_CONFIGURED = "="  # no desk has this value: the others are their numbers
_MOST = 99

_MODES = {
    Mode.MENTIONS: ("Mentions", "I answer who mentions me."),
    Mode.QUESTIONS: ("Questions", "I answer questions, too, when I am sure."),
    Mode.OFFER: ("Offer", "I ask the asker privately, and post nothing."),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was sent. `desk` None: as configured."""

    channel: str
    mode: Mode
    desk: str | None


def modal(desks: Sequence[Desk], configured: Desk | None, chosen: Chosen | None) -> dict[str, Any]:
    """`chosen` is the channel's setting as it stands, once one is picked, and `configured` the desk that it has without
    one. A block_id with the channel in it is a new field to Slack, so that it shows what is set there."""
    blocks = [_picker(chosen.channel if chosen else None)]
    if chosen:
        blocks += [_modes(chosen), _desks(desks, configured, chosen)]
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": MODAL,
        "title": _plain("Channel settings"),
        "close": _plain("Cancel"),
        "submit": _plain("Save" if chosen else "Next"),
        "blocks": blocks,
    }
    return view


def chosen_in(view: Mapping[str, Any], desks: Sequence[Desk]) -> Chosen | None:
    """What stands in the modal; None before a channel is picked."""
    entered = [(block, fields) for block, fields in view["state"]["values"].items()]
    values: dict[str, Any] = {block.partition(":")[0]: next(iter(fields.values()), {}) for block, fields in entered}
    channel = values.get(CHANNEL, {}).get("selected_conversation")
    if not channel:
        return None
    mode = (values.get("mode", {}).get("selected_option") or {}).get("value")
    number = (values.get("desk", {}).get("selected_option") or {}).get("value", _AS_CONFIGURED)
    named = next((desk.name for at, desk in enumerate(desks) if str(at) == number), None)
    return Chosen(str(channel), Mode(mode) if mode else Mode.MENTIONS, named)


def asks_about(view: Mapping[str, Any], channel: str) -> bool:
    """Whether it shows what is set for that channel: not before one is picked, nor, for a moment, after another is."""
    return any(block["block_id"] == f"mode:{channel}" for block in view["blocks"])


def _picker(channel: str | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "action_id": PICKED,
        "placeholder": _plain("Choose a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return {
        "type": "input",
        "block_id": CHANNEL,
        "dispatch_action": True,
        "label": _plain("Channel"),
        "hint": _plain("One that I am in. Its id is kept, so it may be renamed."),
        "element": element | ({"initial_conversation": channel} if channel else {}),
    }


def _modes(chosen: Chosen) -> Block:
    options = {mode: _option(label, mode.value, said) for mode, (label, said) in _MODES.items()}
    return {
        "type": "input",
        "block_id": f"mode:{chosen.channel}",
        "label": _plain("What I do there"),
        "element": {
            "type": "radio_buttons",
            "action_id": "mode",
            "options": list(options.values()),
            "initial_option": options[chosen.mode],
        },
    }


def _desks(desks: Sequence[Desk], configured: Desk | None, chosen: Chosen) -> Block:
    usual = f"As configured ({configured.name})" if configured else "As configured"
    options: dict[str | None, Block] = {None: _option(usual, _AS_CONFIGURED)}
    options |= {desk.name: _option(desk.name, str(at)) for at, desk in enumerate(desks[:_MOST])}
    return {
        "type": "input",
        "block_id": f"desk:{chosen.channel}",
        "label": _plain("Desk"),
        "hint": _plain("Whose documents and voice answer there."),
        "element": {
            "type": "static_select",
            "action_id": "desk",
            "options": list(options.values()),
            "initial_option": options.get(chosen.desk, options[None]),
        },
    }


def _option(label: str, value: str, said: str = "") -> Block:
    return {"text": _plain(label), "value": value} | ({"description": _plain(said)} if said else {})


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": plain(text, 75)}
