"""The weekly digest at the wire: questions asked in the workspace, what the admins' channel hears, once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk.model import Accepted, Answer, Desk, Outcome, Person, Place, Question, question_key
from bot.gaps.digest import WeeklyDigest, last_due
from bot.gaps.find import FindGaps
from bot.gaps.names import Names
from bot.redaction import Redactor
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.client import SlackClients
from bot.store import open_store
from ingest.index import Embedder, Found, Vectors
from ops.config import load_config
from ops.local import connected
from ops.serve import serving
from ops.workspace.block_kit import strings
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import Bot, MakeBot


class NothingNear:
    """A SearchIndex over no document."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed(texts)

    def search(self, text: str, **given: Any) -> Found:
        return Found((), 1)

    def knows(self, word: str) -> bool:
        return True

    def withheld(self, text: str, **given: Any) -> int:
        return 0


def digest(bot: Bot, embedder: Embedder) -> WeeklyDigest:
    """As each replica and each start makes it."""

    async def readers() -> Sequence[str]:
        return ("everyone",)

    desks, names = (Desk("support", "electromart"),), Names(Redactor())
    # Answers bear the time of the wall.
    find = FindGaps(bot.store.gaps, NothingNear(embedder), desks, names, lambda: datetime.now(UTC))  # type: ignore[arg-type]
    channel = SlackAdminChannel(SlackClients(bot.slack), "C0ESCALATE", bot.now)
    return WeeklyDigest(bot.store.gaps, find, bot.store.digests, channel, readers, "UTC", bot.now)


def heard(workspace: LocalWorkspace) -> list[dict[str, Any]]:
    return [one for one in workspace.messages("C0ESCALATE") if "The desk's week" in one["text"]]


async def ask_in_vain(workspace: LocalWorkspace, bot: Bot) -> None:
    """In a channel, where everybody reads it, and in a direct message."""
    for user, text in (("dana", "what is the zeppelin tariff?"), ("sam", "the zeppelin tariff please?")):
        ts = await workspace.say(user, "support", f"@frontdesk {text}")
        assert await bot.ended(ts) is Outcome.ABSTAINED
    ts = await workspace.say("dana", "dm", "does my uncle Hendrik get a submarine?")
    [message] = workspace.messages("dm:dana", ts)
    assert await bot.ended(ts, message["channel"]) is Outcome.ABSTAINED


async def test_the_admins_hear_once_of_the_week(
    workspace: LocalWorkspace, make_bot: MakeBot, embedder: Embedder
) -> None:
    """The reply to the first post is lost; two replicas look again, and again after a restart. What was asked privately
    counts, and its words are nowhere."""
    now = datetime.now(UTC)
    monday = last_due(now, ZoneInfo("UTC"))
    bot = await make_bot(ahead=monday - now - timedelta(hours=1))  # what it posts is later by Slack's clock
    await ask_in_vain(workspace, bot)
    bot.ahead += timedelta(hours=1, minutes=1)
    workspace.fail("chat.postMessage", after_effect=True)
    await digest(bot, embedder).check()
    replicas = [digest(bot, embedder), digest(bot, embedder)]
    await asyncio.gather(*(one.check() for one in replicas))
    await digest(bot, embedder).check()
    [message] = heard(workspace)
    told = "".join(strings(message["blocks"])) + message["text"]
    assert "3 questions: 0 answered, 3 without an answer" in told
    assert "0.5 questions a week, by 2 people, new · support" in told
    assert "zeppelin tariff" in told
    assert "asked privately" in told
    assert "Hendrik" not in told
    assert "submarine" not in told


CONFIG = """
[desks.support]
prompt = "electromart"
[sources.docs]
kind = "folder"
path = "docs"
[slack]
admin_channel = "C0ESCALATE"
[gaps]
zone = "Europe/Berlin"
"""


async def test_serve_tells_what_it_missed(workspace: LocalWorkspace, tmp_path: Path) -> None:
    """The whole process, started after a Monday at nine."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Opening hours\n\nWe open at nine.\n")
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    config = connected(load_config(tmp_path / "frontdesk.toml"), workspace)
    at = last_due(datetime.now(UTC), ZoneInfo("Europe/Berlin")) - timedelta(days=1)
    await stored(config.store_url, at)
    async with serving(config, lambda _: None):
        await workspace.wait_for(lambda: heard(workspace), 20)
    told = "".join(strings(heard(workspace)[0]["blocks"]))
    assert "1 question: 0 answered, 1 without an answer" in told
    assert "zeppelin tariff" in told


async def stored(url: str, at: datetime) -> None:
    """A question that was asked then, in vain."""
    store = await open_store(url, lambda: at)
    try:
        ts, text = f"{at.timestamp():.6f}", "What is the zeppelin tariff?"
        key = question_key("T0ELECTRO", "C0SUPPORT", ts)
        place = Place("T0ELECTRO", "C0SUPPORT", "channel")
        await store.inbox.accept(Accepted(key, place.team, place.channel, ts, "U0DANA", place.kind, text, {}, at))
        answer = Answer(Outcome.ABSTAINED, "Said.", searched=text, answered_at=at, readable=("everyone", "public"))
        await store.answers.save(Question(key, text, Person("U0DANA"), place, ts, at), "support", answer)
        await store.inbox.finish(key, Outcome.ABSTAINED)
    finally:
        await store.close()
