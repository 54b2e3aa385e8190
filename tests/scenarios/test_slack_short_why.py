"""Why this answer?: for whoever can see it, with what they may read, and nothing more."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.desk.errors import RetrievalUnavailable
from bot.orders import SqlOrders
from bot.slack.blocks import WHY
from bot.slack.listeners.why import NOT_KEPT, NOT_OPENED
from ops.workspace.server import LocalWorkspace
from tests.fakes.orders import demo_settings, order_desk
from tests.scenarios.conftest import Bot, MakeBot, Shelf, everything, now, said
from tests.scenarios.test_slack_short_asks import always_looks, ask, share

__all__ = ["always_looks"]
ASK = "@frontdesk how long do I have to return something?"


async def answered(workspace: LocalWorkspace, bot: Bot, text: str = ASK, channel: str = "support") -> Any:
    ts = await workspace.say("dana" if channel == "support" else "alex", channel, text)
    await bot.ended(ts, workspace.state.channel(channel).id)
    return said(workspace, ts, channel)[-1]


async def why(workspace: LocalWorkspace, user: str, message: Any, channel: str = "support") -> str:
    """Press it; what the window says once it is filled."""
    before = len(workspace.called("views.update"))
    await workspace.click(user, channel, message["ts"], WHY)
    await workspace.wait_for(lambda: len(workspace.called("views.update")) > before)
    return everything(workspace.views(user)[-1])


async def test_it_tells_what_the_answer_was_made_from(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """What was searched for, the passages with score, similarity and whether they are cited, prompt, model and index.
    What it cost is for admins. Only who pressed sees it."""
    bot = await make_bot(slack={"admins": ("U0PRIYA",)})
    answer = await answered(workspace, bot)
    shown = await why(workspace, "dana", answer)
    assert "how long do I have to return something?" in shown
    assert "Returns policy › Overview" in shown
    assert "cited as [1] · score 1.000 · similarity 0.90" in shown
    assert "No document that fits was left out" in shown
    assert "Prompt electromart 1.0.0 · model shelf · index version 1 · answered" in shown
    assert "cost" not in shown
    assert "Took" not in shown
    priya = await why(workspace, "priya", answer)
    assert "Took" in priya
    assert "cost not known" in priya
    assert workspace.views("sam") == []
    assert len(said(workspace, answer["thread_ts"])) == 1
    refused = [one for one in workspace.calls if one.get("error") not in (None, "unknown_method")]
    assert refused == []


async def test_an_abstention_says_what_was_nearest(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot = await make_bot()
    shown = await why(workspace, "dana", await answered(workspace, bot, "@frontdesk what is the zeppelin tariff?"))
    assert "zeppelin tariff" in shown
    assert "The nearest passages" in shown
    assert "not cited" in shown


async def test_what_is_withheld_is_a_number(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """The count of documents that fit and that not everybody there may read, and no word of theirs, also for somebody
    who may read them; in the channel where all may, it is a source like others, until somebody may not."""
    shelf.pages["Return desk secrets"] = "Agents accept a return for ninety days."
    shelf.audiences["Return desk secrets"] = ("group:@people-team",)
    workspace.set_group("people-team", ["alex", "priya"])
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    bot = await make_bot()
    public = await answered(workspace, bot)
    for user in ("dana", "alex"):
        shown = await why(workspace, user, public)
        assert "1 more document fits and was left out: not everybody who sees this may read it." in shown
        assert "secrets" not in shown
        assert "ninety" not in str(workspace.views(user))
    private = await answered(workspace, bot, ASK, hr)
    assert "Return desk secrets" in await why(workspace, "priya", private, hr)
    await workspace.join("sam", hr)
    shown = await why(workspace, "sam", private, hr)
    assert "secrets" not in shown
    assert "1 passage more, which you may not read." in shown
    assert "Returns policy" in shown


async def test_only_who_can_see_the_answer_is_told(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """A button with another channel's key, which no client shows; a private answer until it is shared."""
    bot = await make_bot()
    hr = workspace.add_channel("hr", ["alex", "priya"], "private")
    await answered(workspace, bot, ASK, hr)
    key = f"T0ELECTRO:{hr}:{workspace.messages(hr)[0]['ts']}"
    mine = await answered(workspace, bot)
    sams = await ask(workspace, "sam", "support", mine["thread_ts"])
    private = next(e["value"] for b in sams["blocks"] for e in b.get("elements", ()) if e.get("action_id") == WHY)
    for value in (key, private):
        before = len(workspace.called("views.update"))
        action = {"type": "button", "action_id": WHY, "block_id": "b", "value": value}
        await workspace.people.action(workspace.state.user("dana"), action, message=mine, view=None, state={})
        await workspace.wait_for(lambda before=before: len(workspace.called("views.update")) > before)
        assert "Only people who can see this answer" in everything(workspace.views("dana")[-1])
    assert "Returns policy" in await why(workspace, "sam", sams)
    await share(workspace, "sam", "support", sams)
    shared = said(workspace, mine["thread_ts"])[-1]
    assert "Returns policy" in await why(workspace, "dana", shared)


@pytest.fixture
async def orders() -> AsyncIterator[SqlOrders]:
    orders = SqlOrders(demo_settings())
    yield orders
    await orders.close()


async def test_an_order_is_told_to_its_owner_alone(
    workspace: LocalWorkspace, make_bot: MakeBot, orders: SqlOrders
) -> None:
    """Of a shared answer that was made from an order others learn that something is theirs to miss, and not what."""
    await make_bot(orders=order_desk(orders, now))
    ts = await workspace.say("dana", "support", "Where is EM-104233, and how long can I return something?")
    answer = await ask(workspace, "dana", "support", ts)
    assert "Your order EM-104233" in await why(workspace, "dana", answer)
    await share(workspace, "dana", "support", answer)
    shown = await why(workspace, "sam", said(workspace, ts)[-1])
    assert "1 passage more, which you may not read." in shown
    assert "Your order" not in shown


async def test_when_it_cant_be_told(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf) -> None:
    """A search that is down, an answer that is not stored, a window that opens too late or was closed, a fault of ours:
    each is said, or hurts nobody."""
    bot = await make_bot()
    answer = await answered(workspace, bot)
    shelf.broken = RetrievalUnavailable("disk")
    counted, shelf.count_withheld = shelf.count_withheld, _fails(RetrievalUnavailable("disk"))  # type: ignore[method-assign]
    assert "can't search" in await why(workspace, "dana", answer)
    shelf.count_withheld = _fails(ValueError("ours"))  # type: ignore[method-assign]
    assert "the log has incident FD-" in await why(workspace, "dana", answer)
    shelf.count_withheld = counted  # type: ignore[method-assign]
    workspace.fail("views.open", error="expired_trigger_id")
    await workspace.click("dana", "support", answer["ts"], WHY)
    await workspace.wait_for(lambda: workspace.ephemerals("dana"))
    assert NOT_OPENED in everything(workspace.ephemerals("dana")[0])
    workspace.fail("views.update", error="not_found")
    await workspace.click("dana", "support", answer["ts"], WHY)
    await workspace.wait_for(lambda: any(one.get("error") == "not_found" for one in workspace.calls))
    before = len(workspace.called("views.update"))
    action = {"type": "button", "action_id": WHY, "block_id": "b", "value": "T0ELECTRO:C0SUPPORT:1.0"}
    await workspace.people.action(workspace.state.user("dana"), action, message=answer, view=None, state={})
    await workspace.wait_for(lambda: len(workspace.called("views.update")) > before)
    assert NOT_KEPT in everything(workspace.views("dana")[-1])


def _fails(error: Exception) -> Any:
    async def count_withheld(*_: object, **__: object) -> int:
        raise error

    return count_withheld
