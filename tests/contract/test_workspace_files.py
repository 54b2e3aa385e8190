"""Files in the local workspace, as the app and the page meet them."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from ops.workspace.server import LocalWorkspace

MANIFEST = Path(__file__).parents[2] / "ops" / "slack" / "manifest.yaml"


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(manifest=MANIFEST) as workspace:
        yield workspace


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_shared_file_can_be_fetched_with_the_bots_token(
    workspace: LocalWorkspace, http: aiohttp.ClientSession
) -> None:
    """The message and files.info say where; with a wrong token Slack's login page comes, with status 200."""
    identifier = workspace.upload("dana", "größe 1.txt", b"hello")
    ts = await workspace.say("dana", "support", "look", files=[identifier])
    [message] = workspace.messages("support", ts)
    assert message["subtype"] == "file_share"
    [file] = message["files"]
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    assert (await client.files_info(file=identifier))["file"]["name"] == "größe 1.txt"
    for url in (file["url_private"], file["url_private_download"]):
        async with http.get(url, headers=bearer(workspace.bot_token)) as response:
            assert await response.read() == b"hello"
        async with http.get(url, headers=bearer("xoxb-wrong")) as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert "Sign in" in await response.text()


async def test_without_the_scope_there_is_no_file(workspace: LocalWorkspace, http: aiohttp.ClientSession) -> None:
    identifier = workspace.upload("dana", "a.txt", b"hello")
    workspace.api.scopes = tuple(one for one in workspace.api.scopes if one != "files:read")
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    with pytest.raises(SlackApiError, match="missing_scope"):
        await client.files_info(file=identifier)
    url = workspace.state.files[identifier].json["url_private_download"]
    async with http.get(url, headers=bearer(workspace.bot_token)) as response:
        assert response.content_type == "text/html"
    assert workspace.calls[-1]["rule"] == "scopes.files:read"


async def test_the_page_uploads_and_shows(workspace: LocalWorkspace, http: aiohttp.ClientSession) -> None:
    """A picture is shown; what may hold a script is only saved. A body that a form could send is refused."""
    upload = f"{workspace.url}/ui/upload"
    binary = {"Content-Type": "application/octet-stream"}
    query = {"as": "U0DANA", "name": "page.html", "type": "text/html"}
    async with http.post(upload, params=query, data=b"<script>", headers=binary) as response:
        page = (await response.json())["file"]
    async with http.post(
        upload, params=query | {"name": "a.png", "type": "image/png"}, data=b"x", headers=binary
    ) as answer:
        picture = (await answer.json())["file"]
    said = {"as": "U0DANA", "channel": "support", "text": "", "files": [page["id"], picture["id"]]}
    async with http.post(f"{workspace.url}/ui/say", json=said) as response:
        assert (await response.json())["ok"]
    async with http.get(f"{workspace.url}/file/{page['id']}") as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
    async with http.get(f"{workspace.url}/file/{picture['id']}") as response:
        assert response.content_type == "image/png"
        assert "Content-Disposition" not in response.headers
    async with http.post(upload, params=query, data=b"x", headers={"Content-Type": "text/plain"}) as response:
        assert response.status == 400
    async with http.get(f"{workspace.url}/file/F0NONE") as response:
        assert response.status == 404
