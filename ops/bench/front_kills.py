"""The moments of the human path at which a `serve` is killed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from ops.bench.front import Front, role
from ops.workspace.state import Json

REACHED_S = 15.0
Reached = Callable[[], Awaitable[object]]
Moment = Callable[[Front], AbstractAsyncContextManager[Reached]]


def _is_brief(given: Json) -> bool:
    return role(given)[1] == "brief"


def _is_word(given: Json) -> bool:
    """What the asker's thread is told of a move."""
    return role(given)[1].isdigit()


def _is_beside(given: Json) -> bool:
    """What stands beside a brief: word to an owner, or a reminder."""
    return " " in role(given)[1]


@asynccontextmanager
async def _in_slack(front: Front, method: str, of: Callable[[Json], bool], *, done: bool) -> AsyncIterator[Reached]:
    """`done`: Slack has taken it, and we have not heard so."""
    hold = front.workspace.hold_reply(method, of) if done else front.workspace.hold(method, of)
    try:
        yield hold.reached.wait
    finally:
        front.workspace.let_go(method)


@asynccontextmanager
async def _at_webhook(front: Front) -> AsyncIterator[Reached]:
    """The receiver has it, and we have not heard so."""
    gate = front.receiver.gate = asyncio.Event()
    try:
        yield lambda: front.receiver.until(lambda: front.receiver.at_once)
    finally:
        front.receiver.gate = None
        gate.set()


@asynccontextmanager
async def _at_mail(front: Front) -> AsyncIterator[Reached]:
    gate = front.mail.gate = asyncio.Event()
    front.mail.taken.clear()
    try:
        yield front.mail.taken.wait
    finally:
        front.mail.gate = None
        gate.set()


@asynccontextmanager
async def _after_press(front: Front) -> AsyncIterator[Reached]:
    """While a press is worked on."""
    front.die_in_s = front.chance.uniform(0, 0.04)
    yield front.dead.wait


@asynccontextmanager
async def _at_ack(front: Front) -> AsyncIterator[Reached]:
    """As soon as Slack has seen a press acked."""
    front.die_on_ack = True
    yield front.dead.wait


@asynccontextmanager
async def _any(front: Front) -> AsyncIterator[Reached]:
    yield partial(asyncio.sleep, front.chance.uniform(0, 1.5))


MOMENTS: dict[str, Moment] = {
    "acked": _at_ack,
    "brief taken": partial(_in_slack, method="chat.postMessage", of=_is_brief, done=True),
    "moved, brief not updated": partial(_in_slack, method="chat.update", of=_is_brief, done=False),
    "brief updated": partial(_in_slack, method="chat.update", of=_is_brief, done=True),
    "webhook taken": _at_webhook,
    "any": _any,
    "thread told": partial(_in_slack, method="chat.postMessage", of=_is_word, done=True),
    "thread not told": partial(_in_slack, method="chat.postMessage", of=_is_word, done=False),
    "reminder or word to an owner taken": partial(_in_slack, method="chat.postMessage", of=_is_beside, done=True),
    "mail taken": _at_mail,
    "press in work": _after_press,
}


async def kill(front: Front, name: str) -> None:
    async with MOMENTS[name](front) as reached:
        try:
            await asyncio.wait_for(reached(), REACHED_S)
            front.met[name] += 1
        except TimeoutError:  # nothing of the kind happened: killed all the same
            front.met[f"{name}: not met"] += 1
        await front.gone()
