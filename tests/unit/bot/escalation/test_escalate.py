"""The human path over the real store, with a desk of humans in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.errors import StoreUnavailable, TransitionRefused, Unavailable
from bot.desk.human_path import Brief, Escalation, EscalationState, HumanState, Move, Transition
from bot.desk.model import Answer, Citation, Outcome, Person, Place, Question, StoredAnswer
from bot.escalation.brief import Known, brief_of
from bot.escalation.escalate import Escalate
from bot.store import Store, open_store

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
    posts: int = 0

    async def post_brief(self, brief: Brief, channel: str, *, again: bool) -> str:
        if self.away:
            raise Unavailable("away")
        self.posts += brief.escalation.id not in self.briefs
        self.briefs[brief.escalation.id] = brief
        return f"ts-{brief.escalation.id}"

    async def update_brief(self, brief: Brief) -> None:
        self.briefs[brief.escalation.id] = brief

    async def announce(self, brief: Brief, transition: Transition, *, again: bool) -> None:
        self.looked.append(again)
        if self.away:
            raise Unavailable("away")
        self.told.append(transition.move)

    async def thread_url(self, escalation: Escalation) -> str | None:
        return f"https://slack.example/{escalation.thread_ts}"

    async def name(self, user: str) -> str:
        return {"U1": "Dana", "U2": "Alex", "U3": "Priya"}.get(user, user)

    async def is_member(self, channel: str, user: str) -> bool:
        return user in self.members


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path / 'desk.db'}", lambda: NOW)
    answer = Answer(Outcome.ANSWERED, "In the post [1].", citations=(CITED,))
    await store.answers.save(QUESTION, "support", answer)
    yield store
    await store.close()


def escalate(store: Store, room: Room, **options: Any) -> Escalate:
    given = {"channels": {"support": "C9"}, "admins": ("U8",)} | options
    return Escalate(store.escalations, store.answers, store.threads, room, lambda: NOW, **given)


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


@given(st.text(max_size=4000))
def test_a_brief_holds_no_more_of_an_answer_than_it_shows(text: str) -> None:
    """A long answer is cut and says so; a short one is whole."""
    one = Escalation("E-1", "support", *THREAD, "U1", "q", "k", EscalationState.OPEN, NOW)
    stored = StoredAnswer("k", "support", "q", "U1", Outcome.ANSWERED, text, (), NOW)
    brief = brief_of(one, stored, [], Known({"U1": "Dana"}, None))
    assert len(brief.answered) <= 1_501
    assert brief.answered == text or brief.answered.endswith("…")
