"""Claude's double: an HTTP server that speaks the Messages API to the real anthropic SDK.

    async with ClaudeDouble() as claude:
        settings = ModelSettings(base_url=claude.url, api_key=SecretStr(KEY))
        claude.script([Reply([Text("30 days.", cites=[Cite(0, 1)])]), HttpError(529)])
        ...
        assert claude.requests[0]["model"] == ...

Each request takes the next step of the script; when none is left, `grounded` answers from the request's search results.
What the API would refuse is refused with its error, and leaving the context raises AssertionError for it.
Try it by hand: python -m tests.fakes.claude --port 8765
"""

import argparse
import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from aiohttp import web

from tests.fakes.claude_requests import problem_of, search_results

KEY = "sk-ant-test-double"
VERSION = "2026-10-21"
ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
}  # fmt: skip


@dataclass(frozen=True)
class Cite:
    """Cites `content[start:end]` of the request's search result number `result`; `quote` overrides what stands there."""

    result: int
    start: int = 0
    end: int | None = None
    quote: str | None = None


@dataclass(frozen=True)
class Text:
    text: str
    cites: Sequence[Cite] = ()


@dataclass(frozen=True)
class ToolUse:
    name: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A message. `chunk`: characters a delta; `citations_first`: before their text instead of after it; `seconds`: how
    long its stream takes, from its first event to its last."""

    blocks: Sequence[Text | ToolUse]
    stop_reason: str = "end_turn"
    chunk: int = 7
    citations_first: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class HttpError:
    status: int
    message: str = "as scripted"
    retry_after: float | None = None  # seconds


@dataclass(frozen=True)
class Broken:
    """A stream that ends early, after `events` events (message_start counts): with a plain end, with an error event, or
    with a connection that breaks."""

    reply: Reply
    events: int
    how: str = "eof"  # eof, error, reset


@dataclass(frozen=True)
class Stall:
    """A stream that stops after `events` events until release() is called. 0: not even the headers come."""

    reply: Reply
    events: int = 0


Step = Reply | HttpError | Broken | Stall
Rule = Callable[[dict[str, Any]], Step]
Watch = Callable[[dict[str, Any], dict[str, Any]], None]  # a request and an event of its stream, as it is sent


class ClaudeDouble:
    def __init__(self, rule: Rule | None = None, *, key: str = KEY, watch: Watch | None = None) -> None:
        self.requests: list[dict[str, Any]] = []  # bodies that were well-formed, in order
        self.malformed: list[str] = []  # why others were not; clear it when a test wanted that
        self.stalled = asyncio.Event()  # a Stall has been reached
        self.url = ""
        self._rule = rule or grounded
        self._key = key
        self._watch = watch
        self._steps: list[Step] = []
        self._released = asyncio.Event()
        self._cached: set[str] = set()
        self._ids = count(1)
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/messages", self._message)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_get("/v1/models/{id}", self._model)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    def script(self, steps: Iterable[Step]) -> None:
        self._steps.extend(steps)

    @property
    def left(self) -> int:
        """Steps of the script that nobody has met yet."""
        return len(self._steps)

    def release(self) -> None:
        self._released.set()

    async def start(self, port: int = 0) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.release()
        await self._runner.cleanup()
        if kind is None and self.malformed:
            raise AssertionError(f"Claude would have refused: {self.malformed}")

    async def _message(self, request: web.Request) -> web.StreamResponse:
        body = await self._accepted(request)
        if isinstance(body, web.Response):
            return body
        self.requests.append(body)
        step = self._steps.pop(0) if self._steps else self._rule(body)
        if isinstance(step, HttpError):
            return self._error(step.status, step.message, step.retry_after)
        reply = step if isinstance(step, Reply) else step.reply
        message = self._built(body, reply)
        if body.get("stream"):
            return await self._streamed(request, body, message, step, reply)
        if isinstance(step, Stall):
            await self._wait()
        return web.json_response(message, headers=self._headers())

    async def _count(self, request: web.Request) -> web.Response:
        body = await self._accepted(request, counting=True)
        return body if isinstance(body, web.Response) else web.json_response({"input_tokens": tokens(body)})

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if not self._knows(request):
            return self._error(401, "invalid API key")
        if not name.startswith("claude-"):
            return self._error(404, f"model: {name}")
        return web.json_response(
            {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        )

    async def _accepted(self, request: web.Request, *, counting: bool = False) -> dict[str, Any] | web.Response:
        if not self._knows(request):
            return self._error(401, "invalid API key")
        problem = None
        if request.headers.get("anthropic-version") != VERSION:
            problem = "anthropic-version: header is required"
        try:
            body = await request.json()
        except ValueError:
            return self._refused("The request body is not valid JSON")
        problem = problem or problem_of(body, counting=counting)
        if problem:
            return self._refused(problem)
        if not body["model"].startswith("claude-"):
            return self._error(404, f"model: {body['model']}")
        return dict(body)

    def _knows(self, request: web.Request) -> bool:
        return f"Bearer {self._key}" == request.headers.get("authorization") or self._key == request.headers.get(
            "x-api-key"
        )

    def _refused(self, problem: str) -> web.Response:
        self.malformed.append(problem)
        return self._error(400, problem)

    def _error(self, status: int, message: str, retry_after: float | None = None) -> web.Response:
        headers = self._headers() | ({} if retry_after is None else {"retry-after": f"{retry_after:g}"})
        return web.json_response(_error_body(ERROR_TYPES[status], message), status=status, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"request-id": f"req_{next(self._ids):04}"}

    def _built(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        results = list(search_results(body))
        content = [self._block(block, results) for block in reply.blocks]
        return {
            "id": f"msg_{next(self._ids):04}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": reply.stop_reason,
            "stop_sequence": None,
            "usage": self._usage(body) | {"output_tokens": max(tokens(content), 1)},
        }

    def _block(self, block: Text | ToolUse, results: list[dict[str, Any]]) -> dict[str, Any]:
        if isinstance(block, ToolUse):
            return {"type": "tool_use", "id": f"toolu_{next(self._ids):04}", "name": block.name, "input": block.input}
        cited = [_citation(cite, results) for cite in block.cites]
        return {"type": "text", "text": block.text} | ({"citations": cited} if cited else {})

    def _usage(self, body: dict[str, Any]) -> dict[str, int]:
        """The system prompt up to its last breakpoint is cached: written the first time, read after."""
        system = body.get("system")
        cached = 0
        if isinstance(system, list):
            ends = [at for at, block in enumerate(system, start=1) if block.get("cache_control")]
            cached = tokens(system[: ends[-1]]) if ends else 0
            prefix = json.dumps([body["model"], body.get("tools"), system[: ends[-1] if ends else 0]])
        known = bool(cached) and (digest := hashlib.sha256(prefix.encode()).hexdigest()) in self._cached
        if cached and not known:
            self._cached.add(digest)
        return {
            "input_tokens": tokens(body["messages"]) + (0 if cached else tokens(system)),
            "cache_creation_input_tokens": 0 if known else cached,
            "cache_read_input_tokens": cached if known else 0,
        }

    async def _streamed(
        self, request: web.Request, body: dict[str, Any], message: dict[str, Any], step: Step, reply: Reply
    ) -> web.StreamResponse:
        stop_at = step.events if isinstance(step, Stall | Broken) else None
        if isinstance(step, Stall) and not stop_at:
            await self._wait()
        response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"} | self._headers())
        await response.prepare(request)
        events = _events(message, reply)
        for sent, event in enumerate(events):
            if sent == stop_at and isinstance(step, Stall):
                await self._wait()
            elif sent == stop_at and isinstance(step, Broken):
                if step.how == "reset" and request.transport:
                    request.transport.abort()
                elif step.how == "error":
                    await _send(response, _error_body("overloaded_error", "Overloaded"))
                return response
            if reply.seconds and sent:
                await asyncio.sleep(reply.seconds / (len(events) - 1))
            if self._watch is not None:
                self._watch(body, event)
            await _send(response, event)
        return response

    async def _wait(self) -> None:
        self.stalled.set()
        await self._released.wait()


def _events(message: dict[str, Any], reply: Reply) -> list[dict[str, Any]]:
    usage = message["usage"]
    start = message | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        empty: dict[str, Any] = {"text": ""} if block["type"] == "text" else {"input": {}}
        bare = {name: value for name, value in block.items() if name != "citations"}
        events.append({"type": "content_block_start", "index": index, "content_block": bare | empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in _deltas(block, reply)]
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}})
    return [*events, {"type": "message_stop"}]


def _deltas(block: dict[str, Any], reply: Reply) -> list[dict[str, Any]]:
    kind, name = ("text_delta", "text") if block["type"] == "text" else ("input_json_delta", "partial_json")
    whole: str = block["text"] if block["type"] == "text" else json.dumps(block["input"])
    said = [{"type": kind, name: whole[at : at + reply.chunk]} for at in range(0, len(whole), reply.chunk)]
    cited = [{"type": "citations_delta", "citation": citation} for citation in block.get("citations", ())]
    return [*cited, *said] if reply.citations_first else [*said, *cited]


def _citation(cite: Cite, results: list[dict[str, Any]]) -> dict[str, Any]:
    known = results[cite.result] if cite.result < len(results) else {"content": [], "source": "?", "title": "?"}
    end = cite.start + 1 if cite.end is None else cite.end
    there = "".join(block["text"] for block in known["content"][cite.start : end])
    return {
        "type": "search_result_location",
        "cited_text": there if cite.quote is None else cite.quote,
        "search_result_index": cite.result,
        "source": known["source"],
        "title": known["title"],
        "start_block_index": cite.start,
        "end_block_index": end,
    }


def _error_body(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


async def _send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())


def tokens(value: Any) -> int:
    """About what it would cost: four characters a token."""
    return len(value if isinstance(value, str) else json.dumps(value)) // 4 if value else 0


def grounded(body: dict[str, Any]) -> Reply:
    """Answers with the one or two blocks of the search results that share most words with the question, and cites them.
    Asked for JSON, it gives what fits the schema and says nothing."""
    if wanted := (body.get("output_config") or {}).get("format"):
        return Reply([Text(json.dumps(_blank(wanted["schema"])))])
    last = body["messages"][-1]["content"]
    asked = last if isinstance(last, str) else " ".join(block["text"] for block in last if block["type"] == "text")
    wanted = _words(asked.rsplit("\n\n", 1)[-1])
    found = [
        (
            len(wanted & (_words(part["text"]) | _words(result["title"]))),
            len(wanted & _words(part["text"])),
            at,
            index,
            part["text"],
        )
        for at, result in enumerate(search_results(body))
        for index, part in enumerate(result["content"])
        if len(part["text"].split()) > 3
    ]
    best = sorted(found, key=lambda one: (-one[1], -one[0], one[2], one[3]))[:2]
    said = [Text(text.strip().rstrip(".") + ". ", [Cite(at, index)]) for _, shared, at, index, text in best if shared]
    if not said:
        return Reply([Text("I couldn't find that in the documents. Would you like me to connect you to a human?")])
    return Reply(said)


def _blank(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: _blank(part) for name, part in schema["properties"].items()}
    return {"array": [], "string": "", "boolean": False, "integer": 0, "number": 0, "null": None}[schema["type"]]


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z0-9-]{3,}", text.lower())} - {
        "the",
        "and",
        "for",
        "what",
        "how",
        "you",
        "are",
        "can",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Claude's double; answers from the search results it is given")
    parser.add_argument("--port", type=int, default=8765)
    port = parser.parse_args().port

    async def run() -> None:
        double = ClaudeDouble()
        await double.start(port)
        print(f"ANTHROPIC_BASE_URL={double.url} ANTHROPIC_API_KEY={KEY}")  # noqa: T201
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
