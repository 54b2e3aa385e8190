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
    for message in messages:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if payload.get("escalation") == escalation_id and payload.get("role") == role:
            return str(message["ts"])
    return None
