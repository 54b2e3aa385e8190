"""An answer's sentences on their way to people: each is checked before it is shown, and what was shown stays."""

import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from bot.desk.grounding import Numbering, Rejected, check
from bot.desk.model import DraftEnd, DraftSentence, Passage, Question
from bot.desk.ports import Stage
from bot.desk.timing import Timer

log = logging.getLogger(__name__)

_OFFER = re.compile(
    r"\b(?:human|agent|person|colleague|someone|somebody|connect)\b", re.IGNORECASE
)  # an abstention makes it
Draft = AsyncGenerator[DraftSentence | Passage | DraftEnd, None]


@dataclass(slots=True)
class Shown:
    """The sentences of one answer on their way to the stage (rule 4)."""

    question: Question
    stage: Stage
    timer: Timer
    passages: list[Passage]  # what may be cited; a look-up adds to it
    sentences: list[DraftSentence] = field(default_factory=list)
    waiting: list[DraftSentence] = field(default_factory=list)  # without a source; shown once one with a source follows
    rejected: list[str] = field(default_factory=list)
    numbering: Numbering = field(default_factory=Numbering)
    refuses: Callable[[DraftSentence], bool] = lambda sentence: False  # what may not be said, however well cited
    held: bool = False  # nothing reaches the stage before release()
    refused: bool = False  # a sentence was; nothing that follows it is shown

    @property
    def empty(self) -> bool:
        return not self.sentences

    async def play(self, draft: Draft) -> DraftEnd:
        """Show what holds of a draft. Raises what its writer raises; what was shown stays shown."""
        async with aclosing(draft):
            while True:
                with self.timer.stage("write"):
                    piece = await anext(draft)
                if isinstance(piece, DraftEnd):
                    return piece
                if isinstance(piece, Passage):
                    self.passages.append(piece)
                else:
                    await self._take(piece)

    async def _take(self, sentence: DraftSentence) -> None:
        if self.refused or self.refuses(sentence):
            if not self.refused:
                self.rejected.append(f"{sentence.text.strip()[:200]!r}: it promises what was not checked")
            self.refused = True
            return
        with self.timer.stage("ground"):
            checked = check(sentence, self.passages, self.question.text)
        if isinstance(checked, Rejected):
            self.rejected.append(str(checked))
            log.info("%s: not shown: %s", self.question.key, checked)
        elif not checked.citations:
            self.waiting.append(checked)
        else:
            for ready in (*self.waiting, checked):
                await self.show(ready)
            self.waiting.clear()

    async def show(self, sentence: DraftSentence) -> None:
        marked = self.numbering.mark(sentence)
        self.sentences.append(marked)
        if not self.held:
            await self._to_stage(marked)

    async def release(self) -> None:
        """Show what was held back, and from now on each sentence at once."""
        held, self.held = self.held, False
        for sentence in self.sentences if held else ():
            await self._to_stage(sentence)

    def restart(self) -> None:
        """Begin again, after a draft of which nothing was shown."""
        self.sentences.clear()
        self.waiting.clear()
        self.numbering = Numbering()
        self.refused = False

    async def _to_stage(self, marked: DraftSentence) -> None:
        await self.timer.waiting("show", self.stage.sentence(marked))
        self.timer.first("first_sentence")

    async def finish(self, *, only_questions: bool) -> None:
        """Show what follows the last source, such as an offer of a human; a line that leads to nothing is dropped."""
        for sentence in self.waiting:
            asks = sentence.text.rstrip(" \n*_").endswith("?") and not _OFFER.search(sentence.text)
            if asks or not (only_questions or sentence.text.rstrip().endswith(":")):
                await self.show(sentence)
        self.waiting.clear()
