"""What the edge to Slack is given, by whoever composes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.desk.due import Expectations
from bot.desk.human_path import Escalations
from bot.desk.learning import LearnFrom
from bot.desk.ports import AnswerRecords, Feedback, Numbers, Presence, Shares, SyncDesk, Told
from bot.slack.client import SlackClients
from bot.slack.listeners.sources_command import LookUpSources
from bot.slack.listeners.sync_command import PROGRESS_AFTER_S
from bot.slack.listeners.why import ExplainAnswer
from bot.slack.manners import Manners
from bot.slack.people import People
from bot.slack.work import Work


class Timekeeper(Protocol):
    """Does what is due of escalations, while Slack can be reached."""

    def start(self) -> None: ...

    async def stop(self, drain_s: float) -> None: ...


class Triaging(Protocol):
    """Triages what was asked, while Slack can be reached."""

    async def watch(self) -> None:
        """Until it is cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where a default is no default, the tests set it, to wait less."""

    clients: SlackClients
    people: People
    work: Work
    look_up: LookUpSources
    feedback: Feedback
    presence: Presence
    told: Told
    escalations: Escalations
    numbers: Numbers
    records: AnswerRecords
    shares: Shares
    explain: ExplainAnswer
    ping_every_s: float = 10.0
    redial_s: float = 0.5
    attend_every_s: float = 1.0
    timekeeper: Timekeeper | None = None
    sync_desk: SyncDesk | None = None
    learn: LearnFrom | None = None
    triaging: Triaging | None = None
    expectations: Expectations | None = None
    admins: Sequence[str] = ()
    progress_after_s: Sequence[float] = PROGRESS_AFTER_S
    manners: Manners = field(default_factory=Manners)
