"""Modals, home tabs, and what stands around an agent's thread: status, suggested prompts, title."""

import copy
import itertools

from ops.workspace.block_kit import check_view
from ops.workspace.methods import method
from ops.workspace.posting import name_blocks
from ops.workspace.rules import Refused
from ops.workspace.state import APP, BOT_ID, Json, State, View
from ops.workspace.web_api import WebApi

TRIGGER_SECONDS = 3
MOST_VIEWS = 3  # on top of each other
_OPEN = "trigger_id interactivity_pointer"
_CHANGED = itertools.count(1)
_USED = -1.0


@method("views.open", "view", _OPEN, tier=4)
def views_open(api: WebApi, given: Json) -> Json:
    user = _exchange(api, given)
    for view_id in [one["id"] for one in stack(api.state, user)]:
        close_view(api.state, view_id)
    return {"view": open_view(api.state, given["view"], user)}


@method("views.push", "view", _OPEN, tier=4)
def views_push(api: WebApi, given: Json) -> Json:
    user = _exchange(api, given)
    if not stack(api.state, user):
        raise Refused("not_found", "views.push.onto_an_open_modal", "no modal is open to push onto")
    return {"view": open_view(api.state, given["view"], user)}


@method("views.update", "view", "view_id external_id hash", tier=4)
def views_update(api: WebApi, given: Json) -> Json:
    held = [
        one
        for one in api.state.views.values()
        if one.view["id"] == given.get("view_id")
        or (given.get("external_id") and one.view.get("external_id") == given["external_id"])
    ]
    if not held:
        raise Refused("not_found", "views.exist", "this view is not open")
    if given.get("hash") not in (None, held[0].view["hash"]):
        raise Refused("hash_conflict", "views.hash", "the view was changed in between")
    return {"view": replace_view(api.state, held[0], given["view"])}


@method("views.publish", "user_id view", "hash", tier=4)
def views_publish(api: WebApi, given: Json) -> Json:
    user, state = api.user(given["user_id"]), api.state
    check_view(given["view"], "home")
    before = state.homes.get(user.id)
    if before and given.get("hash") not in (None, before["hash"]):
        raise Refused("hash_conflict", "views.hash", "the home tab was changed in between")
    identifier = f"V0HOME{user.id}"
    view = _complete(state, given["view"], {"id": identifier, "root_view_id": identifier, "previous_view_id": None})
    state.homes[user.id] = view
    state.publish({"type": "home", "view": view}, [user.id])
    return {"view": view}


def stack(state: State, user: str) -> list[Json]:
    """A person's open modals, the top last."""
    return [held.view for held in state.views.values() if held.user == user]


def open_view(state: State, view: Json, user: str) -> Json:
    """Onto the modals that are open. Raises Refused."""
    check_view(view, "modal")
    below = stack(state, user)
    if len(below) >= MOST_VIEWS:
        raise Refused("push_limit_reached", f"views.at_most_{MOST_VIEWS}", f"{MOST_VIEWS} modals are open")
    if view.get("external_id") and any(
        held.view.get("external_id") == view["external_id"] for held in state.views.values()
    ):
        raise Refused("duplicate_external_id", "views.unique_external_id", "another view has this external_id")
    identifier = state.number("V0")
    place = {
        "id": identifier,
        "root_view_id": below[0]["id"] if below else identifier,
        "previous_view_id": below[-1]["id"] if below else None,
    }
    shown = _complete(state, view, place)
    state.views[identifier] = View(shown, user)
    state.publish({"type": "view", "view": shown}, [user])
    return shown


def replace_view(state: State, held: View, view: Json) -> Json:
    check_view(view, "modal")
    held.view = _complete(state, view, {key: held.view[key] for key in ("id", "root_view_id", "previous_view_id")})
    state.publish({"type": "view", "view": held.view}, [held.user])
    return held.view


def close_view(state: State, view_id: str) -> View | None:
    held = state.views.pop(view_id, None)
    if held:
        state.publish({"type": "view_closed", "view_id": view_id}, [held.user])
    return held


def _complete(state: State, view: Json, place: Json) -> Json:
    shown = copy.deepcopy(view)
    name_blocks(state, shown["blocks"])
    usual: Json = {
        "callback_id": "",
        "external_id": "",
        "private_metadata": "",
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
    }
    ours: Json = {
        "team_id": state.team.id,
        "app_id": APP,
        "bot_id": BOT_ID,
        "app_installed_team_id": state.team.id,
        "state": {"values": {}},
        "hash": f"{int(state.clock())}.{next(_CHANGED):08d}",
    }
    return usual | shown | ours | place


def new_trigger(api: WebApi, user: str) -> str:
    """For one view, within three seconds."""
    trigger = f"{api.state.number('')}.{api.state.team.id}.{user}"
    api.triggers[trigger] = api.state.clock()
    return trigger


def _exchange(api: WebApi, given: Json) -> str:
    """Whose click it was that the view answers."""
    check_view(given["view"], "modal")  # a view that is refused leaves the trigger unused
    trigger = given.get("trigger_id") or given.get("interactivity_pointer") or ""
    began = api.triggers.get(trigger)
    if began is None:
        raise Refused("invalid_trigger_id", "trigger_id.given_out", "this trigger_id was not given out here")
    if began == _USED:
        raise Refused("exchanged_trigger_id", "trigger_id.used_once", "this trigger_id was used already")
    if api.state.clock() - began > TRIGGER_SECONDS:
        rule = f"trigger_id.within_{TRIGGER_SECONDS}_seconds"
        raise Refused("expired_trigger_id", rule, "the click was too long ago")
    api.triggers[trigger] = _USED
    return trigger.rpartition(".")[2]


@method(
    "assistant.threads.setStatus",
    "channel_id thread_ts",
    "status loading_messages username icon_emoji icon_url",
    scope="chat:write",
)
def set_status(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel_id"])
    api.state.message(channel.id, given["thread_ts"], "invalid_thread_ts")
    loading = given.get("loading_messages", [])
    if len(loading) > 10 or not all(isinstance(one, str) for one in loading):
        rule = "assistant.threads.setStatus.loading_messages.at_most_10"
        raise Refused("invalid_arguments", rule, "at most 10 loading_messages, each a string")
    api.state.set_status(channel.id, given["thread_ts"], given.get("status", ""), loading)
    return {}


@method(
    "assistant.threads.setSuggestedPrompts", "channel_id prompts", "title thread_ts", scope="assistant:write", tier=4
)
def set_suggested_prompts(api: WebApi, given: Json) -> Json:
    channel, prompts = api.joined(given["channel_id"]), given["prompts"]
    if not 1 <= len(prompts) <= 4:
        rule = "assistant.threads.setSuggestedPrompts.prompts.1_to_4"
        raise Refused("invalid_arguments", rule, f"1 to 4 prompts, not {len(prompts)}")
    for prompt in prompts:
        if not isinstance(prompt, dict) or set(prompt) != {"title", "message"}:
            rule = "assistant.threads.setSuggestedPrompts.title_and_message"
            raise Refused("invalid_arguments", rule, "a prompt is a title and a message")
    if given.get("thread_ts"):
        api.state.message(channel.id, given["thread_ts"], "invalid_thread_ts")
    entry = {"channel": channel.id, "title": given.get("title"), "prompts": prompts}
    entry |= {"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}
    place = (channel.id, given.get("thread_ts"))
    api.state.prompts = [one for one in api.state.prompts if (one["channel"], one.get("thread_ts")) != place] + [entry]
    api.state.publish({"type": "prompts", **entry}, channel.members)
    return {}


@method("assistant.threads.setTitle", "channel_id thread_ts title", scope="assistant:write")
def set_title(api: WebApi, given: Json) -> Json:
    channel = api.joined(given["channel_id"])
    message = api.state.message(channel.id, given["thread_ts"], "invalid_thread_ts")
    message["assistant_thread_title"] = given["title"]
    api.state.told("message_changed", message)
    return {}
