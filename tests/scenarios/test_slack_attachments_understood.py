"""Files of messages that are not one plain English question: both are understood, and each call is paid for once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.desk.model import Outcome, Rules
from bot.engine.claude import ClaudeWriter
from bot.settings import ModelSettings
from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, Cite, ClaudeDouble, Reply, Text, tokens
from tests.scenarios.conftest import PROMPT, Bot, MakeBot, Prompts, everything, said
from tests.scenarios.test_slack_attachments import LOG, PNG, Reading, attached_text, says
from tests.scenarios.test_slack_understanding import PRICES, asked, interpreter, reads, stored

MEANS = "The code GW-4031 means that the certificate of the gateway has expired."
IN_GERMAN = Reply([Text("Der Code GW-4031 bedeutet, dass das Zertifikat des Gateways abgelaufen ist. ", [Cite(0, 0)])])
WHAT = "@frontdesk Was bedeutet das, und was kann ich dagegen tun?"


@pytest.fixture
def shelf() -> Reading:
    return Reading()


@pytest.fixture
async def claude(shelf: Reading) -> AsyncIterator[ClaudeDouble]:
    async with ClaudeDouble() as claude:
        given = {"api_key": SecretStr(KEY), "base_url": claude.url, "deadline_s": 10.0, "retries": 0, **PRICES}
        shelf.writer = ClaudeWriter(ModelSettings(**given))  # type: ignore[arg-type]
        yield claude
        await shelf.writer.close()


@pytest.fixture
async def bot(make_bot: MakeBot, shelf: Reading, claude: ClaudeDouble) -> Bot:
    assert shelf.writer is not None
    prompts = Prompts(replace(PROMPT, rules=Rules(language="question")))
    return await make_bot(interpreter=interpreter(shelf.writer), prompts=prompts, sees=True)


async def test_a_german_question_about_a_log(
    workspace: LocalWorkspace, bot: Bot, claude: ClaudeDouble, shelf: Reading
) -> None:
    """The question is searched for in English and with the log's code; what was searched for is kept without it."""
    claude.script([reads("What does this mean?", language="de"), IN_GERMAN])
    ts = await workspace.say("dana", "support", WHAT, files=[workspace.upload("dana", "gateway.log", LOG)])
    assert await bot.ended(ts) is Outcome.ANSWERED
    [query] = shelf.asked
    assert query.startswith("What does this mean? ")
    assert "GW-4031" in query
    assert (await stored(bot, ts)).searched == "What does this mean?"
    reading, writing = claude.requests
    assert "GW-4031" not in str(reading), "a file is nothing that the asker said"
    assert "GW-4031" in attached_text(writing)
    assert any("Answer in German." in text for text in asked(writing))
    assert "Zertifikat des Gateways abgelaufen" in everything(said(workspace, ts)[0])


async def test_a_picture_in_german_is_looked_at_read_and_answered(
    workspace: LocalWorkspace, bot: Bot, claude: ClaudeDouble, shelf: Reading
) -> None:
    """Three calls; the tokens and the cost of each are in the answer's, once."""
    claude.script(
        [Reply([Text("Handshake error GW-4031 gateway")]), reads("What does this mean?", language="de"), IN_GERMAN]
    )
    ts = await workspace.say("dana", "support", WHAT, files=[workspace.upload("dana", "screen.png", PNG)])
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert shelf.asked == ["What does this mean? Handshake error GW-4031 gateway"]
    look, reading, writing = claude.requests
    answer = await stored(bot, ts)
    small = sum(tokens(request[part]) for request in (look, reading) for part in ("messages", "system"))
    assert answer.usage["input"] == small + tokens(writing["messages"])
    used = answer.usage
    assert answer.cost_usd == pytest.approx(
        (used["input"] * 3 + used["output"] * 15 + used["cache_write"] * 3.75) / 1e6
    )


async def test_a_picture_is_paid_for_where_nothing_could_be_written(
    workspace: LocalWorkspace, bot: Bot, claude: ClaudeDouble, shelf: Reading
) -> None:
    """The look went well and then the index is down: the answer failed, and the day's budget knows of the look."""
    claude.script([Reply([Text("Handshake error GW-4031 gateway")])])
    shelf.broken = RuntimeError("the index is down")
    ts = await workspace.say(
        "dana", "support", "@frontdesk what does this mean?", files=[workspace.upload("dana", "a.png", PNG)]
    )
    assert await bot.ended(ts) is Outcome.FAILED
    [look] = claude.requests
    answer = await stored(bot, ts)
    assert answer.usage["input"] == tokens(look["messages"]) + tokens(look["system"])
    assert answer.cost_usd > 0


async def test_each_question_is_searched_for_with_what_it_needs_of_the_file(
    workspace: LocalWorkspace, bot: Bot, claude: ClaudeDouble, shelf: Reading
) -> None:
    """The one that points at the log with its line, the other with its code alone."""
    both = Reply([says(MEANS), says("You can return most items within 30 days of delivery.", result=1)])
    claude.script([reads("What does this error mean?", "How many days do I have to return an item?"), both])
    text = "@frontdesk What does this error mean? And how many days do I have to return an item?"
    ts = await workspace.say("dana", "support", text, files=[workspace.upload("dana", "gateway.log", LOG)])
    assert await bot.ended(ts) is Outcome.ANSWERED
    means, returns = shelf.asked
    assert means.startswith("What does this error mean? ")
    assert "handshake failed with code GW-4031" in means
    assert returns == "How many days do I have to return an item? GW-4031"
    shown = everything(said(workspace, ts)[0])
    assert "has expired" in shown
    assert "30 days" in shown


async def test_a_file_without_a_word_in_a_thread_is_not_interpreted(
    workspace: LocalWorkspace, bot: Bot, claude: ClaudeDouble, shelf: Reading
) -> None:
    """There are no words to read: the file says what is meant, and no call is paid for besides the writer's."""
    german = Reply([Text("Die meisten Artikel können Sie innerhalb von 30 Tagen zurückgeben. ", [Cite(0, 0)])])
    claude.script([reads("How long can items be returned?", language="de"), german, Reply([says(MEANS)])])
    question = "@frontdesk Wie lange habe ich für die Rückgabe von Kopfhörern Zeit?"
    root = await workspace.say("dana", "support", question)
    assert await bot.ended(root) is Outcome.ANSWERED
    file = workspace.upload("dana", "gateway.log", LOG)
    ts = await workspace.say("dana", "support", "@frontdesk", thread_ts=root, files=[file])
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(claude.requests) == 3
    assert "GW-4031" in shelf.asked[-1]
