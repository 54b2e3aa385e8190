"""Claude as the writer, through the Messages API. The only importer of anthropic."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anthropic
from anthropic.types import CitationsSearchResultLocation, MessageParam, SearchResultBlockParam, TextBlockParam

from bot.desk.errors import ModelRefused, ModelUnavailable
from bot.desk.model import Citation, DraftEnd, DraftSentence, Passage, Prompt, Turn, Usage
from bot.desk.sentences import split_passage
from bot.engine.assembly import SentenceAssembler
from bot.engine.synthesizer import Draft
from bot.settings import ModelSettings

log = logging.getLogger(__name__)

RETRIES = 2  # of a call that failed at once; the deadline holds over all of them
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
        self._client = anthropic.AsyncAnthropic(api_key=self._key, base_url=settings.base_url, max_retries=RETRIES)

    async def close(self) -> None:
        await self._client.close()

    async def write(
        self, question: str, passages: Sequence[Passage], prompt: Prompt | None, turns: Sequence[Turn]
    ) -> Draft:
        """One call of the model. It ends by the deadline, however long the server asks us to wait."""
        if prompt is None:
            raise ValueError("a model needs a prompt")
        reply = _Reply(passages)
        messages = _messages(question, passages, turns, self._today())
        try:
            async with aclosing(self._events(prompt, messages)) as events:
                async for event in events:
                    for sentence in reply.take(event):
                        yield sentence
        except ModelUnavailable as error:
            if reply.usage is None:
                raise
            log.error("the model's answer broke off: %s", error)
        for sentence in reply.rest():
            yield sentence
        yield reply.end(self._settings)

    async def _events(self, prompt: Prompt, messages: list[MessageParam]) -> AsyncGenerator[Any, None]:
        """The stream's events. Raises ModelUnavailable, with a text that holds no secret."""
        settings = self._settings
        deadline = asyncio.get_running_loop().time() + settings.deadline_s
        request = self._client.messages.stream(
            model=settings.name,
            max_tokens=settings.max_tokens,
            system=[{"type": "text", "text": prompt.text, "cache_control": {"type": "ephemeral"}}],
            messages=messages,
            output_config={"effort": settings.effort} if settings.effort else anthropic.omit,
        )
        try:
            async with asyncio.timeout_at(deadline):
                stream = await request.__aenter__()
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
        except TimeoutError as error:
            raise ModelUnavailable(f"the model did not answer within {settings.deadline_s:g} s") from error
        except anthropic.APIStatusError as error:
            raise ModelUnavailable(self._told(error)) from error
        except Exception as error:  # the connection, the SDK's parsing: whatever a stream can break with
            raise ModelUnavailable(f"the model's answer could not be read ({type(error).__name__})") from error

    def _told(self, error: anthropic.APIStatusError) -> str:
        said = (error.api_message or "no message").replace(self._key, "***")[:300]
        hint = "; check ANTHROPIC_API_KEY" if error.status_code in (401, 403) else ""
        return f"the model answered {error.status_code} {error.type}: {said} (request {error.request_id}){hint}"


@dataclass(slots=True)
class _Reply:
    """One message as it streams in."""

    passages: Sequence[Passage]
    usage: Usage | None = None
    model: str = ""
    stop_reason: str | None = None
    given: bool = False  # a sentence was yielded
    assembler: SentenceAssembler = field(default_factory=SentenceAssembler)
    citations: list[Citation] = field(default_factory=list)  # of the open block

    def take(self, event: Any) -> Iterator[DraftSentence]:
        for sentence in self._sentences(event):
            self.given = True
            yield sentence

    def _sentences(self, event: Any) -> Iterator[DraftSentence]:
        match event.type:
            case "message_start":
                self.model = event.message.model
                self.usage = _usage(event.message.usage, Usage())
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
            case "message_delta":
                self.stop_reason = event.delta.stop_reason
                self.usage = _usage(event.usage, self.usage or Usage())

    def _citation(self, cited: CitationsSearchResultLocation) -> Citation:
        at = cited.search_result_index
        if not 0 <= at < len(self.passages):  # grounding refuses it
            return Citation(at, cited.cited_text, cited.title or "", cited.source, "", datetime.min.replace(tzinfo=UTC))
        passage = self.passages[at]
        return Citation(at, cited.cited_text.strip(), passage.title, passage.url, passage.section, passage.changed_at)

    def rest(self) -> Iterator[DraftSentence]:
        """The last sentence; one that was broken off is left out. Raises ModelRefused when that is all there is."""
        for sentence in self.assembler.finish(cut=self.stop_reason not in ("end_turn", "stop_sequence")):
            self.given = True
            yield sentence
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


def _messages(question: str, passages: Sequence[Passage], turns: Sequence[Turn], today: datetime) -> list[MessageParam]:
    """The thread's turns, then the passages and the question. What others wrote is data in messages (rule 7)."""
    said: list[MessageParam] = [_said(turn) for turn in turns]
    asked = f"Today is {today:%A}, {today.day} {today:%B %Y}.\n\n{question}"
    content: list[SearchResultBlockParam | TextBlockParam] = [_search_result(passage) for passage in passages]
    content.append({"type": "text", "text": asked})
    return [*said, {"role": "user", "content": content}]


def _said(turn: Turn) -> MessageParam:
    if turn.role == "desk":
        return {"role": "assistant", "content": turn.text}
    return {"role": "user", "content": turn.text if turn.role == "asker" else f"(A human colleague wrote:) {turn.text}"}


def _search_result(passage: Passage) -> SearchResultBlockParam:
    """A sentence a text block: that is the smallest thing the model can cite."""
    state = f"changed {passage.changed_at.date().isoformat()}" + (", SUPERSEDED" if passage.superseded else "")
    title = " › ".join(part for part in (passage.title, passage.section) if part)
    return {
        "type": "search_result",
        "source": passage.url or passage.document_id,
        "title": f"{title} ({state})",
        "content": [{"type": "text", "text": unit} for unit in split_passage(passage.text) if unit.strip()],
        "citations": {"enabled": True},
    }


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
        messages = _messages("?", passages, (), datetime.now(UTC))
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
