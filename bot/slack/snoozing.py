"""Until when an agent may put a request off, by their own clock. Pure."""

from datetime import datetime, timedelta

HOUR, TOMORROW, WEEK = "hour", "tomorrow", "week"
SNOOZES = {HOUR: "Snooze for 1 hour", TOMORROW: "Snooze until tomorrow", WEEK: "Snooze until next week"}
_MORNING = 9


def until(choice: str, now: datetime, offset: timedelta) -> datetime:
    """`offset`: of the agent's clock from UTC. Tomorrow and next week (its Monday) begin at nine."""
    if choice == HOUR:
        return now + timedelta(hours=1)
    here = now + offset
    days = 1 if choice == TOMORROW else 7 - here.weekday()
    morning = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return morning - offset
