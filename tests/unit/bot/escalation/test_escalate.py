"""The human path over the real store, with a desk of humans in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.abstention import NOT_FOUND, abstain
from bot.desk.errors import StoreUnavailable, TransitionRefused, Unavailable
from bot.desk.human_path import (
    DESK,
    TIMER,
    Brief,
    Escalation,
    EscalationState,
    HandoverReason,
    HumanState,
    Move,
    Transition,
)
from bot.desk.model import (
    Accepted,
    Answer,
    Citation,
    Desk,
    Outcome,
    Person,
    Place,
    Question,
    Retrieval,
    StoredAnswer,
)
from bot.escalation.brief import Known, brief_of
from bot.escalation.escalate import Escalate
from bot.handover_settings import HandoverSettings
from bot.store import Store, open_store
from tests.fakes.moves import moved

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THREAD = ("T1", "C1", "1.1")
QUESTION = Question("T1:C1:1.1", "Where is it?", Person("U1", "Dana"), Place("T1", "C1", "channel"), "1.1", NOW)
CITED = Citation(0, "q", "Returns", "https://docs.example/r", "", NOW)


@dataclass
class Room:
    """A HumanDesk: the briefs in each channel, and what threads were told."""

    members: set[str] = field(default_factory=lambda: {"U2", "U3"})
    briefs: dict[str, Brief] = field(default_factory=dict)
    told: list[Move] = field(default_factory=list)
    looked: list[bool] = field(default_factory=list)
    away: bool = False
    lost: bool = False  # what is told is told, and nobody hears that it was
    posts: int = 0

    async def post_brief(self, brief: Brief, channel: str) -> str:
        if self.away:
            raise Unavailable("away")
        self.posts += brief.escalation.id not in self.briefs
        self.briefs[brief.escalation.id] = brief
        return f"ts-{brief.escalation.id}"

    async def find_brief(self, escalation: Escalation, channel: str) -> str | None:
        return f"ts-{escalation.id}" if escalation.id in self.briefs else None

    async def update_brief(self, brief: Brief) -> None:
        self.briefs[brief.escalation.id] = brief

    async def announce(self, brief: Brief, transition: Transition, *, again: bool) -> None:
        self.looked.append(again)
        if self.away:
            raise Unavailable("away")
        if again and transition.move in self.told:
            return
        self.told.append(transition.move)
        if self.lost:
            raise Unavailable("its reply was lost")

    async def look_ahead(self, escalation: Escalation, channel: str) -> None:
        return None

    async def thread_url(self, escalation: Escalation) -> str | None:
        return f"https://slack.example/{escalation.thread_ts}"

    async def name(self, user: str) -> str:
        return {"U1": "Dana", "U2": "Alex", "U3": "Priya"}.get(user, user)

    async def is_member(self, channel: str, user: str) -> bool:
        return user in self.members


@dataclass(frozen=True)
class Found:
    category: str
    severity: int
    requires_escalation: bool
    language: str = "English"
    order: str | None = None
    product: str | None = None


@dataclass
class Triages:
    found: dict[str, Found] = field(default_factory=dict)

    async def of_thread(self, team: str, channel: str, thread_ts: str) -> Found | None:
        return self.found.get(thread_ts)

    async def summary(self, question_key: str) -> str:
        return ""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", lambda: NOW)
    answer = Answer(Outcome.ANSWERED, "In the post [1].", citations=(CITED,))
    await store.answers.save(QUESTION, "support", answer)
    yield store
    await store.close()


def escalate(store: Store, room: Room, now: datetime = NOW, **options: Any) -> Escalate:
    given = {"channels": {"support": "C9"}, "admins": ("U8",)} | options
    return Escalate(store.escalations, store.answers, store.threads, room, lambda: now, **given)


async def test_a_call_is_posted_once_and_told(store: Store) -> None:
    """Its brief has the question, the answer and its sources; a second call finds the first."""
    room = Room()
    humans = escalate(store, room)
    first = await humans.call(*THREAD, "U1", QUESTION.key)
    again = await humans.call(*THREAD, "U7", QUESTION.key)
    assert (first.state, again.state) == (HumanState.CALLED, HumanState.ALREADY_OPEN)
    assert again.escalation == await store.escalations.of_thread(*THREAD)
    [brief] = room.briefs.values()
    assert (brief.asker, brief.escalation.question, brief.answered) == ("Dana", "Where is it?", "In the post [1].")
    assert brief.sources == (CITED,)
    assert brief.thread_url == "https://slack.example/1.1"
    assert room.told == [Move.CALL]


async def test_claim_makes_the_desk_quiet_and_resolve_lets_it_speak(store: Store) -> None:
    """Open: it still answers; claimed: it keeps quiet; resolved: it answers again, and may be called again."""
    room = Room()
    humans = escalate(store, room)
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    assert not (await store.threads.state(*THREAD)).quiet
    await humans.claim(called.escalation.id, "U2")
    assert (await store.threads.state(*THREAD)).quiet
    held = await humans.call(*THREAD, "U1", QUESTION.key)
    assert (held.state, held.owner) == (HumanState.ALREADY_CLAIMED, "Alex")
    resolved = await humans.resolve(called.escalation.id, "U2")
    assert (resolved.state, resolved.owner) == (EscalationState.CLOSED, "U2")
    assert not (await store.threads.state(*THREAD)).quiet
    await humans.drain(5)
    assert room.told == [Move.CALL, Move.CLAIM, Move.CLOSE]


async def test_refusals_say_who_has_it(store: Store) -> None:
    """Whoever is slower, not an agent, not the owner, or late is told why; admins may always."""
    humans = escalate(store, Room())
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    number = called.escalation.id
    with pytest.raises(TransitionRefused, match="agents"):
        await humans.claim(number, "U1")
    await humans.claim(number, "U2")
    with pytest.raises(TransitionRefused, match="Alex has claimed"):
        await humans.claim(number, "U3")
    with pytest.raises(TransitionRefused, match="Alex has this one"):
        await humans.resolve(number, "U3")
    await humans.resolve(number, "U8")
    with pytest.raises(TransitionRefused, match="Alex has resolved"):
        await humans.resolve(number, "U2")
    with pytest.raises(TransitionRefused, match="not known"):
        await humans.claim("E-unknown", "U2")


async def test_who_is_called_late_may_take_it_from_a_silent_owner(store: Store) -> None:
    """The desk's lead may do what an admin may; another desk's lead may not, though both are in the channel."""
    humans = escalate(store, Room(members={"U2", "U3", "U4"}), leads={"support": "U3", "people": "U4"})
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    one = (await humans.claim(called.escalation.id, "U2")).id
    for refused in (humans.reply(one, "U4", "So."), humans.hand_over(one, "U4", "U4"), humans.resolve(one, "U4")):
        with pytest.raises(TransitionRefused, match="Alex has this one"):
            await refused
    assert (await humans.reply(one, "U3", "So.")).state is EscalationState.ANSWERED
    assert (await humans.hand_over(one, "U3", "U3")).owner == "U3"
    assert (await humans.resolve(one, "U3")).state is EscalationState.CLOSED


async def test_a_lead_who_is_no_agent_takes_requests(store: Store) -> None:
    humans = escalate(store, Room(), agents=("U2",), leads={"support": "U4"})
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    assert (await humans.claim(called.escalation.id, "U4")).owner == "U4"


async def test_one_that_nobody_claimed_is_resolved_by_an_agent(store: Store) -> None:
    """In one step, and the agent is its owner."""
    humans = escalate(store, Room(), agents=("U3",))
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    with pytest.raises(TransitionRefused):
        await humans.resolve(called.escalation.id, "U2")
    assert (await humans.resolve(called.escalation.id, "U3")).owner == "U3"


async def test_a_brief_that_could_not_be_posted_follows(store: Store) -> None:
    """Recorded while Slack is away, posted by post_pending(), told once, and never again."""
    room = Room(away=True)
    humans = escalate(store, room)
    assert (await humans.call(*THREAD, "U1", QUESTION.key)).state is HumanState.DELAYED
    await humans.post_pending()
    assert room.told == []
    room.away = False
    for _ in range(2):
        await humans.post_pending()
    assert room.posts == 1
    assert room.told == [Move.CALL]


async def test_a_state_that_could_not_be_told_follows(store: Store) -> None:
    """The claim counts at once; its thread is told when Slack is back, after a look whether it was, and once."""
    room = Room()
    humans = escalate(store, room)
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    room.away = True
    assert (await humans.claim(called.escalation.id, "U8")).state is EscalationState.CLAIMED
    await humans.drain(5)
    await humans.post_pending()
    assert room.told == [Move.CALL]
    room.away = False
    for _ in range(2):
        await humans.post_pending()
    assert room.told == [Move.CALL, Move.CLAIM]
    assert room.looked == [False, False, True, True]
    assert room.briefs[called.escalation.id].escalation.state is EscalationState.CLAIMED


async def test_a_press_that_comes_again_tells_nothing_twice(store: Store) -> None:
    """Its announcement was posted and its reply lost; then the same press is delivered once more."""
    room = Room()
    humans = escalate(store, room)
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    room.lost = True
    await humans.claim(called.escalation.id, "U2", "press")
    await humans.drain(5)
    room.lost = False
    await humans.claim(called.escalation.id, "U2", "press")
    await humans.drain(5)
    assert room.told == [Move.CALL, Move.CLAIM]
    assert room.looked == [False, False, True]


@pytest.mark.parametrize(
    ("moves", "days", "asker", "answer_key", "state"),
    [
        ((Move.CLAIM,), 0, "U1", QUESTION.key, HumanState.ALREADY_CLAIMED),
        ((Move.REPLY, Move.CONFIRM), 0, "U1", QUESTION.key, HumanState.REOPENED),
        ((Move.REPLY, Move.CONFIRM), 0, "U1", "another", HumanState.CALLED),
        ((Move.REPLY, Move.CONFIRM), 0, "U7", QUESTION.key, HumanState.CALLED),
        ((Move.CLOSE,), 3, "U1", QUESTION.key, HumanState.REOPENED),
        ((Move.CLOSE,), 15, "U1", QUESTION.key, HumanState.CALLED),
        ((Move.CLOSE,), 3, "U1", "another", HumanState.CALLED),
        ((Move.CLOSE,), 3, "U7", QUESTION.key, HumanState.CALLED),
    ],
)
async def test_another_call_in_a_thread(
    store: Store, moves: tuple[Move, ...], days: int, asker: str, answer_key: str, state: HumanState
) -> None:
    """What is at work goes on; what is solved or over is reopened for its asker and the same question only."""
    first = (await escalate(store, Room()).call(*THREAD, "U1", QUESTION.key)).escalation
    assert first is not None
    for move in moves:
        await moved(store.escalations, first.id, move, "U1" if move is Move.CONFIRM else "U2", NOW)
    later = escalate(store, Room(), now=NOW + timedelta(days=days))
    again = await later.call(*THREAD, asker, answer_key)
    assert again.state is state
    assert again.escalation is not None
    assert (again.escalation.id == first.id) == (state is not HumanState.CALLED)
    await later.drain(5)


@pytest.mark.parametrize("end", ["confirm", "resolve"])
@pytest.mark.parametrize("reason", [HandoverReason.ASKED, HandoverReason.POLICY, HandoverReason.TRIAGE])
async def test_a_question_that_is_dealt_with_again_calls_nobody_again(
    store: Store, reason: HandoverReason, end: str
) -> None:
    """After a crash, when what it called for is solved or called off by then, and another question came since."""
    humans = escalate(store, Room())
    first = (await humans.call(*THREAD, "U1", QUESTION.key, reason, once=True)).escalation
    assert first is not None
    await humans.claim(first.id, "U2")
    ended = await getattr(humans, end)(first.id, "U1")
    for _ in range(2):
        again = await humans.call(*THREAD, "U1", QUESTION.key, reason, once=True)
        assert again.escalation == ended
        await escalate(store, Room(), NOW + timedelta(hours=1)).call(*THREAD, "U1", "another")
        ended = await store.escalations.get(first.id)
    await humans.drain(5)


@pytest.mark.parametrize(
    ("reason", "by"),
    [
        (HandoverReason.ASKED, "U1"),
        (HandoverReason.FEEDBACK, "U1"),
        (HandoverReason.POLICY, DESK),
        (HandoverReason.TRIAGE, DESK),
        (HandoverReason.ABSTAINED_TWICE, DESK),
    ],
)
async def test_why_a_human_was_called_is_kept(store: Store, reason: HandoverReason, by: str) -> None:
    """The asker called, or the desk did."""
    called = (await escalate(store, Room()).call(*THREAD, "U1", QUESTION.key, reason)).escalation
    assert called is not None
    [first] = await store.escalations.transitions(called.id)
    assert (called.reason, first.by, first.reason) == (reason, by, reason.value)


async def test_each_move_is_stored_with_a_reason(store: Store) -> None:
    """What somebody gave; where nobody did, what such a move is made for. Of a call it is what called."""
    humans = escalate(store, Room())
    one = (await humans.call(*THREAD, "U1", QUESTION.key)).escalation
    assert one is not None
    await humans.claim(one.id, "U2")
    await humans.snooze(one.id, "U2", NOW + timedelta(hours=1))
    await humans.hand_over(one.id, "U2", "U3", "you know drones")
    await humans.reply(one.id, "U3", "Which one?", asks=True)
    await humans.reply(one.id, "U3", "This one.")
    await humans.not_yet(one.id, "U1")
    await humans.confirm(one.id, "U1")
    await humans.call(*THREAD, "U1", QUESTION.key)
    await humans.resolve(one.id, "U2")
    await humans.not_yet(one.id, "U1")
    await humans.resolve(one.id, "U1", "  ")
    assert [(move.move.value, move.reason) for move in await store.escalations.transitions(one.id)] == [
        ("call", "asked"),
        ("claim", "an agent takes care of it"),
        ("snooze", "it can wait until then"),
        ("hand_over", "you know drones"),
        ("wait", "something is needed from the asker"),
        ("reply", "there is an answer for the asker"),
        ("not_yet", "the answer did not solve it"),
        ("confirm", "the asker has what they need"),
        ("reopen", "the asker needs more help"),
        ("close", "nothing is left to do"),
        ("reopen", "the asker needs more help"),
        ("close", "nothing is left to do"),
    ]
    await humans.drain(5)


async def test_a_brief_has_what_becomes_known_later(store: Store) -> None:
    """Its triage is added without a move, and once it is there each brief has it."""
    room, triages = Room(), Triages()
    humans = escalate(store, room, triages=triages)
    called = (await humans.call(*THREAD, "U1", QUESTION.key)).escalation
    assert called is not None
    assert room.briefs[called.id].triage is None
    triages.found[QUESTION.thread_ts] = Found("SHIPPING_ISSUE", 4, True)
    await humans.refresh(called.id)
    assert room.briefs[called.id].triage == Found("SHIPPING_ISSUE", 4, True)
    assert [one.move for one in room.briefs[called.id].history] == [Move.CALL]


async def test_what_was_written_before_the_last_move_is_no_answer_to_it(store: Store) -> None:
    """Read back after a restart, it is old."""
    humans = escalate(store, Room())
    called = (await humans.call(*THREAD, "U1", QUESTION.key)).escalation
    assert called is not None
    await humans.reply(called.id, "U2", "Which one?", asks=True)

    def said(before: timedelta) -> Accepted:
        ts = f"{(NOW - before).timestamp():.6f}"
        return Accepted(f"T1:C1:{ts}", "T1", "C1", ts, "U1", "channel", "EM-1", {}, NOW, "1.1")

    assert not await humans.asker_wrote(said(timedelta(minutes=5)))
    assert not await humans.asker_wrote(replace(said(timedelta()), user="U7"))
    assert await humans.asker_wrote(said(timedelta()))
    assert not await humans.asker_wrote(said(timedelta())), "the same again"
    await humans.drain(5)


async def test_a_question_is_no_news_to_the_human_whom_it_called(store: Store) -> None:
    """It may be dealt with again after a crash; what else is written in a direct message is news at once."""
    humans, ts = escalate(store, Room()), f"{NOW.timestamp():.6f}"
    called = await humans.call("T1", "D1", ts, "U1", f"T1:D1:{ts}")
    assert called.escalation is not None
    again = Accepted(f"T1:D1:{ts}", "T1", "D1", ts, "U1", "dm", "A human, please.", {}, NOW, ts)
    assert not await humans.asker_wrote(again)
    assert await humans.asker_wrote(replace(again, key="T1:D1:2.0", text="It is EM-100001."))
    last = (await store.escalations.transitions(called.escalation.id))[-1]
    assert (last.move, last.after, last.text) == (Move.ASKER_WROTE, EscalationState.OPEN, "It is EM-100001.")
    await humans.drain(5)


async def test_a_brief_of_which_nobody_heard_is_brought_up_to_date(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was posted, its ts was not stored, and its asker called the human off: it does not wait for ever."""

    async def down(*given: object) -> None:
        raise StoreUnavailable("down")

    room = Room()
    humans = escalate(store, room)
    with monkeypatch.context() as patched:
        patched.setattr(store.escalations, "set_brief", down)
        called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    await humans.resolve(called.escalation.id, "U1")
    await humans.drain(5)
    await humans.post_pending()
    one = await store.escalations.get(called.escalation.id)
    assert one is not None
    assert one.brief_ts is not None
    assert room.briefs[one.id].escalation.state is EscalationState.CLOSED
    assert room.posts == 1


async def test_nowhere_to_call(store: Store) -> None:
    """Nothing is recorded that nobody would see."""
    humans = escalate(store, Room(), channels={"support": None})
    assert (await humans.call(*THREAD, "U1", QUESTION.key)).state is HumanState.NOWHERE
    assert await store.escalations.of_thread(*THREAD) is None


async def test_a_store_that_is_down_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller tells the person; nothing was promised."""

    async def down(escalation: Escalation) -> Escalation:
        raise StoreUnavailable("down")

    monkeypatch.setattr(type(store.escalations), "create", lambda self, escalation: down(escalation))
    room = Room()
    with pytest.raises(StoreUnavailable):
        await escalate(store, room).call(*THREAD, "U1", QUESTION.key)
    assert room.told == []


def test_a_brief_does_not_offer_the_human_who_reads_it() -> None:
    one = Escalation("E-1", "support", *THREAD, "U1", "q", "k", EscalationState.OPEN, NOW)
    support = Desk("support", "p", (), (), "C9")
    text = abstain(support, "q", Retrieval((), (), 1), None).text
    stored = StoredAnswer("k", "support", "q", "U1", Outcome.ABSTAINED, text, (), NOW)
    assert "Talk to a human" in text
    assert brief_of(one, stored, [], Known({}, None)).answered == f"{NOT_FOUND}\n\nI searched for “q”."


@given(st.text(max_size=4000))
def test_a_brief_holds_no_more_of_an_answer_than_it_shows(text: str) -> None:
    """A long answer is cut and says so; a short one is whole."""
    one = Escalation("E-1", "support", *THREAD, "U1", "q", "k", EscalationState.OPEN, NOW)
    stored = StoredAnswer("k", "support", "q", "U1", Outcome.ANSWERED, text, (), NOW)
    brief = brief_of(one, stored, [], Known({"U1": "Dana"}, None))
    assert len(brief.answered) <= 1_501
    assert brief.answered == text or brief.answered.endswith("…")


async def test_two_processes_that_call_in_the_same_moment_tell_it_once(store: Store) -> None:
    """Also where the first could not store that it had: the other one has not made it, and looks."""
    room = Room(lost=True)
    both = [escalate(store, room), escalate(store, room)]
    called = await asyncio.gather(*(humans.call(*THREAD, "U1", QUESTION.key) for humans in both))
    assert {one.state for one in called} == {HumanState.CALLED, HumanState.ALREADY_OPEN}
    room.lost = False
    await both[0].post_pending()
    assert room.told == [Move.CALL]


async def test_after_one_that_is_solved_another_question_has_its_own_brief(store: Store) -> None:
    """By whoever asked it, with what it was answered; the one before is closed, and its thread hears no word of that."""
    room = Room()
    humans = escalate(store, room)
    solved = (await humans.call(*THREAD, "U1", QUESTION.key)).escalation
    assert solved is not None
    await humans.reply(solved.id, "U2", "In the post.")
    await humans.confirm(solved.id, "U1")
    smoke = replace(
        QUESTION, key="T1:C1:2.0", text="Smoke comes out of my charger", asker=Person("U7", "Sam"), ts="2.0"
    )
    await store.answers.save(smoke, "support", Answer(Outcome.ABSTAINED, "Nothing found."))
    called = (await humans.call(*THREAD, "U7", smoke.key)).escalation
    await humans.drain(5)
    assert called is not None
    brief = room.briefs[called.id]
    assert (brief.escalation.asker, brief.escalation.question, brief.answered) == ("U7", smoke.text, "Nothing found.")
    last = (await store.escalations.transitions(solved.id))[-1]
    assert (last.move, last.by, last.reason) == (Move.CLOSE, TIMER, "it is solved")


async def test_two_grave_records_at_once_call_once(store: Store) -> None:
    """What was solved stays so, and the thread has one more request."""
    room = Room()
    humans = escalate(store, room)
    called = await humans.call(*THREAD, "U1", QUESTION.key)
    assert called.escalation is not None
    known = called.escalation.id
    await humans.reply(known, "U2", "Unplug it.")
    await humans.confirm(known, "U1")
    keys = ("T1:C1:8.0", "T1:C1:9.0")
    made = await asyncio.gather(*(humans.call(*THREAD, "U1", key, HandoverReason.TRIAGE) for key in keys))
    assert {one.state for one in made} == {HumanState.CALLED, HumanState.ALREADY_OPEN}
    [new] = {one.escalation.id for one in made if one.escalation}
    assert room.briefs.keys() == {known, new}
    await humans.drain(5)


async def test_a_brief_has_the_rule_and_what_the_question_goes_on_from(store: Store) -> None:
    room = Room()
    later = NOW + timedelta(minutes=1)
    first = replace(QUESTION, text="Is my charger safe?")
    await store.answers.save(first, "support", Answer(Outcome.ANSWERED, "It is [1]."))
    key, place = "T1:C1:1.2", Place("T1", "C1", "channel", "1.1")
    follows = replace(QUESTION, key=key, text="and if it is smoking?", ts="1.2", place=place)
    await store.answers.save(follows, "support", Answer(Outcome.ANSWERED, "Unplug it.", answered_at=later))
    humans = escalate(store, room, policies={"support": HandoverSettings()})
    called = (await humans.call(*THREAD, "U1", key, HandoverReason.POLICY)).escalation
    assert called is not None
    brief = room.briefs[called.id]
    assert (brief.rule, brief.earlier) == ("safety", first.text)
