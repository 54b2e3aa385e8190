"""What the documents lack: the questions that went unanswered or whose answers were rated badly, as gaps. Values and
what is said of them; nothing here reads anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

RATED = ("wrong", "outdated", "incomplete")  # ratings that are about a document, the gravest first
PRIVATE = "asked privately"  # the name of a gap of which every word would tell what one person asked
Why = Literal["abstained", "handed over", "rated"]


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """What an answer stood on. `audience`: the keywords of which a reader needs one; none: nobody knows who may."""

    title: str
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A question that the desk did not do justice to. `text` is as it was searched for, `asked` as it was written.
    `open`: it was asked where everybody of the workspace can read it. `cited` is what its answer stood on, `ratings`
    what was said of it: words of RATED."""

    key: str
    desk: str
    text: str
    asker: str
    at: datetime
    open: bool
    why: frozenset[Why]
    asked: str = ""
    cited: tuple[CitedDocument, ...] = ()
    ratings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeekNumbers:
    """How a week went. `open`: not finished yet."""

    asked: int
    outcomes: dict[str, int] = field(default_factory=dict)
    handed_over: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class NearDocument:
    title: str
    section: str
    similarity: float  # cosine, the mean over the questions that were looked up


@dataclass(frozen=True, slots=True)
class RatedDocument:
    """A document that badly rated answers cited."""

    title: str
    rating: str
    times: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that want the same, of one desk. `sample` is the most central one, without personal data; "" where
    nobody asked it openly. `before` is `per_week` of the window before this one.
    `restricted`: how many documents are near that not everybody may read; `rated_restricted`: how many were rated."""

    desk: str
    name: str
    sample: str
    questions: int
    askers: int
    per_week: float
    before: float
    unanswered: int
    near: tuple[NearDocument, ...] = ()
    restricted: int = 0
    rated: tuple[RatedDocument, ...] = ()
    rated_restricted: int = 0

    @property
    def trend(self) -> Literal["new", "rising", "falling", "steady"]:
        if not self.before:
            return "new"
        more = self.per_week / self.before
        return "rising" if more > 1.25 else "falling" if more < 0.8 else "steady"


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of `weeks`, the dearest first. `left_out`: questions that were too many to be looked at."""

    begin: datetime
    end: datetime
    weeks: int
    gaps: tuple[Gap, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class GapsNotice:
    """What the admins' channel is told once a week: how the week from `begin` to `since` went, and the dearest gaps of
    the last `weeks`. `more`: how many further gaps there are."""

    key: str
    since: datetime
    begin: datetime
    numbers: WeekNumbers
    gaps: tuple[Gap, ...]
    weeks: int
    more: int = 0


class UnmetQuestions(Protocol):
    """What the store knows of them. Raises StoreUnavailable."""

    async def unmet(self, begin: datetime, end: datetime, desk: str | None = None) -> list[Unmet]:
        """Asked in that time, the oldest first; each once."""
        ...

    async def numbers(self, begin: datetime, end: datetime) -> WeekNumbers: ...


class GapNamer(Protocol):
    async def name(self, questions: Sequence[str]) -> str:
        """What these questions have in common, in a few words; "": nothing of use came. Raises ModelUnavailable."""
        ...


def advice(gap: Gap) -> tuple[str, ...]:
    """What to do about it, one sentence a document; the first is the most urgent."""
    said = [
        f"“{one.title}” was cited and rated {one.rating} {_times(one.times)}: "
        + ("extend it." if one.rating == "incomplete" else "check it.")
        for one in gap.rated[:2]
    ]
    if gap.rated_restricted:
        them, were = _restricted(gap.rated_restricted), "was" if gap.rated_restricted == 1 else "were"
        said.append(f"{them} {were} cited and rated badly: ask who may read {'it' if were == 'was' else 'them'}.")
    if not gap.unanswered and said:
        return tuple(said)
    if gap.near:
        near = gap.near[0]
        section = f" ({near.section})" if near.section and near.section != near.title else ""
        said.append(f"“{near.title}”{section} is near, but doesn't say it: extend it.")
    elif gap.restricted:
        them, are = _restricted(gap.restricted), "is" if gap.restricted == 1 else "are"
        said.append(f"{them} {are} near: see whether more people may, or write another.")
    elif gap.name == PRIVATE:
        said.append("There is no document near to it.")
    else:
        said.append(f"There is no document on “{gap.name}”: write one.")
    return tuple(said)


def _restricted(count: int) -> str:
    return ("A document" if count == 1 else f"{count} documents") + " that not everybody may read"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
