"""What stands in the pictures of a question, found out before the documents are searched: a screenshot of an error is
no use to a search that never saw it."""

import logging
from dataclasses import replace

from bot.desk.budget import Budget
from bot.desk.courtesy import wants_human
from bot.desk.errors import ModelUnavailable
from bot.desk.model import DraftEnd, Question
from bot.desk.ports import Engine
from bot.desk.timing import Timer

log = logging.getLogger(__name__)


async def looked_at(
    question: Question, engine: Engine, budget: Budget | None, timer: Timer
) -> tuple[Question, DraftEnd | None]:
    """The question with what its pictures show as the text of the first, and what that cost; as it is, where the model
    can't look now: then the writer is shown them all the same."""
    pictures = question.pictures
    if not pictures or wants_human(question.text) or (budget is not None and await budget.spent()):
        return question, None
    try:
        with timer.stage("look"):
            seen, end = await engine.look(pictures)
    except ModelUnavailable as error:
        log.warning("%s: the pictures were not looked at before the search: %s", question.key, error)
        return question, None
    told = tuple(replace(one, text=seen) if one is pictures[0] else one for one in question.attachments)
    return replace(question, attachments=told), end
