"""`frontdesk serve`: bot, scheduler and control socket in one process, until it is told to stop."""

import asyncio
import fcntl
import gc
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from bot.desk.errors import DeskError, Unavailable
from bot.outgoing_settings import secret_variable
from ingest.schedule import SyncScheduler
from ops.attached_files import FileTexts
from ops.composition import LocalOperations, open_operations
from ops.config import Config, ConfigError
from ops.control import serve_control
from ops.monitoring.figures import Figures
from ops.monitoring.meter import PrometheusMeter
from ops.monitoring.server import serve_monitoring
from ops.notices import Notices
from ops.operations import OnStep, OperationError
from ops.reports import SyncRequest, SyncStep
from ops.sync_desk import KnowledgeDesk
from ops.upkeep import keep_up

log = logging.getLogger(__name__)


async def serve(config: Config) -> None:
    """Serve until SIGINT or SIGTERM, then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(config, _log_step):
        # What starting made stays until the end. To look through it for garbage took a quarter of a second each time,
        # in which nothing was acked.
        gc.collect()
        gc.freeze()
        log.info("serving; stop with Ctrl+C")
        await stop.wait()
        log.info("stopping: what is being answered is finished first")


@asynccontextmanager
async def serving(config: Config, on_step: OnStep) -> AsyncIterator[LocalOperations]:
    """Everything, running while the block does. Raises ConfigError and OperationError before anything is answered."""
    if lacking := config.bot.slack.lacking:
        raise ConfigError(f'{lacking} is missing; README.md, "Connect a real workspace"; or run `frontdesk try`')
    if unsigned := next((hook for hook in config.bot.webhooks if hook.secret is None), None):
        raise ConfigError(
            f"{secret_variable(unsigned.name)} is missing: requests to {unsigned.name} are signed with it"
        )
    with _alone(config.data_dir):
        async with _running(config, on_step) as local:
            yield local


@asynccontextmanager
async def _running(config: Config, on_step: OnStep) -> AsyncIterator[LocalOperations]:
    slack = config.bot.slack
    meter = PrometheusMeter()
    async with open_operations(config, meter) as local:
        knowledge = local.knowledge

        async def sync(name: str) -> None:
            outcome = await asyncio.to_thread(knowledge.sync_held, name, SyncRequest(), on_step)
            failed = f"; {len(outcome.failed)} documents failed" if outcome.failed else ""
            log.info("synced %s: %s%s %s", name, outcome.state, failed, outcome.problem)
            await look()

        async def look() -> None:
            if not knowledge.stopping:  # then Slack is being left
                await notices.check()

        schedules = {name: source.schedule for name, source in config.ingest.sources.items()}
        scheduler = SyncScheduler(knowledge.leases, schedules, sync)
        sync_desk = KnowledgeDesk(knowledge, on_step)
        connection, admin_channel = local.bot.slack(sync_desk, FileTexts())
        notices = Notices(lambda: knowledge.states(counted=False), knowledge.index.ledger, admin_channel)
        sync_desk.after = look
        warnings = local.bot.budget_warnings(admin_channel)
        deliveries = local.bot.deliveries(connection.whereabouts)
        watches: list[asyncio.Task[None]] = []
        figures = Figures(local, connection)
        async with serve_control(local, config.data_dir), serve_monitoring(config.bot.monitoring, meter, figures):
            try:
                me = await connection.start()
            except Unavailable as error:
                raise OperationError(f"{slack.api_url} can't be reached ({error}); check the network") from error
            except DeskError as error:
                raise OperationError(str(error)) from error
            try:
                await scheduler.start()
                deliveries.start()
                watches.append(asyncio.create_task(local.bot.given_up_warnings(admin_channel).watch()))
                retention, days = local.bot.store.retention, config.bot.retention_days
                watches.append(asyncio.create_task(notices.watch()))
                watches.append(asyncio.create_task(keep_up(knowledge, retention, days)))
                if admin_channel is not None:
                    readers = partial(connection.readers_of, slack.admin_channel or "", me.team)
                    digest = local.bot.digest(knowledge.search, admin_channel, readers)
                    watches.append(asyncio.create_task(digest.watch()))
                if warnings is not None:
                    watches.append(asyncio.create_task(warnings.watch()))
                yield local
            finally:
                knowledge.stopping = True
                for watch in watches:
                    watch.cancel()
                await asyncio.gather(*watches, return_exceptions=True)
                drain_s = config.bot.answering.drain_s
                await asyncio.gather(connection.stop(drain_s), deliveries.stop(drain_s))
                await scheduler.stop()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One `serve` a data_dir, also where the index is on a server: it owns the control socket."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperationError(
                f"another `frontdesk serve` runs on {data_dir}; use that one, or stop it first"
            ) from error
        yield


def _log_step(step: SyncStep) -> None:
    if step.total and step.done == step.total:
        log.info("sync of %s: %s %d of %d", step.source, step.stage, step.done, step.total)
