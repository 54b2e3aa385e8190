"""What `serve` does now and then besides the syncs: follow to a rebuilt index, delete what is older than it may be."""

import asyncio
import logging

from bot.desk.errors import Unavailable
from bot.store.retention import SqlRetention
from ops.knowledge import Knowledge
from ops.operations import OperationError

log = logging.getLogger(__name__)
EVERY_S = 5.0
_RETENTION_EVERY = 12  # of those; whether it is due is a row that all processes share


async def keep_up(knowledge: Knowledge, retention: SqlRetention, days: int | None) -> None:
    """Until it is cancelled. What can't be done now is tried again."""
    turn = 0
    while True:
        try:
            await asyncio.to_thread(knowledge.follow)
            if days is not None and turn % _RETENTION_EVERY == 0:
                await _delete_old(retention, days)
        except (OperationError, Unavailable) as error:
            log.error("the upkeep is tried again: %s", error)
        except Exception:
            log.exception("the upkeep stumbled and is tried again")
        turn += 1
        await asyncio.sleep(EVERY_S)


async def _delete_old(retention: SqlRetention, days: int) -> None:
    deleted = await retention.run_if_due(days)
    if deleted is not None:
        said = ", ".join(f"{count} of {name}" for name, count in deleted.items() if count)
        log.info("older than %d days, and deleted: %s", days, said or "nothing")
