"""What is set in Slack, and a day's numbers, on each database."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desk.desk_settings import ChannelSetting, Mode, Pause, SetInSlack
from bot.desk.model import (
    Accepted,
    Answer,
    Outcome,
    Person,
    Place,
    Question,
    private_question_key,
    question_key,
)
from bot.store import Store

from .conftest import START, Clock

DAY = START.replace(hour=0)


async def test_a_channel_has_its_latest_setting_in_its_workspace(store: Store) -> None:
    first = ChannelSetting("C1", Mode.QUESTIONS, "people", "U1", START)
    await store.settings.set_channel("T1", first)
    await store.settings.set_channel("T1", replace(first, mode=Mode.OFFER, desk=None, changed_by="U2"))
    assert await store.settings.all("T2") == SetInSlack()
    kept = (await store.settings.all("T1")).channels
    assert kept == {"C1": ChannelSetting("C1", Mode.OFFER, None, "U2", START)}


async def test_a_pause_lasts_from_its_first_press_until_it_is_ended(store: Store, clock: Clock) -> None:
    await store.settings.pause("T1", "U1")
    clock.now += timedelta(minutes=5)
    await store.settings.pause("T1", "U2")
    assert (await store.settings.all("T1")).pause == Pause(START, "U1")
    assert await store.settings.paused() == [Pause(START, "U1")]
    await store.settings.resume("T1")
    assert (await store.settings.all("T1")).pause is None


def asked(ts: str, at: datetime, team: str = "T1") -> Accepted:
    return Accepted(question_key(team, "C1", ts), team, "C1", ts, "U1", "channel", "Returns?", {}, at, unasked=True)


def put(ts: str, at: datetime, team: str = "T1") -> Accepted:
    """To the desk."""
    return replace(asked(ts, at, team), unasked=False)


async def test_a_days_numbers_are_of_that_day_and_workspace(store: Store, clock: Clock) -> None:
    """The median is of what was answered; a price that is not known is counted, never 0. What nobody asked counts where
    it was answered."""
    took = {"1.0": 1, "2.0": 2, "3.0": 9}
    for ts, seconds in took.items():
        await store.inbox.accept(put(ts, START))
        clock.now = START + timedelta(seconds=seconds)
        await store.inbox.finish(question_key("T1", "C1", ts), Outcome.ANSWERED)
    for ts, outcome in (("4.0", Outcome.ABSTAINED), ("5.0", Outcome.FAILED)):
        await store.inbox.accept(put(ts, START))
        await store.inbox.finish(question_key("T1", "C1", ts), outcome)
    for ts, outcome in (("4.5", Outcome.ABSTAINED), ("5.5", Outcome.FAILED), ("2.5", Outcome.ANSWERED)):
        await store.inbox.accept(asked(ts, START))
        clock.now = START + timedelta(seconds=2)
        await store.inbox.finish(question_key("T1", "C1", ts), outcome)
    await store.inbox.accept(asked("6.5", START))
    await store.inbox.accept(put("6.0", START))
    await store.inbox.accept(put("7.0", DAY - timedelta(seconds=1)))
    await store.inbox.accept(put("8.0", DAY + timedelta(days=1)))
    await store.inbox.accept(put("9.0", START, "T2"))
    numbers = await store.numbers.between("T1", DAY, DAY + timedelta(days=1))
    assert numbers.questions == 7
    assert numbers.outcomes == {"answered": 4, "abstained": 1, "failed": 1, "open": 1}
    assert numbers.median_s == 2
    assert (numbers.dollars, numbers.unpriced) == (None, 0)
    for ts, cost in (("1.0", 0.25), ("2.0", 0.5), ("3.0", None)):
        await keep(store, ts, Answer(Outcome.ANSWERED, "30 days.", model="m", cost_usd=cost, answered_at=START))
    numbers = await store.numbers.between("T1", DAY, DAY + timedelta(days=1))
    assert (numbers.dollars, numbers.unpriced) == (0.75, 1)


async def test_a_days_cost_is_what_its_budget_counts(store: Store, clock: Clock) -> None:
    """Triage and what else is asked of the model beside answers, of that day; also where there was no answer."""
    for cost, at in ((3.0, START), (None, START), (8.0, DAY - timedelta(seconds=1)), (9.0, DAY + timedelta(days=1))):
        clock.now = at
        await store.spending.add("triage", "m", cost)
    numbers = await store.numbers.between("T1", DAY, DAY + timedelta(days=1))
    assert (numbers.dollars, numbers.unpriced) == (3.0, 1)
    await keep(store, "1.0", Answer(Outcome.ANSWERED, "30 days.", model="m", cost_usd=0.5, answered_at=START))
    numbers = await store.numbers.between("T1", DAY, DAY + timedelta(days=1))
    assert (numbers.dollars, numbers.unpriced) == (3.5, 1)
    assert await store.answers.spent_since(DAY) == 3.5 + 9.0


async def keep(store: Store, ts: str, answer: Answer, thread_ts: str | None = None, text: str = "Returns?") -> None:
    place = Place("T1", "C1", "channel", thread_ts)
    await store.answers.save(
        Question(question_key("T1", "C1", ts), text, Person("U1"), place, ts, START), "support", answer
    )


async def test_that_nobody_asked_survives_in_the_inbox(store: Store) -> None:
    await store.inbox.accept(asked("1.0", START))
    [claimed] = await store.inbox.claim(1, 60)
    assert claimed.item.unasked


async def test_a_thread_is_hushed_until_it_is_woken_by_something_later(store: Store, clock: Clock) -> None:
    """Also for what is read back: what was written in the silence stays unheard, what came after is heard."""
    place = ("T1", "C1", "1.0")
    await store.inbox.accept(asked("1.0", START))
    await store.inbox.finish(asked("1.0", START).key, Outcome.ANSWERED)
    await store.threads.join(*place, "support")
    await store.threads.hush(*place, "U1")
    assert (await store.threads.state(*place)).hushed
    assert not await store.threads.wake(*place, START - timedelta(seconds=1))
    assert (await store.threads.state(*place)).hushed
    assert await store.threads.wake(*place, START + timedelta(minutes=5))
    assert not (await store.threads.state(*place)).hushed
    assert not await store.threads.wake(*place, START + timedelta(minutes=6))
    for minutes, heard in ((-1, True), (1, False), (6, True)):
        ts = f"{(START + timedelta(minutes=minutes)).timestamp():.6f}"
        assert await store.threads.took_part(*place, ts) is heard
    clock.now += timedelta(minutes=10)
    await store.threads.hush(*place, "U1")
    assert (await store.threads.state(*place)).hushed


async def test_what_was_left_unsaid_is_no_part_in_a_thread(store: Store) -> None:
    """Nor is what is not answered yet: replies there are between its people."""
    at = f"{(START + timedelta(minutes=1)).timestamp():.6f}"
    await store.inbox.accept(asked("1.0", START))
    assert not await store.threads.took_part("T1", "C1", "1.0", at)
    await store.inbox.finish(asked("1.0", START).key, Outcome.ABSTAINED)
    assert not await store.threads.took_part("T1", "C1", "1.0", at)


async def test_recent_threads_are_those_with_answers_that_are_not_hushed(store: Store) -> None:
    """One line a thread, with its latest question; what was left unsaid is none, nor what was asked in private."""
    for ts, thread_ts, text, minutes in (
        ("1.0", None, "first", 1),
        ("1.5", "1.0", "second", 2),
        ("2.0", None, "other", 3),
        ("3.0", None, "old", -60),
    ):
        answered_at = START + timedelta(minutes=minutes)
        await keep(store, ts, Answer(Outcome.ANSWERED, "Yes.", answered_at=answered_at), thread_ts, text)
    await keep(store, "4.0", Answer(Outcome.ABSTAINED, "", answered_at=START + timedelta(minutes=4)))
    mine = private_question_key("U1", "T1", "5.0")
    await store.inbox.accept(replace(asked("5.0", START), key=mine))
    place, last = Place("T1", "C1", "dm", "9.0"), START + timedelta(minutes=5)
    private = Question(mine, "my own", Person("U1"), place, "5.0", START)
    await store.answers.save(private, "support", Answer(Outcome.ANSWERED, "Yes.", answered_at=last))
    recent = await store.threads.recent("T1", "C1", START, 5)
    assert [(one.thread_ts, one.question) for one in recent] == [("2.0", "other"), ("1.0", "second")]
    await store.threads.hush("T1", "C1", "2.0", "U1")
    assert [one.thread_ts for one in await store.threads.recent("T1", "C1", START, 5)] == ["1.0"]
    assert await store.threads.recent("T1", "C2", START, 5) == []
