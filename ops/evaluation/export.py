"""`frontdesk eval export`: what desks learnt from resolved threads, as golden cases."""

import re
from collections.abc import Iterable

from bot.desk.learning import GoldenRow
from bot.store import open_store
from ingest.schedule import utc_now
from ops.config import Config
from ops.evaluation.golden import GoldenCase


async def exported(config: Config, desk: str | None) -> list[str]:
    """A line a case that is good now, oldest first; `desk` None: of every desk. Raises StoreUnavailable."""
    store = await open_store(config.store_url, utc_now)
    try:
        return list(lines(await store.learnings.golden(desk)))
    finally:
        await store.close()


def lines(rows: Iterable[GoldenRow]) -> Iterable[str]:
    """In the form of golden.jsonl, without what has its default."""
    for row in rows:
        case = GoldenCase(
            id="resolved-" + re.sub(r"[^a-z0-9]+", "-", row.id.removeprefix("L-").lower()).strip("-"),
            kind="answerable",
            question=row.question,
            outcome=("answered",),
            must_say=tuple((one,) for one in row.must_say),
            must_not_say=(),
            cites=((row.cites,),),
            held=False,
        )
        yield case.model_dump_json(exclude_defaults=True)
