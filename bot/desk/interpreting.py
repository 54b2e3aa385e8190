"""What a message asks, where the rules are not enough: a model says it in English and so that it stands alone.

What comes back is used for the search alone; the writer gets the message and the thread as they were written.
"""

import logging
from collections.abc import Sequence

from bot.desk.asking import questions_in
from bot.desk.budget import Budget
from bot.desk.conversation import standalone
from bot.desk.errors import ModelUnavailable
from bot.desk.languages import is_english
from bot.desk.model import Answer, DraftEnd, Interpreted, Turn
from bot.desk.ports import Interpreter
from bot.desk.timing import Timer

log = logging.getLogger(__name__)

ENGLISH_NOW = "I can only read English right now. Could you ask me that in English?"
BY_THE_RULES = Interpreted()


def needed(message: str, turns: Sequence[Turn]) -> bool:
    """Whether a message is more than one plain English question that stands alone. Cheap: most messages are no more.

    In a thread that is not in English a message may be too short to tell its own language. One without words has only
    its files, which tell what is meant by themselves (attachments.py).
    """
    if not message.strip():
        return False
    follows = standalone(message, turns) != standalone(message, ())
    said = (message, *(turn.text for turn in turns if turn.role == "asker"))
    return follows or len(questions_in(message)) > 1 or not all(map(is_english, said))


class Interpreting:
    """One question's interpretation: asked for once, however often its answer is made anew, and paid for in any case.

    `interpreter` None: no model is configured, so the rules are all there is.
    """

    def __init__(self, interpreter: Interpreter | None, budget: Budget | None) -> None:
        self._interpreter = interpreter
        self._budget = budget
        self._done: Interpreted | None = None

    async def of(self, message: str, turns: Sequence[Turn], timer: Timer, *, foreign: bool = False) -> Interpreted:
        """BY_THE_RULES where the model is not needed, or of no use; `foreign`: the message does not read like English.
        Raises StoreUnavailable, as Budget does."""
        if self._interpreter is None or not (foreign or needed(message, turns)):
            return BY_THE_RULES
        if self._done is None:
            with timer.stage("interpret"):
                self._done = await self._asked(self._interpreter, message, turns)
        return self._done

    async def _asked(self, interpreter: Interpreter, message: str, turns: Sequence[Turn]) -> Interpreted:
        if self._budget is not None and await self._budget.spent():
            return Interpreted(complete=False)
        try:
            return await interpreter.interpret(message, turns)
        except ModelUnavailable as error:
            log.warning("a message is understood by the rules: %s", error)
            return Interpreted(complete=False)

    def paid(self, answer: Answer) -> Answer:
        """The answer with the tokens and the cost of its interpretation."""
        if self._done is None or self._done.usage is None:
            return answer
        return answer.after(DraftEnd("", self._done.usage, self._done.cost_usd))


def asks_for_english(interpreted: Interpreted, message: str, *, foreign: bool = False) -> str:
    """What to ask back where a message can't be read without the model, and that is away: an outage is no empty
    result (rule 5). "" where it can."""
    return ENGLISH_NOW if not interpreted.complete and (foreign or not is_english(message)) else ""
