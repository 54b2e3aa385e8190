"""By which names Slack knows one person: their id and their address."""

from bot.settings import SlackSettings
from bot.slack.client import SlackClients, SlackRefused, slack_errors


async def identities_of(settings: SlackSettings, user: str) -> tuple[str, ...]:
    """`user` and what else it is called: the id of an address, the address of an id; alone where Slack knows no more.
    Raises SlackUnavailable, and SlackRefused for what is not about the person."""
    clients = SlackClients(settings)
    await clients.open()
    try:
        with slack_errors():
            if "@" in user:
                found = await clients.web.users_lookupByEmail(email=user)
                return (user, str(found["user"]["id"]))
            found = await clients.web.users_info(user=user)
        address = (found["user"].get("profile") or {}).get("email")
        return (user, str(address)) if address else (user,)
    except SlackRefused as error:
        if error.code in ("users_not_found", "user_not_found", "user_not_visible"):
            return (user,)
        raise
    finally:
        await clients.close()
