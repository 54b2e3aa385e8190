"""Who may read which document, by where the answer will be seen (rule 6).

The least privileged person who can see a place decides. What is not known of a place or a person counts as not allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from bot.desk.errors import AudienceNarrowed
from bot.desk.model import Desk, DraftSentence, Person, Place, Question, Readable, SourceStatus
from bot.desk.ports import Stage

PUBLIC, EVERYONE, MEMBERS = "public", "everyone", "members"
OWNER = "owner"  # of an order's passage: its asker alone (rule 6)
UNKNOWN_READERS = (
    "Slack did not tell me in time who can read this, so I used public documents only. Please ask again in a minute."
)


def readable_in(place: Place, asker: Person) -> Readable:
    """The audience keywords that everybody has who can see what is posted in `place`. Pure."""
    match place.kind:
        case "dm":
            return Readable(_sorted(_keywords(asker)), known=asker.standing != "unknown")
        case "cli":  # nobody's rights in Slack: the operator's, and a domain that was asked for
            return Readable(_sorted({PUBLIC, EVERYONE} | _domain(asker)))
        case "channel" | "private":
            if place.shared is not False:
                return Readable((PUBLIC,), known=place.shared is True)
            # A bot repeats what anybody gave it: nobody's rights are more than everybody's.
            most = {PUBLIC, EVERYONE} if asker.standing == "nobody" else _common(place)
            return Readable(_sorted(_common(place) & most))


def may_read(audience: Sequence[str], readable: Sequence[str]) -> bool:
    """Whether a document for `audience` may be shown to those who have the keywords `readable`."""
    return not set(audience).isdisjoint(readable)


def shown_of(sources: Sequence[SourceStatus], desk: Desk, readable: Sequence[str]) -> list[SourceStatus]:
    """What somebody with the keywords `readable` sees of the sources that `desk` answers from."""
    mine = [one for one in sources if not desk.sources or one.source in desk.sources]
    return [one for one in mine if may_read(one.audience, readable)]


def _common(place: Place) -> frozenset[str]:
    """Of a channel that is not shared with others."""
    own = {f"channel:{place.channel}"} if place.kind == "private" else frozenset()  # who sees it is in it
    if not place.people:
        return frozenset({PUBLIC, EVERYONE} | own)
    common = reduce(frozenset.__and__, map(_keywords, place.people))
    if place.kind == "private":
        return common | own
    # Whoever is a member can look into a public channel, so no narrower keyword holds there.
    return common & {PUBLIC, EVERYONE, MEMBERS}


def _keywords(person: Person) -> frozenset[str]:
    if person.standing not in ("member", "guest"):
        return frozenset({PUBLIC})
    found = {
        PUBLIC,
        EVERYONE,
        *(f"group:{one}" for one in person.groups),
        *(f"channel:{one}" for one in person.channels),
    }
    return frozenset(found | ({MEMBERS} | _domain(person) if person.standing == "member" else set()))


def _domain(person: Person) -> set[str]:
    name, at, domain = (person.email or "").rpartition("@")
    return {f"domain:{domain.lower()}"} if name and at and domain else set()


def _sorted(keywords: set[str] | frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(keywords))


class Readers(Protocol):
    """Who sees what is posted somewhere."""

    async def readable(self, place: Place, asker: Person, *, now: bool = False) -> Readable:
        """What they may read. `now`: something is about to be posted, so nothing remembered for long will do. Never
        raises: what can't be found out is not readable."""
        ...


class AsStated:
    """Readers by what the question's own place and asker say."""

    async def readable(self, place: Place, asker: Person, *, now: bool = False) -> Readable:
        return readable_in(place, asker)


AS_STATED = AsStated()


@dataclass(slots=True)
class GuardedStage:
    """The stage of one answer. Before its first sentence is shown, those who will see it are looked at again."""

    stage: Stage
    readers: Readers
    question: Question
    granted: Readable | None = None
    checked: bool = False

    async def readable(self) -> tuple[str, ...]:
        """The audience keywords to search with."""
        if self.granted is None:
            self.granted = await self.readers.readable(self.question.place, self.question.asker)
        return self.granted.keywords

    async def check(self) -> None:
        """Raises AudienceNarrowed when they may read less by now than what was searched with."""
        if self.granted is None or self.checked:
            return
        now = await self.readers.readable(self.question.place, self.question.asker, now=True)
        if not set(self.granted.keywords) <= set(now.keywords):
            raise AudienceNarrowed(f"{self.question.key}: fewer documents may be read there than a moment ago")
        self.checked = True

    async def progress(self, text: str) -> None:
        await self.stage.progress(text)

    async def sentence(self, sentence: DraftSentence) -> None:
        await self.check()
        await self.stage.sentence(sentence)
