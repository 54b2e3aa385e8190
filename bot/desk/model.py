"""The words of the domain. Values only: no I/O, no vendor types, all times UTC and aware."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from typing import Literal

from bot.desk.gaps import GapsNotice
from bot.handover_settings import HandoverSettings

ORDER_ID = "order:"  # begins the chunk id of an order's passage
PlaceKind = Literal["channel", "private", "dm", "cli"]
# Of a message that is no question to look up as it stands. "foreign": it does not read like English.
Intent = Literal["human", "courtesy", "vague", "foreign"]
# "outside": of another company, or gone; "nobody": a bot that is listened to
Standing = Literal["member", "guest", "outside", "unknown", "nobody"]


class Outcome(StrEnum):
    """How an accepted question ended. Each ends in exactly one of these (rule 1)."""

    ANSWERED = "answered"
    ASKED = "asked"  # a clarifying question or a courtesy: no factual sentence
    ABSTAINED = "abstained"
    ESCALATED = "escalated"
    WITHDRAWN = "withdrawn"  # its message was deleted
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks or helps. `email` is set only for confirmed members of the home workspace (rule 6). `groups`
    are ids and handles ("@people-team") of user groups, `channels` ids, as far as somebody looked."""

    user_id: str
    name: str = ""
    email: str | None = None
    standing: Standing = "unknown"
    groups: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


NOBODY = Person("", standing="nobody")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question was asked and where its answer will be seen. `thread_ts` is None for a root message. `shared`:
    with people of other workspaces; `people` are all who are in it. None: not known."""

    team: str
    channel: str
    kind: PlaceKind
    thread_ts: str | None = None
    shared: bool | None = None
    people: tuple[Person, ...] | None = None


@dataclass(frozen=True, slots=True)
class Readable:
    """The audience keywords that everybody has who sees a place. Not `known`: nobody could tell, so it is the least."""

    keywords: tuple[str, ...]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a question: a text, a picture (`data` of `media_type`; `text` is what stands in it, once
    somebody looked), or the `problem` why it is neither.

    What it holds is data that somebody else wrote (rule 7); it is neither stored nor a source that can be cited.
    """

    name: str
    text: str = ""
    media_type: str = ""
    data: bytes = field(default=b"", repr=False)
    cut: bool = False  # `text` is only its beginning
    problem: str = ""  # one sentence for people


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that somebody asked. `key` is team:channel:ts, so two deliveries of it are one question."""

    key: str
    text: str
    asker: Person
    place: Place
    ts: str
    asked_at: datetime
    attachments: tuple[Attachment, ...] = ()
    before: "tuple[Turn, ...] | None" = None  # what was said before it, where the desk's own record does not have it

    @property
    def pictures(self) -> tuple[Attachment, ...]:
        return tuple(one for one in self.attachments if one.data)

    @property
    def thread_ts(self) -> str:
        """The thread in which the answer belongs: the question's own, or the one that it starts."""
        return self.place.thread_ts or self.ts


def question_key(team: str, channel: str, ts: str) -> str:
    return f"{team}:{channel}:{ts}"


def private_question_key(user: str, team: str, ts: str) -> str:
    """The key of a question that somebody asked for themselves alone: their id stands where the channel's would."""
    return question_key(team, user, ts)


def is_private(key: str) -> bool:
    return key.split(":")[1][:1] in ("U", "W")


def incident_of(key: str) -> str:
    """What people are shown when a question failed. The log has it too; it tells nothing by itself."""
    return "FD-" + hashlib.sha256(key.encode()).hexdigest()[:8].upper()


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a thread, oldest first in a conversation."""

    role: Literal["asker", "desk", "human"]
    text: str
    at: datetime | None = None
    orders: tuple[str, ...] = ()  # of a desk's turn: the numbers of the asker's orders that it was made from


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk as configured: whose prompt, which sources, which channels, and where humans are."""

    name: str
    prompt: str
    sources: tuple[str, ...] = ()  # empty: all sources
    channels: tuple[str, ...] = ()
    escalation_channel: str | None = None
    orders: bool = False  # it looks up orders
    suggestions: tuple[str, ...] = ()  # questions that its documents answer
    handover: HandoverSettings = field(default_factory=HandoverSettings)
    triage: bool = False  # complaints get a record
    humans_see_orders: bool = False  # who is in its escalation channel may see the askers' orders

    @property
    def has_humans(self) -> bool:
        """Whether somebody can be called."""
        return self.escalation_channel is not None


@dataclass(frozen=True, slots=True)
class PromptRef:
    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a prompt demands of each answer and the desk checks; None: nothing. `question`: the question's language."""

    max_words: int | None = None
    paragraphs: int | None = None
    language: Literal["question"] | None = None

    @property
    def whole(self) -> bool:
        """A rule is about the answer as a whole: nothing of it is shown before its end (rule 4)."""
        return self.paragraphs is not None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A released system prompt. `text` is rendered: no variable is left in it."""

    ref: PromptRef
    text: str
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as retrieved. `score` is the fused score: comparable within one retrieval only."""

    chunk_id: str
    document_id: str
    source: str
    title: str
    section: str  # "Returns > Refunds", or ""
    text: str
    url: str
    changed_at: datetime
    position: int
    score: float
    version: str | None = None  # as the document states it: "v3.2, March 2026"
    similarity: float | None = None  # cosine to the question, -1..1, where it is known
    joined: tuple[str, ...] = ()  # ids of the neighbouring chunks whose text follows in `text`
    verified_at: datetime | None = None  # when its source was last compared with the index
    stale: bool = False  # that was longer ago than the source's limit
    kind: Literal["document", "order"] = "document"  # an order is readable by its owner only (rule 6)
    audience: tuple[str, ...] = ()  # keywords; a reader needs one of them

    @property
    def superseded(self) -> bool:
        """The document says of itself that another took its place."""
        return "superseded" in (self.version or "").lower()

    @property
    def whole(self) -> str:
        """What it says, behind its headings."""
        return f"{self.title} {self.section} {self.text}"


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that supports a sentence. `quote` stands in the text of the passage at `passage` (0-based)."""

    passage: int
    quote: str
    title: str
    uri: str
    section: str
    changed_at: datetime
    source: str = ""
    version: str | None = None
    verified_at: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence, Markdown, with the white space that follows it. From a writer it is unchecked and bears no marks;
    what a Stage and an Answer have is checked and bears its [n] marks."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


@dataclass(frozen=True, slots=True)
class DraftEnd:
    """A writer's last word. `notice` is a line to show with the answer ("I quote because ..."); cost None: unknown.
    `complete` False: it broke off after tokens were paid for."""

    model: str
    usage: Usage | None = None
    cost_usd: float | None = None
    notice: str = ""
    complete: bool = True

    def then(self, later: "DraftEnd") -> "DraftEnd":
        """The later one's end, with the tokens and the cost of both."""
        known = self.cost_usd is not None and later.cost_usd is not None
        return replace(
            later,
            usage=(self.usage or Usage()) + (later.usage or Usage()),
            cost_usd=(self.cost_usd or 0.0) + (later.cost_usd or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class Interpreted:
    """What a model says that a message asks: at most three questions in English, each to be understood alone. None:
    nothing of use, the rules must do. `language`: to answer in, by its English name; "": not known. `complete` False:
    the model was away; usage None: nothing was paid for."""

    questions: tuple[str, ...] = ()
    language: str = ""
    usage: Usage | None = None
    cost_usd: float | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class OrderItem:
    name: str  # or its SKU, where the database has no names
    quantity: int = 1
    price: Decimal | None = None  # of one


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A line of an order's history."""

    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its database has it. What is None or empty is not recorded there."""

    number: str
    status: str
    placed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str = ""
    tracking: str = ""
    total: Decimal | None = None
    currency: str = "$"
    items: tuple[OrderItem, ...] = ()
    history: tuple[OrderEvent, ...] = ()  # oldest first


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look-up of orders gave a writer: passages, or what to know where there are none."""

    passages: tuple[Passage, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a search gave, best first. `nearest` are what fell below the floor, to show when the desk abstains.
    `superseded` are all that it found of superseded documents, to compare with what is cited: no writer sees them.
    `search_ms` is the time that embedding the query and Qdrant took."""

    passages: tuple[Passage, ...]
    nearest: tuple[Passage, ...]
    index_version: int
    search_ms: float = 0.0
    asks: str = ""  # what the desk has to ask back before anything can be found
    superseded: tuple[Passage, ...] = ()

    @classmethod
    def of_several(cls, found: Sequence["Retrieval"]) -> "Retrieval":
        """What several searches gave, in turns: the first of each, then the second of each; none twice."""
        first = next((one for one in found if one.asks), found[0])
        if len(found) == 1 or first.asks:
            return first
        usable = _in_turns([one.passages for one in found])
        return replace(
            first,
            passages=usable,
            nearest=() if usable else _in_turns([one.nearest for one in found]),
            superseded=_in_turns([one.superseded for one in found]),
            search_ms=sum(one.search_ms for one in found),
        )


def _in_turns(found: Sequence[Sequence[Passage]]) -> tuple[Passage, ...]:
    taken: set[str] = set()
    mixed: list[Passage] = []
    for passage in (passage for row in zip_longest(*found) for passage in row if passage is not None):
        chunks = {passage.chunk_id, *passage.joined}
        if not chunks <= taken:
            mixed.append(passage)
            taken |= chunks
    return tuple(mixed)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk says, as stored. `sentences` are what the stage was given; `text` is Markdown, complete without
    `notice`, with [n] marks: [1] is `citations[0]`. `nearest` are named in the text of an abstention already."""

    outcome: Outcome
    text: str
    sentences: tuple[DraftSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    nearest: tuple[Passage, ...] = ()
    notice: str = ""
    prompt: PromptRef | None = None
    model: str | None = None
    index_version: int | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    searched: str = ""  # the standalone question that was searched for
    rejected: tuple[str, ...] = ()  # why sentences were cut, for the log
    incident: str | None = None  # with FAILED: what the log has too
    answered_at: datetime | None = None
    # Markdown for the asker alone, where `text` is seen by others; with ESCALATED for the humans who are called.
    private: str = ""
    readable: tuple[str, ...] | None = None  # the audience keywords that it was searched with

    def after(self, earlier: DraftEnd) -> "Answer":
        """With the tokens and the cost of a call of the model that went before it."""
        cost = self.cost_usd if self.usage else self.cost_usd or 0.0  # nothing written costs nothing
        both = earlier.then(DraftEnd(earlier.model, self.usage, cost))
        return replace(self, usage=both.usage, cost_usd=both.cost_usd)


@dataclass(frozen=True, slots=True)
class SourceHit:
    """A section that /sources found. `snippet` is plain text of at most 200 characters."""

    chunk_id: str
    document_id: str
    title: str
    section: str
    snippet: str
    url: str
    changed_at: datetime
    source: str = ""
    version: str | None = None
    verified_at: datetime | None = None
    stale: bool = False
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSources:
    """What /sources found for its reader. `withheld`: how many more documents fit that they may not read."""

    hits: tuple[SourceHit, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A question as it came in, stored before it was acked. `payload` is the Slack event, whole. `unasked`: nobody put
    it to the desk, which answers it where it surely can, and is silent where not."""

    key: str
    team: str
    channel: str
    ts: str
    user: str
    kind: PlaceKind
    text: str
    payload: Mapping[str, object]
    received_at: datetime
    thread_ts: str | None = None
    unasked: bool = False
    by_bot: bool = False  # a listed bot or workflow wrote it: nobody's rights, no private word


LimitName = Literal["user", "channel", "day"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many questions are taken: of an asker a minute and a day, of their channel a minute. What is over it waits;
    what would wait longer than `longest_delay` is refused."""

    user_per_minute: int
    user_per_day: int
    channel_per_minute: int
    longest_delay: timedelta


@dataclass(frozen=True, slots=True)
class Limited:
    """A question over a limit whose asker is yet to be told so. It is answered from `due_at`; `refused`: it is not,
    and one that is asked then will be."""

    item: Accepted
    by: LimitName
    due_at: datetime
    refused: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A question that this worker has until its lease ends. `attempt` counts from 1."""

    item: Accepted
    attempt: int
    incident: str  # what people are shown and the log has, should it fail


@dataclass(frozen=True, slots=True)
class Posted:
    """What is known of the message that answers a question. `ts` None: a post was begun and not confirmed."""

    key: str
    channel: str
    ts: str | None
    kind: Literal["stream", "message"]
    final: bool


@dataclass(frozen=True, slots=True)
class ThreadState:
    """`quiet`: a human has the thread, so the desk does not answer in it. `hushed`: somebody told it to be silent
    there, until it is mentioned."""

    participates: bool = False
    desk: str | None = None
    escalation_id: str | None = None
    quiet: bool = False
    hushed: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last that somebody put to the desk in a thread. `said`: what it replied, "" while it does not know.
    `people_since`: others have written there since, to each other or to them."""

    said: str
    people_since: bool


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as read back: what Share, the brief and feedback need of it."""

    key: str
    desk: str
    question: str
    asker: str
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    created_at: datetime
    notice: str = ""
    private: str = ""
    audiences: tuple[tuple[str, ...], ...] = ()  # of the documents that it was made from


@dataclass(frozen=True, slots=True)
class UsedPassage:
    """A passage that an answer was made from, as its record has it. `cited`: its numbers in the answer."""

    chunk_id: str
    title: str
    section: str
    score: float
    similarity: float | None
    audience: tuple[str, ...]
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer with all that it was made from (rule 10). `readable` None: of a version that did not keep it."""

    answer: StoredAnswer
    channel: str
    thread_ts: str
    searched: str
    sentences: tuple[str, ...]  # with their marks
    passages: tuple[UsedPassage, ...]
    readable: tuple[str, ...] | None = None
    prompt: PromptRef | None = None
    model: str | None = None
    index_version: int | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an answer says what it says, for one viewer. `passages` are those they may read, `hidden` counts the others;
    `withheld`: how many documents fit that not everybody may read who sees the answer. None: not known."""

    record: AnswerRecord
    passages: tuple[UsedPassage, ...]
    hidden: int
    withheld: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said of an answer."""

    verdict: Literal["up", "down"]
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SyncStep:
    """How far a running sync is; `total` 0: not known yet."""

    source: str
    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How a sync ended. Counts are documents; `failed` are (uri, reason); `held` removals wait for an admin."""

    source: str
    state: Literal["success", "partial", "failed"]
    added: int
    changed: int
    removed: int
    unchanged: int
    failed: tuple[tuple[str, str], ...]
    held: int
    problem: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What is known of a source. `failures` are (uri, reason), of the last sync, `audience` who may know of it."""

    source: str
    documents: int
    state: str | None  # of the last sync; None before the first
    verified_at: datetime | None
    stale: bool
    syncing: bool
    held: int
    next_due: datetime | None
    problem: str
    failures: tuple[tuple[str, str], ...]
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """What the admins' channel is told of a source. `key` is the same each time that one thing is told."""

    key: str
    source: str
    kind: Literal["stale", "held"]
    over: bool  # it is well again
    since: datetime  # when that was noticed
    verified_at: datetime | None = None
    problem: str = ""
    held: int = 0


@dataclass(frozen=True, slots=True)
class BudgetNotice:
    """What the admins' channel is told of the model's budget of a day, in dollars. `since`: when the day began."""

    key: str
    kind: Literal["near", "spent"]
    spent: float
    dollars: float
    since: datetime


@dataclass(frozen=True, slots=True)
class OutboxNotice:
    """So many events were given up that a system outside was to be told, since the first of them."""

    key: str
    target: str
    events: int
    error: str
    since: datetime


AdminNotice = SourceNotice | BudgetNotice | OutboxNotice | GapsNotice
