"""Claude's look at pictures before the search, against its wire: what it gives, and that it is paid for in any case."""

import pytest
from pydantic import SecretStr

from bot.desk.errors import ModelUnavailable
from bot.desk.model import Attachment, DraftEnd
from bot.engine.claude import ClaudeWriter
from bot.settings import ModelSettings
from tests.fakes.claude import KEY, Broken, ClaudeDouble, HttpError, Reply, Text, tokens

PICTURE = Attachment("screen.png", media_type="image/png", data=b"\x89PNG")
SEEN = Reply([Text("Handshake error GW-4031.\n")])


async def look(claude: ClaudeDouble, **changed: object) -> tuple[str, DraftEnd]:
    given = {"api_key": SecretStr(KEY), "base_url": claude.url, "deadline_s": 10.0, "retries": 0, "price_input": 3.0}
    writer = ClaudeWriter(ModelSettings(**(given | {"price_output": 15.0} | changed)))  # type: ignore[arg-type]
    try:
        return await writer.look([PICTURE])
    finally:
        await writer.close()


async def test_what_stands_in_it_and_what_that_cost(claude: ClaudeDouble) -> None:
    """A short call, with the least effort where one is set."""
    claude.script([SEEN, SEEN])
    seen, end = await look(claude)
    assert seen == "Handshake error GW-4031."
    assert end.usage
    assert end.cost_usd == pytest.approx((end.usage.input * 3 + end.usage.output * 15) / 1e6)
    assert "output_config" not in claude.requests[0]
    await look(claude, effort="high")
    assert claude.requests[1]["output_config"] == {"effort": "low"}
    assert claude.requests[1]["max_tokens"] <= 500


@pytest.mark.parametrize(
    "reply",
    [
        Reply([Text("NOTHING.")]),
        Reply([], "refusal"),
        Reply([Text("I can")], "refusal"),
        Broken(SEEN, 3, "end"),
        Broken(SEEN, 3, "error"),
    ],
)
async def test_a_look_of_no_use_is_paid_for(claude: ClaudeDouble, reply: Reply | Broken) -> None:
    """Nothing joins the search, and its tokens are known."""
    claude.script([reply])
    seen, end = await look(claude)
    assert seen == ""
    assert end.usage
    [request] = claude.requests
    assert end.usage.input == tokens(request["messages"]) + tokens(request["system"])


async def test_no_answer_at_all_is_an_outage(claude: ClaudeDouble) -> None:
    claude.script([HttpError(529, f"about {KEY}")])
    with pytest.raises(ModelUnavailable, match="529") as raised:
        await look(claude)
    assert KEY not in str(raised.value)
