"""Whatever agents, askers, timers, two processes, crashes and redeliveries do at once: see interleavings.check().

`python -m ops.bench.soak_humans` tells 5,000 of these stories.
"""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fakes.interleavings import House, Story, stories, tell


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, House]]:
    with asyncio.Runner() as runner:
        house = House()
        runner.run(house.open(f"sqlite:///{tmp_path_factory.mktemp('stories') / 'desk.db'}"))
        yield runner, house
        runner.run(house.close())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories)
def test_no_story_ends_badly(house: tuple[asyncio.Runner, House], story: Story) -> None:
    runner, stores = house
    runner.run(tell(story, stores))
