"""From a resolved thread to what is answered from, over the real store, with Slack and the index in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.desk.budget import Budget
from bot.desk.errors import DeskError, ModelUnavailable, SyncRefused, TransitionRefused, Unavailable
from bot.desk.human_path import Escalation, EscalationState, Move
from bot.desk.learning import Edited, Learning, LearningState, ReadThread, Said, Written
from bot.desk.model import SyncResult, SyncStep
from bot.escalation.drafter import Drafting
from bot.escalation.learning import Learn, later
from bot.redaction import Redactor
from bot.store import Store, open_store
from bot.store.learnings import WantLearning
from tests.fakes.moves import moved
from tests.unit.bot.store.conftest import START, Clock

S = LearningState
ANSWER = "It charges from 30 W upwards, in 3 hours."
THREAD = ReadThread(
    (Said("UALEX", ANSWER, START),), ("Dana Whitfield", "Alex Moreno"), ("members",), "https://s.example/1"
)


@dataclass
class Room:
    """A LearningDesk: what was offered, how each offer stands, who was warned."""

    thread: ReadThread = THREAD
    offers: dict[str, Learning] = field(default_factory=dict)
    looked: list[bool] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    error: DeskError | None = None
    shown_ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, escalation: Escalation) -> ReadThread:
        return self.thread

    async def offer(self, learning: Learning, *, again: bool) -> tuple[str, str]:
        if self.error:
            raise self.error
        self.looked.append(again)
        assert again or learning.id not in self.offers, "offered twice"
        self.offers[learning.id] = learning
        return "DALEX", "1.0"

    async def update(self, learning: Learning) -> None:
        self.offers[learning.id] = learning
        if learning.ready:
            self.shown_ready.set()

    async def warn(self, learning: Learning) -> None:
        self.warned.append(learning.owner)


@dataclass
class Index:
    """A SyncDesk: how often each source was synced; `refusals` first."""

    synced: list[str] = field(default_factory=list)
    refusals: int = 0
    state: Literal["success", "failed"] = "success"
    sources: Sequence[str] = ("docs", "resolved-support")

    async def sync(self, source: str, on_step: Callable[[SyncStep], None], *, approve: bool = False) -> SyncResult:
        if self.refusals:
            self.refusals -= 1
            raise SyncRefused("it is being synced already")
        self.synced.append(source)
        return SyncResult(source, self.state, 1, 0, 0, 0, (), 0, "", 0.1)

    async def status(self) -> Sequence[Any]:
        return ()


@dataclass
class Model:
    """A Drafter that says what it is told to."""

    written: Written | Exception
    asked: list[Sequence[tuple[str, str]]] = field(default_factory=list)

    async def write(self, messages: Sequence[tuple[str, str]]) -> Written:
        self.asked.append(messages)
        if isinstance(self.written, Exception):
            raise self.written
        return self.written


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", clock, recorders=(WantLearning(("support",)),))
    one = Escalation("E1", "support", "T1", "C1", "1.0", "UDANA", "Does it charge?", None, EscalationState.OPEN, START)
    await store.escalations.create(one)
    await moved(store.escalations, "E1", Move.CLAIM, "UALEX", START)
    await moved(store.escalations, "E1", Move.CLOSE, "UALEX", START)
    yield store
    await store.close()


async def is_agent(one: Escalation, user: str) -> bool:
    return user == "UPRIYA"


def learn(
    store: Store, room: Room, index: Index | None = None, model: Model | None = None, budget: Budget | None = None
) -> Learn:
    clock = store.learnings._clock
    drafting = Drafting(Redactor(), model, budget)
    return Learn(
        store.learnings,
        store.escalations,
        room,
        drafting,
        index or Index(),
        store.told,
        clock,
        is_agent=is_agent,
        admins=("UADMIN",),
    )


async def offered(desk: Learn, room: Room) -> Learning:
    await desk.work()
    [one] = room.offers.values()
    return one


async def test_it_is_offered_once_over_crashes(store: Store) -> None:
    """Killed between the post and our knowing of it: the next one looks first; a second process does nothing."""
    room = Room()
    one = await offered(learn(store, room), room)
    assert (one.question, one.answer, one.offered_to) == ("Does it charge?", ANSWER, "UALEX")
    await learn(store, room).work()
    assert room.looked == [False]
    await store.learnings.set_offer(one.id, "", "")  # it was not stored
    store.learnings._clock.now += timedelta(days=2)  # type: ignore[attr-defined]
    await learn(store, room).work()
    assert room.looked == [False, True]


async def test_slack_away_is_offered_later_and_refused_is_let_go(store: Store) -> None:
    room = Room(error=Unavailable("away"))
    desk = learn(store, room)
    await desk.work()
    assert (await store.learnings.to_do())[0].state is S.OFFERED
    room.error = DeskError("user_not_found")
    await desk.work()
    assert await store.learnings.to_do() == []


async def test_a_thread_that_holds_no_answer_is_let_go(store: Store) -> None:
    room = Room(thread=ReadThread((Said("UALEX", "One moment please.", START),), (), ("members",)))
    await learn(store, room).work()
    assert room.offers == {}
    assert await store.learnings.to_do() == []


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        (Written("Does the laptop charge?", "Yes, from 30 W."), "Yes, from 30 W."),
        (Written("Does it?", "Yes, from 65 W."), ANSWER),  # nobody said 65
        (Written(), ANSWER),
        (ModelUnavailable("away"), ANSWER),
    ],
)
async def test_a_model_words_the_draft_or_the_rules_do(store: Store, written: Written | Exception, answer: str) -> None:
    room, model = Room(), Model(written)
    assert (await offered(learn(store, room, model=model), room)).answer == answer
    assert len(model.asked) == 1


async def test_nothing_is_asked_of_a_model_beyond_the_budget(store: Store, clock: Clock) -> None:
    class Spent(Budget):
        async def spent(self) -> bool:
            return True

    room, model = Room(), Model(Written("q", "Yes, from 30 W."))
    one = await offered(learn(store, room, model=model, budget=Spent(store.answers, 1.0, clock)), room)
    assert (one.answer, model.asked) == (ANSWER, [])


async def test_approved_it_is_indexed_at_once(store: Store) -> None:
    """A source that is being synced may have been listed before, so it is synced again; then the offer says so."""
    room, index = Room(), Index(refusals=1)
    desk = learn(store, room, index)
    one = await offered(desk, room)
    approved = await desk.approve(one.id, "UALEX")
    assert (approved.audience, approved.owner, approved.expires_at) == (("members",), "UALEX", later(START, 12))
    await desk.work()
    assert (index.synced, room.offers[one.id].ready) == ([], False)
    await desk.work()
    assert (index.synced, room.offers[one.id].ready) == (["resolved-support"], True)
    await desk.work()
    assert index.synced == ["resolved-support"]


async def test_what_fails_to_be_indexed_is_tried_again(store: Store, clock: Clock) -> None:
    """Not with every tick: what fails takes its time."""
    room, index = Room(), Index(state="failed")
    desk = learn(store, room, index)
    await desk.approve((await offered(desk, room)).id, "UALEX")
    await desk.work()
    index.state = "success"
    await desk.work()
    assert len(index.synced) == 1
    clock.now += timedelta(seconds=20)
    await desk.work()
    assert len(index.synced) == 2
    assert await store.learnings.to_do() == []


async def test_a_decision_wakes_whoever_watches(store: Store) -> None:
    """No tick is waited for: a clock that stands still is enough."""
    room, index = Room(), Index()
    desk = learn(store, room, index)
    one = await offered(desk, room)
    watching = asyncio.create_task(desk.watch())
    await asyncio.sleep(0)
    await desk.approve(one.id, "UALEX")
    await asyncio.wait_for(room.shown_ready.wait(), 0.9)  # below the tick
    watching.cancel()


@pytest.mark.parametrize("user", ["UALEX", "UPRIYA", "UADMIN"])
async def test_who_may_decide(store: Store, user: str) -> None:
    """Whoever resolved it, an agent, an admin; nobody else, the asker least of all."""
    room = Room()
    desk = learn(store, room)
    one = await offered(desk, room)
    for other in ("UDANA", "USAM"):
        for step in (desk.approve, desk.discard, desk.shown):
            with pytest.raises(TransitionRefused, match="agents"):
                await step(one.id, other)
    assert (await desk.approve(one.id, user)).decided_by == user
    with pytest.raises(TransitionRefused, match="You have approved this already"):
        await desk.discard(one.id, user)
    with pytest.raises(TransitionRefused, match="not known"):
        await desk.approve("L-9", user)


async def test_only_the_approver_widens_the_audience(store: Store) -> None:
    room = Room()
    desk = learn(store, room)
    one = await offered(desk, room)
    approved = await desk.approve(one.id, "UALEX", Edited("Q?", "A.", "public", 0, "UPRIYA"))
    assert (approved.question, approved.answer, approved.audience) == ("Q?", "A.", ("public",))
    assert (approved.owner, approved.expires_at, approved.thread_audience) == ("UPRIYA", None, ("members",))


async def test_its_owner_hears_a_week_before_it_ends(store: Store, clock: Clock) -> None:
    """Once, over processes; renewed it is good for as long again."""
    room = Room()
    desk = learn(store, room)
    one = await offered(desk, room)
    approved = await desk.approve(one.id, "UALEX")
    assert approved.expires_at is not None
    clock.now = approved.expires_at - timedelta(days=8)
    await desk.work()
    assert room.warned == []
    clock.now += timedelta(days=1, hours=1)
    await desk.work()
    await learn(store, room).work()
    assert room.warned == ["UALEX"]
    renewed = await desk.renew(one.id, "UALEX")
    assert renewed.expires_at == later(approved.expires_at, 12)
    assert (await desk.retire(one.id, "UPRIYA")).state is S.RETIRED
    with pytest.raises(TransitionRefused, match="A colleague has retired this"):
        await desk.renew(one.id, "UALEX")


@pytest.mark.parametrize(
    ("at", "months", "end"),
    [
        (datetime(2026, 11, 30, tzinfo=UTC), 3, datetime(2027, 2, 28, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), 12, datetime(2027, 12, 31, tzinfo=UTC)),
        (datetime(2026, 6, 30, tzinfo=UTC), 6, datetime(2026, 12, 30, tzinfo=UTC)),
        (datetime(2026, 6, 30, tzinfo=UTC), 0, None),
    ],
)
def test_months_are_the_calendars(at: datetime, months: int, end: datetime | None) -> None:
    assert later(at, months) == end
