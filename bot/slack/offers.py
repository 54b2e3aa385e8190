"""Where a channel wants no answers unasked: whoever asks there a question that the documents surely answer is asked,
privately, whether they want the answer.

Nothing is accepted before they press (rule 3), so an offer that is lost in a crash is only an offer. What they press
becomes a question like any other, durable and answered once (rule 2).
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Protocol

from bot.desk.errors import DeskError
from bot.desk.model import Accepted, Desk
from bot.slack.blocks import Block, button, rich, span
from bot.slack.client import SlackClients
from bot.slack.desks import Desks
from bot.slack.people import People

log = logging.getLogger(__name__)

ANSWER_HERE, ANSWER_ME, NO_ANSWER = "offer_here", "offer_me", "offer_no"
OFFER = "The documents seem to answer this. Shall I?"
_RECENT = 5_000


class Covers(Protocol):
    def covers(self, question: str, desk: Desk, readable: Sequence[str], sure: float) -> Awaitable[bool]: ...


class Offers:
    """What it begins goes on in the background: an event is acked without waiting for a search."""

    def __init__(self, covers: Covers, sure: float, desks: Desks, people: People, clients: SlackClients) -> None:
        self._sure = sure
        self._covers = covers
        self._desks = desks
        self._people = people
        self._clients = clients
        self._made: dict[str, None] = {}  # keys, oldest first: an event that comes twice is one offer
        self._running: set[asyncio.Task[None]] = set()

    def make(self, item: Accepted) -> None:
        if item.key in self._made:
            return
        self._made[item.key] = None
        while len(self._made) > _RECENT:
            del self._made[next(iter(self._made))]
        task = asyncio.create_task(self._make(item))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _make(self, item: Accepted) -> None:
        """By what the asker may read: the answer may be for them alone. What goes wrong is no offer."""
        try:
            own = await self._people.own(item.user, item.team)
            if not await self._covers.covers(item.text, self._desks.of(item.channel), own.keywords, self._sure):
                log.debug("nothing to offer for %s", item.key)
                return
            await self._clients.whisper(item.channel, item.user, OFFER, offer_blocks(item.ts))
        except DeskError as error:
            log.info("no offer for %s: %s", item.key, error)


def offer_blocks(ts: str) -> list[Block]:
    buttons = [
        button("Answer here", ANSWER_HERE, ts, "primary"),
        button("Only for me", ANSWER_ME, ts),
        button("No, thanks", NO_ANSWER, ts),
    ]
    return [rich(span(OFFER)), {"type": "actions", "elements": buttons}]
