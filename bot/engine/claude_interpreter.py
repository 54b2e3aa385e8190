"""Claude as the interpreter: what a message asks, in English and to be understood alone, for the search."""

import json
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import anthropic
from pydantic import BaseModel, Field

from bot.desk.asking import MOST
from bot.desk.errors import ModelUnavailable
from bot.desk.languages import LANGUAGES
from bot.desk.model import Interpreted, Prompt, Turn, Usage
from bot.desk.words import flat
from bot.engine.claude_api import ClaudeApi, Deadline, cost_of, usage_of

log = logging.getLogger(__name__)

DEADLINE_S = 6.0  # somebody waits, and has not seen a word yet: the rules are better than a late answer
MAX_TOKENS = 500
LONGEST = 300  # characters of a question


class Reading(BaseModel):
    """What the API is asked to fill in. The limits that it can't be held to are checked in _read()."""

    questions: list[str] = Field(description="In English, each to be understood alone")
    language: str = Field(description="ISO 639-1 code of the language to answer in")


class ClaudeInterpreter:
    """One short structured call. Raises ModelUnavailable when there is no answer at all; one that is of no use is no
    error: it was paid for, and is given without questions."""

    def __init__(self, api: ClaudeApi, prompt: Prompt, *, deadline_s: float = DEADLINE_S) -> None:
        self._api = api
        self._prompt = prompt
        self._deadline_s = deadline_s

    async def interpret(self, message: str, turns: Sequence[Turn]) -> Interpreted:
        reply = _Reply()
        try:
            events = self._api.events(Deadline.after(self._deadline_s), **self._request(message, turns))
            async with aclosing(events):
                async for event in events:
                    reply.take(event)
        except ModelUnavailable as error:
            if reply.usage is None:
                raise
            log.warning("the model's reading of a message broke off: %s", error)
            reply.stop_reason = None
        questions, language = _read(reply.text) if reply.stop_reason == "end_turn" else ((), "")
        return Interpreted(
            questions,
            language,
            reply.usage,
            cost_of(reply.usage, self._api.settings),
            complete=reply.stop_reason is not None,
        )

    def _request(self, message: str, turns: Sequence[Turn]) -> dict[str, Any]:
        """What people wrote is data in a message, as JSON: no quote of theirs ends it (rule 7).

        Not `messages.parse()`: it raises what does not fit, and the tokens that were paid for are lost with it.
        """
        settings = self._api.settings
        thread = [{"from": turn.role, "text": turn.text} for turn in turns]
        given = json.dumps({"thread": thread, "message": message}, ensure_ascii=False)
        schema = {"type": "json_schema", "schema": anthropic.transform_schema(Reading)}
        return {
            "model": settings.name,
            "max_tokens": MAX_TOKENS,
            "system": self._prompt.text,
            "messages": [{"role": "user", "content": [{"type": "text", "text": given}]}],
            # Where an effort is set the model takes one, and this needs the least.
            "output_config": {"format": schema} | ({"effort": "low"} if settings.effort else {}),
        }


@dataclass(slots=True)
class _Reply:
    text: str = ""
    usage: Usage | None = None
    stop_reason: str | None = None

    def take(self, event: Any) -> None:
        match event.type:
            case "message_start":
                self.usage = usage_of(event.message.usage, Usage())
            case "content_block_delta" if event.delta.type == "text_delta":
                self.text += event.delta.text
            case "message_delta":
                self.stop_reason = event.delta.stop_reason
                self.usage = usage_of(event.usage, self.usage or Usage())


def _read(text: str) -> tuple[tuple[str, ...], str]:
    """The questions that can be used, and the language; what is no text, empty or too long is dropped."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        log.warning("the model's reading of a message is not what was asked for")
        return (), ""
    asked = given.get("questions")
    said = [flat(one).strip() for one in asked if isinstance(one, str)] if isinstance(asked, list) else []
    questions = [one for one in dict.fromkeys(said) if one and len(one) <= LONGEST][:MOST]
    language = given.get("language")
    return tuple(questions), LANGUAGES.get(language.lower(), "") if isinstance(language, str) else ""
