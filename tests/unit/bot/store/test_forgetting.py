"""What is deleted: of a person who asks for it, and of everybody after `retention_days`."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import String, Text, select

from bot.desk.desk_settings import ChannelSetting, Mode
from bot.desk.human_path import EscalationState, Move
from bot.desk.model import Accepted, Answer, Outcome, Person, Verdict, private_question_key
from bot.desk.triage import Triage, TriageRecord
from bot.store import Store, retention
from bot.store.forgetting import PERSONAL
from bot.store.tables import answers, escalation_events, escalations, metadata
from tests.fakes.moves import moved, transition

from .conftest import START, Clock
from .test_store import escalation, item, question

SECRET = "my salary is 5000"


def of(user: str, ts: str, thread_ts: str | None = None) -> Accepted:
    return replace(item(ts, thread_ts, SECRET), user=user, payload={"user": user})


async def asked(store: Store, user: str, ts: str, clock: Clock) -> None:
    """A question that was answered, privately too, and rated."""
    await store.inbox.accept(of(user, ts))
    answer = Answer(Outcome.ANSWERED, f"Of {SECRET}", private=SECRET, answered_at=clock.now)
    await store.answers.save(replace(question(ts), asker=Person(user), text=SECRET), "support", answer)
    await store.posts.started(of(user, ts).key, "C1", "message")
    await store.posts.started(f"{of(user, ts).key}:private", user, "message")
    await store.feedback.save(of(user, ts).key, user, Verdict("down", "wrong", SECRET))
    await store.inbox.finish(of(user, ts).key, Outcome.ANSWERED)
    await store.triages.want(of(user, ts).key)
    triage = Triage(complaint=SECRET, category="BILLING", severity=2, requires_escalation=False)
    [one] = await store.triages.claim(1, 60)
    await store.triages.keep(one, TriageRecord(triage, "English", None, None, 1.0, "classifier"))


async def everything(store: Store) -> str:
    """Every row of every table, as text."""
    async with store.database.transaction() as connection:
        tables = [(await connection.execute(select(table))).all() for table in metadata.sorted_tables]
    return "\n".join(str(tuple(row)) for rows in tables for row in rows)


async def test_a_person_is_forgotten_and_the_others_are_not(store: Store, other: Store, clock: Clock) -> None:
    """Nothing of them is in any table; what others asked is as it was; the second time there is nothing left."""
    await asked(store, "U1", "1.0", clock)
    await asked(store, "U2", "2.0", clock)
    await store.inbox.accept(of("U1", "3.0"))
    await store.inbox.claim(1, 60)
    open_one = replace(escalation("E1"), asker="U1", question=SECRET, answer_key=of("U1", "1.0").key)
    await store.escalations.create(open_one)
    await store.escalations.create(replace(open_one, id="E2", thread_ts="9.0"))
    await moved(store.escalations, "E2", Move.CLOSE, "U2", START)
    await store.escalations.create(
        replace(open_one, id="E3", thread_ts="8.0", asker="U2", question="q", answer_key=None)
    )
    await moved(store.escalations, "E3", Move.CLAIM, "U1", START)
    deleted = await other.forgetting.forget(["U1", "u1@example.com"])
    assert {kind: count for kind, count in deleted.items() if count} == {
        "questions": 2,
        "questions_withdrawn": 1,
        "answers": 1,
        "triages": 1,
        "feedback": 1,
        "posts": 2,
        "moves": 5,
        "escalations": 1,
        "escalations_kept": 2,
    }
    left = await everything(store)
    assert "U1" not in left
    assert left.count(SECRET) == 6, "of the other person"
    assert await store.inbox.outcome(of("U1", "3.0").key) is Outcome.WITHDRAWN
    assert not await other.inbox.accept(of("U1", "3.0")), "a redelivery is no new question"
    kept = await store.escalations.get("E1")
    assert kept is not None
    assert kept.state is EscalationState.OPEN, "a human may be at work on it"
    assert not any((await other.forgetting.forget(["U1"])).values())


async def test_whose_press_made_a_move_is_forgotten(store: Store) -> None:
    """It is stored with who pressed. Another's stays: theirs may come again."""
    made = await store.escalations.create(replace(escalation("E1"), asker="U3"))
    for move, by in ((Move.CLAIM, "U1"), (Move.HAND_OVER, "U1"), (Move.REPLY, "U11")):
        made = await store.escalations.move(transition(made, move, by, START, cause=f"{by} 1764.{made.number}")) or made
    await store.forgetting.forget(["U1"])
    assert [one.cause for one in await store.escalations.transitions("E1")] == ["", "", "", "U11 1764.3"]
    assert "U1" not in (await everything(store)).replace("U11", "")
    assert not any((await store.forgetting.forget(["U1"])).values())


async def test_what_somebody_asked_alone_shared_or_set_is_forgotten(store: Store, clock: Clock) -> None:
    """A private question's key names its asker, so its row goes, and a late answer is not kept; what an admin set holds
    without their name; a note that they ask too much is forgotten, another's is not."""
    alone = replace(of("U1", "1.0"), key=private_question_key("U1", "T1", "1.0"), channel="U1")
    await store.inbox.accept(alone)
    await store.shares.begin(f"sources:C1:2.0:{alone.user}", "C1", "U1")
    await store.settings.set_channel("T1", ChannelSetting("C1", Mode.OFFER, None, "U1", START))
    await store.settings.pause("T1", "U1")
    await store.threads.hush("T1", "C1", "1.0", "U1")
    for user in ("U1", "U11"):
        await store.told.begin(f"limit delayed T1:C1:{user}", clock())
    deleted = await store.forgetting.forget(["U1"])
    assert {kind: count for kind, count in deleted.items() if count} == {
        "questions": 1,
        "questions_withdrawn": 1,
        "shares": 1,
        "settings": 3,
        "notes": 1,
    }
    late = replace(question("1.0"), key=alone.key, asker=Person("U1"))
    await store.answers.save(late, "support", Answer(Outcome.ANSWERED, "x", answered_at=START))
    left = await everything(store)
    assert "'U1'" not in left
    assert ":U1" not in left.replace("U11", "")
    assert (await store.settings.all("T1")).channels["C1"].mode is Mode.OFFER


async def test_what_was_asked_at_a_terminal_is_forgotten_by_its_address(store: Store) -> None:
    cli = replace(question("1.0"), asker=Person("a@example.com"), text=SECRET)
    await store.answers.save(cli, "support", Answer(Outcome.ANSWERED, "x", answered_at=START))
    assert (await store.forgetting.forget(["a@example.com"]))["answers"] == 1
    assert SECRET not in await everything(store)


def test_no_table_with_a_person_in_it_is_overlooked() -> None:
    """A column that is added for somebody's id must be forgotten, too."""
    names = (
        "user",
        "asker",
        "owner",
        "email",
        "member",
        "person",
        "admin",
        "changed_by",
        "decided_by",
        "answered_by",
        "offered",
        "cause",
    )
    found = {
        table.name: {
            column.name
            for column in table.columns
            if isinstance(column.type, String | Text)
            and (column.name == "by" or any(name in column.name for name in names))
        }
        for table in metadata.sorted_tables
    }
    assert {name: columns for name, columns in found.items() if columns} == {
        name: columns for name, columns in PERSONAL.items() if name not in ("posts", "leases")
    }


async def test_what_is_too_old_goes_once_a_day_by_one_process(
    store: Store, other: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches; what is younger stays, and an open escalation keeps its question and answer."""
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        await asked(store, "U1", f"{number}.0", clock)
    await store.escalations.create(replace(escalation("E1"), answer_key=of("U1", "0.0").key))
    await store.escalations.create(replace(escalation("E2"), thread_ts="5.0"))
    await moved(store.escalations, "E2", Move.CLOSE, "U9", START)
    await store.inbox.accept(of("U1", "7.0"))
    await store.shares.begin(of("U1", "1.0").key, "C1", "U1")
    await store.spending.add("summary", "claude", 0.5)
    clock.now += timedelta(days=31)
    await store.spending.add("summary", "claude", 0.25)
    await asked(store, "U1", "6.0", clock)
    deleted = await store.retention.run_if_due(30)
    assert deleted == {
        "feedback": 4,
        "posts": 9,
        "shares": 1,
        "answers": 4,
        "triages": 4,
        "inbox": 5,
        "outbox": 0,
        "escalation_events": 2,
        "escalations": 1,
        "spending": 1,
        "learnings": 0,
        "golden_cases": 0,
    }
    assert await other.retention.run_if_due(30) is None, "done today"
    assert await store.answers.get(of("U1", "0.0").key) is not None
    assert await store.answers.get(of("U1", "6.0").key) is not None
    assert [one.item.ts for one in await store.inbox.claim(5, 60)] == ["7.0"], "an open question is never too old"
    async with store.database.transaction() as connection:
        assert len((await connection.execute(select(answers))).all()) == 2
        assert len((await connection.execute(select(escalations))).all()) == 1
        assert len((await connection.execute(select(escalation_events))).all()) == 1
    clock.now += timedelta(days=1)
    assert await other.retention.run_if_due(30) is not None, "due again"
