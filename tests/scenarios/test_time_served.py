"""A whole `serve` with hours: the asker is told when somebody is back, and what is due is a row in its store. Its lead
may end what another has."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.human_time_settings import DAYS
from bot.store.tables import due
from ops.config import load_config
from ops.local import connected
from ops.serve import serving
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import said

CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[desks.support.hours]
zone = "UTC"
{day} = "09:00-09:30"
[desks.support.sla]
lead = "U0PRIYA"
[sources.docs]
kind = "folder"
path = "documents"
"""


async def test_hours_of_the_configuration_are_told_and_planned(workspace: LocalWorkspace, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("# Opening hours\n\nWe open at nine.\n")
    in_three_days = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
    (tmp_path / "frontdesk.toml").write_text(CONFIG.format(day=in_three_days))
    config = connected(load_config(tmp_path / "frontdesk.toml"), workspace)
    async with serving(config, lambda _: None) as local:
        ts = await workspace.say("dana", "support", "@frontdesk do you deliver to the moon?")
        await workspace.wait_for(lambda: "human_call" in str(said(workspace, ts)), 10)
        await workspace.click("dana", "support", str(said(workspace, ts)[0]["ts"]), "human_call")
        await workspace.wait_for(lambda: len(said(workspace, ts)) == 2)
        assert "The team is back on" in said(workspace, ts)[1]["text"]
        assert "at 09:00 (UTC)." in said(workspace, ts)[1]["text"]
        async with local.bot.store.database.transaction() as connection:
            planned = (await connection.execute(select(due.c.kind, due.c.at).order_by(due.c.at))).all()
        [brief] = workspace.messages("support-escalations")
        await workspace.click("alex", "support-escalations", brief["ts"], "human_claim")
        await workspace.wait_for(lambda: "<@U0ALEX> has taken this" in said(workspace, ts)[-1]["text"])
        await workspace.click("priya", "support-escalations", brief["ts"], "human_resolve")
        await workspace.wait_for(lambda: "<@U0PRIYA> has marked this as resolved" in said(workspace, ts)[-1]["text"])
    # Two hours are four weeks of half an hour: half of them pass in the second, the rest in the fourth.
    assert [kind for kind, _ in planned] == ["half", "response", "lead"]
    assert [(at.hour, at.minute) for _, at in planned] == [(9, 30)] * 3
    assert (planned[1].at - planned[0].at).days == 14
