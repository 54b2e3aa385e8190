"""What somebody looks at while they talk to the agent, as Slack tells it. Pure."""


def viewed_channel(context: object) -> str:
    """The channel of an event's context, "" for none. Entities come by relevance; other kinds are passed over."""
    entities = context.get("entities") if isinstance(context, dict) else None
    for one in entities if isinstance(entities, list) else ():
        kind, value = (one.get("type"), one.get("value")) if isinstance(one, dict) else (None, None)
        if kind == "slack#/types/channel_id" and isinstance(value, str):
            return value
        if kind == "slack#/types/message_context" and isinstance(value, dict):
            return str(value.get("channel_id") or "")
    return ""
