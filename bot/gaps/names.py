"""What each gap is called and which of its questions is shown: none that was asked in private, and nobody
who was asked about there."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.budget import Budget, may_spend
from bot.desk.errors import ModelUnavailable
from bot.desk.gaps import PRIVATE, GapNamer, Unmet
from bot.desk.words import flat
from bot.gaps.naming import LONGEST, Asked, names_of
from bot.gaps.persons import without
from bot.redaction import Redactor

log = logging.getLogger(__name__)

NAMED_BY_MODEL = 10  # gaps, the largest: each is a call
LONGEST_SAMPLE = 200  # characters
_READ_BY_MODEL = 12  # questions of a gap


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one desk that want the same: those of the window, the most central first, and of the one before.
    `persons`: stems of words that look like people's names in what was asked privately."""

    now: Sequence[Unmet]
    before: Sequence[Unmet]
    persons: frozenset[str]

    @property
    def desk(self) -> str:
        return self.now[0].desk

    @property
    def askers(self) -> int:
        return len({one.asker for one in self.now})

    @property
    def shown(self) -> Sequence[Unmet]:
        """Those whose text may be shown. That many ask protects who asked, not who was asked about."""
        return [one for one in self.now if one.open]


class Names:
    """`namer` None: no model is configured."""

    def __init__(self, redactor: Redactor, namer: GapNamer | None = None, budget: Budget | None = None) -> None:
        self._redactor = redactor
        self._namer = namer
        self._budget = budget

    async def of(self, groups: Sequence[Group]) -> list[str]:
        """By the model where there is one, for the largest; else by their distinctive words. Never raises."""
        names = await asyncio.to_thread(self._by_words, groups)
        if self._namer is None:
            return names
        largest = sorted(range(len(groups)), key=lambda at: (-len(groups[at].now), at))[:NAMED_BY_MODEL]
        for at in largest:
            if not await may_spend(self._budget):
                break
            try:
                names[at] = await self._by_model(self._namer, groups[at]) or names[at]
            except ModelUnavailable as error:
                log.warning("the other gaps are named by their words: %s", error)
                break
        return names

    def sample(self, group: Group) -> str:
        text = self._without_persons(group.shown[0].text) if group.shown else ""
        return text if len(text) <= LONGEST_SAMPLE else text[: LONGEST_SAMPLE - 1].rstrip() + "…"

    def _by_words(self, groups: Sequence[Group]) -> list[str]:
        """A desk's groups are told from each other, not from another desk's."""
        names = dict[int, str]()
        for desk in {group.desk for group in groups}:
            mine = [at for at, group in enumerate(groups) if group.desk == desk]
            asked = [self._asked(groups[at]) for at in mine]
            names.update(zip(mine, names_of(asked), strict=True))
        return [names[at] for at in range(len(groups))]

    def _asked(self, group: Group) -> list[Asked]:
        found = []
        for one in (*group.now, *group.before):
            text = re.sub(r"\[[a-z ]+\]", ". ", self._without_persons(one.text))
            found.append(Asked(text if one.open else without(text, group.persons), one.asker, one.open))
        return found

    def _without_persons(self, text: str) -> str:
        return flat(self._redactor.redact(text))

    async def _by_model(self, namer: GapNamer, group: Group) -> str:
        """ "" where it is of no use: too long, or with a number that nobody wrote. Raises ModelUnavailable."""
        shown = [self._without_persons(one.text) for one in group.shown[:_READ_BY_MODEL]]
        if not shown:
            return ""
        name = self._without_persons(await namer.name(shown))
        invented = set(re.findall(r"\d+", name)) - set(re.findall(r"\d+", " ".join(shown)))
        return "" if invented or len(name) > LONGEST or name == PRIVATE else name
