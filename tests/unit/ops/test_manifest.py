"""The manifest asks for what is used and no more, says why, and doctor names what a token has too little or too much."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import SlackSettings
from ops.config import Config, load_config
from ops.doctor import MANIFEST, _slack
from ops.slack.manifest import SCOPE_OF_EVENT, compare_scopes, read_manifest
from ops.workspace.methods import METHODS
from ops.workspace.server import LocalWorkspace

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(manifest=MANIFEST) as workspace:
        yield workspace


def config(tmp_path: Path, workspace: LocalWorkspace, **slack: object) -> Config:
    file = tmp_path / "frontdesk.toml"
    file.write_text('[desks.support]\nprompt = "electromart"\n[sources.docs]\nkind = "folder"\npath = "docs"\n')
    read = load_config(file)
    tokens = {"bot_token": SecretStr(workspace.bot_token), "app_token": SecretStr(workspace.app_token)}
    settings = SlackSettings(**(tokens | {"api_url": workspace.api_url} | slack))  # type: ignore[arg-type]
    return Config(read.path, read.bot.model_copy(update={"slack": settings}), read.ingest)


async def said(config: Config) -> dict[str, tuple[str, str]]:
    return {one.name: (one.verdict, one.said) async for one in _slack(config)}


def test_each_scope_is_explained_and_each_event_has_its_scope() -> None:
    manifest = read_manifest(MANIFEST)
    assert all(manifest.scopes.values())
    needed = {SCOPE_OF_EVENT.get(event) for event in manifest.events} - {None}
    assert needed <= manifest.scopes.keys()


def test_no_scope_is_asked_for_that_no_call_needs() -> None:
    """Of the scopes that the local workspace checks, each is one of a method that the bot calls, or of an event."""
    source = " ".join(path.read_text() for path in (ROOT / "bot" / "slack").rglob("*.py"))
    called = [known for name, known in METHODS.items() if re.search(rf"\b{name.replace('.', '_')}\b", source)]
    manifest = read_manifest(MANIFEST)
    used = {known.scope for known in called} | {SCOPE_OF_EVENT.get(event) for event in manifest.events}
    by_kind = {scope for scope in manifest.scopes if re.match("(channels|groups|im|mpim):", scope)}
    others = {"commands", "files:read", "users:read.email", "assistant:write"}
    assert manifest.scopes.keys() - used - by_kind <= others


async def test_a_token_with_all_of_it_is_well(tmp_path: Path, workspace: LocalWorkspace) -> None:
    """By the header that Slack sends with auth.test, which the local workspace sends from its manifest."""
    checks = await said(config(tmp_path, workspace))
    assert checks["slack scopes"] == ("ok", "all that ops/slack/manifest.yaml asks for")
    assert checks["slack tokens"][0] == "ok"


async def test_too_little_and_too_much_are_named(tmp_path: Path, workspace: LocalWorkspace) -> None:
    """What is missing says what breaks and which events do not come; what is superfluous is a warning."""
    workspace.api.scopes = tuple({*workspace.api.scopes, "channels:manage"} - {"im:history", "users:read.email"})
    checks = await said(config(tmp_path, workspace))
    verdict, text = checks["slack scope im:history"]
    assert verdict == "failed"
    assert "direct messages; no message.im events" in text
    assert checks["slack scope users:read.email"][0] == "failed"
    assert "whose orders somebody may see" in checks["slack scope users:read.email"][1]
    assert checks["slack scope channels:manage"][0] == "warning"
    assert "slack scopes" not in checks


def test_one_too_many_alone_is_no_failure() -> None:
    manifest = read_manifest(MANIFEST)
    verdicts = {one.verdict for one in compare_scopes(manifest, frozenset({*manifest.scopes, "admin"}))}
    assert verdicts == {"warning", "ok"}


async def test_an_app_token_that_slack_refuses_is_named(tmp_path: Path, workspace: LocalWorkspace) -> None:
    checks = await said(config(tmp_path, workspace, app_token=SecretStr("xapp-other")))
    assert checks["slack tokens"][0] == "failed"
    assert "SLACK_APP_TOKEN" in checks["slack tokens"][1]


async def test_http_mode_needs_a_secret_and_no_app_token(tmp_path: Path, workspace: LocalWorkspace) -> None:
    checks = await said(config(tmp_path, workspace, mode="http", app_token=None))
    assert "SLACK_SIGNING_SECRET is not set" in checks["slack"][1]
    checks = await said(config(tmp_path, workspace, mode="http", app_token=None, signing_secret=SecretStr("s")))
    assert checks["slack tokens"][0] == "ok"
    assert workspace.called("apps.connections.open") == []
