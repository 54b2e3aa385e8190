"""The human path as its surfaces call it: each move is stored first, and shown to whom it concerns after that."""

import hashlib
import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.desk.errors import TransitionRefused
from bot.desk.human_path import (
    DESK,
    OVER,
    TIMER,
    Escalation,
    Escalations,
    EscalationState,
    HandoverReason,
    HumanCalled,
    HumanDesk,
    HumanState,
    Move,
    Triages,
)
from bot.desk.ports import Answers, Clock, Threads
from bot.escalation.model import is_news, may_reopen
from bot.escalation.moving import Moving, Wanted
from bot.escalation.showing import Showing

log = logging.getLogger(__name__)
REOPENING = timedelta(days=14)


class Escalate:
    """bot.desk.human_path.Humans. `channels` says where each desk's humans are, `reopening` how long after its end an
    asker may go on with a request, `order_desks` whose humans may see the askers' orders."""

    def __init__(
        self,
        escalations: Escalations,
        answers: Answers,
        threads: Threads,
        desk: HumanDesk,
        clock: Clock,
        *,
        channels: Mapping[str, str | None],
        agents: Collection[str] = (),
        admins: Collection[str] = (),
        reopening: Mapping[str, timedelta] | None = None,
        order_desks: Collection[str] = (),
        triages: Triages | None = None,
    ) -> None:
        self._escalations = escalations
        self._answers = answers
        self._threads = threads
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._reopening = reopening or {}
        self._moving = Moving(escalations, desk, clock, channels, agents, admins)
        self._showing = Showing(escalations, answers, desk, clock, channels, order_desks, triages)

    # Calling

    async def call(
        self,
        team: str,
        channel: str,
        thread_ts: str,
        asker: str,
        answer_key: str,
        reason: HandoverReason = HandoverReason.ASKED,
    ) -> HumanCalled:
        """Record it, post its brief, tell the thread. What can't be shown now is shown by post_pending()."""
        latest = await self._escalations.latest_of_thread(team, channel, thread_ts)
        if latest is not None and (known := await self._known(latest, asker, answer_key)):
            return known
        answer = await self._answers.get(answer_key)
        desk = answer.desk if answer else (await self._threads.state(team, channel, thread_ts)).desk
        desk = desk or next(iter(self._channels))
        if self._channels.get(desk) is None:
            log.warning("somebody asks for a human and desk %s has none: set escalation_channel", desk)
            return HumanCalled(HumanState.NOWHERE)
        now = self._clock()
        identity = f"{team}:{channel}:{thread_ts}:{now.isoformat()}"
        new = Escalation(
            id="E-" + hashlib.sha256(identity.encode()).hexdigest()[:12],
            desk=desk,
            team=team,
            channel=channel,
            thread_ts=thread_ts,
            asker=asker,
            question=answer.question if answer else "",
            answer_key=answer_key,
            state=EscalationState.OPEN,
            created_at=now,
            reason=reason,
        )
        # The bot is part of a thread that a human was called to, so that its state is looked up there.
        await self._threads.join(team, channel, thread_ts, desk)
        made = await self._escalations.create(new)
        if made.id != new.id:
            return await self._held(made)
        shown = await self._showing.show(made, again=False)
        return HumanCalled(HumanState.CALLED if shown else HumanState.DELAYED, made)

    async def _known(self, one: Escalation, asker: str, answer_key: str) -> HumanCalled | None:
        """What the thread's latest one makes of another call. None: it is over, and the call is a new one."""
        goes_on = one.answer_key == answer_key and self._may_reopen(one, asker)
        if one.state is EscalationState.CONFIRMED or goes_on:
            by = asker if asker == one.asker else DESK
            return HumanCalled(HumanState.REOPENED, await self._move(one.id, Wanted(Move.REOPEN, by)))
        return None if one.state in OVER else await self._held(one)

    async def _held(self, one: Escalation) -> HumanCalled:
        if one.owner is None:
            return HumanCalled(HumanState.ALREADY_OPEN, one)
        return HumanCalled(HumanState.ALREADY_CLAIMED, one, await self._desk.name(one.owner))

    def _may_reopen(self, one: Escalation, user: str) -> bool:
        return may_reopen(one, user, self._clock(), self._reopening.get(one.desk, REOPENING))

    # What agents do

    async def claim(self, escalation_id: str, user: str, cause: str = "") -> Escalation:
        return await self._move(escalation_id, Wanted(Move.CLAIM, user, cause=cause))

    async def reply(
        self, escalation_id: str, user: str, text: str, *, asks: bool = False, cause: str = ""
    ) -> Escalation:
        """The text reaches the asker under the agent's name. `asks`: it waits for the asker's word."""
        return await self._move(escalation_id, Wanted(Move.WAIT if asks else Move.REPLY, user, cause=cause, text=text))

    async def hand_over(self, escalation_id: str, user: str, to: str, reason: str = "", cause: str = "") -> Escalation:
        one = await self._escalations.get(escalation_id)
        if one is not None and not await self._moving.is_agent(one, to):
            raise TransitionRefused(f"{await self._desk.name(to)} is not one of this desk's agents.")
        return await self._move(escalation_id, Wanted(Move.HAND_OVER, user, cause=cause, owner=to, reason=reason))

    async def resolve(self, escalation_id: str, user: str, reason: str = "", cause: str = "") -> Escalation:
        """By its asker, its owner or an admin; one that nobody claimed, by anybody who may claim it."""
        return await self._move(escalation_id, Wanted(Move.CLOSE, user, cause=cause, reason=reason))

    async def snooze(self, escalation_id: str, user: str, until: datetime, cause: str = "") -> Escalation:
        """Nobody is reminded of it until then; each other move ends that."""
        return await self._move(escalation_id, Wanted(Move.SNOOZE, user, cause=cause, snoozed_until=until))

    # What askers do

    async def confirm(self, escalation_id: str, user: str, cause: str = "") -> Escalation:
        return await self._move(escalation_id, Wanted(Move.CONFIRM, user, cause=cause))

    async def not_yet(self, escalation_id: str, user: str, cause: str = "") -> Escalation:
        """The reply did not solve it: back to its owner, or, when it is over, to whoever takes it."""
        one = await self._escalations.get(escalation_id)
        if one is None or one.state is EscalationState.ANSWERED:
            return await self._move(escalation_id, Wanted(Move.NOT_YET, user, cause=cause))
        if one.state in OVER and user == one.asker and not self._may_reopen(one, user):
            raise TransitionRefused("That was some time ago. Please ask again, and call a human from there.")
        return await self._move(escalation_id, Wanted(Move.REOPEN, user, cause=cause))

    async def asker_wrote(
        self, team: str, channel: str, thread_ts: str, user: str, text: str, cause: str
    ) -> Escalation | None:
        """A message in a thread that a human has: noted, where it is its asker's and says something new to the owner.
        It is shown with the next post_pending(): whoever hears messages has no time for that. None: it is not."""
        one = await self._escalations.of_thread(team, channel, thread_ts)
        if one is None or one.asker != user:
            return None
        moves = await self._escalations.transitions(one.id)
        if not is_news(one, moves[-1].move, text):
            return None
        text = text if channel.startswith("D") else ""  # elsewhere everybody can read it where it stands
        try:
            return await self._moving.make(one.id, Wanted(Move.ASKER_WROTE, user, cause=cause, text=text))
        except TransitionRefused:
            return None

    # What time does

    async def timer(self, escalation_id: str, move: Move, reason: str = "") -> Escalation:
        """EXPIRE, CLOSE or WAKE, when their time has come. Raises TransitionRefused: something else came first."""
        return await self._move(escalation_id, Wanted(move, TIMER, reason=reason))

    async def post_pending(self) -> None:
        """Show what a crash or an outage left unshown; each failure is logged and tried again the next time."""
        for one in await self._escalations.unannounced():
            try:
                await self._showing.show(one, again=True)
            except Exception:
                log.exception("%s can't be shown; the others are to be", one.id)

    async def refresh(self, escalation_id: str) -> None:
        """Bring the brief up to date with what has become known beside its moves, such as its triage."""
        await self._showing.refresh(escalation_id)

    async def _move(self, escalation_id: str, wanted: Wanted) -> Escalation:
        moved = await self._moving.make(escalation_id, wanted)
        await self._showing.show(moved, again=False)
        return moved
