"""Where the human path is tried: a real `serve` with an escalation channel, a webhook and a mail server; its kills."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update

from bot.store import Store, open_store
from bot.store.outbox import OPEN
from bot.store.tables import due, outbox
from bot.store.triages import triages
from ops.bench.serving import NO_MONITORING, Desk
from ops.workspace.events import Ack
from ops.workspace.rules import Refused
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import Json
from tests.fakes.receivers import MailServer, Receiver, mailing, receiving

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
HUMANS = "support-escalations"
AGENTS = ("alex", "priya", "lee", "mia", "noor")
ASKERS = ("dana", "sam")
ATTEMPTS = 1000  # a question that is killed again and again is to be answered here, and not given up
MORE = (
    NO_MONITORING
    + """
[desks.support.sla]
first_response = {{ "1" = "1m", "2" = "1m", "3" = "1m", "4" = "1m", "5" = "1m" }}
lead = "U0PRIYA"
[[webhooks]]
name = "helpdesk"
url = "{url}"
[email]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "frontdesk@electromart.example"
to = ["team@electromart.example"]
"""
)
PAGES = {
    "returns": "You can return most items within 30 days of delivery. Opened earbuds can't be returned.",
    "shipping": "Standard shipping takes 3 to 5 business days. A parcel that is lost is sent again.",
}
REDELIVERIES = (0, 1, 2, 4, 8, 16)
AGAIN = 0.15  # so many presses come twice
_MOVES = ("human_claim", "human_resolve", "human_solved", "human_not_yet", "human_no_need", "human_more_help")


@dataclass(frozen=True)
class Press:
    """A press or a window that was sent, as Slack saw it. `cause`: what its move is known by. `acked`: taken, without
    an error in the window. `answer_key`: of a call."""

    user: str
    channel: str
    escalation_id: str
    cause: str
    at: str
    acked: bool
    is_window: bool = False
    answer_key: str = ""


def pressed(payload: Json, answer: Ack | None) -> Press | None:
    """None: it moves nothing, such as one that opens a window."""
    user = str(payload["user"]["id"])
    refused = ((answer or {}).get("payload") or {}).get("response_action") == "errors"
    acked = answer is not None and not refused
    if payload["type"] == "view_submission":
        view = payload["view"]
        return Press(user, "", str(view["private_metadata"]), str(view["id"]), "", acked, is_window=True)
    if payload["type"] != "block_actions":
        return None
    action, channel = payload["actions"][0], str(payload.get("channel", {}).get("id"))
    at, name, value = str(action["action_ts"]), action["action_id"], str(action.get("value") or "")
    if name == "human_call":
        return Press(user, channel, "", "", at, acked, answer_key=value)
    snoozes = name == "human_more" and not action["selected_option"]["value"].startswith("resolve")
    return Press(user, channel, value, f"{user} {at}", at, acked) if snoozes or name in _MOVES else None


@dataclass
class Front:
    workspace: LocalWorkspace
    receiver: Receiver
    mail: MailServer
    desk: Desk
    store: Store
    chance: random.Random
    presses: list[Press] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)  # at which moments it was killed
    die_in_s: float | None = None  # after the next press was sent
    die_on_ack: bool = False
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)  # nothing more is begun

    def listen(self) -> None:
        """Every press is noted, some come again, and the desk dies of some."""
        self._ask, self.workspace.sockets.ask = self.workspace.sockets.ask, self._noted  # type: ignore[method-assign]
        self._repeats: set[asyncio.Task[Any]] = set()

    async def _noted(self, kind: str, payload: Json) -> Ack | None:
        moves = kind == "interactive" and pressed(payload, None) is not None
        if moves and self.die_in_s is not None:
            asyncio.get_running_loop().call_later(self.die_in_s, self.die)
            self.die_in_s = None
        answer = await self._ask(kind, payload)
        if moves and self.die_on_ack and answer is not None:
            self.die_on_ack = False
            self.die()
        if kind == "interactive" and (press := pressed(payload, answer)):
            self.presses.append(press)
            if self.chance.random() < AGAIN:
                task = asyncio.create_task(self._ask(kind, payload))
                self._repeats.add(task)
                task.add_done_callback(self._repeats.discard)
        return answer

    def die(self) -> None:
        """At once."""
        assert self.desk.process is not None
        with suppress(ProcessLookupError):
            self.desk.process.kill()
        self.dead.set()

    async def gone(self) -> None:
        """Dead, and the workspace has noticed."""
        self.die()
        assert self.desk.process is not None
        await self.desk.process.wait()
        await self.workspace.wait_for(lambda: not self.workspace.sockets.connections, 30)
        self.dead.clear()
        self.die_in_s, self.die_on_ack = None, False

    async def press(self, user: str, channel: str, ts: str, action: str, value: str | None = None) -> bool:
        """Whether Slack saw it acked. Not, where the button is not there any more."""
        try:
            await self.workspace.click(user, channel, ts, action, value)
        except Refused:
            return False
        return True

    async def stay_away(self) -> None:
        """While nobody is alive: for longer than any lease or pause of theirs."""
        now = datetime.now(UTC)
        async with self.store.database.transaction() as connection:
            await connection.execute(update(due).values(lease_until=now))
            await connection.execute(update(outbox).where(OPEN).values(lease_until=now, due_at=now))
            await connection.execute(update(triages).where(triages.c.done_at.is_(None)).values(lease_until=now))

    async def time_passes(self, escalation_id: str) -> None:
        """What is due of it one day is due now."""
        late = update(due).where(due.c.escalation_id == escalation_id, due.c.done_at.is_(None))
        async with self.store.database.transaction() as connection:
            await connection.execute(late.values(at=datetime.now(UTC)))


def role(message: Mapping[str, Any]) -> tuple[str, str]:
    """Of which escalation a post tells what; empty where it tells of none."""
    metadata = message.get("metadata") or {}
    told = (json.loads(metadata) if isinstance(metadata, str) else metadata).get("event_payload") or {}
    return str(told.get("escalation") or ""), str(told.get("role") or "")


@asynccontextmanager
async def front(folder: Path, chance: random.Random, database: str = "") -> AsyncIterator[Front]:
    """Started, and reading its documents. `database`: Postgres' URL; "" is the desk's own SQLite."""
    async with (
        receiving(SECRET) as receiver,
        mailing() as mail,
        LocalWorkspace(manifest=Desk.MANIFEST, redelivery_delays=REDELIVERIES) as workspace,
    ):
        for name in AGENTS[2:]:
            workspace.state.channel(HUMANS).members.append(workspace.add_user(name, f"{name.title()} of the desk"))
        environment = {"FRONTDESK_WEBHOOK_SECRET_HELPDESK": SECRET} | ({"DATABASE_URL": database} if database else {})
        more = MORE.format(url=receiver.url, port=mail.port)
        documents = _documents(folder)
        desk = Desk(folder, workspace, None, more, attempts=ATTEMPTS, environment=environment, documents=documents)
        desk.database.parent.mkdir()
        store = await open_store(database or f"sqlite:///{desk.database}", lambda: datetime.now(UTC), "the soak")
        place = Front(workspace, receiver, mail, desk, store, chance)
        place.listen()
        await desk.start()
        try:
            yield place
        finally:
            await desk.stop()
            await store.close()


def _documents(folder: Path) -> Path:
    """Few: what is asked here is for humans to answer."""
    documents = folder / "documents"
    documents.mkdir()
    for name, text in PAGES.items():
        (documents / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    return documents
