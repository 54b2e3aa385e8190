"""Who asks too much, bots and loops, the day's budget, and overload: at the wire. Nothing ends silently or twice."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from bot.desk.budget import Budget
from bot.desk.budget_warnings import BudgetWarnings
from bot.desk.errors import RetrievalUnavailable
from bot.desk.model import Outcome, Retrieval, question_key
from bot.settings import LimitSettings
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.client import SlackClients
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT
from tests.scenarios.conftest import UNLIMITED, Bot, MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"
TWO_A_MINUTE = LimitSettings(per_user_per_minute=2)
NO_DELAY = LimitSettings(per_user_per_minute=2, longest_delay_s=0)
STATUSBOT = {"listens_to_bots": ["B0OTHERBOT"]}


async def asks(workspace: LocalWorkspace, user: str, times: int, channel: str = "support") -> list[str]:
    return [await workspace.say(user, channel, f"{ASK} ({number})") for number in range(times)]


async def test_what_is_over_the_limit_is_told_once_and_answered_later(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Of five at once two are answered and three wait, which their asker alone hears, once; a restart forgets none."""
    first = await make_bot(limits=TWO_A_MINUTE)
    asked = await asks(workspace, "dana", 5)
    other = await workspace.say("sam", "support", ASK)
    for ts in (*asked[:2], other):
        assert await first.ended(ts) is Outcome.ANSWERED
    [note] = await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert "2 questions a minute" in note["text"]
    assert "in a minute" in note["text"]
    await first.until(lambda: nothing_left_to_tell(first))
    assert [len(said(workspace, ts)) for ts in asked] == [1, 1, 0, 0, 0]
    await first.stop()
    second = await make_bot(limits=TWO_A_MINUTE, ahead=timedelta(minutes=5))
    for ts in asked[2:]:
        assert await second.ended(ts) is Outcome.ANSWERED
    assert [len(said(workspace, ts)) for ts in asked] == [1] * 5
    assert len(workspace.ephemerals("dana")) == 1
    assert workspace.ephemerals("sam") == []


async def nothing_left_to_tell(bot: Bot) -> bool:
    return await bot.store.inbox.limited() == []


async def test_what_would_wait_too_long_is_refused_with_one_note(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """In a direct message it is a message: what is left out, and when to ask again. Each row is closed."""
    bot = await make_bot(limits=NO_DELAY)
    asked = await asks(workspace, "dana", 5, "dm")
    channel = workspace.messages("dm:dana")[0]["channel"]
    outcomes = [await bot.ended(ts, channel) for ts in asked]
    assert outcomes == [Outcome.ANSWERED] * 2 + [Outcome.ASKED] * 3
    [note] = [one for ts in asked[2:] for one in said(workspace, ts, "dm:dana")]
    assert note["thread_ts"] == asked[2]
    assert "(2)” or what you write after it: please ask again after <!date^" in note["text"]
    assert "position" not in note["text"]


async def test_a_note_that_may_stand_there_is_looked_for(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Killed between posting the note and recording it: the next run finds it, and closes the question."""
    first = await make_bot(limits=NO_DELAY, crash_at="done")
    asked = await asks(workspace, "dana", 3, "dm")
    await asyncio.wait_for(first.crashed.wait(), 5)
    await first.kill()
    second = await make_bot(limits=NO_DELAY, ahead=timedelta(seconds=31))
    assert await second.ended(asked[2], workspace.messages("dm:dana")[0]["channel"]) is Outcome.ASKED
    assert len(said(workspace, asked[2], "dm:dana")) == 1


async def test_a_note_that_slack_does_not_take_now_comes_later(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """An outage of Slack leaves the question open until its asker knows."""
    bot = await make_bot(limits=NO_DELAY)
    workspace.fail("chat.postEphemeral", status=500)
    asked = await asks(workspace, "dana", 3)
    await workspace.wait_for(lambda: workspace.called("chat.postEphemeral"))
    assert await bot.outcome("C0SUPPORT", asked[2]) is None
    bot.ahead = timedelta(seconds=31)
    assert await bot.ended(asked[2]) is Outcome.ASKED
    assert len(workspace.ephemerals("dana")) == 1


async def test_admins_have_no_limits(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot(limits=NO_DELAY, slack={"admins": ["U0PRIYA"]})
    for ts in await asks(workspace, "priya", 4):
        assert await bot.ended(ts) is Outcome.ANSWERED
    assert workspace.ephemerals("priya") == []


async def test_three_askers_take_turns(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """With one worker busy on the first of ten, whoever asks later waits for that one and not for ten."""
    bot = await make_bot(limits=UNLIMITED, answering={"workers": 1})
    shelf.gate = asyncio.Event()
    asked = [await workspace.say("dana", "support", f"@frontdesk return of Dana's {number}?") for number in range(10)]
    await shelf.writing.wait()
    asked += [await workspace.say(user, "support", f"@frontdesk return of {user}?") for user in ("sam", "alex")]
    for ts in asked[1:]:
        await bot.accepted(ts)
    shelf.gate.set()
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
    assert [next(name for name in ("Dana", "sam", "alex") if name in one) for one in shelf.asked[:4]] == [
        "Dana", "sam", "alex", "Dana",
    ]  # fmt: skip


# Bots


async def test_a_listed_bot_is_answered_as_nobody(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """In a channel of full members it gets what everybody may read; no stream, which would need a person; no note."""
    private = workspace.add_channel("internal", ["alex", "priya"], "private")
    shelf.audiences = {"Shipping": ("members",)}
    bot = await make_bot(slack=STATUSBOT)
    ts = await workspace.say_as_bot("statusbot", private, "@frontdesk how do shipping and return work?")
    assert await bot.ended(ts, private) is Outcome.ANSWERED
    [answer] = said(workspace, ts, private)
    assert "30 days" in everything(answer)
    assert "3 to 5 business days" not in everything(answer)
    assert set(shelf.readable[0]) == {"public", "everyone"}
    assert workspace.called("chat.startStream") == []


async def test_a_bot_that_is_not_listed_is_ignored(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot(slack={"listens_to_bots": ["B0ANOTHER"]})
    ignored = await workspace.say_as_bot("statusbot", "support", ASK)
    assert await bot.ended(await workspace.say("dana", "support", ASK)) is Outcome.ANSWERED
    assert said(workspace, ignored) == []


async def test_a_bot_that_answers_answers_is_left_alone(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Another desk that lists this one and mentions it in every answer: it gets three, and more once a person wrote."""
    bot = await make_bot(limits=LimitSettings(bot_answers=3), slack=STATUSBOT)
    root = await workspace.say("dana", "support", ASK)
    assert await bot.ended(root) is Outcome.ANSWERED

    async def echo() -> str:
        return await workspace.say_as_bot("statusbot", "support", f"And: {ASK}", root)

    for _ in range(3):
        assert await bot.ended(await echo()) is Outcome.ANSWERED
    unheard = [await echo() for _ in range(2)]
    assert await bot.ended(await workspace.say("dana", "support", ASK, root)) is Outcome.ANSWERED
    assert await bot.ended(await echo()) is Outcome.ANSWERED
    assert len(said(workspace, root)) == 6
    for ts in unheard:
        assert not await bot.store.inbox.has(question_key("T0ELECTRO", "C0SUPPORT", ts))


async def test_a_bot_that_begins_threads_is_left_alone_too(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Each of its messages is a thread of its own; in the channel it has so many answers a minute."""
    bot = await make_bot(limits=LimitSettings(bot_answers=2), slack=STATUSBOT)
    asked = [await workspace.say_as_bot("statusbot", "support", ASK) for _ in range(4)]
    await workspace.wait_for(lambda: sum(len(said(workspace, ts)) for ts in asked) >= 2)
    assert await bot.ended(await workspace.say("dana", "support", ASK)) is Outcome.ANSWERED

    async def done() -> bool:
        return await bot.store.inbox.depth() == 0

    await bot.until(done)
    assert sum(len(said(workspace, ts)) for ts in asked) == 2


async def test_what_a_bot_says_in_our_thread_is_no_question(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A desk that answers beside us, without a mention: neither answers the other."""
    bot = await make_bot(slack=STATUSBOT)
    root = await workspace.say("dana", "support", ASK)
    assert await bot.ended(root) is Outcome.ANSWERED
    await workspace.say_as_bot("statusbot", "support", "You can return most items within 30 days.", root)
    assert await bot.ended(await workspace.say("dana", "support", "And shipping?", root)) is Outcome.ANSWERED
    assert len(said(workspace, root)) == 2


# The budget


class Bill:
    """bot.desk.ports.Answers, as far as a budget asks it."""

    dollars = 0.0

    async def spent_since(self, at: datetime) -> float:
        return self.dollars


def warnings(bill: Bill, bot: Bot) -> BudgetWarnings:
    """What warns the admins, as each replica and each start makes it."""
    channel = SlackAdminChannel(SlackClients(bot.slack), "C0ESCALATE", bot.now)
    return BudgetWarnings(Budget(bill, 5.0, bot.now), bot.store.told, channel)  # type: ignore[arg-type]


def told_admins(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return [one for one in workspace.messages("C0ESCALATE") if one["user"] == BOT]


async def test_the_admins_hear_twice_a_day_of_the_budget(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """At 80 % and when it is spent, whoever looks and however often; on the next day again."""
    bot, bill = await make_bot(), Bill()
    replicas = [warnings(bill, bot) for _ in range(3)]
    for dollars, count in ((3.99, 0), (4.05, 1), (4.9, 1), (5.0, 2), (7.0, 2)):
        bill.dollars = dollars
        await asyncio.gather(*(one.check() for one in replicas))
        await warnings(bill, bot).check()
        assert len(told_admins(workspace)) == count
    near, spent = (everything(one) for one in told_admins(workspace))
    assert "$4.05 of today's $5.00 are spent (81 %)" in near
    assert "Today's $5.00 are used up" in spent
    assert all("quote the documents" in one and "model.daily_budget_usd" in one for one in (near, spent))
    bot.ahead, bill.dollars = timedelta(days=1), 4.5
    await replicas[0].check()
    assert len(told_admins(workspace)) == 3


async def test_a_warning_whose_reply_was_lost_is_looked_for(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot, bill = await make_bot(), Bill()
    bill.dollars = 5.0
    workspace.fail("chat.postMessage", after_effect=True)
    await warnings(bill, bot).check()
    bot.ahead = timedelta(seconds=31)
    await warnings(bill, bot).check()
    await warnings(bill, bot).check()
    assert len(told_admins(workspace)) == 1


# Overload


class Busy(Shelf):
    """A shelf that takes a moment, and is down for some."""

    async def retrieve(self, query: str, **given: Any) -> Retrieval:
        if "broken" in query:
            raise RetrievalUnavailable("the index is away")
        await asyncio.sleep(0)
        return await super().retrieve(query, **given)


QUESTIONS = {
    "how long do I have to return something": Outcome.ANSWERED,
    "thank you": Outcome.ASKED,
    "where do penguins sleep": Outcome.ABSTAINED,
    "talk to a human": Outcome.ESCALATED,
    "why is my return broken": Outcome.FAILED,
}


async def test_two_hundred_at_once_end_in_one_outcome_each(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """Of forty people in ten channels, with eight workers; each question has one visible end, deleted ones have none."""
    people = [workspace.add_user(f"p{number}", f"Person {number}") for number in range(40)]
    channels = [workspace.add_channel(f"room{number}", people, "channel") for number in range(10)]
    bot = await make_bot(shelf=Busy())
    asked: dict[tuple[str, str], Outcome] = {}
    for number in range(200):
        text, outcome = list(QUESTIONS.items())[number // 40]
        user, channel = people[number % 40], channels[number % 10]
        asked[channel, await workspace.say(user, channel, f"@frontdesk {text}")] = outcome
    deleted = [place for place, outcome in asked.items() if outcome is Outcome.ESCALATED][-5:]
    for channel, ts in deleted:
        user = next(one["user"] for one in workspace.messages(channel, ts))
        await workspace.delete(user, channel, ts)
        asked[channel, ts] = Outcome.WITHDRAWN
    async with asyncio.timeout(60):
        ended = {place: await _ended(bot, *place) for place in asked}
    assert ended == asked
    shown = Counter(
        (ended[channel, ts], len([one for one in said(workspace, ts, channel) if _answers(one)]))
        for channel, ts in asked
    )
    assert shown == {
        (Outcome.ANSWERED, 1): 40, (Outcome.ASKED, 1): 40, (Outcome.ABSTAINED, 1): 40,
        (Outcome.ESCALATED, 1): 35, (Outcome.FAILED, 1): 40, (Outcome.WITHDRAWN, 0): 5,
    }  # fmt: skip


async def test_whoever_nobody_gets_to_is_told(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """One worker is stuck on one question: the others get their notice, once, and are not answered as well."""
    bot = await make_bot(answering={"workers": 1}, ahead=timedelta(minutes=-1))
    shelf.gate = asyncio.Event()
    first, *others = await asks(workspace, "dana", 6)
    for ts in (first, *others):
        await bot.accepted(ts)
    assert bot.connection.workers is not None
    bot.connection.workers.patience_s = 0.0
    for ts in others:
        assert await bot.ended(ts) is Outcome.FAILED
    shelf.gate.set()
    assert await bot.ended(first) is Outcome.ANSWERED
    assert [len(said(workspace, ts)) for ts in (first, *others)] == [1] * 6
    assert all("could not get to this in time" in everything(said(workspace, ts)[0]) for ts in others)


async def _ended(bot: Bot, channel: str, ts: str) -> Outcome:
    while (outcome := await bot.outcome(channel, ts)) is None:
        await bot.changed.wait()
    return outcome


def _answers(message: dict[str, Any]) -> bool:
    """And is not the word that a human was called."""
    return (message.get("metadata") or {}).get("event_type") != "frontdesk_escalation"
