"""Claude's summary for a brief, against its wire: a brief does without one rather than wait or break."""

import json

import pytest
from pydantic import SecretStr

from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_summary import LONGEST, ClaudeSummarizer
from bot.prompting import PromptLibrary
from bot.settings import ModelSettings
from ops.config import PACKAGE_PROMPTS
from tests.fakes.claude import KEY, Broken, ClaudeDouble, HttpError, Reply, Stall, Step, Text

PROMPT = PromptLibrary([PACKAGE_PROMPTS]).live("summary")
WROTE = "The TV from EM-104250 is dead.\nI have tried another socket.\nA human, please."


async def summary(claude: ClaudeDouble, wrote: str = WROTE) -> str:
    api = ClaudeApi(ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, retries=0))
    try:
        return await ClaudeSummarizer(api, PROMPT, deadline_s=0.5).summary(wrote)
    finally:
        await api.close()


def says(text: object) -> Reply:
    return Reply([Text(text if isinstance(text, str) else json.dumps(text))])


async def test_what_they_wrote_is_given_as_data_and_summed_up(claude: ClaudeDouble) -> None:
    claude.script([says({"summary": " Their TV (EM-104250) is dead. "})])
    assert await summary(claude) == "Their TV (EM-104250) is dead."
    [request] = claude.requests
    [message] = request["messages"]
    assert json.loads(message["content"][0]["text"]) == {"wrote": WROTE}
    assert "{{most}}" not in json.dumps(request["system"])


async def test_one_short_message_is_its_own_summary(claude: ClaudeDouble) -> None:
    assert await summary(claude, "My TV is dead.") == ""
    assert claude.requests == []


async def test_a_long_one_is_cut(claude: ClaudeDouble) -> None:
    claude.script([says({"summary": "x" * 5_000})])
    assert await summary(claude) == "x" * LONGEST


@pytest.mark.parametrize(
    "step",
    [
        says("no JSON"),
        says({"other": 1}),
        HttpError(529),
        Stall(says({"summary": "x"})),
        Broken(says({"summary": "x"}), 3, "reset"),
    ],
    ids=str,
)
async def test_without_a_whole_reply_there_is_none(claude: ClaudeDouble, step: Step) -> None:
    claude.script([step])
    assert await summary(claude) == ""
