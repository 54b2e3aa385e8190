"""What Slack tells of people and channels, as what decides who may read what. Pure; what is missing is not allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.desk.model import Person, PlaceKind, Standing


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """What of a channel decides who can see it."""

    kind: PlaceKind
    shared: bool  # with people of other workspaces
    with_user: str = ""  # of a DM


def channel_of(info: Mapping[str, Any]) -> SlackChannel:
    # Of an unknown sort it is as one that others see. Within an Enterprise organisation they are of other workspaces.
    flags = ("is_ext_shared", "is_shared", "is_org_shared", "is_pending_ext_shared", "is_global_shared")
    shared = any(info.get(flag) for flag in flags) or info.get("is_ext_shared") is not False
    if info.get("is_im"):
        return SlackChannel("dm", shared, str(info.get("user") or ""))
    return SlackChannel("private" if info.get("is_private") or info.get("is_mpim") else "channel", shared)


def is_no_reader(info: Mapping[str, Any], team: str) -> bool:
    """Our workspace's own apps, and who is gone from it."""
    return info.get("team_id") == team and bool(info.get("is_bot") or info.get("deleted"))


def person_of(user: str, info: Mapping[str, Any], team: str) -> Person:
    profile = info.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or info.get("real_name") or info.get("name") or ""
    standing: Standing = "member"
    if info.get("team_id") != team or any(info.get(flag) for flag in ("is_stranger", "is_bot", "deleted")):
        standing = "outside"
    elif info.get("is_restricted") or info.get("is_ultra_restricted"):
        standing = "guest"
    confirmed = standing == "member" and info.get("is_email_confirmed") is True and profile.get("email")
    return Person(user, str(name), str(profile["email"]) if confirmed else None, standing)
