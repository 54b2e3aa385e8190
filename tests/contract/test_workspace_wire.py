"""The local workspace against the real slack-sdk and slack-bolt."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace

Json = dict[str, Any]
MANIFEST = Path(__file__).parents[2] / "ops" / "slack" / "manifest.yaml"
SUPPORT, TEAM = "C0SUPPORT", "T0ELECTRO"
DANA = {"recipient_user_id": "U0DANA", "recipient_team_id": TEAM}


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Told:
    """What an app heard, and a wait for more of it."""

    payloads: list[Json] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, payload: Json) -> None:
        self.payloads.append(payload)
        self.more.set()

    def events(self, kind: str) -> list[Json]:
        return [one["event"] for one in self.payloads if one.get("event", {}).get("type") == kind]

    async def until(self, condition: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while not (found := condition()):
                self.more.clear()
                await self.more.wait()
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def workspace(clock: Clock) -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(clock=clock, redelivery_delays=(0, 0.05), ack_timeout=0.5) as workspace:
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


Connect = Callable[..., Awaitable[Told]]


@pytest.fixture
async def connect(workspace: LocalWorkspace, client: AsyncWebClient) -> AsyncIterator[Connect]:
    """Connections of slack-sdk that ack everything (`answer`: with what) and remember it."""
    opened: list[SocketModeClient] = []

    async def connect(answer: Callable[[Json], Json | None] = lambda payload: None) -> Told:
        told = Told()

        async def hear(socket: SocketModeClient, request: SocketModeRequest) -> None:
            response = SocketModeResponse(envelope_id=request.envelope_id, payload=answer(request.payload))
            await socket.send_socket_mode_response(response)
            told.add(request.payload)

        socket = SocketModeClient(workspace.app_token, web_client=client, ping_interval=1)
        socket.socket_mode_request_listeners.append(hear)  # type: ignore[arg-type]
        await socket.connect()
        opened.append(socket)
        return told

    yield connect
    for socket in opened:
        await socket.close()


def section(text: str) -> list[Json]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Why", **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "text"}
    block = {"type": "input", "block_id": "why", "label": plain("Why"), "element": element}
    return {
        "type": "modal",
        "callback_id": "why",
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": [block],
        **more,
    }


def button(action_id: str = "go", **more: Any) -> list[Json]:
    return [{"type": "actions", "elements": [{"type": "button", "text": plain("Go"), "action_id": action_id, **more}]}]


async def refused(call: Any) -> tuple[str, str]:
    """The error and the first message of a call that fails."""
    with pytest.raises(SlackApiError) as error:
        await call
    response = error.value.response
    return response["error"], response.get("response_metadata", {}).get("messages", [""])[0]


# Through bolt


async def test_a_mention_reaches_bolt_and_the_answer_the_channel(workspace: LocalWorkspace, app: AsyncApp) -> None:
    """Slack tells of a mention twice: as a message and as a mention, with one ts."""

    @app.event("app_mention")
    async def answer(event: Json, say: Any) -> None:
        await say(f"hello <@{event['user']}>", thread_ts=event["ts"])

    ts = await workspace.say("dana", "support", "@frontdesk hi")
    thread = await workspace.wait_for(lambda: workspace.messages("support", ts)[1:])
    assert thread[0]["text"] == "hello <@U0DANA>"
    assert thread[0]["mentions"] == ["<@U0DANA>"]

    def sent() -> list[Json]:
        told = [entry["request"]["payload"] for entry in workspace.calls if entry["kind"] == "socket"]
        return [one for one in told if one["event"]["ts"] == ts]

    await workspace.wait_for(lambda: len(sent()) == 2)
    assert sorted(one["event"]["type"] for one in sent()) == ["app_mention", "message"]
    assert len({one["event_id"] for one in sent()}) == 2


async def test_an_event_without_an_ack_comes_again(workspace: LocalWorkspace, app: AsyncApp) -> None:
    """At once and then after the delays, with the headers that Slack sets; after the last one it is given up."""
    tries: list[list[str] | None] = []

    @app.use
    async def no_ack(req: Any, next: Any) -> Any:
        tries.append(req.headers.get("x-slack-retry-num"))
        await asyncio.Event().wait()

    await workspace.deliver({"type": "message", "channel": SUPPORT, "user": "U0DANA", "ts": "1.0", "text": "x"})
    await workspace.wait_for(lambda: any(entry["error"] == "given up" for entry in workspace.calls))
    assert tries == [None, ["1"], ["2"]]


async def test_commands_buttons_and_modals_make_their_round(workspace: LocalWorkspace, app: AsyncApp) -> None:
    """The ack of a command answers it; a button opens a modal; the modal is sent back with errors, then taken."""
    seen: list[Any] = []

    @app.command("/sources")
    async def sources(ack: Any, respond: Any) -> None:
        await ack("looking")
        await respond(text="found", blocks=button("open", value="v"))

    @app.action("open")
    async def open_modal(ack: Any, body: Json, client: AsyncWebClient, respond: Any) -> None:
        await ack()
        seen.append(body["actions"][0]["value"])
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await respond(delete_original=True)

    @app.view("why")
    async def submitted(ack: Any, view: Json) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        if not text:
            await ack(response_action="errors", errors={"why": "say why"})
        else:
            seen.append(text)
            await ack()

    await workspace.command("dana", "support", "/sources", "returns")
    found = await workspace.wait_for(lambda: [one for one in workspace.ephemerals("dana") if one.get("blocks")])
    await workspace.click("dana", "support", found[0]["ts"], "open")
    [view] = await workspace.wait_for(lambda: workspace.views("dana"))
    await workspace.wait_for(lambda: [one["text"] for one in workspace.ephemerals("dana")] == ["looking"])
    assert workspace.ephemerals("sam") == []
    assert await workspace.submit(view["id"], "dana", {"why": {"text": {"value": ""}}}) == {"why": "say why"}
    assert await workspace.submit(view["id"], "dana", {"why": {"text": {"value": "because"}}}) == {}
    assert workspace.views("dana") == []
    assert seen == ["v", "because"]


async def test_a_command_without_an_app_fails_visibly(workspace: LocalWorkspace) -> None:
    """As Slack tells the person who typed it."""
    await workspace.command("dana", "support", "/sources", "returns")
    assert "operation_timeout" in workspace.ephemerals("dana")[0]["text"]


# Socket Mode


async def test_events_wait_for_a_connection(workspace: LocalWorkspace, connect: Connect) -> None:
    """What people write while the app is away is told when it comes back, in order."""
    for number in range(3):
        await workspace.say("dana", "support", f"message {number}")
    told = await connect()
    await told.until(lambda: len(told.payloads) == 3)
    assert [one["text"] for one in told.events("message")] == ["message 0", "message 1", "message 2"]


async def test_each_event_goes_to_one_connection(workspace: LocalWorkspace, connect: Connect) -> None:
    """Two connections share the events between them."""
    one, other = await connect(), await connect()
    for number in range(6):
        await workspace.say("dana", "support", f"message {number}")
    await workspace.wait_for(lambda: sum(entry["ok"] for entry in workspace.calls if entry["kind"] == "socket") == 6)
    assert (len(one.payloads), len(other.payloads)) == (3, 3)


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_the_sdk_follows_a_refresh(workspace: LocalWorkspace, connect: Connect, reason: str) -> None:
    """Asked to reconnect, it dials with a new ticket, and no event is lost."""
    told = await connect()
    await workspace.refresh_sockets(reason)
    await workspace.say("dana", "support", "after")
    await told.until(lambda: told.events("message"))
    await workspace.wait_for(lambda: workspace.sockets.dials == 2)


async def test_a_cut_connection_loses_no_event(workspace: LocalWorkspace, connect: Connect) -> None:
    """The SDK notices, dials again, and hears what happened in between."""
    told = await connect()
    await workspace.drop_sockets()
    await workspace.say("dana", "support", "in between")
    await told.until(lambda: told.events("message"))


async def test_a_ticket_opens_one_connection(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """A used ticket is dead, as is one that was never given out; pings are answered."""
    url = (await client.apps_connections_open(app_token=workspace.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, autoping=False) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await socket.ping(b"sdk-ping-pong:1")
            assert (await socket.receive()).type is aiohttp.WSMsgType.PONG
        for dead in (url, url.replace("ticket=", "ticket=x")):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(dead)


# Events


async def test_edits_and_deletions_are_told_with_what_stood_before(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect
) -> None:
    """People's and the bot's own alike."""
    told = await connect()
    ts = await workspace.say("dana", "support", "before")
    await workspace.edit("dana", "support", ts, "after")
    await workspace.delete("dana", "support", ts)
    posted = await client.chat_postMessage(channel=SUPPORT, text="mine")
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="mine, changed")
    await told.until(lambda: len(told.events("message")) == 5)
    first, edited, deleted, own, changed = told.events("message")
    assert (edited["subtype"], edited["message"]["text"], edited["previous_message"]["text"]) == (
        "message_changed", "after", "before",
    )  # fmt: skip
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert own["bot_id"] == changed["message"]["bot_id"] == "B0FRONTDESK"
    assert "streaming" not in own
    assert first["channel_type"] == "channel"


async def test_a_deleted_root_leaves_a_tombstone_while_it_has_replies(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect
) -> None:
    """Slack tells of it as a change; the thread can still be read and answered, and goes with its last reply."""
    told = await connect()
    root = await workspace.say("dana", "support", "question")
    reply = await client.chat_postMessage(channel=SUPPORT, thread_ts=root, text="answer")
    await workspace.delete("dana", "support", root)
    [event] = await told.until(
        lambda: [one for one in told.events("message") if one.get("subtype") == "message_changed"]
    )
    assert (event["message"]["subtype"], event["message"]["ts"]) == ("tombstone", root)
    assert event["previous_message"]["text"] == "question"
    assert len((await client.conversations_replies(channel=SUPPORT, ts=root))["messages"]) == 2
    await client.chat_delete(channel=SUPPORT, ts=reply["ts"])
    assert workspace.messages("support") == []
    late = client.chat_postMessage(channel=SUPPORT, thread_ts=root, text="too late")
    assert (await refused(late))[0] == "thread_not_found"


async def test_direct_messages_private_channels_and_reactions(workspace: LocalWorkspace, connect: Connect) -> None:
    """A mention in a DM is only a message; what happens where the bot is not is not told."""
    told = await connect()
    await workspace.say("dana", "dm", "@frontdesk hi")
    await workspace.say("alex", "support-escalations", "@frontdesk hi")
    await workspace.say("dana", "random", "@frontdesk hi")
    ts = await workspace.say("dana", "support", "x")
    await workspace.react("sam", "support", ts, "tada")
    await workspace.open_home("dana")
    await told.until(lambda: told.events("app_home_opened"))
    assert [one["channel_type"] for one in told.events("message")] == ["im", "group", "channel"]
    assert [one["channel"] for one in told.events("app_mention")] == ["C0ESCALATE"]
    assert told.events("reaction_added")[0]["item"] == {"type": "message", "channel": SUPPORT, "ts": ts}


async def test_the_manifest_decides_what_is_told_and_allowed(clock: Clock) -> None:
    """An event that it does not subscribe to is not told; a method beyond its scopes is refused by name."""
    async with LocalWorkspace(manifest=MANIFEST, clock=clock) as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        ts = await workspace.say("dana", "support", "x")
        with pytest.raises(SlackApiError) as error:
            await client.reactions_add(channel=SUPPORT, name="eyes", timestamp=ts)
        assert (error.value.response["error"], error.value.response["needed"]) == ("missing_scope", "reactions:write")
        assert "chat:write" in error.value.response["provided"]
        assert "chat:write" in (await client.auth_test()).headers["X-OAuth-Scopes"]
        assert [one["command"] for one in workspace.people.commands] == ["/sources"]
        assert "reaction_added" not in workspace.events.subscribed


# Messages


async def test_a_text_takes_the_place_of_blocks_and_metadata_stays(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """chat.update as Slack documents it, and its shorter limit."""
    key = {"event_type": "answer", "event_payload": {"key": "k"}}
    posted = await client.chat_postMessage(channel=SUPPORT, text="fallback", blocks=section("shown"), metadata=key)
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="new", blocks=section("new"))
    assert "edited" not in workspace.messages("support")[0]
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="x" * 4000)
    [message] = workspace.messages("support")
    assert ("blocks" in message, message["metadata"]) == (False, key)
    late = client.chat_update(channel=SUPPORT, ts=posted["ts"], text="x" * 4001)
    assert await refused(late) == ("msg_too_long", "[ERROR] text has 4001 characters [rule: chat.update.text.max_4000]")


async def test_history_comes_in_pages_and_with_metadata_when_asked(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """Newest first in a channel, oldest first in a thread; replies are not in the channel's history."""
    key = {"event_type": "answer", "event_payload": {"key": "k"}}
    root = await workspace.say("dana", "support", "root")
    for number in range(5):
        await client.chat_postMessage(channel=SUPPORT, text=f"reply {number}", thread_ts=root, metadata=key)
    await client.chat_postMessage(channel=SUPPORT, text="last")
    history = await client.conversations_history(channel=SUPPORT)
    assert [one["text"] for one in history["messages"]] == ["last", "root"]
    assert history["messages"][1]["reply_count"] == 5
    found = [
        one["text"]
        async for page in await client.conversations_replies(channel=SUPPORT, ts=root, limit=2)
        for one in page["messages"]
    ]
    assert found == ["root", *(f"reply {number}" for number in range(5))]
    bare = await client.conversations_replies(channel=SUPPORT, ts=root)
    full = await client.conversations_replies(channel=SUPPORT, ts=root, include_all_metadata=True)
    assert "metadata" not in bare["messages"][1]
    assert full["messages"][1]["metadata"] == key
    assert (await refused(client.conversations_history(channel=SUPPORT, cursor="zzz")))[0] == "invalid_cursor"


async def test_history_with_oldest_alone_begins_there(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """Slack then pages forward; each page has its newest first, and the edges themselves are left out."""
    sent = [await workspace.say("dana", "support", str(number)) for number in range(6)]

    async def pages(**times: str) -> list[list[str]]:
        read = await client.conversations_history(channel=SUPPORT, limit=2, **times)
        return [[one["text"] for one in page["messages"]] async for page in read]

    assert await pages(oldest=sent[0]) == [["2", "1"], ["4", "3"], ["5"]]
    assert await pages(oldest=sent[0], latest=sent[5]) == [["4", "3"], ["2", "1"]]
    first = await client.conversations_history(channel=SUPPORT, oldest=sent[3], limit=1)
    assert (first["has_more"], bool(first["response_metadata"]["next_cursor"])) == (True, True)
    assert (await refused(client.conversations_history(channel=SUPPORT, oldest="yesterday")))[0] == "invalid_ts_oldest"


async def test_the_bots_own_conversations_need_the_scope_of_their_kind(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """Public channels where no type is asked for; a page ends with a cursor; a kind without its scope is refused."""
    await workspace.say("dana", "dm", "hello")
    mine = [one["name"] for one in (await client.users_conversations())["channels"]]
    assert mine == ["support", "people", "techflow", "general"]
    [private] = (await client.users_conversations(types="private_channel"))["channels"]
    assert (private["id"], private["is_private"]) == ("C0ESCALATE", True)
    [direct] = (await client.users_conversations(types="im"))["channels"]
    assert (direct["is_im"], direct["user"], "name" in direct) == (True, "U0DANA", False)
    paged = [len(page["channels"]) async for page in await client.users_conversations(limit=1)]
    assert paged == [1, 1, 1, 1]
    workspace.api.scopes = tuple(one for one in workspace.api.scopes if one != "im:read")
    error, _ = await refused(client.users_conversations(types="public_channel,im"))
    assert error == "missing_scope"
    assert (await refused(client.users_conversations(types="dm")))[0] == "invalid_types"


async def test_events_can_be_lost(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """As after Slack's last redelivery: the message stands in the channel, and no connection hears of it."""
    workspace.lose_events = True
    lost = await workspace.say("dana", "support", "nobody hears this")
    workspace.lose_events = False
    await workspace.say("dana", "support", "this waits")
    heard = [one for one in workspace.calls if one["kind"] == "socket"]
    assert [(one["error"], one["rule"]) for one in heard] == [("given up", "socket.redelivery")]
    assert (await client.conversations_history(channel=SUPPORT))["messages"][1]["ts"] == lost


async def test_mentions_and_links_are_recorded_with_each_message(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """So that a test can assert that nobody was notified; the wire does not carry them."""
    posted = await client.chat_postMessage(channel=SUPPORT, text="<!channel> <https://a.example|x>")
    [message] = workspace.messages("support")
    assert (message["mentions"], message["links"]) == (["<!channel>"], ["https://a.example"])
    assert not {"mentions", "links", "channel"} & set(posted["message"])


async def test_people_and_channels_are_found_as_slack_tells_of_them(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """Private channels that the bot is not in are not there; guests are marked; joining tells."""
    sam = workspace.add_user("guest", "Gale Guest", "gale@elsewhere.example", is_restricted=True)
    assert (await client.users_info(user=sam))["user"]["is_restricted"]
    assert (await client.users_lookupByEmail(email="DANA@customers.example"))["user"]["id"] == "U0DANA"
    assert (await refused(client.users_lookupByEmail(email="nobody@x.example")))[0] == "users_not_found"
    everyone = [one["id"] async for page in await client.users_list(limit=2) for one in page["members"]]
    assert everyone == list(workspace.state.team.users)
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert {one["name"] for one in listed["channels"]} == {
        "support",
        "people",
        "techflow",
        "general",
        "random",
        "support-escalations",
    }
    assert not (await client.conversations_info(channel="C0RANDOM"))["channel"]["is_member"]
    await client.conversations_join(channel="C0RANDOM")
    mine = await client.users_conversations()
    assert "random" in [one["name"] for one in mine["channels"]]
    opened = await client.conversations_open(users=["U0DANA"])
    assert (await client.conversations_info(channel=opened["channel"]["id"]))["channel"]["user"] == "U0DANA"
    assert (await client.conversations_members(channel="C0ESCALATE"))["members"] == ["U0ALEX", "U0PRIYA", "U0FRONTDESK"]
    assert (await client.bots_info(bot="B0FRONTDESK"))["bot"]["user_id"] == "U0FRONTDESK"
    assert (await client.bots_info(bot="B0OTHERBOT"))["bot"]["app_id"] == "A0OTHERBOT"
    assert (await client.usergroups_list())["usergroups"] == []


async def test_who_can_see_a_channel_is_told_as_slack_tells_it(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    """Sharing, group DMs, user groups, and people of other workspaces or who are gone."""
    group = workspace.set_group("people-team", ["alex", "priya"])
    [listed] = (await client.usergroups_list(include_users=True))["usergroups"]
    assert (listed["id"], listed["handle"], listed["users"]) == (group, "people-team", ["U0ALEX", "U0PRIYA"])
    assert "users" not in (await client.usergroups_list())["usergroups"][0]
    assert (await client.usergroups_users_list(usergroup=group))["users"] == ["U0ALEX", "U0PRIYA"]
    talk = workspace.add_channel("talk", ["alex", "dana"], "mpim")
    info = (await client.conversations_info(channel=talk))["channel"]
    assert (info["is_mpim"], info["is_private"], info["is_ext_shared"]) == (True, True, False)
    assert [one["id"] for one in (await client.users_conversations(types="mpim"))["channels"]] == [talk]
    workspace.share_channel("support")
    info = (await client.conversations_info(channel=SUPPORT))["channel"]
    assert (info["is_ext_shared"], info["is_shared"]) == (True, True)
    eve = workspace.add_user("eve", "Eve Other", is_stranger=True)
    gone = workspace.add_user("gone", "Gone Away", deleted=True)
    assert (await client.users_info(user=eve))["user"]["team_id"] != "T0ELECTRO"
    assert (await client.users_info(user=gone))["user"]["deleted"]


async def test_a_permalink_leads_to_the_thread(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """Of a reply too."""
    root = await workspace.say("dana", "support", "root")
    reply = await workspace.say("sam", "support", "reply", root)
    link = (await client.chat_getPermalink(channel=SUPPORT, message_ts=reply))["permalink"]
    assert link == f"{workspace.url}/?channel={SUPPORT}&thread={root}"


async def test_a_status_ends_with_the_answer_or_after_two_minutes(
    workspace: LocalWorkspace, client: AsyncWebClient, clock: Clock
) -> None:
    """As in Slack; suggested prompts stay."""
    ts = await workspace.say("dana", "support", "question")
    for end in ("post", "wait"):
        await client.assistant_threads_setStatus(channel_id=SUPPORT, thread_ts=ts, status="is searching")
        assert workspace.status("support", ts) == "is searching"
        if end == "post":
            await client.chat_postMessage(channel=SUPPORT, thread_ts=ts, text="answer")
        else:
            clock.now += 121
        assert workspace.status("support", ts) == ""
    many = client.assistant_threads_setStatus(channel_id=SUPPORT, thread_ts=ts, status="x", loading_messages=["x"] * 11)
    assert (await refused(many))[0] == "invalid_arguments"
    prompts = [{"title": "Returns", "message": "How do I return it?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=SUPPORT, prompts=prompts)
    too_many = client.assistant_threads_setSuggestedPrompts(channel_id=SUPPORT, prompts=prompts * 5)
    assert (await refused(too_many))[0] == "invalid_arguments"


# Streams


async def test_a_stream_through_the_sdk_becomes_one_message(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect
) -> None:
    """It grows while it streams; its end brings the closing blocks and the metadata."""
    told = await connect()
    ts = await workspace.say("dana", "support", "question")
    stream = await client.chat_stream(channel=SUPPORT, thread_ts=ts, buffer_size=1, **DANA)
    await stream.append(markdown_text="Within **30** ")
    assert workspace.messages("support", ts)[1]["streaming"]
    await stream.append(markdown_text="days.")
    await stream.stop(metadata={"event_type": "answer", "event_payload": {"key": "k"}}, blocks=section("sources"))
    message = workspace.messages("support", ts)[1]
    assert (message["text"], message["streaming"]) == ("Within **30** days.", False)
    assert [block["type"] for block in message["blocks"]] == ["markdown", "section"]
    await told.until(lambda: [one for one in told.events("message") if one.get("bot_id")])
    history = await client.conversations_replies(channel=SUPPORT, ts=ts, include_all_metadata=True)
    assert history["messages"][1]["metadata"]["event_payload"] == {"key": "k"}


async def test_chunks_bring_tasks_plans_and_blocks(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """A task with a known id is updated in place; in plan mode the tasks stand together."""
    ts = await workspace.say("dana", "support", "question")
    task = {"type": "task_update", "id": "1", "title": "Search", "status": "in_progress"}
    for mode, kinds in (("timeline", ["task_card", "markdown", "divider"]), ("plan", ["plan", "markdown", "divider"])):
        chunks = [task, {"type": "plan_update", "title": "Steps"}]
        begun = await client.chat_startStream(
            channel=SUPPORT, thread_ts=ts, chunks=chunks, task_display_mode=mode, **DANA
        )
        more = [task | {"status": "complete"}, {"type": "markdown_text", "text": "Done."}]
        await client.chat_appendStream(channel=SUPPORT, ts=begun["ts"], chunks=more)
        last = [{"type": "blocks", "blocks": [{"type": "divider"}]}]
        await client.chat_stopStream(channel=SUPPORT, ts=begun["ts"], chunks=last)
        blocks = workspace.messages("support", ts)[-1]["blocks"]
        assert [block["type"] for block in blocks] == kinds
        assert '"complete"' in json.dumps(blocks)
        assert '"in_progress"' not in json.dumps(blocks)


async def test_what_streams_refuse(workspace: LocalWorkspace, client: AsyncWebClient, clock: Clock) -> None:
    """Recipients, one mode for a whole stream, limits, an end after five minutes, updates meanwhile."""
    ts = await workspace.say("dana", "support", "question")

    async def begin(**more: Any) -> str:
        return str((await client.chat_startStream(channel=SUPPORT, thread_ts=ts, **DANA, **more))["ts"])

    chunk = [{"type": "markdown_text", "text": "x"}]
    begun = await begin(markdown_text="x")
    append, stop, update = client.chat_appendStream, client.chat_stopStream, client.chat_update
    where = {"channel": SUPPORT, "ts": begun}
    for call, error in (
        (client.chat_startStream(channel=SUPPORT, thread_ts=ts), "missing_recipient_team_id"),
        (client.chat_startStream(channel=SUPPORT, thread_ts="1.2", **DANA), "thread_not_found"),
        (append(**where), "markdown_text_or_chunks_required"),
        (append(**where, markdown_text="x", chunks=chunk), "cannot_provide_both_markdown_text_and_chunks"),
        (append(**where, chunks=chunk), "streaming_mode_mismatch"),
        (append(**where, markdown_text="x" * 12_001), "msg_too_long"),
        (stop(**where, blocks=[{"type": "divider"}] * 51), "invalid_blocks"),
        (append(channel=SUPPORT, ts=ts, markdown_text="x"), "message_not_owned_by_app"),
        (update(**where, text="x"), "streaming_state_conflict"),
    ):
        assert (await refused(call))[0] == error
    await append(**where, markdown_text="x" * 12_000)
    clock.now += 301
    assert (await refused(append(**where, markdown_text="x")))[0] == "message_not_in_streaming_state"
    await update(**where, text="the whole answer")
    workspace.streaming = False
    assert (await refused(begin()))[0] == "unknown_method"


# Views and response_url


async def test_modals_stand_on_each_other(workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect) -> None:
    """push, update, clear, hash, three at most, and what closing tells."""
    answers: dict[str, Json] = {}
    told = await connect(lambda payload: answers.get(payload.get("type", "")))
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=button())

    async def trigger() -> str:
        count = len(told.payloads)
        await workspace.click("dana", "support", posted["ts"], "go")
        await told.until(lambda: [one for one in told.payloads[count:] if one.get("type") == "block_actions"])
        return str(told.payloads[-1]["trigger_id"])

    assert (await refused(client.views_push(trigger_id=await trigger(), view=modal())))[0] == "not_found"
    root = (await client.views_open(trigger_id=await trigger(), view=modal("One")))["view"]
    changed = (await client.views_update(view_id=root["id"], hash=root["hash"], view=modal("Changed")))["view"]
    assert (changed["id"], changed["title"]["text"]) == (root["id"], "Changed")
    old = client.views_update(view_id=root["id"], hash=root["hash"], view=modal())
    assert (await refused(old))[0] == "hash_conflict"
    second = (await client.views_push(trigger_id=await trigger(), view=modal("Two", notify_on_close=True)))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (root["id"], root["id"])
    answers["view_submission"] = {"response_action": "push", "view": modal("Three")}
    await workspace.submit(second["id"], "dana", {})
    assert [view["title"]["text"] for view in workspace.views("dana")] == ["Changed", "Two", "Three"]
    assert (await refused(client.views_push(trigger_id=await trigger(), view=modal())))[0] == "push_limit_reached"
    answers["view_submission"] = {"response_action": "update", "view": modal("New three")}
    await workspace.submit(workspace.views("dana")[-1]["id"], "dana", {})
    assert workspace.views("dana")[-1]["title"]["text"] == "New three"
    del answers["view_submission"]
    await workspace.submit(workspace.views("dana")[-1]["id"], "dana", {})
    await workspace.close(second["id"], "dana")
    assert told.payloads[-1]["type"] == "view_closed"
    answers["view_submission"] = {"response_action": "clear"}
    await workspace.submit(root["id"], "dana", {})
    assert workspace.views("dana") == []


async def test_a_trigger_opens_one_view_within_three_seconds(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect, clock: Clock
) -> None:
    """A refused view leaves it unused."""
    told = await connect()
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=button())
    for _ in range(2):
        await workspace.click("dana", "support", posted["ts"], "go")
    await told.until(lambda: len([one for one in told.payloads if one.get("type") == "block_actions"]) == 2)
    one, late = (one["trigger_id"] for one in told.payloads if one.get("type") == "block_actions")
    bad = await refused(client.views_open(trigger_id=one, view=modal("x" * 25)))
    assert bad[0] == "invalid_arguments"
    assert "view.title.text.max_24" in bad[1]
    await client.views_open(trigger_id=one, view=modal())
    assert (await refused(client.views_open(trigger_id=one, view=modal())))[0] == "exchanged_trigger_id"
    assert (await refused(client.views_open(trigger_id="1.2.3", view=modal())))[0] == "invalid_trigger_id"
    clock.now += 4
    assert (await refused(client.views_open(trigger_id=late, view=modal())))[0] == "expired_trigger_id"


async def test_the_home_tab_and_its_buttons(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect
) -> None:
    """Published for one person; a click carries the view."""
    told = await connect()
    view = {"type": "home", "blocks": button("home_go")}
    home = (await client.views_publish(user_id="U0DANA", view=view))["view"]
    await workspace.click("dana", action_id="home_go", view_id=home["id"])
    [clicked] = await told.until(lambda: [one for one in told.payloads if one.get("type") == "block_actions"])
    assert clicked["view"]["id"] == home["id"]
    assert (workspace.home("sam"), "response_url" in clicked) == (None, False)


async def test_a_response_url_replaces_deletes_and_ends(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect, clock: Clock
) -> None:
    """Five answers in half an hour, also in a channel that the bot is not in."""
    told = await connect()
    await workspace.command("dana", "random", "/sources", "x")
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=button())
    await workspace.click("dana", "support", posted["ts"], "go")
    await told.until(lambda: len([one for one in told.payloads if "response_url" in one]) == 2)
    command, click = (one["response_url"] for one in told.payloads if "response_url" in one)
    async with aiohttp.ClientSession() as session:

        async def respond(url: str, body: Json) -> int:
            async with session.post(url, json=body) as response:
                return response.status

        assert await respond(command, {"text": "to dana"}) == 200
        assert await respond(command, {"text": "to all", "response_type": "in_channel"}) == 200
        assert await respond(command, {"text": "x", "colour": "red"}) == 400
        assert await respond(command, {"blocks": section("x" * 3001)}) == 400
        assert await respond(click, {"text": "new", "replace_original": True}) == 200
        assert workspace.messages("support")[0]["text"] == "new"
        assert await respond(click, {"delete_original": True}) == 200
        assert workspace.messages("support") == []
        statuses = [await respond(command, {"text": "more"}) for _ in range(4)]
        assert statuses == [200, 200, 200, 404]
        clock.now += 1801
        assert await respond(click, {"text": "late"}) == 404
    assert [one["text"] for one in workspace.ephemerals("dana")] == ["to dana", "more", "more", "more"]
    assert [one["text"] for one in workspace.messages("random")] == ["to all"]


async def test_a_message_shortcut_carries_the_message(
    workspace: LocalWorkspace, client: AsyncWebClient, connect: Connect
) -> None:
    """In Slack's form: no container and no actions. Its response_url reaches the thread that it names and replaces
    nothing; its trigger opens a window. Whoever is not in the channel has no such menu."""
    told = await connect()
    ts = await workspace.say("dana", "support", "how long?")
    await workspace.shortcut("alex", "sources", "support", ts)
    [payload] = await told.until(lambda: [one for one in told.payloads if one.get("type") == "message_action"])
    assert (payload["callback_id"], payload["message"]["text"], payload["user"]["id"]) == (
        "sources",
        "how long?",
        "U0ALEX",
    )
    assert payload["channel"] == {"id": SUPPORT, "name": "support"}
    assert payload["message_ts"] == payload["message"]["ts"] == ts
    assert float(payload["action_ts"]) > float(ts)
    assert not {"container", "actions", "view"} & set(payload)
    assert (await client.views_open(trigger_id=payload["trigger_id"], view=modal()))["ok"]
    body = {"text": "found", "response_type": "ephemeral", "thread_ts": ts, "replace_original": True}
    assert (await AsyncWebhookClient(payload["response_url"]).send_dict(body)).status_code == 200
    [whispered] = workspace.ephemerals("alex")
    assert (whispered["text"], whispered["thread_ts"]) == ("found", ts)
    assert workspace.messages("support")[0]["text"] == "how long?"
    workspace.leave("alex", "support")
    with pytest.raises(Refused, match="not in"):
        await workspace.shortcut("alex", "sources", "support", ts)


async def test_the_agent_is_told_what_somebody_looks_at(workspace: LocalWorkspace, connect: Connect) -> None:
    """As it changes, when its pages are opened, and with each message to it; nothing where it is no channel, and of
    nobody else."""
    told = await connect()

    async def last(kind: str, count: int) -> Json:
        found = await told.until(
            lambda: [e for one in told.payloads if (e := one.get("event") or {}).get("type") == kind][count - 1 :]
        )
        return found[0]  # type: ignore[no-any-return]

    looked = {"entities": [{"type": "slack#/types/channel_id", "value": SUPPORT, "team_id": "T0ELECTRO"}]}
    await workspace.open_home("dana", "messages")
    assert (await last("app_home_opened", 1))["context"] == {}
    await workspace.look_at("dana", "support")
    changed = await last("app_context_changed", 1)
    assert (changed["context"], changed["user"], changed["channel"][0]) == (looked, "U0DANA", "D")
    await workspace.open_home("dana", "messages")
    assert (await last("app_home_opened", 2))["context"] == looked
    await workspace.say("dana", "dm", "hello")
    assert (await last("message", 1))["app_context"] == looked
    await workspace.say("sam", "dm", "hello")
    assert (await last("message", 2))["app_context"] == {}
    await workspace.say("dana", "support", "hello")
    assert "app_context" not in await last("message", 3)


# What goes wrong on purpose


async def test_rate_limits_tell_when_to_come_back(
    workspace: LocalWorkspace, client: AsyncWebClient, clock: Clock
) -> None:
    """429 with Retry-After, which slack-sdk's handler obeys; then the same call is taken again."""
    workspace.fail("auth.test", error="ratelimited", status=429, headers={"Retry-After": "0"})
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    assert (await client.auth_test())["user_id"] == "U0FRONTDESK"
    workspace.rate_limits = True
    client.retry_handlers.clear()
    for _ in range(10):
        await client.chat_postMessage(channel=SUPPORT, text="x")
    with pytest.raises(SlackApiError) as error:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert (error.value.response.status_code, error.value.response["error"]) == (429, "ratelimited")
    clock.now += float(error.value.response.headers["Retry-After"])
    await client.chat_postMessage(channel=SUPPORT, text="x")


async def test_a_lost_answer_leaves_its_effect(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """The moment between Slack's accepting a post and our knowing; a fault before it leaves none."""
    workspace.fail("chat.postMessage", status=500, after_effect=True)
    workspace.fail("chat.postMessage", error="fatal_error")
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=SUPPORT, text="posted")
    assert [one["text"] for one in workspace.messages("support")] == ["posted"]


@pytest.mark.parametrize("after", [False, True])
async def test_a_call_can_be_held(workspace: LocalWorkspace, client: AsyncWebClient, after: bool) -> None:
    """Before it takes effect, or before its answer."""
    hold = (workspace.hold_reply if after else workspace.hold)("chat.postMessage")
    call = asyncio.create_task(client.chat_postMessage(channel=SUPPORT, text="x"))
    await asyncio.wait_for(hold.reached.wait(), 5)
    assert len(workspace.messages("support")) == after
    workspace.let_go("chat.postMessage")
    assert (await call)["ok"]


@pytest.mark.parametrize(
    ("method", "arguments", "error", "rule"),
    [
        ("chat.nothing", {}, "unknown_method", "methods.known"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments", "chat.postMessage.channel.required"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x", "colour": "red"}, "invalid_arguments", "chat.postMessage.unknown_argument.colour"),
        ("chat.postMessage", {"channel": SUPPORT, "text": 7}, "invalid_arguments", "arguments.text.type"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x", "unfurl_links": "maybe"}, "invalid_arguments", "arguments.unfurl_links.type"),
        ("chat.postMessage", {"channel": SUPPORT, "blocks": "[{"}, "invalid_blocks_format", "arguments.blocks.type"),
        ("chat.postMessage", {"channel": "C0RANDOM", "text": "x"}, "not_in_channel", "channels.bot_is_member"),
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found", "channels.visible_to_the_bot"),
        ("chat.postMessage", {"channel": SUPPORT}, "no_text", "message.text_or_blocks"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x" * 40_001}, "msg_too_long", "message.text.max_40000"),
        ("chat.postMessage", {"channel": SUPPORT, "markdown_text": "x" * 12_001}, "msg_too_long", "message.markdown_text.max_12000"),
        ("chat.postMessage", {"channel": SUPPORT, "markdown_text": "x", "text": "y"}, "markdown_text_conflict", "message.markdown_text.alone"),
        ("chat.postMessage", {"channel": SUPPORT, "blocks": [{"type": "marquee"}]}, "invalid_blocks", "blocks.unknown_type.marquee"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x", "thread_ts": "1.2"}, "thread_not_found", "messages.exist"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x", "metadata": {"key": 1}}, "invalid_metadata_format", "message.metadata.event_type_and_event_payload"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x", "metadata": {"event_type": "x", "event_payload": {"x": "x" * 16_001}}}, "metadata_too_large", "message.metadata.max_16000"),
        ("chat.postEphemeral", {"channel": "C0ESCALATE", "user": "U0DANA", "text": "x"}, "user_not_in_channel", "chat.postEphemeral.user_in_channel"),
        ("chat.update", {"channel": SUPPORT, "ts": "1.2", "text": "x"}, "message_not_found", "messages.exist"),
        ("chat.delete", {"channel": SUPPORT, "ts": "1.2"}, "message_not_found", "messages.exist"),
        ("conversations.replies", {"channel": SUPPORT, "ts": "1.2"}, "thread_not_found", "messages.exist"),
        ("conversations.list", {"types": "secret"}, "invalid_types", "conversations.types"),
        ("conversations.open", {"users": ""}, "users_list_not_supplied", "conversations.open.users"),
        ("users.info", {"user": "U404"}, "user_not_found", "users.exist"),
        ("reactions.remove", {"channel": SUPPORT, "name": "eyes", "timestamp": "1.2"}, "message_not_found", "messages.exist"),
        ("usergroups.users.list", {"usergroup": "S1"}, "no_such_subteam", "usergroups.exist"),
        ("auth.test", {"team_id": "T404"}, "team_access_not_granted", "team_id.of_this_workspace"),
        ("apps.connections.open", {}, "not_allowed_token_type", "apps.connections.open.app_token"),
        ("views.open", {"trigger_id": "t", "view": {}}, "invalid_arguments", "view.type.required"),
        ("views.update", {"view_id": "V404", "view": modal()}, "not_found", "views.exist"),
    ],
)  # fmt: skip
async def test_what_slack_refuses_is_refused_by_name(
    workspace: LocalWorkspace, client: AsyncWebClient, method: str, arguments: Json, error: str, rule: str
) -> None:
    """The error as Slack gives it; the rule in its messages and in the wire log. As JSON and as form fields."""
    said = await refused(client.api_call(method, json=arguments))
    assert said[0] == error
    assert f"[rule: {rule}]" in said[1]
    assert (workspace.calls[-1]["error"], workspace.calls[-1]["rule"]) == (error, rule)
    if all(isinstance(value, str) for value in arguments.values()):
        assert await refused(client.api_call(method, data=arguments)) == said


async def test_only_own_messages_are_changed(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    """Nor does anybody else change somebody's message."""
    ts = await workspace.say("dana", "support", "mine")
    assert (await refused(client.chat_update(channel=SUPPORT, ts=ts, text="x")))[0] == "cant_update_message"
    assert (await refused(client.chat_delete(channel=SUPPORT, ts=ts)))[0] == "cant_delete_message"


async def test_only_the_right_tokens_are_taken(workspace: LocalWorkspace) -> None:
    """And none of them stands in the wire log."""
    wrong, none = (AsyncWebClient(token=token, base_url=workspace.api_url) for token in ("xoxb-wrong", None))
    assert (await refused(wrong.auth_test()))[0] == "invalid_auth"
    assert (await refused(none.auth_test()))[0] == "not_authed"
    assert (await refused(wrong.apps_connections_open(app_token="xapp-wrong")))[0] == "invalid_auth"
    log = json.dumps(workspace.calls)
    assert not [secret for secret in ("xoxb", "xapp") if secret in log]


# The page's side


@pytest.fixture
async def page(workspace: LocalWorkspace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(workspace.url) as session:
        yield session


async def post(page: aiohttp.ClientSession, verb: str, **body: Any) -> Json:
    async with page.post(f"/ui/{verb}", json=body) as response:
        answer = await response.json()
        assert response.status == (200 if answer["ok"] or "errors" in answer else 400)
        return dict(answer)


async def test_each_person_sees_what_is_theirs(
    workspace: LocalWorkspace, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    """Channels they are in, ephemeral messages to them, their views."""
    await client.chat_postEphemeral(channel=SUPPORT, user="U0DANA", text="for dana")
    await client.views_publish(user_id="U0DANA", view={"type": "home", "blocks": section("home")})
    seen = {}
    for user in ("U0DANA", "U0SAM", "U0ALEX"):
        async with page.get("/ui/state", params={"as": user}) as response:
            seen[user] = await response.json()
    assert [one["text"] for one in seen["U0DANA"]["messages"][SUPPORT]] == ["for dana"]
    assert seen["U0SAM"]["messages"][SUPPORT] == []
    assert {one["name"] for one in seen["U0ALEX"]["channels"]} - {
        one["name"] for one in seen["U0DANA"]["channels"]
    } == {"support-escalations"}
    assert (seen["U0DANA"]["home"]["type"], seen["U0SAM"]["home"]) == ("home", None)
    assert seen["U0DANA"]["commands"][0]["command"] == "/sources"


async def test_the_stream_tells_of_changes_as_they_happen(
    workspace: LocalWorkspace, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    """As JSON that stands for itself: a later change does not alter what was told."""
    async with page.get("/ui/stream", params={"as": "U0DANA"}) as response:

        async def next_of(*kinds: str) -> Json:
            async with asyncio.timeout(5):
                async for line in response.content:
                    if line.startswith(b"data: ") and (event := json.loads(line[6:]))["type"] in kinds:
                        return dict(event)
            raise AssertionError("the stream ended")

        ts = await workspace.say("dana", "support", "question")
        begun = await client.chat_startStream(channel=SUPPORT, thread_ts=ts, markdown_text="a", **DANA)
        await client.chat_stopStream(channel=SUPPORT, ts=begun["ts"], markdown_text="b")
        assert (await next_of("message"))["message"]["text"] == "question"
        told = await next_of("message")
        assert (told["message"]["text"], told["message"]["streaming"]) == ("a", True)
        changed = await next_of("message_changed")
        assert (changed["message"]["text"], changed["message"]["streaming"]) == ("ab", False)
        other = await workspace.say("dana", "support", "never mind")
        await workspace.delete("dana", "support", other)
        assert (await next_of("message_deleted"))["ts"] == other
        workspace.set_notice({"text": "Indexing", "done": 1, "total": 2})
        assert (await next_of("notice"))["notice"]["done"] == 1
        await client.chat_postEphemeral(channel=SUPPORT, user="U0SAM", text="not for dana")
        await client.chat_postEphemeral(channel=SUPPORT, user="U0DANA", text="for dana")
        assert (await next_of("ephemeral"))["message"]["text"] == "for dana"
        assert (await next_of("wire"))["entry"]["name"] == "chat.postEphemeral"


async def test_the_page_can_do_what_people_do(
    workspace: LocalWorkspace, client: AsyncWebClient, page: aiohttp.ClientSession, connect: Connect
) -> None:
    """Write, edit, react, command, press, fill in, open, delete."""
    told = await connect(
        lambda payload: (
            {"response_action": "errors", "errors": {"why": "no"}} if payload.get("type") == "view_submission" else None
        )
    )
    dana: Json = {"as": "U0DANA", "channel": SUPPORT}
    ts = (await post(page, "say", **dana, text="helo"))["ts"]
    assert (await post(page, "edit", **dana, ts=ts, text="hello"))["ok"]
    assert (await post(page, "react", **dana, ts=ts, name="tada"))["ok"]
    assert (await post(page, "command", **dana, command="/sources", text="x"))["ok"]
    assert (await post(page, "shortcut", **dana, callback_id="sources", ts=ts))["ok"]
    assert (await post(page, "look_at", **dana))["ok"]
    assert workspace.state.viewing == {"U0DANA": SUPPORT}
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=button())
    block_id = workspace.messages("support")[-1]["blocks"][0]["block_id"]
    pressed = {"type": "button", "block_id": block_id, "action_id": "go"}
    assert (await post(page, "action", **dana, message_ts=posted["ts"], action=pressed))["ok"]
    await told.until(lambda: [one for one in told.payloads if one.get("type") == "block_actions"])
    view = (await client.views_open(trigger_id=told.payloads[-1]["trigger_id"], view=modal()))["view"]
    sent = await post(page, "view_submit", **{"as": "U0DANA"}, view_id=view["id"], values={})
    assert sent == {"ok": False, "errors": {"why": "no"}}
    assert (await post(page, "view_close", **{"as": "U0DANA"}, view_id=view["id"]))["ok"]
    assert workspace.views("dana") == []
    dm = (await post(page, "open_dm", **{"as": "U0DANA"}, user="U0FRONTDESK"))["channel"]
    assert (await post(page, "say", **{"as": "U0DANA"}, channel=dm, text="hi"))["ok"]
    assert (await post(page, "open_home", **{"as": "U0DANA"}, tab="home"))["ok"]
    assert (await post(page, "delete", **dana, ts=ts))["ok"]
    async with page.get("/ui/wire", params={"after": "0"}) as response:
        entries = (await response.json())["entries"]
    assert {"web_api", "socket"} == {entry["kind"] for entry in entries}


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("fly", {"as": "U0DANA"}),
        ("say", {"as": "U0DANA", "channel": SUPPORT}),
        ("say", {"as": "nobody", "channel": SUPPORT, "text": "x"}),
        ("say", {"as": "U0DANA", "channel": "C0ESCALATE", "text": "x"}),
        ("say", {"as": "U0DANA", "channel": SUPPORT, "text": " "}),
        ("edit", {"as": "U0DANA", "channel": SUPPORT, "ts": "1.2", "text": "x"}),
        ("command", {"as": "U0DANA", "channel": SUPPORT, "command": "/unknown"}),
        ("action", {"as": "U0DANA", "channel": SUPPORT, "message_ts": "1.2", "action": {}}),
        ("view_submit", {"as": "U0DANA", "view_id": "V404", "values": {}}),
    ],
)
async def test_the_page_is_told_what_is_wrong(page: aiohttp.ClientSession, action: str, body: Json) -> None:
    """HTTP 400 and a sentence."""
    answer = await post(page, action, **body)
    assert not answer["ok"]
    assert answer["error"]


async def test_pages_elsewhere_cannot_reach_it(workspace: LocalWorkspace, page: aiohttp.ClientSession) -> None:
    """Not by another host name, not from another origin, not by a form; and it serves no file but the page's."""
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example:80"}, {"Origin": "https://evil.example"}):
        async with page.post("/ui/say", json={}, headers=headers) as response:
            assert response.status == 403
    async with page.post("/ui/say", data={"as": "U0DANA", "channel": SUPPORT, "text": "x"}) as response:
        assert response.status == 400
    async with page.get("/") as response:
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    async with page.get("/page/..%2Fserver.py") as response:
        assert response.status == 404
    with pytest.raises(ValueError, match="binds to"):
        LocalWorkspace(host="0.0.0.0")
