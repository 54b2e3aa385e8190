"""What each gap is called and which of its questions is shown: nothing that one person asked in private."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.budget import Budget
from bot.desk.errors import ModelUnavailable, StoreUnavailable
from bot.desk.gaps import PRIVATE, GapNamer, Unmet
from bot.desk.words import flat
from bot.gaps.naming import LONGEST, Asked, names_of
from bot.redaction import Redactor

log = logging.getLogger(__name__)

NAMED_BY_MODEL = 10  # gaps, the largest: each is a call
ENOUGH_ASKERS = 3  # from here on nobody knows whose question it is
LONGEST_SAMPLE = 200  # characters
_READ_BY_MODEL = 12  # questions of a gap


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one desk that want the same: those of the window, the most central first, and of the one before."""

    now: Sequence[Unmet]
    before: Sequence[Unmet]

    @property
    def desk(self) -> str:
        return self.now[0].desk

    @property
    def askers(self) -> int:
        return len({one.asker for one in self.now})

    @property
    def shown(self) -> Sequence[Unmet]:
        """Those whose text may be shown."""
        opened = [one for one in self.now if one.open]
        return opened or (self.now if self.askers >= ENOUGH_ASKERS else ())


class Names:
    """`namer` None: no model is configured."""

    def __init__(self, redactor: Redactor, namer: GapNamer | None = None, budget: Budget | None = None) -> None:
        self._redactor = redactor
        self._namer = namer
        self._budget = budget

    async def of(self, groups: Sequence[Group]) -> list[str]:
        """By the model where there is one, for the largest; else by their distinctive words. Never raises."""
        names = await asyncio.to_thread(self._by_words, groups)
        if self._namer is None or not await self._may_spend():
            return names
        largest = sorted(range(len(groups)), key=lambda at: (-len(groups[at].now), at))[:NAMED_BY_MODEL]
        for at in largest:
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
            asked = [[self._asked(one) for one in (*groups[at].now, *groups[at].before)] for at in mine]
            names.update(zip(mine, names_of(asked), strict=True))
        return [names[at] for at in range(len(groups))]

    def _asked(self, one: Unmet) -> Asked:
        return Asked(re.sub(r"\[[a-z ]+\]", ". ", self._without_persons(one.text)), one.asker, one.open)

    def _without_persons(self, text: str) -> str:
        return flat(self._redactor.redact(text))

    async def _may_spend(self) -> bool:
        try:
            return self._budget is None or not await self._budget.spent()
        except StoreUnavailable as error:  # nobody knows
            log.warning("gaps are named by their words: %s", error)
            return False

    async def _by_model(self, namer: GapNamer, group: Group) -> str:
        """ "" where it is of no use: too long, or with a number that nobody wrote. Raises ModelUnavailable."""
        shown = [self._without_persons(one.text) for one in group.shown[:_READ_BY_MODEL]]
        if not shown:
            return ""
        name = self._without_persons(await namer.name(shown))
        invented = set(re.findall(r"\d+", name)) - set(re.findall(r"\d+", " ".join(shown)))
        return "" if invented or len(name) > LONGEST or name == PRIVATE else name
