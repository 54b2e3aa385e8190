"""The human path as its surfaces call it: each move is stored first, and shown after that to whom it concerns."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.desk.due import DueRows, Expectations
from bot.desk.errors import TransitionRefused
from bot.desk.human_path import (
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
from bot.desk.model import Accepted
from bot.desk.ports import Answers, Clock, Threads
from bot.escalation.model import is_news, may_reopen
from bot.escalation.moving import Moving, Wanted
from bot.escalation.showing import Showing
from bot.handover_settings import HandoverSettings

log = logging.getLogger(__name__)
REOPENING = timedelta(days=14)
_AT_ONCE = 4  # of what was left unshown
_SKEW = timedelta(minutes=1)  # between Slack's clock and ours: what was written before the last move is no news


class Escalate:
    """bot.desk.human_path.Humans. `channels` says where each desk's humans are, `leads` who is called late and may then
    do what admins may, `reopening` how long after its end an asker may go on with a request, `order_desks` whose humans
    may see the askers' orders, `expectations` what askers are told of when somebody will be there, `due` what hears of
    severities, `policies` by which rules each desk calls a human."""

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
        leads: Mapping[str, str] | None = None,
        reopening: Mapping[str, timedelta] | None = None,
        order_desks: Collection[str] = (),
        triages: Triages | None = None,
        expectations: Expectations | None = None,
        due: DueRows | None = None,
        policies: Mapping[str, HandoverSettings] | None = None,
    ) -> None:
        self._escalations = escalations
        self._answers = answers
        self._threads = threads
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._reopening = reopening or {}
        self._moving = Moving(escalations, desk, clock, channels, agents, admins, leads or {})
        self._running: set[asyncio.Task[bool]] = set()
        self._triages = triages
        self._due = due
        self._showing = Showing(
            escalations, answers, desk, clock, channels, order_desks, triages, expectations, policies or {}
        )

    # Calling

    async def call(
        self,
        team: str,
        channel: str,
        thread_ts: str,
        asker: str,
        answer_key: str,
        reason: HandoverReason = HandoverReason.ASKED,
        *,
        stored: Callable[[], Awaitable[object]] | None = None,
        once: bool = False,
    ) -> HumanCalled:
        """Record it, post its brief, tell the thread. What can't be shown now is shown by post_pending()."""
        if (once or not reason.is_theirs) and (made := await self._escalations.of_question(answer_key)):
            return HumanCalled(HumanState.CALLED, made)
        latest = await self._escalations.latest_of_thread(team, channel, thread_ts)
        if latest is not None and (known := await self._known(latest, asker, answer_key)):
            return known
        answer = await self._answers.subject(answer_key)
        desk = answer.desk if answer else (await self._threads.state(team, channel, thread_ts)).desk
        desk = desk or next(iter(self._channels))
        if self._channels.get(desk) is None:
            log.warning("somebody asks for a human and desk %s has none: set escalation_channel", desk)
            return HumanCalled(HumanState.NOWHERE)
        now = self._clock()
        identity = f"{team}:{channel}:{thread_ts}:{now.isoformat()}:{answer_key}:{asker}"
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
            severity=await self._severity(team, channel, thread_ts),
        )
        # The bot is part of a thread that a human was called to, so that its state is looked up there.
        await self._threads.join(team, channel, thread_ts, desk)
        made = await self._escalations.create(new)
        if made is not new:  # not by its id: another process may have made the same in the same moment
            return await self._held(made)
        if stored is not None:
            await stored()
        shown = await self._showing.show(made, again=False)
        return HumanCalled(HumanState.CALLED if shown else HumanState.DELAYED, made)

    async def _known(self, one: Escalation, asker: str, answer_key: str) -> HumanCalled | None:
        """What the thread's latest one makes of another call. None: it is over, and the call is a new one."""
        same = (one.asker, one.answer_key) == (asker, answer_key)
        if one.state is EscalationState.CONFIRMED and not same:
            return await self._after(one, asker, answer_key)
        if same and (one.state is EscalationState.CONFIRMED or self._may_reopen(one, asker)):
            return HumanCalled(HumanState.REOPENED, await self._move(one.id, Wanted(Move.REOPEN, asker)))
        return None if one.state in OVER else await self._held(one)

    async def _after(self, solved: Escalation, asker: str, answer_key: str) -> HumanCalled | None:
        """Another question or another person than what was solved: a request of its own, with its own brief."""
        with suppress(TransitionRefused):
            await self.timer(solved, Move.CLOSE, "it is solved")
            return None
        now = await self._escalations.latest_of_thread(solved.team, solved.channel, solved.thread_ts)
        return await self._known(now, asker, answer_key) if now else None  # something else was faster

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
        """By its asker, its owner, an admin or the desk's lead; one that nobody claimed, by whoever may claim it."""
        return await self._move(escalation_id, Wanted(Move.CLOSE, user, cause=cause, reason=reason))

    async def snooze(self, escalation_id: str, user: str, until: datetime, cause: str = "") -> Escalation:
        """Nobody is reminded of it until then; each other move ends that."""
        return await self._move(escalation_id, Wanted(Move.SNOOZE, user, cause=cause, snoozed_until=until))

    async def is_agent(self, one: Escalation, user: str) -> bool:
        """Whether they may take this desk's requests. Raises Unavailable."""
        return await self._moving.is_agent(one, user)

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

    async def asker_wrote(self, message: Accepted) -> bool:
        """A message in a thread that a human has or is to have: whether it was noted for them."""
        # Elsewhere everybody can read it where it stands.
        text = message.text if message.channel.startswith("D") else ""
        wanted = Wanted(Move.ASKER_WROTE, message.user, cause=message.key, text=text)
        while (one := await self._told_of(message)) is not None:
            try:
                moved = await self._moving.attempt(one, wanted)
            except TransitionRefused:
                break
            if moved is not None:
                self._begin_to_show(moved)
                return True
        return False

    async def _told_of(self, message: Accepted) -> Escalation | None:
        """Whose humans are to hear of it."""
        one = await self._escalations.of_thread(message.team, message.channel, message.thread_ts or message.ts)
        if one is None or one.asker != message.user or _written(message) < (one.changed_at or one.created_at) - _SKEW:
            return None
        if one.answer_key == message.key:  # the question itself, dealt with once more after a crash
            return None
        moves = await self._escalations.transitions(one.id)
        return one if is_news(one, moves[-1].move, message.text) else None

    # What time does

    async def timer(self, known: Escalation, move: Move, reason: str = "") -> Escalation:
        """EXPIRE, CLOSE or WAKE, when their time has come. Raises TransitionRefused: something else came first."""
        moved = await self._moving.attempt(known, Wanted(move, TIMER, reason=reason))
        if moved is None:
            raise TransitionRefused("Something else came first.")
        self._begin_to_show(moved)
        return moved

    async def post_pending(self) -> None:
        """Show what a crash or an outage left unshown, the oldest first; each failure is logged and tried again the
        next time. One that Slack keeps waiting keeps nothing from the others."""
        free = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._show_pending(one, free) for one in await self._escalations.unannounced()))

    async def _show_pending(self, one: Escalation, free: asyncio.Semaphore) -> None:
        async with free:
            try:
                await self._showing.show(one, again=True)
            except Exception:
                log.exception("%s can't be shown; the others are to be", one.id)

    async def refresh(self, escalation_id: str) -> bool:
        """Bring the brief, and what is due, up to date with what has become known beside its moves: its triage."""
        one = await self._escalations.get(escalation_id)
        severity = await self._severity(one.team, one.channel, one.thread_ts) if one else None
        if self._due is not None and severity is not None:
            await self._due.set_severity(escalation_id, severity)
        return await self._showing.refresh(escalation_id)

    async def _severity(self, team: str, channel: str, thread_ts: str) -> int | None:
        triaged = await self._triages.of_thread(team, channel, thread_ts) if self._triages else None
        return triaged.severity if triaged else None

    async def drain(self, seconds: float) -> None:
        """Let what is being shown end. What does not is shown by the next run."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _move(self, escalation_id: str, wanted: Wanted) -> Escalation:
        """Once it is stored it will be shown, so nobody waits for that."""
        moved = await self._moving.make(escalation_id, wanted)
        self._begin_to_show(moved)
        return moved

    def _begin_to_show(self, moved: Escalation) -> None:
        task = asyncio.create_task(self._showing.show(moved, again=False), name=f"show {moved.id}")
        self._running.add(task)
        task.add_done_callback(self._shown)

    def _shown(self, task: asyncio.Task[bool]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed and is tried again later", task.get_name(), exc_info=error)


def _written(message: Accepted) -> datetime:
    return datetime.fromtimestamp(float(message.ts), UTC)
