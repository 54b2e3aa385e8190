"""What desks have learnt, as ingest lists it: from the store, which ingest does not know."""

import asyncio
from collections.abc import Sequence

from bot.desk.errors import Unavailable
from bot.store import Store
from ingest.model import SourceError
from ingest.sources.resolved import Entry

_PATIENCE_S = 30.0


class StoredEntries:
    """ingest.sources.resolved.Entries over the store, whose loop is another thread's."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self._store = store
        self._loop = loop

    def __call__(self, desk: str) -> Sequence[Entry]:
        asked = asyncio.run_coroutine_threadsafe(self._store.learnings.good(desk), self._loop)
        try:
            found = asked.result(_PATIENCE_S)
        except (Unavailable, TimeoutError) as error:
            asked.cancel()
            raise SourceError(f"What desk {desk} has learnt can't be read now; the next sync does.") from error
        return [
            Entry(one.id, one.question, one.answer, one.audience, one.uri, one.decided_at or one.created_at)
            for one in found
        ]
