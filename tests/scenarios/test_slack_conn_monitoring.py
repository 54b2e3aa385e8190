"""A real `frontdesk serve`: what /healthz, /readyz and /metrics say in both modes, and that they tell nothing of people."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, ClaudeDouble
from tests.fakes.network import free_port
from tests.scenarios.conftest import MANIFEST, everything, said
from tests.scenarios.test_processes import CONFIG, PAGES, Serve

ASK = "@frontdesk can I return something without dana@customers.example seeing it?"


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def slack_port() -> int:
    return free_port()


@pytest.fixture
def monitoring(tmp_path: Path) -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
async def workspace(mode: str, slack_port: int) -> AsyncIterator[LocalWorkspace]:
    url = f"http://127.0.0.1:{slack_port}/slack/events" if mode == "http" else ""
    async with LocalWorkspace(manifest=MANIFEST, redelivery_delays=(0, 0.5, 1, 2, 4), request_url=url) as workspace:
        yield workspace


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeDouble]:
    async with ClaudeDouble() as claude:
        yield claude


@pytest.fixture
async def serve(
    tmp_path: Path, workspace: LocalWorkspace, mode: str, slack_port: int, monitoring: str, claude: ClaudeDouble
) -> AsyncIterator[Serve]:
    (tmp_path / "docs").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "docs" / name).write_text(text)
    config = tmp_path / "frontdesk.toml"
    port = monitoring.rpartition(":")[2]
    config.write_text(f'{CONFIG}[slack]\nmode = "{mode}"\nport = {slack_port}\n[monitoring]\nport = {port}\n')
    serve = Serve(config, workspace)
    secrets = {"SLACK_SIGNING_SECRET": workspace.signing_secret, "ANTHROPIC_API_KEY": KEY}
    serve.more = secrets | {"ANTHROPIC_BASE_URL": claude.url}
    await serve.start(ready=monitoring)
    yield serve
    await serve.stop()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def values(monitoring: str) -> dict[str, float]:
    _, text = await get(f"{monitoring}/metrics")
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def until(monitoring: str, condition: Callable[[Mapping[str, float]], bool]) -> Mapping[str, float]:
    """The first values for which it holds."""
    async with asyncio.timeout(30):
        while not condition(found := await values(monitoring)):
            pass
    return found


async def test_a_desk_tells_how_it_is(workspace: LocalWorkspace, serve: Serve, monitoring: str) -> None:
    """Alive and ready; a question is counted by desk and outcome, timed, and neither its text nor its asker is there."""
    assert await get(f"{monitoring}/healthz") == (200, '{"alive": true}')
    status, text = await get(f"{monitoring}/readyz")
    assert status == 200, text
    await until(monitoring, lambda found: found.get("frontdesk_source_documents[('source', 'docs')]") == 2)
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: [one for one in said(workspace, ts) if "Talk to a human" in everything(one)], 60)
    await until(monitoring, lambda found: found.get("frontdesk_answer_seconds_count[]") == 1)
    found = await until(monitoring, lambda found: found["frontdesk_inbox_depth[]"] == 0)  # its row is closed last
    [ended] = [name for name in found if name.startswith("frontdesk_questions_total")]
    assert "('desk', 'support')" in ended
    assert found["frontdesk_first_sign_seconds_count[]"] == 1
    assert found["frontdesk_first_sentence_seconds_count[]"] == 1
    assert found["frontdesk_slack_calls_total[('error', ''), ('method', 'auth.test')]"] >= 1
    assert found["frontdesk_up[('part', 'slack')]"] == found["frontdesk_up[('part', 'store')]"] == 1
    assert found["frontdesk_escalations_open[]"] == 0
    assert any(name.startswith("frontdesk_model_tokens_total") and value > 0 for name, value in found.items())
    _, text = await get(f"{monitoring}/metrics")
    for told in ("dana", "U0DANA", "C0SUPPORT", "return", KEY, workspace.bot_token, workspace.signing_secret):
        assert told not in text, told


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_what_is_down_is_named(workspace: LocalWorkspace, serve: Serve, monitoring: str) -> None:
    """Without a connection the desk is alive and not ready, and says that it is Slack."""
    workspace.sockets.mute = True
    await workspace.drop_sockets()
    async with asyncio.timeout(30):
        while (answer := await get(f"{monitoring}/readyz"))[0] == 200:
            pass
    status, text = answer
    assert status == 503
    assert '"slack": "not connected"' in text
    assert '"store": "ok"' in text
    assert (await get(f"{monitoring}/healthz"))[0] == 200


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_stuck_process_gives_no_sign_of_life(serve: Serve, monitoring: str) -> None:
    """Stopped, it does not answer; a probe has its own deadline."""
    assert serve.process is not None
    os.kill(serve.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(0.5)) as session:
                await session.get(f"{monitoring}/healthz")
    finally:
        os.kill(serve.process.pid, signal.SIGCONT)
    assert (await get(f"{monitoring}/healthz"))[0] == 200


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_taken_port_does_not_keep_the_desk_from_answering(
    workspace: LocalWorkspace, serve: Serve, tmp_path: Path
) -> None:
    """The second desk logs which setting it is, and serves."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "frontdesk.toml").write_text(serve.config.read_text().replace('"docs"', f'"{tmp_path / "docs"}"'))
    second = Serve(other / "frontdesk.toml", workspace)
    await second.start()
    await workspace.wait_for(lambda: workspace.sockets.connections > 2, 60)
    await second.stop()
    assert "no health and no metrics: monitoring.port" in (other / "log").read_text()
