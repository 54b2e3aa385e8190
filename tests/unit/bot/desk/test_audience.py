"""Nobody sees what they may not read: worlds of people, groups, channels and documents against rule 6.

The oracle below is written from the rule and from what the README says of each keyword. It knows the whole world; the
desk is told only what Slack tells, and sometimes less.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk.audience import GuardedStage, may_read, readable_in
from bot.desk.errors import AudienceNarrowed
from bot.desk.model import NOBODY, DraftSentence, Person, Place, Question, Readable
from ingest.audience import keywords, stored
from ingest.index import Collection, Current, CurrentSearch, Payload, Point, Searched
from ingest.index.edge import EdgeCollection
from tests.fakes.index import MemoryCollection, WordEmbedder

NOW = datetime(2026, 11, 23, tzinfo=UTC)
GROUPS = {"S0HR": "@people-team", "S0IT": "@it"}
DOMAINS = ("example.com", "agency.example")
WORDS = (
    "public", "everyone", "members", "group:S0HR", "group:S0IT", "group:@people-team", "channel:C0PUB", "channel:C0PRIV",
    "channel:C0GDM", "channel:C0SHARED", "domain:example.com", "domain:agency.example",
)  # fmt: skip


@dataclass(frozen=True)
class Somebody:
    """A person as they really are."""

    id: str
    sort: str  # member, guest, external, gone
    domain: str
    confirmed: bool
    groups: frozenset[str]


@dataclass(frozen=True)
class Room:
    id: str
    sort: str  # public, private, group_dm, dm
    connected: bool
    inside: frozenset[str]


@dataclass
class World:
    people: dict[str, Somebody]
    rooms: dict[str, Room]
    documents: dict[str, tuple[str, ...]] = field(default_factory=dict)

    # The oracle

    def admits(self, keyword: str, one: Somebody) -> bool:
        kind, _, name = keyword.partition(":")
        if keyword == "public":
            return True
        if one.sort in ("external", "gone"):
            return False
        if keyword == "everyone":
            return True
        if keyword == "members":
            return one.sort == "member"
        if kind == "group":
            return any(name in (group, GROUPS[group]) for group in one.groups)
        if kind == "channel":
            return name in self.rooms and one.id in self.rooms[name].inside
        return kind == "domain" and one.sort == "member" and one.confirmed and one.domain == name

    def may_read(self, document: str, one: Somebody) -> bool:
        return any(self.admits(keyword, one) for keyword in self.documents[document])

    def onlookers(self, room: Room) -> list[Somebody]:
        """Everybody who sees what is posted there: who is in it, and in a public channel every member who looks."""
        looking = [one for one in self.people.values() if one.id in room.inside and one.sort != "gone"]
        if room.sort == "public":
            looking += [one for one in self.people.values() if one.sort == "member"]
        if room.connected:  # the other company's people come and go unseen
            looking.append(Somebody("U9THEM", "external", "other.example", confirmed=True, groups=frozenset()))
        return looking

    # What Slack tells

    def person(self, one: Somebody) -> Person:
        standing = {"member": "member", "guest": "guest"}.get(one.sort, "outside")
        email = f"{one.id.lower()}@{one.domain}" if one.sort == "member" and one.confirmed else None
        groups = frozenset({name for group in one.groups for name in (group, GROUPS[group])})
        channels = frozenset(room.id for room in self.rooms.values() if one.id in room.inside and room.sort != "dm")
        return Person(one.id, one.id, email, standing, groups, channels)  # type: ignore[arg-type]

    def place(self, room: Room) -> Place:
        kind = {"public": "channel", "dm": "dm"}.get(room.sort, "private")
        inside = [one for one in self.people.values() if one.id in room.inside and one.sort != "gone"]
        return Place("T1", room.id, kind, None, room.connected, tuple(self.person(one) for one in inside))  # type: ignore[arg-type]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    people = {
        f"U{number}": Somebody(
            f"U{number}",
            draw(st.sampled_from(["member", "member", "member", "guest", "external", "gone"])),
            draw(st.sampled_from(DOMAINS)),
            draw(st.booleans()),
            draw(st.frozensets(st.sampled_from(sorted(GROUPS)))),
        )
        for number in range(draw(st.integers(1, 5)))
    }
    # Slack has no strangers in its groups, nor people who are gone, nor outsiders in a channel that is not shared.
    people = {
        key: replace(one, groups=frozenset()) if one.sort in ("external", "gone") else one
        for key, one in people.items()
    }
    some = st.frozensets(st.sampled_from(sorted(people)), min_size=1)
    home = frozenset(key for key, one in people.items() if one.sort != "external")
    rooms = [
        Room("C0PUB", "public", False, draw(some) & home),
        Room("C0PRIV", "private", False, draw(some) & home),
        Room("C0GDM", "group_dm", False, draw(some) & home),
        Room("C0SHARED", draw(st.sampled_from(["public", "private", "group_dm"])), True, draw(some)),
        *(Room(f"D{key}", "dm", one.sort == "external", frozenset({key})) for key, one in people.items()),
    ]
    world = World(people, {room.id: room for room in rooms})
    source = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
    for number in range(draw(st.integers(1, 6))):
        try:
            world.documents[f"d{number}"] = stored(keywords(draw(source)), draw(st.just([]) | source))
        except ValueError:
            world.documents[f"d{number}"] = ("nobody",)
    return world


def found(collection: Collection, readable: Readable, generation: int = 1) -> set[str]:
    """What the search that the bot uses gives for these keywords."""
    search = CurrentSearch(Searched(collection, WordEmbedder(), _Everything(generation)))
    return {hit.payload.document_id for hit in search.search("pay bands", audience=readable.keywords, limit=50)}


@dataclass
class _Everything:
    """Generations: all of one generation is current."""

    generation: int = 1

    def current(self, document_ids: list[str]) -> dict[str, Current]:
        return {one: Current(self.generation, NOW) for one in document_ids}

    def index_version(self) -> int:
        return self.generation


def points(world: World, generation: int = 1) -> list[Point]:
    return [
        Point(
            str(UUID(int=generation * 100 + number)),
            WordEmbedder().embed(["pay bands"])[0].tolist(),
            "pay bands",
            Payload(name, "docs", name, "", "pay bands", "", audience, None, NOW, generation, 0),
        )
        for number, (name, audience) in enumerate(world.documents.items())
    ]


def check(world: World, collection: Collection, generation: int = 1) -> None:
    for room in world.rooms.values():
        for asker in world.people.values():
            if asker.id not in room.inside or asker.sort == "gone":
                continue
            shown = found(collection, readable_in(world.place(room), world.person(asker)), generation)
            for document in shown:
                for one in world.onlookers(room):
                    assert world.may_read(document, one), (document, world.documents[document], one, room)
            if room.sort == "dm":
                wanted = {document for document in world.documents if world.may_read(document, asker)}
                assert shown == wanted, "nothing is withheld needlessly"


@settings(max_examples=150, deadline=None)
@given(world=worlds())
def test_no_world_has_a_leak(world: World) -> None:
    """For every place and asker: all that is found may be read by everybody who sees it there; in a DM nothing that the
    asker may read is withheld."""
    collection = MemoryCollection()
    collection.upsert(points(world))
    check(world, collection)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeCollection]:
    collection = EdgeCollection(Path(tmp_path_factory.mktemp("edge")) / "worlds", 8)
    yield collection
    collection.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_embedded_engine_has_none_either(edge: EdgeCollection, world: World) -> None:
    """The same, with the filter of Qdrant's engine; documents of earlier worlds are in the index and not current."""
    generation = next(_GENERATIONS)
    edge.upsert(points(world, generation))
    check(world, edge, generation)
    edge.delete_generations([f"d{number}" for number in range(6)], None)


_GENERATIONS = iter(range(1, 1_000_000))


@settings(max_examples=150, deadline=None)
@given(world=worlds(), forgotten=st.sets(st.sampled_from(["shared", "people", "asker", "groups", "channels"])))
def test_what_slack_does_not_tell_means_less(world: World, forgotten: set[str]) -> None:
    """Whatever is not known of a place or its people, the keywords are a part of those that are had with it."""
    for room in world.rooms.values():
        for asker in world.people.values():
            if asker.id not in room.inside or asker.sort == "gone":
                continue
            place, person = world.place(room), world.person(asker)
            whole = readable_in(place, person)
            if "shared" in forgotten:
                place = replace(place, shared=None)
            if "people" in forgotten:
                place = replace(place, people=None)
            if "asker" in forgotten:
                person = Person(asker.id)
            if "groups" in forgotten:
                person = replace(person, groups=frozenset())
            if "channels" in forgotten:
                person = replace(person, channels=frozenset())
            told = readable_in(place, person)
            assert set(told.keywords) <= set(whole.keywords)
            assert told.known or told.keywords == ("public",)


@pytest.mark.parametrize(
    ("shared", "readable"), [(False, ("everyone", "public")), (True, ("public",)), (None, ("public",))]
)
def test_a_bot_has_nobodys_rights(shared: bool | None, readable: tuple[str, ...]) -> None:
    """In a private channel of full members it gets no more than in any other."""
    people = (Person("U1", email="a@example.com", standing="member"),)
    place = Place("T", "C0PRIV", "private", shared=shared, people=people)
    assert readable_in(place, NOBODY).keywords == readable
    assert "members" in readable_in(place, people[0]).keywords or shared is not False


def test_at_the_terminal() -> None:
    """What everyone may read, and with an address what is for its domain; nothing of groups, channels or members."""
    here = Place("cli", "cli", "cli")
    assert readable_in(here, Person("cli")).keywords == ("everyone", "public")
    dana = Person("dana", email="dana@Example.com", standing="member", groups=frozenset({"S0HR"}))
    assert readable_in(here, dana).keywords == ("domain:example.com", "everyone", "public")


@pytest.mark.parametrize("email", [None, "", "example.com", "@example.com", "dana@"])
def test_what_is_no_address_has_no_domain(email: str | None) -> None:
    person = Person("U1", email=email, standing="member")
    assert readable_in(Place("T", "D1", "dm"), person).keywords == ("everyone", "members", "public")


def test_a_document_that_names_nobody_is_for_nobody() -> None:
    """A point without an audience is no public one."""
    assert not may_read((), ("public", "everyone"))
    assert not may_read(("nobody",), ("public", "everyone", "members"))


@dataclass
class _Changing:
    """Readers who change; a stage that keeps what it was shown."""

    answers: list[Readable]
    shown: list[str] = field(default_factory=list)

    async def readable(self, place: Place, asker: Person, *, now: bool = False) -> Readable:
        return self.answers.pop(0)

    async def progress(self, text: str) -> None: ...

    async def sentence(self, sentence: DraftSentence) -> None:
        self.shown.append(sentence.text)


@pytest.mark.parametrize(
    ("later", "shown"), [(("everyone", "public"), []), (("everyone", "group:S1", "public"), ["Hi."])]
)
async def test_before_the_first_sentence_it_is_looked_again(later: tuple[str, ...], shown: list[str]) -> None:
    """Once: where fewer documents may be read than were searched, nothing is shown."""
    around = _Changing([Readable(("everyone", "group:S1")), Readable(later)])
    question = Question("k", "x", Person("U1"), Place("T", "C", "private"), "1.0", NOW)
    stage = GuardedStage(around, around, question)
    assert await stage.readable() == await stage.readable() == ("everyone", "group:S1")
    try:
        await stage.sentence(DraftSentence("Hi."))
        await stage.check()
    except AudienceNarrowed:
        pass
    assert around.shown == shown
