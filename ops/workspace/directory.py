"""Who and what is there: the app itself, people, conversations and what was said in them."""

from typing import Any

from ops.workspace.methods import method
from ops.workspace.rules import Refused
from ops.workspace.state import APP, BOT, BOT_ID, Channel, Json, User, UserGroup, on_wire
from ops.workspace.web_api import SCOPE_OF_KIND, WebApi

_KINDS = {"public_channel": "channel", "private_channel": "private", "im": "dm", "mpim": "mpim"}
_MOST_A_PAGE = 999


@method("api.test", optional="error foo", by="any", tier=4)
def api_test(api: WebApi, given: Json) -> Json:
    if "error" in given:
        raise Refused(given["error"], "api.test.error")
    return {"args": given}


@method("auth.test", by="any", tier=4)
def auth_test(api: WebApi, given: Json) -> Json:
    team = api.state.team
    return {
        "url": api.base_url() + "/",
        "team": team.name,
        "team_id": team.id,
        "user": api.state.user(BOT).name,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", by="app", tier=1)
def apps_connections_open(api: WebApi, given: Json) -> Json:
    base = api.base_url().replace("http://", "ws://")
    return {"url": f"{base}/socket/?ticket={api.sockets.new_ticket()}&app_id={APP}"}


@method("team.info", optional="team domain", scope="team:read")
def team_info(api: WebApi, given: Json) -> Json:
    return {"team": {"id": api.state.team.id, "name": api.state.team.name, "domain": "local", "email_domain": ""}}


@method("bots.info", optional="bot", scope="users:read")
def bots_info(api: WebApi, given: Json) -> Json:
    user = api.state.bot(given.get("bot", BOT_ID))
    return {"bot": {"id": user.bot_id, "deleted": False, "name": user.name, "app_id": user.app_id, "user_id": user.id}}


@method("usergroups.list", optional="include_users include_count include_disabled", scope="usergroups:read", tier=2)
def usergroups_list(api: WebApi, given: Json) -> Json:
    return {"usergroups": [_group(api, group, given) for group in api.state.team.groups.values()]}


@method("usergroups.users.list", "usergroup", "include_disabled", scope="usergroups:read")
def usergroups_users_list(api: WebApi, given: Json) -> Json:
    group = api.state.team.groups.get(given["usergroup"])
    if group is None:
        raise Refused("no_such_subteam", "usergroups.exist", f"there is no user group {given['usergroup']}")
    return {"users": list(group.users)}


@method("users.info", "user", "include_locale", scope="users:read", tier=4)
def users_info(api: WebApi, given: Json) -> Json:
    return {"user": _user(api, api.user(given["user"]))}


@method("users.lookupByEmail", "email", scope="users:read.email")
def users_lookup_by_email(api: WebApi, given: Json) -> Json:
    for user in api.state.team.users.values():
        if user.email and user.email.lower() == given["email"].lower():
            return {"user": _user(api, user)}
    raise Refused("users_not_found", "users.exist", "nobody has this address")


@method("users.list", optional="cursor limit include_locale", scope="users:read", tier=2)
def users_list(api: WebApi, given: Json) -> Json:
    return _page("members", [_user(api, user) for user in api.state.team.users.values()], given, 1000)


@method("users.conversations", optional="cursor limit types user exclude_archived", scope="@read")
def users_conversations(api: WebApi, given: Json) -> Json:
    member = api.user(given.get("user", BOT)).id
    return _page("channels", [_conversation(one) for one in _listed(api, given) if member in one.members], given, 100)


@method("conversations.list", optional="cursor limit types exclude_archived", scope="@read", tier=2)
def conversations_list(api: WebApi, given: Json) -> Json:
    return _page("channels", [_conversation(channel) for channel in _listed(api, given)], given, 100)


def _listed(api: WebApi, given: Json) -> list[Channel]:
    kinds = [_KINDS.get(kind.strip()) for kind in given.get("types", "public_channel").split(",")]
    if None in kinds:
        raise Refused("invalid_types", "conversations.types", f"types are {', '.join(_KINDS)}")
    for kind in filter(None, kinds):
        api.need(f"{SCOPE_OF_KIND[kind]}:read")
    seen = [one for one in api.state.team.channels.values() if one.kind == "channel" or BOT in one.members]
    return [one for one in seen if one.kind in kinds]


@method("conversations.info", "channel", "include_locale include_num_members", scope="@read")
def conversations_info(api: WebApi, given: Json) -> Json:
    return {"channel": _conversation(api.seen(given["channel"], "read"))}


@method("conversations.members", "channel", "cursor limit", scope="@read", tier=4)
def conversations_members(api: WebApi, given: Json) -> Json:
    return _page("members", list(api.seen(given["channel"], "read").members), given, 100)


@method("conversations.open", optional="users channel return_im prevent_creation", scope="im:write")
def conversations_open(api: WebApi, given: Json) -> Json:
    if "channel" in given:
        return {"channel": {"id": api.seen(given["channel"]).id}}
    users = [one for one in given.get("users", "").split(",") if one]
    if not users:
        raise Refused("users_list_not_supplied", "conversations.open.users")
    if len(users) > 1:
        raise Refused(
            "method_not_supported_for_channel_type", "conversations.open.one_person", "no group messages here"
        )
    channel = api.state.dm(api.user(users[0]).id, BOT)
    return {"channel": _conversation(channel) if given.get("return_im") else {"id": channel.id}}


@method("conversations.join", "channel", scope="channels:join")
def conversations_join(api: WebApi, given: Json) -> Json:
    channel = api.seen(given["channel"])
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type", "conversations.join.public_channels")
    if BOT not in channel.members:
        channel.members.append(BOT)
        api.state.publish({"type": "channel", "channel": api.state.channel_json(channel)}, channel.members)
        api.events.joined(api.user(BOT), channel)
    return {"channel": _conversation(channel)}


@method(
    "conversations.history", "channel", "cursor limit latest oldest inclusive include_all_metadata", scope="@history"
)
def conversations_history(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"], "history")
    roots = [
        one
        for one in api.state.messages[channel.id].values()
        if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") == "thread_broadcast"
    ]
    # Slack pages from the newest on; with `oldest` alone, from the oldest. A page has its newest first either way.
    forward = "oldest" in given and "latest" not in given
    answer = _messages(sorted(roots, key=_when, reverse=not forward), given, 100)
    if forward:
        answer["messages"].reverse()
    return answer


@method(
    "conversations.replies", "channel ts", "cursor limit latest oldest inclusive include_all_metadata", scope="@history"
)
def conversations_replies(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel"], "history")
    root = api.state.message(channel.id, given["ts"], "thread_not_found")
    replies = [one for one in api.state.replies(channel.id, root["ts"]) if _inside(one, given)]
    return _messages([root, *sorted(replies, key=_when)], given | {"oldest": "0", "latest": "inf"}, 1000)


def _messages(found: list[Json], given: Json, usual: int) -> Json:
    answer = _page("messages", [on_wire(one) for one in found if _inside(one, given)], given, usual)
    if not given.get("include_all_metadata"):
        for message in answer["messages"]:
            message.pop("metadata", None)
    return answer | {"has_more": bool(answer["response_metadata"]["next_cursor"])}


def _inside(message: Json, given: Json) -> bool:
    oldest, latest = (_time(given, name, usual) for name, usual in (("oldest", "0"), ("latest", "inf")))
    at_edge = given.get("inclusive") and _when(message) in (oldest, latest)
    return oldest < _when(message) < latest or bool(at_edge)


def _time(given: Json, name: str, usual: str) -> float:
    try:
        return float(given.get(name) or usual)
    except ValueError:
        raise Refused(f"invalid_ts_{name}", f"conversations.{name}.timestamp", f"{name} is no timestamp") from None


def _page(key: str, found: list[Any], given: Json, usual: int) -> Json:
    """A page of what was found, with Slack's cursor to the next."""
    limit, cursor = given.get("limit", usual), given.get("cursor") or "next:0"
    if not 1 <= limit <= max(usual, _MOST_A_PAGE):
        raise Refused("invalid_limit", f"pages.1_to_{max(usual, _MOST_A_PAGE)}", f"{limit} is not taken")
    start = cursor.removeprefix("next:")
    if start == cursor or not start.isdigit():
        raise Refused("invalid_cursor", "pages.cursor", f"{cursor} was not given out")
    end = int(start) + limit
    return {
        key: found[int(start) : end],
        "response_metadata": {"next_cursor": f"next:{end}" if end < len(found) else ""},
    }


def _when(message: Json) -> float:
    return float(message["ts"])


def _group(api: WebApi, group: UserGroup, given: Json) -> Json:
    known: Json = {
        "id": group.id,
        "team_id": api.state.team.id,
        "is_usergroup": True,
        "name": group.handle,
        "handle": group.handle,
        "is_external": False,
        "date_delete": 0,
    }
    known |= {"users": list(group.users)} if given.get("include_users") else {}
    return known | ({"user_count": len(group.users)} if given.get("include_count") else {})


def _conversation(channel: Channel) -> Json:
    shared = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": False,
        "is_im": channel.kind == "dm",
        "is_ext_shared": channel.is_ext_shared,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
    }
    if channel.kind == "dm":
        return shared | {"user": next((one for one in channel.members if one != BOT), BOT)}
    return shared | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_member": BOT in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic},
        "purpose": {"value": ""},
    }


def _user(api: WebApi, user: User) -> Json:
    profile = {"real_name": user.real_name, "display_name": user.real_name, "title": user.title}
    if user.email and "users:read.email" in api.scopes:
        profile["email"] = user.email
    known: Json = {
        "id": user.id,
        "team_id": "T0STRANGERS" if user.is_stranger else api.state.team.id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_admin": user.is_admin,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_email_confirmed": user.is_email_confirmed,
        "tz": "America/New_York",
        "profile": profile,
    }
    return known | ({"is_stranger": True} if user.is_stranger else {})
