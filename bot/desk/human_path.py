"""The words of the human path, and what it needs from outside: an escalation, its moves, where humans are."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.desk.model import Accepted, Citation

DESK, TIMER = "desk", "timer"  # who moves an escalation, where it is nobody in Slack


class EscalationState(StrEnum):
    OPEN = "open"  # nobody has it
    CLAIMED = "claimed"  # its owner is at work on it
    WAITING = "waiting"  # its owner asked the asker something
    ANSWERED = "answered"  # its owner has replied
    CONFIRMED = "confirmed"  # the asker says that it is solved
    CLOSED = "closed"
    REOPENED = "reopened"  # it was over, and nobody has it again
    EXPIRED = "expired"  # the asker never answered


HELPING = (
    EscalationState.OPEN,
    EscalationState.CLAIMED,
    EscalationState.WAITING,
    EscalationState.ANSWERED,
    EscalationState.REOPENED,
)
QUIET = (EscalationState.CLAIMED, EscalationState.WAITING, EscalationState.ANSWERED)  # a human has the thread
OVER = (EscalationState.CLOSED, EscalationState.EXPIRED)


class Move(StrEnum):
    CALL = "call"
    CLAIM = "claim"
    REPLY = "reply"
    WAIT = "wait"  # a reply that asks the asker something
    ASKER_WROTE = "asker_wrote"
    HAND_OVER = "hand_over"
    CONFIRM = "confirm"
    NOT_YET = "not_yet"  # the reply did not solve it
    CLOSE = "close"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    WAKE = "wake"  # out of its snooze
    EXPIRE = "expire"


class HandoverReason(StrEnum):
    """Why a human was called."""

    ASKED = "asked"
    ABSTAINED_TWICE = "abstained_twice"
    POLICY = "policy"
    TRIAGE = "triage"
    FEEDBACK = "feedback"

    @property
    def is_theirs(self) -> bool:
        """A person called, and not the desk by itself."""
        return self in (HandoverReason.ASKED, HandoverReason.FEEDBACK)


@dataclass(frozen=True, slots=True)
class Escalation:
    """A thread that was handed to humans. `number` is that of its last move; up to `announced` they were made known:
    its brief shows them and its people were told. `brief_ts` None: its brief is not posted yet. `severity` is that of
    its triage; None: nobody knows yet."""

    id: str
    desk: str
    team: str
    channel: str
    thread_ts: str
    asker: str
    question: str
    answer_key: str | None
    state: EscalationState
    created_at: datetime
    owner: str | None = None
    brief_channel: str | None = None
    brief_ts: str | None = None
    changed_at: datetime | None = None
    reason: HandoverReason = HandoverReason.ASKED
    number: int = 1
    announced: int = 0
    snoozed_until: datetime | None = None
    severity: int | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A move of an escalation, as stored. `number` counts from 1 within it; `by` is a Slack user, DESK or TIMER;
    `owner` is who has it then. `reason` is why, in words for people, or a HandoverReason where one called; "" in old
    rows. `text` is what was written to the asker, or by them. `cause` is the press or the message that made it, so that
    one which comes again makes nothing; "": nothing comes again."""

    escalation_id: str
    number: int
    before: EscalationState | None  # None: a CALL
    after: EscalationState
    move: Move
    by: str
    owner: str | None
    reason: str
    at: datetime
    text: str = ""
    cause: str = ""
    snoozed_until: datetime | None = None


def called(escalation: Escalation) -> Transition:
    """The first move of a new escalation: the asker's, or the desk's own."""
    return Transition(
        escalation.id,
        1,
        None,
        EscalationState.OPEN,
        Move.CALL,
        escalation.asker if escalation.reason.is_theirs else DESK,
        None,
        escalation.reason.value,
        escalation.created_at,
    )


class Triaged(Protocol):
    """What a brief shows of a triage record: see bot.desk.triage.TriageRecord."""

    @property
    def category(self) -> str: ...

    @property
    def severity(self) -> int: ...

    @property
    def requires_escalation(self) -> bool: ...

    @property
    def language(self) -> str: ...

    @property
    def order(self) -> str | None: ...

    @property
    def product(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class PastMove:
    """A line of a brief's history. `by` and `owner` are names; `by` "" where nobody did it."""

    move: Move
    by: str
    owner: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """What a human is told of an escalation. Names, not ids; `sources` are what the answer cited, `audiences` those of
    all documents that it was made from, `private` what of it only the asker was told: of their orders. `withheld`:
    where the brief stands, the answer may not be read. `sees_orders`: who reads it there may see the asker's orders.
    """

    escalation: Escalation
    asker: str
    thread_url: str | None
    answered: str = ""
    sources: tuple[Citation, ...] = ()
    owner: str | None = None
    audiences: tuple[tuple[str, ...], ...] = ()
    withheld: bool = False
    private: str = ""
    sees_orders: bool = False
    history: tuple[PastMove, ...] = ()
    triage: Triaged | None = None
    summary: str = ""  # of what the asker wrote
    names: Mapping[str, str] = field(default_factory=dict)  # by id, of everybody who made or was given a move
    expected: str = ""  # when the asker may expect somebody, in sentences
    due: datetime | None = None  # when they are to have an answer; None: nothing was promised, or nobody waits
    rule: str = ""  # of the desk's policy, by which a human was called; "": by none, or not by one of today's
    earlier: str = ""  # what the asker had asked before, where the question goes on from that


class HumanState(StrEnum):
    """What came of asking for a human."""

    CALLED = "called"
    ALREADY_OPEN = "already_open"
    ALREADY_CLAIMED = "already_claimed"
    REOPENED = "reopened"
    NOWHERE = "nowhere"  # neither an escalation channel nor an admin channel is configured
    DELAYED = "delayed"  # recorded; its brief will be posted when Slack takes it


@dataclass(frozen=True, slots=True)
class HumanCalled:
    state: HumanState
    escalation: Escalation | None = None
    owner: str | None = None  # a name


class Escalations(Protocol):
    """The record of them. Raises StoreUnavailable."""

    async def create(self, escalation: Escalation) -> Escalation:
        """Store it with its CALL, or return the one that the thread has already while that is not over."""
        ...

    async def get(self, escalation_id: str) -> Escalation | None: ...

    async def of_thread(self, team: str, channel: str, thread_ts: str) -> Escalation | None:
        """The thread's escalation that is not over."""
        ...

    async def latest_of_thread(self, team: str, channel: str, thread_ts: str) -> Escalation | None:
        """Over or not."""
        ...

    async def of_question(self, key: str) -> Escalation | None:
        """To which a human was called, over or not."""
        ...

    async def move(self, transition: Transition) -> Escalation | None:
        """Store the move and where it leads, both or nothing. None: its escalation has moved since, or is not in the
        state that it starts from, or the thread has another one by now."""
        ...

    async def transitions(self, escalation_id: str) -> Sequence[Transition]:
        """All its moves, in order."""
        ...

    async def set_brief(self, escalation_id: str, channel: str, ts: str) -> None: ...

    async def set_announced(self, escalation_id: str, number: int) -> None:
        """Its moves up to that number were made known."""
        ...

    async def unresolved(self, team: str, limit: int, asker: str | None = None) -> Sequence[Escalation]:
        """Those that somebody is to help with, who has waited longest first; of one asker, or of all."""
        ...

    async def begin_showing(self, escalation_id: str) -> bool:
        """Until end_showing(), or until a minute has passed, no other process shows it. Again by the same process: for
        a minute more. False: another one does now."""
        ...

    async def end_showing(self, escalation_id: str) -> None: ...

    async def unannounced(self) -> list[Escalation]:
        """Whose brief is not posted, or of whose moves people were not told: what a crash or an outage left behind."""
        ...


class Triages(Protocol):
    async def of_thread(self, team: str, channel: str, thread_ts: str) -> Triaged | None:
        """Of the complaints in a thread the gravest; None: there is none, or nobody has looked yet. Raises
        StoreUnavailable."""
        ...

    async def summary(self, question_key: str) -> str:
        """What its asker wants, in short; "": it is not made, or not yet. Raises StoreUnavailable."""
        ...


class HumanDesk(Protocol):
    """Where humans are, as the escalation sees it. Raises Unavailable when it can't be reached."""

    async def post_brief(self, brief: Brief, channel: str) -> str:
        """Its ts."""
        ...

    async def find_brief(self, escalation: Escalation, channel: str) -> str | None:
        """The ts of a brief that an earlier try may have posted (rule 2)."""
        ...

    async def update_brief(self, brief: Brief) -> None: ...

    async def announce(self, brief: Brief, transition: Transition, *, again: bool) -> None:
        """Tell the asker's thread, and where it matters the owner beside the brief, of a move. `again`: an earlier try
        may have told it, so that is looked for first (rule 2). A thread that can never be told again counts as told."""
        ...

    async def look_ahead(self, escalation: Escalation, channel: str) -> None:
        """Find out who reads the channel while other things are looked up: its brief needs that at once."""
        ...

    async def thread_url(self, escalation: Escalation) -> str | None: ...

    async def name(self, user: str) -> str: ...

    async def is_member(self, channel: str, user: str) -> bool: ...


class Humans(Protocol):
    """The human path, as the surfaces call it. Each move raises TransitionRefused, in words for who tried it, where it
    may not be made, and StoreUnavailable; it returns when it is stored, and is shown after that. `cause` is what
    Transition says of it."""

    async def call(
        self,
        team: str,
        channel: str,
        thread_ts: str,
        asker: str,
        answer_key: str,
        reason: HandoverReason = HandoverReason.ASKED,
        *,
        stored: Callable[[], Awaitable[object]] | None = None,
        once: bool = False,
    ) -> HumanCalled:
        """Ask for a human in a thread. Once a thread: again gives the escalation that is there. `stored` is called when
        a new one is recorded: it is shown after that, which may take a while. `once`: it comes of a question that may
        be dealt with again after a crash: nobody is called to it a second time, whatever became of the first. So it is
        with each call by the desk itself."""
        ...

    async def claim(self, escalation_id: str, user: str, cause: str = "") -> Escalation: ...

    async def reply(
        self, escalation_id: str, user: str, text: str, *, asks: bool = False, cause: str = ""
    ) -> Escalation:
        """The text reaches the asker under the agent's name. `asks`: it waits for the asker's word."""
        ...

    async def hand_over(
        self, escalation_id: str, user: str, to: str, reason: str = "", cause: str = ""
    ) -> Escalation: ...

    async def resolve(self, escalation_id: str, user: str, reason: str = "", cause: str = "") -> Escalation:
        """By its asker, its owner, an admin or the desk's lead; one that nobody claimed, by whoever may claim it."""
        ...

    async def snooze(self, escalation_id: str, user: str, until: datetime, cause: str = "") -> Escalation:
        """Nobody is reminded of it until then; each other move ends that."""
        ...

    async def confirm(self, escalation_id: str, user: str, cause: str = "") -> Escalation: ...

    async def not_yet(self, escalation_id: str, user: str, cause: str = "") -> Escalation:
        """It is not solved: back to its owner, or, when it is over, to whoever takes it."""
        ...

    async def asker_wrote(self, message: Accepted) -> bool:
        """A message in a thread that a human has, or, in a direct message, is to have: whether it was noted for them.
        It is where it is the asker's, and news to them. It may come again, and late."""
        ...

    async def timer(self, known: Escalation, move: Move, reason: str = "") -> Escalation:
        """EXPIRE, CLOSE or WAKE, when their time has come; refused where it has moved since it was as `known`."""
        ...

    async def refresh(self, escalation_id: str) -> bool:
        """Bring the brief up to date with what has become known beside its moves, such as its triage. Whether it is."""
        ...

    async def post_pending(self) -> None:
        """Post the briefs and tell the moves that a crash or an outage left."""
        ...

    async def drain(self, seconds: float) -> None:
        """Let what is being shown end. What does not is shown by the next run."""
        ...
