"""Claude as the drafter of what a thread taught, against its wire: the real SDK, and the double of the Messages API."""

import json

import pytest
from pydantic import SecretStr

from bot.desk.errors import ModelUnavailable
from bot.desk.learning import Written
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_drafter import ClaudeDrafter
from bot.prompting import PromptLibrary
from bot.settings import ModelSettings
from ops.config import PACKAGE_PROMPTS
from tests.fakes.claude import KEY, ClaudeDouble, HttpError, Reply, Stall, Text

PROMPT = PromptLibrary([PACKAGE_PROMPTS]).live("resolution")
THREAD = (("asker", "Does it charge?"), ("agent", "From 30 W upwards."))


def says(entry: object, stop_reason: str = "end_turn") -> Reply:
    return Reply([Text(entry if isinstance(entry, str) else json.dumps(entry))], stop_reason)


async def write(claude: ClaudeDouble, deadline_s: float = 5.0) -> Written:
    settings = ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, retries=0, price_input=3.0, price_output=15.0)
    api = ClaudeApi(settings)
    try:
        return await ClaudeDrafter(api, PROMPT, deadline_s=deadline_s).write(THREAD)
    finally:
        await api.close()


async def test_a_thread_becomes_a_question_and_an_answer(claude: ClaudeDouble) -> None:
    """The thread is data in a message; what comes back is asked for by its form."""
    claude.script([says({"question": " Does it charge? ", "answer": "From 30 W."})])
    written = await write(claude)
    assert (written.question, written.answer) == ("Does it charge?", "From 30 W.")
    assert written.usage
    [request] = claude.requests
    assert request["system"] == PROMPT.text
    given = json.loads(request["messages"][0]["content"][0]["text"])
    assert given == {"thread": [{"from": role, "text": text} for role, text in THREAD]}
    assert request["output_config"]["format"]["schema"]["required"] == ["question", "answer"]


@pytest.mark.parametrize(
    "reply",
    [
        says("no JSON"),
        says({"question": "Only?"}),
        says({"question": 1, "answer": []}),
        says(["x"]),
        says({}, "max_tokens"),
    ],
)
async def test_what_is_of_no_use_was_paid_for(claude: ClaudeDouble, reply: Reply) -> None:
    claude.script([reply])
    written = await write(claude)
    assert (written.question, written.answer) == ("", "")
    assert written.usage


@pytest.mark.parametrize("step", [HttpError(529), HttpError(401), Stall(says({}))])
async def test_a_model_that_is_away_is_said_to_be(claude: ClaudeDouble, step: HttpError | Stall) -> None:
    claude.script([step])
    with pytest.raises(ModelUnavailable):
        await write(claude, deadline_s=0.3)
