"""An e-mail address counts only for confirmed members of the home workspace, and who sees a place is found out in time
(rule 6)."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.desk.model import Accepted, Person, Place
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


# Who sees a place


def place(channel: str) -> Place:
    return Place("T0ELECTRO", channel, "private" if channel == "C0ESCALATE" else "channel")


async def test_what_is_known_is_not_asked_again_within_its_time(
    workspace: LocalWorkspace, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel for a minute, a person for five; before a post a channel is looked at again, its people are not."""
    now = time.monotonic()
    monkeypatch.setattr("bot.slack.people.time", SimpleNamespace(monotonic=lambda: now))

    def asked() -> list[int]:
        methods = ("conversations.info", "conversations.members", "users.info", "usergroups.list")
        return [len(workspace.called(method)) for method in methods]

    alex = Person("U0ALEX")
    first = await people.readable(place("C0ESCALATE"), alex)
    assert {"channel:C0ESCALATE", "domain:electromart.example", "members"} <= set(first.keywords)
    assert asked() == [1, 1, 3, 1]
    now += 59
    assert await people.readable(place("C0ESCALATE"), alex) == first
    assert asked() == [1, 1, 3, 1]
    assert await people.readable(place("C0ESCALATE"), alex, now=True) == first
    assert asked() == [2, 2, 3, 1]
    now += 61
    await people.readable(place("C0ESCALATE"), alex)
    assert asked() == [3, 3, 3, 1]
    now += 190
    await people.readable(place("C0ESCALATE"), alex)
    assert asked() == [4, 4, 6, 2]


async def test_a_channels_people_are_put_together_once_for_all_its_members(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever of them asks; and, used however often, no longer than their time."""
    now, made = time.monotonic(), list[set[str]]()
    monkeypatch.setattr("bot.slack.people.time", SimpleNamespace(monotonic=lambda: now))
    everybody = people._everybody

    async def counted(users: set[str], team: str, *, rights: bool) -> tuple[Person, ...] | None:
        made.append(users)
        return await everybody(users, team, rights=rights)

    monkeypatch.setattr(people, "_everybody", counted)
    times = []
    for _ in range(4):
        for user in ("U0DANA", "U0SAM"):
            assert (await people.readable(place("C0SUPPORT"), Person(user))).known
        times.append(len(made))
        now += 25
    assert times == [1, 1, 1, 2], "at 0, 25, 50 and 75 s"
    await people.readable(place("C0ESCALATE"), Person("U0DANA"))
    assert made[-1] == {"U0ALEX", "U0PRIYA", "U0FRONTDESK", "U0DANA"}, "somebody who is no member counts too"


async def test_in_a_public_channel_nobodys_groups_and_channels_are_asked_for(
    workspace: LocalWorkspace, people: People
) -> None:
    """They count for nothing there, and a call for each person is dear."""
    assert (await people.readable(place("C0SUPPORT"), Person("U0DANA"))).keywords == ("everyone", "members", "public")
    assert not workspace.called("usergroups.list")
    assert not workspace.called("users.conversations")


async def test_many_channels_are_looked_up_within_slacks_pace(workspace: LocalWorkspace) -> None:
    """All of them at once, each before and after its answer is made: none is refused, and all are known."""
    workspace.rate_limits = True
    rooms = [workspace.add_channel(f"r{number}", ["dana", "sam"], "channel") for number in range(80)]
    clients = SlackClients(SlackSettings(bot_token=SecretStr(workspace.bot_token), api_url=workspace.api_url))
    await clients.open()
    people = People(clients, recheck_s=0.0)
    for now in (False, True):
        found = [await people.readable(place(room), Person("U0DANA"), now=now) for room in rooms]
        assert [one.keywords for one in found] == [("everyone", "members", "public")] * len(rooms)
    await clients.close()
    assert not [one for one in workspace.calls if one["error"]]


async def test_what_has_become_shared_meanwhile_is_seen_without_room_to_ask_for_each(
    workspace: LocalWorkspace, people: People
) -> None:
    """The list of all channels tells it, too."""
    for _ in range(50):
        await people._clients.pace.take("conversations.info")
    workspace.share_channel("support")
    assert (await people.readable(place("C0SUPPORT"), Person("U0DANA"))).keywords == ("public",)
    assert not workspace.called("conversations.info")


async def test_many_people_are_looked_up_together(workspace: LocalWorkspace, people: People) -> None:
    """With the list of all; a channel of more than a thousand is one that everybody sees."""
    crowd = [workspace.add_user(f"p{number}", f"P {number}", f"p{number}@electromart.example") for number in range(200)]
    hall = workspace.add_channel("hall", crowd, "private")
    found = await people.readable(Place("T0ELECTRO", hall, "private"), Person(crowd[0]))
    assert found.keywords == (f"channel:{hall}", "domain:electromart.example", "everyone", "members", "public")
    assert len(workspace.called("users.info")) == 0
    workspace.state.channel(hall).members.extend(f"U1{number}" for number in range(900))
    found = await people.readable(Place("T0ELECTRO", hall, "private"), Person(crowd[0]), now=True)
    found = await People(people._clients).readable(Place("T0ELECTRO", hall, "private"), Person(crowd[0]))
    assert found.keywords == (f"channel:{hall}", "everyone", "public")


async def test_somebody_whom_nobody_knows(workspace: LocalWorkspace, people: People) -> None:
    """One person who can't be looked up, and the channel is as one that everybody sees."""
    workspace.state.channel("C0ESCALATE").members.append("U0NOBODY")
    found = await people.readable(place("C0ESCALATE"), Person("U0ALEX"))
    assert found.keywords == ("channel:C0ESCALATE", "everyone", "public")


async def test_apps_and_people_who_are_gone_do_not_read(workspace: LocalWorkspace, people: People) -> None:
    """They are in a channel and take nothing from what the others may read."""
    workspace.state.channel("C0ESCALATE").members.append("U0OTHERBOT")
    workspace.state.channel("C0ESCALATE").members.append(workspace.add_user("gone", "Gone", deleted=True))
    assert "members" in (await people.readable(place("C0ESCALATE"), Person("U0ALEX"))).keywords


@pytest.mark.parametrize(
    "told",
    [
        {"is_ext_shared": True},
        {"is_shared": True},
        {"is_org_shared": True},
        {"is_pending_ext_shared": True},
        {"is_ext_shared": None},
    ],
)
async def test_every_way_to_share_a_channel(
    workspace: LocalWorkspace, people: People, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    """Also one that waits to be accepted, one within an Enterprise organisation, and one of which nothing is said."""
    call = workspace.api.call

    def as_told(name: str, *rest: Any) -> Any:
        answer = call(name, *rest)
        return {"channel": answer["channel"] | told} if name == "conversations.info" else answer

    assert "everyone" in (await people.readable(place("C0SUPPORT"), Person("U0DANA"))).keywords
    monkeypatch.setattr(workspace.api, "call", as_told)
    fresh = await People(people._clients).readable(place("C0SUPPORT"), Person("U0DANA"))
    assert fresh.keywords == ("public",)
