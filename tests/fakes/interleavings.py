"""Random stories of the human path: agents, askers, timers, triage, two processes, crashes and redeliveries, over the
real store and a small real double of where humans are. What must hold in each is in check()."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any, Literal

from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.desk.due import Reminder
from bot.desk.errors import DeskError, RetrievalUnavailable, StoreUnavailable, Unavailable
from bot.desk.human_path import OVER, QUIET, Brief, Escalation, EscalationState, Move, Transition
from bot.desk.model import Accepted
from bot.escalation.escalate import Escalate
from bot.escalation.model import STEPS
from bot.escalation.timekeeper import Timekeeper
from bot.escalation.timetable import Timetable, Timetables
from bot.escalation.triaging import Triaging
from bot.human_time_settings import SlaSettings
from bot.store import Store, open_store
from bot.store.tables import due, escalations
from bot.store.triages import WantTriage, triages
from tests.fakes.story_triage import GRAVE, LATE, PLAIN, SUPPORT, Asked, Reader, Records, check_records

ASKER, SAM, AGENTS, LEAD = "U1", "U7", ("U2", "U3", "U4"), "U8"
OWNER = "owner"
PEOPLE = (ASKER, ASKER, ASKER, OWNER, OWNER, OWNER, *AGENTS, SAM, LEAD)
Fault = Literal["fails", "fails after", "dies", "dies after"]
_TAKES = (Move.CLAIM, Move.REPLY, Move.WAIT, Move.CLOSE, Move.HAND_OVER)
TEXTS = ("it is broken still", "thanks!", "EM-100001")
QUESTIONS = (GRAVE, PLAIN, LATE)
_threads = count(1)
TIMES = Timetables({"support": Timetable(sla=SlaSettings(lead="U0LEAD"))})


class Died(BaseException):
    """A process at the moment of its death: nothing catches it."""


@dataclass(frozen=True)
class Command:
    """Somebody wants something of one of the processes. OWNER: whoever has it then."""

    name: str
    user: str
    process: int
    to: str = AGENTS[0]
    text: str = ""


NAMES = (
    *("claim", "claim", "reply", "reply", "reply", "wait", "hand_over", "resolve", "snooze"),  # agents
    *("call", "confirm", "confirm", "not_yet", "not_yet", "writes", "writes"),  # askers
    *("expire", "close", "wake", "pending", "tick", "tick"),
    *("asks", "asks", "triage", "triage", "triage_slowly", "go_on"),
)
commands = st.builds(
    Command,
    name=st.sampled_from(NAMES),
    user=st.sampled_from(PEOPLE),
    process=st.integers(0, 1),
    to=st.sampled_from((*AGENTS, SAM)),
    text=st.sampled_from(TEXTS),
)
# What happens at once, in turns, how often each comes again, and how long nothing happens after it; which adapter call
# goes wrong, and how.
_pauses = st.sampled_from((timedelta(), timedelta(), timedelta(), timedelta(hours=1), timedelta(days=20)))
stories = st.tuples(
    st.lists(
        st.tuples(st.lists(commands, min_size=1, max_size=3), st.integers(1, 2), _pauses), min_size=3, max_size=16
    ),
    st.dictionaries(st.integers(0, 250), st.sampled_from(("fails", "fails after", "dies", "dies after")), max_size=6),
)
Story = tuple[list[tuple[list[Command], int, timedelta]], dict[int, Fault]]


@dataclass
class Room:
    """A HumanDesk: what was posted, by escalation and role, in order."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    briefs: dict[str, Escalation] = field(default_factory=dict)  # as they show it

    async def post_brief(self, brief: Brief, channel: str) -> str:
        self.posts.append((brief.escalation.id, "brief"))
        self.briefs[brief.escalation.id] = brief.escalation
        return f"ts-{brief.escalation.id}"

    async def find_brief(self, escalation: Escalation, channel: str) -> str | None:
        return f"ts-{escalation.id}" if escalation.id in self.briefs else None

    async def update_brief(self, brief: Brief) -> None:
        assert brief.escalation.id in self.briefs
        self.briefs[brief.escalation.id] = brief.escalation

    async def announce(self, brief: Brief, transition: Transition, *, again: bool) -> None:
        post = (brief.escalation.id, str(transition.number))
        if not (again and post in self.posts):
            self.posts.append(post)

    async def remind(self, reminder: Reminder, *, again: bool) -> None:
        post = (reminder.escalation.id, f"{reminder.due.key.kind.value} {reminder.due.key.round}")
        if not (again and post in self.posts):
            self.posts.append(post)

    async def look_ahead(self, escalation: Escalation, channel: str) -> None:
        return None

    async def thread_url(self, escalation: Escalation) -> str | None:
        return None

    async def name(self, user: str) -> str:
        return user

    async def is_member(self, channel: str, user: str) -> bool:
        return user in AGENTS


@dataclass(repr=False)
class House:
    """Two processes' stores over one database, which stories share, and the clock that they move."""

    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    stores: list[Store] = field(default_factory=list)
    told: int = 0
    moves: Counter[str] = field(default_factory=Counter)

    async def open(self, url: str) -> None:
        for number in range(2):
            want = WantTriage([SUPPORT.name], lambda: self.now)
            holder = f"process {number}"
            self.stores.append(await open_store(url, lambda: self.now, holder, recorders=(want,), plan=TIMES))

    async def forget_time(self) -> None:
        """Nothing of earlier stories becomes due in the next one."""
        async with self.stores[0].database.transaction() as connection:
            await connection.execute(delete(due))
            await connection.execute(delete(triages))
            await connection.execute(update(escalations).values(state=EscalationState.CLOSED.value))

    async def close(self) -> None:
        for store in self.stores:
            await store.close()


@dataclass
class World:
    """One story's thread and Slack, and the faults that the calls of its processes meet."""

    house: House
    faults: dict[int, Fault]
    room: Room = field(default_factory=Room)
    calls: int = 0
    thread: tuple[str, str, str] = field(default_factory=lambda: ("T1", "C1", f"{next(_threads)}.0"))
    alive: list[Escalate] = field(default_factory=list)
    timekeepers: list[Timekeeper] = field(default_factory=list)
    triaging: list[tuple[Triaging, Triaging]] = field(default_factory=list)  # at once, and slowly
    done: list[str] = field(default_factory=list)  # causes of what was reported as done
    pressed: dict[str, str] = field(default_factory=dict)  # by cause: a press that comes again is under the same post

    def __post_init__(self) -> None:
        self.asked = Asked(self.thread)
        started = [self.started(number) for number in range(2)]
        self.alive, self.timekeepers, self.triaging = map(list, zip(*started, strict=True))

    def started(self, process: int) -> tuple[Escalate, Timekeeper, tuple[Triaging, Triaging]]:
        store, life = self.house.stores[process], Life()
        parts = (store.escalations, store.answers, store.threads)
        shaky = [Shaky(part, self, life, StoreUnavailable) for part in parts]
        room = Shaky(self.room, self, life, Unavailable)
        due = Shaky(store.due, self, life, StoreUnavailable)

        def now() -> datetime:
            return self.house.now

        records: Any = Shaky(Records(store, self.asked), self, life, StoreUnavailable)
        humans = Escalate(
            *shaky,
            room,
            now,
            channels={"support": "C9"},
            admins=(LEAD,),
            triages=records,
            due=due,  # type: ignore[arg-type]
        )
        readers: Any = [Shaky(Reader(self.asked, slow), self, life, RetrievalUnavailable) for slow in (False, True)]
        at_once, slowly = (Triaging(records, reader, humans, {SUPPORT.name: SUPPORT}) for reader in readers)
        return humans, Timekeeper(due, shaky[0], humans, room, TIMES, now), (at_once, slowly)  # type: ignore[arg-type]

    async def restart(self, process: int) -> None:
        await self.alive[process].drain(5)
        self.alive[process], self.timekeepers[process], self.triaging[process] = self.started(process)


@dataclass
class Life:
    over: bool = False


class Shaky:
    """A part that fails, or with which its process dies, at the calls that are said."""

    def __init__(self, inner: Any, world: World, life: Life, error: type[DeskError]) -> None:
        self._inner, self._world, self._life, self._error = inner, world, life, error

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **options: Any) -> Any:
            fault = self._world.faults.get(self._world.calls)
            self._world.calls += 1
            if self._life.over:
                raise Died
            if fault in ("fails", "dies"):
                self._break(fault)
            result = await getattr(self._inner, name)(*given, **options)
            if fault is not None:
                self._break(fault)
            return result

        return call

    def _break(self, fault: Fault) -> None:
        if fault.startswith("dies"):
            self._life.over = True
            raise Died
        raise self._error("for a moment")


async def tell(story: Story, house: House) -> None:
    """Let it happen, let everybody come back, and check what is left."""
    turns, faults = story
    await house.forget_time()
    house.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    world = World(house, dict(faults))
    await world.asked.ask(house.stores[0], ASKER, QUESTIONS[len(turns) % 3], house.now)
    await act(world, Command("call", ASKER, 0), "")
    for number, (at_once, times, pause) in enumerate(turns):
        world.house.now += timedelta(seconds=1)
        for _ in range(times):
            causes = [f"{world.thread[2]} {number} {at}" for at in range(len(at_once))]
            await asyncio.gather(*(act(world, one, cause) for one, cause in zip(at_once, causes, strict=True)))
        await check_quiet(world)
        if pause:  # no process stands still for so long in the middle of a post
            await asyncio.gather(*(humans.drain(5) for humans in world.alive))
            world.house.now += pause
    world.faults.clear()
    await world.asked.go_on()
    for process in (0, 1):
        await world.restart(process)
    # The leases of whoever died, and what was put off.
    world.house.now += timedelta(minutes=15)
    for at_once, _ in world.triaging:
        while await at_once.work():
            world.house.now += timedelta(minutes=2)
    for time in world.timekeepers:
        await time.tick()
    for humans in world.alive:
        await humans.post_pending()
        await humans.drain(5)
    await check(world)
    house.told += 1


async def act(world: World, one: Command, cause: str) -> None:
    try:
        if await _act(world, one, cause):
            world.done.append(cause)
    except Died:
        await world.restart(one.process)
    except DeskError:
        return  # refused, or they are told to try again


async def _act(world: World, one: Command, cause: str) -> bool:
    """Whether somebody was told that it is done."""
    humans = world.alive[one.process]
    if one.name == "call":
        await humans.call(*world.thread, ASKER, world.asked.keys[-1])
        return False
    if one.name in ("asks", "triage", "triage_slowly", "go_on"):
        await _triage(world, one)
        return False
    if one.name == "pending":
        await humans.post_pending()
        return False
    if one.name == "tick":
        await world.timekeepers[one.process].tick()
        return False
    if one.name == "writes":
        ts = f"{world.house.now.timestamp():.6f}"
        said = Accepted(
            cause, *world.thread[:2], ts, one.user, "channel", one.text, {}, world.house.now, world.thread[2]
        )
        return await humans.asker_wrote(said)
    latest = await world.house.stores[one.process].escalations.latest_of_thread(*world.thread)
    if latest is None:
        return False
    one = replace(one, user=latest.owner or AGENTS[0]) if one.user == OWNER else one
    under = world.pressed.setdefault(cause, latest.id)
    if one.name in ("expire", "close", "wake"):
        await humans.timer(latest, Move(one.name))
        return False
    await _move(humans, under, one, world, cause)
    return True


async def _triage(world: World, one: Command) -> None:
    store, (at_once, slowly) = world.house.stores[one.process], world.triaging[one.process]
    match one.name:
        case "asks" if not (await store.threads.state(*world.thread)).quiet:
            await world.asked.ask(store, ASKER, QUESTIONS[TEXTS.index(one.text)], world.house.now)
        case "triage":
            await at_once.work()
        case "triage_slowly":
            work = act_slowly(world, slowly, one.process)
            world.asked.slow.append(asyncio.create_task(work))
        case "go_on":
            await world.asked.go_on()


async def act_slowly(world: World, slowly: Triaging, process: int) -> None:
    try:
        await slowly.work()
    except Died:
        if world.triaging[process][1] is slowly:  # else it is another process that has its number by now
            await world.restart(process)
    except DeskError:
        return


async def _move(humans: Escalate, known: str, one: Command, world: World, cause: str) -> None:
    match one.name:
        case "claim":
            await humans.claim(known, one.user, cause)
        case "reply" | "wait":
            await humans.reply(known, one.user, one.text, asks=one.name == "wait", cause=cause)
        case "hand_over":
            await humans.hand_over(known, one.user, one.to, cause=cause)
        case "resolve":
            await humans.resolve(known, one.user, cause=cause)
        case "snooze":
            await humans.snooze(known, one.user, world.house.now + timedelta(hours=1), cause)
        case "confirm":
            await humans.confirm(known, one.user, cause)
        case "not_yet":
            await humans.not_yet(known, one.user, cause)


async def check_quiet(world: World) -> None:
    """The bot is quiet in the thread exactly while a human has it."""
    one = await world.house.stores[0].escalations.of_thread(*world.thread)
    state = await world.house.stores[1].threads.state(*world.thread)
    assert state.quiet == (one is not None and one.state in QUIET)


async def check(world: World) -> None:
    store = world.house.stores[0]
    ids = {escalation_id for escalation_id, _ in world.room.posts}
    latest = await store.escalations.latest_of_thread(*world.thread)
    every = [one for one in [await store.escalations.get(each) for each in sorted(ids)] if one]
    assert latest is None or latest in every or latest.brief_ts is None, "nobody was told of it"
    assert len([one for one in every if one.state not in OVER]) <= 1, "two in one thread"
    untold = [one.id for one in await store.escalations.unannounced() if one.thread_ts == world.thread[2]]
    assert untold == [], "somebody was not told of something"
    causes: list[str] = []
    for one in every:
        moves = await store.escalations.transitions(one.id)
        check_moves(one, moves)
        world.house.moves.update(move.move.value for move in moves)
        causes += [move.cause for move in moves if move.cause]
        told = [int(role) for known, role in world.room.posts if known == one.id and role.isdigit()]
        assert told == [move.number for move in moves], f"each move is told once, in order: {told}"
        assert world.room.posts.count((one.id, "brief")) == (one.brief_ts is not None), "no brief, or two"
        await check_due(world, one)
        shown = world.room.briefs.get(one.id)
        assert (shown and shown.number) == (one.brief_ts and one.number), "its brief shows what was"
    assert max(Counter(causes).values(), default=1) == 1, "what came again was done again"
    assert set(world.done) <= set(causes), "what was reported as done is not there"
    world.house.moves.update(await check_records(store, world.asked, every))


async def check_due(world: World, one: Escalation) -> None:
    """Nothing that is due is undone, nothing was done twice, and what goes on is not forgotten."""
    posts = Counter(role for known, role in world.room.posts if known == one.id and not role.isdigit())
    assert max(posts.values(), default=1) == 1, f"a reminder twice: {posts}"
    of_it = select(due).where(due.c.escalation_id == one.id)
    async with world.house.stores[0].database.transaction() as connection:
        rows = (await connection.execute(of_it)).all()
    assert [row.kind for row in rows if row.done_at is None and row.at <= world.house.now] == []
    assert bool(rows) == (one.state not in OVER)
    world.house.moves.update(role.split()[0] for role in posts if role != "brief")


def check_moves(one: Escalation, moves: Sequence[Transition]) -> None:
    assert [move.number for move in moves] == list(range(1, one.number + 1))
    assert (moves[0].move, moves[0].before) == (Move.CALL, None)
    assert (one.state, one.owner, one.announced) == (moves[-1].after, moves[-1].owner, one.number)
    for before, move in pairwise(moves):
        assert move.before is before.after
        assert move.reason, "a move without a reason"
        assert STEPS[move.move][before.after].after is move.after, "an illegal move"
        if move.owner != before.owner:  # somebody takes what nobody has, or is given it, or it is nobody's again
            assert move.move in (_TAKES if before.owner is None else (Move.HAND_OVER, Move.REOPEN))
        if move.after in QUIET:
            assert move.owner is not None
        assert move.at >= before.at
