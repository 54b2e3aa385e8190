"""What /sources finds."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.desk.look_up_sources import LookUpSources
from bot.desk.model import Desk, Passage, Retrieval


def passage(text: str, document: str = "d1") -> Passage:
    return Passage(document, document, "docs", "TV sets", "", text, "https://x.example", datetime.now(UTC), 0, 0.03)


class Found:
    """An Engine that found this."""

    def __init__(self, passages: Sequence[Passage] = (), nearest: Sequence[Passage] = ()) -> None:
        self._found = Retrieval(tuple(passages), tuple(nearest), 1)

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        return self._found

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        return 0


async def look_up(words: str, engine: Found) -> list[str]:
    hits = await LookUpSources(engine)(words, Desk("support", "x"), ("everyone",))
    return [hit.document_id for hit in hits.hits]


async def test_nonsense_finds_nothing() -> None:
    """Something is always nearest; without a word of the search in it, it is not a find."""
    nearest = [passage("A large television."), passage("A projector for your wall.", "d2")]
    assert await look_up("qwertyzxcv", Found(nearest=nearest)) == []
    assert await look_up("projector", Found(nearest=nearest)) == ["d2"]


async def test_what_reached_the_floor_needs_no_word() -> None:
    assert await look_up("screens", Found([passage("A large television.")])) == ["d1"]
