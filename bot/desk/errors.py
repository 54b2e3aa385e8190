"""Everything that can go wrong while a question is answered, as one tree.

DeskError                      the root; `public` is what a person in Slack may read
├── Unavailable                an outage, never an empty result (rule 5)
│   ├── RetrievalUnavailable   the index or the embedder did not answer
│   ├── ModelUnavailable       the model did not answer in time, or at all
│   │   └── BudgetSpent        the model's budget of the day is used up
│   ├── OrdersUnavailable      the order database did not answer
│   └── StoreUnavailable       the database did not answer; nothing was accepted
├── AudienceNarrowed           those who would see the answer may read less than when it was begun
├── QuestionEdited             the message is another by now, and nothing of an answer was shown
├── ModelRefused               the model declined to answer
├── PromptInvalid              a prompt file cannot be used
├── OrdersInvalid              [orders] does not fit the database that it names
├── NotForThem             somebody wants to look into an answer that they can't see
├── FileUnreadable             a file that came with a question has no text that can be read
├── TransitionRefused          an escalation cannot go where it was asked to go
├── DeliveryFailed             a system outside did not take what it was told
└── SyncRefused                a sync did not start, because the source is being synced, say
"""


class DeskError(Exception):
    """Root of the tree. The exception's text is for the log; `public` is for people and holds no detail."""

    public = "Something went wrong on our side."


class Unavailable(DeskError):
    """A part that we depend on is down: an outage has its own outcome and is never shown as "no results"."""

    public = "A part of the desk is not reachable right now."


class RetrievalUnavailable(Unavailable):
    public = "I can't search the documents right now."


class ModelUnavailable(Unavailable):
    public = "I found documents but can't write an answer right now."


class BudgetSpent(ModelUnavailable):
    """Nothing was asked of the model, so nothing more was spent."""


class OrdersUnavailable(Unavailable):
    public = "I can't look up orders right now."


class StoreUnavailable(Unavailable):
    public = "I can't keep my records right now."


class ModelRefused(DeskError):
    public = "I can't help with that request."


class AudienceNarrowed(DeskError):
    """Nothing of the answer was shown; made anew, it holds what they may read."""

    public = "Who can read this conversation kept changing, so I did not answer."


class QuestionEdited(DeskError):
    """The question is answered as edited: `text` is what it says now."""

    def __init__(self, text: str) -> None:
        super().__init__("the question was edited")
        self.text = text


class PromptInvalid(DeskError):
    public = "The desk's instructions can't be read."


class TriageInvalid(DeskError):
    """The text says which file is wrong."""

    public = "Complaints can't be sorted: that is not set up rightly."


class OrdersInvalid(DeskError):
    """The text says which setting is wrong, and what the database has."""

    public = "I can't look up orders: they are not set up rightly."


class NotForThem(DeskError):
    public = "Only people who can see this answer can look into it."


class FileUnreadable(DeskError):
    """`public` is set by the raiser: one sentence, why."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class TransitionRefused(DeskError):
    """An illegal step of an escalation. `public` is set by the raiser: it says who has it, or what state it is in."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class DeliveryFailed(DeskError):
    """Nobody in Slack waits for it. `retry_after_s`: not sooner than that; `final`: it is of no use to try again."""

    def __init__(self, text: str, *, retry_after_s: float = 0.0, final: bool = False) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
        self.final = final


class SyncRefused(DeskError):
    """`public` is set by the raiser: it says why the sync did not start."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public
