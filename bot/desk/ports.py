"""What the use cases need from outside. Each adapter lives in a package of its own; bootstrap hands them in."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from bot.desk.model import (
    Answer,
    DraftEnd,
    DraftSentence,
    Passage,
    Prompt,
    Question,
    Retrieval,
    Turn,
)


class Engine(Protocol):
    """Search and writing. Raises RetrievalUnavailable, ModelUnavailable or ModelRefused, never a vendor's error."""

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval: ...

    def write(
        self, question: str, passages: Sequence[Passage], prompt: Prompt, turns: Sequence[Turn]
    ) -> AsyncIterator[DraftSentence | DraftEnd]:
        """Sentences in order, each as soon as it is complete, then exactly one DraftEnd."""
        ...


class Prompts(Protocol):
    def live(self, name: str) -> Prompt:
        """The released version of a prompt. Raises PromptInvalid."""
        ...


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, UTC and aware."""
        ...


class Stage(Protocol):
    """Where an answer appears while it is made: a Slack stream, a message that is updated, or a terminal."""

    async def progress(self, text: str) -> None:
        """A short line such as "Searching the documents"; may be dropped."""
        ...

    async def sentence(self, sentence: DraftSentence) -> None:
        """A checked sentence, which will not be withdrawn."""
        ...


class Conversations(Protocol):
    """The threads that the desk takes part in."""

    async def turns(self, question: Question) -> Sequence[Turn]:
        """What was said in the question's thread before it, oldest first."""
        ...


class Answers(Protocol):
    async def save(self, question: Question, desk: str, answer: Answer) -> None: ...

