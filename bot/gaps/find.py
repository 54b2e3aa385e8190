"""What the documents lack, in order: what was asked in vain, what of it wants the same, its name, and what is near."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.desk.errors import RetrievalUnavailable
from bot.desk.gaps import Gap, Gaps, Unmet, UnmetQuestions
from bot.desk.model import Desk
from bot.desk.ports import Clock
from bot.gaps.clustering import MOST, central, clusters
from bot.gaps.documents import Documents
from bot.gaps.names import Group, Names
from bot.gaps.persons import persons_in, stems_of
from bot.gaps.ratings import ratings_of
from ingest.index import IndexUnavailable, SearchIndex

WEEKS = 4


class FindGaps:
    """Raises StoreUnavailable and RetrievalUnavailable."""

    def __init__(
        self, store: UnmetQuestions, index: SearchIndex, desks: Sequence[Desk], names: Names, clock: Clock
    ) -> None:
        self._store = store
        self._index = index
        self._desks = {desk.name: desk for desk in desks}
        self._documents = Documents(index)
        self._names = names
        self._clock = clock

    async def __call__(self, readers: Sequence[str], weeks: int = WEEKS, desk: str | None = None) -> Gaps:
        """Of the `weeks` that end now, the dearest first, and how that compares with as many weeks before. `readers`:
        the audience keywords of those who will read it (rule 6)."""
        end = self._clock()
        begin = end - timedelta(weeks=weeks)
        by_desk: defaultdict[str, list[Unmet]] = defaultdict(list)
        for one in await self._store.unmet(begin - timedelta(weeks=weeks), end, desk):
            by_desk[one.desk].append(one)
        try:
            groups = [
                group
                for asked in by_desk.values()
                for group in await asyncio.to_thread(self._grouped, asked[-MOST:], begin, readers)
            ]
            named = await self._names.of(groups)
            gaps = [
                await asyncio.to_thread(self._gap, group, name, weeks, readers)
                for group, name in zip(groups, named, strict=True)
            ]
        except IndexUnavailable as error:
            raise RetrievalUnavailable(str(error)) from error
        ranked = sorted(gaps, key=lambda one: (-one.questions, -one.askers, one.desk, one.name))
        return Gaps(begin, end, weeks, tuple(ranked), sum(max(0, len(asked) - MOST) for asked in by_desk.values()))

    def _grouped(self, asked: Sequence[Unmet], begin: datetime, readers: Sequence[str]) -> list[Group]:
        """Both windows together, so that a gap is the same one in both. What nobody asks any more is none."""
        vectors = self._index.embed([one.text for one in asked])
        persons = self._persons(asked)
        found = []
        for rows in clusters(vectors):
            now = [row for row in rows if asked[row].at >= begin]
            if now:
                before = [asked[row] for row in rows if asked[row].at < begin]
                middle = [asked[row] for row in central(vectors, now)]
                found.append(Group(middle, before, persons - self._titled(middle, before, readers)))
        return found

    def _persons(self, asked: Sequence[Unmet]) -> frozenset[str]:
        """Of a whole desk: where one writes a name in small letters, another does not."""
        written = {text for one in asked if not one.open for text in (one.text, one.asked)}
        return frozenset().union(*(persons_in(text, self._index.knows) for text in written))

    def _titled(self, now: Sequence[Unmet], before: Sequence[Unmet], readers: Sequence[str]) -> set[str]:
        """The stems of what documents near to private questions are called: those are no names of people."""
        if all(one.open for one in (*now, *before)):
            return set()
        sources = self._sources(now[0].desk)
        return stems_of(". ".join(self._documents.titles([one.text for one in now], sources, readers)))

    def _sources(self, desk: str) -> Sequence[str]:
        return self._desks[desk].sources if desk in self._desks else ()

    def _gap(self, group: Group, name: str, weeks: int, readers: Sequence[str]) -> Gap:
        asked = [one.text for one in group.now]
        near, restricted = self._documents.near(asked, self._sources(group.desk), readers)
        rated, rated_restricted = ratings_of(group.now, readers)
        return Gap(
            desk=group.desk,
            name=name,
            sample=self._names.sample(group),
            questions=len(group.now),
            askers=group.askers,
            per_week=len(group.now) / weeks,
            before=len(group.before) / weeks,
            unanswered=sum(one.why != {"rated"} for one in group.now),
            near=near,
            restricted=restricted,
            rated=rated,
            rated_restricted=rated_restricted,
        )
