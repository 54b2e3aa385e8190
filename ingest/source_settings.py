"""What [sources.NAME] holds for every kind of source. A kind adds its own settings, and says what it makes of them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ingest.audience import keywords
from ingest.model import Source


def _schedule(value: str) -> str:
    """Accept "15m", "6h", "1d" or a cron expression of five fields, and say so when it is neither."""
    if interval_of(value) is None:
        try:
            CronTrigger.from_crontab(value)
        except ValueError as error:
            raise ValueError(f"neither an interval nor a cron expression ({error})") from error
    return value


def interval_of(value: str) -> timedelta | None:
    """The interval that "30s", "15m", "6h" or "1d" names; None for anything else."""
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}.get(value[-1:])
    if unit is None or not value[:-1].isdigit() or int(value[:-1]) == 0:
        return None
    return timedelta(**{unit: int(value[:-1])})


def _duration(value: str) -> str:
    if interval_of(value) is None:
        raise ValueError("not a duration such as 30m, 6h or 2d")
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"not an address ({error})") from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f]", value):
        raise ValueError("not an address that begins with http:// or https://")
    if parts.username is not None:
        raise ValueError("holds a user name or password; secrets have no place in this file")
    return value


Schedule = Annotated[str, AfterValidator(_schedule)]
Duration = Annotated[str, AfterValidator(_duration)]
Audience = Annotated[tuple[str, ...], BeforeValidator(keywords)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceSettings(Section):
    """[sources.NAME]. A kind's subclass adds `kind: Literal["its name"]`, its own settings and `make`."""

    schedule: Schedule = Field("15m", examples=["15m"])
    audience: Audience = Field(("everyone",), examples=["members"])
    shrink_limit: float = Field(0.3, ge=0, le=1, examples=[0.3])
    stale_after: Duration = Field("2d", examples=["2d"])

    def make(self, name: str, state_dir: Path) -> Source:
        """The source itself, which opens nothing yet. `state_dir` is its own, may be missing, and may be lost: what a
        source keeps there can be fetched again."""
        raise NotImplementedError
