"""Claude as the writer, through the Messages API. The only importer of anthropic."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anthropic
from anthropic.types import CitationsSearchResultLocation, MessageParam, ToolResultBlockParam, ToolUseBlock

from bot.desk.errors import ModelRefused, ModelUnavailable
from bot.desk.model import Attachment, Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn, Usage
from bot.desk.ports import OrderTools
from bot.engine.assembly import SentenceAssembler
from bot.engine.claude_messages import LOOK, ORDER_TOOLS, given_back, looked_up, messages_of, pictures_of
from bot.engine.synthesizer import Draft
from bot.settings import ModelSettings

log = logging.getLogger(__name__)

LOOK_S = 20.0  # for what stands in pictures, before anything is searched for
LOOK_UPS = 4  # rounds of them an answer; after the last one the model writes
# Retries of all answers come from one purse, so that an outage is not met with three times the calls.
RETRIES_SPARE = 20.0
RETRIES_EARNED = 0.2  # by a call that went well
TOO_LONG = "This answer was cut short: it grew too long. Ask about one thing at a time for the rest."
DECLINED = "I stopped here: I can't help with the rest of that request."


class ClaudeWriter:
    """Cited sentences, each as soon as it is complete.

    Raises ModelUnavailable or ModelRefused when there is no answer at all. What breaks off on the way is not raised: it
    ends with a DraftEnd that is not complete and has what was paid for.
    """

    def __init__(self, settings: ModelSettings, *, today: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        if settings.api_key is None:
            raise ValueError("ClaudeWriter needs an API key; without one the desk quotes (bot.engine.extractive)")
        self._key = settings.api_key.get_secret_value()
        self._settings = settings
        self._today = today
        self._client = anthropic.AsyncAnthropic(api_key=self._key, base_url=settings.base_url)
        self._spare = RETRIES_SPARE

    async def close(self) -> None:
        await self._client.close()

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt | None,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> Draft:
        """A call of the model, and one more each time it looks up orders. All of it ends by the deadline, however long
        the server asks us to wait."""
        if prompt is None:
            raise ValueError("a model needs a prompt")
        deadline = asyncio.get_running_loop().time() + self._settings.deadline_s
        reply = _Reply(list(passages), looks_up=orders is not None)
        system = prompt.text
        messages = messages_of(question, passages, turns, self._today(), note, attachments)
        try:
            for left in range(LOOK_UPS, -1, -1):
                tools = _tools(left) if orders else {}
                async with aclosing(self._events(system, messages, tools, deadline)) as events:
                    async for event in events:
                        for sentence in reply.take(event):
                            yield sentence
                if orders is None or reply.stop_reason != "tool_use":
                    break
                for sentence in reply.interrupted():
                    yield sentence
                found, results = await self._looked_up(reply.uses, orders, deadline)
                for passage in found:
                    yield passage
                reply.passages += found
                messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]
                reply.go_on()
        except ModelUnavailable as error:
            if reply.usage is None:
                raise
            log.error("the model's answer broke off: %s", error)
            reply.stop_reason = None
        for sentence in reply.rest():
            yield sentence
        yield reply.end(self._settings)

    async def look(self, pictures: Sequence[Attachment]) -> tuple[str, DraftEnd]:
        """What stands in pictures and what they show, in words to search with; "" where that is nothing. It is as
        untrusted as they are. Raises ModelUnavailable and ModelRefused."""
        deadline = asyncio.get_running_loop().time() + min(self._settings.deadline_s, LOOK_S)
        reply = _Reply([])
        async with aclosing(self._events(LOOK, pictures_of(pictures), {}, deadline)) as events:
            seen = [sentence.text async for event in events for sentence in reply.take(event)]
        text = "".join([*seen, *(sentence.text for sentence in reply.rest())]).strip()
        return "" if text.rstrip(".").upper() == "NOTHING" else text, reply.end(self._settings)

    async def _looked_up(
        self, uses: Sequence[ToolUseBlock], orders: OrderTools, deadline: float
    ) -> tuple[list[Passage], list[ToolResultBlockParam]]:
        """All at once; passages in the order of the calls, as citations count them."""
        try:
            async with asyncio.timeout_at(deadline):
                done = await asyncio.gather(*(looked_up(use, orders) for use in uses))
        except TimeoutError as error:
            raise self._late() from error
        return [passage for _, passages in done for passage in passages], [result for result, _ in done]

    async def _events(
        self, system: str, messages: list[MessageParam], tools: Mapping[str, Any], deadline: float
    ) -> AsyncGenerator[Any, None]:
        """The stream's events. Raises ModelUnavailable, with a text that holds no secret."""
        settings = self._settings
        try:
            async with asyncio.timeout_at(deadline):
                stream = await self._opened(
                    deadline,
                    model=settings.name,
                    max_tokens=settings.max_tokens,
                    # The breakpoint after the instructions covers the tools too: they come before them.
                    system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
                    messages=messages,
                    output_config={"effort": settings.effort} if settings.effort else anthropic.omit,
                    **tools,
                )
            try:
                events = aiter(stream)
                while True:
                    # Around each wait and not around the loop: between two events the caller has the task.
                    async with asyncio.timeout_at(deadline):
                        event = await anext(events, None)
                    if event is None:
                        return
                    yield event
            finally:
                await stream.close()
        except ModelUnavailable:
            raise
        except TimeoutError as error:
            raise self._late() from error
        except anthropic.APIStatusError as error:
            raise ModelUnavailable(self._told(error)) from error
        except Exception as error:  # the connection, the SDK's parsing: whatever a stream can break with
            raise ModelUnavailable(f"the model's answer could not be read ({type(error).__name__})") from error

    async def _opened(self, deadline: float, **request: Any) -> Any:
        """The stream of a call; one that failed at once is tried again while there is time and something to spare."""
        tried = 0
        while True:
            try:
                stream = await self._client.with_options(max_retries=0).messages.stream(**request).__aenter__()
            except (anthropic.APIConnectionError, anthropic.APIStatusError) as error:
                if tried == self._settings.retries or not _passes(error) or self._spare < 1:
                    raise
                wait = _asked_to_wait(error) or min(0.5 * 2**tried, 8.0) * random.uniform(0.75, 1.0)  # noqa: S311
                if asyncio.get_running_loop().time() + wait > deadline:
                    raise self._late(f"; {error.__class__.__name__}, and to be tried again in {wait:g} s") from error
                tried, self._spare = tried + 1, self._spare - 1
                log.warning("the model did not take a call (%s), again in %.1f s", error.__class__.__name__, wait)
                await asyncio.sleep(wait)
            else:
                self._spare = min(self._spare + RETRIES_EARNED, RETRIES_SPARE)
                return stream

    def _late(self, why: str = "") -> ModelUnavailable:
        return ModelUnavailable(f"the model did not answer within {self._settings.deadline_s:g} s{why}")

    def _told(self, error: anthropic.APIStatusError) -> str:
        said = (error.api_message or "no message").replace(self._key, "***")[:300]
        hint = "; check ANTHROPIC_API_KEY" if error.status_code in (401, 403) else ""
        return f"the model answered {error.status_code} {error.type}: {said} (request {error.request_id}){hint}"


@dataclass(slots=True)
class _Reply:
    """One answer as it streams in, in one message or, with look-ups between them, in several."""

    passages: list[Passage]  # what citations count, over all messages
    looks_up: bool = False
    before: Usage | None = None  # of the messages before this one
    usage: Usage | None = None  # of all of them
    model: str = ""
    stop_reason: str | None = None
    given: bool = False  # a sentence was yielded
    content: list[Any] = field(default_factory=list)  # this message's, to be given back
    uses: list[ToolUseBlock] = field(default_factory=list)  # and its look-ups
    uncited: list[DraftSentence] = field(default_factory=list)  # "Let me look that up" is not for people
    assembler: SentenceAssembler = field(default_factory=SentenceAssembler)
    citations: list[Citation] = field(default_factory=list)  # of the open block
    current: Usage = field(default_factory=Usage)  # of this message

    def take(self, event: Any) -> Iterator[DraftSentence]:
        yield from self._ready(self._sentences(event))

    def _ready(self, sentences: Iterator[DraftSentence]) -> Iterator[DraftSentence]:
        """Where a look-up may follow, a sentence without a source waits for one with a source."""
        for sentence in sentences:
            self.uncited.append(sentence)
            if sentence.citations or not self.looks_up:
                yield from self._released()

    def _released(self) -> Iterator[DraftSentence]:
        ready, self.uncited = self.uncited, []
        self.given = self.given or bool(ready)
        yield from ready

    def interrupted(self) -> Iterator[DraftSentence]:
        """The model looks something up: what it said before without a source is dropped."""
        yield from self._ready(self.assembler.finish())
        self.uncited = []

    def go_on(self) -> None:
        """The next message begins."""
        self.before, self.stop_reason = self.usage, None
        self.content, self.uses = [], []
        self.assembler = SentenceAssembler()

    def _sentences(self, event: Any) -> Iterator[DraftSentence]:
        match event.type:
            case "message_start":
                self.model = event.message.model
                self.current = _usage(event.message.usage, Usage())
                self.usage = (self.before or Usage()) + self.current
            case "content_block_start" if event.content_block.type == "text":
                yield from self.assembler.feed(event.content_block.text)
            case "content_block_delta" if event.delta.type == "text_delta":
                yield from self.assembler.feed(event.delta.text)
            case "content_block_delta" if event.delta.type == "citations_delta":
                if isinstance(event.delta.citation, CitationsSearchResultLocation):
                    self.citations.append(self._citation(event.delta.citation))
            case "content_block_stop":
                yield from self.assembler.close_block(self.citations)
                self.citations = []
                self._keep(event.content_block)
            case "message_delta":
                self.stop_reason = event.delta.stop_reason
                self.current = _usage(event.usage, self.current)
                self.usage = (self.before or Usage()) + self.current

    def _keep(self, block: Any) -> None:
        if block.type != "text" or block.text.strip():
            self.content.append(given_back(block))
        if block.type == "tool_use":
            self.uses.append(block)

    def _citation(self, cited: CitationsSearchResultLocation) -> Citation:
        at = cited.search_result_index
        if not 0 <= at < len(self.passages):  # grounding refuses it
            return Citation(at, cited.cited_text, cited.title or "", cited.source, "", datetime.min.replace(tzinfo=UTC))
        passage = self.passages[at]
        return Citation(at, cited.cited_text.strip(), passage.title, passage.url, passage.section, passage.changed_at)

    def rest(self) -> Iterator[DraftSentence]:
        """The last sentence; one that was broken off is left out. Raises ModelRefused when that is all there is."""
        cut = self.stop_reason not in ("end_turn", "stop_sequence")
        yield from self._ready(self.assembler.finish(cut=cut))
        yield from self._released()
        if self.stop_reason == "refusal" and not self.given:
            raise ModelRefused("the model declined to answer")

    def end(self, settings: ModelSettings) -> DraftEnd:
        cut = {"max_tokens": TOO_LONG, "model_context_window_exceeded": TOO_LONG, "refusal": DECLINED}
        return DraftEnd(
            model=self.model or settings.name,
            usage=self.usage,
            cost_usd=_cost(self.usage, settings),
            notice=cut.get(self.stop_reason or "", ""),
            complete=self.stop_reason is not None,
        )


def _tools(left: int) -> Mapping[str, Any]:
    """The order tools as long as there are look-ups `left`; then they are still known, and not to be used."""
    return {"tools": ORDER_TOOLS, "tool_choice": {"type": "auto" if left else "none"}}


def _passes(error: anthropic.APIError) -> bool:
    """Whether the same call may go well a moment later."""
    if isinstance(error, anthropic.APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return True


def _asked_to_wait(error: anthropic.APIError) -> float:
    """Seconds, as the server asks; 0 where it does not say."""
    headers = error.response.headers if isinstance(error, anthropic.APIStatusError) else {}
    try:
        return max(float(headers.get("retry-after", 0)), 0.0)
    except ValueError:  # a date
        return 0.0


def _usage(reported: Any, known: Usage) -> Usage:
    """Counts so far: what an event leaves out stays."""
    return Usage(
        input=_counted(reported.input_tokens, known.input),
        output=_counted(reported.output_tokens, known.output),
        cache_read=_counted(reported.cache_read_input_tokens, known.cache_read),
        cache_write=_counted(reported.cache_creation_input_tokens, known.cache_write),
    )


def _counted(reported: int | None, known: int) -> int:
    return known if reported is None else reported


def _cost(usage: Usage | None, settings: ModelSettings) -> float | None:
    """Dollars; None when a price that is needed is not set."""
    if usage is None:
        return None
    total = 0.0
    for tokens, price in (
        (usage.input, settings.price_input),
        (usage.output, settings.price_output),
        (usage.cache_read, settings.price_cache_read),
        (usage.cache_write, settings.price_cache_write),
    ):
        if tokens and price is None:
            return None
        total += tokens * (price or 0.0) / 1_000_000
    return total


async def check_model(settings: ModelSettings) -> str:
    """The model's name as the API has it. Raises ModelUnavailable: a wrong key, an unknown name, no answer."""
    async with _asked(settings) as client:
        return (await client.models.retrieve(settings.name)).display_name


async def count_input(settings: ModelSettings, passages: Sequence[Passage], prompt: Prompt) -> tuple[int, int | None]:
    """The tokens of a prompt with passages, and how many the model takes (None: it does not say). Raises
    ModelUnavailable."""
    async with _asked(settings) as client:
        model = await client.models.retrieve(settings.name)
        messages = messages_of("?", passages, (), datetime.now(UTC))
        counted = await client.messages.count_tokens(model=settings.name, system=prompt.text, messages=messages)
        return counted.input_tokens, model.max_input_tokens


@asynccontextmanager
async def _asked(settings: ModelSettings) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The API for a short request, with what can go wrong as ModelUnavailable."""
    writer = ClaudeWriter(settings)
    try:
        async with asyncio.timeout(settings.deadline_s):
            yield writer._client
    except anthropic.NotFoundError as error:
        raise ModelUnavailable(f"model.name: there is no model {settings.name}") from error
    except anthropic.APIStatusError as error:
        raise ModelUnavailable(writer._told(error)) from error
    except (anthropic.APIConnectionError, TimeoutError) as error:
        raise ModelUnavailable("the model's API can't be reached") from error
    finally:
        await writer.close()
