"""Time in the human path at the wire, with a clock that the test moves: reminders, re-routing, what nobody answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.desk.due import DueKind
from bot.desk.human_path import EscalationState
from bot.escalation.hours import Hours
from bot.escalation.timetable import Timetable, Timetables
from bot.human_time_settings import SlaSettings
from bot.store.tables import due
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.surf import ADMINS, home_of
from tests.scenarios.test_slack_human_path import beside, claimed, reply, stored, until_state
from tests.scenarios.test_slack_humans import DESK, call_human

S = EscalationState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SLA = SlaSettings(reroute_group="S0SUPPORT", lead="U0PRIYA")
TIMES = Timetables({"support": Timetable(sla=SLA, promises=True)})
EARLIER = timedelta(days=-30)  # the bot's clock, so that what it posts later is later by Slack's


async def until_said(workspace: LocalWorkspace, brief: str, text: str) -> list[str]:
    """Beside the brief, where it stands."""
    await workspace.wait_for(lambda: any(text in one for one in beside(workspace, brief)))
    return beside(workspace, brief)


def due_shown(brief: dict[str, Any]) -> int | None:
    """The time that the brief says an answer is due."""
    for block in brief["blocks"]:
        for section in block["elements"] if block["type"] == "rich_text" else ():
            if section["elements"][0].get("text") == "Answer due: ":
                return int(section["elements"][1]["timestamp"])
    return None


def direct(workspace: LocalWorkspace, name: str) -> list[dict[str, Any]]:
    return [one for one in workspace.messages(f"dm:{name}") if "frontdesk" in str(one.get("metadata"))]


async def test_who_has_no_answer_in_time_is_told_of_again_and_to_more_people(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """At half of the time, at its end to the group, after as long again to the lead, also directly. Each once. The brief
    and admins' App Home say until when, while somebody waits."""
    bot = await make_bot(timetables=TIMES, ahead=EARLIER, slack=ADMINS)
    ts, shown = await call_human(workspace, bot)
    assert "Usually that takes no longer than 2 hours." in said(workspace, ts)[-1]["text"]
    brief = shown["ts"]
    assert beside(workspace, brief) == []
    by = (await stored(bot, ts)).created_at + 2 * HOUR
    assert due_shown(workspace.messages(DESK)[0]) == int(by.timestamp())
    assert " · answer due " in everything(await home_of(workspace, "priya"))

    bot.ahead += HOUR
    [half] = await until_said(workspace, brief, "Nobody has taken this yet. Dana Whitfield waits for an answer until")
    assert "<!" not in half.replace("<!date", "")

    await workspace.click("alex", DESK, brief, "human_claim")
    await until_state(bot, ts, S.CLAIMED)
    bot.ahead += HOUR
    said_at_due = await until_said(workspace, brief, "<!subteam^S0SUPPORT> Dana Whitfield was to have an answer by")
    assert "<@U0ALEX> has it: can somebody help?" in said_at_due[-1]

    bot.ahead += 2 * HOUR
    said_to_lead = await until_said(workspace, brief, "<@U0PRIYA> Dana Whitfield was to have an answer by")
    await workspace.wait_for(lambda: direct(workspace, "priya"))
    [word] = direct(workspace, "priya")
    assert "<@U0ALEX> has it. <http" in word["text"]
    assert f"thread={brief}|Open the request>" in word["text"]

    bot.ahead += DAY
    assert " · answer was due " in everything(await home_of(workspace, "priya"))
    assert await reply(workspace, brief, "Within 30 days.") == {}
    await until_state(bot, ts, S.ANSWERED)
    await workspace.wait_for(lambda: due_shown(workspace.messages(DESK)[0]) is None)
    assert "due " not in everything(await home_of(workspace, "priya"))
    assert beside(workspace, brief) == said_to_lead
    assert len(said_to_lead) == 3


async def test_a_reminder_is_posted_once_over_a_crash_between_post_and_store(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Both words to the lead: the next process finds them, and posts neither again. What was missed is said once."""
    first = await make_bot(timetables=TIMES, ahead=EARLIER)
    _, shown = await call_human(workspace, first)
    first.crash_at = "complete"
    first.ahead += HOUR
    await until_said(workspace, shown["ts"], "Nobody has taken this yet.")
    await first.crashed.wait()
    await first.kill()

    second = await make_bot(timetables=TIMES, ahead=EARLIER + 5 * HOUR, crash_at="complete")
    await second.crashed.wait()  # the half that was missed is not said any more
    await second.kill()
    third = await make_bot(timetables=TIMES, ahead=EARLIER + 6 * HOUR)
    await workspace.wait_for(lambda: direct(workspace, "priya"))
    third.crash_at = "complete"
    await third.crashed.wait()
    await third.kill()

    last = await make_bot(timetables=TIMES, ahead=EARLIER + 7 * HOUR)

    async def all_done() -> bool:
        return not await last.store.due.claim(1, 0) and len(beside(workspace, shown["ts"])) == 3

    await last.until(all_done)
    texts = [text.partition(" ")[0] for text in beside(workspace, shown["ts"])]
    assert texts == ["Nobody", "<!subteam^S0SUPPORT>", "<@U0PRIYA>"]
    assert len(direct(workspace, "priya")) == 1


async def test_an_asker_who_says_nothing_is_reminded_and_then_it_expires(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    bot = await make_bot(timetables=TIMES, ahead=EARLIER)
    ts, brief = await claimed(workspace, bot)
    assert await reply(workspace, brief, "Which order is it?", asks=True) == {}
    await until_state(bot, ts, S.WAITING)
    bot.ahead += 2 * DAY
    await workspace.wait_for(lambda: "still needs your answer" in said(workspace, ts)[-1]["text"])
    await bot.until(lambda: planned(bot, DueKind.EXPIRE))
    word = said(workspace, ts)[-1]["text"]
    assert word.startswith("<@U0DANA> Alex Moreno still needs your answer to go on.")
    assert "If I hear nothing within 3 days, I close your request" in word
    bot.ahead += 3 * DAY + HOUR
    await until_state(bot, ts, S.EXPIRED)
    assert "was not answered" in said(workspace, ts)[-1]["text"]
    assert "<@U0ALEX> Dana Whitfield did not answer, so this has expired." in beside(workspace, brief)


async def test_what_is_answered_closes_itself_and_what_was_put_off_comes_back(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Nothing is said of it before the snooze ends; then its owner hears of it, once."""
    bot = await make_bot(timetables=TIMES, ahead=EARLIER)
    ts, brief = await claimed(workspace, bot)
    one = await stored(bot, ts)
    await workspace.click("alex", DESK, brief, "human_more", f"week {one.id}")
    await bot.until(lambda: snoozed(bot, ts))
    bot.ahead += 8 * DAY
    await until_said(workspace, brief, "<@U0ALEX> You put this off until now. Dana Whitfield still waits for you.")
    assert len(beside(workspace, brief)) == 1, "the time for an answer begins again"
    assert await reply(workspace, brief, "Within 30 days.") == {}
    await until_state(bot, ts, S.ANSWERED)
    bot.ahead += 3 * DAY
    await until_state(bot, ts, S.CLOSED)
    assert "I have heard nothing more of this" in said(workspace, ts)[-1]["text"]
    assert beside(workspace, brief)[-1] == "<@U0ALEX> This was closed: no word from the asker."


async def planned(bot: Bot, kind: DueKind) -> bool:
    async with bot.store.database.transaction() as connection:
        return kind.value in (await connection.scalars(select(due.c.kind))).all()


async def snoozed(bot: Bot, ts: str) -> bool:
    return (await stored(bot, ts)).snoozed_until is not None


async def test_out_of_hours_the_asker_is_told_when_somebody_is_back(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """It is Saturday evening in Berlin. Nobody is reminded before Monday."""
    office = Hours(ZoneInfo("Europe/Berlin"), (*(((540, 1050),),) * 5, (), ()))
    times = Timetables({"support": Timetable(office, SLA, promises=True)})
    saturday = datetime(2026, 5, 16, 18, tzinfo=UTC)
    bot = await make_bot(timetables=times, ahead=saturday - datetime.now(UTC))
    ts, shown = await call_human(workspace, bot)
    told = said(workspace, ts)[-1]["text"]
    assert "The team is back on Monday at 09:00 (Berlin). You can expect an answer by 11:00 that day." in told
    bot.ahead += timedelta(hours=37)  # Monday, 09:00 there
    assert beside(workspace, shown["ts"]) == []
    bot.ahead += HOUR
    await until_said(workspace, shown["ts"], "Nobody has taken this yet.")
