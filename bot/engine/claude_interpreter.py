"""Claude as the interpreter: what a message asks, in English and to be understood alone, for the search."""

import json
import logging
from collections.abc import Sequence

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam
from pydantic import BaseModel, Field

from bot.desk.languages import LANGUAGES
from bot.desk.model import Interpreted, Prompt, Turn
from bot.desk.words import flat
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_short import short_reply

log = logging.getLogger(__name__)

DEADLINE_S = 6.0  # somebody waits, and has not seen a word yet: the rules are better than a late answer
MOST = 3  # questions, as its prompt says
LONGEST = 300  # characters of a question


class Reading(BaseModel):
    """What the API is asked to fill in. The limits that it can't be held to are checked in _read()."""

    questions: list[str] = Field(description="In English, each to be understood alone")
    language: str = Field(description="ISO 639-1 code of the language to answer in")


_FILLED_IN: JSONOutputFormatParam = {"type": "json_schema", "schema": anthropic.transform_schema(Reading)}


class ClaudeInterpreter:
    """One short structured call. Raises ModelUnavailable when there is no answer at all; one that is of no use is no
    error: it was paid for, and is given without questions."""

    def __init__(self, api: ClaudeApi, prompt: Prompt, *, deadline_s: float = DEADLINE_S) -> None:
        self._api = api
        self._prompt = prompt
        self._deadline_s = deadline_s

    async def interpret(self, message: str, turns: Sequence[Turn]) -> Interpreted:
        reply = await short_reply(self._api, self._deadline_s, self._prompt.text, [_given(message, turns)], _FILLED_IN)
        questions, language = _read(reply.text) if reply.text else ((), "")
        return Interpreted(questions, language, reply.usage, reply.cost_usd, complete=reply.stop_reason is not None)


def _given(message: str, turns: Sequence[Turn]) -> MessageParam:
    """What people wrote is data in a message, as JSON: no quote of theirs ends it (rule 7)."""
    thread = [{"from": turn.role, "text": turn.text} for turn in turns]
    given = json.dumps({"thread": thread, "message": message}, ensure_ascii=False)
    return {"role": "user", "content": [{"type": "text", "text": given}]}


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
