"""Faults that the local workspace makes on purpose, seen by slack-sdk."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from ops.workspace.server import LocalWorkspace


async def test_a_fault_of_an_argument_meets_the_calls_that_carry_it() -> None:
    """Blocks are refused as often as was asked; the same call without them is taken, and counts as none of them."""
    async with LocalWorkspace() as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        workspace.fail("chat.postMessage", error="invalid_blocks", times=2, carrying="blocks")
        plain = {"channel": "C0SUPPORT", "text": "a", "blocks": []}
        with_blocks = plain | {"blocks": [{"type": "divider"}]}
        for _ in range(2):
            await client.chat_postMessage(**plain)
            with pytest.raises(SlackApiError, match="invalid_blocks"):
                await client.chat_postMessage(**with_blocks)
        await client.chat_postMessage(**with_blocks)
        assert len(workspace.messages("support")) == 3
