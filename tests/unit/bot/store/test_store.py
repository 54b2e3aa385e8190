"""The store on a real SQLite file and on a real Postgres."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from bot.desk.errors import StoreUnavailable
from bot.desk.human_path import Escalation, EscalationState, Move
from bot.desk.model import (
    Accepted,
    Answer,
    Citation,
    DraftSentence,
    Exchange,
    Outcome,
    Passage,
    Person,
    Place,
    PromptRef,
    Question,
    Usage,
    UsedPassage,
    Verdict,
    question_key,
)
from bot.store import Store, open_store
from bot.store.tables import answers, metadata
from tests.fakes.moves import moved

from .conftest import START, Clock


def item(ts: str = "1.0", thread_ts: str | None = None, text: str = "Can I return it?") -> Accepted:
    key = question_key("T1", "C1", ts)
    return Accepted(key, "T1", "C1", ts, "U1", "channel", text, {"type": "message"}, START, thread_ts)


def question(ts: str, thread_ts: str | None = None) -> Question:
    place = Place("T1", "C1", "channel", thread_ts)
    return Question(question_key("T1", "C1", ts), "Can I return it?", Person("U1"), place, ts, START)


def escalation(identifier: str = "E1") -> Escalation:
    return Escalation(identifier, "support", "T1", "C1", "1.0", "U1", "Help", None, EscalationState.OPEN, START)


async def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    """A table changed without a migration would pass every other test and fail in the field."""
    async with store.database.transaction() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": False}), metadata)
        )
    assert differences == []


async def test_a_key_is_accepted_once(store: Store) -> None:
    """The same message as two event types, at the same moment, is one question."""
    accepted = await asyncio.gather(*(store.inbox.accept(item()) for _ in range(5)))
    assert sorted(accepted) == [False, False, False, False, True]


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_unasked_question_that_somebody_puts_to_the_desk_is_open_again(
    store: Store, other: Store, restarted: bool
) -> None:
    """Once, whoever hears of it, unless it was answered or withdrawn; it is asked from then on."""
    unasked = replace(item(), unasked=True)
    hears = other if restarted else store
    assert await store.inbox.accept(unasked)
    await store.inbox.claim(1, 60)
    await store.inbox.finish(unasked.key, Outcome.ABSTAINED)
    assert not await hears.inbox.accept(unasked)
    assert await store.inbox.unasked(unasked.key)
    assert sorted(await asyncio.gather(*(hears.inbox.accept(item()) for _ in range(3)))) == [False, False, True]
    assert not await store.inbox.accept(item())
    assert not await store.inbox.unasked(unasked.key)
    assert [(one.item, one.attempt) for one in await store.inbox.claim(5, 60)] == [(item(), 1)]
    for ts, end in (("2.0", Outcome.ANSWERED), ("3.0", Outcome.WITHDRAWN)):
        await store.inbox.accept(replace(item(ts), unasked=True))
        await store.inbox.finish(item(ts).key, end)
        assert not await hears.inbox.accept(item(ts))
        assert await store.inbox.outcome(item(ts).key) is end


async def test_what_is_put_to_the_desk_while_it_is_looked_at_stays_with_its_worker(store: Store) -> None:
    """Its attempts count on: what an earlier one posted is looked for (rule 2)."""
    await store.inbox.accept(replace(item(), unasked=True))
    await store.inbox.claim(1, 60)
    assert await store.inbox.accept(item())
    assert await store.inbox.claim(1, 60) == []
    await store.inbox.release(item().key)
    assert [one.attempt for one in await store.inbox.claim(1, 60)] == [2]


async def test_what_could_not_be_stored_is_accepted_by_nobody_who_brought_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that come at once share one insert and its failure: neither may be acked. The next one is stored."""

    async def down(rows: object) -> list[bool]:
        await asyncio.sleep(0)
        raise StoreUnavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(store.inbox, "_insert", down)
        both = await asyncio.gather(store.inbox.accept(item()), store.inbox.accept(item()), return_exceptions=True)
    assert [type(one) for one in both] == [StoreUnavailable, StoreUnavailable]
    assert await store.inbox.accept(item())


async def test_whoever_is_cancelled_leaves_the_question_to_the_other(store: Store) -> None:
    """The same question, brought by two: one of them goes away, and the other hears that it is stored."""
    first, second = (asyncio.create_task(store.inbox.accept(item())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is False
    assert await store.inbox.has(item().key)


async def test_what_was_accepted_survives_a_restart(store: Store, url: str, clock: Clock) -> None:
    await store.inbox.accept(item(text="naïve ☕ question"))
    await store.close()
    again = await open_store(url, clock)
    claimed = await again.inbox.claim(10, 60)
    await again.close()
    assert [one.item for one in claimed] == [item(text="naïve ☕ question")]


async def test_a_question_has_one_worker_until_its_lease_ends(store: Store, clock: Clock) -> None:
    """A worker that died returns its question, with the attempt counted."""
    for ts in ("2.0", "1.0", "3.0"):
        await store.inbox.accept(item(ts))
    first, second = await asyncio.gather(store.inbox.claim(2, 60), store.inbox.claim(2, 60))
    assert sorted(one.item.ts for one in first + second) == ["1.0", "2.0", "3.0"]
    assert await store.inbox.claim(5, 60) == []
    clock.now += timedelta(seconds=61)
    assert [(one.item.ts, one.attempt) for one in await store.inbox.claim(5, 60)] == [
        ("1.0", 2),
        ("2.0", 2),
        ("3.0", 2),
    ]


async def test_a_finished_question_is_closed_once(store: Store) -> None:
    """A deletion that comes after the answer changes nothing, and the other way round."""
    await store.inbox.accept(item())
    assert await store.inbox.withdraw(item().key)
    await store.inbox.finish(item().key, Outcome.ANSWERED)
    assert await store.inbox.outcome(item().key) is Outcome.WITHDRAWN
    assert not await store.inbox.withdraw(item().key)
    assert await store.inbox.claim(5, 60) == []


@pytest.mark.parametrize("answered", [True, False])
async def test_of_a_deleted_message_no_word_is_kept(store: Store, answered: bool) -> None:
    """Also where it was answered already. It is no edit, and whoever answers it now is not told of another text."""
    await store.inbox.accept(item(text="my card is 4111"))
    asked = replace(question("1.0"), text="my card is 4111")
    await store.answers.save(asked, "support", Answer(Outcome.ANSWERED, "So.", searched="card 4111"))
    if answered:
        await store.inbox.finish(item().key, Outcome.ANSWERED)
    assert await store.inbox.withdraw(item().key) is not answered
    assert await store.inbox.text(item().key) == ("" if answered else None)
    stored = await store.answers.get(item().key)
    record = await store.records.record(item().key)
    assert stored is not None
    assert record is not None
    assert (stored.question, record.searched) == ("", "")
    turns = await store.answers.turns(question("2.0", "1.0"))
    assert [turn.text for turn in turns] == ["", "So."]
    assert await store.inbox.outcome(item().key) is (Outcome.ANSWERED if answered else Outcome.WITHDRAWN)


async def test_an_edit_counts_until_somebody_works_on_it_for_some_time(store: Store) -> None:
    """Before it is claimed always, after that for as long as is said, and never once it is answered."""
    await store.inbox.accept(item())
    just_now, long_ago = START - timedelta(seconds=1), START
    assert await store.inbox.amend(item().key, "edited", long_ago)
    [claimed] = await store.inbox.claim(1, 60)
    assert claimed.item.text == "edited"
    assert not await store.inbox.amend(item().key, "too late", long_ago)
    assert await store.inbox.text(item().key) == "edited"
    assert await store.inbox.amend(item().key, "edited again", just_now)
    assert await store.inbox.text(item().key) == "edited again"
    await store.inbox.finish(item().key, Outcome.ANSWERED)
    assert not await store.inbox.amend(item().key, "too late", just_now)
    assert await store.inbox.text("T9:C9:9.9") is None


async def test_what_was_released_can_be_claimed_again(store: Store) -> None:
    await store.inbox.accept(item())
    [claimed] = await store.inbox.claim(1, 600)
    assert claimed.item == item()
    assert await store.inbox.claim(1, 600) == []
    await store.inbox.release(item().key)
    assert len(await store.inbox.claim(1, 60)) == 1
    assert await store.inbox.depth() == 1


async def test_an_outage_is_no_attempt_but_the_first(store: Store) -> None:
    """However long it lasts a question is not given up for it; and what was begun is seen to have been."""
    await store.inbox.accept(item())
    outages = (True, True, True, False, False)
    attempts = []
    for outage in outages:
        [claimed] = await store.inbox.claim(1, 600)
        attempts.append(claimed.attempt)
        await store.inbox.release(item().key, outage=outage)
    assert attempts == [1, 2, 2, 2, 3]


async def test_an_answer_remembers_for_whom_its_documents_are(store: Store) -> None:
    """Those that it was made from, or that it names as the nearest; an order is its owner's. Answers of earlier versions
    were for everyone."""
    shown = Passage("c1", "d1", "docs", "Pay", "", "Bands.", "", START, 0, 1.0, audience=("group:S1", "members"))
    order = replace(shown, chunk_id="o", kind="order", audience=())
    for answer, audiences in [
        (Answer(Outcome.ANSWERED, "x", passages=(shown, shown, order)), (("group:S1", "members"), ("owner",))),
        (Answer(Outcome.ABSTAINED, "x", nearest=(replace(shown, audience=("public",)),)), (("public",),)),
        (Answer(Outcome.ASKED, "Hi."), ()),
    ]:
        await store.answers.save(question("1.0"), "support", answer)
        stored = await store.answers.get(question("1.0").key)
        assert stored is not None
        assert stored.audiences == audiences
    async with store.database.transaction() as connection:
        old = [{"id": "c1", "joined": [], "score": 1.0}]
        await connection.execute(update(answers).values(chunks=old))
    stored = await store.answers.get(question("1.0").key)
    assert stored is not None
    assert stored.audiences == (("everyone",),)


async def test_an_answer_is_read_back_and_is_part_of_its_thread(store: Store) -> None:
    """The thread's earlier questions and answers are the conversation, in order, without the question itself."""
    where = ("Returns policy", "https://shop.example/returns", "Refunds")
    citation = Citation(0, "30 days", *where, START, "docs", "v3.2", START - timedelta(days=3), stale=True)
    answer = Answer(
        Outcome.ANSWERED,
        "Within 30 days. [1]",
        citations=(citation,),
        prompt=PromptRef("electromart", "1.0.0", "ab" * 32),
        usage=Usage(10, 5),
        timings_ms={"total": 12.5},
    )
    await store.inbox.accept(item("1.0"))
    await store.answers.save(question("1.0"), "support", answer)
    await store.inbox.accept(item("2.0", "1.0", "And headphones?"))
    stored = await store.answers.get(question("1.0").key)
    assert stored is not None
    assert (stored.text, stored.citations, stored.created_at) == (answer.text, (citation,), START)
    turns = await store.answers.turns(question("2.0", "1.0"))
    assert [(turn.role, turn.text) for turn in turns] == [
        ("asker", "Can I return it?"),
        ("desk", "Within 30 days. [1]"),
    ]
    assert await store.answers.turns(question("1.0")) == ()
    await store.answers.save(question("1.0"), "support", replace(answer, text="again"))
    assert (await store.answers.get(question("1.0").key) or stored).text == "again"


async def test_a_direct_message_goes_on_from_what_stood_there_before(store: Store) -> None:
    """At its root, within half an hour; what has a thread of its own is another conversation, and so is a channel's
    root."""

    def asked(ts: str, minutes: float, thread_ts: str | None = None) -> Accepted:
        at, key = START + timedelta(minutes=minutes), question_key("T1", "D1", ts)
        return Accepted(key, "T1", "D1", ts, "U1", "dm", f"asked at {ts}", {}, at, thread_ts)

    for one in (asked("1.0", -31), asked("2.0", -20), asked("3.0", -10), asked("4.0", -9, "3.0"), asked("5.0", -1)):
        await store.inbox.accept(one)
    here = Place("T1", "D1", "dm")
    before = replace(question("2.0"), key=question_key("T1", "D1", "2.0"), place=here)
    await store.answers.save(before, "support", Answer(Outcome.ANSWERED, "So."))
    now = replace(question("6.0"), key=question_key("T1", "D1", "6.0"), place=here)
    assert [turn.text for turn in await store.answers.turns(now)] == ["asked at 2.0", "So.", "asked at 5.0"]
    assert await store.answers.turns(replace(now, place=Place("T1", "D1", "private"))) == ()
    in_thread = await store.answers.turns(replace(now, place=replace(here, thread_ts="3.0")))
    assert [turn.text for turn in in_thread] == ["asked at 3.0", "asked at 4.0"]


async def test_what_others_asked_each_other_is_no_part_of_a_conversation(store: Store) -> None:
    """Unless the desk answered it. What the asker wrote is, and how the thread began."""
    for ts, user, said in (("1.0", "U2", ""), ("2.0", "U2", ""), ("3.0", "U2", "So."), ("4.0", "U1", "")):
        one = replace(item(ts, None if ts == "1.0" else "1.0", f"asked at {ts}"), user=user, unasked=True)
        await store.inbox.accept(one)
        await store.answers.save(question(ts, "1.0"), "support", Answer(Outcome.ABSTAINED, said))
    turns = await store.answers.turns(question("5.0", "1.0"))
    assert [turn.text for turn in turns] == ["asked at 1.0", "asked at 3.0", "So.", "asked at 4.0"]


async def test_posts_tell_begun_from_confirmed(store: Store) -> None:
    await store.posts.started("k", "C1", "message")
    begun = await store.posts.of("k")
    assert begun is not None
    assert (begun.ts, begun.final) == (None, False)
    await store.posts.posted("k", "5.0", final=True)
    done = await store.posts.of("k")
    assert done is not None
    assert (done.ts, done.final) == ("5.0", True)
    assert await store.posts.of("other") is None


async def test_a_message_that_is_read_later_is_judged_by_its_own_time(store: Store) -> None:
    """It follows up only after the first question of its thread, and not what was written to a human."""
    thread = ("T1", "C1", f"{START.timestamp() - 60:.6f}")

    async def took_part(seconds: int) -> bool:
        return await store.threads.took_part(*thread, f"{START.timestamp() + seconds:.6f}")

    assert not await took_part(5)
    await store.inbox.accept(item(f"{START.timestamp():.6f}", thread[2]))
    assert [await took_part(seconds) for seconds in (-5, 0, 5)] == [False, False, True]
    assert await store.inbox.has(question_key("T1", "C1", f"{START.timestamp():.6f}"))
    assert not await store.inbox.has("unknown")
    asked = replace(escalation(), thread_ts=thread[2], created_at=START + timedelta(seconds=10))
    await store.escalations.create(asked)
    assert await took_part(15)
    at = START + timedelta(seconds=20)
    await moved(store.escalations, "E1", Move.CLOSE, "U9", at)
    assert [await took_part(seconds) for seconds in (5, 15, 25)] == [True, False, True]


async def test_who_talks_to_the_desk_in_a_thread(store: Store, clock: Clock) -> None:
    """The last that somebody put to it there, with its reply; an unasked question counts once it has an answer. Others
    who wrote since are told of, in whatever order it is heard."""
    thread = ("T1", "C1", "1.0")

    async def exchange(user: str, ts: str) -> Exchange | None:
        return await store.threads.exchange(*thread, user, ts)

    assert await exchange("U1", "1.5") is None
    await store.inbox.accept(item("1.0"))
    await store.threads.join(*thread, "support")
    assert await exchange("U1", "1.5") == Exchange("", people_since=False)
    await store.answers.save(question("1.0"), "support", Answer(Outcome.ANSWERED, "30 days."))
    assert await exchange("U1", "1.5") == Exchange("30 days.", people_since=False)
    assert await exchange("U1", "1.0") is None
    await store.inbox.accept(replace(item("2.0", "1.0"), user="U2", unasked=True))
    assert await exchange("U2", "2.5") is None
    await store.inbox.finish(item("2.0").key, Outcome.ANSWERED)
    assert await exchange("U2", "2.5") == Exchange("", people_since=False)
    for ts in ("3.0", "1.5"):
        await store.threads.people_spoke(*thread, ts)
    assert await exchange("U2", "3.5") == Exchange("", people_since=True)
    await store.inbox.accept(item("4.0", "1.0"))
    assert await exchange("U1", "4.5") == Exchange("", people_since=False)


async def test_until_when_all_was_heard_survives_a_restart(store: Store, url: str, clock: Clock) -> None:
    assert await store.presence.heard_until("T1") is None
    for at in (START, START + timedelta(seconds=30.25)):
        await store.presence.set_heard_until("T1", at)
    await store.close()
    again = await open_store(url, clock)
    assert await again.presence.heard_until("T1") == START + timedelta(seconds=30.25)
    assert await again.presence.heard_until("T2") is None
    await again.close()


async def test_feedback_is_one_verdict_a_person(store: Store) -> None:
    """A later one replaces it whole: what was wrong with the answer goes with the thumb down."""
    assert await store.feedback.of("k", "U1") is None
    for verdict in (Verdict("up"), Verdict("down", "outdated", "it is v3 by now"), Verdict("up")):
        await store.feedback.save("k", "U1", verdict)
        assert await store.feedback.of("k", "U1") == verdict
    await store.feedback.save("k", "U2", Verdict("down", "wrong"))
    async with store.database.transaction() as connection:
        rows = (await connection.exec_driver_sql("select user_id, verdict, reason from feedback order by 1")).all()
    assert [tuple(row) for row in rows] == [("U1", "up", ""), ("U2", "down", "wrong")]


async def test_what_is_shared_has_one_sharer(store: Store, clock: Clock) -> None:
    """Of many at once one posts. One that died while it posted is followed after a while; one that was done never is."""
    begun = await asyncio.gather(*(store.shares.begin("k", "C1", user) for user in ("U1", "U2", "U1")))
    assert sorted(begun) == [False, False, True]
    assert await store.shares.shared_in("k") is None
    clock.now += timedelta(minutes=2)
    assert await store.shares.begin("k", "C1", "U2")
    assert not await store.shares.begin("k", "C1", "U2")
    await store.shares.give_back("k")
    assert await store.shares.begin("k", "C1", "U2")
    await store.shares.done("k", "9.0")
    await store.shares.give_back("k")
    clock.now += timedelta(days=1)
    assert not await store.shares.begin("k", "C1", "U1")
    assert await store.shares.shared_in("k") == "C1"


async def test_a_record_tells_what_an_answer_was_made_from(store: Store) -> None:
    """Passages with their scores and the numbers that cite them, who it was searched for, prompt, model, cost."""
    page = Passage(
        "c1", "d1", "docs", "Returns", "Refunds", "Text.", "u", START, 0, 0.9, similarity=0.7, audience=("a",)
    )
    order = replace(page, chunk_id="order:7", title="Your order 7", section="", kind="order", similarity=None)
    citations = (Citation(1, "q", "Your order 7", "", "", START), Citation(0, "q", "Returns", "u", "Refunds", START))
    sentences = (DraftSentence("Sent [1]. "), DraftSentence("Back in 30 days [2]."))
    prompt = PromptRef("support", "1.0.0", "0" * 64)
    answer = Answer(
        Outcome.ANSWERED,
        "x",
        sentences,
        citations,
        (page, order),
        prompt=prompt,
        model="m",
        index_version=3,
        usage=Usage(10, 2),
        cost_usd=0.5,
        timings_ms={"total": 9.0},
        searched="return it",
        readable=("everyone", "public"),
    )
    await store.answers.save(question("1.0"), "support", answer)
    record = await store.records.record(question("1.0").key)
    assert record is not None
    assert record.passages == (
        UsedPassage("c1", "Returns", "Refunds", 0.9, 0.7, ("a",), (2,)),
        UsedPassage("order:7", "Your order 7", "", 0.9, None, ("owner",), (1,)),
    )
    assert (record.channel, record.thread_ts, record.searched) == ("C1", "1.0", "return it")
    assert record.sentences == ("Sent [1]. ", "Back in 30 days [2].")
    assert record.readable == ("everyone", "public")
    assert (record.prompt, record.model, record.index_version) == (prompt, "m", 3)
    assert (record.usage, record.cost_usd, record.timings_ms) == (Usage(10, 2), 0.5, {"total": 9.0})
    assert await store.records.record("other") is None
    async with store.database.transaction() as connection:  # of an earlier version
        bare = [{"id": "c1", "joined": [], "score": 0.9}, {"id": "c2", "joined": [], "score": 0.8}]
        await connection.execute(update(answers).values(chunks=bare, sentences=None, readable=None))
    record = await store.records.record(question("1.0").key)
    assert record is not None
    assert [one.title for one in record.passages] == ["Returns", "Your order 7"]
    assert (record.sentences, record.readable) == ((), None)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_an_outage_and_loses_nothing(store: Store) -> None:
    """SQLite's own page limit says "database or disk is full"; the store says unavailable and keeps what it had."""
    await store.inbox.accept(item("1.0"))
    async with store.database.transaction() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreUnavailable, match="full"):
        await store.inbox.accept(item("2.0", text="x" * 200_000))
    assert [one.item.ts for one in await store.inbox.claim(5, 60)] == ["1.0"]


async def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable):
        await open_store(f"sqlite:///{tmp_path}/file/db.sqlite3", clock)


@pytest.mark.parametrize("given", ["nonsense", "postgresql://user:secret-word@127.0.0.1/x", "oracle+nothing://x"])
async def test_an_address_that_cannot_be_used_is_one_line_without_its_password(given: str, clock: Clock) -> None:
    with pytest.raises(StoreUnavailable, match="DATABASE_URL") as error:
        await open_store(given, clock)
    assert "secret-word" not in str(error.value)


async def test_what_an_asker_alone_was_told_is_kept_apart(store: Store) -> None:
    """It is read back with the answer, and the thread's turns never have it; they know which orders were looked up."""
    passage = Passage("order:EM-1", "order:EM-1", "orders", "Your order EM-1", "", "EM-1: paid.", "", START, 0, 1.0)
    await store.inbox.accept(item("1.0"))
    answer = Answer(Outcome.ANSWERED, "Sent.", passages=(passage,), private="EM-1: paid.", answered_at=START)
    await store.answers.save(question("1.0"), "support", answer)
    stored = await store.answers.get(question("1.0").key)
    assert stored is not None
    assert (stored.text, stored.private) == ("Sent.", "EM-1: paid.")
    asker, desk = await store.answers.turns(question("2.0", "1.0"))
    assert "paid" not in desk.text
    assert (asker.orders, desk.orders) == ((), ("EM-1",))


async def test_what_was_spent_since_a_time(store: Store, clock: Clock) -> None:
    """The sum over all answers since then, and what was spent beside them; one whose price is unknown adds nothing."""
    assert await store.answers.spent_since(START) == 0.0
    for ts, cost, hours in (("1.0", 0.5, -1), ("2.0", 0.25, 0), ("3.0", None, 1), ("4.0", 0.125, 2)):
        clock.now = START + timedelta(hours=hours)
        answer = Answer(Outcome.ANSWERED, "x", cost_usd=cost, answered_at=clock.now)
        await store.answers.save(question(ts), "support", answer)
    assert await store.answers.spent_since(START) == 0.375
    for cost, hours in ((2.0, -1), (1.0, 0), (None, 1), (0.5, 2)):
        clock.now = START + timedelta(hours=hours)
        await store.spending.add("triage", "claude", cost)
    assert await store.answers.spent_since(START) == 1.875
    assert await store.answers.spent_since(START + timedelta(hours=3)) == 0.0
