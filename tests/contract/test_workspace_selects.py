"""The conversation picker of a modal, as Slack takes it."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from ops.workspace.server import LocalWorkspace
from ops.workspace.views import new_trigger


def view(**filter: Any) -> dict[str, Any]:
    element = {"type": "conversations_select", "action_id": "picked", "filter": filter}
    title = {"type": "plain_text", "text": "Settings"}
    block = {"type": "input", "dispatch_action": True, "label": title, "element": element}
    return {"type": "modal", "title": title, "submit": title, "blocks": [block]}


async def opened(filter: dict[str, Any]) -> bool:
    """Whether a modal with this filter opens."""
    async with LocalWorkspace() as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        await client.views_open(trigger_id=new_trigger(workspace.people.api, "U0DANA"), view=view(**filter))
        return bool(workspace.views("dana"))


@pytest.mark.parametrize(
    "filter",
    [{"include": ["public", "private"], "exclude_bot_users": True}, {"exclude_external_shared_channels": True}],
)
async def test_a_filter_names_kinds_of_conversations(filter: dict[str, Any]) -> None:
    assert await opened(filter)


@pytest.mark.parametrize("filter", [{"include": ["channels"]}, {"include": []}, {"only": ["public"]}, {}])
async def test_a_filter_says_something_and_in_slacks_words(filter: dict[str, Any]) -> None:
    """One of its three fields at least."""
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await opened(filter)
