"""Claude's order tools at the wire: the loop, its limits, what goes back, what it costs."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr, ValidationError

from bot.desk.errors import ModelUnavailable, OrdersUnavailable
from bot.desk.grounding import check
from bot.desk.model import DraftEnd, DraftSentence, Order, Passage, Prompt, PromptRef
from bot.desk.order_numbers import OrderNumbers
from bot.desk.orders import FOR_THEM_ALONE, LookUps
from bot.engine.claude import LOOK_UPS, ClaudeWriter
from bot.engine.claude_api import RETRIES_SPARE
from bot.settings import ModelSettings
from tests.fakes.claude import KEY, Broken, Cite, ClaudeDouble, HttpError, Reply, Text, ToolUse

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROMPT = Prompt(PromptRef("electromart", "1.0.0", "0" * 64), "You answer for ElectroMart. " * 20)
RETURNS = Passage(
    "c0", "d0", "docs", "Returns", "", "You can return most items within 30 days.", "https://d.example", NOW, 0, 1.0
)
ORDERS = [
    Order("EM-104233", "delivered", delivered_at=datetime(2026, 11, 12, tzinfo=UTC)),
    Order("EM-104325", "shipped", shipped_at=datetime(2026, 11, 13, tzinfo=UTC), tracking="NLP1888089878"),
]
DONE = Reply([Text("It was delivered on 12 November 2026. ", [Cite(1, 0)])])


def get(*numbers: str, before: Sequence[Text] = ()) -> Reply:
    return Reply([*before, *(ToolUse("get_order", {"number": number}) for number in numbers)], "tool_use")


class Shelf:
    """bot.desk.ports.Orders of one customer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.together = 0
        self.most = 0
        self.down = False
        self.gate: asyncio.Event | None = None

    async def get_order(self, number: str, email: str) -> Order | None:
        self.asked.append((number, email))
        self.together += 1
        self.most = max(self.most, self.together)
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        self.together -= 1
        if self.down:
            raise OrdersUnavailable("down")
        return next((one for one in ORDERS if (one.number, email) == (number, "dana@x.example")), None)

    async def list_orders(self, email: str, limit: int) -> Sequence[Order]:
        self.asked.append((str(limit), email))
        return ORDERS[:limit]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def look_ups(shelf: Shelf, *, private: bool = False) -> LookUps:
    return LookUps(shelf, OrderNumbers(("EM-######",)), "dana@x.example", private, NOW)


async def written(
    claude: ClaudeDouble, tools: LookUps | None, **changed: object
) -> tuple[list[DraftSentence], list[Passage], DraftEnd]:
    """The sentences and what else came, each sentence checked against the passages that were there when it came."""
    given = {"api_key": SecretStr(KEY), "base_url": claude.url, "deadline_s": 10.0, **changed}
    writer = ClaudeWriter(ModelSettings(**given), today=lambda: NOW)  # type: ignore[arg-type]
    passages, sentences, end = [RETURNS], list[DraftSentence](), None
    try:
        async for piece in writer.write("Where is my dock?", (RETURNS,), PROMPT, (), orders=tools):
            if isinstance(piece, Passage):
                passages.append(piece)
            elif isinstance(piece, DraftSentence):
                assert isinstance(check(piece, passages), DraftSentence)
                sentences.append(piece)
            else:
                end = piece
    finally:
        await writer.close()
    assert end is not None
    return sentences, passages[1:], end


async def test_a_look_up_is_a_passage_that_can_be_cited(claude: ClaudeDouble, shelf: Shelf) -> None:
    """The result goes back as a search result, citations count it after the documents, and grounding finds it there."""
    claude.script([get("em 104233", before=[Text("Let me look that up. ")]), DONE])
    sentences, found, end = await written(claude, look_ups(shelf))
    assert [one.text for one in sentences] == ["It was delivered on 12 November 2026. "]
    assert [one.title for one in found] == ["Your order EM-104233"]
    assert sentences[0].citations[0].title == "Your order EM-104233"
    assert shelf.asked == [("EM-104233", "dana@x.example")]
    assert end.complete
    *_, called, result = claude.requests[1]["messages"]
    assert called["content"][0]["text"] == "Let me look that up. "
    [tool_result] = result["content"]
    assert [part["type"] for part in tool_result["content"]] == ["search_result"]
    assert tool_result["content"][0]["citations"] == {"enabled": True}


async def test_what_the_tools_ask_for_is_strict_and_holds_no_address(claude: ClaudeDouble, shelf: Shelf) -> None:
    """Whose orders are looked up is never the model's choice."""
    claude.script([Reply([Text("You can return most items within 30 days. ", [Cite(0, 0)])])])
    await written(claude, look_ups(shelf))
    tools = claude.requests[0]["tools"]
    assert {tool["name"]: list(tool["input_schema"]["properties"]) for tool in tools} == {
        "get_order": ["number"],
        "list_orders": ["limit"],
    }
    assert all(tool["strict"] and tool["input_schema"]["additionalProperties"] is False for tool in tools)
    assert "dana" not in str(claude.requests)


async def test_without_orders_the_model_hears_nothing_of_them(claude: ClaudeDouble) -> None:
    await written(claude, None)
    assert "tools" not in claude.requests[0]


async def test_several_calls_are_made_at_once_and_counted_in_their_order(claude: ClaudeDouble, shelf: Shelf) -> None:
    both = Reply(
        [
            Text("EM-104233 was delivered on 12 November 2026. ", [Cite(1, 0)]),
            Text("EM-104325 was shipped. ", [Cite(2, 0)]),
        ]
    )
    claude.script([get("EM-104233", "EM-104325"), both])
    sentences, found, _ = await written(claude, look_ups(shelf))
    assert len(sentences) == 2
    assert [one.title for one in found] == ["Your order EM-104233", "Your order EM-104325"]
    assert shelf.most == 2


async def test_the_latest_orders(claude: ClaudeDouble, shelf: Shelf) -> None:
    claude.script([Reply([ToolUse("list_orders", {"limit": 5000})], "tool_use"), DONE])
    _, found, _ = await written(claude, look_ups(shelf))
    assert len(found) == 2
    assert shelf.asked[0][0] == "20"


async def test_a_model_that_never_stops_looking_up_is_stopped(claude: ClaudeDouble, shelf: Shelf) -> None:
    """After the last round the tools are still described, as the API wants, and may not be called."""
    claude.script([get("EM-104233")] * LOOK_UPS + [DONE])
    sentences, _, _ = await written(claude, look_ups(shelf))
    assert len(sentences) == 1
    assert len(claude.requests) == LOOK_UPS + 1
    assert [request["tool_choice"]["type"] for request in claude.requests] == ["auto"] * LOOK_UPS + ["none"]


@pytest.mark.parametrize(
    "use",
    [ToolUse("get_order", {}), ToolUse("get_order", {"number": 7}), ToolUse("delete_order", {"number": "EM-104233"}), ToolUse("get_order", {"number": "EM-104233", "email": "farah@x.example"})],
)  # fmt: skip
async def test_an_input_that_does_not_fit_is_an_error_for_the_model(
    claude: ClaudeDouble, shelf: Shelf, use: ToolUse
) -> None:
    claude.script([Reply([use], "tool_use"), Reply([Text("You can return most items within 30 days. ", [Cite(0, 0)])])])
    await written(claude, look_ups(shelf))
    [result] = claude.requests[1]["messages"][-1]["content"]
    assert result.get("is_error") is True or all(email == "dana@x.example" for _, email in shelf.asked)


async def test_nothing_found_and_a_database_that_is_down_are_not_the_same(claude: ClaudeDouble, shelf: Shelf) -> None:
    nothing = Reply([Text("I couldn't find that order.")])
    claude.script([get("EM-104324"), nothing])
    _, found, _ = await written(claude, look_ups(shelf))
    assert not found
    assert "can't find an order EM-104324" in str(claude.requests[1]["messages"][-1])
    shelf.down = True
    claude.script([get("EM-104324"), nothing])
    await written(claude, look_ups(shelf))
    [result] = claude.requests[3]["messages"][-1]["content"]
    assert result["is_error"] is True
    assert "right now" in str(result)


async def test_where_others_read_the_model_is_told_nothing(claude: ClaudeDouble, shelf: Shelf) -> None:
    """The same words come back for an order of theirs, of somebody else, and none."""
    results = []
    for number in ("EM-104233", "EM-104324", "EM-999999"):
        claude.script([get(number), Reply([Text("You can return most items within 30 days. ", [Cite(0, 0)])])])
        _, found, _ = await written(claude, look_ups(shelf, private=True))
        assert not found
        results.append(claude.requests[-1]["messages"][-1]["content"][0]["content"])
    assert results == [[{"type": "text", "text": FOR_THEM_ALONE}]] * 3


async def test_the_deadline_holds_over_all_rounds(claude: ClaudeDouble, shelf: Shelf) -> None:
    """A look-up that hangs ends the answer in time, and what was paid for is known."""
    shelf.gate = asyncio.Event()
    claude.script([get("EM-104233")])
    sentences, _, end = await written(claude, look_ups(shelf), deadline_s=0.4)
    assert not sentences
    assert not end.complete
    assert end.usage
    assert end.usage.input > 0


async def test_a_second_round_that_breaks_keeps_the_cost(claude: ClaudeDouble, shelf: Shelf) -> None:
    claude.script([get("EM-104233"), Broken(DONE, events=3, how="error")])
    _, found, end = await written(claude, look_ups(shelf))
    assert len(found) == 1
    assert not end.complete
    assert end.usage
    assert end.usage.output >= 1


async def test_tokens_of_all_rounds_are_counted_and_the_cache_is_read(claude: ClaudeDouble, shelf: Shelf) -> None:
    """The tools and the instructions are written to the cache once; the second round, and the next question, read them."""
    prices = {"price_input": 3.0, "price_output": 15.0, "price_cache_read": 0.3, "price_cache_write": 3.75}
    claude.script([get("EM-104233"), DONE])
    _, _, first = await written(claude, look_ups(shelf), **prices)
    claude.script([get("EM-104233"), DONE])
    _, _, second = await written(claude, look_ups(shelf), **prices)
    assert first.usage
    assert second.usage
    assert first.usage.cache_write == first.usage.cache_read > 0
    assert second.usage.cache_write == 0
    assert second.usage.cache_read == 2 * first.usage.cache_read
    assert first.cost_usd is not None
    assert second.cost_usd is not None
    assert second.cost_usd < first.cost_usd


async def test_retries_come_from_one_purse(claude: ClaudeDouble) -> None:
    """An outage is not met with three times the calls for ever: when the purse is empty, a failure is final."""
    writer = ClaudeWriter(ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, retries=10))
    claude.script([HttpError(529, retry_after=0.001)] * 60)
    for _ in range(5):
        with pytest.raises(ModelUnavailable):
            _ = [piece async for piece in writer.write("?", (RETURNS,), PROMPT, ())]
    await writer.close()
    assert len(claude.requests) == RETRIES_SPARE + 5


async def test_a_server_that_asks_for_too_long_is_not_waited_for(claude: ClaudeDouble) -> None:
    """The desk quotes at once instead of after the deadline."""
    claude.script([HttpError(429, retry_after=600)])
    async with asyncio.timeout(5):
        with pytest.raises(ModelUnavailable, match=r"within 30 s; .*600 s"):
            await written(claude, None, deadline_s=30.0)


def test_a_budget_needs_prices() -> None:
    with pytest.raises(ValidationError, match="needs all four prices"):
        ModelSettings(daily_budget_usd=5.0, price_input=3.0)
