"""How fresh a source is, in words: what it states of itself, when it changed, when it was last compared. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from bot.desk.words import flat

_VERSION = 60  # characters: the document wrote it


class Dated(Protocol):
    """A Passage, a Citation or a SourceHit."""

    @property
    def source(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def changed_at(self) -> datetime: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def stale(self) -> bool: ...


def freshness(one: Dated, now: datetime | None = None) -> str:
    """ "v3.2, March 2026 · changed 1 Mar 2026 · checked 5 min ago". `now`: when it is said; None: dates only."""
    version = flat(one.version or "")
    version = version if len(version) <= _VERSION else version[: _VERSION - 1].rstrip() + "…"
    parts = [version, f"changed {day(one.changed_at)}", checked(one.verified_at, now)]
    return " · ".join(part for part in parts if part)


def checked(verified_at: datetime | None, now: datetime | None = None) -> str:
    """ "checked 5 min ago", and with its date when that is longer ago than a day."""
    if verified_at is None:
        return "not checked yet"
    if now is None or now - verified_at >= timedelta(days=1):
        return f"checked {day(verified_at)}"
    return f"checked {ago(verified_at, now)}"


def day(when: datetime) -> str:
    return f"{when.day} {when:%b %Y}"


def ago(when: datetime, now: datetime) -> str:
    """ "just now", "5 min ago", "3 h ago", "2 days ago"."""
    past = now - when
    if past < timedelta(minutes=1):
        return "just now"
    if past < timedelta(hours=1):
        return f"{past // timedelta(minutes=1)} min ago"
    if past < timedelta(days=1):
        return f"{past // timedelta(hours=1)} h ago"
    return f"{past.days} day{'s' if past.days > 1 else ''} ago"


def stale_notice(used: Iterable[Dated], now: datetime) -> str:
    """A sentence for each source that was not compared for longer than its limit; "" when all were."""
    old = {one.source: one.verified_at for one in used if one.stale and one.verified_at}
    return " ".join(f"The documents of “{name}” were last checked {ago(at, now)}." for name, at in old.items() if at)
