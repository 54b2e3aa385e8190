"""When an asker can expect somebody, in words and in the desk's own time. Pure."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_WEEK = timedelta(days=6)  # after it a weekday alone could be the one before


def in_words(at: datetime, opens: datetime, by: datetime, promised: timedelta, zone: ZoneInfo) -> str:
    """`at` is now; the desk opens, or has opened, at `opens`; `by`: when somebody will have answered."""
    here = f" ({_place(zone)})"
    if opens > at:
        back = f"The team is back {_moment(opens, at, zone)}{here}."
        return f"{back} You can expect an answer {_by(by, opens, at, zone)}."
    if by - at <= promised:
        return f"Usually that takes no longer than {span_in_words(promised)}."
    return f"You can expect an answer by {_moment(by, at, zone).removeprefix('on ')}{here}."


def span_in_words(span: timedelta) -> str:
    """ "2 hours", "1 hour 30 minutes"; days are not counted: those of a desk are no calendar's."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    parts = [f"{count} {name}{'s' * (count != 1)}" for count, name in ((hours, "hour"), (minutes, "minute")) if count]
    return " ".join(parts) or "a minute"


def _by(by: datetime, opens: datetime, at: datetime, zone: tzinfo) -> str:
    if by.astimezone(zone).date() == opens.astimezone(zone).date():
        return f"by {by.astimezone(zone):%H:%M} that day"
    return f"by {_moment(by, at, zone).removeprefix('on ')}"


def _moment(moment: datetime, at: datetime, zone: tzinfo) -> str:
    there, here = moment.astimezone(zone), at.astimezone(zone)
    days = there.date() - here.date()
    if days <= timedelta(days=1):
        return f"{'tomorrow' if days else 'today'} at {there:%H:%M}"
    return f"on {there:%A}{'' if days <= _WEEK else f' {there.day} {there:%B}'} at {there:%H:%M}"


def _place(zone: ZoneInfo) -> str:
    """As people call it: "Berlin", "New York"."""
    return zone.key.rpartition("/")[2].replace("_", " ")
