"""Escalations as lines for people, as CSV and as JSON. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.desk.due import DueKind
from bot.desk.human_path import Escalation, Transition
from bot.escalation.durations import Figures, Spread, figures, took
from bot.escalation.expected import span_in_words
from bot.escalation.timetable import timetables_of
from bot.settings import BotSettings
from bot.store.escalation_log import Logged

_COMES = {
    DueKind.RESPONSE: "answer due",
    DueKind.WAKE: "snoozed until",
    DueKind.EXPIRE: "expires",
    DueKind.CLOSE: "closes itself",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OF = ("id", "desk", "severity", "state", "asker", "owner", "channel", "thread_ts", "question", "created_at")
_TRIAGE = ("category", "requires_escalation", "language", "order", "product", "confidence", "made_by")
_EVENT = ("number", "at", "move", "before", "after", "by", "owner", "reason", "text", "snoozed_until")


def lines(logged: Sequence[Logged], settings: BotSettings, now: datetime) -> Iterator[str]:
    """One an escalation, the oldest first."""
    if not logged:
        yield "No request for a human is open."
    for one in logged:
        state = one.escalation
        owner = f"owner {state.owner}" if state.owner else "nobody has it"
        parts = [f"{state.id}: {state.state.value}", f"{_age(now - state.created_at)} old", owner, f"desk {state.desk}"]
        parts.append(f"severity {_severity(state, settings)}")
        yield "; ".join([*parts, *_due(one, settings, now)])
        yield f"  {' '.join(state.question.split())[:100] or '(no question in words)'}"


def _due(one: Logged, settings: BotSettings, now: datetime) -> Iterator[str]:
    table = timetables_of(settings).of(one.escalation.desk)
    if coming := table.next(one.escalation, one.moves):
        kind, at = coming
        late = "OVERDUE, " if kind is DueKind.RESPONSE and at < now else ""
        yield f"{late}{_COMES[kind]} {at.astimezone(table.hours.zone):%Y-%m-%d %H:%M %Z}"


def _severity(one: Escalation, settings: BotSettings) -> int:
    return one.severity or timetables_of(settings).of(one.desk).sla.default_severity


def _age(span: timedelta) -> str:
    """Of the largest unit only."""
    if span >= timedelta(days=2):
        return f"{span.days} days"
    return span_in_words(timedelta(hours=span // timedelta(hours=1)) if span >= timedelta(hours=1) else span)


def plain(one: Logged, settings: BotSettings) -> dict[str, Any]:
    """As a JSON object with all that happened. Its severity is null while nobody has looked at it."""
    coming = timetables_of(settings).of(one.escalation.desk).next(one.escalation, one.moves)
    due = {"what": coming[0].value, "at": coming[1].isoformat()} if coming else None
    of_it = {name: _value(getattr(one.escalation, name)) for name in (*_OF, "reason", "snoozed_until")}
    counts_as = {"counts_as_severity": _severity(one.escalation, settings), "due": due}
    return of_it | counts_as | {"triage": _triage(one), "events": [_event(move) for move in one.moves]}


def _triage(one: Logged) -> dict[str, Any] | None:
    return {name: getattr(one.triage, name) for name in _TRIAGE} if one.triage else None


def _event(move: Transition) -> dict[str, Any]:
    return {name: _value(getattr(move, name)) for name in _EVENT}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def as_csv(logged: Sequence[Logged]) -> str:
    """A row an event, with what it is of in front. What people wrote is no formula for whoever opens it."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([*_OF, *(f"triage_{name}" for name in _TRIAGE), *(f"event_{name}" for name in _EVENT)])
    for one in logged:
        of_it = [_value(getattr(one.escalation, name)) for name in _OF]
        of_it += (_triage(one) or dict.fromkeys(_TRIAGE)).values()
        for move in one.moves:
            rows.writerow([_harmless(value) for value in (*of_it, *_event(move).values())])
    return text.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def stats(logged: Sequence[Logged], settings: BotSettings, now: datetime) -> list[Figures]:
    tables = timetables_of(settings)
    return figures(took(one.escalation, one.moves, tables.of(one.escalation.desk), now) for one in logged)


def figure_lines(every: Sequence[Figures]) -> Iterator[str]:
    if not every:
        yield "Nobody has asked for a human."
    for one in every:
        name = f"desk {one.desk}" if one.severity is None else f"  severity {one.severity}"
        share = f"{one.in_time} of {one.judged} answered in time ({one.in_time / one.judged:.0%})" if one.judged else ""
        yield ": ".join(filter(None, (f"{name}: {one.count} request{'s' * (one.count != 1)}", share)))
        for what, spread in (("claimed", one.to_claim), ("answered", one.to_reply), ("over", one.to_close)):
            if spread is not None:
                yield f"    {what} after {_span(spread.median)} (median), {_span(spread.p90)} (90th percentile)"


def _span(span: timedelta) -> str:
    return span_in_words(span) if span >= timedelta(seconds=30) else f"{span.total_seconds():.0f} s"


def plain_figures(every: Sequence[Figures]) -> list[dict[str, Any]]:
    """Times are seconds of the desk's own time."""
    return [
        {
            "desk": one.desk,
            "severity": one.severity,
            "requests": one.count,
            "to_claim": _plain_spread(one.to_claim),
            "to_first_reply": _plain_spread(one.to_reply),
            "to_close": _plain_spread(one.to_close),
            "in_time": one.in_time,
            "judged": one.judged,
        }
        for one in every
    ]


def _plain_spread(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {"count": spread.count, "median_s": spread.median.total_seconds(), "p90_s": spread.p90.total_seconds()}
