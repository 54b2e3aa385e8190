"""Makes a move: whether it may be made, by whom, and where it leads, stored against whatever others do meanwhile."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.desk.errors import TransitionRefused
from bot.desk.human_path import DESK, TIMER, Escalation, Escalations, HumanDesk, Move, Transition
from bot.desk.ports import Clock
from bot.desk.reasons import reason_of
from bot.escalation.model import STEPS, Names, Step, owner_after, refusal, roles_of, step_for

_TRIES = 8
_CROWDED = "Several people are at work on this right now. Please try again."
_NOBODY = Names("Somebody", "The asker")
_NEWER = "There is a newer request in this thread, so this one stays closed."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move that somebody wants to make. `owner`: whom it is handed over to; the others are as in Transition."""

    move: Move
    by: str
    cause: str = ""
    owner: str | None = None
    reason: str = ""
    text: str = ""
    snoozed_until: datetime | None = None


class Moving:
    """`channels`, `agents`, `admins` and `leads` (of each desk that has one) say who may."""

    def __init__(
        self,
        escalations: Escalations,
        desk: HumanDesk,
        clock: Clock,
        channels: Mapping[str, str | None],
        agents: Collection[str],
        admins: Collection[str],
        leads: Mapping[str, str],
    ) -> None:
        self._escalations = escalations
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._agents = agents
        self._admins = admins
        self._leads = leads

    async def make(self, escalation_id: str, wanted: Wanted) -> Escalation:
        """Where it led. One whose cause made a move already makes none. Raises TransitionRefused."""
        for _ in range(_TRIES):
            one = await self._escalations.get(escalation_id)
            if one is None:
                raise refusal(wanted.move, None, wanted.by, _NOBODY)
            moved = await self.attempt(one, wanted)
            if moved is not None:
                return moved
        raise TransitionRefused(_NEWER if wanted.move is Move.REOPEN else _CROWDED)

    async def attempt(self, one: Escalation, wanted: Wanted) -> Escalation | None:
        """The same from where `one` stands. None: somebody was faster."""
        if wanted.cause and await self._was_made(one, wanted.cause):
            return await self._escalations.get(one.id) or one  # it may have been made since `one` was read
        step = await self._step(one, wanted)
        if step is None:
            raise refusal(wanted.move, one, wanted.by, await self._names(one))
        return await self._escalations.move(self._transition(one, step, wanted))

    async def is_agent(self, one: Escalation, user: str) -> bool:
        """Whether they may take this desk's requests."""
        if self._is_lead(one, user) or user in self._agents:
            return True
        channel = one.brief_channel or self._channels.get(one.desk)
        return not self._agents and channel is not None and await self._desk.is_member(channel, user)

    def _is_lead(self, one: Escalation, user: str) -> bool:
        """An admin, or whom the desk calls when nobody answers in time."""
        return user in self._admins or user == self._leads.get(one.desk)

    async def _was_made(self, one: Escalation, cause: str) -> bool:
        return any(earlier.cause == cause for earlier in await self._escalations.transitions(one.id))

    async def _step(self, one: Escalation, wanted: Wanted) -> Step | None:
        if one.state not in STEPS[wanted.move]:
            return None
        by, lead = wanted.by, self._is_lead(one, wanted.by)
        step = step_for(wanted.move, one.state, roles_of(one, by, agent=False, lead=lead))
        if step is not None or by in (DESK, TIMER):  # who is in a channel is asked only where it matters
            return step
        agent = await self.is_agent(one, by)
        return step_for(wanted.move, one.state, roles_of(one, by, agent=agent, lead=lead))

    def _transition(self, one: Escalation, step: Step, wanted: Wanted) -> Transition:
        return Transition(
            escalation_id=one.id,
            number=one.number + 1,
            before=one.state,
            after=step.after,
            move=wanted.move,
            by=wanted.by,
            owner=wanted.owner or owner_after(wanted.move, one, wanted.by),
            reason=reason_of(wanted.move, wanted.reason),
            at=self._clock(),
            text=wanted.text,
            cause=wanted.cause,
            snoozed_until=wanted.snoozed_until,
        )

    async def _names(self, one: Escalation) -> Names:
        owner = await self._desk.name(one.owner) if one.owner else _NOBODY.owner
        return Names(owner, await self._desk.name(one.asker) if one.asker else _NOBODY.asker)
