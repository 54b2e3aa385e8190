"""Who somebody is and what kind of place a channel is, from Slack, remembered for a while."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from bot.desk.model import Accepted, Person, Place, PlaceKind
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors

log = logging.getLogger(__name__)
_KEEP_S = 900.0
_MOST = 10_000


class People:
    """Look-ups that never fail: what Slack does not tell is left out, and the least privilege is assumed."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients
        self._people: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._kinds: dict[str, tuple[float, PlaceKind]] = {}

    async def person(self, user: str, team: str) -> Person:
        known = self._people.get(user)
        if known is None or known[0] <= time.monotonic():
            try:
                with slack_errors():
                    response = await self._clients.web.users_info(user=user)
                _keep(self._people, user, response.get("user") or {})
            except (SlackRefused, SlackUnavailable) as error:
                log.warning("Slack does not tell who %s is: %s", user, error)
        return _person(user, self._people[user][1], team) if user in self._people else Person(user)

    async def place(self, item: Accepted) -> Place:
        """The question's place. An app_mention does not say whether its channel is private, so Slack is asked."""
        kind = item.kind
        if kind == "channel" and item.payload.get("channel_type") is None:
            kind = await self._kind(item.channel)
        return Place(item.team, item.channel, kind, item.thread_ts)

    async def _kind(self, channel: str) -> PlaceKind:
        known = self._kinds.get(channel)
        if known and known[0] > time.monotonic():
            return known[1]
        try:
            with slack_errors():
                response = await self._clients.web.conversations_info(channel=channel)
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("Slack does not tell what %s is: %s", channel, error)
            return "channel"
        info = response.get("channel") or {}
        kind: PlaceKind = "dm" if info.get("is_im") else "channel"
        if info.get("is_private") or info.get("is_mpim"):
            kind = "private"
        _keep(self._kinds, channel, kind)
        return kind

    async def is_member(self, channel: str, user: str) -> bool:
        """Raises SlackUnavailable and SlackRefused."""
        cursor = ""
        while True:
            with slack_errors():
                page = await self._clients.web.conversations_members(channel=channel, cursor=cursor, limit=200)
            if user in (page.get("members") or []):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return False


def _keep(cache: dict[str, tuple[float, Any]], key: str, value: object) -> None:
    if len(cache) >= _MOST:
        cache.clear()
    cache[key] = (time.monotonic() + _KEEP_S, value)


def _person(user: str, info: Mapping[str, Any], team: str) -> Person:
    profile = info.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or info.get("real_name") or info.get("name") or ""
    home = info.get("team_id") == team and info.get("is_email_confirmed") is True
    outsider = any(
        info.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")
    )
    return Person(user, str(name), str(profile["email"]) if home and not outsider and profile.get("email") else None)
