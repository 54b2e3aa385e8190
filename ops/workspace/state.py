"""What the workspace holds: people, channels, messages, views. Every change is told to whoever waits or watches."""

import asyncio
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.workspace.mentions import links, mentions
from ops.workspace.rules import Refused

Json = dict[str, Any]
BOT, BOT_ID, APP = "U0FRONTDESK", "B0FRONTDESK", "A0FRONTDESK"
SLACKBOT = "USLACKBOT"
REPLIES = ("reply_count", "reply_users", "reply_users_count", "latest_reply")  # what a root knows of its thread
WIRE_KEPT = 2000
STATUS_SECONDS = 120
_OURS = frozenset({"channel", "streaming", "ephemeral", "mentions", "links", "link_names", "stream"})


def on_wire(message: Json) -> Json:
    """A message as Slack sends it: without what only this workspace knows."""
    return {key: value for key, value in message.items() if key not in _OURS}


def shown(message: Json) -> Json:
    """A message as the page has it."""
    place = {"channel": message["channel"], "ephemeral": bool(message.get("ephemeral"))}
    name = {"username": "Slackbot"} if message.get("user") == SLACKBOT else {}
    return on_wire(message) | place | name | {"streaming": bool(message.get("streaming"))}


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    color: str = "#4a6fa5"
    is_bot: bool = False
    is_admin: bool = False
    bot_id: str = ""
    is_restricted: bool = False  # a guest
    is_ultra_restricted: bool = False  # a guest of one channel
    is_stranger: bool = False  # of another workspace
    is_email_confirmed: bool = True
    deleted: bool = False  # deactivated

    @property
    def app_id(self) -> str:
        """Of a bot: every bot here has an app of its own."""
        return self.bot_id.replace("B", "A", 1)


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: Literal["channel", "private", "dm", "mpim"]
    members: list[str]
    topic: str = ""
    is_ext_shared: bool = False  # with another workspace, by Slack Connect


@dataclass(slots=True)
class UserGroup:
    id: str
    handle: str
    users: list[str]


@dataclass(slots=True)
class SharedFile:
    json: Json  # as Slack describes it
    content: bytes


@dataclass(slots=True)
class View:
    """An open modal, or somebody's home tab."""

    view: Json
    user: str


@dataclass(slots=True)
class Team:
    id: str = "T0ELECTRO"
    name: str = "ElectroMart"
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)


def electromart() -> Team:
    """The people and channels of the demo: two customers, two agents, the bot."""
    people = [
        User("U0DANA", "dana", "Dana Whitfield", "dana@customers.example", "Customer", "#b5536b"),
        User("U0SAM", "sam", "Sam Okafor", "sam@customers.example", "Customer", "#3b7d62"),
        User("U0ALEX", "alex", "Alex Moreno", "alex@electromart.example", "Support agent", "#4a6fa5"),
        User("U0PRIYA", "priya", "Priya Nair", "priya@electromart.example", "Support lead", "#8a6d3b", is_admin=True),
        User(BOT, "frontdesk", "Frontdesk", color="#3f4a5a", is_bot=True, bot_id=BOT_ID),
        User("U0OTHERBOT", "statusbot", "Status Bot", color="#777777", is_bot=True, bot_id="B0OTHERBOT"),
    ]
    everyone = [user.id for user in people if user.id != "U0OTHERBOT"]
    channels = [
        Channel("C0SUPPORT", "support", "channel", list(everyone), "Questions about orders, returns and products"),
        Channel("C0PEOPLE", "people", "channel", list(everyone), "Questions about working here"),
        Channel("C0TECHFLOW", "techflow", "channel", list(everyone), "Questions about TechFlow's software"),
        Channel("C0GENERAL", "general", "channel", list(everyone), "Everything else"),
        Channel("C0RANDOM", "random", "channel", [one for one in everyone if one != BOT], "Frontdesk is not in here"),
        Channel("C0ESCALATE", "support-escalations", "private", ["U0ALEX", "U0PRIYA", BOT], "What people take over"),
    ]
    return Team(users={user.id: user for user in people}, channels={channel.id: channel for channel in channels})


class State:
    """The workspace's memory. `publish` wakes those who wait and tells the pages that may see it."""

    def __init__(self, team: Team, clock: Callable[[], float] = time.time) -> None:
        self.team = team
        self.clock = clock
        self.messages: dict[str, dict[str, Json]] = {channel: {} for channel in team.channels}
        self.ephemerals: defaultdict[str, list[Json]] = defaultdict(list)
        self.views: dict[str, View] = {}
        self.homes: dict[str, Json] = {}
        self.viewing: dict[str, str] = {}  # person -> the channel that they look at beside the app
        self.files: dict[str, SharedFile] = {}
        self.statuses: dict[tuple[str, str], Json] = {}
        self.prompts: list[Json] = []
        self.notice: Json | None = None
        self.wire: deque[Json] = deque(maxlen=WIRE_KEPT)
        self._watchers: dict[asyncio.Queue[Json], str] = {}
        self._changed = asyncio.Event()
        self._last_ts = 0
        self._numbers = itertools.count(1)
        self._wire_numbers = itertools.count(1)

    def now_ts(self) -> str:
        """A message's ts: unique and growing."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def number(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):08d}"

    def user(self, given: str) -> User:
        """By id or name."""
        wanted = given.lstrip("@")
        for user in self.team.users.values():
            if wanted in (user.id, user.name):
                return user
        raise Refused("user_not_found", "users.exist", f"nobody is called {given}")

    def bot(self, bot_id: str) -> User:
        for user in self.team.users.values():
            if user.bot_id and user.bot_id == bot_id:
                return user
        raise Refused("bot_not_found", "bots.exist", f"no bot has the id {bot_id}")

    def channel(self, given: str) -> Channel:
        """By id or name."""
        wanted = given.lstrip("#")
        for channel in self.team.channels.values():
            if wanted and wanted in (channel.id, channel.name):
                return channel
        raise Refused("channel_not_found", "channels.exist", f"there is no channel {given}")

    def dm(self, *members: str) -> Channel:
        """The direct conversation of these two, opened when it is not there."""
        for channel in self.team.channels.values():
            if channel.kind == "dm" and set(channel.members) == set(members):
                return channel
        channel = Channel(self.number("D0"), "", "dm", list(members))
        self.team.channels[channel.id] = channel
        self.messages[channel.id] = {}
        self.publish({"type": "channel", "channel": self.channel_json(channel)}, channel.members)
        return channel

    def add(self, message: Json) -> Json:
        """Put a message, whole, into its channel; its thread's root learns of it."""
        channel = message["channel"]
        self.messages[channel][message["ts"]] = message
        root = self.messages[channel].get(message.get("thread_ts", ""))
        if root is not None and root is not message:
            message["parent_user_id"] = root.get("user", "")
            self._count_replies(root)
        self.told("message", message)
        return message

    def _count_replies(self, root: Json) -> None:
        replies = self.replies(root["channel"], root["ts"])
        root["thread_ts"] = root["ts"]
        root["reply_count"] = len(replies)
        root["reply_users"] = sorted({reply.get("user", "") for reply in replies})
        root["reply_users_count"] = len(root["reply_users"])
        root["latest_reply"] = replies[-1]["ts"] if replies else ""
        self.told("message_changed", root)

    def replies(self, channel: str, thread_ts: str) -> list[Json]:
        held = self.messages[channel].values()
        return [one for one in held if one.get("thread_ts") == thread_ts and one["ts"] != thread_ts]

    def message(self, channel: str, ts: str, error: str = "message_not_found") -> Json:
        try:
            return self.messages[channel][ts]
        except KeyError:
            raise Refused(error, "messages.exist", f"no message {ts} in {channel}") from None

    def remove(self, channel: str, ts: str) -> None:
        removed = self.messages[channel].pop(ts)
        self.publish({"type": "message_deleted", "channel": channel, "ts": ts}, self.team.channels[channel].members)
        if root := self.messages[channel].get(removed.get("thread_ts", "")):
            self._count_replies(root)

    def told(self, kind: str, message: Json) -> None:
        """A message is new or changed: read it anew, and tell who sees its channel."""
        self._read(message)
        self.publish({"type": kind, "message": shown(message)}, self.team.channels[message["channel"]].members)

    def whisper(self, user: str, message: Json) -> None:
        """An ephemeral message: `user` alone sees it."""
        message["ephemeral"] = True
        self._read(message)
        self.ephemerals[user].append(message)
        self.publish({"type": "ephemeral", "message": shown(message)}, [user])

    @staticmethod
    def _read(message: Json) -> None:
        message["mentions"] = mentions(message, link_names=bool(message.get("link_names")))
        message["links"] = links(message)

    def visible(self, user: str, channel: str, ts: str) -> Json:
        """A message as this person sees it; ephemeral ones are theirs alone."""
        for one in self.ephemerals[user]:
            if (one["channel"], one["ts"]) == (channel, ts):
                return one
        return self.message(self.channel(channel).id, ts)

    def view(self, user: str, view_id: str) -> Json | None:
        """An open modal or the home tab of this person."""
        held, home = self.views.get(view_id), self.homes.get(user)
        if held and held.user == user:
            return held.view
        return home if home and home["id"] == view_id else None

    def status(self, channel: str, thread_ts: str) -> Json | None:
        """What the bot is doing in a thread, unless it said so too long ago."""
        held = self.statuses.get((channel, thread_ts))
        return held if held and self.clock() - held["began"] < STATUS_SECONDS else None

    def set_status(self, channel: str, thread_ts: str, status: str, loading: Sequence[str] = ()) -> None:
        """`status` "" ends it."""
        told = {"channel": channel, "thread_ts": thread_ts, "status": status, "loading_messages": list(loading)}
        place = (channel, thread_ts)
        if status:
            held = self.statuses[place] = told | {"began": self.clock()}
            asyncio.get_running_loop().call_later(STATUS_SECONDS, self._end_status, place, held)
        elif self.statuses.pop(place, None) is None:
            return
        self.publish({"type": "status", **told}, self.team.channels[channel].members)

    def _end_status(self, place: tuple[str, str], held: Json) -> None:
        """The page shows it no longer than Slack does."""
        if self.statuses.get(place) is held:
            self.set_status(*place, "")

    def publish(self, event: Json, to: list[str] | None = None) -> None:
        for queue, user in self._watchers.items():
            if to is None or user in to:
                queue.put_nowait(event)
        self._changed.set()
        self._changed = asyncio.Event()

    def log(self, **entry: Any) -> Json:
        entry = {"n": next(self._wire_numbers), "at": self.clock(), **entry}
        self.wire.append(entry)
        self.publish({"type": "wire", "entry": entry})
        return entry

    async def wait_for(self, condition: Callable[[], Any], timeout: float) -> Any:  # noqa: ASYNC109 - as asyncio.wait_for has it
        """Until the condition holds; looked at again after every change."""
        async with asyncio.timeout(timeout):
            while not (value := condition()):
                await self._changed.wait()
        return value

    @contextmanager
    def watch(self, user: str) -> Iterator[asyncio.Queue[Json]]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._watchers[queue] = user
        try:
            yield queue
        finally:
            del self._watchers[queue]

    @staticmethod
    def channel_json(channel: Channel) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "members": channel.members,
            "topic": channel.topic,
        }
