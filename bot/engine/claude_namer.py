"""Claude as who names a gap: what some questions have in common, in a few words."""

import json
import logging
from collections.abc import Sequence

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam
from pydantic import BaseModel, Field

from bot.desk.model import Prompt
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_short import short_reply

log = logging.getLogger(__name__)

DEADLINE_S = 10.0  # nobody waits for it but an operator, and its words name a gap too


class Name(BaseModel):
    """What the API is asked to fill in."""

    name: str = Field(description="What the questions have in common, in two to six words; empty: nothing")


_FILLED_IN: JSONOutputFormatParam = {"type": "json_schema", "schema": anthropic.transform_schema(Name)}


class ClaudeNamer:
    """bot.desk.gaps.GapNamer: one short structured call. A reply that is of no use is no error: it was paid for, and is
    given without a name."""

    def __init__(self, api: ClaudeApi, prompt: Prompt, *, deadline_s: float = DEADLINE_S) -> None:
        self._api = api
        self._prompt = prompt
        self._deadline_s = deadline_s

    async def name(self, questions: Sequence[str]) -> str:
        """What people wrote is data in a message, as JSON: no quote of theirs ends it (rule 7)."""
        given = json.dumps({"questions": list(questions)}, ensure_ascii=False)
        message: MessageParam = {"role": "user", "content": [{"type": "text", "text": given}]}
        reply = await short_reply(self._api, self._deadline_s, self._prompt.text, [message], _FILLED_IN)
        return _read(reply.text) if reply.text else ""


def _read(text: str) -> str:
    try:
        return Name.model_validate_json(text).name.strip()
    except ValueError:
        log.warning("the model's name for a gap is not what was asked for")
        return ""
