"""Escalations and their moves in the store, on SQLite and on Postgres."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.errors import StoreUnavailable
from bot.desk.human_path import Escalation, EscalationState, HandoverReason, Move, Transition
from bot.store import Store, database, open_store
from tests.fakes.moves import moved, transition
from tests.postgres import Postgres

from .conftest import START, Clock
from .test_store import escalation

S = EscalationState


async def test_a_thread_is_quiet_while_a_human_has_it(store: Store) -> None:
    thread = ("T1", "C1", "1.0")
    assert not (await store.threads.state(*thread)).participates
    await store.threads.join(*thread, "support")
    await store.threads.join(*thread, "support")
    await store.escalations.create(escalation())
    assert not (await store.threads.state(*thread)).quiet
    await moved(store.escalations, "E1", Move.CLAIM, "U9", START)
    state = await store.threads.state(*thread)
    assert (state.participates, state.desk, state.escalation_id, state.quiet) == (True, "support", "E1", True)
    await moved(store.escalations, "E1", Move.CLOSE, "U9", START)
    assert not (await store.threads.state(*thread)).quiet


async def test_two_agents_who_claim_at_once_get_one_owner(store: Store) -> None:
    await store.escalations.create(escalation())
    wanted = [transition(escalation(), Move.CLAIM, user, START) for user in ("U8", "U9")]
    claims = await asyncio.gather(*map(store.escalations.move, wanted))
    winners = [claim for claim in claims if claim]
    assert len(winners) == 1
    assert (await store.escalations.get("E1")) == winners[0]


async def test_a_thread_has_one_open_escalation(store: Store) -> None:
    """Pressing the button twice is one escalation; after it is resolved a new one can begin."""
    made = await asyncio.gather(store.escalations.create(escalation("E1")), store.escalations.create(escalation("E2")))
    assert made[0].id == made[1].id
    await moved(store.escalations, made[0].id, Move.CLOSE, "U9", START)
    assert (await store.escalations.create(escalation("E3"))).id == "E3"


async def test_what_people_were_not_told_of_an_escalation_is_found(store: Store) -> None:
    """Until its brief stands and its last state was told; a resolved one needs no brief any more."""

    async def pending() -> list[str]:
        return [one.id for one in await store.escalations.unannounced()]

    await store.escalations.create(escalation())
    assert await pending() == ["E1"]
    await store.escalations.set_announced("E1", 1)
    assert await pending() == ["E1"]
    await store.escalations.set_brief("E1", "C9", "7.0")
    assert await pending() == []
    await moved(store.escalations, "E1", Move.CLAIM, "U9", START)
    assert await pending() == ["E1"]
    await store.escalations.set_announced("E1", 2)
    assert await pending() == []


async def test_unresolved_escalations_are_found_by_their_asker(store: Store) -> None:
    """Whoever has waited longest first. A confirmed one is solved, though it is not over."""
    for number, (asker, moves) in enumerate(
        (
            ("U1", ()),
            ("U2", (Move.CLAIM,)),
            ("U1", (Move.CLOSE,)),
            ("U1", (Move.REPLY, Move.CONFIRM)),
        )
    ):
        at = START + timedelta(minutes=number)
        new = replace(escalation(f"E{number}"), thread_ts=f"{number}.0", asker=asker, created_at=at)
        await store.escalations.create(new)
        for move in moves:
            await moved(store.escalations, f"E{number}", move, "U9", at)
    assert [one.id for one in await store.escalations.unresolved("T1", 5)] == ["E0", "E1"]
    assert [one.id for one in await store.escalations.unresolved("T1", 1)] == ["E0"]
    assert [one.id for one in await store.escalations.unresolved("T1", 5, "U1")] == ["E0"]
    assert (await store.open_work()).escalations == 2


async def test_each_move_is_an_event_and_the_row_is_where_the_last_one_led(store: Store, clock: Clock) -> None:
    """In order, with who, why and what was written; a snooze lasts until the next move."""
    new = replace(escalation(), reason=HandoverReason.TRIAGE)
    await store.escalations.create(new)
    clock.now += timedelta(minutes=5)
    until = clock.now + timedelta(hours=1)
    claim = transition(new, Move.CLAIM, "U9", clock.now, cause="press 1")
    claimed = await store.escalations.move(claim)
    assert claimed is not None
    assert (claimed.state, claimed.owner, claimed.number, claimed.changed_at) == (S.CLAIMED, "U9", 2, clock.now)
    snooze = replace(transition(claimed, Move.SNOOZE, "U9", clock.now), snoozed_until=until)
    snoozed = await store.escalations.move(snooze)
    assert snoozed is not None
    assert snoozed.snoozed_until == until
    reply = transition(snoozed, Move.REPLY, "U9", clock.now, text="It is on its way.", reason="known")
    answered = await store.escalations.move(reply)
    assert answered is not None
    assert answered.snoozed_until is None
    assert await store.escalations.get("E1") == answered
    called = Transition("E1", 1, None, S.OPEN, Move.CALL, "desk", None, "triage", START)
    assert await store.escalations.transitions("E1") == [called, claim, snooze, reply]


async def test_a_move_that_starts_from_elsewhere_is_not_stored(store: Store) -> None:
    """From another state, or after another number than the last: neither row nor event."""
    new = escalation()
    await store.escalations.create(new)
    claim = transition(new, Move.CLAIM, "U9", START)
    for wrong in (
        replace(claim, before=S.ANSWERED),
        replace(claim, number=3),
        replace(claim, number=1),
        replace(claim, escalation_id="E7"),
    ):
        assert await store.escalations.move(wrong) is None
    assert await store.escalations.get("E1") == new
    assert len(await store.escalations.transitions("E1")) == 1
    assert await store.escalations.move(claim) is not None
    assert await store.escalations.move(claim) is None, "the same again"


async def test_moves_of_two_processes_at_once_are_one_after_the_other(store: Store, other: Store) -> None:
    """Each number is taken once, whoever wants it."""
    await store.escalations.create(escalation())
    for move in (Move.CLAIM, Move.REPLY, Move.NOT_YET):
        stands = await store.escalations.get("E1")
        assert stands is not None
        wanted = [transition(stands, move, user, START) for user in ("U8", "U9")]
        both = await asyncio.gather(store.escalations.move(wanted[0]), other.escalations.move(wanted[1]))
        assert len([one for one in both if one]) == 1
    assert [one.number for one in await store.escalations.transitions("E1")] == [1, 2, 3, 4]


async def test_what_is_over_is_not_reopened_beside_a_newer_one(store: Store) -> None:
    await store.escalations.create(escalation("E1"))
    closed = await moved(store.escalations, "E1", Move.CLOSE, "U9", START)
    newer = replace(escalation("E2"), created_at=START + timedelta(hours=1))
    await store.escalations.create(newer)
    assert await moved(store.escalations, "E1", Move.REOPEN, "U1", START) is None
    assert await store.escalations.get("E1") == closed
    assert await store.escalations.latest_of_thread("T1", "C1", "1.0") == newer
    await moved(store.escalations, "E2", Move.CLOSE, "U9", START)
    assert await store.escalations.of_thread("T1", "C1", "1.0") is None
    reopened = await moved(store.escalations, "E1", Move.REOPEN, "U1", START)
    assert reopened is not None
    assert (reopened.state, reopened.owner) == (S.REOPENED, None)
    assert await store.escalations.latest_of_thread("T1", "C1", "1.0") == reopened


async def test_what_else_is_recorded_of_a_move_stands_or_falls_with_it(url: str, clock: Clock) -> None:
    """A recorder sees the escalation as the move leaves it, in the move's own transaction."""
    seen: list[tuple[int, EscalationState, Move]] = []

    async def record(connection: AsyncConnection, one: Escalation, move: Transition) -> None:
        seen.append((one.number, one.state, move.move))
        await connection.execute(text("INSERT INTO leases (name, holder) VALUES (:name, 'x')"), {"name": move.move})
        if move.move is Move.CLOSE:
            raise StoreUnavailable("the recorder failed")

    store = await open_store(url, clock, recorders=[record])
    await store.escalations.create(escalation())
    await moved(store.escalations, "E1", Move.CLAIM, "U9", START)
    with pytest.raises(StoreUnavailable):
        await moved(store.escalations, "E1", Move.CLOSE, "U9", START)
    assert seen == [(1, S.OPEN, Move.CALL), (2, S.CLAIMED, Move.CLAIM), (3, S.CLOSED, Move.CLOSE)]
    one = await store.escalations.get("E1")
    assert one is not None
    assert (one.state, len(await store.escalations.transitions("E1"))) == (S.CLAIMED, 2)
    async with store.database.transaction() as connection:
        kept = (await connection.execute(text("SELECT name FROM leases ORDER BY name"))).scalars().all()
    assert kept == ["call", "claim"]
    await store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database(empty=True)
    return f"sqlite:///{tmp_path}/old.sqlite3"


def migrated_to(revision: str, url: str, rows: str) -> None:
    """A database as an older version left it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text(rows))
    engine.dispose()


async def test_what_older_versions_stored_has_its_events_and_is_told_no_more_than_it_was(
    empty: str, clock: Clock
) -> None:
    """Resolved is closed; what was told stays told, what was not is told yet."""
    columns = (
        "id, desk, team, channel, thread_ts, asker, question, state, owner, created_at, changed_at, announced_state"
    )
    called = "'support', 'T1', 'C1', '{0}.0', 'U1', '?'"
    rows = [
        f"('E{number}', {called.format(number)}, {rest})"
        for number, rest in enumerate(
            (
                "'open', NULL, '2026-11-23 10:00', NULL, NULL",
                "'open', NULL, '2026-11-23 10:00', NULL, 'open'",
                "'claimed', 'U9', '2026-11-23 10:00', '2026-11-23 11:00', 'open'",
                "'claimed', 'U9', '2026-11-23 10:00', '2026-11-23 11:00', 'claimed'",
                "'resolved', 'U9', '2026-11-23 10:00', '2026-11-23 12:00', 'claimed'",
                "'resolved', NULL, '2026-11-23 10:00', NULL, 'resolved'",
            )
        )
    ]
    migrated_to("0006", empty, f"INSERT INTO escalations ({columns}) VALUES {', '.join(rows)}")
    store = await open_store(empty, clock)
    found = [await store.escalations.get(f"E{number}") for number in range(6)]
    assert [(one.state, one.number, one.announced) for one in found if one] == [
        (S.OPEN, 1, 0), (S.OPEN, 1, 1), (S.CLAIMED, 2, 1), (S.CLAIMED, 2, 2), (S.CLOSED, 2, 1), (S.CLOSED, 2, 2),
    ]  # fmt: skip
    claimed = await store.escalations.transitions("E3")
    assert [(one.move, one.before, one.after, one.by, one.owner, one.at) for one in claimed] == [
        (Move.CALL, None, S.OPEN, "U1", None, START),
        (Move.CLAIM, S.OPEN, S.CLAIMED, "U9", "U9", START + timedelta(hours=1)),
    ]
    closed = (await store.escalations.transitions("E5"))[-1]
    assert (closed.move, closed.before, closed.after, closed.by, closed.at) == (
        Move.CLOSE, S.OPEN, S.CLOSED, "desk", START,
    )  # fmt: skip
    assert (await store.escalations.create(replace(escalation("E9"), thread_ts="4.0"))).id == "E9"
    await store.close()
