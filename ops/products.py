"""Which product a text names, for `frontdesk triage`: by the tables in the index, where there is one."""

import asyncio
import logging

from bot.engine.catalogue import Catalogue
from ops.config import Config
from ops.control import connect
from ops.knowledge import open_knowledge
from ops.operations import OperationError
from ops.reports import ProductRequest

log = logging.getLogger(__name__)


async def product_in(config: Config, text: str) -> str | None:
    """As bot.engine.catalogue.Catalogue says it; the running `serve` is asked, which has the index. Never raises."""
    try:
        async with connect(config.data_dir) as remote:
            if remote is not None:
                return await remote.product(ProductRequest(text=text))
        return await asyncio.to_thread(_by_index, config, text)
    except OperationError as error:
        log.warning("no product is known by its name: %s", error)
        return None


def _by_index(config: Config, text: str) -> str | None:
    ingest = config.ingest
    if ingest.index.qdrant_url is None and not (ingest.data_dir / "index").is_dir():  # nothing was synced yet
        return None
    with open_knowledge(ingest) as knowledge:
        return Catalogue(knowledge.search).product(text)
