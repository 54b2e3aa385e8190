"""An outbox over a real database, and what it needs of Slack."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk.human_path import Escalation, EscalationState, Move, Transition
from bot.desk.outgoing import Subscription
from bot.store import Store, open_store
from tests.postgres import Postgres

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
HOOK, MAIL = Subscription("helpdesk"), Subscription("email", "ops@example.com")


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass
class Slack:
    """bot.desk.outgoing.Whereabouts from a table."""

    names: dict[str, str] = field(default_factory=lambda: {"U1": "Dana Whitfield", "U2": "Alex Moreno"})
    asked: int = 0

    async def name(self, user: str) -> str | None:
        self.asked += 1
        return self.names.get(user)

    async def thread_url(self, channel: str, thread_ts: str) -> str | None:
        return f"https://slack.test/archives/{channel}/p{thread_ts}"


MOVES = (
    (None, EscalationState.OPEN, Move.CALL, "U1"),
    (EscalationState.OPEN, EscalationState.CLAIMED, Move.CLAIM, "U2"),
)


async def change(
    store: Store, escalation: str = "E-1", number: int = 1, *, asker: str = "U1", fails: bool = False
) -> None:
    """What the human path does: a change of state and its events, in one transaction."""
    before, after, move, by = MOVES[min(number, 2) - 1]
    one = Escalation(escalation, "support", "T1", "C1", "1.0", asker, "Where is\nmy parcel?", None, after, START)
    owner = "U2" if after is EscalationState.CLAIMED else None
    step = Transition(escalation, number, before, after, move, asker if by == "U1" else by, owner, "", START)
    async with store.database.transaction(durable=True) as connection:
        await store.outbox.record(connection, one, step)
        if fails:
            raise RuntimeError("the change failed")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database()
    return f"sqlite:///{tmp_path}/frontdesk.sqlite3"


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(url, clock, subscriptions=(HOOK,))
    yield store
    await store.close()


@pytest.fixture
async def other(url: str, clock: Clock) -> AsyncIterator[Store]:
    """Another process's."""
    store = await open_store(url, clock, holder="other", subscriptions=(HOOK,))
    yield store
    await store.close()
