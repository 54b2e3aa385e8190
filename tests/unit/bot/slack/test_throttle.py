"""How many questions are worked on at once, by how late the event loop is."""

import pytest

from bot.slack.throttle import FEWEST, Throttle


def settled(most: int, late_per_question_s: float, *, wanting: int = 1000, ticks: int = 2000) -> int:
    """How many run in the end where each question makes the loop so much later and `wanting` would like to."""
    throttle, running = Throttle(most), 0
    for _ in range(ticks):
        running = min(wanting, throttle.allowed)
        throttle.tick(running * late_per_question_s, running)
    return running


@pytest.mark.parametrize(
    ("most", "late_s", "fewest", "largest"),
    [
        (100, 0.0, 100, 100),  # a loop that is never late
        (100, 0.0001, 100, 100),
        (100, 0.0005, 20, 40),  # twenty make it 10 ms late, forty 20 ms
        (100, 0.5, FEWEST, FEWEST),  # a machine that is slow by itself
        (4, 0.5, 4, 4),  # never less than a small setting
    ],
)
def test_as_many_as_the_loop_bears(most: int, late_s: float, fewest: int, largest: int) -> None:
    assert fewest <= settled(most, late_s) <= largest


def test_it_recovers_once_the_loop_does() -> None:
    """And grows only while all that is allowed is used: what nobody needed is no proof that it would go well."""
    throttle = Throttle(50)
    for _ in range(50):
        throttle.tick(0.2, throttle.allowed)
    assert throttle.allowed == FEWEST
    for _ in range(200):
        throttle.tick(0.0, 1)
    assert throttle.allowed == FEWEST
    for _ in range(200):
        throttle.tick(0.0, throttle.allowed)
    assert throttle.allowed == 50


def test_one_late_tick_changes_nothing() -> None:
    """A pause of the machine, once, is not load."""
    throttle = Throttle(50)
    throttle.tick(0.05, 50)
    assert throttle.allowed == 50
