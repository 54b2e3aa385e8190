"""Answers that an earlier run stored and did not get to show: shown now, and not made and paid for again."""

from bot.desk.audience import OWNER, may_read
from bot.desk.model import Answer, Outcome, Question, StoredAnswer
from bot.desk.ports import Answers
from bot.slack.people import People


class StoredAnswers:
    def __init__(self, answers: Answers, people: People) -> None:
        self._answers = answers
        self._people = people

    async def of(self, question: Question) -> Answer | None:
        """None: it is to be made anew."""
        stored = await self._answers.get(question.key)
        if stored is None or not await self._may_be_shown(question, stored):
            return None
        return Answer(
            stored.outcome,
            stored.text,
            citations=stored.citations,
            notice=stored.notice,
            private=stored.private,
            answered_at=stored.created_at,
        )

    async def _may_be_shown(self, question: Question, stored: StoredAnswer) -> bool:
        """Whether an earlier run's answer is one to this text, which was not left unsaid, and all that it was made from
        may still be read there."""
        if stored.outcome is Outcome.FAILED or not stored.text or stored.question != question.text:
            return False
        readable = await self._people.readable(question.place, question.asker, now=True)
        # Of an order only its asker was told more than that it was looked up.
        return all(may_read(audience, (*readable.keywords, OWNER)) for audience in stored.audiences)
