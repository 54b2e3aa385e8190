"""Triages what was asked, after its answer is out: a record for each complaint and for each escalation. Where a record
says so, a human is called; where one was called, their brief and their time to respond learn of it, and the brief gets
a summary.
"""

import asyncio
import logging
from collections.abc import Mapping

from bot.desk.errors import DeskError
from bot.desk.handover import calls
from bot.desk.human_path import HandoverReason, Humans
from bot.desk.model import Desk
from bot.desk.summaries import unstated
from bot.desk.triage import Summarizer, ToTriage, Triage, Triager, TriageRows

log = logging.getLogger(__name__)

EVERY_S = 1.0
AT_ONCE = 4  # a second: under load answers come first, and what waits is triaged when it ebbs
AFTER_TROUBLE_S = 10.0
TRIES = 10  # a lease apart, to show a record or a summary in a brief
_LEASE_S = 60.0


class Triaging:
    """What a dead process had claimed is triaged by the next when the lease ends: each step may be made twice."""

    def __init__(
        self,
        rows: TriageRows,
        triager: Triager,
        humans: Humans,
        desks: Mapping[str, Desk],
        summarizer: Summarizer | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._rows = rows
        self._triager = triager
        self._humans = humans
        self._desks = desks
        self._summarizer = summarizer
        self._every_s = every_s

    async def watch(self) -> None:
        """Until it is cancelled. What can't be done now is tried again."""
        while True:
            try:
                await self.work()
                await asyncio.sleep(self._every_s)
            except DeskError as error:
                log.error("what is to be triaged is looked at again in a moment: %s", error)
                await asyncio.sleep(AFTER_TROUBLE_S)
            except Exception:
                log.exception("what is to be triaged could not be looked at, and is in a moment")
                await asyncio.sleep(AFTER_TROUBLE_S)

    async def work(self) -> int:
        """Triage some of those that wait; how many. Raises Unavailable."""
        waiting = await self._rows.claim(AT_ONCE, _LEASE_S)
        failures = await asyncio.gather(*map(self._settle, waiting), return_exceptions=True)
        for one, failure in zip(waiting, failures, strict=True):
            if isinstance(failure, DeskError):
                raise failure
            if failure is not None:  # it would stumble again
                log.error("%s is not triaged", one.key, exc_info=failure)
                await self._rows.done(one)
        return len(waiting)

    async def _settle(self, one: ToTriage) -> None:
        triaged, last = one.triaged or await self._triaged(one), one.fence >= TRIES
        if (triaged is None or await self._follow(one, triaged) or last) and (await self._summarise(one) or last):
            await self._rows.done(one)

    async def _summarise(self, one: ToTriage) -> bool:
        """After the brief is there, and after its triage. False: there is one, which the brief does not show yet."""
        if self._summarizer is None or not one.called or one.escalation_id is None:
            return True
        if not one.summary:
            summary = await self._summarizer.summary(one.text)
            if invented := unstated(summary, one.text):
                log.warning("the brief of %s has no summary: nobody wrote %r", one.escalation_id, invented)
                return True
            if not summary or not await self._rows.summarise(one, summary):
                return True
        return await self._humans.refresh(one.escalation_id)

    async def _triaged(self, one: ToTriage) -> Triage | None:
        record = await self._triager.triage(one.text, escalated=one.called)
        return record.triage if record is not None and await self._rows.keep(one, record) else None

    async def _follow(self, one: ToTriage, triaged: Triage) -> bool:
        """False: the brief does not show it yet, since another process is at work on it, or Slack is away."""
        desk = self._desks.get(one.desk)
        if one.escalation_id is not None:
            return await self._humans.refresh(one.escalation_id)
        if desk is not None and desk.escalation_channel is not None and calls(triaged, desk.handover):
            log.info("a human is called to %s: %s, severity %d", one.key, triaged.category, triaged.severity)
            where = (one.team, one.channel, one.thread_ts)
            await self._humans.call(*where, one.asker, one.key, HandoverReason.TRIAGE)
        return True
