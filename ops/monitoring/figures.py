"""What is so now: which parts can be reached, what waits, how fresh the sources are."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from bot.desk.errors import DeskError
from bot.desk.outgoing import OutboxFigures
from bot.slack.connection import SlackConnection
from bot.store.open_work import OpenWork
from ingest.schedule import utc_now
from ops.composition import LocalOperations
from ops.monitoring.meter import Gauges
from ops.operations import OperationError
from ops.reports import SourceState

log = logging.getLogger(__name__)
Value = TypeVar("Value")

_PATIENCE_S = 3.0  # for each part: whoever asks gives up soon after


class Parts(NamedTuple):
    """None: it did not answer."""

    slack: bool
    work: OpenWork | None
    chunks: int | None

    def told(self, *, writes: bool) -> dict[str, str]:
        """Each part: "ok", or what is wrong with it in a few words."""
        return {
            "slack": "ok" if self.slack else "not connected",
            "store": "not reachable" if self.work is None else "ok",
            "index": "not reachable" if self.chunks is None else "ok" if self.chunks else "empty",
            "model": "ok" if writes else "none configured: the desk quotes the documents",
        }

    @property
    def ready(self) -> bool:
        """Without a model the desk quotes, and with an empty index it says so: neither keeps it from answering."""
        return self.slack and self.work is not None and self.chunks is not None


@dataclass(frozen=True, slots=True)
class Figures:
    """Asks the parts of a running desk. An error's text, which may hold an address or a token, goes to the log only."""

    local: LocalOperations
    connection: SlackConnection

    def alive(self) -> bool:
        return self.connection.is_alive

    @property
    def writes(self) -> bool:
        """Whether a model writes the answers."""
        return self.local.bot.writer is not None

    async def parts(self) -> Parts:
        slack, work, chunks = await asyncio.gather(
            self.connection.is_connected(),
            _asked("the store", self.local.bot.store.open_work()),
            _asked("the index", asyncio.to_thread(self.local.knowledge.chunks)),
        )
        return Parts(slack, work, chunks)

    async def read_into(self, gauges: Gauges) -> None:
        """A part that does not answer leaves its own as they were, and is not up."""
        parts, states, outgoing = await asyncio.gather(
            self.parts(),
            _asked("the ledger", asyncio.to_thread(self.local.knowledge.states, counted=False)),
            _asked("the outbox", self.local.bot.store.outbox_upkeep.figures()),
        )
        for part, up in (
            ("slack", parts.slack),
            ("store", parts.work is not None),
            ("index", parts.chunks is not None),
        ):
            gauges.up.labels(part).set(up)
        now = utc_now()
        if parts.work is not None:
            oldest = parts.work.oldest
            gauges.inbox_depth.set(parts.work.questions)
            gauges.inbox_oldest.set((now - oldest).total_seconds() if oldest else 0)
            gauges.escalations.set(parts.work.escalations)
        if states is not None:
            _read_sources(states, gauges, now)
        if outgoing is not None:
            _read_outgoing(outgoing, gauges, now)


def _read_sources(states: Sequence[SourceState], gauges: Gauges, now: datetime) -> None:
    gauges.source_state.clear()  # else the state before would stay
    for state in states:
        if state.verified_at is not None:
            gauges.source_age.labels(state.source).set((now - state.verified_at).total_seconds())
        gauges.source_stale.labels(state.source).set(state.stale)
        gauges.source_state.labels(state.source, state.state or "never").set(1)
        gauges.source_documents.labels(state.source).set(state.documents)


def _read_outgoing(outgoing: Mapping[str, OutboxFigures], gauges: Gauges, now: datetime) -> None:
    for gauge in (gauges.outbox_waiting, gauges.outbox_oldest, gauges.outbox_given_up):
        gauge.clear()  # a target of which nothing is left has no row
    for target, figures in outgoing.items():
        gauges.outbox_waiting.labels(target).set(figures.waiting)
        gauges.outbox_oldest.labels(target).set((now - figures.oldest).total_seconds() if figures.oldest else 0)
        gauges.outbox_given_up.labels(target).set(figures.given_up)


async def _asked(part: str, asking: Awaitable[Value]) -> Value | None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await asking
    except TimeoutError:
        log.warning("%s did not answer a health check within %g s", part, _PATIENCE_S)
    except (DeskError, OperationError) as error:
        log.warning("%s failed a health check: %s", part, error)
    return None
