"""The real command in real processes: who owns the index, what a kill leaves, what a wrong start says."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ops.control import connect
from ops.workspace.server import LocalWorkspace

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "ops" / "slack" / "manifest.yaml"
CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[sources.docs]
kind = "folder"
path = "docs"
"""
PAGES = {
    "returns.md": "# Returns\n\nYou can return most items within 30 days of delivery with a receipt.\n",
    "shipping.md": "# Shipping\n\nStandard shipping takes 3 to 5 business days. It is free from $49.\n",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "docs" / name).write_text(text)
    path = tmp_path / "frontdesk.toml"
    path.write_text(CONFIG)
    return path


def environment(**more: str) -> Mapping[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "SLACK_", "QDRANT"))
    }
    return clean | {"PYTHONUNBUFFERED": "1", **more}


async def run(config: Path, *words: str, **more: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of a finished command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.cli", "--config", str(config), *words),
        env=environment(**more),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Serve:
    """A `frontdesk serve` in a process of its own, connected to the workspace."""

    def __init__(self, config: Path, workspace: LocalWorkspace) -> None:
        self.config, self.workspace = config, workspace
        self.process: asyncio.subprocess.Process | None = None
        self.more: Mapping[str, str] = {}

    async def start(self, ready: str = "") -> None:
        """Returns when it is connected; or when it says so at the address `ready`."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops.cli", "--config", str(self.config), "serve"),
            env=environment(
                SLACK_BOT_TOKEN=self.workspace.bot_token,
                SLACK_APP_TOKEN=self.workspace.app_token,
                SLACK_API_URL=self.workspace.api_url,
                **self.more,
            ),
            cwd=ROOT,
            stderr=(self.config.parent / "log").open("ab"),
        )
        if ready:
            await asyncio.wait_for(self._ready(f"{ready}/readyz"), 60)
        else:
            await self.workspace.wait_for(lambda: self.workspace.sockets.connections, 60)

    async def _ready(self, url: str) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self.workspace.wait_for(lambda: not self.workspace.sockets.connections, 30)

    async def stop(self) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 60)


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(manifest=MANIFEST, redelivery_delays=(0, 0.5, 1, 2, 4)) as workspace:
        yield workspace


@pytest.fixture
async def serve(config: Path, workspace: LocalWorkspace) -> AsyncIterator[Serve]:
    serve = Serve(config, workspace)
    yield serve
    if serve.process is not None:
        await serve.stop()


def answers(workspace: LocalWorkspace, ts: str) -> list[dict[str, Any]]:
    """The bot's finished messages in a thread."""
    thread = workspace.messages("support", ts)
    return [one for one in thread if one.get("bot_id") and not one.get("streaming") and len(one.get("blocks", [])) > 1]


async def test_commands_work_alone(config: Path) -> None:
    """Sync, ask with the promised JSON, sources, status, verify; a second sync changes nothing."""
    status, out, err = await run(config, "sync", "--json")
    assert status == 0, err
    [synced] = json.loads(out)
    assert (synced["source"], synced["state"], synced["added"], synced["failed"]) == ("docs", "success", 2, [])
    status, out, _ = await run(config, "ask", "--json", "How many days do I have to return something?")
    answer = json.loads(out)
    assert (status, answer["outcome"]) == (0, "answered")
    assert "30 days" in answer["text"]
    assert answer["citations"][0]["title"] == "Returns"
    assert answer["citations"][0]["quote"] in PAGES["returns.md"]
    assert {"passages", "prompt", "model", "index_version", "timings_ms", "cost_usd"} <= answer.keys()
    assert answer["prompt"]["name"] == "electromart"
    status, out, _ = await run(config, "sources", "--json", "free", "shipping")
    assert json.loads(out)[0]["title"] == "Shipping"
    status, out, _ = await run(config, "sync", "--json")
    assert json.loads(out)[0]["unchanged"] == 2
    status, out, _ = await run(config, "index", "verify", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)


async def test_a_conversation_file_is_the_thread(config: Path, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text('[{"role": "asker", "text": "How long does standard shipping take?"}]')
    await run(config, "sync")
    talk = str(tmp_path / "talk.json")
    status, out, _ = await run(config, "ask", "--json", "--conversation", talk, "and is it free?")
    assert status == 0
    assert "$49" in json.loads(out)["text"]
    (tmp_path / "talk.json").write_text('{"role": "asker"}')
    status, _, err = await run(config, "ask", "--conversation", talk, "x")
    assert status == 1
    assert "is not a conversation" in err


async def test_commands_reach_the_process_that_owns_the_index(
    serve: Serve, config: Path, workspace: LocalWorkspace
) -> None:
    """With the embedded index: ask, sync and status go through `serve`; a second `serve` is refused in one line."""
    await serve.start()
    status, out, err = await run(config, "sync", "--json")
    assert (status, json.loads(out)[0]["state"]) == (0, "success"), err
    (config.parent / "docs" / "hours.md").write_text("# Opening hours\n\nOur stores open at 9:30.\n")
    status, out, _ = await run(config, "sync", "--json")
    assert json.loads(out)[0]["added"] == 1
    status, out, _ = await run(config, "ask", "--json", "When do the stores open?")
    assert "9:30" in json.loads(out)["text"]
    ts = await workspace.say("dana", "support", "@frontdesk when do the stores open?")
    [answer] = await workspace.wait_for(lambda: answers(workspace, ts), 30)
    assert "9:30" in answer["text"]
    status, _, err = await run(
        config, "serve", SLACK_BOT_TOKEN=workspace.bot_token, SLACK_APP_TOKEN=workspace.app_token
    )
    assert status == 1
    assert err.strip().count("\n") == 0, err
    assert "another `frontdesk serve` runs" in err
    async with connect(config.parent / ".frontdesk") as remote:
        assert remote is not None, "the refused one must not have taken the socket"
    assert await serve.stop() == 0


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.startStream"])
async def test_killed_between_slacks_accepting_and_our_storing(
    serve: Serve, config: Path, workspace: LocalWorkspace, method: str
) -> None:
    """The post happened, its reply never arrived: after the restart there is one answer, not two."""
    await run(config, "sync")
    workspace.streaming = method == "chat.startStream"
    await serve.start()
    hold = workspace.hold_reply(method)
    ts = await workspace.say("dana", "support", "@frontdesk how long does standard shipping take?")
    await asyncio.wait_for(hold.reached.wait(), 30)
    assert len([one for one in workspace.messages("support", ts) if one.get("bot_id")]) == 1
    await serve.kill()
    workspace.let_go(method)
    await serve.start()
    await workspace.wait_for(lambda: answers(workspace, ts), 60)
    other = await workspace.say("dana", "support", "@frontdesk how many days for a return?")
    await workspace.wait_for(lambda: answers(workspace, other), 60)  # whatever was to come for the first has come
    posted = [one for one in workspace.messages("support", ts) if one.get("bot_id")]
    assert len(posted) == 1
    assert "3 to 5 business days" in posted[0]["text"]


async def test_a_question_asked_while_nobody_served_is_answered_once(
    serve: Serve, config: Path, workspace: LocalWorkspace
) -> None:
    """Slack keeps the event and delivers it when a socket is back."""
    await run(config, "sync")
    ts = await workspace.say("dana", "support", "@frontdesk is shipping free?")
    await serve.start()
    await workspace.wait_for(lambda: answers(workspace, ts), 30)
    assert len(answers(workspace, ts)) == 1


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ({}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_BOT_TOKEN: Slack refused it"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-local-workspace", "SLACK_APP_TOKEN": "xapp-wrong"},
            "SLACK_APP_TOKEN: Slack refused it",
        ),
        ({"SLACK_BOT_TOKEN": "hello"}, "SLACK_BOT_TOKEN: not a token of this kind"),
    ],
)
async def test_a_wrong_start_is_one_line(
    config: Path, workspace: LocalWorkspace, tokens: dict[str, str], said: str
) -> None:
    status, _, err = await run(config, "serve", SLACK_API_URL=workspace.api_url, **tokens)
    assert status == 1
    assert said in err
    assert "Traceback" not in err
    assert "hello" not in err


async def test_doctor_says_what_works(config: Path, workspace: LocalWorkspace) -> None:
    await run(config, "sync")
    tokens = {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    status, out, err = await run(config, "doctor", SLACK_API_URL=workspace.api_url, **tokens)
    assert status == 0, out + err
    for line in (
        "prompt of support: electromart 1.1.0",
        "source docs: 2 documents",
        "index: 2 documents",
        "slack scopes: all",
    ):
        assert line in out
    (config.parent / "docs").rename(config.parent / "gone")
    workspace.api.scopes = frozenset({"chat:write"})
    status, out, _ = await run(config, "doctor", SLACK_API_URL=workspace.api_url, **tokens)
    assert status == 1
    assert "FAILED source docs" in out
    assert "FAILED slack scope app_mentions:read: missing" in out


async def test_nothing_to_start_from_says_what_to_do(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.cli", "sync"), cwd=tmp_path, env=environment(), stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    assert (process.returncode, "frontdesk init" in err.decode()) == (1, True)


async def test_terminated_it_finishes_what_it_answers(serve: Serve, config: Path, workspace: LocalWorkspace) -> None:
    """SIGTERM: no event is taken any more, the running answer ends, the status is 0; what was asked meanwhile is the
    next process's, once."""
    await run(config, "sync")
    await serve.start()
    hold = workspace.hold("chat.stopStream")
    ts = await workspace.say("dana", "support", "@frontdesk how long does standard shipping take?")
    await asyncio.wait_for(hold.reached.wait(), 30)
    assert serve.process is not None
    serve.process.terminate()
    await workspace.wait_for(lambda: not workspace.sockets.connections, 30)
    meanwhile = await workspace.say("dana", "support", "@frontdesk how many days for a return?")
    assert answers(workspace, ts) == []
    workspace.let_go("chat.stopStream")
    assert await serve.stop() == 0
    [answer] = answers(workspace, ts)
    assert "3 to 5 business days" in answer["text"]
    await serve.start()
    await workspace.wait_for(lambda: answers(workspace, meanwhile), 60)
    assert [len(answers(workspace, one)) for one in (ts, meanwhile)] == [1, 1]


@pytest.mark.parametrize("method", ["chat.startStream", "chat.stopStream"])
async def test_what_outlasts_the_drain_is_finished_by_the_next(
    serve: Serve, config: Path, workspace: LocalWorkspace, method: str
) -> None:
    """Given back when the time is up, and finished in the message that was begun."""
    await asyncio.to_thread(config.write_text, CONFIG + "[answering]\ndrain_s = 0.5\n")
    await run(config, "sync")
    await serve.start()
    hold = workspace.hold_reply(method) if method == "chat.startStream" else workspace.hold(method)
    ts = await workspace.say("dana", "support", "@frontdesk how long does standard shipping take?")
    await asyncio.wait_for(hold.reached.wait(), 30)
    assert await serve.stop() == 0
    workspace.let_go(method)
    await serve.start()
    await workspace.wait_for(lambda: answers(workspace, ts), 60)
    [answer] = [one for one in workspace.messages("support", ts) if one.get("bot_id")]
    assert "3 to 5 business days" in answer["text"]
    assert "given back" in (config.parent / "log").read_text()
    assert "Traceback" not in (config.parent / "log").read_text()
