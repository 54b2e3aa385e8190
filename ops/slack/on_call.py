"""Whether those who are called when nobody answers in time are there: each desk's `reroute_group` and `lead`."""

from collections.abc import AsyncIterator, Awaitable, Mapping

from bot.desk.errors import DeskError
from bot.human_time_settings import SlaSettings
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.people import People
from ops.checks import Check


async def check_on_call(
    slas: Mapping[str, SlaSettings], channels: Mapping[str, str | None], clients: SlackClients
) -> AsyncIterator[Check]:
    """By desk; `channels` is where each one's humans are. A mention of a group or of somebody who is gone notifies
    nobody, and Slack refuses none of them."""
    for desk, sla in slas.items():
        setting = f"desks.{desk}.sla"
        if sla.reroute_group:
            yield await _checked(f"{setting}.reroute_group", _group(clients, sla.reroute_group))
        if sla.lead:
            yield await _checked(f"{setting}.lead", _lead(clients, sla.lead, channels.get(desk)))


async def _checked(name: str, look_up: Awaitable[tuple[str, str]]) -> Check:
    try:
        verdict, said = await look_up
        return Check.model_validate({"name": name, "verdict": verdict, "said": said})
    except DeskError as error:
        return Check(name=name, verdict="failed", said=str(error))


async def _group(clients: SlackClients, group: str) -> tuple[str, str]:
    with slack_errors():
        response = await clients.web.usergroups_list(include_users=True)  # without those that were switched off
    known = {str(one["id"]): one for one in response.get("usergroups") or []}
    if group not in known:
        return "failed", f"there is no user group {group}; its id stands under More, Copy group ID in Slack"
    people, handle = known[group].get("users") or [], known[group].get("handle") or group
    if not people:
        return "warning", f"nobody is in @{handle}"
    return "ok", f"@{handle}, {len(people)} {'people' if len(people) > 1 else 'person'}"


async def _lead(clients: SlackClients, user: str, channel: str | None) -> tuple[str, str]:
    try:
        with slack_errors():
            found = (await clients.web.users_info(user=user))["user"]
    except SlackRefused as error:
        if error.code not in ("user_not_found", "user_not_visible"):
            raise
        return "failed", f"there is nobody {user}; their id stands in their profile under Copy member ID"
    if found.get("deleted") or found.get("is_bot"):
        return "failed", f"{user} is {'an app' if found.get('is_bot') else 'deactivated'}, and reads nothing"
    name = str(found.get("real_name") or found.get("name") or user)
    if channel and not await People(clients).is_member(channel, user):
        return "warning", f"{name} is not in {channel}, where requests are, and can take none of them there"
    return "ok", name
