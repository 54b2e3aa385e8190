"""The local workspace in HTTP mode: what an app's request URL gets, tried with the real slack-bolt behind the real
uvicorn, and with apps that fail as apps do."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.slack.http_door import HttpDoor
from ops.workspace.request_url import SIGNING_SECRET
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace
from tests.fakes.network import free_port


class App:
    """A request URL whose answers a test writes; it keeps what came."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/slack/events"
        self.came: list[tuple[dict[str, str], str]] = []
        self.answers: list[web.Response] = []
        self.stall: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        self.came.append((dict(request.headers), await request.text()))
        if self.stall:
            await self.stall.wait()
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app, application = App(), web.Application()
    application.router.add_post("/slack/events", app.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", app.port).start()
    yield app
    await runner.cleanup()


@pytest.fixture
async def workspace(app: App) -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(ack_timeout=0.3, redelivery_delays=(0, 0.05), request_url=app.url) as workspace:
        yield workspace


def sent(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return [one for one in workspace.calls if one["kind"] == "request_url"]


async def test_requests_are_signed_as_slack_signs(workspace: LocalWorkspace, app: App) -> None:
    await workspace.say("dana", "support", "hello")
    await workspace.wait_for(lambda: sent(workspace))
    headers, body = app.came[0]
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)
    assert json.loads(body)["event"]["text"] == "hello"


async def test_an_event_comes_again_until_it_is_acked(workspace: LocalWorkspace, app: App) -> None:
    """With Slack's two headers, and its words for what went wrong."""
    app.answers = [web.Response(status=500)]
    await workspace.say("dana", "support", "hello")
    await workspace.wait_for(lambda: len(sent(workspace)) == 2)
    again = app.came[1][0]
    assert (again["X-Slack-Retry-Num"], again["X-Slack-Retry-Reason"]) == ("1", "http_error")
    assert "X-Slack-Retry-Num" not in app.came[0][0]
    assert app.came[0][1] == app.came[1][1]


async def test_who_does_not_answer_in_time_is_asked_again(workspace: LocalWorkspace, app: App) -> None:
    app.stall = asyncio.Event()
    await workspace.say("dana", "support", "hello")
    await workspace.wait_for(lambda: sent(workspace))
    app.stall.set()
    await workspace.wait_for(lambda: [one for one in sent(workspace) if one["ok"]])
    assert [one["error"] for one in sent(workspace)] == ["http_timeout", None]


async def test_an_app_may_refuse_retries(workspace: LocalWorkspace, app: App) -> None:
    """X-Slack-No-Retry: 1 ends it."""
    app.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    await workspace.say("dana", "support", "first")
    await workspace.wait_for(lambda: sent(workspace))
    await workspace.say("dana", "support", "second")
    await workspace.wait_for(lambda: [one for one in sent(workspace) if one["ok"]])
    assert [json.loads(body)["event"]["text"] for _, body in app.came] == ["first", "second"]


async def test_a_command_is_a_form_and_may_be_answered_at_once(workspace: LocalWorkspace, app: App) -> None:
    app.answers = [web.json_response({"text": "Found it", "response_type": "ephemeral"})]
    await workspace.command("dana", "support", "/sources", "returns")
    headers, body = app.came[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "command=%2Fsources" in body
    assert [one["text"] for one in workspace.ephemerals("dana")] == ["Found it"]


async def test_a_command_that_is_not_acked_is_not_sent_again(workspace: LocalWorkspace, app: App) -> None:
    app.answers = [web.Response(status=500)]
    await workspace.command("dana", "support", "/sources", "returns")
    assert len(app.came) == 1
    assert "operation_timeout" in workspace.ephemerals("dana")[0]["text"]


async def test_the_url_is_verified_by_a_challenge(workspace: LocalWorkspace, app: App) -> None:
    assert not await workspace.requests.verify()
    app.answers = [web.json_response({"challenge": "challenge-00000002"})]
    assert await workspace.requests.verify()


async def test_slack_bolt_takes_it() -> None:
    """Bolt's own verification, parsing and challenge, over ASGI."""
    port, heard = free_port(), asyncio.Event()
    async with LocalWorkspace(request_url=f"http://127.0.0.1:{port}/slack/events") as workspace:
        bolt = AsyncApp(token=workspace.bot_token, signing_secret=workspace.signing_secret)
        bolt.client.base_url = workspace.api_url

        @bolt.event("message")
        async def message(event: dict[str, Any]) -> None:
            heard.set()

        server = HttpDoor(AsyncSlackRequestHandler(bolt), "127.0.0.1", port)
        await server.open()
        assert await workspace.requests.verify()
        await workspace.say("dana", "support", "hello")
        await asyncio.wait_for(heard.wait(), 5)
        await server.close()


async def test_a_modal_without_an_app_says_so() -> None:
    """Nobody listens: as in Slack's client, the button shows an error."""
    async with LocalWorkspace(request_url=f"http://127.0.0.1:{free_port()}/") as workspace:
        ts = await workspace.say("dana", "support", "hello")
        with pytest.raises(Refused, match="operation_timeout"):
            await workspace.shortcut("dana", "anything", "support", ts)
