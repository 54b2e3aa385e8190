"""An answer says what an older version says otherwise: at Slack's wire, over a real index, from both writers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.desk.model import Outcome, question_key
from bot.engine.claude import ClaudeWriter
from bot.engine.query_engine import DocumentEngine
from bot.settings import AnsweringSettings, ModelSettings
from ingest.settings import IngestSettings
from ops.knowledge import Knowledge, open_knowledge
from ops.reports import SyncRequest
from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, ClaudeDouble
from tests.scenarios.conftest import Bot, MakeBot, everything, said

CURRENT = """# Remote work policy

**Version 3.2, March 2026.**

Employees can work from home up to 3 days a week with the approval of their manager.

A request for remote work is answered by the manager within ten working days.
"""
OLDER = """# Remote work policy v2.1, February 2024

> **SUPERSEDED.** Version 2.1 was superseded by v3.2 on 1 March 2026.

Employees could work from home up to 2 days a week with the approval of their manager.

An allowance for a kettle of 40 euros was paid with the first salary.
"""
SAYS = "An older version (v2.1, February 2024, superseded by v3.2, 1 March 2026) says up to 2 days."
ASK = "@frontdesk how many days a week can employees work from home?"
# What is in force goes first, so the older version falls to the cap on passages.
HANDBOOK = "# Team handbook\n\nSay in the calendar on which days you work from home.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in (("remote", CURRENT), ("remote-2024", OLDER), ("handbook", HANDBOOK)):
        (folder / f"{name}.md").write_text(text)
    return folder


@pytest.fixture
def knowledge(tmp_path: Path, folder: Path, model_dir: Path) -> Iterator[Knowledge]:
    given = {"kind": "folder", "path": folder}
    settings = IngestSettings(data_dir=tmp_path / "data", sources={"docs": given}, index={"model_dir": model_dir})  # type: ignore[arg-type, dict-item]
    with open_knowledge(settings) as knowledge:
        yield knowledge


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeDouble]:
    async with ClaudeDouble() as double:
        yield double


async def bot_of(make_bot: MakeBot, knowledge: Knowledge, writer: ClaudeWriter | None = None) -> Bot:
    knowledge.sync(SyncRequest(), lambda step: None)
    return await make_bot(shelf=DocumentEngine(knowledge.search, writer, AnsweringSettings(passages=2)))


async def answer_to(bot: Bot, workspace: LocalWorkspace, text: str) -> str:
    ts = await workspace.say("dana", "support", text)
    assert await bot.ended(ts) is Outcome.ANSWERED
    [answer] = said(workspace, ts)
    return everything(answer)


async def test_the_older_figure_stands_under_a_quoted_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge
) -> None:
    """Although the older version is no passage of the answer; with it, the answer is kept as made from both."""
    bot = await bot_of(make_bot, knowledge)
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    [answer] = said(workspace, ts)
    assert "up to 3 days a week" in everything(answer)
    assert SAYS in everything(answer)
    stored = await bot.store.answers.get(question_key("T0ELECTRO", "C0SUPPORT", ts))
    assert stored is not None
    assert SAYS in stored.notice
    assert "up to 2 days" not in stored.text


async def test_the_older_figure_stands_under_a_written_answer(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge, claude: ClaudeDouble
) -> None:
    """The model is not given the older version where there is no room for it, and what it writes is compared."""
    writer = ClaudeWriter(ModelSettings(api_key=SecretStr(KEY), base_url=claude.url))
    try:
        bot = await bot_of(make_bot, knowledge, writer)
        text = await answer_to(bot, workspace, ASK)
    finally:
        await writer.close()
    assert "up to 3 days a week" in text
    assert SAYS in text
    assert "up to 2 days" not in str(claude.requests[0]["messages"])


async def test_nothing_is_told_of_what_did_not_change(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge
) -> None:
    bot = await bot_of(make_bot, knowledge)
    text = await answer_to(bot, workspace, "@frontdesk when does the manager answer a request for remote work?")
    assert "ten working days" in text
    assert "older version" not in text


async def test_who_may_not_read_the_older_version_is_told_nothing_of_it(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge, folder: Path
) -> None:
    """In a public channel it does not exist, in a DM of somebody who may read it does."""
    (folder / "remote-2024.md").write_text(f"---\naudience: group:@people-team\n---\n{OLDER}")
    workspace.set_group("people-team", ["priya"])
    bot = await bot_of(make_bot, knowledge)
    text = await answer_to(bot, workspace, ASK)
    assert "up to 3 days a week" in text
    assert "older version" not in text
    ts = await workspace.say("priya", "dm", ASK)
    [asked] = workspace.messages("dm:priya", ts)
    assert await bot.ended(ts, asked["channel"]) is Outcome.ANSWERED
    assert SAYS in everything(workspace.messages("dm:priya", ts)[-1])
    stored = await bot.store.answers.get(question_key("T0ELECTRO", asked["channel"], ts))
    assert stored is not None
    assert ("group:@people-team",) in stored.audiences, "Share and briefs leave out what it was made from"


async def test_an_answer_from_a_superseded_document_alone_says_so(
    workspace: LocalWorkspace, make_bot: MakeBot, knowledge: Knowledge
) -> None:
    bot = await bot_of(make_bot, knowledge)
    text = await answer_to(bot, workspace, "@frontdesk how many euros was the kettle allowance?")
    assert "40 euros" in text
    assert "The document that I cite is superseded (v2.1, February 2024, superseded by v3.2, 1 March 2026)." in text
