"""A whole `serve` with a webhook: what happens to an escalation in Slack is told there, signed, in order, also what
happened while it was down."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.config import Config, load_config
from ops.local import connected
from ops.serve import serving
from ops.workspace.server import LocalWorkspace
from tests.fakes.receivers import Receiver, receiving
from tests.scenarios.conftest import said

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[sources.docs]
kind = "folder"
path = "documents"
[[webhooks]]
name = "helpdesk"
url = "{url}"
"""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(SECRET) as receiver:
        yield receiver


@pytest.fixture
def config(workspace: LocalWorkspace, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("# Opening hours\n\nWe open at nine.\n")
    (tmp_path / "frontdesk.toml").write_text(CONFIG.format(url=receiver.url))
    monkeypatch.setenv("FRONTDESK_WEBHOOK_SECRET_HELPDESK", SECRET)
    loaded = load_config(tmp_path / "frontdesk.toml")
    local = connected(loaded, workspace)
    return replace(local, bot=local.bot.model_copy(update={"webhooks": loaded.bot.webhooks}))


async def test_what_happens_in_slack_is_told_outside(
    workspace: LocalWorkspace, receiver: Receiver, config: Config
) -> None:
    receiver.script, receiver.headers = [503], {"Retry-After": "3600"}
    async with serving(config, lambda _: None):
        ts = await workspace.say("dana", "support", "@frontdesk do you deliver to the moon?")
        await workspace.wait_for(lambda: "human_call" in str(said(workspace, ts)), 10)
        await workspace.click("dana", "support", str(said(workspace, ts)[0]["ts"]), "human_call")
        await workspace.wait_for(lambda: workspace.messages("support-escalations"))
        await asyncio.wait_for(receiver.until(lambda: receiver.refused), 10)
        [brief] = workspace.messages("support-escalations")
        await workspace.click("alex", "support-escalations", brief["ts"], "human_claim")
        await workspace.wait_for(lambda: "Claimed by" in str(workspace.messages("support-escalations")[0]))
        assert receiver.taken == []
    async with serving(config, lambda _: None) as local:
        await local.bot.store.outbox_upkeep.retry(None)
        await asyncio.wait_for(receiver.until(lambda: len(receiver.taken) == 2), 10)
    opened, claimed = (one.body["data"] for one in receiver.taken)
    assert receiver.taken[0].id == receiver.refused[0].id
    assert receiver.taken[0].body == receiver.refused[0].body
    assert (opened["before"], opened["after"], opened["by"]["name"]) == (None, "open", "Dana Whitfield")
    assert opened["question"] == "do you deliver to the moon?"
    assert ts.replace(".", "") in opened["links"]["thread"] or ts in opened["links"]["thread"]
    assert (claimed["before"], claimed["after"], claimed["owner"]["name"]) == ("open", "claimed", "Alex Moreno")
