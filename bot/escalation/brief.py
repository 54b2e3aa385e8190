"""What a human needs in order to take over, gathered from the records. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.abstention import OFFER
from bot.desk.human_path import DESK, TIMER, Brief, Escalation, PastMove, Transition, Triaged
from bot.desk.model import StoredAnswer

_ANSWERED_CHARS = 1_500


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked up for a brief. `names` by id of everybody who had to do with it."""

    names: Mapping[str, str]
    thread_url: str | None
    sees_orders: bool = False
    triage: Triaged | None = None
    summary: str = ""
    expected: str = ""
    due: datetime | None = None
    rule: str = ""
    earlier: str = ""


def people_of(escalation: Escalation, moves: Sequence[Transition]) -> frozenset[str]:
    """The ids whose names a brief needs."""
    named = {escalation.asker, escalation.owner, *(one.by for one in moves), *(one.owner for one in moves)}
    return frozenset(one for one in named if one) - {DESK, TIMER}


def brief_of(escalation: Escalation, answer: StoredAnswer | None, moves: Sequence[Transition], known: Known) -> Brief:
    """A long answer is cut: the thread has all of it. What offers a human is left out: they have taken that offer."""
    names = known.names
    return Brief(
        escalation=escalation,
        asker=names.get(escalation.asker, "Somebody"),
        thread_url=known.thread_url,
        answered=_cut(_without_offer(answer.text)) if answer else "",
        sources=answer.citations if answer else (),
        owner=names.get(escalation.owner) if escalation.owner else None,
        audiences=answer.audiences if answer else (),
        private=_cut(answer.private) if answer else "",
        sees_orders=known.sees_orders,
        history=tuple(_past(one, names) for one in moves),
        triage=known.triage,
        summary=known.summary,
        names=names,
        expected=known.expected,
        due=known.due,
        rule=known.rule,
        earlier=known.earlier,
    )


def _past(one: Transition, names: Mapping[str, str]) -> PastMove:
    return PastMove(one.move, names.get(one.by, ""), names.get(one.owner or "", ""), one.reason, one.at)


def _without_offer(text: str) -> str:
    return text.removesuffix(OFFER).rstrip() if text.endswith(OFFER) else text


def _cut(text: str) -> str:
    return text if len(text) <= _ANSWERED_CHARS else text[:_ANSWERED_CHARS].rstrip() + "…"
