"""A short answer of Claude to one thing that the desk has to know before it searches."""

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam, OutputConfigParam

from bot.desk.errors import ModelUnavailable
from bot.desk.model import Usage
from bot.engine.claude_api import ClaudeApi, Deadline, cost_of, usage_of

log = logging.getLogger(__name__)

MAX_TOKENS = 500


@dataclass(slots=True)
class ShortReply:
    """What came. `text` is "" where it is not the whole; it was paid for all the same."""

    model: str
    text: str = ""
    usage: Usage | None = None
    cost_usd: float | None = None
    stop_reason: str | None = None  # None: it broke off

    def take(self, event: Any) -> None:
        match event.type:
            case "message_start":
                self.model = event.message.model
                self.usage = usage_of(event.message.usage, Usage())
            case "content_block_delta" if event.delta.type == "text_delta":
                self.text += event.delta.text
            case "message_delta":
                self.stop_reason = event.delta.stop_reason
                self.usage = usage_of(event.usage, self.usage or Usage())


async def short_reply(
    api: ClaudeApi,
    seconds: float,
    system: str,
    messages: Sequence[MessageParam],
    output_format: JSONOutputFormatParam | None = None,
) -> ShortReply:
    """Raises ModelUnavailable when there is no answer at all; one that is of no use is no error.

    Not `messages.parse()`: it raises what does not fit the format, and the tokens that were paid for are lost with it.
    """
    reply = ShortReply(api.settings.name)
    events = api.events(
        Deadline.after(seconds),
        model=api.settings.name,
        max_tokens=MAX_TOKENS,
        system=system,
        messages=messages,
        output_config=_output_config(api, output_format),
    )
    try:
        async with aclosing(events):
            async for event in events:
                reply.take(event)
    except ModelUnavailable as error:
        if reply.usage is None:
            raise
        log.warning("a short answer of the model broke off: %s", error)
        reply.stop_reason = None
    reply.cost_usd = cost_of(reply.usage, api.settings)
    await api.paid(reply.model, reply.cost_usd)
    reply.text = reply.text.strip() if reply.stop_reason == "end_turn" else ""
    return reply


def _output_config(api: ClaudeApi, output_format: JSONOutputFormatParam | None) -> OutputConfigParam | anthropic.Omit:
    """Where an effort is set the model takes one, and a short answer needs the least."""
    config = OutputConfigParam(effort="low") if api.settings.effort else OutputConfigParam()
    if output_format:
        config["format"] = output_format
    return config or anthropic.omit
