"""From questions asked in vain to gaps: what they cost, who may see what, what is near, and who names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.desk.budget import Budget
from bot.desk.errors import ModelUnavailable, RetrievalUnavailable, StoreUnavailable
from bot.desk.gaps import CitedDocument, Gap, Gaps, RatedDocument, Unmet, WeekNumbers, Why, advice
from bot.desk.model import Desk
from bot.gaps.find import FindGaps
from bot.gaps.names import Names
from bot.redaction import Redactor
from ingest.index import Embedder, Found, IndexUnavailable, Vectors

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
WRAP = ("Can you gift wrap my order?", "do you offer gift wrapping", "is gift wrapping free?")


@dataclass
class Index:
    """Every search finds `near`; the vectors are the model's."""

    embedder: Embedder
    near: Sequence[tuple[str, float]] = ()
    restricted: int = 0
    asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    down: bool = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.down:
            raise IndexUnavailable("The index is away.")
        return self.embedder.embed(texts)

    def search(self, text: str, *, audience: Sequence[str], sources: Sequence[str] = (), limit: int = 12) -> Found:
        self.asked.append((text, tuple(audience), tuple(sources)))
        hits = [
            SimpleNamespace(similarity=like, payload=SimpleNamespace(title=title, section="Part", source="docs"))
            for title, like in self.near
        ]
        return Found(hits, 1)  # type: ignore[arg-type]

    def withheld(self, text: str, **given: Any) -> int:
        return self.restricted

    def knows(self, word: str) -> bool:
        return word in ("is", "my", "redundancy", "warranty")


@dataclass
class Questions:
    """bot.desk.gaps.UnmetQuestions of a list."""

    asked: Sequence[Unmet]

    async def unmet(self, begin: datetime, end: datetime, desk: str | None = None) -> list[Unmet]:
        mine = [one for one in self.asked if begin <= one.at < end and desk in (None, one.desk)]
        return sorted(mine, key=lambda one: one.at)

    async def numbers(self, begin: datetime, end: datetime) -> WeekNumbers:
        raise NotImplementedError


@dataclass
class Namer:
    """A model that says `said`, until it is `down`."""

    said: str = "gift wrapping"
    down: bool = False
    read: list[list[str]] = field(default_factory=list)

    async def name(self, questions: Sequence[str]) -> str:
        if self.down:
            raise ModelUnavailable("overloaded")
        self.read.append(list(questions))
        return self.said


@dataclass
class Bill:
    dollars: float | None

    async def spent_since(self, at: datetime) -> float:
        if self.dollars is None:
            raise StoreUnavailable("down")
        return self.dollars


def unmet(
    text: str,
    days: float = 1,
    *,
    asker: str = "U1",
    desk: str = "support",
    open: bool = True,
    why: Why = "abstained",
    **more: Any,
) -> Unmet:
    key = f"T1:C1:{text}{days}{asker}{desk}"
    return Unmet(key, desk, text, asker, NOW - timedelta(days=days), open, frozenset({why}), **more)


async def found(
    index: Index,
    *asked: Unmet,
    weeks: int = 4,
    namer: Namer | None = None,
    budget: Budget | None = None,
    readers: Sequence[str] = ("everyone",),
) -> Gaps:
    desks = (Desk("support", "electromart", ("docs",)), Desk("people", "people"))
    find = FindGaps(Questions(asked), index, desks, Names(Redactor(), namer, budget), lambda: NOW)  # type: ignore[arg-type]
    return await find(readers, weeks)


@pytest.fixture
def index(embedder: Embedder) -> Index:
    return Index(embedder)


def wraps(**more: Any) -> list[Unmet]:
    return [unmet(text, asker=f"U{number}", **more) for number, text in enumerate(WRAP)]


async def test_what_a_gap_costs_and_how_that_changed(index: Index) -> None:
    """Questions a week of this window, and of the one before; of each desk by itself, the dearest first."""
    before = unmet("gift wrapping at the counter?", days=40)
    other = unmet("is there free parking in Denver", asker="U9")
    ours = unmet("do you gift wrap?", desk="people")
    long_ago = unmet("gift wrapping?", days=60)
    gone = unmet("How loud is the robot vacuum?", days=35)
    report = await found(index, *wraps(), before, other, ours, long_ago, gone)
    first = report.gaps[0]
    assert (first.desk, first.questions, first.askers, first.per_week, first.before) == ("support", 3, 3, 0.75, 0.25)
    assert first.trend == "rising"
    assert "gift wrap" in first.name
    assert [(one.desk, one.questions, one.trend) for one in report.gaps[1:]] == [
        ("people", 1, "new"),
        ("support", 1, "new"),
    ]


async def test_what_is_near_is_to_be_extended_and_what_is_not_to_be_written(index: Index) -> None:
    index.near = (("Gift cards", 0.62), ("Parking", 0.2))
    [gap] = (await found(index, *wraps(), readers=("everyone", "members"))).gaps
    assert [one.title for one in gap.near] == ["Gift cards"]
    assert advice(gap) == ("“Gift cards” (Part) is near, but doesn't say it: extend it.",)
    assert {(readers, sources) for _, readers, sources in index.asked} == {(("everyone", "members"), ("docs",))}
    index.near, index.restricted = (("Gift cards", 0.3),), 0
    [gap] = (await found(index, *wraps())).gaps
    assert advice(gap) == (f"There is no document on “{gap.name}”: write one.",)
    index.restricted = 2
    [gap] = (await found(index, *wraps())).gaps
    assert advice(gap)[0].startswith("2 documents that not everybody may read are near")


async def test_what_was_rated_badly_is_to_be_checked(index: Index) -> None:
    rated: dict[str, Any] = {"why": "rated", "cited": (CitedDocument("Warranty terms", ("everyone",)),)}
    asked = [
        unmet("How long is the warranty?", asker="U1", ratings=("outdated", "outdated"), **rated),
        unmet("how long is your warranty", asker="U2", ratings=("incomplete",), **rated),
    ]
    index.near = (("Warranty terms", 0.8),)
    [gap] = (await found(index, *asked)).gaps
    assert gap.rated == (
        RatedDocument("Warranty terms", "outdated", 2),
        RatedDocument("Warranty terms", "incomplete", 1),
    )
    assert advice(gap) == (
        "“Warranty terms” was cited and rated outdated 2 times: check it.",
        "“Warranty terms” was cited and rated incomplete once: extend it.",
    )


async def test_a_title_that_its_readers_may_not_read_is_only_counted(index: Index) -> None:
    """A private answer may have cited what the channel that the digest goes to must not know of (rule 6)."""
    secret, unknown = CitedDocument("Redundancy plan: closing Lyon", ("group:S1",)), CitedDocument("Old record")
    terms = CitedDocument("Warranty terms", ("everyone",))
    asked = unmet("Who goes?", open=False, why="rated", cited=(secret, unknown, terms), ratings=("outdated",))
    [gap] = (await found(index, asked)).gaps
    assert (gap.rated, gap.rated_restricted) == ((RatedDocument("Warranty terms", "outdated", 1),), 2)
    assert advice(gap)[-1] == (
        "2 documents that not everybody may read were cited and rated badly: ask who may read them."
    )
    [gap] = (await found(index, asked, readers=("everyone", "group:S1"))).gaps
    assert [one.title for one in gap.rated] == ["Redundancy plan: closing Lyon", "Warranty terms"]


SECRET = "My number is +49 30 901820, what does Joost earn?"


@pytest.mark.parametrize(
    ("asked", "sample"),
    [
        ([unmet(SECRET, open=False)], ""),
        ([unmet(SECRET, open=False), unmet(SECRET, 2, asker="U2", open=False)], ""),
        ([unmet(SECRET, number, asker=f"U{number}", open=False) for number in (1, 2, 3)], ""),
        ([unmet(SECRET, open=False), unmet("what does Joost earn", asker="U2")], "what does Joost earn"),
    ],
)
async def test_a_private_question_counts_and_is_not_shown(index: Index, asked: list[Unmet], sample: str) -> None:
    """However many asked: that protects them, not Joost."""
    [gap] = (await found(index, *asked)).gaps
    assert gap.questions == len(asked)
    assert gap.sample.startswith(sample)
    assert bool(gap.sample) is bool(sample)
    assert "901820" not in gap.name + gap.sample


SICK = ("is Joost Becker still on sick leave", "how long is joost becker's sick leave?", "Becker sick leave until when")


async def test_nobody_is_named_who_was_asked_about_in_private(index: Index) -> None:
    """Neither by who wrote the name small, nor by a question elsewhere; what a document is called is no person."""
    private = [unmet(text, asker=f"U{number}", open=False) for number, text in enumerate(SICK)]
    elsewhere = [unmet("Does the Joost Becker gift shop wrap parcels?", asker="U8")]
    namer = Namer("Joost Becker's sick leave")
    [gap] = [one for one in (await found(index, *private, *elsewhere)).gaps if one.askers == 3]
    assert (gap.name, gap.sample) == ("sick leave", "")
    [gap] = (await found(index, *private, namer=namer)).gaps
    assert (gap.name, gap.sample, namer.read) == ("sick leave", "", [])
    index.near = (("The Becker scheme", 0.2),)
    [gap] = (await found(index, *private)).gaps
    assert "becker" in gap.name
    assert "joost" not in gap.name


async def test_a_name_that_only_the_question_as_asked_has_in_capitals_is_one(index: Index) -> None:
    asked = "Is Joost Becker on sick leave?"
    private = [unmet("joost becker sick leave", asker=f"U{one}", open=False, asked=asked) for one in (1, 2)]
    [gap] = (await found(index, *private)).gaps
    assert gap.name == "sick leave"


async def test_a_model_names_what_it_may_read(index: Index) -> None:
    """It is given nothing that was asked privately, by one or two."""
    namer = Namer("gift wrapping of orders")
    [gap] = (await found(index, *wraps(), unmet("wrap Joost's gift", asker="U7", open=False), namer=namer)).gaps
    assert gap.name == "gift wrapping of orders"
    assert sorted(namer.read[0]) == sorted(WRAP)
    namer = Namer()
    [private] = (await found(index, unmet("What does Joost earn?", open=False), namer=namer)).gaps
    assert (namer.read, private.name) == ([], "asked privately")
    assert advice(private) == ("There is no document near to it.",)


@pytest.mark.parametrize("said", ["", "x" * 61, "gift wrapping for $5"])
async def test_a_name_that_is_of_no_use_is_not_taken(index: Index, said: str) -> None:
    """The last one has a number that nobody wrote."""
    [by_words] = (await found(index, *wraps())).gaps
    [gap] = (await found(index, *wraps(), namer=Namer(said))).gaps
    assert gap.name == by_words.name


@pytest.mark.parametrize("dollars", [5.0, None])
async def test_without_a_budget_or_a_model_the_words_name_it(index: Index, dollars: float | None) -> None:
    [by_words] = (await found(index, *wraps())).gaps
    namer = Namer()
    budget = Budget(Bill(dollars), 5.0, lambda: NOW)  # type: ignore[arg-type]
    [gap] = (await found(index, *wraps(), namer=namer, budget=budget)).gaps
    assert (gap.name, namer.read) == (by_words.name, [])
    [gap] = (await found(index, *wraps(), namer=Namer(down=True))).gaps
    assert gap.name == by_words.name


async def test_an_index_that_is_away_is_an_outage_and_nothing_asked_is_no_gap(index: Index) -> None:
    assert (await found(index)).gaps == ()
    index.down = True
    with pytest.raises(RetrievalUnavailable):
        await found(index, *wraps())


def gap(**more: Any) -> Gap:
    values: dict[str, Any] = {"desk": "support", "name": "gift wrapping", "sample": "", "questions": 4, "askers": 2}
    return Gap(**(values | {"per_week": 1.0, "before": 1.0, "unanswered": 4} | more))


@pytest.mark.parametrize(("before", "trend"), [(0, "new"), (0.5, "rising"), (1.1, "steady"), (2, "falling")])
def test_trends(before: float, trend: str) -> None:
    assert gap(before=before).trend == trend
