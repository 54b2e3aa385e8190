"""The faults of Slack and of the model, one after the other on one running desk: each a function of the arena."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from ops.bench.arena import Arena, Row
from tests.fakes.claude import Broken, Cite, HttpError, Reply, Stall, Step, Text

Fault = Callable[[Arena], Awaitable[Row]]
RUNS = 5
HELD_S = 1.5  # so long the desk calls no such method after a 429 with its second, and meets no other
STREAMED = ("chat.startStream", "chat.appendStream", "chat.stopStream")
POSTED = ("chat.postMessage", "chat.update")
_REPLY = Reply([Text("Most items can be returned within 30 days. ", [Cite(0)])])


async def model(arena: Arena, name: str, step: Step) -> Row:
    """Every other call of the model fails so."""
    for _ in range(RUNS):
        arena.claude.script([step])
        await arena.ask(2)
        await asyncio.sleep(0.2)
    row = await arena.row(f"Claude: {name}", RUNS)
    return row | {"met": RUNS - arena.claude.left}


async def refused(arena: Arena, error: str, methods: Sequence[str], **given: Any) -> Row:
    """Slack answers a call of each method so, once among several answers. `given`: of workspace.fail()."""
    already = _met(arena, error)
    for method in methods:
        for _ in range(RUNS):
            arena.workspace.fail(method, error=error, **given)
            await arena.ask(2)
            await asyncio.sleep(HELD_S if given.get("status") == 429 else 0.1)
    lost = ", and it was done" if given.get("after_effect") else ""
    where = "streams" if methods[0] in STREAMED else "posts"
    row = await arena.row(f"Slack: {error}{lost}, on {where}", len(methods) * RUNS)
    for method in methods:
        arena.workspace.forgive(method)
    return row | {"met": _met(arena, error) - already}


def _met(arena: Arena, error: str) -> int:
    """Calls that were answered so, as the wire log has them."""
    return sum(one["kind"] == "web_api" and one["error"] == error for one in arena.workspace.calls)


async def refused_for_ever(arena: Arena, error: str) -> Row:
    """Whatever is posted in the channel, Slack will not have it: its asker is told so, and the log has the incident."""

    def in_support(arguments: dict[str, Any]) -> bool:
        return arguments.get("channel") == "C0SUPPORT"

    for method in POSTED:
        arena.workspace.fail(method, error=error, times=10_000, of=in_support)
    await arena.ask(RUNS)
    row = await arena.row(f"Slack: {error}, always", RUNS, closed=True)
    for method in POSTED:
        arena.workspace.forgive(method)
    return row


async def dropped(arena: Arena) -> Row:
    """The sockets are cut every other second."""
    for _ in range(RUNS):
        await arena.ask(4, every_s=0.5)
        await arena.workspace.drop_sockets()
    return await arena.row("sockets cut every 2 s", RUNS)


async def thrice(arena: Arena) -> Row:
    """Every event comes three times, in any order."""
    tell, loop = arena.workspace.sockets.tell, asyncio.get_running_loop()

    def three_times(payload: dict[str, object]) -> None:
        for _ in range(3):
            loop.call_later(arena.chance.uniform(0, 1.5), tell, payload)

    arena.workspace.sockets.tell = three_times  # type: ignore[method-assign]
    try:
        await arena.ask(4 * RUNS, every_s=0.05)
        await asyncio.sleep(1.6)
    finally:
        arena.workspace.sockets.tell = tell  # type: ignore[method-assign]
    return await arena.row("every event three times, out of order", 4 * RUNS)


async def no_streams(arena: Arena) -> Row:
    """The workspace stops to offer streams, and the desk finds out in the middle of its answers."""
    arena.workspace.streaming = True
    await arena.ask(RUNS)
    arena.workspace.streaming = False
    await arena.ask(RUNS)
    return await arena.row("Slack: unknown_method for streams", 2 * RUNS)


# Slack says that of blocks only, and the plainest form of an answer has none; of a stream each call may meet it.
_WITH_BLOCKS: dict[str, dict[str, Any]] = {"posts": {"carrying": "blocks"}, "streams": {}}


def _each(methods: Sequence[str], ending: str) -> dict[str, Fault]:
    faults = {
        "429": partial(refused, error="ratelimited", status=429, headers={"Retry-After": "1"}),
        "500": partial(refused, error="internal_error", status=500),
        "500_done": partial(refused, error="internal_error", status=500, after_effect=True),
        "too_long": partial(refused, error="msg_blocks_too_long", **_WITH_BLOCKS[ending]),
        "invalid_blocks": partial(refused, error="invalid_blocks", **_WITH_BLOCKS[ending]),
    }
    return {f"{name}_{ending}": partial(fault, methods=methods) for name, fault in faults.items()}


# On a desk whose workspace streams. The last one is the last: the desk remembers it.
STREAMING: dict[str, Fault] = {
    "model_429": partial(model, name="429", step=HttpError(429, retry_after=0.2)),
    "model_429_long": partial(model, name="429, Retry-After 600 s", step=HttpError(429, retry_after=600)),
    "model_529": partial(model, name="529", step=HttpError(529)),
    "model_stalls": partial(model, name="stalls before its headers", step=Stall(_REPLY)),
    "model_stalls_late": partial(model, name="stalls in the stream", step=Stall(_REPLY, 5)),
    "model_cut": partial(model, name="ends the stream early", step=Broken(_REPLY, 5)),
    "model_reset": partial(model, name="breaks the connection", step=Broken(_REPLY, 5, "reset")),
    "model_error": partial(model, name="an error in the stream", step=Broken(_REPLY, 5, "error")),
    **_each(STREAMED, "streams"),
    "not_streaming": partial(refused, error="message_not_in_streaming_state", methods=STREAMED[1:]),
    "sockets": dropped,
    "thrice": thrice,
    "no_streams": no_streams,
}
# And on one whose workspace does not.
POSTING: dict[str, Fault] = {
    **_each(POSTED, "posts"),
    "channel_not_found": partial(refused_for_ever, error="channel_not_found"),
    "not_in_channel": partial(refused_for_ever, error="not_in_channel"),
}
