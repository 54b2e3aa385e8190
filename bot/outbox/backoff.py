"""When a delivery that failed is tried again. Pure."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_S, LONGEST_S = 5.0, 3600.0
_MOST_ASKED_FOR_S = 86_400.0  # a receiver that asks for more is asked again after a day


def pause(attempts: int, jitter: float, asked_for_s: float = 0.0) -> timedelta:
    """After so many attempts: twice as long each time up to an hour, of which `jitter` (0 to 1) takes up to a half
    away, so that not everything comes back at once; never sooner than the receiver asked for."""
    longest = min(FIRST_S * 2.0 ** min(attempts - 1, 30), LONGEST_S)
    return timedelta(seconds=max(longest * (1 - jitter / 2), min(asked_for_s, _MOST_ASKED_FOR_S)))


def retry_after(value: str | None, now: datetime) -> float:
    """Seconds that a Retry-After header asks for, in either of its forms; 0 for none, and for what is neither."""
    if not value:
        return 0.0
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (then - now).total_seconds()) if then.tzinfo else 0.0
