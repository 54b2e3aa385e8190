"""What the admins' channel hears of the sources: once when something is wrong, once when it is well again.

What was told is kept in the ledger, over restarts. A source is *stale* when it was not checked for longer than its
stale_after, or could never be synced; a sync that fails now and then is not told. Removals that wait are told at once.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Literal

from bot.desk.errors import DeskError
from bot.desk.model import SourceNotice
from bot.desk.ports import AdminChannel
from ingest.ledger import Ledger, Notice
from ingest.schedule import Clock, utc_now
from ops.knowledge import reported
from ops.operations import OperationError
from ops.reports import SourceState

log = logging.getLogger(__name__)

Kind = Literal["stale", "held"]
EVERY_S = 30.0
GRACE = timedelta(minutes=10)  # after a start: what went stale while nobody served is about to be synced


def troubles(state: SourceState, started: datetime, now: datetime) -> Mapping[Kind, bool | None]:
    """What is wrong with a source. None: it is not known now, so what was said of it holds.

    `started`: when this process began to serve.
    """
    never = state.verified_at is None and state.state == "failed"
    tried = state.last_sync is not None and state.last_sync >= started
    stale: bool | None = state.stale or never
    if stale and not tried and now - started < GRACE:
        stale = None
    looked = state.state in ("success", "partial") and not state.problem  # its listing was complete
    return {"stale": stale, "held": state.held > 0 if looked or state.held else None}


class Notices:
    """check() after each sync, and every `EVERY_S` by watch(), so that a sync that hangs or never runs is noticed.

    Without a channel it all goes to the log, and only there.
    """

    def __init__(
        self,
        states: Callable[[], Sequence[SourceState]],
        ledger: Ledger,
        channel: AdminChannel | None,
        clock: Clock = utc_now,
    ) -> None:
        """`states` blocks and may raise OperationError."""
        self._states = states
        self._ledger = ledger
        self._channel = channel
        self._clock = clock
        self._started = clock()
        self._one_at_a_time = asyncio.Lock()
        self._logged: set[tuple[str, str]] = set()
        self._complaint = ""

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.check()

    async def check(self) -> None:
        """Tell what is to be told. Never raises: what could not be told is tried again by the next check."""
        try:
            async with self._one_at_a_time:
                await self._check()
            self._complaint = ""
        except (DeskError, OperationError) as error:
            if str(error) != self._complaint:  # not every half a minute
                log.error("the admins' channel was not told, trying again: %s", error)
            self._complaint = str(error)
        except Exception:
            log.exception("what the admins should hear could not be looked up")

    async def _check(self) -> None:
        states = await asyncio.to_thread(self._states)
        if self._channel is None:
            self._log(states)
            return
        with ExitStack() as held:
            if await asyncio.to_thread(held.enter_context, self._ledger.alone("tell the admins")):
                await self._tell(self._channel, states)
            await asyncio.to_thread(held.close)

    async def _tell(self, channel: AdminChannel, states: Sequence[SourceState]) -> None:
        known = {(one.source, one.kind): one for one in await self._kept()}
        for state in states:
            for kind, wrong in troubles(state, self._started, self._clock()).items():
                await self._settle(channel, state, kind, wrong, known.pop((state.source, kind), None))
        for gone in known.values():  # their sources are not configured any more
            await self._drop(gone)

    async def _settle(
        self, channel: AdminChannel, state: SourceState, kind: Kind, wrong: bool | None, known: Notice | None
    ) -> None:
        """Bring what was told of one thing to what is so now."""
        if wrong is None:
            wrong = known is not None and not known.over
        if known is not None and known.over and wrong:  # again, before the end of the last time was surely told
            known = None if await self._arrived(channel, known, state) else known._replace(over=False, told="yes")
        elif known is not None and not known.over and not wrong:
            if not await self._arrived(channel, known, state):
                await self._drop(known)
                return
            known = await self._keep(Notice(state.source, kind, over=True, since=self._clock(), told="no"))
        elif known is None and not wrong:
            return
        known = known or await self._keep(Notice(state.source, kind, over=False, since=self._clock(), told="no"))
        if not await self._arrived(channel, known, state):
            await self._keep(known._replace(told="tried"))
            await channel.tell(_spoken(known, state))
            log.log(logging.INFO if known.over else logging.WARNING, "the admins were told: %s", _short(known))
        if known.over:
            await self._drop(known)
        else:
            await self._keep(known._replace(told="yes"))

    async def _arrived(self, channel: AdminChannel, notice: Notice, state: SourceState) -> bool:
        """Whether it stands in the channel; one that was tried is looked for there."""
        return notice.told == "yes" or (notice.told == "tried" and await channel.told(_spoken(notice, state)))

    def _log(self, states: Sequence[SourceState]) -> None:
        for state in states:
            for kind, wrong in troubles(state, self._started, self._clock()).items():
                told = (state.source, kind) in self._logged
                if wrong and not told:
                    self._logged.add((state.source, kind))
                    log.warning("source %s: %s; %s", state.source, _WRONG[kind], state.problem or "see `index status`")
                elif wrong is False and told:
                    self._logged.discard((state.source, kind))
                    log.info("source %s: %s no more", state.source, _WRONG[kind])

    async def _kept(self) -> list[Notice]:
        with reported():
            return await asyncio.to_thread(self._ledger.notices)

    async def _keep(self, notice: Notice) -> Notice:
        with reported():
            await asyncio.to_thread(self._ledger.keep_notice, notice)
        return notice

    async def _drop(self, notice: Notice) -> None:
        with reported():
            await asyncio.to_thread(self._ledger.drop_notice, notice)


_WRONG: Mapping[Kind, str] = {"stale": "stale, or never synced", "held": "removals wait for approval"}


def _short(notice: Notice) -> str:
    return f"{notice.source} {notice.kind}{' no more' if notice.over else ''}"


def _spoken(notice: Notice, state: SourceState) -> SourceNotice:
    kind: Kind = "held" if notice.kind == "held" else "stale"
    return SourceNotice(
        key=f"{notice.source} {kind} {'over' if notice.over else 'began'} {notice.since.isoformat()}",
        source=notice.source,
        kind=kind,
        over=notice.over,
        since=notice.since,
        verified_at=state.verified_at,
        problem=state.problem,
        held=state.held,
    )
