"""What is told outside Slack: each change of state of an escalation, to every target that wants to hear of it. Pure.

An event is written when the state changes, in the same transaction. What it takes Slack to say (names, links) is added
when it is first delivered, and kept, so that a repeat says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from bot.desk.human_path import Escalation, Transition

VERSION = 1  # of an event's form: another one when a receiver would have to be changed

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to hear: `recipient` is one of a target's, where it has several; no desks and no moves mean all."""

    target: str
    recipient: str = ""
    desks: frozenset[str] = frozenset()
    moves: frozenset[str] = frozenset()

    def wants(self, desk: str, move: str) -> bool:
        return (not self.desks or desk in self.desks) and (not self.moves or move in self.moves)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one recipient. `attempts` counts this one; only who has the newest `fence` may say what
    came of it; `since`: when it was first to be delivered, or was begun anew."""

    id: str
    target: str
    recipient: str
    escalation_id: str
    number: int
    event: Event
    attempts: int
    fence: int
    since: datetime


class OutboxEntry(NamedTuple):
    """What an operator sees of a delivery. `due_at` None: it was given up."""

    id: str
    target: str
    escalation_id: str
    number: int
    created_at: datetime
    due_at: datetime | None
    attempts: int
    last_error: str


class OutboxFigures(NamedTuple):
    """Of one target. `oldest`: when the event that waits longest was written."""

    waiting: int
    oldest: datetime | None
    given_up: int


class GivenUp(NamedTuple):
    """What one target did not get: `first` and `last` say when the first and the last of them was given up."""

    target: str
    events: int
    first: datetime
    last: datetime
    error: str


class Outbox(Protocol):
    """The events that were written and are not delivered. Raises StoreUnavailable."""

    async def due(self) -> Mapping[str, int]:
        """How many can be delivered now, by target."""
        ...

    async def claim(self, target: str, limit: int, lease_s: float) -> Sequence[Delivery]:
        """Take some that nobody has; of an escalation and a recipient only the oldest that is not done."""
        ...

    async def complete(self, delivery: Delivery, event: Event) -> bool:
        """Keep what it says from now on. This and the following are False when somebody else has it meanwhile."""
        ...

    async def delivered(self, delivery: Delivery) -> bool: ...

    async def failed(self, delivery: Delivery, error: str, due_at: datetime) -> bool: ...

    async def give_up(self, delivery: Delivery, error: str) -> bool: ...

    async def release(self, delivery: Delivery) -> bool:
        """Whoever comes next may try it at once."""
        ...

    async def given_up(self, since: datetime) -> Sequence[GivenUp]: ...


class Whereabouts(Protocol):
    """What Slack knows. None when it does not say so in time: no delivery waits for that."""

    async def name(self, user: str) -> str | None: ...

    async def thread_url(self, channel: str, thread_ts: str) -> str | None: ...


class Target(Protocol):
    give_up_after: timedelta

    async def send(self, delivery: Delivery) -> None:
        """Raises DeliveryFailed. The same delivery may come again: its id says so to the receiver."""
        ...

    async def close(self) -> None: ...


def delivery_id(one: Transition, subscription: Subscription) -> str:
    """The same for every try, and for nothing else."""
    to = f"{subscription.target}:{subscription.recipient}" if subscription.recipient else subscription.target
    return f"{one.escalation_id}.{one.number}.{to}"


def event_of(escalation: Escalation, one: Transition) -> Event:
    """An event as it is written. Names and links are not in it yet: see with_whereabouts()."""
    return {
        "version": VERSION,
        "type": f"escalation.{one.move.value}",
        "timestamp": one.at.isoformat(),
        "data": {
            "escalation": escalation.id,
            "number": one.number,
            "desk": escalation.desk,
            "before": one.before.value if one.before else None,
            "after": one.after.value,
            "move": one.move.value,
            "reason": one.reason,
            "by": _somebody(one.by),
            "owner": _somebody(one.owner),
            "asker": _somebody(escalation.asker),
            "question": escalation.question,
            "thread": {"team": escalation.team, "channel": escalation.channel, "ts": escalation.thread_ts},
        },
    }


PEOPLE = ("by", "owner", "asker")  # of an event's data
_NOT_PEOPLE = ("desk", "timer")


def _somebody(user: str | None) -> dict[str, str | None] | None:
    return {"id": user, "name": None} if user else None


def people_in(event: Event) -> frozenset[str]:
    """The Slack ids of whom it is about."""
    named = (event["data"].get(role) for role in PEOPLE)
    return frozenset(one["id"] for one in named if one and one["id"] not in _NOT_PEOPLE)


def is_complete(event: Event) -> bool:
    return "links" in event["data"]


def with_whereabouts(event: Event, names: Mapping[str, str | None], thread_url: str | None) -> Event:
    """With the people's names and the link to the thread."""
    data = dict(event["data"])
    for role in PEOPLE:
        if (one := data.get(role)) is not None:
            data[role] = {"id": one["id"], "name": names.get(one["id"])}
    return {**event, "data": {**data, "links": {"thread": thread_url}}}


def without(event: Event, identities: Sequence[str] | frozenset[str]) -> Event:
    """The event without a person who is to be forgotten, and without what they asked."""
    data = dict(event["data"])
    asked = data.get("asker") is not None and data["asker"]["id"] in identities
    for role in PEOPLE:
        if (one := data.get(role)) is not None and one["id"] in identities:
            data[role] = None
    return {**event, "data": {**data, "question": "" if asked else data["question"]}}
