"""Token buckets on a clock that the test moves: what waits, what is refused, whom a Retry-After holds back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.slack.pace import PATIENCE_S, RETRY_DEFAULT_S, RETRY_MOST_S, Pace, seconds_of


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(1.0, clock, clock.sleep)


async def times(clock: Clock, take: Callable[[], Awaitable[object]], count: int) -> list[float]:
    began, taken = clock.now, []
    for _ in range(count):
        await take()
        taken.append(clock.now - began)
    return taken


@pytest.mark.parametrize(
    ("method", "channel", "most", "seconds"),
    [
        ("chat.postMessage", "C1", 10, 10),
        ("chat.update", "C1", 50, 60),
        ("chat.startStream", "C1", 20, 60),
        ("chat.appendStream", "C1", 100, 60),
        ("assistant.threads.setStatus", "", 50, 60),
    ],
)
async def test_no_window_sees_more_calls_than_slack_takes(
    pace: Pace, clock: Clock, method: str, channel: str, most: int, seconds: float
) -> None:
    """However they come, from the first on; and none is held up more than it must be."""
    taken = await times(clock, lambda: pace.take(method, channel), 3 * most)
    assert all(sum(at <= one < at + seconds for one in taken) <= most for at in taken)
    assert taken[2] == 0.0
    assert taken[most - 1] <= seconds


async def test_channels_do_not_wait_for_each_other(pace: Pace, clock: Clock) -> None:
    """A channel that is full holds up no post elsewhere; other methods are counted a workspace."""
    await times(clock, lambda: pace.take("chat.postMessage", "C1"), 20)
    assert not pace.take_now("chat.postMessage", "C1")
    before = clock.now
    assert await pace.take("chat.postMessage", "C2")
    assert clock.now == before
    while pace.take_now("chat.startStream", "C1"):
        pass
    assert not pace.take_now("chat.startStream", "C2")


async def test_who_waits_is_served_in_order(pace: Pace, clock: Clock) -> None:
    """Calls that wait at once get turns of their own."""
    done: list[int] = []

    async def call(number: int) -> None:
        await pace.take("chat.postMessage", "C1")
        done.append(number)

    await asyncio.gather(*(call(number) for number in range(8)))
    assert done == list(range(8))


async def test_a_wait_beyond_all_patience_is_refused(pace: Pace, clock: Clock) -> None:
    """It takes no place in the queue either."""
    queued = 0
    bucket = pace._bucket("chat.postMessage", "C1")
    while bucket.delay(clock.now) <= PATIENCE_S:
        bucket.tokens -= 1
        queued += 1
    assert queued > 30
    assert not await pace.take("chat.postMessage", "C1")
    assert bucket.tokens == pytest.approx(4 - queued)


async def test_decorations_leave_room_for_answers(pace: Pace, clock: Clock) -> None:
    """Half of the burst of chat.update is not for updates in between."""
    taken = 0
    while pace.take_now("chat.update"):
        taken += 1
    assert taken == 10
    before = clock.now
    await times(clock, lambda: pace.take("chat.update"), 10)
    assert clock.now == before
    assert not pace.has_room("chat.update")


async def test_retry_after_holds_its_own_kind_only(pace: Pace, clock: Clock) -> None:
    """Also those that were waiting already."""
    pace.hold("chat.postMessage", "C1", "7")
    assert not pace.take_now("chat.postMessage", "C1")
    assert pace.take_now("chat.postMessage", "C2")
    assert pace.take_now("chat.update", "C1")
    before = clock.now
    assert await pace.take("chat.postMessage", "C1")
    assert clock.now - before == pytest.approx(7)


async def test_a_long_retry_after_is_obeyed_and_waited_for_by_nobody(pace: Pace, clock: Clock) -> None:
    """Neither by who comes then, nor by who was waiting already; and nobody's place in the queue is lost by it."""
    for _ in range(4):
        await pace.take("chat.postMessage", "C1")
    waiting = asyncio.create_task(pace.take("chat.postMessage", "C1"))
    await asyncio.sleep(0)
    before = clock.now
    pace.hold("chat.postMessage", "C1", "90")
    assert not await pace.take("chat.postMessage", "C1")
    assert not await waiting
    clock.now = before + 89.9
    assert not pace.take_now("chat.postMessage", "C1")
    clock.now = before + 90
    taken = await times(clock, lambda: pace.take("chat.postMessage", "C1"), 4)
    assert taken == [0.0] * 4


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3", 3),
        ("90", 90),
        ("0.5", 0.5),
        ("0", 0.1),
        (None, RETRY_DEFAULT_S),
        ("", RETRY_DEFAULT_S),
        ("soon", RETRY_DEFAULT_S),
        ("Wed, 21 Oct 2026 07:28:00 GMT", RETRY_DEFAULT_S),
        ("nan", RETRY_DEFAULT_S),
        ("-4", RETRY_DEFAULT_S),
        ("86400", RETRY_MOST_S),
        ("inf", RETRY_MOST_S),
    ],
)
def test_retry_after_is_neither_nothing_nor_for_ever(said: str | None, seconds: float) -> None:
    assert seconds_of(said) == seconds


async def test_a_factor_is_what_slack_granted_more(clock: Clock) -> None:
    """Ten times the limits: the burst is ten times as long."""
    pace = Pace(10.0, clock, clock.sleep)
    taken = await times(clock, lambda: pace.take("chat.postMessage", "C1"), 40)
    assert taken[-1] == 0.0


async def test_quiet_channels_are_forgotten(pace: Pace, clock: Clock) -> None:
    """Thousands of channels are no leak, and the busy one keeps its count."""
    for number in range(1_500):
        clock.now += 2
        await pace.take("chat.postMessage", f"C{number}")
    await times(clock, lambda: pace.take("chat.postMessage", "C9"), 4)
    await pace.take("chat.postMessage", "C-new")
    assert len(pace._buckets) < 1_000
    assert not pace.take_now("chat.postMessage", "C9")


async def test_who_goes_away_while_it_waits_holds_nobody_up(clock: Clock) -> None:
    """Its turn is the next one's: a thousand that gave up are no queue."""
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    pace = Pace(1.0, clock, sleep)
    for _ in range(50):
        await pace.take("users.conversations")
    for _ in range(1000):
        waiting.clear()
        gone = asyncio.create_task(pace.take("users.conversations"))
        await waiting.wait()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    clock.now += 2
    assert await pace.take("users.conversations")
