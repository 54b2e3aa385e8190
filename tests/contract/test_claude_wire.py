"""The Claude writer against its wire: the real SDK, and the double that speaks the Messages API."""

import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic

import anthropic
import pytest
from pydantic import SecretStr

from bot.desk.errors import ModelRefused, ModelUnavailable
from bot.desk.grounding import check
from bot.desk.model import DraftEnd, DraftSentence, Passage, Prompt, PromptRef, Turn, Usage
from bot.engine.claude import DECLINED, TOO_LONG, ClaudeWriter
from bot.settings import ModelSettings
from tests.fakes.claude import KEY, Broken, Cite, ClaudeDouble, HttpError, Reply, Stall, Text, ToolUse

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROMPT = Prompt(PromptRef("electromart", "1.0.0", "0" * 64), "You answer for ElectroMart. " * 20)
PASSAGES = [
    Passage(
        chunk_id=f"c{at}",
        document_id=f"d{at}",
        source="docs",
        title=title,
        section="",
        text=text,
        url=f"https://docs.example/{at}",
        changed_at=NOW,
        position=0,
        score=1.0,
    )
    for at, (title, text) in enumerate(
        [
            ("Returns", "You can return most items within 30 days. A receipt is needed."),
            ("Fees", "Item | Fee\nDrones | 15%\nLenses | 15%"),
        ]
    )
]
THREE = Reply(
    [
        Text("You have "),
        Text("30 days", [Cite(0, 0)]),
        Text(". "),
        Text("Bring the receipt, and note that drones cost 15%.", [Cite(0, 1), Cite(1, 1)]),
        Text("\n\n- Lenses cost 15% too", [Cite(1, 2)]),
    ]
)


def settings(claude: ClaudeDouble, **changed: object) -> ModelSettings:
    return ModelSettings(**{"api_key": SecretStr(KEY), "base_url": claude.url, "deadline_s": 10.0, **changed})  # type: ignore[arg-type]


async def written(
    claude: ClaudeDouble, question: str = "How long?", turns: tuple[Turn, ...] = (), **changed: object
) -> tuple[list[DraftSentence], DraftEnd]:
    writer = ClaudeWriter(settings(claude, **changed), today=lambda: NOW)
    try:
        pieces = [piece async for piece in writer.write(question, PASSAGES, PROMPT, turns)]
    finally:
        await writer.close()
    *sentences, end = pieces
    assert isinstance(end, DraftEnd)
    return [one for one in sentences if isinstance(one, DraftSentence)], end


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize("citations_first", [True, False])
async def test_sentences_span_blocks_and_keep_their_citations(
    claude: ClaudeDouble, chunk: int, citations_first: bool
) -> None:
    """A sentence has the citations of every block it has text in, however the stream is cut; list items are sentences."""
    claude.script([Reply(THREE.blocks, chunk=chunk, citations_first=citations_first)])
    sentences, end = await written(claude)
    assert [one.text for one in sentences] == [
        "You have 30 days. ",
        "Bring the receipt, and note that drones cost 15%.\n\n",
        "- Lenses cost 15% too",
    ]
    assert [[(cited.passage, cited.quote) for cited in one.citations] for one in sentences] == [
        [(0, "You can return most items within 30 days.")],
        [(0, "A receipt is needed."), (1, "Drones | 15%")],
        [(1, "Lenses | 15%")],
    ]
    assert all(isinstance(check(one, PASSAGES), DraftSentence) for one in sentences)
    assert end.complete
    assert end.notice == ""


async def test_a_sentence_comes_before_the_stream_ends(claude: ClaudeDouble) -> None:
    """The first sentence is there while the model still writes the third."""
    claude.script([Stall(THREE, events=17)])
    writer = ClaudeWriter(settings(claude))
    draft = writer.write("How long?", PASSAGES, PROMPT, ())
    first = await asyncio.wait_for(anext(draft), 5)
    assert isinstance(first, DraftSentence)
    assert first.text == "You have 30 days. "
    claude.release()
    assert isinstance([piece async for piece in draft][-1], DraftEnd)
    await writer.close()


async def test_what_is_sent(claude: ClaudeDouble) -> None:
    """Passages are search results with citations on, one block a sentence; instructions are cached and hold no passage."""
    turns = (Turn("asker", "Hi, returns?"), Turn("desk", "Sure."), Turn("human", "I am on it."))
    await written(claude, "And <!channel> for drones?", turns, effort="low", max_tokens=77)
    request = claude.requests[0]
    assert request["max_tokens"] == 77
    assert request["output_config"] == {"effort": "low"}
    assert request["system"] == [{"type": "text", "text": PROMPT.text, "cache_control": {"type": "ephemeral"}}]
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "user", "user"]
    *results, asked = request["messages"][-1]["content"]
    assert [result["type"] for result in results] == ["search_result"] * 2
    assert all(result["citations"] == {"enabled": True} for result in results)
    assert [part["text"] for part in results[1]["content"]] == ["Item | Fee\n", "Drones | 15%\n", "Lenses | 15%"]
    assert asked == {"type": "text", "text": "Today is Monday, 23 November 2026.\n\nAnd <!channel> for drones?"}


async def test_tokens_and_cost(claude: ClaudeDouble) -> None:
    """The second question reads the instructions from the cache; the cost follows from the prices, or is unknown."""
    prices = {"price_input": 3.0, "price_output": 15.0, "price_cache_read": 0.3, "price_cache_write": 3.75}
    _, first = await written(claude, **prices)
    _, second = await written(claude, **prices)
    _, unpriced = await written(claude, price_input=3.0)
    assert first.usage
    assert second.usage
    assert first.usage.cache_write == second.usage.cache_read > 0
    assert second.usage.cache_write == 0
    assert second.usage.output > 1
    usage: Usage = second.usage
    expected = (usage.input * 3.0 + usage.output * 15.0 + usage.cache_read * 0.3) / 1e6
    assert second.cost_usd == pytest.approx(expected)
    assert unpriced.cost_usd is None


@pytest.mark.parametrize(
    ("status", "requests"), [(400, 1), (401, 1), (403, 1), (404, 1), (413, 1), (429, 3), (500, 3), (529, 3)]
)
async def test_errors_are_one_kind_of_outage(claude: ClaudeDouble, status: int, requests: int) -> None:
    """Whatever the API answers, the desk hears ModelUnavailable; what may pass is tried again, a few times only."""
    claude.script([HttpError(status, f"about {KEY}", retry_after=0.01)] * 3)
    with pytest.raises(ModelUnavailable, match=str(status)) as raised:
        await written(claude)
    assert KEY not in str(raised.value)
    assert len(claude.requests) == requests


async def test_a_passing_overload_is_not_noticed(claude: ClaudeDouble) -> None:
    claude.script([HttpError(529, retry_after=0.01), THREE])
    sentences, _ = await written(claude)
    assert len(sentences) == 3


async def test_a_wrong_key_says_where_to_look(claude: ClaudeDouble) -> None:
    """The log's text names the setting and does not hold the key."""
    with pytest.raises(ModelUnavailable, match="ANTHROPIC_API_KEY") as raised:
        await written(claude, api_key=SecretStr("sk-ant-wrong"))
    assert "sk-ant-wrong" not in str(raised.value)


async def test_the_deadline_holds_against_retry_after(claude: ClaudeDouble) -> None:
    """A server that asks for ten minutes does not get them."""
    claude.script([HttpError(429, retry_after=600)] * 3)
    began = monotonic()
    with pytest.raises(ModelUnavailable, match=r"within 0\.3 s"):
        await written(claude, deadline_s=0.3)
    assert monotonic() - began < 5


@pytest.mark.parametrize("events", [0, 1, 4])
async def test_the_deadline_holds_against_a_stall(claude: ClaudeDouble, events: int) -> None:
    """Before the first sentence a stall is an outage, or a draft that is not complete when tokens were paid for."""
    claude.script([Stall(THREE, events)] * 3)
    if events == 0:
        with pytest.raises(ModelUnavailable, match="did not answer within"):
            await written(claude, deadline_s=0.3)
    else:
        sentences, end = await written(claude, deadline_s=0.3)
        assert not sentences
        assert not end.complete


@pytest.mark.parametrize("how", ["eof", "error", "reset"])
async def test_a_broken_stream_keeps_what_was_complete(
    claude: ClaudeDouble, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Sentences that were complete stay, a broken one is dropped, and the end says so and has the tokens."""
    claude.script([Broken(THREE, events=19, how=how)])
    with caplog.at_level(logging.ERROR):
        sentences, end = await written(claude)
    assert [one.text for one in sentences] == ["You have 30 days. "]
    assert not end.complete
    assert end.usage
    assert end.usage.input > 0
    assert (how == "eof") is not any("broke off" in record.message for record in caplog.records)


async def test_max_tokens_drops_the_unfinished_sentence(claude: ClaudeDouble) -> None:
    claude.script([Reply([Text("You have 30 days. ", [Cite(0)]), Text("Bring the rec", [Cite(0, 1)])], "max_tokens")])
    sentences, end = await written(claude)
    assert [one.text for one in sentences] == ["You have 30 days. "]
    assert end.notice == TOO_LONG
    assert end.complete


async def test_refusal(claude: ClaudeDouble) -> None:
    """A refusal comes with no content and is no outage; after sentences it is a notice."""
    claude.script([Reply([], "refusal"), Reply([Text("You have 30 days. ", [Cite(0)])], "refusal")])
    with pytest.raises(ModelRefused):
        await written(claude)
    sentences, end = await written(claude)
    assert len(sentences) == 1
    assert end.notice == DECLINED


async def test_a_citation_of_nothing_does_not_count(claude: ClaudeDouble) -> None:
    """A number that no search result has, and a quote that stands nowhere, are refused by grounding."""
    invented = Text("You have 90 days. ", [Cite(0, quote="You have 90 days.")])
    claude.script([Reply([Text("Drones cost 15%. ", [Cite(7)]), invented])])
    sentences, _ = await written(claude)
    assert [isinstance(check(one, PASSAGES), DraftSentence) for one in sentences] == [False, False]


async def test_leaving_a_draft_early_closes_the_connection(claude: ClaudeDouble) -> None:
    """A consumer that stops does not leave a stream open."""
    claude.script([Stall(THREE, events=17)])
    writer = ClaudeWriter(settings(claude))
    draft = writer.write("How long?", PASSAGES, PROMPT, ())
    await asyncio.wait_for(anext(draft), 5)
    await draft.aclose()
    await asyncio.wait_for(writer.close(), 5)


def client(claude: ClaudeDouble) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key=KEY, base_url=claude.url, max_retries=0)


async def test_the_double_speaks_without_streams_and_with_tools(claude: ClaudeDouble) -> None:
    """The same double serves plain calls, tool calls and token counts."""
    claude.script([Reply([Text("Let me look."), ToolUse("order", {"id": "EM-104233"})], "tool_use")] * 2)
    tool = {"name": "order", "input_schema": {"type": "object", "properties": {"id": {"type": "string"}}}}
    asked = {
        "model": "claude-haiku-5-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [tool],
    }
    async with client(claude) as api:
        plain = await api.messages.create(**asked)  # type: ignore[call-overload]
        async with api.messages.stream(**asked) as stream:  # type: ignore[arg-type]
            streamed = await stream.get_final_message()
        counted = await api.messages.count_tokens(
            model="claude-haiku-5-5", messages=[{"role": "user", "content": "Hi" * 40}]
        )
        model = await api.models.retrieve("claude-haiku-5-5")
    assert plain.content[1].input == streamed.content[1].input == {"id": "EM-104233"}
    assert plain.stop_reason == streamed.stop_reason == "tool_use"
    assert counted.input_tokens > 10
    assert model.id == "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user", "content": "  "}]}, "non-empty"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "user role"),
        ({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x "}]}, "trailing whitespace"),
        ({"extra_body": {"temperature": 1}}, "temperature"),
        ({"extra_headers": {"anthropic-version": "2020-01-01"}}, "anthropic-version"),
        ({"system": [{"type": "text", "text": str(at), "cache_control": {"type": "ephemeral"}} for at in range(5)]}, "maximum of 4"),
        ({"messages": [{"role": "user", "content": [{"type": "search_result", "source": "s", "title": "t", "content": []}]}]}, "at least one text block"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "colour": "red"}]}]}, "colour"),
        ({"output_config": {"effort": "huge"}}, "output_config"),
    ],
)  # fmt: skip
async def test_the_double_refuses_what_the_api_refuses(change: dict[str, object], reason: str) -> None:
    """A malformed request is a 400 with its reason, and leaving the double fails the test that sent it."""
    body = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], **change}
    double = ClaudeDouble()
    await double.__aenter__()
    async with client(double) as api:
        with pytest.raises(anthropic.BadRequestError, match=reason):
            await api.messages.create(**body)  # type: ignore[call-overload]
    with pytest.raises(AssertionError, match="would have refused"):
        await double.__aexit__(None)
