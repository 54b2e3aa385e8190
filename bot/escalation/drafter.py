"""Makes the draft of a resolved thread: a model's where there is one and it may be asked, else the rules'."""

import logging
from dataclasses import dataclass

from bot.desk.budget import Budget
from bot.desk.errors import ModelUnavailable
from bot.desk.human_path import Escalation, Escalations
from bot.desk.learning import Draft, Drafter, ReadThread
from bot.escalation.drafting import by_model, by_rules, talk_of
from bot.redaction import Redactor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drafting:
    """What makes a draft. `drafter` None: no model is configured."""

    redactor: Redactor
    drafter: Drafter | None = None
    budget: Budget | None = None

    async def draft(self, one: Escalation, escalations: Escalations, thread: ReadThread) -> Draft | None:
        """None: the thread holds no answer. Raises StoreUnavailable."""
        talk = talk_of(one, await escalations.transitions(one.id), thread, self.redactor)
        ruled = by_rules(talk)
        if ruled is None or self.drafter is None or (self.budget is not None and await self.budget.spent()):
            return ruled
        try:
            return by_model(await self.drafter.write(talk.for_model), talk) or ruled
        except ModelUnavailable as error:
            log.warning("what %s taught is drafted by the rules: %s", one.id, error)
            return ruled
