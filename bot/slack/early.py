"""Edits and deletions that are heard before their message: Slack keeps no order, least of all in what it repeats."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.desk.model import Accepted
from bot.slack.inbound import Deleted, Edited, written_at

_KEPT = timedelta(minutes=10)  # Slack's last try of the message comes after five


class Early:
    """Of this process only: where another one hears the message, it is answered as it was written."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._changes: dict[str, tuple[Edited | Deleted, datetime]] = {}  # by key, those noted last at the end

    def note(self, change: Edited | Deleted) -> None:
        """The latest counts, in whatever order they come."""
        now = self._clock()
        before, _ = self._changes.pop(change.key, (None, now))
        match before, change:
            case Deleted(), _:
                change = before
            case Edited(), Edited() if before.at > change.at:
                change = before
        self._changes[change.key] = change, now
        while self._changes[first := next(iter(self._changes))][1] < now - _KEPT:
            del self._changes[first]

    def as_it_stands(self, item: Accepted) -> Accepted | None:
        """What a message says by now, as far as is known. None: it was deleted."""
        change, _ = self._changes.get(item.key, (None, None))
        match change:
            case Deleted():
                return None
            case Edited(_, text, at) if at > written_at(item.payload):
                return replace(item, text=text)
        return item
