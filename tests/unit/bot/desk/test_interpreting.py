"""When a model is asked what a message asks, what of that is used, and who pays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.desk.budget import Budget
from bot.desk.errors import ModelUnavailable
from bot.desk.interpreting import BY_THE_RULES, ENGLISH_NOW, Interpreting, asks_for_english, needed
from bot.desk.model import Answer, Interpreted, Outcome, Passage, Retrieval, Turn, Usage
from bot.desk.timing import Timer

ASKED = (Turn("asker", "How long can I return a laptop?"), Turn("desk", "You have 30 days."))
GERMAN = "Wie lange kann ich das Gerät zurückgeben?"
READ = Interpreted(("How long can I return it?",), "German", Usage(100, 20), 0.002)
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass
class Double:
    """An Interpreter that says what it is given."""

    gives: Interpreted | Exception = READ
    asked: list[str] = field(default_factory=list)

    async def interpret(self, message: str, turns: Sequence[Turn]) -> Interpreted:
        self.asked.append(message)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@dataclass
class Spent:
    dollars: float

    async def spent_since(self, at: datetime) -> float:
        return self.dollars


@pytest.mark.parametrize(
    ("message", "turns", "wanted"),
    [
        ("How long can I return a laptop?", (), False),
        ("How long can I return a laptop?", ASKED, False),
        ("restocking fee drones", (), False),
        ("and for headphones?", (), False),
        ("and for headphones?", ASKED, True),
        ("und Kopfhörer?", (Turn("asker", GERMAN),), True),  # by itself too short to tell
        (GERMAN, (), True),
        ("返品は何日以内ですか", (), True),
        ("How much is a lamp? When does the store open?", (), True),
    ],
)
def test_a_plain_english_question_costs_no_call(message: str, turns: tuple[Turn, ...], wanted: bool) -> None:
    assert needed(message, turns) is wanted


async def test_it_is_asked_once_and_paid_once() -> None:
    """An answer that is made anew for other readers is not interpreted anew; tokens and cost come to the answer's."""
    double, timer = Double(), Timer()
    interpreting = Interpreting(double, None)
    assert [await interpreting.of(GERMAN, (), timer) for _ in range(3)] == [READ] * 3
    assert double.asked == [GERMAN]
    assert "interpret" in timer.report()
    written = Answer(Outcome.ANSWERED, "x", usage=Usage(10, 5, 3, 1), cost_usd=0.001)
    paid = interpreting.paid(written)
    assert paid.usage == Usage(110, 25, 3, 1)
    assert paid.cost_usd == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("answer", "cost"),
    [
        (Answer(Outcome.ABSTAINED, "x"), 0.002),  # nothing was written
        (Answer(Outcome.ANSWERED, "x", usage=Usage(1, 1), cost_usd=None), None),  # nobody knows its price
    ],
)
async def test_what_was_paid_is_kept_without_an_answer(answer: Answer, cost: float | None) -> None:
    interpreting = Interpreting(Double(), None)
    await interpreting.of(GERMAN, (), Timer())
    assert interpreting.paid(answer).cost_usd == cost
    assert interpreting.paid(answer).usage == Usage(100, 20) + (answer.usage or Usage())


async def test_without_a_model_or_a_need_there_is_nothing_to_pay() -> None:
    answer = Answer(Outcome.ABSTAINED, "x")
    for interpreting, message in ((Interpreting(None, None), GERMAN), (Interpreting(Double(), None), "How long?")):
        assert await interpreting.of(message, (), Timer()) is BY_THE_RULES
        assert interpreting.paid(answer) is answer


async def test_what_does_not_read_like_english_is_read_by_the_model() -> None:
    """Whoever looked at its words says so; without the model it is asked for in English, too."""
    finnish, double = "Voinko palauttaa avatut kuulokkeet?", Double()
    assert not needed(finnish, ())
    assert await Interpreting(double, None).of(finnish, (), Timer(), foreign=True) == READ
    assert double.asked == [finnish]
    assert asks_for_english(Interpreted(complete=False), finnish, foreign=True) == ENGLISH_NOW


async def test_an_outage_and_an_empty_purse_leave_the_rules() -> None:
    """The model is not asked over budget; either way a German message is asked for in English, an English one is not."""
    away = Interpreting(Double(ModelUnavailable("529")), None)
    double = Double()
    broke = Interpreting(double, Budget(Spent(5.0), 5.0, lambda: NOW))  # type: ignore[arg-type]
    for interpreting in (away, broke):
        read = await interpreting.of(GERMAN, (), Timer())
        assert read == Interpreted(complete=False)
        assert asks_for_english(read, GERMAN) == ENGLISH_NOW
        assert asks_for_english(read, "and for headphones?") == ""
    assert double.asked == []
    assert asks_for_english(Interpreted(), GERMAN) == "", "a reading of no use is no outage: it is tried as it stands"


def passage(name: str, joined: tuple[str, ...] = ()) -> Passage:
    return Passage(name, name, "docs", name, "", name, "", NOW, 0, 1.0, joined=joined)


def test_what_several_searches_found_comes_in_turns() -> None:
    """The first of each, then the second; none twice; the nearest only where nothing was found."""
    one = Retrieval((passage("a"), passage("b", ("c",))), (), 7, 2.0)
    two = Retrieval((passage("d"), passage("a"), passage("c")), (), 7, 3.0)
    none = Retrieval((), (passage("z"),), 7, 1.0)
    found = Retrieval.of_several([one, two, none])
    assert [each.chunk_id for each in found.passages] == ["a", "d", "b"]
    assert (found.nearest, found.index_version, found.search_ms) == ((), 7, 6.0)
    assert [each.chunk_id for each in Retrieval.of_several([none, none]).nearest] == ["z"]
    assert Retrieval.of_several([two]) is two


def test_what_several_searches_found_of_older_versions_is_kept() -> None:
    """Of each search, none twice: the second question's answer may have an older version, too."""
    one = Retrieval((passage("a"),), (), 7, superseded=(passage("old"),))
    two = Retrieval((passage("b"),), (), 7, superseded=(passage("older"), passage("old")))
    assert [each.chunk_id for each in Retrieval.of_several([one, two]).superseded] == ["old", "older"]
