"""A thumb down asks what was wrong, and keeps it with the answer."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.desk.model import Verdict
from bot.slack.listeners.feedback import NOT_KEPT, NOT_OPENED, SEND_AGAIN
from bot.slack.modals import COMMENT, MOST_COMMENT, REASON
from bot.store.tables import feedback
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot, everything, said

ASK = "@frontdesk how long do I have to return something?"


async def answered(workspace: LocalWorkspace, bot: Bot) -> tuple[str, str]:
    """The key of an answer and its ts."""
    ts = await workspace.say("dana", "support", ASK)
    await bot.ended(ts)
    return f"T0ELECTRO:C0SUPPORT:{ts}", said(workspace, ts)[0]["ts"]


async def down(workspace: LocalWorkspace, user: str, answer: str, key: str) -> Any:
    """Press the thumb; the window that opens."""
    await workspace.click(user, "support", answer, "answer_feedback", f"down {key}")
    await workspace.wait_for(lambda: workspace.views(user))
    return workspace.views(user)[-1]


def filled(reason: str | None, comment: str | None) -> dict[str, Any]:
    chosen = {"text": {"type": "plain_text", "text": "x"}, "value": reason} if reason else None
    return {
        REASON: {REASON: {"type": "radio_buttons", "selected_option": chosen}},
        COMMENT: {COMMENT: {"type": "plain_text_input", "value": comment}},
    }


async def test_what_was_wrong_is_kept_and_may_change(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The thumb counts at once; reason and words follow, are there when the window is opened again, and are one a
    person. Thumb up takes them back."""
    bot = await make_bot()
    key, answer = await answered(workspace, bot)
    view = await down(workspace, "dana", answer, key)
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down")
    assert "What was wrong with it?" in everything(view)
    assert await workspace.submit(view["id"], "dana", filled("outdated", "It is v3 by now.")) == {}
    assert "Thank you" in everything(workspace.views("dana")[-1])
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down", "outdated", "It is v3 by now.")
    await workspace.close(workspace.views("dana")[-1]["id"], "dana")

    view = await down(workspace, "dana", answer, key)
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down", "outdated", "It is v3 by now.")
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert inputs[REASON]["initial_option"]["value"] == "outdated"
    assert inputs[COMMENT]["initial_value"] == "It is v3 by now."
    await workspace.submit(view["id"], "dana", filled("wrong", None))
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down", "wrong")
    other = await down(workspace, "sam", answer, key)
    assert "initial_option" not in str(other)
    await workspace.submit(other["id"], "sam", filled("not_asked", "x" * 5_000))
    assert await bot.store.feedback.of(key, "U0SAM") == Verdict("down", "not_asked", "x" * MOST_COMMENT)
    await workspace.click("dana", "support", answer, "answer_feedback", f"up {key}")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    async with bot.store.database.transaction() as connection:
        kept = select(feedback.c.user_id, feedback.c.verdict, feedback.c.reason).order_by(feedback.c.user_id)
        rows = (await connection.execute(kept)).all()
    assert rows == [("U0DANA", "up", ""), ("U0SAM", "down", "not_asked")]


async def test_a_reason_that_no_window_offers_is_none(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    key, answer = await answered(workspace, bot)
    view = await down(workspace, "dana", answer, key)
    await workspace.submit(view["id"], "dana", filled("because", "<!channel>"))
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down", "", "<!channel>")


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id", "internal_error"])
async def test_a_window_that_opens_too_late(workspace: LocalWorkspace, make_bot: MakeBot, error: str) -> None:
    """The thumb is kept, and whoever pressed is told how to go on."""
    bot = await make_bot()
    key, answer = await answered(workspace, bot)
    workspace.fail("views.open", error=error)
    await workspace.click("dana", "support", answer, "answer_feedback", f"down {key}")
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert NOT_OPENED in everything(workspace.ephemerals("dana")[0])
    assert workspace.ephemerals("sam") == []
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down")


async def test_nothing_that_was_written_is_lost_in_an_outage(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """The window stays, with a sentence under the words; the thumb itself says to press again."""
    bot = await make_bot()
    key, answer = await answered(workspace, bot)
    view = await down(workspace, "dana", answer, key)
    async with bot.store.database.transaction() as connection:
        await connection.exec_driver_sql("alter table feedback rename to elsewhere")
    assert await workspace.submit(view["id"], "dana", filled("wrong", "All of it.")) == {COMMENT: SEND_AGAIN}
    assert workspace.views("dana")[-1]["id"] == view["id"]
    await workspace.click("sam", "support", answer, "answer_feedback", f"down {key}")
    await workspace.wait_for(lambda: workspace.ephemerals("sam"))
    assert NOT_KEPT in everything(workspace.ephemerals("sam")[0])
    async with bot.store.database.transaction() as connection:
        await connection.exec_driver_sql("alter table elsewhere rename to feedback")
    assert await workspace.submit(view["id"], "dana", filled("wrong", "All of it.")) == {}
    assert await bot.store.feedback.of(key, "U0DANA") == Verdict("down", "wrong", "All of it.")
