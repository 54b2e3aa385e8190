"""What customers and agents do in the soak of the human path: they press what they see, at random."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from ops.bench.front import AGENTS, ASKERS, HUMANS, Front, role
from ops.bench.serving import QUESTIONS
from ops.workspace.block_kit import elements_of
from ops.workspace.rules import Refused
from ops.workspace.state import Json

SEEN_S, PATIENCE_S = 120.0, 180.0  # until a press is seen to have done something; until anything is
TIMER_S = 8.0  # the desk looks each 5 s
TRIES = 20  # of a press that is not acked: the desk is dead, and comes back
MOST_STEPS = 9
Step = Callable[[], Awaitable[None]]


class Story:
    """A question, a call for a human, and what becomes of it. `lost`: what was to be seen and was not."""

    def __init__(self, front: Front, number: int, windows: dict[str, asyncio.Lock]) -> None:
        self._front, self._workspace, self._chance = front, front.workspace, front.chance
        self._windows = windows  # an agent has one open at a time
        self.asker = self._chance.choice(ASKERS)
        self.place = "support" if self._chance.random() < 0.8 else f"dm:{self.asker}"
        self.question = f"@frontdesk {QUESTIONS[number % len(QUESTIONS)]} (no. {number})"
        self.ts = self.escalation_id = ""
        self.owner = self._chance.choice(AGENTS)  # as far as people here know
        self.lost: list[str] = []

    async def tell(self) -> None:
        await self.call()
        for _ in range(self._chance.randint(1, MOST_STEPS)):
            if not self.escalation_id or self._front.over.is_set():
                return
            await self._chance.choice(self._steps())()

    # What is seen

    def thread(self) -> list[Json]:
        return self._workspace.messages(self.place, self.ts)

    def brief(self) -> Json:
        return next(one for one in self._workspace.messages(HUMANS) if role(one) == (self.escalation_id, "brief"))

    def _offering(self, action: str) -> Json | None:
        """The asker's last message with this button."""
        return next((one for one in reversed(self.thread()) if action in _actions(one)), None)

    def _now(self, user: str) -> tuple[object, ...]:
        brief = self.brief()
        beside, whispers = self._workspace.messages(HUMANS, brief["ts"]), self._workspace.ephemerals(user)
        return str(brief["blocks"]), len(beside), len(self.thread()), len(whispers)

    async def _until(self, what: str, condition: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
        try:
            return await self._workspace.wait_for(condition, seconds)
        except TimeoutError:
            self.lost.append(f"{self.ts} {self.escalation_id}: {what}")
            return None

    # What is done

    async def call(self) -> None:
        channel = self._channel()
        text = self.question if channel != "dm" else self.question.removeprefix("@frontdesk ")
        self.ts = await self._workspace.say(self.asker, channel, text)
        answer = await self._until("no answer", lambda: self._offering("human_call"))
        if answer is None or not await self._acked(self.asker, channel, answer["ts"], "human_call"):
            return
        self.escalation_id = await self._until("nobody was called", self._called, SEEN_S) or ""

    def _called(self) -> str | None:
        """The thread's latest: what was over may have been followed by a new one, by the desk's own rules."""
        return next((known for known, _ in map(role, reversed(self.thread())) if known), None)

    def _channel(self) -> str:
        return "dm" if self.place.startswith("dm:") else self.place

    async def _acked(self, user: str, channel: str, ts: str, action: str, value: str | None = None) -> bool:
        """Pressed until Slack shows no warning under it, while the button is there."""
        for _ in range(TRIES):
            if await self._front.press(user, channel, ts, action, value):
                return True
            shown = self.brief() if channel == HUMANS else next(one for one in self.thread() if one["ts"] == ts)
            if action not in _actions(shown):
                return False
        self.lost.append(f"{self.ts} {self.escalation_id}: {action} was never acked")
        return False

    async def _press(self, user: str, channel: str, ts: str, action: str, value: str | None = None) -> None:
        """And its effect is seen, by everybody or by whoever pressed."""
        before = self._now(user)
        if await self._acked(user, channel, ts, action, value):
            await self._until(f"{action} by {user} did nothing", lambda: self._now(user) != before, SEEN_S)

    async def _window(self, user: str, action: str, values: Json, value: str | None = None) -> None:
        """Open it, fill it in, send it until it is taken or refused. One that does not open is let be."""
        async with self._windows.setdefault(user, asyncio.Lock()):
            if not await self._front.press(user, HUMANS, self.brief()["ts"], action, value):
                return
            view = await self._opened(user)
            before = self._now(user)
            if view is not None and await self._sent(user, view, values):
                await self._until(f"{action} by {user} did nothing", lambda: self._now(user) != before, SEEN_S)

    async def _opened(self, user: str) -> str | None:
        def own() -> str | None:
            mine = (one for one in self._workspace.views(user) if one["private_metadata"] == self.escalation_id)
            return next((str(one["id"]) for one in mine), None)

        try:
            return str(await self._workspace.wait_for(own, 4))
        except TimeoutError:
            return None

    async def _sent(self, user: str, view: str, values: Json) -> bool:
        """False: it is refused in words, and closed."""
        for _ in range(TRIES):
            try:
                if not await self._workspace.submit(view, user, values):
                    return True
                break
            except Refused:
                continue
        await self._workspace.close(view, user)
        return False

    # Which steps there are

    def _steps(self) -> list[Step]:
        """Those whose buttons are there, the likely ones more than once."""
        offered = _actions(self.brief())
        likely = {
            "human_claim": [self._claim] * 3 + [self._both_claim],
            "human_reply": [self._reply] * 3 + [self._ask] * 2,
            "human_hand_over": [self._hand_over],
            "human_resolve": [self._resolve],
            "human_more": [self._snooze, self._resolve_why, self._write, self._write],
        }
        steps: list[Step] = [
            self._time,
            self._time,
            *(step for action in sorted(offered) for step in likely.get(action, ())),
        ]
        for action, times in (("human_solved", 2), ("human_not_yet", 2), ("human_no_need", 1), ("human_more_help", 2)):
            if (shown := self._offering(action)) is not None:
                steps += [partial(self._asker, shown, action)] * times
        return steps

    def _agent(self) -> str:
        """Whoever has it, most of the time."""
        return self.owner if self._chance.random() < 0.8 else self._chance.choice(AGENTS)

    async def _time(self) -> None:
        """Nothing need come of it: there may be nothing due."""
        before = self._now(self.owner)
        await self._front.time_passes(self.escalation_id)
        with suppress(TimeoutError):
            await self._workspace.wait_for(
                lambda: self._front.over.is_set() or self._now(self.owner) != before, TIMER_S
            )

    async def _claim(self) -> None:
        self.owner = self._chance.choice(AGENTS)
        await self._press(self.owner, HUMANS, self.brief()["ts"], "human_claim")

    async def _both_claim(self) -> None:
        first, second = self._chance.sample(AGENTS, 2)
        ts, self.owner = self.brief()["ts"], first
        await asyncio.gather(*(self._press(one, HUMANS, ts, "human_claim") for one in (first, second)))

    async def _write(self) -> None:
        await self._workspace.say(self.asker, self._channel(), "it is broken still", self.ts)

    async def _reply(self, *, asks: bool = False) -> None:
        option = {"value": "asks" if asks else "solves"}
        then = {"type": "radio_buttons", "selected_option": option}
        await self._window(
            self._agent(), "human_reply", _written("text", "Please try again.") | {"then": {"then": then}}
        )

    async def _ask(self) -> None:
        await self._reply(asks=True)

    async def _hand_over(self) -> None:
        user, to = self._agent(), self._chance.choice(AGENTS)
        who = {"type": "users_select", "selected_user": self._workspace.state.user(to).id}
        await self._window(user, "human_hand_over", {"to": {"to": who}} | _written("reason", "you know this"))
        self.owner = to

    async def _resolve(self) -> None:
        await self._press(self._agent(), HUMANS, self.brief()["ts"], "human_resolve")

    async def _snooze(self) -> None:
        value = f"hour {self.escalation_id}"
        await self._press(self._agent(), HUMANS, self.brief()["ts"], "human_more", value)

    async def _resolve_why(self) -> None:
        value = f"resolve {self.escalation_id}"
        await self._window(self._agent(), "human_more", _written("reason", "It is on its way."), value)

    async def _asker(self, shown: Json, action: str) -> None:
        await self._press(self.asker, self._channel(), shown["ts"], action)

    # The end

    async def end(self) -> None:
        """It can still move on: what is over is reopened by its asker, and taken, and all of it is resolved."""
        self.escalation_id = self._called() or ""
        if not self.escalation_id:
            return
        if not _actions(self.brief()) and (shown := self._offering("human_more_help")):
            await self._asker(shown, "human_more_help")
            await self._until("can't be reopened", lambda: "human_claim" in _actions(self.brief()), SEEN_S)
        if "human_claim" in _actions(self.brief()):
            await self._claim()
        one = await self._front.store.escalations.get(self.escalation_id)
        owner = one.owner if one and one.owner else "U0ALEX"
        if "human_resolve" in _actions(self.brief()):
            await self._acked(owner, HUMANS, self.brief()["ts"], "human_resolve")
        await self._until("can't be closed", lambda: "Resolved by" in str(self.brief()["blocks"]), SEEN_S)


def _actions(message: Json) -> set[str]:
    return {str(one.get("action_id")) for block in message.get("blocks") or () for one in elements_of(block)}


def _written(name: str, text: str) -> Json:
    return {name: {name: {"type": "plain_text_input", "value": text}}}
