"""What is due of an escalation, and when: responses in the desk's hours, an asker's silence, what was put off. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from bot.desk.due import DueKey, DueKind, Planned
from bot.desk.human_path import OVER, Escalation, EscalationState, Move, Transition
from bot.escalation.expected import in_words
from bot.escalation.hours import BusinessTime, RoundTheClock, hours_of
from bot.human_time_settings import HoursSettings, SlaSettings
from bot.settings import BotSettings

_BEGINS = (Move.CALL, Move.REOPEN, Move.REPLY, Move.WAIT, Move.CONFIRM, Move.NOT_YET)
_FOR_HUMANS = (EscalationState.OPEN, EscalationState.CLAIMED, EscalationState.REOPENED)
_ALWAYS = RoundTheClock()
Done = Mapping[DueKey, datetime]


@dataclass(frozen=True, slots=True)
class Timetable:
    """Of one desk. `promises`: its operator has said when its humans are there, or how soon they answer."""

    hours: BusinessTime = _ALWAYS
    sla: SlaSettings = field(default_factory=SlaSettings)
    promises: bool = False

    def plan(self, one: Escalation, moves: Sequence[Transition], done: Done) -> tuple[Planned, ...]:
        if one.state in OVER or not moves:
            return ()
        if one.snoozed_until is not None:
            return (Planned(DueKey(DueKind.WAKE, moves[-1].number), one.snoozed_until),)
        begun = waiting_since(moves)
        if one.state in _FOR_HUMANS:
            return self._responses(one, begun)
        if one.state is EscalationState.WAITING:
            return self._asker(begun, done)
        at = self._opening(begun.at + timedelta(days=self.sla.close_days))
        return (Planned(DueKey(DueKind.CLOSE, begun.number), at),)

    def next(self, one: Escalation, moves: Sequence[Transition]) -> tuple[DueKind, datetime] | None:
        """What happens, or should have happened, if nobody moves it; reminders are left out."""
        for planned in self.plan(one, moves, {}):
            if planned.key.kind is DueKind.ASKER and planned.until is not None:
                return DueKind.EXPIRE, planned.until
            if planned.key.kind is not DueKind.HALF:
                return planned.key.kind, planned.at
        return None

    def answer_due(self, one: Escalation, moves: Sequence[Transition]) -> datetime | None:
        """Where the operator has said so; None too where nobody waits for a human."""
        planned = self.plan(one, moves, {}) if self.promises else ()
        return next((each.at for each in planned if each.key.kind is DueKind.RESPONSE), None)

    def response_by(self, severity: int | None, since: datetime, share: float = 1.0) -> datetime:
        """When so large a share of the time for a response has passed."""
        return self.time_for(severity).add(since, self.promised(severity) * share)

    def promised(self, severity: int | None) -> timedelta:
        return self.sla.first_response[severity or self.sla.default_severity]

    def time_for(self, severity: int | None) -> BusinessTime:
        """The time that counts for it."""
        always_from = self.sla.round_the_clock_from
        urgent = always_from is not None and (severity or self.sla.default_severity) >= always_from
        return _ALWAYS if urgent else self.hours

    def expected(self, severity: int | None, at: datetime) -> str:
        if not self.promises:
            return ""
        hours = self.time_for(severity)
        by, opens = hours.add(at, self.promised(severity)), hours.next_opening(at)
        return in_words(at, opens, by, self.promised(severity), self.hours.zone)

    def _responses(self, one: Escalation, begun: Transition) -> tuple[Planned, ...]:
        by = self.response_by(one.severity, begun.at)
        ladder = [(DueKind.HALF, 0.5), (DueKind.RESPONSE, 1.0)] + [(DueKind.LEAD, 2.0)] * (self.sla.lead is not None)
        return tuple(
            Planned(DueKey(kind, begun.number), self.response_by(one.severity, begun.at, share), by)
            for kind, share in ladder
        )

    def _asker(self, begun: Transition, done: Done) -> tuple[Planned, ...]:
        """The end is planned once the asker was reminded, and leaves them as long after a late reminder."""
        key, days = DueKey(DueKind.ASKER, begun.number), self.sla.expire_days - self.sla.remind_asker_days
        at = self._opening(begun.at + timedelta(days=self.sla.remind_asker_days))
        reminded, left = done.get(key), timedelta(days=days)
        if reminded is None:
            return (Planned(key, at, self._opening(at + left)),)
        return (Planned(DueKey(DueKind.EXPIRE, begun.number), self._opening(max(at, reminded) + left)),)

    def _opening(self, at: datetime) -> datetime:
        """Whoever answers then is to find somebody there."""
        return self.hours.next_opening(at)


def waiting_since(moves: Sequence[Transition]) -> Transition:
    """The move since which somebody waits as they do now. Whoever takes it over, or an asker who writes once more, has
    not begun to wait only then; the end of a snooze begins it anew."""
    begun = moves[0]
    for before, move in pairwise(moves):
        woke = before.snoozed_until is not None and move.move is not Move.SNOOZE
        wrote = move.move is Move.ASKER_WROTE and before.after not in _FOR_HUMANS
        if move.move in _BEGINS or woke or wrote:
            begun = move
    return begun


@dataclass(frozen=True, slots=True)
class Timetables:
    """bot.desk.due.Plan and Expectations, by each desk's own; one that is configured no more has the defaults."""

    desks: Mapping[str, Timetable]

    def of(self, desk: str) -> Timetable:
        return self.desks.get(desk, _DEFAULT)

    def __call__(self, one: Escalation, moves: Sequence[Transition], done: Done) -> Sequence[Planned]:
        return self.of(one.desk).plan(one, moves, done)

    def expected(self, escalation: Escalation, at: datetime) -> str:
        return self.of(escalation.desk).expected(escalation.severity, at)

    def answer_due(self, escalation: Escalation, moves: Sequence[Transition]) -> datetime | None:
        return self.of(escalation.desk).answer_due(escalation, moves)


_DEFAULT = Timetable()


def timetables_of(settings: BotSettings) -> Timetables:
    return Timetables({name: timetable_of(desk.hours, desk.sla) for name, desk in settings.desks.items()})


def timetable_of(hours: HoursSettings | None, sla: SlaSettings | None) -> Timetable:
    return Timetable(hours_of(hours), sla or SlaSettings(), promises=hours is not None or sla is not None)
