"""Why an answer says what it says: its record, as far as whoever asks may see it (rule 6)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.desk.audience import OWNER, may_read
from bot.desk.errors import NotForThem
from bot.desk.model import AnswerRecord, Desk, Explanation, is_private
from bot.desk.ports import AnswerRecords, Shares


class Counter(Protocol):
    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        """How many documents fit the query that `audience` may not read. Raises RetrievalUnavailable."""
        ...


class ExplainAnswer:
    """Explains answers that are stored. Nothing is written."""

    def __init__(self, records: AnswerRecords, shares: Shares, counter: Counter, desks: Sequence[Desk]) -> None:
        self._records = records
        self._shares = shares
        self._counter = counter
        self._desks: Mapping[str, Desk] = {desk.name: desk for desk in desks}

    async def __call__(self, key: str, user: str, channel: str, readable: Sequence[str]) -> Explanation | None:
        """For `user`, who saw the answer in `channel` and may read what is for `readable`; None: it is not stored.

        Raises NotForThem where it can't be seen there, StoreUnavailable and RetrievalUnavailable.
        """
        record = await self._records.record(key)
        if record is None:
            return None
        if not await self._is_seen(record, user, channel):
            raise NotForThem(f"{user} in {channel} asks why {key}")
        theirs = (*readable, OWNER) if user == record.answer.asker else readable
        passages = tuple(one for one in record.passages if may_read(one.audience, theirs))
        return Explanation(record, passages, len(record.passages) - len(passages), await self._withheld(record))

    async def _is_seen(self, record: AnswerRecord, user: str, channel: str) -> bool:
        """Slack says in which channel the button was pressed, so that is true; what the button says may be old."""
        if not is_private(record.answer.key):
            return channel == record.channel
        return user == record.answer.asker or channel == await self._shares.shared_in(record.answer.key)

    async def _withheld(self, record: AnswerRecord) -> int | None:
        """For those who see the answer, not for whoever asks: that is why the answer has nothing of it."""
        desk = self._desks.get(record.answer.desk)
        if record.readable is None or not record.searched or desk is None:
            return None
        return await self._counter.count_withheld(record.searched, sources=desk.sources, audience=record.readable)
