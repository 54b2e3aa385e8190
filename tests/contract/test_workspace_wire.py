"""The local workspace against the real slack-sdk and slack-bolt."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from ops.workspace.block_kit import check_blocks
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace

COMMANDS = [{"command": "/sources", "description": "search"}]


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(redelivery_delays=(0, 0.05), ack_timeout=0.5) as workspace:
        workspace.people.commands = COMMANDS
        yield workspace


@pytest.fixture
def client(workspace: LocalWorkspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
async def app(workspace: LocalWorkspace, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    app = AsyncApp(client=client, request_verification_enabled=False)
    handler = AsyncSocketModeHandler(app, workspace.app_token, web_client=client)
    await handler.connect_async()
    yield app
    await handler.close_async()


def section(text: str) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


async def refused(call: Any) -> tuple[str, str]:
    with pytest.raises(SlackApiError) as error:
        await call
    response = error.value.response
    return response["error"], response.get("response_metadata", {}).get("messages", [""])[0]


async def test_a_mention_reaches_bolt_and_the_answer_the_channel(workspace: LocalWorkspace, app: AsyncApp) -> None:
    @app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(f"hello <@{event['user']}>", thread_ts=event["ts"])

    ts = await workspace.say("dana", "support", "@frontdesk hi")
    thread = await workspace.wait_for(lambda: workspace.messages("support", ts)[1:])
    assert thread[0]["text"] == "hello <@U0DANA>"
    # One message, two events: the app keys on its ts.
    told = [entry["request"]["payload"]["event"] for entry in workspace.calls if entry["kind"] == "socket"]
    await workspace.wait_for(lambda: {"app_mention", "message"} <= {one["name"] for one in workspace.calls})
    assert {event["ts"] for event in told if event["user"] == "U0DANA"} == {ts}


async def test_an_event_without_an_ack_comes_again(workspace: LocalWorkspace, app: AsyncApp) -> None:
    """At once and then after the delays, with the headers that Slack sets."""
    tries: list[tuple[str, list[str] | None]] = []

    @app.use
    async def no_ack(req: Any, payload: dict[str, Any], next: Any) -> Any:
        tries.append((payload["type"], req.headers.get("x-slack-retry-num")))
        if len(tries) < 3:
            await asyncio.Event().wait()
        return await next()

    @app.event("message")
    async def heard() -> None:
        return None

    await workspace.deliver({"type": "message", "channel": "C0SUPPORT", "user": "U0DANA", "ts": "1.0", "text": "x"})
    await workspace.wait_for(lambda: any(entry["ok"] for entry in workspace.calls if entry["kind"] == "socket"))
    assert [retry for _, retry in tries] == [None, ["1"], ["2"]]


async def test_a_refresh_loses_no_event(workspace: LocalWorkspace, app: AsyncApp) -> None:
    """What is said while no socket is open is told once one is."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    @app.event("message")
    async def hear(event: dict[str, Any]) -> None:
        heard.put_nowait(event["text"])

    await workspace.refresh_sockets()
    await workspace.say("dana", "support", "one")
    assert await asyncio.wait_for(heard.get(), 30) == "one"


async def test_commands_buttons_and_modals_make_their_round(workspace: LocalWorkspace, app: AsyncApp) -> None:
    seen: list[Any] = []

    @app.command("/sources")
    async def sources(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack("looking")
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "action_id": "open", "value": "v"}
        await respond(text="found", blocks=[{"type": "actions", "elements": [button]}])

    @app.action("open")
    async def open_modal(ack: Any, body: dict[str, Any], client: AsyncWebClient, respond: Any) -> None:
        await ack()
        seen.append(body["actions"][0]["value"])
        block = {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
        title = {"type": "plain_text", "text": "Why"}
        view = {"type": "modal", "callback_id": "why", "title": title, "submit": title, "blocks": [block]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await respond(delete_original=True)

    @app.view("why")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        if not text:
            await ack(response_action="errors", errors={"why": "say why"})
        else:
            await ack()
            seen.append(text)

    await workspace.command("dana", "support", "/sources", "returns")
    found = await workspace.wait_for(lambda: [one for one in workspace.ephemerals("dana") if one.get("blocks")])
    await workspace.click("dana", "support", found[0]["ts"], "open")
    [view] = await workspace.wait_for(lambda: workspace.views("dana"))
    await workspace.wait_for(lambda: [one["text"] for one in workspace.ephemerals("dana")] == ["looking"])
    assert await workspace.submit(view["id"], "dana", {"why": {"text": {"value": ""}}}) == {"why": "say why"}
    assert await workspace.submit(view["id"], "dana", {"why": {"text": {"value": "because"}}}) == {}
    await workspace.wait_for(lambda: workspace.views("dana") == [])
    assert seen == ["v", "because"]


async def test_a_stream_through_the_sdk_becomes_one_message(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    ts = await workspace.say("dana", "support", "question")
    stream = await client.chat_stream(
        channel="C0SUPPORT", thread_ts=ts, recipient_user_id="U0DANA", recipient_team_id="T0ELECTRO", buffer_size=1
    )
    await stream.append(markdown_text="Within **30** ")
    assert workspace.messages("support", ts)[1]["streaming"]
    await stream.append(markdown_text="days.")
    await stream.stop(metadata={"event_type": "answer", "event_payload": {"key": "k"}}, blocks=section("sources"))
    message = workspace.messages("support", ts)[1]
    assert (message["text"], message["streaming"]) == ("Within **30** days.", False)
    assert [block["type"] for block in message["blocks"]] == ["markdown", "section"]
    history = await client.conversations_replies(channel="C0SUPPORT", ts=ts, include_all_metadata=True)
    assert history["messages"][1]["metadata"]["event_payload"] == {"key": "k"}


async def test_a_stream_ends_by_itself_and_may_not_be_offered(
    client: AsyncWebClient, workspace: LocalWorkspace
) -> None:
    now = [1_000.0]
    workspace.state.clock = lambda: now[0]
    ts = await workspace.say("dana", "support", "question")
    who = {"recipient_user_id": "U0DANA", "recipient_team_id": "T0ELECTRO"}
    assert (await refused(client.chat_startStream(channel="C0SUPPORT", thread_ts=ts)))[0] == "missing_recipient_team_id"
    begun = await client.chat_startStream(channel="C0SUPPORT", thread_ts=ts, **who)
    now[0] += 301
    late = client.chat_appendStream(channel="C0SUPPORT", ts=begun["ts"], markdown_text="x")
    assert (await refused(late))[0] == "message_not_in_streaming_state"
    workspace.streaming = False
    assert (await refused(client.chat_startStream(channel="C0SUPPORT", thread_ts=ts, **who)))[0] == "unknown_method"


async def test_rate_limits_tell_when_to_come_back(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    workspace.fail("auth.test", error="ratelimited", status=429, headers={"Retry-After": "0"})
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    assert (await client.auth_test())["user_id"] == "U0FRONTDESK"
    workspace.rate_limits = True
    client.retry_handlers.clear()
    for _ in range(10):
        await client.chat_postMessage(channel="C0SUPPORT", text="x")
    error, _ = await refused(client.chat_postMessage(channel="C0SUPPORT", text="x"))
    assert error == "ratelimited"


async def test_a_lost_answer_leaves_its_effect(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    workspace.fail("chat.postMessage", status=500, after_effect=True)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0SUPPORT", text="posted")
    assert [one["text"] for one in workspace.messages("support")] == ["posted"]


@pytest.mark.parametrize(
    ("method", "arguments", "error", "rule"),
    [
        ("chat.nothing", {}, "unknown_method", "methods.known"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments", "chat.postMessage.channel.required"),
        ("chat.postMessage", {"channel": "C0SUPPORT", "text": "x", "colour": "red"}, "invalid_arguments", "chat.postMessage.unknown_argument.colour"),
        ("chat.postMessage", {"channel": "C0RANDOM", "text": "x"}, "not_in_channel", "channels.bot_is_member"),
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found", "channels.visible_to_the_bot"),
        ("chat.postMessage", {"channel": "C0SUPPORT"}, "no_text", "message.text_or_blocks"),
        ("chat.postMessage", {"channel": "C0SUPPORT", "text": "x" * 40_001}, "msg_too_long", "message.text.max_40000"),
        ("chat.postMessage", {"channel": "C0SUPPORT", "text": "x", "thread_ts": "1.2"}, "thread_not_found", "messages.exist"),
        ("chat.postMessage", {"channel": "C0SUPPORT", "text": "x", "metadata": {"key": 1}}, "invalid_metadata_format", "message.metadata.event_type_and_event_payload"),
        ("chat.update", {"channel": "C0SUPPORT", "ts": "1.2", "text": "x"}, "message_not_found", "messages.exist"),
        ("apps.connections.open", {}, "not_allowed_token_type", "apps.connections.open.app_token"),
        ("views.open", {"trigger_id": "t", "view": {}}, "invalid_arguments", "view.type.required"),
    ],
)  # fmt: skip
async def test_what_slack_refuses_is_refused_by_name(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str, rule: str
) -> None:
    said = await refused(client.api_call(method, json=arguments))
    assert said[0] == error
    assert f"[rule: {rule}]" in said[1]


async def test_only_the_right_tokens_are_taken(workspace: LocalWorkspace) -> None:
    assert (await refused(AsyncWebClient(token="xoxb-wrong", base_url=workspace.api_url).auth_test()))[
        0
    ] == "invalid_auth"
    assert (await refused(AsyncWebClient(base_url=workspace.api_url).auth_test()))[0] == "not_authed"


def button(**more: Any) -> list[dict[str, Any]]:
    element = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", **more}
    return [{"type": "actions", "elements": [element]}]


@pytest.mark.parametrize(
    ("inside", "outside", "rule"),
    [
        (section("x" * 3000), section("x" * 3001), "section.text.text.max_3000"),
        ([{"type": "divider"}] * 50, [{"type": "divider"}] * 51, "blocks.at_most_50"),
        (button(value="x" * 2000), button(value="x" * 2001), "button.value.max_2000"),
        (button(), button(href="http://x"), "button.unknown_field.href"),
        (button(), button(text={"type": "mrkdwn", "text": "Go"}), "button.text.type.one_of"),
        (button(text={"type": "plain_text", "text": "x" * 75}), button(text={"type": "plain_text", "text": "x" * 76}), "button.text.text.max_75"),
        ([{"type": "markdown", "text": "x" * 12_000}], [{"type": "markdown", "text": "x" * 12_001}], "markdown.text.max_12000"),
        (section("x"), [{"type": "marquee"}], "blocks.unknown_type.marquee"),
        (section("x"), [{"type": "section"}], "section.one_of_text_fields"),
        (section("x"), section(""), "section.text.text.min_1"),
        (button(), button() + button(), "blocks.unique_action_id"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}], [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "header.text.text.max_150"),
        ([{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10}], [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}], "context.elements.at_most_10"),
        (section("x" * 3000) * 4, section("x" * 3000) * 5, "blocks.max_13200"),
    ],
)  # fmt: skip
def test_limits_hold_to_the_character(inside: list[Any], outside: list[Any], rule: str) -> None:
    check_blocks(inside)
    with pytest.raises(Refused) as error:
        check_blocks(outside)
    assert error.value.rule == rule


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "text", "elements", "blocks"]), inner),
    )
)
def test_any_json_is_taken_or_refused(blocks: Any) -> None:
    """Never anything else: a crash of the double would pass for one of Slack."""
    try:
        check_blocks(blocks)
    except Refused:
        return


async def test_pages_elsewhere_cannot_reach_it(workspace: LocalWorkspace) -> None:
    async with aiohttp.ClientSession() as session:
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            async with session.post(f"{workspace.url}/ui/say", json={}, headers=headers) as response:
                assert response.status == 403
        async with session.get(f"{workspace.url}/") as response:
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        async with session.get(f"{workspace.url}/page/..%2Fserver.py") as response:
            assert response.status == 404
