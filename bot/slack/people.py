"""Who somebody is, and who can see a channel, from Slack, remembered for a short while."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

from bot.desk.audience import readable_in
from bot.desk.model import Accepted, Person, Place, Readable
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.profiles import SlackChannel, channel_of, is_no_reader, person_of

log = logging.getLogger(__name__)
KEEP_PLACE_S = 60.0  # what a channel is, and who is in it
KEEP_PERSON_S = 300.0  # who somebody is, and their user groups and channels
PATIENCE_S = 3.0  # an answer waits no longer for who may read it
_SOONER_S = 2.0  # and no longer for a part of it that it can do without
MOST_MEMBERS = 1_000  # of a channel; a larger one counts as one that everybody sees
_ONE_BY_ONE = 50  # people that are looked up singly; more come with the list of all
_WITH_CHANNELS = 10  # of so few people it is asked which channels they are in, too
_PAGE = 999
_PAGES = 10  # of the list of all, and of somebody's channels
_MOST = 50_000
_INFO, _MEMBERS = "conversations.info", "conversations.members"
_FAILED = (SlackRefused, SlackUnavailable, TimeoutError)
Value = TypeVar("Value")


class _Remembered(Generic[Value]):
    """Values with the time when they were found out."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, Value]] = {}

    def get(self, key: str, age_s: float) -> Value | None:
        at, value = self._values.get(key, (float("-inf"), None))
        return value if time.monotonic() - at <= age_s else None

    def put(self, key: str, value: Value) -> Value:
        if len(self._values) >= _MOST:
            self._values.clear()
        self._values[key] = (time.monotonic(), value)
        return value

    def drop(self, channel: str) -> None:
        """And what is known of it for one asker: see People._crowd()."""
        self._values = {key: value for key, value in self._values.items() if key.split(" ")[0] != channel}


class People:
    """Look-ups that never fail: what Slack does not tell is left out, and the least privilege is assumed. The
    bot.desk.audience.Readers of Slack. `recheck_s`: how old what is known of a channel may be when something is about
    to be posted in it; where Slack's pace leaves no room to ask again, as old as at any other time, unless Slack has
    told that it changed."""

    def __init__(self, clients: SlackClients, recheck_s: float = 2.0) -> None:
        self._clients = clients
        self._recheck_s = recheck_s
        self._people = _Remembered[Mapping[str, Any]]()
        self._places = _Remembered[SlackChannel]()
        self._members = _Remembered[tuple[str, ...]]()
        self._crowds = _Remembered[tuple[Person, ...]]()  # those of a channel, with all their rights
        self._channels = _Remembered[frozenset[str]]()
        self._groups = _Remembered[Mapping[str, frozenset[str]]]()
        self._few = asyncio.Semaphore(10)
        self._asking = asyncio.Lock()
        self._listed = _Remembered[bool]()
        self._listing = asyncio.Lock()

    # Who somebody is

    async def person(self, user: str, team: str) -> Person:
        info = await self._or_nothing(lambda: self._user(user), f"who {user} is")
        if info is not None:
            return person_of(user, info, team)
        old = self._people.get(user, float("inf"))  # their name is theirs still; their rights may not be
        return Person(user, person_of(user, old, team).name if old else "")

    async def _user(self, user: str) -> Mapping[str, Any]:
        known = self._people.get(user, KEEP_PERSON_S)
        if known is not None:
            return known
        async with self._few:
            with slack_errors():
                response = await self._clients.web.users_info(user=user)
        return self._people.put(user, response.get("user") or {})

    async def _reader(self, user: str, team: str) -> Person:
        """With all that they have rights by."""
        person, groups, channels = await asyncio.gather(
            self.person(user, team),
            self._or_nothing(self._group_names, "which user groups there are"),
            self._or_nothing(lambda: self._channels_of(user), f"which channels {user} is in"),
        )
        return replace(person, groups=(groups or {}).get(user, frozenset()), channels=channels or frozenset())

    async def _or_nothing(self, look_up: Callable[[], Awaitable[Value]], what: str) -> Value | None:
        try:
            async with asyncio.timeout(_SOONER_S):
                return await look_up()
        except _FAILED as error:
            log.warning("Slack does not tell %s: %s", what, error or "it takes too long")
            return None

    async def _group_names(self) -> Mapping[str, frozenset[str]]:
        """User -> ids and handles of their user groups."""
        async with self._asking:  # it is asked about many people at once, and may be called 20 times a minute
            known = self._groups.get("", KEEP_PERSON_S)
            return self._groups.put("", await self._listed_groups()) if known is None else known

    async def _listed_groups(self) -> Mapping[str, frozenset[str]]:
        with slack_errors():
            response = await self._clients.web.usergroups_list(include_users=True)
        found: dict[str, set[str]] = {}
        for group in response.get("usergroups") or []:
            for user in group.get("users") or []:
                found.setdefault(user, set()).update({str(group["id"]), f"@{str(group.get('handle') or '').lower()}"})
        return {user: frozenset(names) for user, names in found.items()}

    async def _channels_of(self, user: str) -> frozenset[str]:
        """The channels that somebody and the bot can both see."""
        known = self._channels.get(user, KEEP_PERSON_S)
        if known is not None:
            return known
        types = "public_channel,private_channel"
        found = await self._all("channels", self._clients.web.users_conversations, user=user, types=types)
        return self._channels.put(user, frozenset(str(one["id"]) for one in found))

    async def utc_offset(self, user: str) -> timedelta:
        """Of their clock; UTC's where Slack does not tell."""
        info = await self._or_nothing(lambda: self._user(user), f"which zone {user} is in") or {}
        return timedelta(seconds=int(info.get("tz_offset") or 0))

    # Who can see a place

    async def place(self, item: Accepted) -> Place:
        """The question's place. An app_mention does not say whether its channel is private, so Slack is asked."""
        known = None
        if item.kind == "channel" and item.payload.get("channel_type") is None:
            known = await self._or_nothing(lambda: self._channel(item.channel, KEEP_PLACE_S), f"what {item.channel} is")
        return Place(item.team, item.channel, known.kind if known else item.kind, item.thread_ts)

    async def changed(self, event: Mapping[str, Any]) -> None:
        """By a member_joined_channel, channel_shared or channel_unshared: what is known of it is asked for again."""
        for known in (self._places, self._members, self._crowds):
            known.drop(str(event.get("channel") or ""))

    async def readable(self, place: Place, asker: Person, *, now: bool = False) -> Readable:
        try:
            async with asyncio.timeout(PATIENCE_S):
                if place.kind == "dm":
                    return readable_in(place, await self._reader(asker.user_id, place.team))
                seen = await self._seen(
                    place, asker.user_id, self._recheck_s if now and self._has_room() else KEEP_PLACE_S
                )
                return readable_in(seen, asker)
        except _FAILED as error:
            log.warning("Slack does not tell who can see %s: %s", place.channel, error or "it takes too long")
            return readable_in(replace(place, shared=None), Person(asker.user_id))

    def _has_room(self) -> bool:
        pace = self._clients.pace
        return pace.has_room(_INFO) and pace.has_room(_MEMBERS)

    async def readable_by(self, channel: str, user: str, team: str) -> Readable:
        """What may be posted now in a channel of which only the id is known; `user` ("" for nobody) has asked."""
        known = await self._or_nothing(lambda: self._channel(channel, self._recheck_s), f"what {channel} is")
        if known is None or (known.kind == "dm" and known.with_user != user):
            return readable_in(Place(team, channel, "private"), Person(user))
        return await self.readable(Place(team, channel, known.kind), Person(user), now=True)

    async def own(self, user: str, team: str) -> Readable:
        """What may be shown to somebody alone."""
        return await self.readable(Place(team, "", "dm"), Person(user))

    async def _seen(self, place: Place, asker: str, age_s: float) -> Place:
        """With whether it is shared, and with everybody who is in it."""
        channel = await self._channel(place.channel, age_s)
        if channel.shared or channel.kind == "dm":
            return replace(place, shared=True)
        place = replace(place, kind=channel.kind, shared=False)
        try:
            async with asyncio.timeout(_SOONER_S):
                members = await self._members_of(place.channel, age_s)
                people = await self._crowd(place, frozenset(members), asker, age_s) if members else None
        except _FAILED as error:
            log.warning("Slack does not tell who is in %s: %s", place.channel, error or "it takes too long")
            people = None
        return replace(place, people=people)

    async def _crowd(
        self, place: Place, members: frozenset[str], asker: str, age_s: float
    ) -> tuple[Person, ...] | None:
        """The members and the asker; remembered once for all askers that are members."""
        whose = f"{place.channel} {asker}" if asker and asker not in members else place.channel
        if known := self._crowds.get(whose, age_s):
            return known
        rights = place.kind != "channel"  # nobody's groups and channels count in a public one: see readable_in
        people = await self._everybody({*members, asker} - {""}, place.team, rights=rights)
        return self._crowds.put(whose, people) if people else None

    async def _channel(self, channel: str, age_s: float) -> SlackChannel:
        known = self._places.get(channel, age_s)
        if known is not None:
            return known
        if not self._clients.pace.has_room(_INFO):
            await self._look_up_channels(age_s)
            if (known := self._places.get(channel, age_s)) is not None:
                return known
        with slack_errors():
            response = await self._clients.web.conversations_info(channel=channel)
        return self._places.put(channel, channel_of(response.get("channel") or {}))

    async def _look_up_channels(self, age_s: float) -> None:
        """All that the bot is in: a call or two, where one for each would be too many."""
        async with self._listing:
            if self._listed.get("", age_s) is None:
                types = "public_channel,private_channel"
                for one in await self._all("channels", self._clients.web.users_conversations, types=types):
                    self._places.put(str(one["id"]), channel_of(one))
                self._listed.put("", True)

    async def _members_of(self, channel: str, age_s: float) -> tuple[str, ...] | None:
        """Everybody's id; None when there are too many."""
        known = self._members.get(channel, age_s)
        if known is None:
            found = await self._all("members", self._clients.web.conversations_members, pages=2, channel=channel)
            known = self._members.put(channel, tuple(map(str, found)))
        return known if len(known) <= MOST_MEMBERS else None

    async def _everybody(self, users: Iterable[str], team: str, *, rights: bool) -> tuple[Person, ...] | None:
        """The people among these who can read, with their `rights` by groups and channels; None when somebody is not
        known."""
        users = sorted(users)
        if len(self._unknown(users)) > _ONE_BY_ONE:
            await self._look_up_all()
        if len(self._unknown(users)) > _ONE_BY_ONE:
            return None
        infos = zip(users, await asyncio.gather(*map(self._user, users)), strict=True)
        human = [user for user, info in infos if not is_no_reader(info, team)]
        if not rights:
            people = [await self.person(user, team) for user in human]
        elif len(human) <= _WITH_CHANNELS:
            people = await asyncio.gather(*(self._reader(user, team) for user in human))
        else:
            groups = await self._or_nothing(self._group_names, "which user groups there are") or {}
            known = [await self.person(user, team) for user in human]
            people = [replace(one, groups=groups.get(one.user_id, frozenset())) for one in known]
        return None if any(one.standing == "unknown" for one in people) else tuple(people)

    def _unknown(self, users: Sequence[str]) -> list[str]:
        return [user for user in users if self._people.get(user, KEEP_PERSON_S) is None]

    async def _look_up_all(self) -> None:
        if self._groups.get("everybody", KEEP_PERSON_S) is not None:
            return  # whoever it did not name would not be named now
        self._groups.put("everybody", {})
        for one in await self._all("members", self._clients.web.users_list):
            self._people.put(str(one["id"]), one)

    async def is_member(self, channel: str, user: str) -> bool:
        """Raises SlackUnavailable and SlackRefused."""
        return user in await self._all("members", self._clients.web.conversations_members, pages=_MOST, channel=channel)

    async def _all(
        self, key: str, call: Callable[..., Awaitable[Any]], *, pages: int = _PAGES, **given: object
    ) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        for _ in range(pages):
            with slack_errors():
                page = await call(cursor=cursor or None, limit=_PAGE, **given)
            found += page.get(key) or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found
