"""What comes to a request URL: Slack's payloads, and the same with anything in any place (hypothesis)."""

import copy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from bot.slack.blocks import CALL_HUMAN, FEEDBACK, SHARE
from bot.slack.brief_blocks import CLAIM, RESOLVE

Json = Any
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_TEAM, _BOT = "T0ELECTRO", "U0FRONTDESK"


@dataclass(frozen=True)
class Sent:
    """A request's body, to be signed by whoever sends it."""

    body: bytes
    content_type: str


def _event(event: Json) -> Json:
    authorization = {"team_id": _TEAM, "user_id": _BOT, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": "t", "team_id": _TEAM, "context_team_id": _TEAM, "api_app_id": "A0FRONTDESK", "event": event,
        "type": "event_callback", "event_id": "Ev01", "event_time": 1, "authorizations": [authorization],
        "is_ext_shared_channel": False,
    }  # fmt: skip


_MESSAGE = {
    "type": "message", "channel": "C0RANDOM", "channel_type": "channel", "user": "U0DANA", "ts": "1700000000.000100",
    "event_ts": "1700000000.000100", "text": "hello", "team": _TEAM,
}  # fmt: skip
_INTERACTION = {
    "token": "t", "team": {"id": _TEAM, "domain": "local"}, "user": {"id": "U0DANA", "username": "dana"},
    "api_app_id": "A0FRONTDESK", "is_enterprise_install": False, "enterprise": None, "trigger_id": "1.2.3",
}  # fmt: skip
_PLACE = {
    "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C0SUPPORT"},
    "channel": {"id": "C0SUPPORT", "name": "support"},
    "message": {"type": "message", "ts": "1700000000.000100", "text": "hello", "user": _BOT},
    "response_url": "http://127.0.0.1:9/response/x",
}
EVENTS = [
    _event(_MESSAGE),
    _event(_MESSAGE | {"thread_ts": "1600000000.000100", "parent_user_id": "U0SAM"}),
    _event(_MESSAGE | {"type": "app_mention"}),
    _event(_MESSAGE | {"subtype": "message_changed", "hidden": True, "message": _MESSAGE, "previous_message": _MESSAGE}),
    _event(_MESSAGE | {"subtype": "message_deleted", "hidden": True, "deleted_ts": "1.2", "previous_message": _MESSAGE}),
    _event(_MESSAGE | {"subtype": "file_share", "files": [{"id": "F01", "name": "a.txt", "mode": "hosted"}]}),
    _event(_MESSAGE | {"subtype": "bot_message", "bot_id": "B0OTHERBOT"}),
    _event({"type": "app_home_opened", "user": "U0DANA", "channel": "D01", "tab": "home", "event_ts": "1.2"}),
    _event({"type": "reaction_added", "user": "U0DANA", "reaction": "eyes", "item": {"type": "message"}}),
    {"type": "url_verification", "token": "t", "challenge": "c"},
]  # fmt: skip
INTERACTIONS = [
    _INTERACTION | _PLACE | {"type": "block_actions", "actions": [{"action_id": action, "block_id": "b", "value": "v"}]}
    for action in (CALL_HUMAN, CLAIM, RESOLVE, FEEDBACK, SHARE, "anything")
] + [
    _INTERACTION | {"type": "view_submission", "view": {"id": "V1", "type": "modal", "callback_id": "x", "state": {}}},
    _INTERACTION | _PLACE | {"type": "message_action", "callback_id": "sources", "message_ts": "1.2"},
]
COMMAND = {
    "token": "t", "command": "/sources", "text": "help", "user_id": "U0DANA", "user_name": "dana",
    "channel_id": "C0SUPPORT", "channel_name": "support", "team_id": _TEAM, "team_domain": "local",
    "response_url": "http://127.0.0.1:9/response/x", "trigger_id": "1.2.3", "is_enterprise_install": "false",
}  # fmt: skip

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))][not path :]


@st.composite
def _bent(draw: st.DrawFn, originals: list[Json]) -> Json:
    """One of Slack's, with up to three places changed to anything or taken away."""
    payload = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        places = _places(payload)
        if not places:
            break
        *path, last = draw(st.sampled_from(places))
        holder = payload
        for key in path:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(_ANYTHING)
        else:
            del holder[last]
    return payload


def _as_json(payload: Json) -> Sent:
    return Sent(json.dumps(payload).encode(), JSON)


def _as_form(payload: Json) -> Sent:
    return Sent(urlencode({"payload": json.dumps(payload)}).encode(), FORM)


def requests() -> st.SearchStrategy[Sent]:
    """Most nearly as Slack sends them; some nothing like it."""
    command = _bent([COMMAND]).map(lambda form: Sent(urlencode({k: str(v) for k, v in form.items()}).encode(), FORM))
    types = st.sampled_from([JSON, FORM, "text/plain", ""])
    return st.one_of(
        _bent(EVENTS).map(_as_json),
        _bent(EVENTS).map(_as_json),
        _bent(INTERACTIONS).map(_as_form),
        command,
        _ANYTHING.map(_as_json),
        _ANYTHING.map(_as_form),
        st.builds(Sent, st.binary(max_size=60), types),
    )
