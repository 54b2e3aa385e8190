"""By what a post about an escalation is found again (rule 2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

_EVENT_TYPE = "frontdesk_escalation"


def metadata(escalation_id: str, role: str) -> dict[str, Any]:
    return {"event_type": _EVENT_TYPE, "event_payload": {"escalation": escalation_id, "role": role}}


def some_time_before(at: datetime) -> str:
    """As a ts: Slack's clock is not ours."""
    return f"{at.timestamp() - 60:.6f}"


def with_role(messages: Iterable[Mapping[str, Any]], escalation_id: str, role: str) -> str | None:
    """The ts of the post that has it."""
    return next((str(message["ts"]) for message in messages if role_of(message, escalation_id) == role), None)


def role_of(message: Mapping[str, Any], escalation_id: str) -> str:
    """Which of its posts it is; "": none."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("role") or "") if payload.get("escalation") == escalation_id else ""
