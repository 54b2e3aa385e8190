"""What the tests at Claude's wire have in common."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.claude import ClaudeDouble


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeDouble]:
    async with ClaudeDouble() as double:
        yield double
