"""Shows what was stored: the brief as it stands, and each move, in order and once, to whom it concerns."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from bot.desk.conversation import followed
from bot.desk.due import Expectations
from bot.desk.errors import DeskError
from bot.desk.handover import rule_of
from bot.desk.human_path import (
    OVER,
    Brief,
    Escalation,
    Escalations,
    HandoverReason,
    HumanDesk,
    Move,
    Transition,
    Triaged,
    Triages,
)
from bot.desk.model import Turn
from bot.desk.ports import Answers, Clock
from bot.escalation.brief import Known, brief_of, people_of
from bot.handover_settings import HandoverSettings

log = logging.getLogger(__name__)


class Showing:
    """One escalation is shown by one task of one process at a time."""

    def __init__(
        self,
        escalations: Escalations,
        answers: Answers,
        desk: HumanDesk,
        clock: Clock,
        channels: Mapping[str, str | None],
        order_desks: Collection[str],
        triages: Triages | None,
        expectations: Expectations | None,
        policies: Mapping[str, HandoverSettings],
    ) -> None:
        self._escalations = escalations
        self._answers = answers
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._order_desks = order_desks
        self._triages = triages
        self._expectations = expectations
        self._policies = policies
        self._locks: dict[str, asyncio.Lock] = {}
        self._tried: dict[str, int] = {}  # up to which move there may be posts of this process

    async def show(self, known: Escalation, *, again: bool) -> bool:
        """Its moves, in the brief and in the asker's thread. Whether the brief is posted; what failed comes again."""
        one = known
        try:
            async with self._lock(known.id):  # the watchdog looks for what is not shown while it is being shown
                if not await self._escalations.begin_showing(known.id):  # another process's watchdog was faster
                    return known.brief_ts is not None
                one = await self._show_now(known.id, again) or known
                await self._escalations.end_showing(known.id)  # after a failure this process goes on, for a minute
        except DeskError as error:
            log.error("%s is not shown to everybody yet, trying again later: %s", known.id, error)
        return one.brief_ts is not None

    async def refresh(self, escalation_id: str) -> bool:
        """Whether it is up to date; if not, the next move brings it so as well."""
        with suppress(DeskError):
            async with self._lock(escalation_id):
                if not await self._escalations.begin_showing(escalation_id):
                    return False
                one = await self._escalations.get(escalation_id)
                if one is not None and one.brief_ts is not None:
                    await self._desk.update_brief(await self._brief(one, await self._moves(one)))
                await self._escalations.end_showing(escalation_id)
                return True
        return False

    def _lock(self, escalation_id: str) -> asyncio.Lock:
        if len(self._locks) > 1_000:
            self._locks = {one: lock for one, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(escalation_id, asyncio.Lock())

    async def _show_now(self, escalation_id: str, again: bool) -> Escalation | None:
        one = await self._escalations.get(escalation_id)
        if one is None or (one.brief_ts is not None and one.announced == one.number):
            return one
        moves = await self._moves(one)
        brief = await self._brief(one, moves)
        again = again or self._tried.get(one.id, 0) >= one.number
        self._tried[one.id] = one.number
        one = await self._show_brief(brief, again=again or one.number > 1)
        # What can't be posted yet is not told: nobody would come. What somebody has, or what is over, is.
        if one.brief_ts or one.owner or one.state in OVER:
            await self._announce(replace(brief, escalation=one), moves[one.announced :], again=again)
        return one

    async def _announce(self, brief: Brief, moves: list[Transition], *, again: bool) -> None:
        one = brief.escalation
        try:
            for move in moves:
                if not await self._escalations.begin_showing(one.id):  # Slack kept us waiting for longer than a lease
                    return
                await self._desk.announce(brief, move, again=again or move.number < one.number)
                await self._escalations.set_announced(one.id, move.number)
            self._tried.pop(one.id, None)
        except DeskError as error:
            log.error("the thread of %s is not told yet, trying again later: %s", one.id, error)

    async def _show_brief(self, brief: Brief, *, again: bool) -> Escalation:
        """Post it or bring it up to date; the escalation with where it stands."""
        one = brief.escalation
        channel = self._channels.get(one.desk)
        if one.brief_ts is not None:
            await self._desk.update_brief(brief)
            return one
        if channel is None:
            return one
        if found := await self._desk.find_brief(one, channel) if again else None:  # as it was then
            one = replace(one, brief_channel=channel, brief_ts=found)
            await self._desk.update_brief(replace(brief, escalation=one))
        elif one.state not in OVER:
            one = replace(one, brief_channel=channel, brief_ts=await self._desk.post_brief(brief, channel))
        if one.brief_ts is not None:
            await self._escalations.set_brief(one.id, channel, one.brief_ts)
        return one

    async def _moves(self, one: Escalation) -> list[Transition]:
        """Up to the one that `one` is of: a later one is shown when it is known what it led to."""
        return [move for move in await self._escalations.transitions(one.id) if move.number <= one.number]

    async def _brief(self, one: Escalation, moves: list[Transition]) -> Brief:
        people = sorted(people_of(one, moves))
        channel = one.brief_channel or self._channels.get(one.desk)
        answer, triage, summary, url, names, _ = await asyncio.gather(
            self._answers.subject(one.answer_key or ""),
            self._triage(one),
            self._summary(one),
            self._desk.thread_url(one),
            asyncio.gather(*map(self._desk.name, people)),
            self._desk.look_ahead(one, channel) if channel else asyncio.sleep(0),
        )
        named, orders = dict(zip(people, names, strict=True)), one.desk in self._order_desks
        due = self._expectations.answer_due(one, moves) if self._expectations else None
        one = replace(one, question=one.question or (answer.question if answer else ""))
        earlier = await self._earlier(answer.key, one.question) if answer else ""
        expected, rule = self._expected(one, moves), self._rule(one)
        known = Known(named, url, orders, triage, summary, expected, due, rule, earlier)
        return brief_of(one, answer, moves, known)

    def _rule(self, one: Escalation) -> str:
        policy = self._policies.get(one.desk)
        return rule_of(one.question, policy) if policy and one.reason is HandoverReason.POLICY else ""

    async def _earlier(self, key: str, question: str) -> str:
        return followed(question, [Turn("asker", text) for text in await self._answers.asked_before(key)])

    def _expected(self, one: Escalation, moves: list[Transition]) -> str:
        """As it was when a human was called, so that a later try tells the same."""
        called = [move.at for move in moves if move.move in (Move.CALL, Move.REOPEN)]
        return self._expectations.expected(one, called[-1]) if self._expectations and called else ""

    async def _summary(self, one: Escalation) -> str:
        return await self._triages.summary(one.answer_key) if self._triages and one.answer_key else ""

    async def _triage(self, one: Escalation) -> Triaged | None:
        return await self._triages.of_thread(one.team, one.channel, one.thread_ts) if self._triages else None
