"""Triage by Claude's structured output, of what the classifier takes for a complaint. A reply that can't be used, be it
malformed, empty, refused or cut, is repaired once; whatever fails then, or costs too much, or does not come, is the
classifier's."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

import anthropic
from anthropic.types import JSONOutputFormatParam, MessageParam
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from bot.desk.beside import Beside
from bot.desk.budget import Budget, may_spend
from bot.desk.errors import ModelUnavailable
from bot.desk.languages import LANGUAGES
from bot.desk.model import Prompt
from bot.desk.triage import LONGEST, Triage, TriageRecord
from bot.desk.words import flat
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_short import short_reply
from bot.engine.triage import Classifier

log = logging.getLogger(__name__)

DEADLINE_S = 15.0  # each of two calls; the answer is out by then
LONGEST_PRODUCT = 80
TOLD = 600  # characters of what was wrong


class Form(BaseModel):
    """What the API is asked to fill in; `category` is one of the desk's. The API holds a model to the types, not to the
    limits: those are checked here."""

    model_config = ConfigDict(extra="forbid", strict=True)

    is_complaint: bool
    category: str
    severity: int = Field(ge=1, le=5)
    requires_escalation: bool
    language: str
    product: str = Field(max_length=LONGEST_PRODUCT)
    confidence: float = Field(ge=0, le=1)


class ClaudeTriager:
    """bot.desk.triage.Triager. Raises RetrievalUnavailable, and ModelUnavailable where only Claude could tell."""

    def __init__(
        self,
        api: ClaudeApi,
        prompt: Prompt,
        categories: Sequence[str],
        classifier: Classifier,
        beside: Callable[[str], Beside],
        *,
        budget: Budget | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._api = api
        self._prompt = prompt
        self._form: type[Form] = create_model("Form", __base__=Form, category=_one_of(categories))
        self._format: JSONOutputFormatParam = {"type": "json_schema", "schema": anthropic.transform_schema(self._form)}
        self._classifier = classifier
        self._beside = beside
        self._budget = budget
        self._deadline_s = deadline_s

    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord | None:
        """Most questions are no complaints, and to ask Claude about each would cost as much again as to answer it."""
        complaint = text.strip()[:LONGEST]
        if not complaint or not (escalated or await self._classifier.may_be_one(complaint)):
            return None
        form, outage = None, None
        try:
            form = await self._filled_in(complaint) if await may_spend(self._budget) else None
        except ModelUnavailable as error:
            log.warning("triage is the classifier's: %s", error)
            outage = error
        if form is not None:
            return await self._record(complaint, form) if form.is_complaint or escalated else None
        record = await self._classifier.triage(complaint, escalated=escalated)
        if record is None and escalated and outage is not None:  # the classifier does not know these categories
            raise outage
        return record

    async def _filled_in(self, complaint: str) -> Form | None:
        """None: wrong twice. Raises ModelUnavailable."""
        given = json.dumps({"message": complaint}, ensure_ascii=False)
        messages: list[MessageParam] = [{"role": "user", "content": [{"type": "text", "text": given}]}]
        for _ in range(2):
            reply = await short_reply(self._api, self._deadline_s, self._prompt.text, messages, self._format)
            try:
                return self._form.model_validate_json(reply.text)
            except ValidationError as error:
                wrong = _wrong(error) if reply.text else f"no whole reply ({reply.stop_reason or 'it broke off'})"
            log.warning("the model's triage is not what was asked for: %s", wrong)
            if reply.text:  # the API takes no turn without content
                messages.append({"role": "assistant", "content": reply.text})
            again = f"That does not fit the form: {wrong}. Give the whole form again."
            messages.append({"role": "user", "content": again})
        return None

    async def _record(self, complaint: str, form: Form) -> TriageRecord:
        """A product counts if the text names it."""
        found = await asyncio.to_thread(self._beside, complaint)
        product = flat(form.product).strip()
        named = product if product and product.lower() in flat(complaint).lower() else None
        triage = Triage(
            complaint=complaint,
            category=form.category,
            severity=form.severity,
            requires_escalation=form.requires_escalation,
        )
        return TriageRecord(
            triage,
            language=LANGUAGES.get(form.language.lower(), found.language),
            order=found.order,
            product=named or found.product,
            confidence=form.confidence,
            made_by=f"claude {self._api.settings.name}",
        )


def _one_of(categories: Sequence[str]) -> Any:
    """A field's type, which only the settings know."""
    return (Literal[tuple(categories)], ...)


def _wrong(error: ValidationError) -> str:
    """What the model is told; nothing of what it wrote."""
    told: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False, include_input=False)]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}" for one in told)[:TOLD]
