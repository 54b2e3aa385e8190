"""Doctor says whether those who are called when nobody answers in time are there, asked of the local workspace."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.human_time_settings import SlaSettings
from ops.config import Config
from ops.doctor import MANIFEST
from ops.workspace.server import LocalWorkspace

from .test_manifest import config, said


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(manifest=MANIFEST) as workspace:
        yield workspace


def with_sla(config: Config, channel: str | None, **sla: str) -> Config:
    given = {"sla": SlaSettings(**sla), "escalation_channel": channel}  # type: ignore[arg-type]
    desks = {name: desk.model_copy(update=given) for name, desk in config.bot.desks.items()}
    return Config(config.path, config.bot.model_copy(update={"desks": desks}), config.ingest)


async def on_call(
    tmp_path: Path, workspace: LocalWorkspace, channel: str | None = None, **sla: str
) -> dict[str, tuple[str, str]]:
    checks = await said(with_sla(config(tmp_path, workspace), channel, **sla))
    return {name.removeprefix("desks.support.sla."): one for name, one in checks.items() if name.startswith("desks.")}


async def test_who_is_there_is_named(tmp_path: Path, workspace: LocalWorkspace) -> None:
    group = workspace.set_group("helpers", ["alex", "priya"])
    assert await on_call(tmp_path, workspace, reroute_group=group, lead="U0PRIYA") == {
        "reroute_group": ("ok", "@helpers, 2 people"),
        "lead": ("ok", "Priya Nair"),
    }
    assert await on_call(tmp_path, workspace) == {}


async def test_who_is_not_there_is_said(tmp_path: Path, workspace: LocalWorkspace) -> None:
    checks = await on_call(tmp_path, workspace, reroute_group="S0NOBODY", lead="U0NOBODY")
    assert [verdict for verdict, _ in checks.values()] == ["failed", "failed"]
    assert "no user group S0NOBODY" in checks["reroute_group"][1]
    assert "nobody U0NOBODY" in checks["lead"][1]


async def test_who_can_not_be_reached_is_said(tmp_path: Path, workspace: LocalWorkspace) -> None:
    group = workspace.set_group("empty", [])
    workspace.api.state.user("priya").deleted = True
    assert await on_call(tmp_path, workspace, reroute_group=group, lead="U0PRIYA") == {
        "reroute_group": ("warning", "nobody is in @empty"),
        "lead": ("failed", "U0PRIYA is deactivated, and reads nothing"),
    }
    assert (await on_call(tmp_path, workspace, lead="U0FRONTDESK"))["lead"][
        1
    ] == "U0FRONTDESK is an app, and reads nothing"


async def test_a_lead_who_does_not_see_the_requests_is_said(tmp_path: Path, workspace: LocalWorkspace) -> None:
    """Who is in the channel is; where Slack does not say who is, the lead can't be checked."""
    members = workspace.api.state.team.channels["C0ESCALATE"].members
    assert "U0PRIYA" in members
    for channel, verdict, text in (
        ("C0ESCALATE", "ok", "Priya Nair"),
        ("C0ESCALATE", "warning", "Priya Nair is not in C0ESCALATE, where requests are"),
        ("C0NOWHERE", "failed", "Slack refused: channel_not_found"),
    ):
        members[:] = [one for one in members if one != "U0PRIYA" or verdict == "ok"]
        checks = await on_call(tmp_path, workspace, channel, lead="U0PRIYA")
        assert checks["lead"][0] == verdict
        assert text in checks["lead"][1]


async def test_without_the_scope_it_can_not_be_known(tmp_path: Path, workspace: LocalWorkspace) -> None:
    workspace.api.scopes = tuple({*workspace.api.scopes} - {"usergroups:read"})
    checks = await on_call(tmp_path, workspace, reroute_group="S0HELPERS", lead="U0PRIYA")
    assert checks == {"reroute_group": ("failed", "Slack refused: missing_scope"), "lead": ("ok", "Priya Nair")}
