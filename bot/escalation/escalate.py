"""The human path: call, claim, resolve. One open escalation a thread, one brief an escalation."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace

from bot.desk.errors import DeskError, TransitionRefused
from bot.desk.model import Brief, Escalation, EscalationState, HumanCalled, HumanState
from bot.desk.ports import Answers, Clock, Escalations, HumanDesk, Threads
from bot.escalation.brief import brief_of
from bot.escalation.model import check_resolver, may_follow, refusal

log = logging.getLogger(__name__)


class Escalate:
    """bot.desk.ports.Humans. `channels` says where each desk's humans are."""

    def __init__(
        self,
        escalations: Escalations,
        answers: Answers,
        threads: Threads,
        desk: HumanDesk,
        clock: Clock,
        *,
        channels: Mapping[str, str | None],
        agents: tuple[str, ...] = (),
        admins: tuple[str, ...] = (),
    ) -> None:
        self._escalations = escalations
        self._answers = answers
        self._threads = threads
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._agents = agents
        self._admins = admins
        self._showing = asyncio.Lock()

    async def call(self, team: str, channel: str, thread_ts: str, asker: str, answer_key: str) -> HumanCalled:
        """Record it, post its brief, tell the thread. What can't be shown now is shown by post_pending()."""
        known = await self._escalations.of_thread(team, channel, thread_ts)
        if known is not None:
            return await self._known(known)
        answer = await self._answers.get(answer_key)
        desk = answer.desk if answer else (await self._threads.state(team, channel, thread_ts)).desk
        desk = desk or next(iter(self._channels))
        if self._channel(desk) is None:
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
        )
        # The bot is part of a thread that a human was called to, so that its state is looked up there.
        await self._threads.join(team, channel, thread_ts, desk)
        made = await self._escalations.create(new)
        if made.id != new.id:
            return await self._known(made)
        shown = await self._show(made, again=False)
        return HumanCalled(HumanState.CALLED if shown else HumanState.DELAYED, made)

    async def claim(self, escalation_id: str, user: str) -> Escalation:
        """Raises TransitionRefused with who was faster, or why this person may not."""
        await self._check_agent(await self._get(escalation_id, EscalationState.CLAIMED), user)
        return await self._move(escalation_id, EscalationState.CLAIMED, user)

    async def resolve(self, escalation_id: str, user: str) -> Escalation:
        """By its owner or an admin; one that nobody claimed, by anybody who may claim it. Raises TransitionRefused."""
        one = await self._get(escalation_id, EscalationState.RESOLVED)
        check_resolver(one, user, self._admins, await self._name(one.owner))
        await self._check_agent(one, user)
        return await self._move(escalation_id, EscalationState.RESOLVED, user)

    async def post_pending(self) -> None:
        """Show what a crash or an outage left unshown; each failure is logged and tried again the next time."""
        for one in await self._escalations.unannounced():
            await self._show(one, again=True)

    def _channel(self, desk: str) -> str | None:
        return self._channels.get(desk)

    async def _known(self, one: Escalation) -> HumanCalled:
        if one.state is EscalationState.CLAIMED:
            return HumanCalled(HumanState.ALREADY_CLAIMED, one, await self._name(one.owner))
        return HumanCalled(HumanState.ALREADY_OPEN, one)

    async def _show(self, known: Escalation, *, again: bool) -> bool:
        """Its state, in the brief and in the asker's thread. Whether the brief is posted; what failed comes again."""
        one = known
        try:
            async with self._showing:  # the watchdog looks for what is not shown while it is being shown
                if not await self._escalations.begin_showing(known.id):  # another process's watchdog was faster
                    return known.brief_ts is not None
                one = await self._show_now(known.id, again) or known
                await self._escalations.end_showing(known.id)  # after a failure this process goes on, for a minute
        except DeskError as error:
            log.error("%s is not shown to everybody yet, trying again later: %s", known.id, error)
        return one.brief_ts is not None

    async def _show_now(self, escalation_id: str, again: bool) -> Escalation | None:
        one = await self._escalations.get(escalation_id)
        if one is None or (one.brief_ts is not None and one.announced_state is one.state):
            return one
        brief = await self._brief(one)
        one = await self._show_brief(brief)
        try:
            if one.announced_state is not one.state and (one.brief_ts or one.owner):
                await self._desk.announce(brief, again=again)
                await self._escalations.set_announced(one.id, one.state)
        except DeskError as error:
            log.error("the thread of %s is not told yet, trying again later: %s", one.id, error)
        return one

    async def _show_brief(self, brief: Brief) -> Escalation:
        """Post it or bring it up to date; the escalation with where it stands."""
        one = brief.escalation
        channel = self._channel(one.desk)
        if one.brief_ts is not None:
            await self._desk.update_brief(brief)
        elif channel is not None and one.state is not EscalationState.RESOLVED:
            ts = await self._desk.post_brief(brief, channel)
            await self._escalations.set_brief(one.id, channel, ts)
            return replace(one, brief_channel=channel, brief_ts=ts)
        return one

    async def _get(self, escalation_id: str, new: EscalationState) -> Escalation:
        one = await self._escalations.get(escalation_id)
        if one is None or one.state not in may_follow(new):
            raise refusal(one, new, await self._name(one.owner if one else None))
        return one

    async def _check_agent(self, one: Escalation, user: str) -> None:
        if user in self._admins or user in self._agents:
            return
        channel = one.brief_channel or self._channel(one.desk)
        if self._agents or channel is None or not await self._desk.is_member(channel, user):
            raise TransitionRefused("Only this desk's agents can take requests. Ask an admin to add you.")

    async def _move(self, escalation_id: str, new: EscalationState, user: str) -> Escalation:
        before = await self._escalations.get(escalation_id)
        owner = user
        if new is EscalationState.RESOLVED and before is not None and before.owner:
            owner = before.owner
        moved = await self._escalations.transition(escalation_id, may_follow(new), new, owner, self._clock())
        if moved is None:
            one = await self._escalations.get(escalation_id)
            raise refusal(one, new, await self._name(one.owner if one else None))
        await self._show(moved, again=False)
        return moved

    async def _brief(self, one: Escalation) -> Brief:
        answer = await self._answers.get(one.answer_key) if one.answer_key else None
        return brief_of(
            replace(one, question=one.question or (answer.question if answer else "")),
            answer,
            await self._name(one.asker),
            await self._name(one.owner) if one.owner else None,
            await self._desk.thread_url(one),
        )

    async def _name(self, user: str | None) -> str:
        return await self._desk.name(user) if user else "Somebody"
