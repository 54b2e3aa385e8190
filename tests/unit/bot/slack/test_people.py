"""An e-mail address counts only for confirmed members of the home workspace (rule 6)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.desk.model import Accepted, Person
from bot.settings import SlackSettings
from bot.slack.client import SlackClients
from bot.slack.people import People
from ops.workspace.server import LocalWorkspace

MEMBER = {
    "id": "U0DANA",
    "team_id": "T0ELECTRO",
    "is_email_confirmed": True,
    "profile": {"display_name": "dana", "email": "dana@customers.example"},
}


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace() as workspace:
        yield workspace


@pytest.fixture
async def people(workspace: LocalWorkspace) -> AsyncIterator[People]:
    clients = SlackClients(SlackSettings(bot_token=SecretStr(workspace.bot_token), api_url=workspace.api_url))
    await clients.open()
    yield People(clients)
    await clients.close()


async def test_a_member_of_the_home_workspace(workspace: LocalWorkspace, people: People) -> None:
    """Name and address, asked for once."""
    for _ in range(3):
        dana = await people.person("U0DANA", "T0ELECTRO")
    assert dana.email == "dana@customers.example"
    assert dana.name
    assert len(workspace.called("users.info")) == 1


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({"team_id": "T0OTHER"}, "outside"),
        ({"team_id": None}, "outside"),
        ({"is_email_confirmed": False}, "member"),
        ({"is_email_confirmed": None}, "member"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "outside"),
        ({"is_bot": True}, "outside"),
        ({"deleted": True}, "outside"),
        ({"profile": {"display_name": "dana"}}, "member"),
    ],
)
async def test_anybody_else_has_no_address(
    workspace: LocalWorkspace, people: People, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], standing: Any
) -> None:
    """Guests, strangers, other workspaces and unconfirmed addresses."""
    monkeypatch.setattr(workspace.api, "call", lambda *_: {"user": MEMBER | change})
    assert await people.person("U0DANA", "T0ELECTRO") == Person("U0DANA", "dana", None, standing)


async def test_slack_does_not_tell(workspace: LocalWorkspace, people: People) -> None:
    """An unknown person is somebody without a name; the look-up never fails."""
    assert await people.person("U0NOBODY", "T0ELECTRO") == Person("U0NOBODY")


@pytest.mark.parametrize(
    ("channel", "kind"), [("C0SUPPORT", "channel"), ("C0ESCALATE", "private"), ("C0NONE", "channel")]
)
async def test_what_kind_of_place_a_mention_came_from(
    workspace: LocalWorkspace, people: People, channel: str, kind: str
) -> None:
    """An app_mention does not say whether its channel is private; where Slack does not tell, the public is assumed."""
    payload = {"type": "app_mention"}
    item = Accepted("k", "T0ELECTRO", channel, "1.2", "U0DANA", "channel", "x", payload, datetime.now(UTC))
    assert (await people.place(item)).kind == kind


async def test_who_is_in_a_channel(people: People) -> None:
    """Members may claim what is posted there."""
    assert await people.is_member("C0ESCALATE", "U0ALEX")
    assert not await people.is_member("C0ESCALATE", "U0DANA")
