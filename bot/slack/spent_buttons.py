"""Takes the asker's buttons out of earlier posts about an escalation, once a later one has buttons of its own."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from bot.desk.human_path import Escalation
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.escalation_posts import metadata, role_of, some_time_before

log = logging.getLogger(__name__)
_PAGES, _PAGE = 10, 200


async def take_out_buttons(clients: SlackClients, one: Escalation, before: int) -> None:
    """Of the posts about the moves before that one. Best effort: what keeps its buttons is refused when pressed."""
    try:
        async for post in _posts(clients, one):
            role = role_of(post, one.id)
            if role.isdecimal() and int(role) < before and _has_buttons(post):
                await _without_buttons(clients, one, role, post)
    except (SlackRefused, SlackUnavailable) as error:
        log.info("earlier buttons of %s stay where they are: %s", one.id, error)


async def _posts(clients: SlackClients, one: Escalation) -> AsyncIterator[dict[str, Any]]:
    oldest, cursor = some_time_before(one.created_at), ""
    for _ in range(_PAGES):
        with slack_errors():
            page = await clients.web.conversations_replies(
                channel=one.channel,
                ts=one.thread_ts,
                oldest=oldest,
                cursor=cursor,
                include_all_metadata=True,
                limit=_PAGE,
            )
        for post in page.get("messages") or []:
            yield post
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _has_buttons(post: dict[str, Any]) -> bool:
    return any(block["type"] == "actions" for block in post.get("blocks") or ())


async def _without_buttons(clients: SlackClients, one: Escalation, role: str, post: dict[str, Any]) -> None:
    with slack_errors():
        await clients.web.chat_update(
            channel=one.channel,
            ts=str(post["ts"]),
            text=str(post.get("text") or ""),
            blocks=[block for block in post["blocks"] if block["type"] != "actions"],
            metadata=metadata(one.id, role),
        )
