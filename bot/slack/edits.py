"""Questions that are edited while they are answered.

An edit counts while the question waits, and within `EDIT_S` seconds of its arrival as long as nothing of an answer is
shown: then it is answered as edited, once. What is shown already stays, and an edit changes nothing of it; whoever
wants another answer asks again. The store holds the text, so it does not matter which replica hears of the edit.
"""

from contextlib import suppress
from dataclasses import dataclass

from bot.desk.errors import QuestionEdited, Unavailable
from bot.desk.model import DraftSentence, Question
from bot.desk.ports import Inbox, Stage

EDIT_S = 10.0


@dataclass(slots=True)
class AsAsked:
    """The stage of one question. Before its first sentence is shown, the question's text is looked at again."""

    stage: Stage
    inbox: Inbox
    question: Question
    shown: bool = False

    async def check(self) -> None:
        """Raises QuestionEdited when nothing is shown yet and the text is another by now."""
        if self.shown:
            return
        text = None
        with suppress(Unavailable):  # then it is answered as it was asked
            text = await self.inbox.text(self.question.key)
        if text is not None and text != self.question.text:
            raise QuestionEdited(text)

    async def progress(self, text: str) -> None:
        await self.stage.progress(text)

    async def sentence(self, sentence: DraftSentence) -> None:
        await self.check()
        self.shown = True
        await self.stage.sentence(sentence)
