"""The bot's direct conversations."""

from bot.slack.client import SlackClients, slack_errors


async def conversation_with(clients: SlackClients, user: str) -> str | None:
    """The direct conversation with somebody; None while there is none. Raises SlackUnavailable and SlackRefused."""
    cursor = ""
    while True:
        with slack_errors():
            page = await clients.web.users_conversations(types="im", cursor=cursor, limit=200)
        for one in page.get("channels") or []:
            if one.get("user") == user:
                return str(one["id"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return None
