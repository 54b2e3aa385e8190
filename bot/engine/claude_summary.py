"""Claude as who tells an agent in short what somebody wants who asks for a human."""

import json
import logging

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam
from pydantic import BaseModel, Field

from bot.desk.budget import Budget, may_spend
from bot.desk.errors import ModelUnavailable
from bot.desk.model import Prompt
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_short import short_reply

log = logging.getLogger(__name__)

DEADLINE_S = 20.0  # the brief is posted by then
WORTH_IT = 280  # characters: what is shorter and one message is read as quickly itself
LONGEST = 600  # characters of a summary


class Summary(BaseModel):
    """What the API is asked to fill in."""

    summary: str = Field(description="What they want, in at most three short sentences; empty: nothing but a human")


_FILLED_IN: JSONOutputFormatParam = {"type": "json_schema", "schema": anthropic.transform_schema(Summary)}


class ClaudeSummarizer:
    """bot.desk.triage.Summarizer. A brief does without it where Claude is away, spent or of no use."""

    def __init__(
        self, api: ClaudeApi, prompt: Prompt, budget: Budget | None = None, *, deadline_s: float = DEADLINE_S
    ) -> None:
        self._api = api
        self._prompt = prompt
        self._budget = budget
        self._deadline_s = deadline_s

    async def summary(self, wrote: str) -> str:
        if "\n" not in wrote and len(wrote) < WORTH_IT:
            return ""
        given = json.dumps({"wrote": wrote}, ensure_ascii=False)
        message: MessageParam = {"role": "user", "content": [{"type": "text", "text": given}]}
        try:
            if not await may_spend(self._budget):
                return ""
            reply = await short_reply(self._api, self._deadline_s, self._prompt.text, [message], _FILLED_IN)
            return Summary.model_validate_json(reply.text).summary.strip()[:LONGEST] if reply.text else ""
        except (ModelUnavailable, ValueError) as error:
            log.warning("a brief has no summary: %s", type(error).__name__)
            return ""
