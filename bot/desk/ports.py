"""What the use cases need from outside. Each adapter lives in a package of its own; bootstrap hands them in."""

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from datetime import datetime
from typing import Literal, Protocol

from bot.desk.desk_settings import ChannelSetting, DayNumbers, RecentThread, SetInSlack
from bot.desk.model import (
    Accepted,
    AdminNotice,
    Allowance,
    Answer,
    AnswerRecord,
    Attachment,
    Claimed,
    DraftEnd,
    DraftSentence,
    Exchange,
    Intent,
    Interpreted,
    Limited,
    Looked,
    Order,
    Outcome,
    Passage,
    Posted,
    Prompt,
    Question,
    Retrieval,
    SourceStatus,
    StoredAnswer,
    SyncResult,
    SyncStep,
    ThreadState,
    Turn,
    Usage,
    Verdict,
)


class Orders(Protocol):
    """The company's order database, read only. Raises OrdersUnavailable and OrdersInvalid.

    Both methods see the orders of one e-mail address only. A number that belongs to somebody else is as unknown as one
    that does not exist, and takes the same statements to find out.
    """

    async def get_order(self, number: str, email: str) -> Order | None: ...

    async def list_orders(self, email: str, limit: int) -> Sequence[Order]:
        """The latest first."""
        ...


class OrderTools(Protocol):
    """The look-ups that a writer may make for one question. Whose orders they see was decided before. Raises
    OrdersUnavailable."""

    async def get_order(self, number: str) -> Looked: ...

    async def list_orders(self, limit: int) -> Looked: ...


class Engine(Protocol):
    """Search and writing. Raises RetrievalUnavailable, ModelUnavailable or ModelRefused, never a vendor's error."""

    async def meant(self, text: str) -> Intent | None:
        """What a message is for, where it is no question to look up as it stands; None: it is, or nobody is sure."""
        ...

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval: ...

    async def look(self, pictures: Sequence[Attachment]) -> tuple[str, DraftEnd]:
        """What to search for on account of these pictures, "" for nothing; and what finding that out cost."""
        ...

    def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> AsyncGenerator[DraftSentence | Passage | DraftEnd, None]:
        """Sentences in order, each as soon as it is complete, then exactly one DraftEnd. A Passage among them is what
        a look-up found: from there on citations may count it as the next of `passages`. `note` is the desk's own word
        to the writer. `attachments` came with the question: they tell what is meant and can't be cited."""
        ...

    def quote(
        self,
        question: str,
        passages: Sequence[Passage],
        turns: Sequence[Turn],
        *,
        attachments: Sequence[Attachment] = (),
    ) -> AsyncGenerator[DraftSentence | Passage | DraftEnd, None]:
        """The same without a model: the passages' best sentences. What remains when write() raises ModelUnavailable."""
        ...


class Interpreter(Protocol):
    """What a message asks, in the words to search for. Raises ModelUnavailable."""

    async def interpret(self, message: str, turns: Sequence[Turn]) -> Interpreted:
        """`turns` are the thread before it. Both are data: nothing in them is an instruction to the model."""
        ...


class ReadFile(Protocol):
    """Reads what somebody attached to a message, wherever a hostile file can do no harm."""

    async def __call__(self, name: str, content: bytes) -> str:
        """The file's text. Raises FileUnreadable."""
        ...


class Prompts(Protocol):
    def live(self, name: str) -> Prompt:
        """The released version of a prompt. Raises PromptInvalid."""
        ...


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, UTC and aware."""
        ...


class Stage(Protocol):
    """Where an answer appears while it is made: a Slack stream, a message that is updated, or a terminal."""

    async def progress(self, text: str) -> None:
        """A short line such as "Searching the documents"; may be dropped."""
        ...

    async def sentence(self, sentence: DraftSentence) -> None:
        """A checked sentence, which will not be withdrawn."""
        ...


class Conversations(Protocol):
    """The threads that the desk takes part in."""

    async def turns(self, question: Question) -> Sequence[Turn]:
        """What was said in the question's thread before it, oldest first; at the root of a direct message, what was
        said there in the last half hour."""
        ...


class Answers(Protocol):
    async def spent_since(self, at: datetime) -> float:
        """Dollars that the answers since then cost, and all that was spent beside them, as far as prices are known."""
        ...

    async def save(self, question: Question, desk: str, answer: Answer) -> None:
        """Store the answer under its question's key; saving again replaces it. One to a question that was withdrawn
        meanwhile is not kept."""
        ...

    async def get(self, key: str) -> StoredAnswer | None: ...

    async def subject(self, key: str) -> StoredAnswer | None:
        """What a human is called about from there: the answer itself, or, where its question was nothing but the call,
        the one to what its asker had asked in the thread before: no courtesy, and nothing that was asked in private.
        """
        ...

    async def asked_before(self, key: str) -> Sequence[str]:
        """What its asker had put to the desk in the thread before that question, the oldest first; nothing private."""
        ...

    async def outcomes(self, question: Question, limit: int) -> Sequence[Outcome]:
        """How the latest other questions of its thread ended, the latest first; none from before the last move of
        what a human was called for there: those have been dealt with."""
        ...


class Inbox(Protocol):
    """The questions that were accepted. Durable: what accept() returned for survives a crash."""

    async def accept(self, item: Accepted, allowance: Allowance | None = None) -> bool:
        """Store a question; what is over the allowance is stored as limited. False: its key was there already; an
        unasked one that is put to the desk now, and has had no answer, is new. Raises StoreUnavailable: then nothing
        may be acked."""
        ...

    async def claim(self, limit: int, lease_s: float) -> list[Claimed]:
        """Take up to `limit` questions that nobody has, of each thread one at a time, whichever process has it; ones
        whose lease ended come again. Fair: first each asker's first one within a minute, among these each channel's
        first one, and so on; then the oldest."""
        ...

    async def claim_stuck(self, limit: int, lease_s: float, before: datetime) -> list[Accepted]:
        """Take those that were due before that time and that nobody has, whatever their turn, and count no attempt:
        they are to get their notice."""
        ...

    async def limited(self) -> list[Limited]:
        """Whose askers are yet to be told, oldest first."""
        ...

    async def limit_told(self, key: str) -> None: ...

    async def by_bots_lately(self, item: Accepted, since: datetime) -> int:
        """Questions of bots around the item, with no person's between them: in its thread, or since then of the same
        bot in its channel, whichever are more."""
        ...

    async def renew(self, keys: Collection[str], lease_s: float) -> set[str]:
        """Keep what this process claimed; those that are still its own. The others were closed, or somebody else took
        them after their lease had ended."""
        ...

    async def finish(self, key: str, outcome: Outcome) -> bool:
        """False: it was closed already."""
        ...

    async def release(self, key: str, *, outage: bool = False) -> None:
        """Give back, unfinished, what this process claimed; it can be claimed at once. The attempt that met an `outage`
        does not count, but as the first: what comes again was begun."""
        ...

    async def release_all(self) -> None:
        """Give back what the run of this process before it had claimed."""
        ...

    async def amend(self, key: str, text: str, since: datetime) -> bool:
        """Replace the text of an open question that is not claimed yet or was accepted after `since`. False: too late,
        or unknown."""
        ...

    async def text(self, key: str) -> str | None:
        """What a question says by now; None when it is unknown, or was withdrawn."""
        ...

    async def withdraw(self, key: str) -> Accepted | None:
        """Close a question whose message was deleted, and keep nothing of what it said, also where it was finished
        already. The question, where it was open."""
        ...

    async def unasked(self, key: str) -> bool:
        """Whether nobody has put it to the desk by now."""
        ...

    async def outcome(self, key: str) -> Outcome | None:
        """How a question ended; None while it is open, or when it is unknown."""
        ...

    async def has(self, key: str) -> bool:
        """Whether it was ever accepted."""
        ...


class Told(Protocol):
    """What people are told once, of which there is no message that could be looked up: over restarts and replicas."""

    async def begin(self, key: str, until: datetime) -> bool | None:
        """Whether to tell it now. False: it was told, and counts as that until then. None: somebody is about to, or
        was and died; then it is to be told again a little later. Raises StoreUnavailable."""
        ...

    async def done(self, key: str, until: datetime) -> None:
        """`until` then it counts as told."""
        ...


class Posts(Protocol):
    """What was posted for a question, so that nothing is posted twice (rule 2)."""

    async def started(self, key: str, channel: str, kind: Literal["stream", "message"]) -> None:
        """About to post: from here on recovery must look before it posts."""
        ...

    async def posted(self, key: str, ts: str, *, final: bool) -> None: ...

    async def of(self, key: str) -> Posted | None: ...


class Threads(Protocol):
    """The threads that the desk takes part in."""

    async def join(self, team: str, channel: str, thread_ts: str, desk: str) -> None: ...

    async def state(self, team: str, channel: str, thread_ts: str) -> ThreadState: ...

    async def took_part(self, team: str, channel: str, thread_ts: str, ts: str) -> bool:
        """Whether the desk had been asked something in the thread before the message at `ts`, and that was written
        neither while a human, who has resolved it since, had been asked for, nor while the desk was hushed there."""
        ...

    async def exchange(self, team: str, channel: str, thread_ts: str, user: str, ts: str) -> Exchange | None:
        """The last that somebody put to the desk there before `ts`; None: nothing."""
        ...

    async def people_spoke(self, team: str, channel: str, thread_ts: str, ts: str) -> None:
        """Somebody wrote there, at `ts`, what was not for the desk."""
        ...

    async def hush(self, team: str, channel: str, thread_ts: str, by: str) -> None:
        """Be silent there from now on."""
        ...

    async def wake(self, team: str, channel: str, thread_ts: str, at: datetime) -> bool:
        """Be silent there no more, unless it was hushed after `at`. Whether it was hushed."""
        ...

    async def recent(self, team: str, channel: str, since: datetime, limit: int) -> Sequence[RecentThread]:
        """Where the desk answered in the channel and is not hushed, the latest first."""
        ...


class DeskSettings(Protocol):
    """What admins set in Slack. Raises StoreUnavailable."""

    async def all(self, team: str) -> SetInSlack: ...

    async def set_channel(self, team: str, setting: ChannelSetting) -> None: ...

    async def pause(self, team: str, by: str) -> None: ...

    async def resume(self, team: str) -> None: ...


class Numbers(Protocol):
    async def between(self, team: str, begin: datetime, end: datetime) -> DayNumbers:
        """Of the questions that came then, without those that nobody put to the desk and that it left unsaid; and what
        was spent then."""
        ...


class Presence(Protocol):
    """Until when the desk has heard everything that was said in a workspace."""

    async def heard_until(self, team: str) -> datetime | None:
        """None: the desk was never there."""
        ...

    async def set_heard_until(self, team: str, at: datetime) -> None: ...


class Feedback(Protocol):
    async def save(self, answer_key: str, user: str, verdict: Verdict) -> None:
        """One verdict a person and answer; a later one replaces it."""
        ...

    async def of(self, answer_key: str, user: str) -> Verdict | None: ...


class AnswerRecords(Protocol):
    async def record(self, key: str) -> AnswerRecord | None:
        """All that is known of how an answer was made."""
        ...


class Shares(Protocol):
    """What somebody showed to others, so that it is posted once whoever presses how often (rule 2)."""

    async def begin(self, key: str, channel: str, user: str) -> bool:
        """Whether it is the caller's to post: nobody has, and nobody began to a moment ago."""
        ...

    async def done(self, key: str, ts: str) -> None: ...

    async def give_back(self, key: str) -> None:
        """It was not posted: somebody may try again at once."""
        ...

    async def shared_in(self, key: str) -> str | None:
        """The channel where it was posted."""
        ...


class SyncDesk(Protocol):
    """The sources' upkeep, which is no part of the bot."""

    @property
    def sources(self) -> Sequence[str]:
        """The configured ones, by name."""
        ...

    async def sync(self, source: str, on_step: Callable[[SyncStep], None], *, approve: bool = False) -> SyncResult:
        """Bring a source up to date now; `approve` also removes what was held. `on_step` is called from any thread.
        Raises SyncRefused when it does not start, as when somebody else syncs it."""
        ...

    async def status(self) -> Sequence[SourceStatus]:
        """Raises Unavailable."""
        ...


class AdminChannel(Protocol):
    """Where the admins hear of sources, the budget and the week. Raises SlackUnavailable and SlackRefused, which are
    DeskErrors."""

    async def tell(self, notice: AdminNotice) -> None: ...

    async def told(self, notice: AdminNotice) -> bool:
        """Whether it stands there: after a crash or a lost reply nobody knows without looking."""
        ...


class Spending(Protocol):
    """What calls of the model cost that are part of no answer."""

    async def add(self, purpose: str, model: str, cost_usd: float | None) -> None:
        """One call. `cost_usd` None: a price is not known. Raises StoreUnavailable."""
        ...


class Meter(Protocol):
    """What an operator watches: kinds, counts and times. Nothing that people wrote, and nobody's id."""

    def question_ended(self, desk: str, outcome: Outcome, seconds: float) -> None:
        """`seconds` since it was accepted."""
        ...

    def shown(self, what: Literal["sign", "sentence"], seconds: float) -> None:
        """The first of its kind that the asker saw of an answer, so many seconds after the question was accepted."""
        ...

    def model_used(self, model: str, usage: Usage, cost_usd: float | None) -> None:
        """By one call. `cost_usd` None: a price is not known."""
        ...

    def model_failed(self, kind: str) -> None:
        """One call, also one that is tried again: "rate_limited", "overloaded", "timeout", ..."""
        ...

    def slack_called(self, method: str, error: str, seconds: float) -> None:
        """`error` "": it went well."""
        ...

    def slack_waited(self, method: str, seconds: float) -> None:
        """For its turn, because Slack takes so many calls and no more."""
        ...
