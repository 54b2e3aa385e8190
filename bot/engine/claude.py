"""Claude as the writer, through the Messages API."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anthropic
from anthropic.types import CitationsSearchResultLocation, MessageParam, ToolResultBlockParam, ToolUseBlock

from bot.desk.errors import ModelRefused, ModelUnavailable
from bot.desk.metering import NO_METER
from bot.desk.model import Attachment, Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn, Usage
from bot.desk.ports import Meter, OrderTools
from bot.engine.assembly import SentenceAssembler
from bot.engine.claude_api import ClaudeApi, Deadline, cost_of, usage_of
from bot.engine.claude_messages import LOOK, ORDER_TOOLS, given_back, looked_up, messages_of, pictures_of
from bot.engine.claude_short import short_reply
from bot.engine.synthesizer import Draft
from bot.settings import ModelSettings

log = logging.getLogger(__name__)

LOOK_S = 20.0  # for what stands in pictures, before anything is searched for
LOOK_UPS = 4  # rounds of them an answer; after the last one the model writes
TOO_LONG = "This answer was cut short: it grew too long. Ask about one thing at a time for the rest."
DECLINED = "I stopped here: I can't help with the rest of that request."


class ClaudeWriter:
    """Cited sentences, each as soon as it is complete.

    Raises ModelUnavailable or ModelRefused when there is no answer at all. What breaks off on the way is not raised: it
    ends with a DraftEnd that is not complete and has what was paid for.
    """

    def __init__(
        self,
        settings: ModelSettings,
        meter: Meter = NO_METER,
        *,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.api = ClaudeApi(settings, meter)
        self._today = today

    async def close(self) -> None:
        await self.api.close()

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
        deadline = Deadline.after(self.api.settings.deadline_s)
        reply = _Reply(list(passages), looks_up=orders is not None)
        messages = messages_of(question, passages, turns, self._today(), note, attachments)
        try:
            for left in range(LOOK_UPS, -1, -1):
                tools = _tools(left) if orders else {}
                async with aclosing(self._events(prompt, messages, tools, deadline)) as events:
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
        yield reply.end(self.api.settings)

    async def look(self, pictures: Sequence[Attachment]) -> tuple[str, DraftEnd]:
        """What stands in pictures and what they show, in words to search with; "" where that is nothing. It is as
        untrusted as they are. Raises ModelUnavailable."""
        seconds = min(self.api.settings.deadline_s, LOOK_S)
        reply = await short_reply(self.api, seconds, LOOK, pictures_of(pictures))
        seen = "" if reply.text.rstrip(".").upper() == "NOTHING" else reply.text
        return seen, DraftEnd(reply.model, reply.usage, reply.cost_usd)

    async def _looked_up(
        self, uses: Sequence[ToolUseBlock], orders: OrderTools, deadline: Deadline
    ) -> tuple[list[Passage], list[ToolResultBlockParam]]:
        """All at once; passages in the order of the calls, as citations count them."""
        try:
            async with asyncio.timeout_at(deadline.at):
                done = await asyncio.gather(*(looked_up(use, orders) for use in uses))
        except TimeoutError as error:
            raise deadline.missed() from error
        return [passage for _, passages in done for passage in passages], [result for result, _ in done]

    def _events(
        self, prompt: Prompt, messages: list[MessageParam], tools: Mapping[str, Any], deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        settings = self.api.settings
        return self.api.events(
            deadline,
            model=settings.name,
            max_tokens=settings.max_tokens,
            # The breakpoint after the instructions covers the tools too: they come before them. Below a minimum that
            # depends on the model (1,024 tokens for most, up to 4,096) the API caches nothing and charges nothing for
            # the mark. Our own prompts come to some 550 to 800 tokens (at four characters each), the order tools to
            # 200: a company's longer prompt gains. Passages differ with each question, and most have one call only: a
            # breakpoint after them would cost more (a write is a quarter dearer) than its few reads save.
            system=[{"type": "text", "text": prompt.text, "cache_control": {"type": "ephemeral"}}],
            messages=messages,
            output_config={"effort": settings.effort} if settings.effort else anthropic.omit,
            **tools,
        )


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
                self.current = usage_of(event.message.usage, Usage())
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
                self.current = usage_of(event.usage, self.current)
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
            cost_usd=cost_of(self.usage, settings),
            notice=cut.get(self.stop_reason or "", ""),
            complete=self.stop_reason is not None,
        )


def _tools(left: int) -> Mapping[str, Any]:
    """The order tools as long as there are look-ups `left`; then they are still known, and not to be used."""
    return {"tools": ORDER_TOOLS, "tool_choice": {"type": "auto" if left else "none"}}


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
    api = ClaudeApi(settings)
    try:
        async with asyncio.timeout(settings.deadline_s):
            yield api.client
    except anthropic.NotFoundError as error:
        raise ModelUnavailable(f"model.name: there is no model {settings.name}") from error
    except anthropic.APIStatusError as error:
        raise ModelUnavailable(api.told(error)) from error
    except (anthropic.APIConnectionError, TimeoutError) as error:
        raise ModelUnavailable("the model's API can't be reached") from error
    finally:
        await api.close()
