"""What a resolved thread taught, at the wire and through the whole process: drafted, approved, indexed, answered with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ops.config import load_config
from ops.evaluation.export import exported
from ops.evaluation.golden import load
from ops.local import connected
from ops.serve import serving
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import everything, said

CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
[sources.docs]
kind = "folder"
path = "documents"
[slack]
admins = ["U0PRIYA"]
[learning]
enabled = true
[index]
model_dir = "{model_dir}"
"""
ASK = "@frontdesk does the Nimbra Air 13 charge from a 30 W charger?"
REPLY = "Hi Dana,\nThe Nimbra Air 13 charges from a 30 W charger in 3 hours. I looked it up for order EM-104233.\nBest,\nAlex"
LEARNT = "The Nimbra Air 13 charges from a 30 W charger in 3 hours."


@asynccontextmanager
async def desk(workspace: LocalWorkspace, folder: Path, model_dir: Path) -> AsyncIterator[None]:
    (folder / "documents").mkdir()
    (folder / "documents" / "hours.md").write_text("# Opening hours\n\nThe store opens at nine and closes at six.\n")
    (folder / "frontdesk.toml").write_text(CONFIG.format(model_dir=model_dir))
    async with serving(connected(load_config(folder / "frontdesk.toml"), workspace), lambda _: None):
        yield


async def resolved(workspace: LocalWorkspace, where: str = "support") -> None:
    """Dana asks what no document says, wants a human, and Alex tells her."""
    ts = await workspace.say("dana", where, ASK)
    [answer] = await workspace.wait_for(lambda: said(workspace, ts, where))
    await workspace.wait_for(lambda: "human_call" in str(answer.get("blocks")))
    await workspace.click("dana", where, answer["ts"], "human_call")
    [brief] = await workspace.wait_for(lambda: workspace.messages("support-escalations"))
    await workspace.click("alex", "support-escalations", brief["ts"], "human_claim")
    await workspace.wait_for(lambda: any("has taken this" in one["text"] for one in said(workspace, ts, where)))
    await workspace.say("alex", where, REPLY, ts)
    await workspace.click("alex", "support-escalations", brief["ts"], "human_resolve")


async def offer(workspace: LocalWorkspace, user: str = "alex") -> dict[str, Any]:
    return dict((await workspace.wait_for(lambda: workspace.messages(f"dm:{user}")))[0])


async def stands(workspace: LocalWorkspace, words: str) -> None:
    await workspace.wait_for(lambda: words in everything(workspace.messages("dm:alex")[0]))


async def asked(workspace: LocalWorkspace, user: str, where: str) -> str:
    """What the desk says to the same question of another person."""
    ts = await workspace.say(user, where, ASK)
    seen = f"dm:{user}" if where == "dm" else where
    await workspace.wait_for(lambda: any("human_call" in str(one.get("blocks")) for one in said(workspace, ts, seen)))
    return " ".join(everything(one) for one in said(workspace, ts, seen))


async def test_what_an_agent_said_answers_the_next_who_asks(
    workspace: LocalWorkspace, tmp_path: Path, model_dir: Path
) -> None:
    """Resolved, drafted without names and numbers, approved, indexed; another customer gets it cited with its thread; a
    guest, who can't see that thread, does not. It is a golden case too."""
    workspace.add_user("gwen", "Gwen Guest", "gwen@guests.example", is_restricted=True)
    workspace.leave("gwen", "support")
    async with desk(workspace, tmp_path, model_dir):
        await resolved(workspace)
        draft = await offer(workspace)
        shown = everything(draft)
        assert LEARNT in shown
        assert "Dana" not in shown
        assert "104233" not in shown
        await workspace.click("alex", "dm", draft["ts"], "learning_approve")
        await stands(workspace, "I answer with this from now on")
        answer = await asked(workspace, "sam", "support")
        assert "in 3 hours" in answer
        assert "Does the Nimbra Air 13 charge from a 30 W charger?" in answer  # the source's title
        assert "in 3 hours" not in await asked(workspace, "gwen", "dm")
        lines = await exported(load_config(tmp_path / "frontdesk.toml"), "support")
    (tmp_path / "golden.jsonl").write_text("\n".join(lines))
    [case] = load(tmp_path / "golden.jsonl")
    assert (case.question, case.outcome) == ("Does the Nimbra Air 13 charge from a 30 W charger?", ("answered",))
    assert ("3",) in case.must_say
    assert all(fragment in answer for (fragment,) in case.cites)


async def test_an_approver_edits_widens_and_decides_once(
    workspace: LocalWorkspace, tmp_path: Path, model_dir: Path
) -> None:
    """In the window: an empty answer comes back; what is sent counts as it stands there; pressed again it is decided."""
    async with desk(workspace, tmp_path, model_dir):
        await resolved(workspace)
        draft = await offer(workspace)
        await workspace.click("alex", "dm", draft["ts"], "learning_edit")
        [view] = await workspace.wait_for(lambda: workspace.views("alex"))
        assert "Who can see the thread: members of this workspace" in everything(view)
        assert (await workspace.submit(view["id"], "alex", filled(" ")))["answer"] == "Please write it."
        assert await workspace.submit(view["id"], "alex", filled("It charges from 30 W upwards.")) == {}
        await stands(workspace, "I answer with this from now on")
        shown = everything(workspace.messages("dm:alex")[0])
        assert "It charges from 30 W upwards." in shown
        assert "everyone in this workspace may read it" in shown.lower()
        await workspace.click("alex", "dm", draft["ts"], "learning_retire")
        await stands(workspace, "Retired: nothing is answered from this any more.")
        assert len(workspace.messages("dm:alex")) == 1
        lines = await exported(load_config(tmp_path / "frontdesk.toml"), None)
    assert lines == []


def filled(answer: str) -> dict[str, Any]:
    return {
        "question": {"question": {"value": "Does the Nimbra Air 13 charge from 30 W?"}},
        "answer": {"answer": {"value": answer}},
        "audience": {"audience": {"selected_option": {"value": "everyone"}}},
        "expiry": {"expiry": {"selected_option": {"value": "6"}}},
        "owner": {"owner": {"selected_user": "U0PRIYA"}},
    }
