"""Many people in many channels of the local workspace, what they see of the desk, and when."""

import asyncio
import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.bench.serving import QUESTIONS
from ops.workspace.server import LocalWorkspace
from ops.workspace.state import BOT

Json = dict[str, Any]
CHANNELS, PEOPLE, IN_EACH = 100, 100, 8
_TEXTS = frozenset({"chat.startStream", "chat.appendStream", "chat.stopStream", "chat.postMessage", "chat.update"})
_SIGNS = _TEXTS | {"assistant.threads.setStatus", "reactions.add"}


@dataclass(slots=True)
class Asked:
    number: int
    channel: str
    ts: str
    sent_at: float  # seconds since 1970, as all times here


@dataclass
class Crowd:
    """Asks, and notes what the workspace's wire log says of it."""

    workspace: LocalWorkspace
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        people = [self.workspace.add_user(f"asker{n}", f"Asker {n}") for n in range(PEOPLE)]
        self.members = [[people[(n + at * 13) % PEOPLE] for at in range(IN_EACH)] for n in range(CHANNELS)]
        self.channels = [
            self.workspace.add_channel(f"load{n}", members, "channel") for n, members in enumerate(self.members)
        ]
        self.wire = Wire()
        self.workspace.state.wire = self.wire

    async def ask(self) -> Asked:
        """The next question: another channel than the last one's, another person than that channel's last one."""
        number = len(self.asked)
        at, turn = number % CHANNELS, number // CHANNELS
        text = f"@frontdesk {QUESTIONS[number % len(QUESTIONS)]} (no. {number})"
        sent_at = time.time()
        ts = await self.workspace.say(self.members[at][turn % IN_EACH], self.channels[at], text)
        one = Asked(number, self.channels[at], ts, sent_at)
        self.asked.append(one)
        return one

    async def ask_at(self, per_s: float, seconds: float) -> list[Asked]:
        """Evenly; when this process was late it makes up for it."""
        began, asked = time.monotonic(), []
        for turn in range(round(per_s * seconds)):
            wait = began + turn / per_s - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            elif turn % 10 == 0:
                await asyncio.sleep(0)  # the acks of the others are to be read meanwhile
            asked.append(await self.ask())
        return asked

    def replies(self, asked: Sequence[Asked]) -> dict[str, list[Json]]:
        """What the desk has in each question's thread, finished or not."""
        found: dict[str, list[Json]] = {one.ts: [] for one in asked}
        for channel in {one.channel for one in asked}:
            for message in self.workspace.state.messages[channel].values():
                if message.get("user") == BOT and message.get("thread_ts") in found:
                    found[message["thread_ts"]].append(message)
        return found

    def open(self, asked: Sequence[Asked]) -> int:
        """How many are not answered yet."""
        return sum(not any(map(finished, found)) for found in self.replies(asked).values())

    async def answered(self, asked: Sequence[Asked], most_s: float) -> float:
        """Wait until all are: seconds it took, or `most_s`."""
        began = time.monotonic()
        while self.open(asked) and time.monotonic() - began < most_s:  # noqa: ASYNC110 - each look goes through all
            await asyncio.sleep(0.25)
        return round(time.monotonic() - began, 1)

    def outcome(self, asked: Sequence[Asked]) -> Counter[str]:
        """once: one message, finished, that has the question's key; else what is wrong."""
        return Counter(_outcome(one, found) for one, found in zip(asked, self.replies(asked).values(), strict=True))


def _outcome(one: Asked, found: list[Json]) -> str:
    if len(found) != 1:
        return "twice" if found else "never"
    key = ((found[0].get("metadata") or {}).get("event_payload") or {}).get("key", "")
    if not finished(found[0]) or not key.endswith(f":{one.channel}:{one.ts}"):
        return "unfinished"
    return "once" if cited(found[0]) else "notice"


def finished(message: Json) -> bool:
    return not message.get("streaming") and len(message.get("blocks", [])) > 1


def cited(message: Json) -> bool:
    """Whether it is an answer with sources, and no notice."""
    return "[1]" in str(message.get("text"))


@dataclass(slots=True)
class Call:
    """Of the Web API by the desk. `came_at`: when the workspace began to answer it."""

    method: str
    thread: str
    came_at: float
    error: str
    text: str


class Wire(deque[Json]):
    """Stands in for the workspace's log, and keeps the little that is measured: the acks, and the desk's calls."""

    def __init__(self) -> None:
        super().__init__(maxlen=200)
        self.acks: list[tuple[float, float]] = []  # when the envelope was sent, and ms until its ack
        self.unacked = 0
        self.calls: list[Call] = []
        self._threads: dict[str, str] = {}  # of a message of the desk's: by its ts

    def append(self, entry: Json) -> None:
        super().append(entry)
        began = entry["at"] - entry["ms"] / 1000
        if entry["kind"] == "socket":
            if entry["ok"]:
                self.acks.append((began, entry["ms"]))
            else:
                self.unacked += 1
        elif entry["kind"] == "web_api":
            self._note(entry, began)

    def _note(self, entry: Json, began: float) -> None:
        sent, answer = entry["request"] or {}, entry["response"] or {}
        thread = str(sent.get("thread_ts") or self._threads.get(str(sent.get("ts")), ""))
        if thread and answer.get("ts"):
            self._threads[str(answer["ts"])] = thread
        text = _flat(sent) if entry["name"] in _TEXTS else ""
        self.calls.append(Call(entry["name"], thread, began, entry["error"] or "", text))

    def ack_ms(self, since: float = 0.0, until: float = float("inf")) -> Json:
        times = [ms for began, ms in self.acks if since <= began < until]
        return spread(times)

    def first_signs_ms(self, asked: Sequence[Asked]) -> list[float]:
        """From the event to the first status, reaction or text in its thread."""
        seen: dict[str, float] = {}
        for call in self.calls:
            if call.method in _SIGNS and not call.error and call.thread not in seen:
                seen[call.thread] = call.came_at
        return [(seen[one.ts] - one.sent_at) * 1000 for one in asked if one.ts in seen]

    def own_ms(self, asked: Sequence[Asked], sentences: dict[int, tuple[float, str]]) -> list[float]:
        """From the event that completes the model's first sentence to Slack's call that holds it."""
        carried: dict[str, list[Call]] = {}
        for call in self.calls:
            if call.text:
                carried.setdefault(call.thread, []).append(call)
        times = []
        for one in asked:
            at, text = sentences.get(one.number, (0.0, ""))
            words = _words(text)[:40]
            came = [call.came_at for call in carried.get(one.ts, ()) if words and words in _words(call.text)]
            times += [(min(came) - at) * 1000] if came else []
        return times

    def methods(self) -> Json:
        """Calls by method, and of them those that were refused by their error."""
        made = Counter(call.method for call in self.calls)
        refused = Counter(f"{call.method} {call.error}" for call in self.calls if call.error)
        return {"calls": dict(made.most_common()), "refused": dict(refused.most_common())}


def _flat(sent: Json) -> str:
    chunks = [str(one.get("text", "")) for one in sent.get("chunks") or [] if isinstance(one, dict)]
    blocks = [str(one.get("text", "")) for one in sent.get("blocks") or [] if isinstance(one, dict)]
    return " ".join([str(sent.get("markdown_text") or ""), *chunks, *blocks])


def _words(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def spread(times: Sequence[float]) -> Json:
    """n, p50, p95, p99 and the largest, in ms."""
    if not times:
        return {"n": 0}
    order = sorted(times)
    at = {f"p{share}": round(order[min(int(len(order) * share / 100), len(order) - 1)], 1) for share in (95, 99)}
    return {"n": len(order), "p50": round(statistics.median(order), 1), **at, "max": round(order[-1], 1)}
