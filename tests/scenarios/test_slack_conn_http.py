"""HTTP mode at the wire: the local workspace calls the request URL as Slack does, and so does somebody who is not Slack."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings

from bot.desk.model import Outcome
from bot.slack.blocks import CALL_HUMAN
from bot.slack.http_door import DoorTaken
from bot.slack.request_url import MOST_BYTES
from ops.workspace.request_url import signed
from ops.workspace.server import LocalWorkspace
from tests.fakes.network import free_port
from tests.fakes.slack_payloads import EVENTS, FORM, Sent, requests
from tests.scenarios.conftest import MANIFEST, UNLIMITED, Bot, MakeBot, Shelf, everything, said

ASK = "@frontdesk how long do I have to return something?"
FUZZED = 500


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/slack/events"


@pytest.fixture
async def workspace(url: str) -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(
        manifest=MANIFEST, ack_timeout=1.0, redelivery_delays=(0, 0.2, 0.5), request_url=url
    ) as workspace:
        yield workspace


@pytest.fixture
def http(workspace: LocalWorkspace, port: int) -> dict[str, Any]:
    """The settings of a bot in HTTP mode: it has no app token."""
    slack = {"mode": "http", "signing_secret": workspace.signing_secret, "port": port}
    return {"slack": slack, "app_token": None}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def mention(ts: str) -> bytes:
    event = {
        "type": "app_mention",
        "channel": "C0SUPPORT",
        "user": "U0DANA",
        "ts": ts,
        "text": f"<@U0FRONTDESK> {ASK}",
    }
    return json.dumps(EVENTS[0] | {"event": event}).encode()


async def test_a_question_is_answered(workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any]) -> None:
    """Stored, acked by 200 and answered, through no socket."""
    bot = await make_bot(**http)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert "30 days" in everything(said(workspace, ts)[0])
    assert workspace.sockets.dials == 0
    assert workspace.called("apps.connections.open") == []
    assert [one for one in workspace.calls if one["kind"] == "request_url" and not one["ok"]] == []


async def test_commands_and_buttons_come_the_same_way(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any]
) -> None:
    """/sources answers its asker; a pressed button is heard."""
    bot = await make_bot(**http)
    await workspace.command("dana", "support", "/sources", "returns")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    await workspace.click("dana", "support", said(workspace, ts)[0]["ts"], CALL_HUMAN)
    await workspace.wait_for(lambda: workspace.messages("support-escalations"))


async def test_the_url_is_verified(workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any]) -> None:
    await make_bot(**http)
    assert await workspace.requests.verify()


async def test_a_store_that_is_down_is_asked_again(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any]
) -> None:
    """503, so Slack sends it again and says which try it is; it is answered once."""
    bot = await make_bot(**http)
    bot.down = True
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: [one for one in workspace.calls if one["error"] == "http_error"])
    bot.down = False
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1
    again = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_error"}

    def taken() -> list[Any]:
        return [one["request"]["headers"] for one in workspace.calls if one["kind"] == "request_url" and one["ok"]]

    await workspace.wait_for(lambda: again in taken())  # a mention comes as two events: the other may have been in time


async def test_a_bot_that_is_away_finds_its_events_again(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any]
) -> None:
    """Nobody listens when it is asked: Slack's next try reaches the bot."""
    ts = await workspace.say("dana", "support", ASK)
    bot = await make_bot(**http)
    assert await bot.ended(ts) is Outcome.ANSWERED
    assert len(said(workspace, ts)) == 1


async def test_the_same_event_three_times_is_one_question(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any], url: str, session: aiohttp.ClientSession
) -> None:
    """Delivered with Slack's retry headers: each is acked, and one is answered."""
    bot = await make_bot(**http)
    ts = await workspace.say("dana", "general", "no mention, so that the bot does not hear it from the workspace")
    body = mention(ts).replace(b"C0SUPPORT", b"C0GENERAL")
    for attempt in range(3):
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        assert await status(session, url, body, signed(body) | retry) == 200
    assert await bot.ended(ts, "C0GENERAL") is Outcome.ANSWERED
    assert len(said(workspace, ts, "general")) == 1


async def status(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], kind: str = "application/json"
) -> int:
    sent = {"Content-Type": kind, **headers}
    async with session.post(url, data=body, headers=sent) as response:
        text = await response.text()
        assert "Traceback" not in text
        return response.status


def forged(body: bytes) -> dict[str, Mapping[str, str]]:
    right, now = signed(body), time.time()
    stamp, signature = right["X-Slack-Request-Timestamp"], right["X-Slack-Signature"]
    return {
        "nothing": {},
        "no signature": {"X-Slack-Request-Timestamp": stamp},
        "no timestamp": {"X-Slack-Signature": signature},
        "another secret": signed(body, "another secret"),
        "another body": signed(body + b" "),
        "an older timestamp under the same signature": right | {"X-Slack-Request-Timestamp": str(int(stamp) - 1)},
        "6 minutes old": signed(body, at=now - 360),
        "6 minutes ahead": signed(body, at=now + 360),
        "a timestamp that is no number": right | {"X-Slack-Request-Timestamp": "yesterday"},
        "a timestamp with underscores": right | {"X-Slack-Request-Timestamp": stamp[:-1] + "_" + stamp[-1]},
        "a negative timestamp": right | {"X-Slack-Request-Timestamp": "-1"},
        "a very long timestamp": right | {"X-Slack-Request-Timestamp": "9" * 5000},
        "a signature that is not ASCII": right | {"X-Slack-Signature": "v0=caf\u00e9"},
        "the old scheme": right | {"X-Slack-Signature": signature.replace("v0=", "v1=")},
        "an empty signature": right | {"X-Slack-Signature": ""},
    }


@pytest.mark.parametrize("how", list(forged(b"")))
async def test_what_slack_did_not_sign_is_turned_away(
    workspace: LocalWorkspace,
    make_bot: MakeBot,
    http: dict[str, Any],
    url: str,
    session: aiohttp.ClientSession,
    how: str,
) -> None:
    """401, and nothing is stored."""
    bot = await make_bot(**http)
    ts = f"{time.time():.6f}"
    assert await status(session, url, mention(ts), forged(mention(ts))[how]) == 401
    assert not await bot.store.inbox.depth()


@pytest.mark.parametrize("off", [-280, 280])
async def test_a_clock_that_is_a_little_off_is_no_reason(
    make_bot: MakeBot, http: dict[str, Any], url: str, session: aiohttp.ClientSession, off: int
) -> None:
    await make_bot(**http)
    body = json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()
    assert await status(session, url, body, signed(body, at=time.time() + off)) == 200


async def test_a_clock_of_ours_that_is_6_minutes_off_is_told(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of Slack's is taken then; the log says what it can be, and what was asked is read back."""
    wrong = await make_bot(ahead=timedelta(minutes=6), **http)
    ts = await workspace.say("dana", "support", ASK)
    assert await wrong.ended(ts) is Outcome.ANSWERED
    assert [one for one in workspace.calls if one["kind"] == "request_url" and one["ok"]] == []
    assert any("SLACK_SIGNING_SECRET, or this clock?" in one.message for one in caplog.records)


async def test_what_a_wrong_secret_turned_away_is_answered_with_the_right_one(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when Slack gave it up long before: nobody says that it was heard."""
    monkeypatch.setattr("bot.slack.read_back._OVERLAP", timedelta())
    wrong = await make_bot(**http | {"slack": http["slack"] | {"signing_secret": "f" * 32}})
    await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: [one for one in workspace.calls if one["error"] == "http_error"])
    workspace.lose_events = True
    ts = await workspace.say("dana", "support", ASK)
    await workspace.wait_for(lambda: sum(one["error"] == "given up" for one in workspace.calls) == 4)
    await wrong.stop()
    right = await make_bot(**http)
    assert await right.ended(ts) is Outcome.ANSWERED


async def test_what_is_no_request_of_slacks(
    make_bot: MakeBot, http: dict[str, Any], url: str, session: aiohttp.ClientSession
) -> None:
    """Another path, another method, a body that is too large or no JSON: each has its own answer, and none is a 500."""
    await make_bot(**http)
    large, broken, bytes_ = b"x" * (MOST_BYTES + 1), b'{"type": ', b"\xff\xfe{}"
    assert await status(session, url.replace("events", "other"), b"", {}) == 404
    async with session.get(url) as response:
        assert response.status == 405
    assert await status(session, url, large, signed(large)) == 413
    assert await status(session, url, broken, signed(broken)) == 400
    assert await status(session, url, bytes_, signed(bytes_)) == 400

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * (MOST_BYTES // 10)

    async with session.post(url, data=chunks()) as response:  # without a length
        assert response.status == 413


async def test_a_slow_sender_is_given_up(
    make_bot: MakeBot, http: dict[str, Any], url: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a body and then nothing does not hold the door."""
    monkeypatch.setattr("bot.slack.request_url.BODY_S", 0.2)
    await make_bot(**http)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_a_port_that_is_taken_is_told(make_bot: MakeBot, http: dict[str, Any], port: int) -> None:
    told = pytest.raises(DoorTaken, match=f"slack.port: 127.0.0.1:{port} can't be listened on")
    with socket.create_server(("127.0.0.1", port)), told:
        await make_bot(**http)


async def test_stopping_drains(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any], shelf: Shelf
) -> None:
    """What is being answered is finished; then nobody listens, and what Slack sends again reaches the next run."""
    bot = await make_bot(**http)
    shelf.gate = asyncio.Event()
    ts = await workspace.say("dana", "support", ASK)
    await asyncio.wait_for(shelf.writing.wait(), 5)
    stopping = asyncio.create_task(bot.stop(5))
    shelf.gate.set()
    await stopping
    assert "30 days" in everything(said(workspace, ts)[0])
    late = await workspace.say("dana", "support", ASK)
    again = await make_bot(**http)
    assert await again.ended(late) is Outcome.ANSWERED


async def test_a_view_that_lacks_its_parts(
    make_bot: MakeBot, http: dict[str, Any], url: str, session: aiohttp.ClientSession
) -> None:
    """Bolt looks into it before any listener does: it is turned away, and what nobody listens to is not found."""
    await make_bot(**http)

    async def answer(kind: str, view: object) -> int:
        sent = {"type": kind, "team": {"id": "T0ELECTRO"}, "user": {"id": "U0DANA"}, "view": view}
        body = urlencode({"payload": json.dumps(sent)}).encode()
        return await status(session, url, body, signed(body), FORM)

    lacking: list[object] = [None, [], "", 0, {}, {"type": "modal"}, {"callback_id": ""}]
    assert [await answer("view_submission", view) for view in lacking] == [400] * len(lacking)
    assert [await answer("nonsense", view) for view in ([], None, {})] == [400, 404, 404]


async def test_fuzzed_payloads_break_nothing(
    workspace: LocalWorkspace, make_bot: MakeBot, http: dict[str, Any], url: str, session: aiohttp.ClientSession
) -> None:
    """Anything in any place of Slack's payloads, rightly signed: never a 5xx; questions between them are answered."""
    bot: Bot = await make_bot(limits=UNLIMITED, **http)
    loop, asked, seen = asyncio.get_running_loop(), [], set()

    async def send(sent: Sent) -> int:
        if len(seen) % 50 == 0 or len(asked) < 3:
            asked.append(await workspace.say("dana", "support", ASK))
        return await status(session, url, sent.body, signed(sent.body), sent.content_type)

    @settings(max_examples=FUZZED, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(requests())
    def fuzz(sent: Sent) -> None:
        answer = asyncio.run_coroutine_threadsafe(send(sent), loop).result(10)
        seen.add((answer, sent.body))
        assert answer < 500, sent

    await asyncio.to_thread(fuzz)
    assert {200, 400} <= {answer for answer, _ in seen} <= {200, 400, 404}
    for ts in asked:
        assert await bot.ended(ts) is Outcome.ANSWERED
        assert len(said(workspace, ts)) == 1
