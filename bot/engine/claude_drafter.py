"""Claude as the drafter of what a resolved thread taught: one question, one answer."""

import json
import logging
from collections.abc import Sequence

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam
from pydantic import BaseModel, Field

from bot.desk.learning import Written
from bot.desk.model import Prompt
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_short import short_reply

log = logging.getLogger(__name__)

DEADLINE_S = 20.0  # nobody waits for it, and the rules have a draft too


class Entry(BaseModel):
    """What the API is asked to fill in."""

    question: str = Field(description="One sentence that stands alone; empty where the thread helps nobody else")
    answer: str = Field(description="What the agent said, to whoever asks; empty where the thread helps nobody else")


_FILLED_IN: JSONOutputFormatParam = {"type": "json_schema", "schema": anthropic.transform_schema(Entry)}


class ClaudeDrafter:
    """bot.desk.learning.Drafter: one short structured call. Raises ModelUnavailable when there is no answer at all; one
    that is of no use is no error: it was paid for, and is given without text."""

    def __init__(self, api: ClaudeApi, prompt: Prompt, *, deadline_s: float = DEADLINE_S) -> None:
        self._api = api
        self._prompt = prompt
        self._deadline_s = deadline_s

    async def write(self, messages: Sequence[tuple[str, str]]) -> Written:
        """What people wrote is data in a message, as JSON: no quote of theirs ends it (rule 7)."""
        thread = [{"from": role, "text": text} for role, text in messages]
        given = json.dumps({"thread": thread}, ensure_ascii=False)
        message: MessageParam = {"role": "user", "content": [{"type": "text", "text": given}]}
        reply = await short_reply(self._api, self._deadline_s, self._prompt.text, [message], _FILLED_IN)
        question, answer = _read(reply.text) if reply.text else ("", "")
        return Written(question, answer, reply.usage, reply.cost_usd)


def _read(text: str) -> tuple[str, str]:
    try:
        entry = Entry.model_validate_json(text)
    except ValueError:
        log.warning("the model's draft is not what was asked for")
        return "", ""
    return entry.question.strip(), entry.answer.strip()
