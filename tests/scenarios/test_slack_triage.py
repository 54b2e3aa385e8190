"""Complaints in Slack: a record of each, which calls a human where it must, and which the humans' brief shows."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.desk.beside import beside
from bot.desk.categories import category_in_words
from bot.desk.due import DueKind
from bot.desk.human_path import HandoverReason
from bot.desk.model import Outcome, question_key
from bot.desk.triage import Triage, TriageRecord
from bot.engine.triage import Classifier
from bot.escalation.timetable import Timetable, Timetables
from bot.human_time_settings import SlaSettings
from bot.store.tables import due
from bot.store.triages import triages
from bot.triage_settings import CATEGORIES
from ingest.index import IndexSettings, make_embedder
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said
from tests.scenarios.test_slack_handover import called, calls
from tests.scenarios.test_slack_human_path import stored
from tests.scenarios.test_slack_humans import DESK

EMBEDDER = make_embedder(IndexSettings())
PLAIN = "@frontdesk how long do I have to return something?"
MILD = "@frontdesk a bit annoying that my parcel came a day late. how long do I have to return something?"
GRAVE = (
    "@frontdesk can I return what was bought with my account? Somebody got into it, spent $2,300 and sees the address "
    "of my disabled mother. I called three times and you do nothing. I want a manager today."
)


@pytest.fixture
def classifier() -> Classifier:
    return Classifier(EMBEDDER.embed, lambda: EMBEDDER.fingerprint, CATEGORIES, lambda text: beside(text, None))


class Scripted:
    """bot.desk.triage.Triager, which says the same of everything and remembers what it was given."""

    def __init__(self, severity: int, *, requires_escalation: bool = True) -> None:
        self.given: list[tuple[str, bool]] = []
        self._severity, self._requires = severity, requires_escalation

    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord | None:
        self.given.append((text, escalated))
        made = Triage(
            complaint=text, category="RETURN_REFUND", severity=self._severity, requires_escalation=self._requires
        )
        return TriageRecord(made, "English", "EM-118402", None, 0.9, "scripted")


async def ended(workspace: LocalWorkspace, bot: Bot, text: str, thread_ts: str | None = None) -> str:
    ts = await workspace.say("dana", "support", text, thread_ts)
    assert await bot.ended(ts) in (Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.ESCALATED)
    return ts


async def recorded(bot: Bot, ts: str) -> tuple[object, ...]:
    """The row of that question, once it is done with."""
    key = question_key("T0ELECTRO", "C0SUPPORT", ts)
    wanted = select(triages.c.category, triages.c.severity, triages.c.made_by).where(
        triages.c.key == key, triages.c.done_at.is_not(None)
    )

    async def row() -> tuple[object, ...] | None:
        async with bot.store.database.transaction() as connection:
            found = (await connection.execute(wanted)).one_or_none()
        return tuple(found) if found else None

    result: tuple[object, ...] = await bot.until(row)
    return result


async def test_a_complaint_is_recorded_and_a_plain_question_is_not(
    workspace: LocalWorkspace, make_bot: MakeBot, classifier: Classifier
) -> None:
    bot = await make_bot(triager=classifier)
    plain, mild = await ended(workspace, bot, PLAIN), await ended(workspace, bot, MILD)
    assert await recorded(bot, plain) == (None, None, None)
    category, severity, made_by = await recorded(bot, mild)
    assert (category, made_by) == ("SHIPPING_ISSUE", "classifier")
    assert severity in (1, 2, 3)
    assert workspace.messages(DESK) == []


async def test_a_grave_complaint_calls_a_human_beside_its_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, classifier: Classifier
) -> None:
    bot = await make_bot(triager=classifier)
    ts = await ended(workspace, bot, GRAVE)
    await called(workspace, bot, ts, HandoverReason.TRIAGE)
    category, severity, _ = await recorded(bot, ts)
    brief = everything(workspace.messages(DESK)[0])
    assert "it looks like a case for a human" in brief
    assert f"{category_in_words(category)} · severity {severity} of 5 · needs a human" in brief
    assert (await stored(bot, ts)).severity == severity
    assert len(said(workspace, ts)) == 2


async def test_an_escalation_is_triaged_from_all_that_its_asker_wrote(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    """Its brief shows that once it is known, and its time to respond is of that severity."""
    triager = Scripted(5, requires_escalation=False)
    quick = Timetables({"support": Timetable(sla=SlaSettings(), promises=True)})
    bot = await make_bot(triager=triager, timetables=quick)
    ts = await workspace.say("dana", "support", "@frontdesk how long do I have to return something?")
    await bot.ended(ts)
    asked = await workspace.say("dana", "support", "I want to talk to a human", ts)
    assert await bot.ended(asked) is Outcome.ESCALATED
    await recorded(bot, asked)
    await workspace.wait_for(lambda: "Return or refund · severity 5 of 5" in everything(workspace.messages(DESK)[0]))
    text, escalated = triager.given[-1]
    assert escalated
    assert "how long do I have" in text
    assert "talk to a human" in text
    one = await stored(bot, ts)
    assert one.severity == 5
    rows = select(due.c.at).where(due.c.escalation_id == one.id, due.c.kind == DueKind.RESPONSE.value)
    async with bot.store.database.transaction() as connection:
        [at] = (await connection.scalars(rows)).all()
    assert at == quick.of("support").response_by(5, one.created_at)


class Slow:
    """bot.desk.triage.Summarizer, which waits to be let go."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.gate = asyncio.Event()

    async def summary(self, wrote: str) -> str:
        self.given.append(wrote)
        await self.gate.wait()
        return "They want to return something."


async def test_a_summary_is_added_to_the_brief_when_it_comes(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    slow = Slow()
    bot = await make_bot(triager=Scripted(2, requires_escalation=False), summarizer=slow)
    ts = await ended(workspace, bot, PLAIN)
    asked = await ended(workspace, bot, "I want to talk to a human", ts)
    await workspace.wait_for(
        lambda: workspace.messages(DESK) and "severity 2 of 5" in everything(workspace.messages(DESK)[0])
    )
    assert "In short" not in everything(workspace.messages(DESK)[0])
    slow.gate.set()
    await workspace.wait_for(lambda: "They want to return something." in everything(workspace.messages(DESK)[0]))
    assert await recorded(bot, asked)
    [wrote] = slow.given  # of the message that called, and of no other
    assert "talk to a human" in wrote


async def test_what_is_graver_than_what_a_human_was_called_for_shows_in_the_brief(
    workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    triager = Scripted(2, requires_escalation=False)
    bot = await make_bot(triager=triager)
    ts = await ended(workspace, bot, PLAIN)
    await workspace.click("dana", "support", said(workspace, ts)[0]["ts"], "human_call")
    await workspace.wait_for(
        lambda: workspace.messages(DESK) and "severity 2 of 5" in everything(workspace.messages(DESK)[0])
    )
    triager._severity, triager._requires = 5, True
    await ended(workspace, bot, "how long do I have to return it? it burned my child", ts)
    await workspace.wait_for(lambda: "severity 5 of 5 · needs a human" in everything(workspace.messages(DESK)[0]))
    assert (await stored(bot, ts)).severity == 5
    assert len(workspace.messages(DESK)) == 1


@pytest.mark.parametrize("triager", [Scripted(3), Scripted(5, requires_escalation=False)])
async def test_nobody_is_called_to_what_is_not_grave_or_needs_nobody(
    workspace: LocalWorkspace, make_bot: MakeBot, triager: Scripted
) -> None:
    bot = await make_bot(triager=triager)
    ts = await ended(workspace, bot, PLAIN)
    assert await recorded(bot, ts) == ("RETURN_REFUND", triager._severity, "scripted")
    assert calls(workspace, ts) == 0


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_crash_between_the_record_and_the_call_calls_once(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot(triager=Scripted(5), crash_at="create")
    ts = await workspace.say("dana", "support", PLAIN)
    await bot.ended(ts)
    await bot.crashed.wait()
    await bot.kill()
    triager = Scripted(5)
    again = await make_bot(triager=triager, ahead=timedelta(minutes=2))  # when the lease has ended
    await called(workspace, again, ts, HandoverReason.TRIAGE)
    await recorded(again, ts)
    assert triager.given == []  # what the first run had found is used
    assert (calls(workspace, ts), len(workspace.messages(DESK))) == (1, 1)
